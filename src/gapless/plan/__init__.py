"""The plan: what the warehouse holds, which state each partition is in, and what to do about it."""
