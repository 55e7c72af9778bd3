"""The report of gaps: ranges of dates, each beneath the gap that explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source
from gapless.ledger.interface import Attempt
from gapless.partitions import DateRange, spans
from gapless.plan.giving_up import NO_TRIES, GivenUp, Tries
from gapless.plan.states import Standing, State
from gapless.verbs.selection import Selection

Slot = tuple[str, date]


@dataclass(frozen=True)
class GapDate:
    """One partition that is not as it should be, with what is known of its past."""

    standing: Standing
    tries: Tries = NO_TRIES
    given_up: GivenUp | None = None
    published_at: datetime | None = None
    """When what is published there was; None when nothing is, or nobody knows."""
    published_by: str | None = None
    """The run that published it."""

    @property
    def partition(self) -> date:
        """Its date."""
        return self.standing.partition

    @property
    def root(self) -> Slot:
        """The partition that explains it: itself, or what it is blocked by."""
        return self.standing.cause or (self.standing.table, self.standing.partition)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        standing, last = self.standing, self.tries.last
        return {
            "date": self.partition.isoformat(),
            "state": standing.shown,
            "reason": standing.reason,
            "expected": standing.expected,
            "present": standing.present,
            "version": standing.version,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "published_by": self.published_by,
            "attempts": self.tries.total,
            "last_attempt": None if last is None else _attempt_data(last),
            "given_up": None if self.given_up is None else self.given_up.reason,
        }


@dataclass(frozen=True)
class Explained:
    """Partitions of one table that are not complete because of a gap further up."""

    table: str
    dates: tuple[GapDate, ...]
    spans: tuple[DateRange, ...]


@dataclass(frozen=True)
class Gap:
    """Consecutive dates of one table that nothing further up explains, with what they explain."""

    table: str
    state: str
    """A state, or `not_yet`."""
    span: DateRange
    dates: tuple[GapDate, ...]
    explains: tuple[Explained, ...] = ()
    is_source: bool = False
    """Whether its rows have to be loaded, not computed."""

    @property
    def reason(self) -> str:
        """Of its oldest date."""
        return self.dates[0].standing.reason

    @property
    def keys_missing(self) -> int | None:
        """Expected keys that are not there; None when it is not known what is expected."""
        known = [d.standing for d in self.dates if d.standing.expected is not None]
        if not known:
            return None
        return sum((found.expected or 0) - (found.present or 0) for found in known)

    @property
    def given_up(self) -> GivenUp | None:
        """Why it is not tried again; all of its dates are given up on, or none."""
        return self.dates[0].given_up

    @property
    def last_attempt(self) -> Attempt | None:
        """The newest attempt at any of its dates."""
        made = [found.tries.last for found in self.dates if found.tries.last is not None]
        return max(made, key=lambda attempt: attempt.started_at, default=None)

    @property
    def last_published(self) -> GapDate | None:
        """The date whose publication is the newest."""
        known = [(d.published_at, d) for d in self.dates if d.published_at is not None]
        return max(known, key=lambda pair: pair[0])[1] if known else None

    @property
    def partitions(self) -> int:
        """How many partitions it accounts for, those it explains among them."""
        return len(self.dates) + sum(len(found.dates) for found in self.explains)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "table": self.table,
            "state": self.state,
            "first": self.span.first.isoformat(),
            "last": self.span.last.isoformat(),
            "reason": self.reason,
            "keys_missing": self.keys_missing,
            "is_source": self.is_source,
            "given_up": self.given_up is not None,
            "dates": [found.as_data() for found in self.dates],
            "explains": [
                {
                    "table": found.table,
                    "partitions": len(found.dates),
                    "ranges": [[str(span.first), str(span.last)] for span in found.spans],
                    "dates": [one.as_data() for one in found.dates],
                }
                for found in self.explains
            ],
        }


@dataclass(frozen=True)
class GapReport:
    """Every gap of a selection, grouped by what explains it."""

    gaps: tuple[Gap, ...]
    selection: Selection
    scheduled: tuple[date, ...]
    """Dates with anything on the calendar."""
    measured_at: datetime | None = None
    """None: measured just now; else when the ledger's newest entry was."""

    @cached_property
    def counts(self) -> Counter[tuple[str, str]]:
        """Count the partitions by table and state."""
        found = [d.standing for gap in self.gaps for d in _all_dates(gap)]
        return Counter((standing.table, standing.shown) for standing in found)

    @property
    def partitions(self) -> int:
        """How many partitions are not as they should be."""
        return sum(self.counts.values())

    @property
    def exit_code(self) -> int:
        """0: no gaps; 4: something is unknown; 1: there are gaps."""
        if any(state == State.UNKNOWN for _, state in self.counts):
            return 4
        return 1 if self.gaps else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        counts: dict[str, dict[str, int]] = {}
        for (table, state), count in self.counts.items():
            counts.setdefault(table, {})[state] = count
        return {
            "exit_code": self.exit_code,
            "measured_at": self.measured_at.isoformat() if self.measured_at else None,
            "partitions": self.partitions,
            "counts": counts,
            "gaps": [gap.as_data() for gap in self.gaps],
        }


def grouped(found: Iterable[GapDate], pipeline: Pipeline, scheduled: Sequence[date]) -> list[Gap]:
    """Join partitions into ranges, each beneath the gap that explains it, oldest first."""
    dates = {(d.standing.table, d.partition): d for d in found}
    explained: dict[Slot, list[GapDate]] = {}
    alike: dict[tuple[str, str, bool], dict[date, GapDate]] = {}
    for slot, one in dates.items():
        root = _root_of(slot, dates)
        if root != slot:
            explained.setdefault(root, []).append(one)
        else:
            kind = (slot[0], one.standing.shown, one.given_up is not None)
            alike.setdefault(kind, {})[slot[1]] = one
    order = {name: place for place, name in enumerate(pipeline.tables)}
    gaps = []
    for (table, state, _), roots in alike.items():
        for span in spans(list(roots), step=scheduled):
            of_span = [roots[day] for day in sorted(roots) if day in span]
            beneath = [d for root in of_span for d in explained.get((table, root.partition), ())]
            gaps.append(
                Gap(
                    table=table,
                    state=state,
                    span=span,
                    dates=tuple(of_span),
                    explains=_by_table(beneath, order, scheduled),
                    is_source=isinstance(pipeline.tables[table], Source),
                )
            )
    return sorted(gaps, key=lambda gap: (gap.span.first, order[gap.table]))


def _root_of(slot: Slot, dates: Mapping[Slot, GapDate]) -> Slot:
    """Follow causes to the most upstream gap."""
    seen = {slot}
    while (above := dates[slot].root) in dates and above not in seen:
        seen.add(above)
        slot = above
    return slot


def _by_table(
    beneath: Sequence[GapDate], order: Mapping[str, int], scheduled: Sequence[date]
) -> tuple[Explained, ...]:
    tables: dict[str, list[GapDate]] = {}
    for one in beneath:
        tables.setdefault(one.standing.table, []).append(one)
    explained = []
    for table in sorted(tables, key=order.__getitem__):
        dates = tuple(sorted(tables[table], key=lambda one: one.partition))
        ranges = spans([one.partition for one in dates], step=scheduled)
        explained.append(Explained(table, dates, tuple(ranges)))
    return tuple(explained)


def _all_dates(gap: Gap) -> list[GapDate]:
    return [*gap.dates, *(one for found in gap.explains for one in found.dates)]


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "run_id": attempt.run_id,
        "verdict": attempt.verdict.value,
        "retry": attempt.retry.value,
        "finished_at": attempt.finished_at.isoformat(),
        "reason": attempt.reason,
    }
