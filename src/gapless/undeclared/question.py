"""What a user asks about a table that nobody declared, and which columns it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gapless.errors import UsageError, nearest
from gapless.sql.dated_rows import DateKind, KeyKind, Side, comparable, date_kind, key_kind
from gapless.warehouse.interface import Tables

NOTHING_DONE = "Nothing was compared."
MOST_NAMES = 100_000
"""More would not fit into one aggregate."""


@dataclass(frozen=True)
class Question:
    """Which table is examined, against which reference."""

    table: str
    partition: str
    """The column with the date; `game_date=day` where the reference calls it `day`."""
    today: date
    """Dates from today on may not be over; they are left out unless `last` is given."""
    reference: str | None = None
    """Table with the expected keys; None: guess from row counts."""
    key: tuple[str, ...] = ()
    """Columns that name an entity within a date; `player_id=personId` as above."""
    label: str | None = None
    """Column with names for people, in either table."""
    where: str | None = None
    """Predicate that rows of the table must satisfy to count."""
    reference_where: str | None = None
    """Predicate that rows of the reference must satisfy to be expected."""
    first: date | None = None
    last: date | None = None
    """Inclusive."""
    at_least: float = 0.9
    """Share of the expected keys below which a partition is partial."""
    names: int = 5
    """How many keys are named for each date and kind."""
    timezone: str = "UTC"
    """Of the dates of timestamps that carry a zone, and of today."""

    def __post_init__(self) -> None:
        for name, value in (("--table", self.table), ("--partition", self.partition)):
            if not value.strip():
                raise UsageError(f"{name} is empty; name one.", untouched=NOTHING_DONE)
        if not 0 < self.at_least <= 1:
            raise UsageError(
                f"--at-least {self.at_least} is no share; write one above 0 and up to 1, e.g. 0.9.",
                untouched=NOTHING_DONE,
            )
        if not 0 <= self.names <= MOST_NAMES:
            raise UsageError(
                f"--names {self.names}: write 0 to {MOST_NAMES:,}.", untouched=NOTHING_DONE
            )
        if self.first and self.last and self.first > self.last:
            raise UsageError(f"--start-date {self.first} lies after --end-date {self.last}.")
        check_timezone(self.timezone)
        if self.reference is None:
            self._check_without_reference()
        elif not self.key:
            raise UsageError(
                "--reference needs --key: keys are compared, never counts. "
                "Name the columns that tell rows of one date apart, e.g. --key player_id.",
                untouched=NOTHING_DONE,
            )

    def _check_without_reference(self) -> None:
        if self.reference_where is not None:
            raise UsageError("--reference-where needs --reference.", untouched=NOTHING_DONE)
        for name in (self.partition, *self.key):
            if "=" in name:
                raise UsageError(
                    f"{name!r} names a column of a reference, but there is no --reference.",
                    untouched=NOTHING_DONE,
                )


def check_timezone(name: str) -> None:
    """Refuse a time zone that does not exist.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"--timezone {name!r} is no time zone; write one such as America/New_York.",
            untouched=NOTHING_DONE,
        ) from None


@dataclass(frozen=True)
class Resolved:
    """A question with the tables and columns it means."""

    table_name: str
    reference_name: str | None
    table: Side
    reference: Side | None
    notes: tuple[str, ...]
    """What was done to make columns comparable."""


def resolve(tables: Tables, question: Question) -> Resolved:
    """Find the tables and columns of a question.

    Raises:
        UsageError: one of them does not exist, or the partition holds no dates by its type.
    """
    own = _Found(tables, question.table, "--table")
    if question.reference is None:
        key = tuple(own.column(name, "--key") for name in question.key)
        label = own.column(question.label, "--label") if question.label else None
        table = _side(question, own, question.partition, key, label, question.where)
        return Resolved(own.name, None, table, None, _zone_note(question, [(own, table)]))
    other = _Found(tables, question.reference, "--reference")
    if own.name == other.name and question.where == question.reference_where:
        raise UsageError(
            f"--reference is {own.name} itself; compared with itself, nothing can be missing.",
            untouched=NOTHING_DONE,
        )
    keys, notes = _keys(question.key, own, other)
    labels = _labels(question.label, own, other)
    partition, _, partition_there = question.partition.partition("=")
    table = _side(question, own, partition, keys[0], labels[0], question.where)
    reference = _side(
        question, other, partition_there or partition, keys[1], labels[1], question.reference_where
    )
    notes += _zone_note(question, [(own, table), (other, reference)])
    return Resolved(own.name, other.name, table, reference, notes)


class _Found:
    """A table that exists, with its columns."""

    def __init__(self, tables: Tables, wanted: str, option: str) -> None:
        self.name = _table_name(wanted, tables.names(), option, tables.location)
        self.types = tables.columns(self.name)
        self.source = tables.source(self.name)

    def column(self, wanted: str, option: str) -> str:
        """Return a column as the table spells it."""
        found = self.spelled(wanted)
        if found is None:
            raise UsageError(
                f"{self.name} has no column {wanted!r} (from {option}). "
                f"{nearest(wanted, self.types)}",
                untouched=NOTHING_DONE,
            )
        return found

    def spelled(self, wanted: str) -> str | None:
        """Return a column as the table spells it; None where there is none."""
        return _spelled(wanted.strip(), self.types)


def _spelled(wanted: str, known: Iterable[str]) -> str | None:
    alike = [name for name in known if name.lower() == wanted.lower()]
    return wanted if wanted in alike else next(iter(alike), None)


def _table_name(wanted: str, known: Sequence[str], option: str, location: str) -> str:
    """Return a table's full name; without its schema it is enough where that is unmistakable."""
    name = wanted.strip().replace("/", ".")
    if found := _spelled(name, known):
        return found
    alike = [full for full in known if full.lower().endswith(f".{name.lower()}")]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise UsageError(
            f"{option} {wanted!r} may be {' or '.join(alike)}; write which.",
            untouched=NOTHING_DONE,
        )
    short = {full.rpartition(".")[2] for full in known} if "." not in name else set()
    raise UsageError(
        f"{location} has no table {wanted!r} (from {option}). "
        f"{nearest(name, short if nearest(name, short).startswith('Did') else known)}",
        untouched=NOTHING_DONE,
    )


def _keys(
    wanted: Sequence[str], own: _Found, other: _Found
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]:
    """Return the key expressions of both sides, and notes about those of different types."""
    ours, theirs, notes = [], [], []
    for text in wanted:
        here, _, there = text.partition("=")
        left, right = own.column(here, "--key"), other.column(there or here, "--key")
        kinds = key_kind(own.types[left]), key_kind(other.types[right])
        alike = kinds[0] is kinds[1] and (
            kinds[0] is not KeyKind.OTHER or own.types[left] == other.types[right]
        )
        ours.append(comparable(left, *kinds, alike=alike))
        theirs.append(comparable(right, *reversed(kinds), alike=alike))
        if not alike:
            notes.append(
                f"{left} is {own.types[left]} in {own.name} and {other.types[right]} in "
                f"{other.name}; compared as text, without spaces around it, leading zeros of "
                "numbers and capital letters of UUIDs."
            )
    return (tuple(ours), tuple(theirs)), tuple(notes)


def _labels(wanted: str | None, own: _Found, other: _Found) -> tuple[str | None, str | None]:
    if wanted is None:
        return None, None
    labels = own.spelled(wanted), other.spelled(wanted)
    if labels == (None, None):
        raise UsageError(
            f"Neither {own.name} nor {other.name} has a column {wanted!r} (from --label). "
            f"{nearest(wanted, {*own.types, *other.types})}",
            untouched=NOTHING_DONE,
        )
    return labels


def _side(
    question: Question,
    found: _Found,
    partition: str,
    key: tuple[str, ...],
    label: str | None,
    where: str | None,
) -> Side:
    column = found.column(partition, "--partition")
    kind = date_kind(found.types[column])
    if kind is None:
        raise UsageError(
            f"{found.name}.{column} (from --partition) is {found.types[column]}; expected a date, "
            "a timestamp, or a text or whole number such as 2023-02-23 or 20230223.",
            untouched=NOTHING_DONE,
        )
    return Side(
        source=found.source,
        alias=found.name.rpartition(".")[2],
        partition=column,
        kind=kind,
        key=key,
        label=label,
        where=where,
        first=question.first,
        last=question.last,
        timezone=question.timezone,
    )


def _zone_note(question: Question, sides: Sequence[tuple[_Found, Side]]) -> tuple[str, ...]:
    zoned = [f"{found.name}.{s.partition}" for found, s in sides if s.kind is DateKind.ZONED]
    if not zoned:
        return ()
    return (f"{' and '.join(zoned)}: dates are those of {question.timezone} (--timezone).",)
