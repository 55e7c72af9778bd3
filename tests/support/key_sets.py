"""Random partitions as plain Python sets: what an audit should find in them, without any SQL.

A case has a few dates, of which some are measured; an expected set with groups and exclusions;
the rows under examination, with repeated keys, missing values and keys that nobody expects; and
what is published so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import duckdb
from hypothesis import strategies as st

from gapless.declare.calendar import DateFacts
from gapless.declare.gates import Gate, rule
from gapless.sql.audit import AuditRequest
from gapless.sql.binding import Scope

FIRST = date(2024, 2, 27)
"""The days around a leap day."""
DAYS = tuple(FIRST + timedelta(days=number) for number in range(4))
KEY = ("team", "player")
REASONS = ("rested", "too_few_games")
RULES = (rule("small", "note IS NULL OR note <= 2"), rule("not_three", "note <> 3"))

Key = tuple[str | None, int | None]


@dataclass(frozen=True)
class Due:
    """A row of an expected set."""

    day: date
    key: Key
    part: str | None
    excluded: str | None

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"Player {self.key[1]}"


@dataclass(frozen=True)
class Line:
    """A row under examination."""

    day: date
    key: Key
    amount: int | None
    """Required: without it the row is not usable."""
    note: int | None


@dataclass(frozen=True)
class Live:
    """A published row."""

    day: date
    key: Key
    amount: int | None = 1


@dataclass(frozen=True)
class Case:
    """Everything an audit looks at."""

    measured: tuple[date, ...]
    expected: tuple[Due, ...]
    candidate: tuple[Line, ...]
    published: tuple[Live, ...] | None
    guarded: tuple[date, ...]
    threshold: Fraction | None
    """Of each group; None: groups are not gated."""
    live_columns: tuple[str, ...] = ("day", *KEY, "amount", "nick")
    """Columns that the published rows have."""

    @property
    def gate(self) -> Gate:
        """The gate they are measured against."""
        share = None if self.threshold is None else float(self.threshold)
        return Gate(group_coverage=share, required=("amount",), rules=RULES)

    @property
    def request(self) -> AuditRequest:
        """The request to measure it, once its rows are in tables."""
        return AuditRequest(
            scope=scope_of(self.measured),
            key=KEY,
            candidate="staged_lines",
            columns=("day", *KEY, "amount", "note", "nick"),
            expected="staged_expected",
            group="part",
            gate=self.gate,
            published="published_lines" if self.published is not None else None,
            live_columns=self.live_columns,
            guarded=self.guarded,
        )


def scope_of(days: Sequence[date]) -> Scope:
    """Return the scope of some days of one season."""
    return Scope("day", tuple(DateFacts(day, "2023-24", FIRST, None, 1) for day in days))


# -- what should be found ---------------------------------------------------------------------


def is_named(key: Key) -> bool:
    """Tell whether a key names something: a NULL is equal to nothing."""
    return None not in key


@dataclass(frozen=True)
class Found:
    """The key sets of one date."""

    due: dict[Key, str | None]
    """Expected key → its group."""
    excluded: Counter[str]
    there: set[Key]
    usable: set[Key]
    repeated: set[Key]
    live: set[Key]
    """Keys of which a usable row is published."""

    @property
    def missing(self) -> set[Key]:
        """Expected keys without a usable row."""
        return {key for key in self.due if not is_named(key) or key not in self.usable}

    @property
    def unusable(self) -> set[Key]:
        """Expected keys that are there without a usable row."""
        return {key for key in self.missing if is_named(key) and key in self.there}

    @property
    def unexpected(self) -> set[Key]:
        """Keys that are there although nobody expects them."""
        return {key for key in self.there if not is_named(key) or key not in self.due}

    @property
    def lost(self) -> set[Key]:
        """Published keys that are gone, or not usable any more."""
        return self.live - self.usable

    @property
    def groups(self) -> dict[str | None, tuple[int, int]]:
        """Group → expected and present keys."""
        expected = Counter(self.due.values())
        present = Counter(part for key, part in self.due.items() if key not in self.missing)
        return {part: (count, present[part]) for part, count in expected.items()}


def find(case: Case, day: date) -> Found:
    """Compute the key sets of one date."""
    lines = [line for line in case.candidate if line.day == day]
    count = Counter(line.key for line in lines)
    live = {
        row.key
        for row in case.published or ()
        if row.day == day
        and day in case.guarded
        and (row.amount is not None or "amount" not in case.live_columns)
    }
    return Found(
        due={one.key: one.part for one in case.expected if one.day == day and one.excluded is None},
        excluded=Counter(
            one.excluded for one in case.expected if one.day == day and one.excluded is not None
        ),
        there=set(count),
        usable={line.key for line in lines if line.amount is not None},
        repeated={key for key, times in count.items() if times > 1},
        live=live,
    )


def violations(case: Case, day: date) -> dict[str, int]:
    """Count the rows of one date that break each rule."""
    notes = [line.note for line in case.candidate if line.day == day]
    broken = {
        "small": sum(note is not None and note > 2 for note in notes),
        "not_three": sum(note is None or note == 3 for note in notes),
    }
    return {name: count for name, count in broken.items() if count}


# -- random cases -----------------------------------------------------------------------------

_TEAMS = st.sampled_from(["LAL", "BOS"])
_NUMBERS = st.integers(1, 4)
_NAMED_KEYS: st.SearchStrategy[Key] = st.tuples(_TEAMS, _NUMBERS)
_KEYS: st.SearchStrategy[Key] = st.one_of(
    _NAMED_KEYS,
    _NAMED_KEYS,
    st.tuples(st.none() | _TEAMS, st.none() | _NUMBERS),
)
_FEW = st.none() | st.integers(0, 3)


_DAYS = st.sampled_from(DAYS[:2]) | st.sampled_from(DAYS)
_SOME_DAYS = st.sets(st.sampled_from(DAYS[:3]), min_size=1) | st.sets(
    st.sampled_from(DAYS), min_size=1
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return random cases in which many of the expected keys are there."""
    due = st.builds(
        Due,
        day=_DAYS,
        key=_KEYS,
        part=st.sampled_from(["game-1", "game-1", "game-2", "it's", None]),
        excluded=st.sampled_from([None, None, None, *REASONS]),
    )
    stray = st.builds(Line, day=_DAYS, key=_KEYS, amount=_FEW, note=_FEW)
    expected = draw(
        st.lists(due, min_size=2, max_size=12, unique_by=lambda one: (one.day, one.key)).map(tuple)
    )
    times = draw(st.lists(st.integers(0, 3), min_size=len(expected), max_size=len(expected)))
    lines = [
        Line(one.day, one.key, amount=draw(st.sampled_from([0, 1, None])), note=draw(_FEW))
        for one, count in zip(expected, times, strict=True)
        for _ in range(max(count - 1, bool(count)))
    ]
    candidate = (*lines, *draw(st.lists(stray, max_size=4)))
    measured = tuple(sorted(draw(_SOME_DAYS)))
    published: tuple[Live, ...] | None = None
    if draw(st.integers(0, 3)):
        known = [(one.day, one.key) for one in expected]
        known += [(line.day, line.key) for line in candidate]
        keys_held = draw(st.sets(st.sampled_from(known) | st.tuples(_DAYS, _KEYS), max_size=8))
        published = tuple(
            Live(day, key, draw(st.sampled_from([0, 1, None]))) for day, key in keys_held
        )
    before = ("day", *KEY, "nick")
    guarded = draw(st.just(set(measured)) | st.sets(st.sampled_from(measured)))
    return Case(
        measured=measured,
        expected=expected,
        candidate=candidate,
        published=published,
        guarded=tuple(sorted(guarded)),
        threshold=draw(st.none() | st.integers(1, 10).map(lambda tenths: Fraction(tenths, 10))),
        live_columns=draw(st.sampled_from([("amount", *before), before])),
    )


# -- tables -----------------------------------------------------------------------------------


def _text(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case date():
            return f"DATE '{value}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
    return str(value)


def fill_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: str,
    rows: Iterable[Sequence[object]],
) -> None:
    """Create a table with some rows, without the code under test."""
    connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
    listed = ", ".join("(" + ", ".join(_text(value) for value in row) + ")" for row in rows)
    if listed:
        connection.execute(f"INSERT INTO {name} VALUES {listed}")


def place(connection: duckdb.DuckDBPyConnection, case: Case) -> None:
    """Put the rows of a case into the tables that its request names."""
    key = "team VARCHAR, player INTEGER"
    fill_table(
        connection,
        "staged_expected",
        f"day DATE, {key}, part VARCHAR, label VARCHAR, excluded VARCHAR",
        [(one.day, *one.key, one.part, one.label, one.excluded) for one in case.expected],
    )
    fill_table(
        connection,
        "staged_lines",
        f"day DATE, {key}, amount INTEGER, note INTEGER, nick VARCHAR",
        [
            (line.day, *line.key, line.amount, line.note, f"Nick {line.key[1]}")
            for line in case.candidate
        ],
    )
    types = {
        "day": "DATE",
        "team": "VARCHAR",
        "player": "INTEGER",
        "amount": "INTEGER",
        "nick": "VARCHAR",
    }
    values = [
        {"day": row.day, "team": row.key[0], "player": row.key[1], "amount": row.amount}
        | {"nick": f"Nick {row.key[1]}"}
        for row in case.published or ()
    ]
    fill_table(
        connection,
        "published_lines",
        ", ".join(f"{name} {types[name]}" for name in case.live_columns),
        [[row[name] for name in case.live_columns] for row in values],
    )


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Run a query."""
    return connection.execute(query).fetchall()
