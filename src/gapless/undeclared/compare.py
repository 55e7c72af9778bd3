"""Comparing a table with a reference: which keys are missing, unexpected or there twice."""

from __future__ import annotations

from typing import Any

from gapless.errors import QueryFailed, UsageError
from gapless.sql.dated_rows import Side
from gapless.sql.key_sets import key_sets_query
from gapless.sql.literals import identifier
from gapless.undeclared.model import (
    EPSILON,
    Aside,
    AuditReport,
    Condition,
    Partition,
    Subject,
    aside_from,
    named_from,
)
from gapless.undeclared.question import NOTHING_DONE, Question, Resolved
from gapless.warehouse.interface import Row, Tables


def compare(tables: Tables, question: Question, resolved: Resolved, reference: Side) -> AuditReport:
    """Compare every date that the table or its reference has, in one query.

    Raises:
        UsageError: a predicate is wrong, or the partition column holds no dates.
        QueryFailed: the query was refused for another reason.
    """
    sql = key_sets_query(resolved.table, reference, question.names)
    sides = {"--where": resolved.table, "--reference-where": reference}
    dated, asides = [], {}
    for row in fetched(tables, sql, sides):
        if row[-1] is None:
            dated.append(partition_from(row, question.at_least))
        else:
            asides[row[-1]["side"]] = aside_from(row[-1]["facts"])
    table_aside, reference_aside = asides["table"], asides["reference"]
    for name, side, aside, days in (
        (resolved.table_name, resolved.table, table_aside, sum(p.rows > 0 for p in dated)),
        (resolved.reference_name, reference, reference_aside, sum(p.expected > 0 for p in dated)),
    ):
        refuse_dateless(str(name), side, aside, dates=days + aside.keyless)
    # A date that is not over may be filled still; whoever names it wants to see it.
    over = [p for p in dated if question.last is not None or p.day < question.today]
    return AuditReport(
        subject=subject(tables, question, resolved),
        partitions=tuple(over),
        later=tuple(p.day for p in dated[len(over) :]),
        table_aside=table_aside,
        reference_aside=reference_aside,
    )


def subject(tables: Tables, question: Question, resolved: Resolved) -> Subject:
    """Return the question as it was understood."""
    return Subject(
        location=tables.location,
        table=resolved.table_name,
        reference=resolved.reference_name,
        partition=resolved.table.partition,
        reference_partition=resolved.reference.partition if resolved.reference else None,
        key=tuple(name.partition("=")[0] for name in question.key),
        at_least=question.at_least,
        notes=resolved.notes,
    )


def partition_from(row: Row, at_least: float) -> Partition:
    """Read one date of `key_sets_query` and say what is wrong with it."""
    day, expected, present, rows, unexpected, duplicates, keyless = row[:7]
    missing_names, unexpected_names, duplicate_names = row[7:10]
    conditions = []
    if expected and not rows:
        conditions.append(Condition.MISSING)
    elif present < at_least * expected - EPSILON:
        conditions.append(Condition.PARTIAL)
    elif present < expected:
        conditions.append(Condition.NEARLY)
    conditions += [
        condition
        for condition, count in (
            (Condition.SURPLUS, unexpected),
            (Condition.DUPLICATE, duplicates),
            (Condition.KEYLESS, keyless),
        )
        if count
    ]
    return Partition(
        day=day,
        expected=expected,
        present=present,
        rows=rows,
        unexpected=unexpected,
        duplicates=duplicates,
        keyless=keyless,
        conditions=tuple(conditions),
        missing_names=named_from(missing_names),
        unexpected_names=named_from(unexpected_names),
        duplicate_names=named_from(duplicate_names),
    )


def refuse_dateless(name: str, side: Side, aside: Aside, *, dates: int) -> None:
    """Refuse a partition column in which nothing is a date.

    Raises:
        UsageError: there are rows, and no value can be read as a date.
    """
    if dates or not aside.unreadable or side.first is not None or side.last is not None:
        return
    raise UsageError(
        f"{name}.{side.partition} (from --partition) holds no date in any of {aside.rows:,} rows, "
        f"e.g. {aside.example!r}; expected 2023-02-23 or 20230223.",
        untouched=NOTHING_DONE,
        advice="Name another column, or make a view that casts it.",
    )


def fetched(tables: Tables, sql: str, sides: dict[str, Side]) -> list[Row]:
    """Run a query; a user's predicate that made it fail is named.

    Raises:
        UsageError: it was a predicate.
        QueryFailed: it was something else.
    """
    try:
        return tables.fetch(sql)
    except QueryFailed as error:
        for option, side in sides.items():
            if side.where:
                _try_predicate(tables, option, side)
        raise QueryFailed(error.what, statement=error.statement, untouched=NOTHING_DONE) from error


def _try_predicate(tables: Tables, option: str, side: Side) -> None:
    sql = f"SELECT count(*) FROM {side.source} AS {identifier(side.alias)} WHERE (\n{side.where}\n)"
    try:
        tables.fetch(sql)
    except QueryFailed as error:
        said: Any = error.__cause__ or error.what
        raise UsageError(
            f"{option} {side.where!r} cannot be evaluated: {str(said).splitlines()[0]}.",
            untouched=NOTHING_DONE,
        ) from error
