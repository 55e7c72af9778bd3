"""Leaks: proofs that the values of D do not change when rows of D or later are there."""
