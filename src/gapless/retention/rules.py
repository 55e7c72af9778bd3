"""Rules: which dates outlived their retention, and what is kept all the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from gapless.declare.pipeline import Pipeline
from gapless.declare.retention import Retention
from gapless.errors import UsageError
from gapless.ledger.cleanings import Cleaning
from gapless.ledger.interface import Lease, Run
from gapless.ledger.liveness import is_dead
from gapless.partitions import Path
from gapless.plan.states import Standing, State
from gapless.plan.stored import StoredPlan
from gapless.sql.literals import columns, identifier, literal, relation
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

OPEN_FOR = timedelta(days=7)
"""How long the plan of a run that died counts as open; after that nobody will resume it."""
USUAL_AFTER = 5
"""From so many cleanings on there is something usual."""
FAR_MORE = 10
"""Times the usual amount."""
NEVER_UNUSUAL = 1000
"""Rows that are no reason to ask, however few there usually are."""
_NOTHING_DUE = frozenset({State.NOTHING_EXPECTED, State.WARM_UP})
"""States that a replacement without a single row may have, also where the calendar lost a date."""


@dataclass(frozen=True)
class StaleDate:
    """The rows of a date that outlived their retention."""

    table: str
    partition: date
    rows: int
    entities: int
    age: int
    """Days since the date."""
    rule: str
    keep: str = ""
    """Why they stay all the same; empty where they may go."""


def stale_dates(
    warehouse: Warehouse, pipeline: Pipeline, retention: Retention, today: date
) -> list[StaleDate]:
    """Return the dates of a table whose rows outlived their retention, oldest first."""
    table, day = retention.table, identifier(pipeline.partition)
    found = warehouse.fetch(
        f"SELECT {day}, count(*), count(DISTINCT ({columns(table.key)})) "
        f"FROM {relation(table.name)} WHERE {day} < {literal(retention.first_kept(today))} "
        "GROUP BY 1 ORDER BY 1"
    )
    return [
        StaleDate(table.name, row[0], row[1], row[2], (today - row[0]).days, retention.rule)
        for row in found
    ]


def only_copies(
    retention: Retention, days: Iterable[date], standing: Callable[[str, date], Standing]
) -> dict[date, str]:
    """Return the dates of which no other table has what is needed, with the reason."""
    found = {}
    for day in days:
        for other in retention.replaced_by:
            seen = standing(other.name, day)
            if not _replaces(seen):
                found[day] = f"the only copy: {other.name} is {seen.shown} ({seen.reason})"
                break
    return found


def _replaces(seen: Standing) -> bool:
    """Tell whether a replacement makes rows dispensable; what is waived is not complete."""
    published = seen.rows > 0 and seen.version is not None
    return seen.state is State.COMPLETE or (seen.state in _NOTHING_DUE and published)


def leased(
    pipeline: Pipeline, retention: Retention, leases: Iterable[Lease], now: datetime, own: str = ""
) -> dict[date, str]:
    """Return the dates that somebody is at work on, or on what reads them."""
    readers = readers_of(pipeline, retention)
    return {
        lease.partition: f"needed by run {lease.holder.run_id}, which is at work on {lease.table}"
        for lease in leases
        if lease.table in readers
        and lease.holder.run_id != own
        and lease.expires_at > now
        and not is_dead(lease.holder)
    }


def planned(
    pipeline: Pipeline, retention: Retention, runs: Sequence[Run], now: datetime
) -> dict[date, str]:
    """Return the dates in plans that were begun lately and neither ended nor were gone on with."""
    readers = readers_of(pipeline, retention)
    resumed = {run.plan.get("resumes") for run in runs}
    found: dict[date, str] = {}
    for run in runs:
        ended = run.exit_code is not None or run.run_id in resumed
        if ended or run.pipeline != pipeline.name or now - run.started_at > OPEN_FOR:
            continue
        for table, days in _partitions(run).items():
            if table in readers:
                reason = f"in the plan of run {run.run_id}, which has not ended"
                found.update(dict.fromkeys(days, reason))
    return found


def _partitions(run: Run) -> Mapping[str, Collection[date]]:
    try:
        return StoredPlan.of(run.run_id, run.plan).partitions
    except UsageError:
        # Of an older version, which nobody can go on with.
        return {}


def readers_of(pipeline: Pipeline, retention: Retention) -> frozenset[str]:
    """Return the names of the table itself and of those that read it."""
    name = retention.table.name
    readers = {
        table.name
        for table in pipeline.derived_tables
        for path in Path
        if any(read.table.name == name for read in table.reads_on(path))
    }
    return frozenset({name, *readers})


def usual_limit(cleanings: Iterable[Cleaning]) -> int | None:
    """Return how many rows a cleaning may remove without being asked; None: nothing is usual yet.

    Args:
        cleanings: The newest ones of the pipeline that removed rows.
    """
    amounts = [one.deleted_rows for one in cleanings]
    if len(amounts) < USUAL_AFTER:
        return None
    return max(NEVER_UNUSUAL, round(FAR_MORE * median(amounts)))


def batches(dates: Sequence[StaleDate], rows_at_most: int) -> list[list[StaleDate]]:
    """Cut the dates of one table into batches of bounded size; a larger date is one by itself."""
    made: list[list[StaleDate]] = []
    size = 0
    for one in dates:
        if not made or size + one.rows > rows_at_most:
            made.append([])
            size = 0
        made[-1].append(one)
        size += one.rows
    return made


def describe(dates: Sequence[date]) -> str:
    """Return `2023-02-23`, or `12 dates 2023-02-01 … 2023-02-12`."""
    if len(dates) == 1:
        return str(dates[0])
    return f"{plural(len(dates), 'date')} {min(dates)} … {max(dates)}"
