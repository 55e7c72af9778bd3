"""The history of runs and attempts, with evidence, and the right to work (leases)."""
