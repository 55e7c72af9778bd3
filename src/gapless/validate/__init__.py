"""Validation: measures what is published, whole seasons at once, and says what can be trusted."""
