"""Rows of a table that nobody declared, with a date and a key that can be compared.

Columns are what they happen to be: a date may be a text, a number in one table is a text in the
other. What cannot be read as a date or has no key is counted, never dropped in silence.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gapless.sql.literals import identifier, literal

DAY = "day"
ROWS = "row_count"
LABEL = "label"


class DateKind(enum.Enum):
    """How a date is taken from a column."""

    DATE = enum.auto()
    TIMESTAMP = enum.auto()
    ZONED = enum.auto()
    TEXT = enum.auto()
    NUMBER = enum.auto()


class KeyKind(enum.Enum):
    """What may be compared with what as it stands."""

    INTEGER = enum.auto()
    FRACTION = enum.auto()
    TEXT = enum.auto()
    UUID = enum.auto()
    MOMENT = enum.auto()
    OTHER = enum.auto()


_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_FRACTION = re.compile(r"FLOAT|DOUBLE|DECIMAL(\(.*\))?")
_MOMENT = re.compile(r"DATE|TIMESTAMP.*")
_TEXT = re.compile(r"VARCHAR|ENUM\(.*\)", re.DOTALL)


def date_kind(column_type: str) -> DateKind | None:
    """Return how to take a date from a column; None: there is none in it."""
    if column_type == "DATE":
        return DateKind.DATE
    if column_type == "TIMESTAMP WITH TIME ZONE":
        return DateKind.ZONED
    if column_type.startswith("TIMESTAMP"):
        return DateKind.TIMESTAMP
    if _TEXT.fullmatch(column_type):
        return DateKind.TEXT
    return DateKind.NUMBER if _INTEGER.fullmatch(column_type) else None


def key_kind(column_type: str) -> KeyKind:
    """Return the family of a key column's type."""
    families = {
        KeyKind.INTEGER: _INTEGER,
        KeyKind.FRACTION: _FRACTION,
        KeyKind.TEXT: _TEXT,
        KeyKind.MOMENT: _MOMENT,
    }
    for kind, pattern in families.items():
        if pattern.fullmatch(column_type):
            return kind
    return KeyKind.UUID if column_type == "UUID" else KeyKind.OTHER


def date_of(column: str, kind: DateKind, timezone: str) -> str:
    """Write the date of a column, NULL where it has none.

    Texts are read as `2023-02-23`, whatever follows after a space or a T, or as `20230223`; so are
    whole numbers.
    """
    name = identifier(column)
    match kind:
        case DateKind.DATE:
            found = name
        case DateKind.TIMESTAMP:
            found = f"TRY_CAST({name} AS DATE)"
        case DateKind.ZONED:
            found = f"TRY_CAST({name} AT TIME ZONE {literal(timezone)} AS DATE)"
        case DateKind.TEXT | DateKind.NUMBER:
            found = _date_in_text(f"trim({name}::VARCHAR)")
    # Infinity and years that Python has no date for are none.
    return f"CASE WHEN {found} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {found} END"


def _date_in_text(text: str) -> str:
    # The shape is tested first: a cast takes `2023-02-23x` for a date, or not, by version.
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{4}}-\\d{{2}}-\\d{{2}}([ T].*)?') "
        f"THEN TRY_CAST(left({text}, 10) AS DATE) "
        f"WHEN regexp_full_match({text}, '\\d{{8}}') "
        f"THEN TRY_CAST(try_strptime({text}, '%Y%m%d') AS DATE) END"
    )


def comparable(column: str, own: KeyKind, other: KeyKind, *, alike: bool) -> str:
    """Write a key column so that it can be compared with one of another kind.

    Alike they stay as they are. Else both become text without spaces around it; beside
    numbers without leading zeros and `.0`, beside a UUID in small letters.
    """
    name = identifier(column)
    kinds = {own, other}
    if alike:
        return name
    if own is KeyKind.INTEGER:
        return f"{name}::VARCHAR"
    if own is KeyKind.FRACTION:
        whole = f"CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS HUGEINT)::VARCHAR END"
        return f"coalesce({whole}, {name}::VARCHAR)"
    text = f"trim({name}::VARCHAR)"
    if kinds & {KeyKind.INTEGER, KeyKind.FRACTION}:
        digits = f"regexp_extract({text}, '^([+-]?\\d+)(\\.0*)?$', 1)"
        return f"coalesce(TRY_CAST({digits} AS HUGEINT)::VARCHAR, {text})"
    return f"lower({text})" if KeyKind.UUID in kinds else text


@dataclass(frozen=True)
class Side:
    """One table as it is read."""

    source: str
    """What stands behind FROM."""
    alias: str
    """Name that a predicate may use for it."""
    partition: str
    kind: DateKind
    key: tuple[str, ...]
    """Expressions, comparable with those of the other side."""
    label: str | None
    where: str | None
    """Predicate that its rows must satisfy."""
    first: date | None
    last: date | None
    """Dates that are read, inclusive; rows without a date are read, too."""
    timezone: str


def key_columns(side: Side, alias: str = "") -> list[str]:
    """Name the key columns of `dated_keys`."""
    dot = f"{alias}." if alias else ""
    return [f"{dot}key_{place}" for place in range(len(side.key))]


def has_key(side: Side) -> str:
    """Write the condition that a row has a whole key."""
    return " AND ".join(f"{name} IS NOT NULL" for name in key_columns(side)) or "FALSE"


def dated_keys(side: Side) -> str:
    """Count the rows of each key on each date.

    Returns:
        A SELECT of (day, key_0 …, row_count, label, written: rows whose partition is filled, and
        an example of what stands there where that is no date).
    """
    keys = [
        f"{expression} AS {name}"
        for expression, name in zip(side.key, key_columns(side), strict=True)
    ]
    read = [
        f"{date_of(side.partition, side.kind, side.timezone)} AS {DAY}",
        f"{identifier(side.partition)} AS written",
        *keys,
        f"{f'{identifier(side.label)}::VARCHAR' if side.label else 'NULL::VARCHAR'} AS {LABEL}",
    ]
    grouped = [DAY, *key_columns(side)]
    return (
        f"SELECT {', '.join(grouped)}, count(*) AS {ROWS}, min({LABEL}) AS {LABEL}, "
        "count(written) AS written, "
        f"min(CASE WHEN {DAY} IS NULL THEN written::VARCHAR END) AS example "
        f"FROM (SELECT {', '.join(read)} FROM {side.source} AS {identifier(side.alias)}"
        f"{_conditions(side)}) AS rows_read{_in_range(side)} GROUP BY {', '.join(grouped)}"
    )


def _conditions(side: Side) -> str:
    # On their own lines: a predicate may end in a comment.
    conditions = [f"(\n{side.where}\n)"] if side.where else []
    if side.kind is DateKind.DATE:
        # Said of the column itself, so that files of other dates are not even opened.
        name = identifier(side.partition)
        conditions += [f"({name} IS NULL OR {bound})" for bound in _bounds(side, name)]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _in_range(side: Side) -> str:
    bounds = [f"({DAY} IS NULL OR {bound})" for bound in _bounds(side, DAY)]
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""


def _bounds(side: Side, name: str) -> list[str]:
    bounds = []
    if side.first is not None:
        bounds.append(f"{name} >= {literal(side.first)}")
    if side.last is not None:
        bounds.append(f"{name} <= {literal(side.last)}")
    return bounds


def aside(side: Side, relation: str) -> str:
    """Sum up the rows of `dated_keys` that cannot be compared.

    Returns:
        A SELECT of one row: (rows, rows without a date, of these rows where something else stands,
        an example of it, rows with a date but no whole key).
    """
    keyless = f"{DAY} IS NOT NULL AND NOT ({has_key(side)})" if side.key else "FALSE"
    return (
        f"SELECT coalesce(sum({ROWS}), 0)::BIGINT AS row_count, "
        f"coalesce(sum({ROWS}) FILTER (WHERE {DAY} IS NULL), 0)::BIGINT AS undated, "
        f"coalesce(sum(written) FILTER (WHERE {DAY} IS NULL), 0)::BIGINT AS unreadable, "
        "min(example) AS example, "
        f"coalesce(sum({ROWS}) FILTER (WHERE {keyless}), 0)::BIGINT AS keyless "
        f"FROM {relation}"
    )


def key_text(names: Sequence[str]) -> str:
    """Write a key as one text for people."""
    return " || ' ' || ".join(f"coalesce({name}::VARCHAR, 'NULL')" for name in names)


def named(condition: str, key: str, label: str, most: int, extra: str = "NULL::BIGINT") -> str:
    """Write an aggregate: the first names for which a condition holds, by label and key."""
    if most < 1:
        return "NULL"
    entry = f"{{'label': {label}, 'key': {key}, 'rows': {extra}}}"
    return f"min({entry}, {most}) FILTER (WHERE {condition})"
