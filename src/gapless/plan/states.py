"""The states of a partition: derived from rows, publications and calendar, never set by hand."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from gapless.ledger.interface import Waiver


class State(enum.StrEnum):
    """What can be said of a partition."""

    COMPLETE = "complete"
    """Its published rows passed the gate, and nothing they depend on has changed."""
    PARTIAL = "partial"
    """Rows are there, but not those that were expected, or no publication accounts for them."""
    MISSING = "missing"
    """Rows were expected and none are there."""
    STALE = "stale"
    """Complete when published; rows, definition or inputs, however far up, have changed since."""
    WAIVED = "waived"
    """Published below its gate, on somebody's word."""
    WARM_UP = "warm_up"
    """Too early in the season to expect anything."""
    NOTHING_EXPECTED = "nothing_expected"
    """The calendar proves that nothing was due."""
    BLOCKED = "blocked"
    """Not complete, or resting on what is not, and cannot be made so before an input is."""
    UNKNOWN = "unknown"
    """A check could not be evaluated."""


SETTLED = frozenset({State.COMPLETE, State.WAIVED, State.NOTHING_EXPECTED, State.WARM_UP})
"""States that let a downstream partition proceed; a warm-up day holds no rows and says so."""


NOT_YET = "not_yet"
"""What a partition is shown as that is blocked by nothing but a date that is not closed."""


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
    """The partition upstream that stands in the way of computing it, followed to the first one
    that does not merely wait for another."""
    inherited: bool = False
    """Whether it is as it was published and so are its inputs, and all that is wrong lies further
    up; until that is settled, computing it again would change nothing."""

    due_at: datetime | None = None
    """UTC; from when on it can be complete, where all that it waits for is the end of a date."""
    waivers: tuple[Waiver, ...] = ()
    """The waivers it stands on; where it is not waived any more, those it stood on."""

    @property
    def not_yet(self) -> bool:
        """Tell whether nothing is wrong with it but the hour."""
        return self.due_at is not None and not self.settled

    @property
    def shown(self) -> str:
        """Return its state as it is shown: `not_yet` where that is all there is to say."""
        return NOT_YET if self.not_yet else self.state.value

    @property
    def waits(self) -> bool:
        """Tell whether it cannot be brought forward before a partition upstream is."""
        return self.cause is not None and not self.settled

    @property
    def settled(self) -> bool:
        """Tell whether a downstream partition may proceed."""
        return self.state in SETTLED
