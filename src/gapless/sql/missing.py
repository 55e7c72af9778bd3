"""Missing keys: every expected key that is not there, with what its inputs say about it.

All dates of a table are asked about in one query, whatever their number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gapless.declare.soundness import RELATION_PARTITIONS
from gapless.sql.binding import COLUMN_EXCLUDED, Scope, on_dates, partitions_relation, with_clause
from gapless.sql.literals import (
    columns,
    date_list,
    identifier,
    key_text,
    literal,
    relation,
    rows_relation,
    same,
)


@dataclass(frozen=True)
class MissingRequest:
    """Whose expected keys are looked for, and where."""

    scope: Scope
    days: Sequence[date]
    """The dates of the scope to name keys of."""
    key: tuple[str, ...]
    expected: str
    """Relation with the expected set."""
    label: str | None
    """Its column with a name for people."""
    candidate: str | None
    """Relation with the rows that are there; None: none are."""
    required: tuple[str, ...]
    """Columns of the candidate without which a row is not usable."""
    offers: Mapping[str, str]
    """Input → SELECT of the rows it offers to the dates, with partition and key columns."""
    lost_on: Collection[date] = ()
    """Dates whose rows were once all there."""


def missing_query(request: MissingRequest, limit: int) -> str:
    """SELECT of (partition, category, keys of it, key, name, detail), `limit` keys a category.

    The detail names what is NULL, which inputs lack the key, or why it is excluded. An input that
    also lacks keys which are there is not to blame: the statement does without it.
    """
    names = (request.scope.partition, *request.key)
    partition = identifier(request.scope.partition)
    relations = {
        RELATION_PARTITIONS: partitions_relation(request.scope),
        "wanted": (
            f"SELECT * FROM {relation(request.expected)} WHERE {on_dates(request.scope)} "
            f"AND {partition} IN ({date_list(request.days)})"
        ),
        "found": _found(request),
    }
    lacking = []
    for place, (name, rows) in enumerate(request.offers.items()):
        offered, needless = f"offered_{place}", f"needless_{place}"
        relations[offered] = f"SELECT DISTINCT {columns(names)} FROM (\n{rows}\n) AS offer"
        relations[needless] = (
            f"SELECT DISTINCT f.{partition} FROM found AS f WHERE f.usable AND NOT EXISTS "
            f"(SELECT 1 FROM {offered} AS o WHERE {_agree(names, 'o', 'f')})"
        )
        lacking.append(
            f"CASE WHEN NOT EXISTS (SELECT 1 FROM {offered} AS o WHERE {_agree(names, 'o', 'w')}) "
            f"AND w.{partition} NOT IN (SELECT {partition} FROM {needless}) "
            f"THEN {literal(name)} END"
        )
    label = f"w.{identifier(request.label)}::VARCHAR" if request.label else "NULL::VARCHAR"
    relations["absent"] = (
        f"SELECT w.{partition} AS day, {key_text(request.key, 'w')} AS entity, {label} AS label, "
        f"w.{COLUMN_EXCLUDED} AS excluded, f.empty AS empty, "
        f"f.{partition} IS NOT NULL AS is_there, "
        f"concat_ws(', ', {', '.join(lacking) or 'NULL'}) AS lacking "
        f"FROM wanted AS w LEFT JOIN found AS f ON {same(names, 'f', 'w')} "
        f"WHERE CASE WHEN w.{COLUMN_EXCLUDED} IS NULL THEN f.usable IS NOT TRUE "
        f"ELSE f.{partition} IS NULL END"
    )
    lost = f"day IN ({date_list(request.lost_on)})" if request.lost_on else "FALSE"
    relations["categorised"] = (
        "SELECT *, CASE WHEN excluded IS NOT NULL THEN 'excluded' WHEN is_there THEN 'unusable' "
        f"WHEN lacking <> '' THEN 'missing_upstream' WHEN {lost} THEN 'lost' "
        "ELSE 'not_computed' END AS category FROM absent"
    )
    return (
        f"{with_clause(relations)}\n"
        "SELECT day, category, count(*) OVER (PARTITION BY day, category), entity, label, "
        "CASE category WHEN 'excluded' THEN excluded WHEN 'unusable' THEN empty "
        "ELSE lacking END FROM categorised\n"
        "QUALIFY row_number() OVER (PARTITION BY day, category ORDER BY label, entity) "
        f"<= {limit}\nORDER BY day, category, label, entity"
    )


def _found(request: MissingRequest) -> str:
    """SELECT of the keys that are there, whether usable, and what is NULL in them."""
    names = (request.scope.partition, *request.key)
    if request.candidate is None:
        listed = ", ".join(f"{identifier(name)}" for name in names)
        return (
            f"SELECT {listed}, FALSE AS usable, NULL::VARCHAR AS empty "
            f"FROM {relation(request.expected)} WHERE FALSE"
        )
    usable = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in request.required)
    empty = ", ".join(
        f"CASE WHEN bool_or({identifier(name)} IS NULL) THEN {literal(name)} END"
        for name in request.required
    )
    return (
        f"SELECT {columns(names)}, bool_or({usable or 'TRUE'}) AS usable, "
        f"concat_ws(', ', {empty or 'NULL'}) AS empty "
        f"FROM {relation(request.candidate)} WHERE {on_dates(request.scope)} "
        f"GROUP BY {columns(names)}"
    )


def _agree(names: Sequence[str], left: str, right: str) -> str:
    """Compare keys as text: inputs may keep them in another type than the expected set."""
    partition, *key = names
    return f"{same([partition], left, right)} AND {key_text(key, left)} = {key_text(key, right)}"


def present_query(
    table: str,
    partition: str,
    key: tuple[str, ...],
    required: Sequence[str],
    entities: Sequence[tuple[date, str]],
) -> str:
    """SELECT of those (partition, key as text) of a list that a table holds in usable rows."""
    wanted = rows_relation({"day": "DATE", "entity": "VARCHAR"}, entities)
    usable = "".join(f" AND r.{identifier(name)} IS NOT NULL" for name in required)
    days = [day for day, _ in entities]
    return (
        f"WITH wanted AS ({wanted})\nSELECT DISTINCT w.day, w.entity FROM wanted AS w "
        f"JOIN {relation(table)} AS r ON r.{identifier(partition)} = w.day "
        f"AND {key_text(key, 'r')} = w.entity "
        f"WHERE r.{identifier(partition)} BETWEEN {literal(min(days))} AND {literal(max(days))}"
        f"{usable}"
    )
