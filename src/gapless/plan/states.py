"""The states of a partition: derived from rows, publications and calendar, never set by hand."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date


class State(enum.StrEnum):
    """What can be said of a partition."""

    COMPLETE = "complete"
    """Its published rows passed the gate, and nothing they depend on has changed."""
    PARTIAL = "partial"
    """Rows are there, but not those that were expected, or no publication accounts for them."""
    MISSING = "missing"
    """Rows were expected and none are there."""
    STALE = "stale"
    """Complete when published; inputs, definition or rows have changed since."""
    WAIVED = "waived"
    """Published below its gate, on somebody's word."""
    WARM_UP = "warm_up"
    """Too early in the season to expect anything."""
    NOTHING_EXPECTED = "nothing_expected"
    """The calendar proves that nothing was due."""
    BLOCKED = "blocked"
    """Not complete, and cannot be made so before an input is."""
    UNKNOWN = "unknown"
    """A check could not be evaluated."""


SETTLED = frozenset({State.COMPLETE, State.WAIVED, State.NOTHING_EXPECTED, State.WARM_UP})
"""States that let a downstream partition proceed; a warm-up day holds no rows and says so."""


@dataclass(frozen=True)
class Standing:
    """The state of one partition, with the sentence that explains it."""

    table: str
    partition: date
    state: State
    reason: str
    expected: int | None = None
    present: int | None = None
    rows: int = 0
    version: int | None = None
    outdated: bool = False
    """For a waived partition, or one that nobody demands: what it was made from has changed."""
    cause: tuple[str, date] | None = None
    """For a blocked partition, the input partition that stands in the way."""

    @property
    def settled(self) -> bool:
        """Tell whether a downstream partition may proceed."""
        return self.state in SETTLED
