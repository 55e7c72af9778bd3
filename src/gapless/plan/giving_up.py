"""Giving up: when trying again is pointless, so that what cannot be mended starves nothing else.

A partition is given up on, never forgotten: it stays a gap, and it is tried again by itself as soon
as anything it is made from has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gapless.errors import UsageError
from gapless.ledger.interface import Attempt, Ledger, Retry, Verdict
from gapless.plan.fingerprint import attempt_fingerprint
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.wording import plural

ATTEMPTS = 3
"""Tries at the same thing before it is given up on."""
RETRY_AFTER = timedelta(hours=12)
"""How long to leave alone what failed for no fault of its own."""

_UNSUCCESSFUL = (Verdict.REFUSED, Verdict.FAILED)


@dataclass(frozen=True)
class Tries:
    """What the ledger knows of the attempts at one partition."""

    total: int = 0
    """Attempts at all, also successful ones; those that were blocked are not among them."""
    last: Attempt | None = None
    """The newest attempt, also a blocked one."""
    in_vain: tuple[Attempt, ...] = ()
    """The newest unsuccessful ones, oldest first, that were made from what is there now."""


NO_TRIES = Tries()


@dataclass(frozen=True)
class GivenUp:
    """Why a partition is not tried again."""

    fingerprint: str
    """What it would be made from; with another one it is tried again."""
    attempts: int
    last: Attempt

    @property
    def short(self) -> str:
        """Say it without the reason."""
        return f"given up on after {plural(self.attempts, 'attempt')} at the same thing"

    @property
    def reason(self) -> str:
        """Say it with the reason of the last attempt."""
        return f"{self.short}; the last one, run {self.last.run_id}: {self.last.reason}"


@dataclass(frozen=True)
class Patience:
    """How often the same thing is tried.

    Raises:
        UsageError: it would never be tried.
    """

    attempts: int = ATTEMPTS
    retry_after: timedelta = RETRY_AFTER

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise UsageError(f"--attempts {self.attempts} would try nothing; give at least 1.")
        if self.retry_after < timedelta(0):
            raise UsageError("--retry-after is a number of hours from 0 on.")

    def given_up(self, tries: Tries, now: datetime) -> GivenUp | None:
        """Say why a partition is not to be tried again; None when it is.

        Where the surroundings failed, the partition is tried once more after a while: they may
        have been mended, and nothing that is known of the partition would tell.
        """
        if len(tries.in_vain) < self.attempts:
            return None
        last = tries.in_vain[-1]
        if last.retry is Retry.TRANSIENT and now - last.finished_at >= self.retry_after:
            return None
        return GivenUp(last.fingerprint, len(tries.in_vain), last)


def reckon(attempts: Sequence[Attempt], fingerprint: str) -> Tries:
    """Count the attempts at one partition.

    Args:
        attempts: In the order in which they were started.
        fingerprint: What an attempt would be made from now.
    """
    return Tries(
        total=sum(attempt.verdict is not Verdict.BLOCKED for attempt in attempts),
        last=attempts[-1] if attempts else None,
        in_vain=tuple(reversed(list(_in_vain(reversed(attempts), fingerprint)))),
    )


def _in_vain(newest_first: Iterable[Attempt], fingerprint: str) -> Iterable[Attempt]:
    for attempt in newest_first:
        if attempt.verdict is Verdict.BLOCKED:
            # Nothing was tried; that says nothing about the partition.
            continue
        if attempt.verdict not in _UNSUCCESSFUL:
            return
        if not fingerprint or attempt.fingerprint != fingerprint:
            return
        yield attempt


def earlier_tries(
    ledger: Ledger | None, standings: Standings, slots: Collection[tuple[str, date]]
) -> dict[tuple[str, date], Tries]:
    """Look up the attempts at partitions of computed tables, in one query.

    What waits for something further up would not be tried, so nothing was tried in vain there.
    """
    known = attempts_at(ledger, slots)
    by_table: dict[str, list[date]] = {}
    for name, day in slots:
        by_table.setdefault(name, []).append(day)
    found = {}
    for table in standings.picture.pipeline.derived_tables:
        for day in by_table.get(table.name, ()):
            standing = standings.of(table.name, day)
            waits = standing.waits or standing.state is State.BLOCKED
            fingerprint = "" if waits else attempt_fingerprint(standings, table, day)
            found[table.name, day] = reckon(known.get((table.name, day), ()), fingerprint)
    return found


def attempts_at(
    ledger: Ledger | None, slots: Collection[tuple[str, date]]
) -> dict[tuple[str, date], list[Attempt]]:
    """Return the attempts at some partitions in the order they started, without evidence."""
    if ledger is None or not slots:
        return {}
    wanted, days = set(slots), [day for _, day in slots]
    found: dict[tuple[str, date], list[Attempt]] = {}
    for attempt in ledger.attempts(first=min(days), last=max(days), evidence=False):
        slot = (attempt.table, attempt.partition)
        if slot in wanted:
            found.setdefault(slot, []).append(attempt)
    return found
