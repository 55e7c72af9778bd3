"""Wording: counts in sentences."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """Return `1 date`, `2 dates`, `1,000 dates`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
