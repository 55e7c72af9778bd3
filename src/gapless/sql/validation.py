"""Statements of a validation: violations by date, stray rows, dates unlike their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gapless.sql.literals import date_list, identifier, literal, relation

TAILS_APART = 3.29
"""How many standard deviations 5 % and 95 % of a normal distribution are apart."""
MOSTLY_FILLED = 0.5
"""Where more than this share of the neighbours' values is NULL, their mean is no measure."""
NAMED_AT_MOST = 3
"""Violations that are quoted for each date; the counts are always exact."""


@dataclass(frozen=True)
class Known:
    """Which violations of a check a known limitation explains."""

    where: str
    days: tuple[date, ...]


def violations_query(check_sql: str, partition: str, known: Sequence[Known]) -> str:
    """Sum up a check by date, known violations apart.

    Args:
        check_sql: SELECT of the partition column, `entity`, `ok` and `detail`.
        partition: The partition column.
        known: Limitations of this check.

    Returns:
        A SELECT of (partition, examined, failed without a known reason, the first of these, then
        for each limitation how many it explains and the first of them).
    """
    column = identifier(partition)
    explained = [
        f"coalesce(({given.where}), FALSE) AND {column} IN ({date_list(given.days)})"
        if given.days
        else "FALSE"
        for given in known
    ]
    flags = "".join(f", {text} AS known_{place}" for place, text in enumerate(explained))
    none_known = " AND ".join(f"NOT known_{place}" for place in range(len(known))) or "TRUE"
    each = "".join(
        f", count(*) FILTER (WHERE failed AND known_{place}), "
        f"min(entity::VARCHAR, {NAMED_AT_MOST}) FILTER (WHERE failed AND known_{place})"
        for place in range(len(known))
    )
    said = "coalesce(entity::VARCHAR, 'unnamed') || ': ' || coalesce(detail, 'not true')"
    return (
        f"WITH examined AS (SELECT *, ok IS NOT TRUE AS failed{flags} FROM (\n{check_sql}\n))\n"
        f"SELECT {column}, count(*), count(*) FILTER (WHERE failed AND {none_known}), "
        f"min({said}, {NAMED_AT_MOST}) FILTER (WHERE failed AND {none_known}){each}\n"
        f"FROM examined GROUP BY 1 ORDER BY 1"
    )


def stray_query(tables: Sequence[tuple[str, date, date]], partition: str) -> str:
    """Count rows outside the dates on which a table can have any.

    Args:
        tables: Table, first and last date on which it can have rows.
        partition: The partition column.

    Returns:
        A SELECT of (table, partition, rows).
    """
    column = identifier(partition)
    parts = [
        f"SELECT {literal(table)} AS table_name, {column} AS day, count(*) AS row_count "
        f"FROM {relation(table)} WHERE {column} NOT BETWEEN {literal(first)} AND {literal(last)} "
        "GROUP BY ALL"
        for table, first, last in tables
    ]
    return "\nUNION ALL\n".join(parts) + "\nORDER BY ALL"


def affected_query(table: str, predicate: str, partition: str, first: date, last: date) -> str:
    """SELECT of (partition, rows, rows for which the predicate holds); it may ask other tables."""
    column = identifier(partition)
    return (
        f"SELECT {column}, count(*), count(*) FILTER (WHERE is_affected) FROM ("
        f"SELECT {column}, ({predicate}) AS is_affected FROM {relation(table)} "
        f"WHERE {column} BETWEEN {literal(first)} AND {literal(last)}) AS examined "
        "GROUP BY 1 ORDER BY 1"
    )


@dataclass(frozen=True)
class NeighbourRequest:
    """Which columns of a table are compared with the dates before."""

    table: str
    partition: str
    seasons: str
    """Relation of (partition, season): the dates that are compared, each within its season."""
    filled: tuple[str, ...]
    """Columns whose share of NULLs is compared."""
    numeric: tuple[str, ...]
    """Columns whose mean is compared, too."""
    trailing: int
    """How many dates before are the neighbours."""
    least: int
    """With fewer neighbours nothing can be said."""
    deviations: float
    """How many standard deviations away is unlike."""
    least_nulls: float
    """Difference between shares of NULLs that is never unlike."""
    least_rows: int
    """So few rows with a NULL more than usual are never unlike, whatever share they are."""
    least_change: float
    """Difference between means, in standard deviations of the rows, that is never unlike."""


def neighbours_query(request: NeighbourRequest) -> str:
    """Find dates whose share of NULLs or mean falls out of the dates before.

    A date is never part of its own baseline, and a season begins without one. The baseline is the
    median, and the spread leaves the outermost values out, so that one odd date does not hide the
    next; when many dates are alike again, that is the new usual.

    Returns:
        A SELECT of (partition, column, measure, value, median of the neighbours, how many).
    """
    day = identifier(request.partition)
    deviations = literal(request.deviations)
    facts = ", ".join(
        f"{{'name': {literal(name)}, 'row_count': count(*), "
        f"'filled': count(t.{identifier(name)}), "
        f"'nulls': 1 - count(t.{identifier(name)}) / count(*), {_moments(name, request)}}}"
        for name in request.filled
    )
    baseline = (
        "(PARTITION BY season, name ORDER BY day "
        f"ROWS BETWEEN {request.trailing} PRECEDING AND 1 PRECEDING)"
    )
    # Where the neighbours' rows were all alike, the date's own rows have to say what is little.
    spread = "coalesce(nullif(usual_spread, 0), spread, 0)"
    # A share of NULLs that falls is a late start, no hole; a mean over few rows says little.
    unlike = {
        "nulls": f"nulls - usual_nulls > greatest({deviations} * coalesce(spread_nulls, 0), "
        f"{literal(request.least_nulls)}, {literal(request.least_rows)} / row_count)",
        "mean": f"usual_nulls <= {literal(MOSTLY_FILLED)} AND abs(mean - usual_mean) > greatest("
        f"{deviations} * coalesce(spread_mean, 0), "
        f"{deviations} * {spread} / sqrt(greatest(filled, 1)), "
        f"{literal(request.least_change)} * {spread})",
    }
    parts = [
        f"SELECT day, name, {literal(measure)} AS measure, {measure} AS found, "
        f"usual_{measure} AS usual, dates FROM compared WHERE dates >= {request.least} AND {holds}"
        for measure, holds in unlike.items()
    ]
    usual = "".join(
        f", median({measure}) OVER {baseline} AS usual_{measure}, "
        f"(quantile_cont({measure}, 0.95) OVER {baseline} "
        f"- quantile_cont({measure}, 0.05) OVER {baseline}) / {TAILS_APART} AS spread_{measure}"
        for measure in unlike
    )
    usual += f", median(spread) OVER {baseline} AS usual_spread"
    return (
        f"WITH summed AS (SELECT s.season, t.{day} AS day, [{facts}] AS facts "
        f"FROM {relation(request.table)} AS t JOIN ({request.seasons}) AS s "
        f"ON s.{day} = t.{day} GROUP BY s.season, t.{day}),\n"
        "by_date AS (SELECT season, day, unnest(facts, recursive := true) FROM summed),\n"
        f"compared AS (SELECT *, count(*) OVER {baseline} AS dates{usual} FROM by_date)\n"
        + "\nUNION ALL\n".join(parts)
        + "\nORDER BY ALL"
    )


def _moments(name: str, request: NeighbourRequest) -> str:
    if name not in request.numeric:
        return "'mean': NULL::DOUBLE, 'spread': NULL::DOUBLE"
    value = f"t.{identifier(name)}::DOUBLE"
    return f"'mean': avg({value}), 'spread': stddev_samp({value})"
