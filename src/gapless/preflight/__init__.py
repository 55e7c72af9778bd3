"""Preflight: what stands in the way of a plan, as findings with what can be done about each."""
