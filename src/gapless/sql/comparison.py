"""Comparison: whether two relations hold the same rows on a date, and what differs where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gapless.sql.audit import fingerprint
from gapless.sql.literals import columns, identifier, literal, relation, same

TOLERANCE = 1e-9
"""Relative difference of two floats that the order of a sum accounts for; poison does not."""
PLACE = "gapless_place"
"""Tells rows of the same key apart."""

_BOTH = f"l.{PLACE} IS NOT NULL AND r.{PLACE} IS NOT NULL"


@dataclass(frozen=True)
class Comparison:
    """Two relations to compare on one date."""

    left: str
    right: str
    partition: str
    day: date
    key: tuple[str, ...]
    columns: Mapping[str, str]
    """What both have, with types."""

    @property
    def values(self) -> list[str]:
        """The columns to compare besides partition and key."""
        return [name for name in self.columns if name not in {self.partition, *self.key}]


@dataclass(frozen=True)
class Held:
    """What a relation holds on one date."""

    place: str
    day: date
    columns: tuple[str, ...]


def contents_query(held: Sequence[Held], partition: str) -> str:
    """Count and fingerprint what relations hold: (place in `held`, rows, fingerprint)."""
    return "\nUNION ALL\n".join(
        f"SELECT {number}, count(*), coalesce({fingerprint(one.columns)}, 0) "
        f"FROM {relation(one.place)} WHERE {identifier(partition)} = {literal(one.day)}"
        for number, one in enumerate(held)
    )


def summary_query(compared: Comparison) -> str:
    """SELECT of one row: rows on either side, rows gone, rows new, then changes by column."""
    counts = "".join(
        f", count(*) FILTER (WHERE {_BOTH} AND NOT ({_equal(name, compared)}))"
        for name in compared.values
    )
    changed = " OR ".join(f"NOT ({_equal(name, compared)})" for name in compared.values)
    return (
        f"SELECT count(*), count(*) FILTER (WHERE r.{PLACE} IS NULL), "
        f"count(*) FILTER (WHERE l.{PLACE} IS NULL), "
        f"count(*) FILTER (WHERE {_BOTH} AND ({changed or 'FALSE'})){counts}\n"
        f"FROM {_joined(compared)}"
    )


def examples_query(compared: Comparison, changed: Sequence[str], limit: int) -> str:
    """SELECT of the first differences: (key, column or NULL for a row, left, right)."""
    key = " || ' ' || ".join(
        f"coalesce(coalesce(l.{identifier(name)}, r.{identifier(name)})::VARCHAR, 'NULL')"
        for name in compared.key
    )
    there = f"CASE WHEN {{}}.{PLACE} IS NULL THEN 'no row' ELSE 'a row' END"
    parts = [
        f"SELECT {key} AS entity, NULL::VARCHAR AS what, {there.format('l')} AS was, "
        f"{there.format('r')} AS became FROM {_joined(compared)} WHERE NOT ({_BOTH})"
    ]
    parts += [
        f"SELECT {key}, {literal(name)}, l.{identifier(name)}::VARCHAR, "
        f"r.{identifier(name)}::VARCHAR FROM {_joined(compared)} "
        f"WHERE {_BOTH} AND NOT ({_equal(name, compared)})"
        for name in changed
    ]
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT * FROM (\n{union}\n) ORDER BY ALL LIMIT {limit}"


def _joined(compared: Comparison) -> str:
    agree = same((*compared.key, PLACE), "l", "r", null_safe=True)
    left, right = _side(compared, compared.left), _side(compared, compared.right)
    return f"{left} AS l FULL JOIN {right} AS r ON {agree}"


def _side(compared: Comparison, place: str) -> str:
    names = columns(compared.columns)
    return (
        f"(SELECT {names}, row_number() OVER (PARTITION BY {columns(compared.key)} "
        f"ORDER BY {names}) AS {PLACE} FROM {relation(place)} "
        f"WHERE {identifier(compared.partition)} = {literal(compared.day)})"
    )


def _equal(name: str, compared: Comparison) -> str:
    left, right = f"l.{identifier(name)}", f"r.{identifier(name)}"
    exactly = f"{left} IS NOT DISTINCT FROM {right}"
    if compared.columns[name] not in {"DOUBLE", "FLOAT"}:
        return exactly
    apart = f"abs({left} - {right}) <= {TOLERANCE} * greatest(abs({left}), abs({right}))"
    return f"({exactly} OR coalesce({apart}, FALSE))"
