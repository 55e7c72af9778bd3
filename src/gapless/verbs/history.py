"""History: what was tried of each partition, with which result, by whom; from the ledger alone.

It works while another process owns the warehouse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.ledger.interface import Attempt, Ledger, PartitionState, Run, Verdict
from gapless.run.report import SUCCEEDED
from gapless.verbs.flagging import Flagged
from gapless.verbs.selection import Selection, chosen_tables, declared_season

DEFAULT_DAYS = 30
ENDED_WELL = SUCCEEDED | {Verdict.RECOVERED}
"""Verdicts after which the rows are live."""
OUT_OF_REACH = "The history is read from the ledger"


@dataclass(frozen=True)
class SourceUsed:
    """What fed one input of a partition."""

    input: str
    chosen: str | None
    """None: no source was sufficient."""
    filled_from: tuple[str, ...]
    fallback: bool
    """Whether another source than the preferred one was needed, instead or besides."""
    reason: str

    def __str__(self) -> str:
        names = [self.chosen or "no source", *self.filled_from]
        return " + ".join(names)


@dataclass(frozen=True)
class PartitionHistory:
    """What was tried of one partition in the time that was asked for."""

    table: str
    partition: date
    attempts: tuple[Attempt, ...]
    """In the order they started; at least one."""
    known: PartitionState | None
    """Its state as the ledger last knew it."""
    run: Run | None
    """Of the last attempt, without its plan; None when the ledger does not know it."""

    @property
    def last(self) -> Attempt:
        """The last attempt."""
        return self.attempts[-1]

    @property
    def succeeded(self) -> bool:
        """Tell whether the last attempt left its rows live."""
        return self.last.verdict in ENDED_WELL

    @property
    def sources(self) -> tuple[SourceUsed, ...]:
        """What fed each input that had a choice, in the last attempt."""
        return sources_used(self.last)

    @property
    def needed_fallback(self) -> bool | None:
        """Tell whether the preferred source alone did not do; None where there was no choice."""
        sources = self.sources
        return any(source.fallback for source in sources) if sources else None

    @property
    def seconds(self) -> float:
        """How long the chunk took that the last attempt belonged to, from staging to the end."""
        return (self.last.finished_at - self.last.started_at).total_seconds()

    def count(self, *verdicts: Verdict) -> int:
        """Count attempts by verdict."""
        return sum(attempt.verdict in verdicts for attempt in self.attempts)

    def as_row(self) -> dict[str, Any]:
        """Return it by column, as `--export` writes it; see `COLUMNS`."""
        last, known = self.last, self.known
        fed = self.sources
        return {
            "table": self.table,
            "date": self.partition,
            "path": last.path,
            "status": last.verdict.value,
            "state": known.state if known else None,
            "expected": last.expected,
            "actual": last.present,
            "missing": last.missing,
            "unexpected": last.unexpected,
            "coverage": last.coverage,
            "rows": last.rows,
            "source": "; ".join(f"{one.input}: {one}" for one in fed) or None,
            "fallback": self.needed_fallback,
            "source_reason": "; ".join(f"{one.input}: {one.reason}" for one in fed) or None,
            "attempts": len(self.attempts),
            "refused": self.count(Verdict.REFUSED),
            "failed": self.count(Verdict.FAILED),
            "blocked": self.count(Verdict.BLOCKED),
            "first_attempt_at": self.attempts[0].started_at,
            "last_attempt_at": last.started_at,
            "seconds": self.seconds,
            "actor": self.run.actor if self.run else None,
            "code_version": last.code_version or None,
            "run_id": last.run_id,
            "command": self.run.command if self.run else None,
            "version": last.version if last.version is not None else known and known.version,
            "reason": last.reason,
        }


COLUMNS = {
    "table": "VARCHAR",
    "date": "DATE",
    "path": "VARCHAR",
    "status": "VARCHAR",
    "state": "VARCHAR",
    "expected": "BIGINT",
    "actual": "BIGINT",
    "missing": "BIGINT",
    "unexpected": "BIGINT",
    "coverage": "DOUBLE",
    "rows": "BIGINT",
    "source": "VARCHAR",
    "fallback": "BOOLEAN",
    "source_reason": "VARCHAR",
    "attempts": "INTEGER",
    "refused": "INTEGER",
    "failed": "INTEGER",
    "blocked": "INTEGER",
    "first_attempt_at": "TIMESTAMP",
    "last_attempt_at": "TIMESTAMP",
    "seconds": "DOUBLE",
    "actor": "VARCHAR",
    "code_version": "VARCHAR",
    "run_id": "VARCHAR",
    "command": "VARCHAR",
    "version": "INTEGER",
    "reason": "VARCHAR",
}
"""Column → type of an exported history; one row for each partition, moments in UTC."""


@dataclass(frozen=True)
class HistoryReport:
    """The history of the selected partitions."""

    partitions: tuple[PartitionHistory, ...]
    """By table in dependency order, then by date."""
    days: int
    since: datetime
    """Attempts before it are left out."""
    tables: tuple[str, ...]
    """Those with attempts, in dependency order."""
    dates: tuple[date, ...] = ()
    """Every date that any of them was tried for, oldest first."""
    is_known: bool = True
    """False: there is no ledger that could be read."""
    flagged: Flagged | None = None

    @property
    def exit_code(self) -> int:
        """4: nothing can be read; 1: flagging found something incomplete; else 0."""
        if not self.is_known:
            return 4
        return self.flagged.exit_code if self.flagged is not None else 0

    def of(self, table: str) -> list[PartitionHistory]:
        """Return the partitions of one table, oldest first."""
        return self._by_table.get(table, [])

    @cached_property
    def _by_table(self) -> dict[str, list[PartitionHistory]]:
        grouped: dict[str, list[PartitionHistory]] = {}
        for found in self.partitions:
            grouped.setdefault(found.table, []).append(found)
        return grouped

    def counts(self, table: str) -> Counter[Verdict]:
        """Count the attempts at a table by verdict."""
        return Counter(a.verdict for found in self.of(table) for a in found.attempts)

    def fallback_share(self, table: str) -> tuple[int, int]:
        """Return how many dates needed the fallback, of how many whose rows went live by choice."""
        chosen = [
            found.needed_fallback
            for found in self.of(table)
            if found.succeeded and found.needed_fallback is not None
        ]
        return sum(map(bool, chosen)), len(chosen)

    def coverages(self, table: str) -> list[float | None]:
        """Return the coverage on each of `dates`; None where the table was not measured."""
        by_day = {found.partition: found.last.coverage for found in self.of(table)}
        return [by_day.get(day) for day in self.dates]

    def worst(self) -> list[PartitionHistory]:
        """Return the partitions that did not end well or lack keys, worst first."""
        bad = [
            found
            for found in self.partitions
            if not found.succeeded or (found.last.coverage is not None and found.last.coverage < 1)
        ]
        return sorted(bad, key=_badness)

    def slowest(self) -> list[tuple[float, list[PartitionHistory]]]:
        """Return the chunks of the last attempts with their seconds, longest first."""
        chunks: dict[tuple[str, str, datetime, datetime], list[PartitionHistory]] = {}
        for found in self.partitions:
            last = found.last
            slot = (last.run_id, last.table, last.started_at, last.finished_at)
            chunks.setdefault(slot, []).append(found)
        timed = [(members[0].seconds, members) for members in chunks.values()]
        return sorted(timed, key=lambda chunk: chunk[0], reverse=True)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each partition, see `COLUMNS`."""
        return [found.as_row() for found in self.partitions]

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "days": self.days,
            "since": self.since.isoformat(),
            "tables": {name: self._table_data(name) for name in self.tables},
            "partitions": [
                {**_plain(found.as_row()), "tries": [_attempt_data(a) for a in found.attempts]}
                for found in self.partitions
            ],
            "flagged": self.flagged.as_data() if self.flagged is not None else None,
        }

    def _table_data(self, name: str) -> dict[str, Any]:
        needed, chosen = self.fallback_share(name)
        return {
            "dates": len(self.of(name)),
            "attempts": sum(self.counts(name).values()),
            "verdicts": {verdict.value: n for verdict, n in self.counts(name).items()},
            "fallback": {"needed": needed, "of": chosen},
        }


def history(
    pipeline: Pipeline,
    ledger: Ledger | None,
    selection: Selection,
    *,
    now: datetime,
    days: int = DEFAULT_DAYS,
    flagged: Flagged | None = None,
) -> HistoryReport:
    """Return the attempts made in the last `days` days, by partition.

    A constant number of queries of the ledger, and none of the warehouse.

    Args:
        pipeline: The declarations.
        ledger: Where the attempts are; None: there is none to read.
        selection: Which tables and dates the attempts were about; nothing given means all.
        now: The moment, by the pipeline's clock.
        days: How far to look back for attempts, whatever dates they were about.
        flagged: What flagging has just recorded, to be reported along.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
    """
    names = [table.name for table in chosen_tables(pipeline, selection.tables)]
    wanted = wanted_dates(pipeline, selection)
    since = moment_before(now, days)
    if ledger is None:
        return HistoryReport((), days, since, (), is_known=False, flagged=flagged)
    attempts: dict[tuple[str, date], list[Attempt]] = {}
    for attempt in ledger.attempts(first=wanted.first, last=wanted.last, since=since):
        if attempt.table in names and wanted.holds(attempt.partition):
            attempts.setdefault((attempt.table, attempt.partition), []).append(attempt)
    known = {
        (state.table, state.partition): state
        for state in ledger.states(first=wanted.first, last=wanted.last)
    }
    runs = ledger.runs_by_id({tried[-1].run_id for tried in attempts.values()})
    partitions = tuple(
        PartitionHistory(
            name, day, tuple(tried), known.get((name, day)), runs.get(tried[-1].run_id)
        )
        for (name, day), tried in sorted(
            attempts.items(), key=lambda slot: (names.index(slot[0][0]), slot[0][1])
        )
    )
    return HistoryReport(
        partitions=partitions,
        days=days,
        since=since,
        tables=tuple(dict.fromkeys(found.table for found in partitions)),
        dates=tuple(sorted({found.partition for found in partitions})),
        flagged=flagged,
    )


@dataclass(frozen=True)
class WantedDates:
    """The dates of a selection, without a calendar; open where nothing was given."""

    first: date | None = None
    last: date | None = None
    single: frozenset[date] = frozenset()

    def holds(self, day: date) -> bool:
        """Tell whether a date is meant."""
        return not self.single or day in self.single


def wanted_dates(pipeline: Pipeline, selection: Selection) -> WantedDates:
    """Read the dates of a selection where no calendar can be asked.

    Raises:
        UsageError: only the calendar knows when the season begins.
    """
    if selection.dates:
        single = frozenset(selection.dates)
        return WantedDates(min(single), max(single), single)
    first, last = selection.start_date, selection.end_date
    if selection.season is not None:
        season = declared_season(pipeline, selection.season, OUT_OF_REACH)
        first, last = first or season.first, last or season.last
    return WantedDates(first, last)


def sources_used(attempt: Attempt) -> tuple[SourceUsed, ...]:
    """Return what fed each input of an attempt that had a choice."""
    return tuple(
        source_used(name, made) for name, made in attempt.evidence.get("choices", {}).items()
    )


def source_used(name: str, made: Mapping[str, Any]) -> SourceUsed:
    """Read one choice from evidence."""
    sources: Sequence[Mapping[str, Any]] = made.get("sources", ())
    preferred = sources[0]["source"] if sources else None
    filled = tuple(made.get("filled_from", ()))
    return SourceUsed(
        input=name,
        chosen=made.get("chosen"),
        filled_from=filled,
        fallback=made.get("chosen") != preferred or bool(filled),
        reason=made.get("reason", ""),
    )


def _badness(found: PartitionHistory) -> tuple[int, float, int]:
    """Order what stopped by itself before what merely waits, then by coverage."""
    coverage = found.last.coverage
    waits = found.last.verdict is Verdict.BLOCKED
    return (
        2 if found.succeeded else int(waits),
        -1.0 if coverage is None else coverage,
        -len(found.attempts),
    )


def moment_before(now: datetime, days: int) -> datetime:
    """Return the moment so many days ago; the beginning of time where there is none."""
    try:
        return now - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "run_id": attempt.run_id,
        "verdict": attempt.verdict.value,
        "started_at": attempt.started_at.isoformat(),
        "finished_at": attempt.finished_at.isoformat(),
        "expected": attempt.expected,
        "actual": attempt.present,
        "coverage": attempt.coverage,
        "version": attempt.version,
        "code_version": attempt.code_version,
        "reason": attempt.reason,
        "sources": {one.input: str(one) for one in sources_used(attempt)},
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }
