"""Bad copies: SELECTs of the rows of real partitions, spoiled in one way each.

Each works on all dates at once. What is left of a partition is counted by its expected keys, so
that a copy lies below a threshold on every date, whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gapless.sql.binding import COLUMN_EXCLUDED
from gapless.sql.literals import columns, identifier, literal, relation, same

FEWER_THAN_HALF = "(gapless_keys - 1) // 2"
"""Rank of the last key that is left when more than half of them are gone."""
SWAPPED_AT_MOST = 10
_PLACE, _KEYS, _GROUP = "gapless_place", "gapless_keys", "gapless_group"
_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Original:
    """Rows that are right, staged."""

    place: str
    """Relation with them."""
    columns: Mapping[str, str]
    """Column → type."""
    partition: str
    key: tuple[str, ...]
    expected: str | None = None
    """Relation with the expected set; None: every key that is there is expected."""
    group: str | None = None
    """Column of the expected set that splits a partition into groups."""

    @property
    def due(self) -> str:
        """SELECT of (partition, keys): how many keys are expected on each date."""
        partition = identifier(self.partition)
        keys = f"count(DISTINCT ({columns(self.key)})) AS {_KEYS}"
        rows = f"{relation(self.place)} WHERE TRUE"
        if self.expected is not None:
            rows = f"{relation(self.expected)} WHERE {COLUMN_EXCLUDED} IS NULL"
        return f"SELECT {partition}, {keys} FROM {rows} GROUP BY 1"


def just_below(share: float) -> str:
    """Rank of the last key that is left when coverage is to lie just below a share."""
    return f"ceil({literal(share)}::DOUBLE * {_KEYS} - 1e-9)::BIGINT - 1"


def thinned(rows: Original, last: str) -> str:
    """Keep the first keys of each date, up to a rank such as `FEWER_THAN_HALF`."""
    return f"{_select_ranked(rows)} WHERE {_PLACE} <= {last}"


def one_key_less(rows: Original) -> str:
    """Leave out the first key of each date."""
    return f"{_select_ranked(rows)} WHERE {_PLACE} > 1"


def none_left(rows: Original) -> str:
    """Keep the columns and no row."""
    return f"SELECT * FROM {relation(rows.place)} WHERE FALSE"


def group_thinned(rows: Original, last: str = "0") -> str:
    """Keep the first keys of the smallest group of each date; all of the other groups."""
    partition = identifier(rows.partition)
    wanted = f"{relation(str(rows.expected))} AS wanted WHERE wanted.{COLUMN_EXCLUDED} IS NULL"
    group = f"wanted.{identifier(str(rows.group))}"
    sizes = (
        f"SELECT {partition}, {group} AS {_GROUP}, count(*) AS {_KEYS} FROM {wanted} GROUP BY ALL"
    )
    smallest = (
        f"SELECT * FROM ({sizes}) QUALIFY row_number() OVER "
        f"(PARTITION BY {partition} ORDER BY {_KEYS}, {_GROUP}) = 1"
    )
    ranked = (
        f"SELECT {columns((rows.partition, *rows.key), 'wanted')} "
        f"FROM {relation(str(rows.expected))} AS wanted "
        f"JOIN ({smallest}) AS smallest ON smallest.{partition} = wanted.{partition} "
        f"AND smallest.{_GROUP} IS NOT DISTINCT FROM {group} "
        f"WHERE wanted.{COLUMN_EXCLUDED} IS NULL QUALIFY row_number() OVER "
        f"(PARTITION BY wanted.{partition} ORDER BY {columns(rows.key, 'wanted')}) > {last}"
    )
    return (
        f"SELECT * FROM {relation(rows.place)} AS kept WHERE NOT EXISTS (SELECT 1 FROM ({ranked}) "
        f"AS gone WHERE {same((rows.partition, *rows.key), 'gone', 'kept')})"
    )


def doubled(rows: Original) -> str:
    """Repeat the rows of the first key of each date."""
    again = f"{_select_ranked(rows)} WHERE {_PLACE} = 1"
    return f"SELECT * FROM {relation(rows.place)}\nUNION ALL\n{again}"


def swapped(rows: Original) -> str:
    """Give some rows of each date keys that nobody expects; their number stays the same."""
    name = rows.key[0]
    some = f"{_PLACE} <= least({SWAPPED_AT_MOST}, greatest(1, {_KEYS} // 2))"
    other = _unheard_of(rows, name)
    return (
        f"SELECT * EXCLUDE ({_PLACE}, {_KEYS}) REPLACE (CASE WHEN {some} THEN {other} "
        f"ELSE {identifier(name)} END AS {identifier(name)}) FROM ({_ranked(rows)}) AS ranked"
    )


def emptied(rows: Original, name: str) -> str:
    """Set a column to NULL in the rows of more than half of the keys of each date."""
    column = identifier(name)
    return (
        f"SELECT * EXCLUDE ({_PLACE}, {_KEYS}) REPLACE (CASE WHEN {_PLACE} <= {FEWER_THAN_HALF} "
        f"THEN {column} END AS {column}) FROM ({_ranked(rows)}) AS ranked"
    )


def replaced(rows: Original, spoiled_by: Mapping[str, str], *, typed: bool = True) -> str:
    """Compute some columns anew on every row.

    Args:
        rows: The rows.
        spoiled_by: Column → SQL expression.
        typed: Whether columns keep their types.
    """
    changed = ", ".join(
        f"{_as(expression, rows.columns.get(name) if typed else None)} AS {identifier(name)}"
        for name, expression in spoiled_by.items()
    )
    return f"SELECT * REPLACE ({changed}) FROM {relation(rows.place)}"


def broken_by_query(rows: Original, predicate: str, spoiled_by: Sequence[Mapping[str, str]]) -> str:
    """Ask which ways to spoil rows break a predicate: (way, dates on which some row breaks it)."""
    return "\nUNION ALL\n".join(
        f"SELECT {place}, count(DISTINCT {identifier(rows.partition)}) "
        f"FROM ({replaced(rows, way)}) WHERE ({predicate}) IS NOT TRUE"
        for place, way in enumerate(spoiled_by)
    )


def ways_to_break(rows: Original, predicate: str) -> list[dict[str, str]]:
    """List values to try in the columns a predicate mentions, the likeliest first, NULL last."""
    # A row on another date is not a bad row of this one.
    others = [name for name in rows.columns if name != rows.partition]
    named = [name for name in others if mentions(predicate, name)]
    ways: list[dict[str, str]] = []
    for name in named:
        kind = rows.columns[name]
        alike = [identifier(o) for o in named if o != name and rows.columns[o] == kind]
        ways += [{name: value} for value in (*_values(identifier(name), kind), *alike)]
    return [*ways, *({name: "NULL"} for name in named)]


def _values(column: str, kind: str) -> tuple[str, ...]:
    if _is_number(kind, _WHOLE_NUMBERS) or _is_number(kind, _FRACTIONS):
        around = (f"{column} + 1", f"-{column} - 1", f"{column} * 2 + 1")
        return (*around, "-1", "0", "1000", "-1000000", "1000000")
    if kind == "VARCHAR":
        return ("'none of them'", "''", f"{column} || {column}", f"upper({column})")
    if kind == "BOOLEAN":
        return (f"NOT {column}",)
    if kind.startswith(("DATE", "TIMESTAMP")) and not kind.endswith("]"):
        return ("DATE '1900-01-01'", "DATE '2900-01-01'")
    if kind.endswith("[]"):
        return (f"list_reverse({column})", "[]")
    return ()


def mentions(predicate: str, name: str) -> bool:
    """Tell whether a predicate speaks of a column."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", predicate, re.IGNORECASE) is not None


def _is_number(kind: str, kinds: tuple[str, ...]) -> bool:
    return kind.removeprefix("U").startswith(kinds) and not kind.endswith("]")


def _as(expression: str, kind: str | None) -> str:
    return f"({expression})" if kind is None else f"CAST(({expression}) AS {kind})"


def _unheard_of(rows: Original, name: str) -> str:
    """Return a value of a key column that is in no partition; NULL is nobody's key either."""
    column, kind = identifier(name), rows.columns[name]
    known = relation(rows.expected or rows.place)
    if kind == "VARCHAR":
        return f"{column} || '~'"
    if _is_number(kind, _WHOLE_NUMBERS):
        highest = f"(SELECT max({column}) FROM {known})::HUGEINT"
        return f"TRY_CAST({highest} + {_PLACE} AS {kind})"
    if kind == "DATE":
        return f"({column} + INTERVAL 40000 DAY)::DATE"
    return f"NULL::{kind}"


def _ranked(rows: Original) -> str:
    """The rows with the rank of their key on their date, and how many keys are expected there."""
    partition = identifier(rows.partition)
    return (
        f"SELECT copied.*, due.{_KEYS}, dense_rank() OVER (PARTITION BY copied.{partition} "
        f"ORDER BY {columns(rows.key, 'copied')}) AS {_PLACE} "
        f"FROM {relation(rows.place)} AS copied JOIN ({rows.due}) AS due "
        f"ON due.{partition} = copied.{partition}"
    )


def _select_ranked(rows: Original) -> str:
    return f"SELECT * EXCLUDE ({_PLACE}, {_KEYS}) FROM ({_ranked(rows)}) AS ranked"


def group_sizes_query(expected: str, partition: str, group: str | None) -> str:
    """Count the expected keys by date, and those of the smallest group: (date, keys, least)."""
    column = identifier(partition)
    part = identifier(group) if group is not None else "NULL"
    return (
        f"SELECT {column}, sum(keys)::BIGINT, min(keys) FROM (SELECT {column}, {part} AS part, "
        f"count(*) AS keys FROM {relation(expected)} WHERE {COLUMN_EXCLUDED} IS NULL GROUP BY ALL) "
        "GROUP BY 1 ORDER BY 1"
    )


def moved(select: str, partition: str, days: int) -> str:
    """Move rows to dates so many days later."""
    day = identifier(partition)
    return f"SELECT * REPLACE (({day} + {days})::DATE AS {day}) FROM (\n{select}\n)"


def repeated(place: str, partition: str, days: Iterable[int]) -> str:
    """Repeat a relation on dates so many days later, once for each number; of none, no row."""
    day = identifier(partition)
    numbers = ", ".join(str(number) for number in days)
    return (
        f"SELECT found.* REPLACE ((found.{day} + later.days)::DATE AS {day}) FROM "
        f"{relation(place)} AS found, (SELECT unnest([{numbers}]::INTEGER[]) AS days) AS later"
    )
