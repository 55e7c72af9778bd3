"""Verbs: what a user can ask for; each is a function, and each command calls one of them."""
