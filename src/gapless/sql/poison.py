"""Poison: rows of D and later that must not matter to D, made of the rows there are.

The dates on and after D get poison where their true rows would be: the true rows where there are
any, else copies of the latest rows before D, so that there is poison also when nothing is loaded
after D. Keys, seasons and other names stay what they are, so that joins find the poison; a name
that belongs to one date, such as the id of a game, becomes a new one in a copy.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gapless.sql.literals import columns, identifier, literal, relation

FAR = timedelta(days=31)
"""How far after D the other date of a proof lies; each day on the way holds poison."""
RECENT = 30
"""Copies are made of what was there in so many days up to the latest date before D."""
NAMES_LOOKED_AT = 60
"""Days in which a name must come back to be more than the name of something on one date."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_MOMENTS = ("DATE", "TIMESTAMP")
_SHIFT = 1_000_000


class Poison(enum.StrEnum):
    """How rows that must not matter are made to matter; each kind finds what others may miss."""

    NONE = "none"
    """There are none."""
    PLAIN = "plain"
    """Rows as they are: found by every join, whatever columns it goes by."""
    RAISED = "raised"
    """Every number raised, NULLs filled: they would lift every sum, mean and maximum."""
    TWISTED = "twisted"
    """Numbers lowered, booleans flipped, dates moved, texts swapped between rows."""


POISONS = (Poison.PLAIN, Poison.RAISED, Poison.TWISTED)


@dataclass(frozen=True)
class Poisonable:
    """A table that poison is made of."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    """Every column with its type."""
    partition: str
    names: frozenset[str]
    """Columns that say what a row is about: keys, of any table, the season and what is carried."""
    season: str | None
    """Its column with the season's name, where it has one."""
    dated: frozenset[str] = frozenset()
    """Columns whose values belong to one date each."""

    @property
    def measures(self) -> dict[str, str]:
        """The columns that poison distorts."""
        kept = {self.partition, *self.key, *self.names}
        return {name: kind for name, kind in self.columns.items() if name not in kept}


def dated_query(table: Poisonable) -> tuple[list[str], str]:
    """Ask which columns could be names, and count how often their values come on several dates.

    Returns:
        The columns asked about, and a SELECT of one row: how many dates there are, then for each
        column its values, and its values by date.
    """
    asked = [
        name
        for name, kind in table.columns.items()
        if name not in {table.partition, table.season}
        and (kind == "VARCHAR" or name in {*table.key, *table.names})
    ]
    partition, place = identifier(table.partition), relation(table.name)
    counts = "".join(
        f", count(DISTINCT {identifier(name)}), count(DISTINCT ({identifier(name)}, {partition})) "
        f"FILTER (WHERE {identifier(name)} IS NOT NULL)"
        for name in asked
    )
    return asked, (
        f"SELECT count(DISTINCT {partition}){counts} FROM {place} "
        f"WHERE {partition} > (SELECT max({partition}) FROM {place}) - {NAMES_LOOKED_AT}"
    )


def history_stand_in(table: Poisonable, day: date, season: str, start: date, poison: Poison) -> str:
    """SELECT of the true rows from `start` to the day before D, and poison from D on."""
    partition, place = identifier(table.partition), relation(table.name)
    since = f"{partition} >= {literal(start)} AND " if start > date.min else ""
    before = f"SELECT * FROM {place} WHERE {since}{partition} < {literal(day)}"
    if poison is Poison.NONE:
        return before
    after = f"{partition} >= {literal(day)} AND {partition} < {literal(day + FAR)}"
    later = (
        f"SELECT * FROM {place} WHERE {after}\nUNION ALL BY NAME\n"
        f"SELECT {_copied(table, day, season)} FROM {_latest(table, day - timedelta(days=1))} "
        f"AS recent, (SELECT unnest(range({FAR.days}))::INTEGER AS days) AS onto "
        f"WHERE {literal(day)} + onto.days NOT IN (SELECT {partition} FROM {place} WHERE {after})"
    )
    return f"{before}\nUNION ALL BY NAME\n{distorted(table, later, poison)}"


def same_date_stand_in(table: Poisonable, day: date, season: str, poison: Poison) -> str:
    """SELECT of the true rows of D, and of poison on the far date, which must not reach D."""
    partition, place = identifier(table.partition), relation(table.name)
    true_rows = f"SELECT * FROM {place} WHERE {partition} = {literal(day)}"
    if poison is Poison.NONE:
        return true_rows
    later = (
        f"SELECT {_copied(table, day, season)} FROM {_latest(table, day)} AS recent, "
        f"(SELECT {FAR.days} AS days) AS onto"
    )
    return f"{true_rows}\nUNION ALL BY NAME\n{distorted(table, later, poison)}"


def poison_counts_query(places: Mapping[str, date], partition: str) -> str:
    """Count the poisoned rows of each relation: (relation, rows), given where its poison begins."""
    return "\nUNION ALL\n".join(
        f"SELECT {literal(place)}, count(*) FROM {relation(place)} "
        f"WHERE {identifier(partition)} >= {literal(begins)}"
        for place, begins in places.items()
    )


def _latest(table: Poisonable, day: date) -> str:
    """The newest row up to a date of everything that was there lately."""
    partition, place = identifier(table.partition), relation(table.name)
    lasting = [name for name in table.key if name not in table.dated]
    newest = f"(SELECT max({partition}) FROM {place} WHERE {partition} <= {literal(day)})"
    once = ""
    if lasting:
        order = columns([name for name in table.key if name in table.dated])
        once = (
            f" QUALIFY rank() OVER (PARTITION BY {columns(lasting)} "
            f"ORDER BY {partition} DESC{', ' + order if order else ''}) = 1"
        )
    return (
        f"(SELECT * FROM {place} WHERE {partition} <= {literal(day)} "
        f"AND {partition} > {newest} - {RECENT}{once})"
    )


def _copied(table: Poisonable, day: date, season: str) -> str:
    """Every column of a copy: another date, D's season, new names for what was of one date."""
    changed = {table.partition: f"({literal(day)} + onto.days)"}
    if table.season is not None:
        changed[table.season] = f"{literal(season)}::{table.columns[table.season]}"
    for name in table.dated:
        column, kind = f"recent.{identifier(name)}", table.columns[name]
        changed[name] = (
            f"{column} || '+' || onto.days"
            if kind == "VARCHAR"
            else f"TRY_CAST({column} + {_SHIFT} * (onto.days + 1) AS {kind})"
        )
    return ", ".join(
        f"{changed.get(name, f'recent.{identifier(name)}')} AS {identifier(name)}"
        for name in table.columns
    )


def distorted(table: Poisonable, later: str, poison: Poison) -> str:
    """SELECT of rows of a table with their measures distorted."""
    if poison is Poison.PLAIN or not table.measures:
        return f"SELECT * FROM (\n{later}\n)"
    distort = _raised if poison is Poison.RAISED else _twisted
    changed = ", ".join(
        f"{distort(identifier(name), kind)} AS {identifier(name)}"
        for name, kind in table.measures.items()
    )
    order = columns((table.partition, *table.key))
    window = f" WINDOW in_order AS (ORDER BY {order})" if poison is Poison.TWISTED else ""
    return f"SELECT * REPLACE ({changed}) FROM (\n{later}\n){window}"


def _raised(column: str, kind: str) -> str:
    # In doubles, so that no type overflows on the way; what does not fit in the end is NULL.
    if _is_number(kind):
        return f"TRY_CAST(coalesce({column}::DOUBLE, 0) * 7 + 1000 AS {kind})"
    return column


def _twisted(column: str, kind: str) -> str:
    if _is_number(kind):
        return f"TRY_CAST(coalesce({column}::DOUBLE, 0) * -11 - 3000 AS {kind})"
    if kind == "BOOLEAN":
        return f"NOT coalesce({column}, FALSE)"
    if kind.startswith(_MOMENTS) and not kind.endswith("]"):
        return f"({column} + INTERVAL 400 DAY)::{kind}"
    # Values that were there before: a statement that reads them as numbers or times still can.
    return f"coalesce(lead({column}) OVER in_order, {column})"


def _is_number(kind: str) -> bool:
    return kind.removeprefix("U").startswith(_NUMBERS) and not kind.endswith("]")
