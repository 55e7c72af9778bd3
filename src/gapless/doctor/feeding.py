"""Feeding: bad copies go to the gate, and what it says is held against what it must say.

All bad copies of a table are measured by one audit, as a run measures all dates of a chunk: each
copy lies on dates of its own, so many days after those of its originals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from gapless.declare.tables import Derived
from gapless.doctor.bench import Bench
from gapless.doctor.model import GuardTried, Kind, Trial
from gapless.doctor.trials import BadRows, Met, Outcomes, staged_either, tried
from gapless.errors import GaplessError
from gapless.run.chunk import Audited
from gapless.sql.bad_copies import moved, repeated
from gapless.sql.binding import Scope, partitions_relation
from gapless.verdicts import Outcome

_COPY, _COPIES = "doctor_copy", "doctor_copies"
_DATES, _EXPECTED, _PUBLISHED = "doctor_moved_dates", "doctor_moved_expected", "doctor_published"


@dataclass(frozen=True)
class Demand:
    """What must become of a bad copy."""

    by: str | None
    """The rule that must stop it; None: whichever."""
    outcome: Outcome = Outcome.FAIL
    noticed: str | None = None
    """A rule that must not pass either, although another one decides."""

    def __str__(self) -> str:
        said = "unknown, not passed" if self.outcome is Outcome.UNKNOWN else "refused"
        return f"{said}, by {self.by}" if self.by else f"{said}, by any rule"

    def met(self, audited: Audited) -> Met:
        """Tell whether a run would have stopped a partition, and because of that rule."""
        stopped = {result.check: result for result in audited.failed}
        by_name = {result.check: result for result in audited.results}
        if self.by is None:
            said = "; ".join(str(result) for result in stopped.values())
            return Met(bool(stopped), said or "passed by every rule")
        result = by_name.get(self.by)
        if result is None:
            return Met(as_wanted=False, found=f"no rule {self.by} was applied")
        unnoticed = self.noticed in by_name and by_name[self.noticed].outcome is Outcome.PASS
        as_wanted = self.by in stopped and result.outcome is self.outcome and not unnoticed
        others = ", ".join(name for name in stopped if name != self.by)
        also = f"; refused by {others} all the same" if others else ""
        return Met(as_wanted, f"{result.outcome} by {result}{also}")


@dataclass(frozen=True)
class Feed:
    """A bad copy for one guard of a gate."""

    guard: str
    kind: Kind
    rows: BadRows
    demand: Demand
    without_expected: bool = False
    """Whether the expected set is emptied, too."""
    guarded: bool = False
    """Whether the originals are taken for published."""
    alone: bool = False
    """Whether it must lie on the dates of its originals, and is measured by itself."""


def without_checks(table: Derived) -> Derived:
    """Return a table whose gate has no checks: they are tried one by one, apart from its rules."""
    return replace(table, gate=replace(table.gate, checks=()))


def fed(bench: Bench, feeds: Sequence[Feed]) -> Iterator[GuardTried]:
    """Feed bad copies to the gate, and say of each guard what became of its own."""
    trials: dict[tuple[str, Kind], list[Trial]] = {}
    for feed, trial in zip(feeds, _trials(bench, feeds), strict=True):
        trials.setdefault((feed.guard, feed.kind), []).append(trial)
    return (GuardTried(guard, kind, tuple(found)) for (guard, kind), found in trials.items())


def _trials(bench: Bench, feeds: Sequence[Feed]) -> list[Trial]:
    together = [feed for feed in feeds if not feed.alone]
    try:
        batch = _Batch.staged(bench, together)
    except GaplessError:
        # A copy that cannot be made takes the others with it; so each goes by itself.
        return [fed_alone(bench, feed) for feed in feeds]
    numbers = iter(range(len(together)))
    return [
        fed_alone(bench, feed)
        if feed.alone
        else tried(feed.rows.copy, str(feed.demand), partial(batch.met, next(numbers)))
        for feed in feeds
    ]


def fed_alone(bench: Bench, feed: Feed, table: Derived | None = None) -> Trial:
    """Feed one bad copy on the dates of its originals.

    Args:
        bench: Holds the originals.
        feed: The bad copy.
        table: The table whose gate is fed; the bench's without its checks when None.
    """

    def run() -> Outcomes:
        place, columns = staged_either(lambda select: bench.stage(_COPY, select), feed.rows)
        expected = bench.expected_place
        if feed.without_expected:
            expected, _ = bench.stage(_EXPECTED, repeated(expected, bench.scope.partition, ()))
        audited = bench.audit(
            table or without_checks(bench.table),
            place,
            columns,
            expected_place=expected,
            guarded=bench.days if feed.guarded else (),
        )
        return {day: feed.demand.met(audited[day]) for day in bench.days}

    return tried(feed.rows.copy, str(feed.demand), run)


@dataclass(frozen=True)
class _Batch:
    """Bad copies that were measured together, each moved to dates of its own."""

    bench: Bench
    feeds: Sequence[Feed]
    step: int
    """Days between the dates of one copy and of the next."""
    audited: dict[date, Audited]

    @classmethod
    def staged(cls, bench: Bench, feeds: Sequence[Feed]) -> _Batch:
        """Stage and measure every copy.

        Raises:
            GaplessError: one of them cannot be made or measured.
        """
        partition, step = bench.scope.partition, (bench.scope.last - bench.scope.first).days + 1
        days = {number: number * step for number, _ in enumerate(feeds)}
        copies = [moved(f.rows.select, partition, days[n]) for n, f in enumerate(feeds)]
        place, columns = bench.stage(_COPIES, "\nUNION ALL BY NAME\n".join(copies))
        scope = _moved_scope(bench, days.values())
        expecting = [days[n] for n, feed in enumerate(feeds) if not feed.without_expected]
        guarding = [days[n] for n, feed in enumerate(feeds) if feed.guarded]
        expected, published = (
            bench.stage(name, repeated(relation, partition, on))[0]
            for name, relation, on in (
                (_EXPECTED, bench.expected_place, expecting),
                (_PUBLISHED, bench.original.place, guarding),
            )
        )
        audited = bench.audit(
            without_checks(bench.table),
            place,
            columns,
            scope=scope,
            expected_place=expected,
            published=published,
            guarded=[day + timedelta(on) for on in guarding for day in bench.days],
        )
        return cls(bench, feeds, step, audited)

    def met(self, number: int) -> Outcomes:
        """Say what became of one copy."""
        later, demand = timedelta(number * self.step), self.feeds[number].demand
        return {day: demand.met(self.audited[day + later]) for day in self.bench.days}


def _moved_scope(bench: Bench, days: Iterable[int]) -> Scope:
    facts = tuple(
        replace(one, day=one.day + timedelta(later)) for later in days for one in bench.scope.dates
    )
    scope = replace(bench.scope, dates=facts, place=None)
    return replace(scope, place=bench.stage(_DATES, partitions_relation(scope))[0])
