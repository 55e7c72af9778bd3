"""`gapless audit`: look into a table that nobody declared."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import RANGE, RangeOptions
from gapless.cli.output import show, show_json
from gapless.clock import Clock
from gapless.errors import UsageError
from gapless.report.audit import audit_text
from gapless.undeclared.question import Question, check_timezone
from gapless.verbs.audit import audit as audit_verb
from gapless.wiring import open_tables


def audit(
    location: str,
    /,
    *,
    table: str,
    partition: str,
    reference: str | None = None,
    key: Annotated[list[str] | None, Parameter(negative="")] = None,
    where: str | None = None,
    reference_where: str | None = None,
    label: str | None = None,
    at_least: float = 0.9,
    dates: RangeOptions = RANGE,
    timezone: str = "UTC",
    limit: int = 20,
    names: int = 5,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Say which dates of a table are missing, partial, surplus or duplicate, worst first.

    Needs no declarations and no configuration, and only reads. Keys are compared with those of a
    reference as sets, all dates in one query. Without a reference it says what row counts suggest
    beside neighbouring dates, which is only a guess.

    Exit codes: 0 no date is missing, surplus, duplicate, without key or below --at-least; 1 some
    are; 4 the reference does not say what is expected. Without --reference never 0: 1 something
    looks wrong, 4 nothing does, which proves nothing.

    Parameters
    ----------
    location
        A DuckDB file, or a folder, glob or file of Parquet. In a folder a table is a file
        name.parquet or a folder of files, date=2023-02-23 folders included.
    table
        Table to examine; its schema may be left out where that is unmistakable.
    partition
        Column with the date: a date, a timestamp, or a text or number such as 2023-02-23 or
        20230223. Write game_date=day when the reference calls it day.
    reference
        Table whose keys are expected.
    key
        Columns that name an entity within a date, separated by commas or repeated. Write
        player_id=person when the reference calls it person.
    where
        Predicate that rows of the table must satisfy to count, e.g. "status <> 'draft'".
    reference_where
        Predicate that rows of the reference must satisfy to be expected, e.g. "played".
    label
        Column with names for people, in either table.
    at_least
        Share of the expected keys below which a date is partial; above it, it is nearly complete.
    timezone
        Of the dates of timestamps with a zone, and of today. Dates from today on are left out
        unless --end-date is given.
    limit
        Lines of dates to print; --json has all of them.
    names
        Keys to name for each date and kind.
    json
        Print JSON instead of text.
    """
    if limit < 1:
        raise UsageError(f"--limit {limit}: write 1 or more.")
    first, last = dates.bounds()
    check_timezone(timezone)
    question = Question(
        table=table,
        partition=partition,
        today=Clock().today(timezone),
        reference=reference,
        key=_listed(key),
        label=label,
        where=where,
        reference_where=reference_where,
        first=first,
        last=last,
        at_least=at_least,
        names=names,
        timezone=timezone,
    )
    with open_tables(location) as tables:
        report = audit_verb(tables, question)
    if json:
        show_json(report.as_data())
    else:
        show(audit_text(report, limit))
    return report.exit_code


def _listed(texts: list[str] | None) -> tuple[str, ...]:
    names = tuple(part.strip() for text in texts or () for part in text.split(",") if part.strip())
    if texts is not None and not names:
        raise UsageError("--key names no column; write --key player_id.")
    return names
