"""The difference of a publication: which keys the staged rows bring, take away and change.

Asked of all dates at once, right before their rows are replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gapless.sql.literals import (
    columns,
    date_list,
    identifier,
    key_text,
    literal,
    relation,
    same,
)

GAINED = "gained"
LOST = "lost"
CHANGED = "changed"


@dataclass(frozen=True)
class DifferenceRequest:
    """Published rows and the staged ones that are to replace them."""

    table: str
    staged: str
    partition: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    """Of the staged rows, with types."""
    live_columns: Sequence[str]
    days: Sequence[date]
    label: str | None
    """Column with a name for people."""
    expected: str
    """Relation with the expected set, for names that the rows themselves do not have."""
    expected_label: str | None


def difference_query(request: DifferenceRequest, limit: int) -> str:
    """SELECT of (partition, kind, keys of that kind, key, name) for the first `limit` keys.

    The keys are a set: a key with several rows is one key, changed when any of them differs.
    """
    names = (request.partition, *request.key)
    day = f"coalesce(s.{identifier(request.partition)}, l.{identifier(request.partition)})"
    shown = "coalesce(s.shown, l.shown)"
    named = ""
    if request.expected_label is not None:
        expected = " AND ".join(
            f"w.{identifier(name)} = coalesce(s.{identifier(name)}, l.{identifier(name)})"
            for name in names
        )
        shown = f"coalesce({shown}, w.{identifier(request.expected_label)}::VARCHAR)"
        named = f"LEFT JOIN {relation(request.expected)} AS w ON {expected}\n"
    return (
        f"WITH live AS ({_keys(request, request.table, request.live_columns)}),\n"
        f"staged AS ({_keys(request, request.staged, tuple(request.columns))}),\n"
        f"differing AS (SELECT {day} AS day, CASE WHEN l.row_count IS NULL THEN '{GAINED}' "
        f"WHEN s.row_count IS NULL THEN '{LOST}' ELSE '{CHANGED}' END AS kind, "
        f"{key_text(request.key, 's', 'l')} AS entity, {shown} AS label\n"
        f"FROM live AS l FULL JOIN staged AS s ON {same(names, 'l', 's', null_safe=True)}\n"
        f"{named}WHERE l.content IS DISTINCT FROM s.content)\n"
        "SELECT day, kind, count(*) OVER (PARTITION BY day, kind), entity, label FROM differing\n"
        "QUALIFY row_number() OVER (PARTITION BY day, kind ORDER BY label, entity) "
        f"<= {limit}\nORDER BY day, kind, label, entity"
    )


def _keys(request: DifferenceRequest, place: str, there: Sequence[str]) -> str:
    """SELECT of the keys of a relation with a hash of their rows."""
    # A column that the published rows do not have yet is NULL in all of them.
    held = ", ".join(
        identifier(name) if name in there else f"NULL::{kind}"
        for name, kind in sorted(request.columns.items())
    )
    label = "NULL::VARCHAR"
    if request.label in there:
        label = f"any_value({identifier(str(request.label))}::VARCHAR)"
    return (
        f"SELECT {columns((request.partition, *request.key))}, count(*) AS row_count, "
        f"sum(hash({held})) AS content, {label} AS shown FROM {relation(place)} "
        f"WHERE {on_days(request.partition, request.days)} "
        f"GROUP BY {columns((request.partition, *request.key))}"
    )


def on_days(partition: str, days: Sequence[date]) -> str:
    """Predicate that keeps the rows of some dates; a range first, so scans are pruned."""
    column = identifier(partition)
    return (
        f"{column} BETWEEN {literal(min(days))} AND {literal(max(days))} "
        f"AND {column} IN ({date_list(days)})"
    )
