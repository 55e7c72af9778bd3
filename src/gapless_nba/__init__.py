"""The NBA reference pipeline."""
