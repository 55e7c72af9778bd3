"""Tables that nobody declared: what can be said of them with a reference, and without."""
