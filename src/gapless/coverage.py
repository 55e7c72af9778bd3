"""Coverage: what a partition should hold against what it holds, as key sets, not counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class WorstGroup:
    """The group of a partition with the lowest coverage."""

    name: str
    expected: int
    present: int


@dataclass(frozen=True)
class Coverage:
    """One partition measured against its expected set."""

    partition: date
    expected: int
    """Keys expected, those excluded with a reason left out."""
    present: int
    """Expected keys that are there and usable: every required column is filled."""
    rows: int
    unexpected: int = 0
    """Keys that are there although nobody expects them."""
    duplicates: int = 0
    """Rows beyond the first of their key."""
    unusable: int = 0
    """Expected keys that are there but lack a required column."""
    lost: int = 0
    """Keys the published partition has and this one has not."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Reason → keys left out of the expected set."""
    groups: int = 0
    groups_below: int = 0
    """Groups under the gate's group coverage."""
    worst_group: WorstGroup | None = None
    violations: Mapping[str, int] = field(default_factory=dict)
    """Rule → rows that break it."""
    content: int = 0
    """Order-independent fingerprint of every row and column."""

    @property
    def missing(self) -> int:
        """Expected keys that are absent or unusable."""
        return self.expected - self.present

    @property
    def ratio(self) -> float | None:
        """Present ÷ expected; None when nothing was expected, which is never 100 %."""
        return self.present / self.expected if self.expected else None


def percent(ratio: float | None) -> str:
    """Show a share for people without ever rounding an incomplete one up to 100 %."""
    if ratio is None:
        return "–"
    if ratio >= 1:
        return "100 %"
    shown = f"{min(ratio * 100, 99.9):.1f}"
    return f"{shown.removesuffix('.0')} %"
