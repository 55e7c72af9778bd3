"""Inputs: what a derived table reads for a date, and which of several sources feeds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gapless.declare.statements import Statement
from gapless.declare.windows import Window
from gapless.errors import DeclarationError
from gapless.partitions import Path

if TYPE_CHECKING:
    from gapless.declare.expected import PlainExpected
    from gapless.declare.tables import Table


@dataclass(frozen=True)
class SameDate:
    """The rows of a table on D itself."""

    table: Table
    columns: tuple[str, ...] | None = None
    """Besides partition and key, all that may be read of a row; None: the whole row."""


@dataclass(frozen=True)
class History:
    """The rows of a table in a window that ends the day before D."""

    table: Table
    window: Window


@dataclass(frozen=True)
class Choice:
    """One of several sources for each partition, chosen by measured sufficiency.

    A source is sufficient when its usable rows cover at least `at_least` of the expected keys.
    Only rows for these keys are fed on.
    """

    sources: tuple[Table, ...]
    """In order of preference."""
    at_least: float
    """0..1. Below it the next source is tried; 0 takes the first and only fills."""
    fill_missing: bool
    """Whether keys the chosen source lacks are filled from the later ones."""
    match: tuple[str, ...] = ()
    """Columns in which a row must agree with the expected row to be usable, e.g. `team`."""
    measured_on: PlainExpected | None = None
    """The keys to cover; None: the expected set of the table that is fed."""

    def keys_to_cover(self, expected: PlainExpected | None) -> PlainExpected | None:
        """Return the set the choice is measured on, given the expected set of its table."""
        return expected if self.measured_on is None else self.measured_on


@dataclass(frozen=True)
class Query:
    """The rows of a SELECT over other inputs, e.g. a roster."""

    statement: Statement | str
    inputs: Mapping[str, SameDate | History]


@dataclass(frozen=True)
class ByPath:
    """One input for dates already played out, another for those to come."""

    historical: SameDate | History | Choice | Query
    upcoming: SameDate | History | Choice | Query


Input = SameDate | History | Choice | Query | ByPath
PlainInput = SameDate | History | Choice | Query


def same_date(table: Table, columns: Sequence[str] | None = None) -> SameDate:
    """Read the rows of `table` on D itself.

    Args:
        table: A table declared before.
        columns: Besides partition and key, the only columns that can be read. It says that D
            itself decides which rows exist and who or what they are about, and nothing else;
            values of D stay out of reach. None: the whole row.

    Raises:
        DeclarationError: the columns are one text instead of several.
    """
    if isinstance(columns, str):
        raise DeclarationError(
            f"same_date({table.name}): columns are a list of names; write ({columns!r},)."
        )
    return SameDate(table, None if columns is None else tuple(columns))


def history(table: Table, window: Window) -> History:
    """Read the rows of `table` in a window before D."""
    return History(table, window)


def first_sufficient(
    *sources: Table,
    at_least: float,
    fill_missing: bool = False,
    match: Sequence[str] = (),
    measured_on: PlainExpected | None = None,
) -> Choice:
    """Choose for each partition the first source that covers `at_least` of the expected keys.

    Args:
        sources: In order of preference.
        at_least: Share of the expected keys, 0..1.
        fill_missing: Fill the keys the chosen source lacks from the later ones.
        match: Columns of the expected set in which a row must agree to be usable.
        measured_on: The keys to cover and feed instead of the table's own expected set, so that
            tables with different expected sets choose alike. The statement leaves out the rows
            of keys that its table does not expect.

    Raises:
        DeclarationError: fewer than two sources, or a share outside 0..1.
    """
    if len(sources) < 2:  # noqa: PLR2004 - a choice takes two
        raise DeclarationError("first_sufficient needs at least two sources to choose from.")
    if not 0 < at_least <= 1:
        raise DeclarationError(
            f"at_least is a share of the expected keys in 0..1, not {at_least!r}."
        )
    return Choice(tuple(sources), at_least, fill_missing, tuple(match), measured_on)


def fill_missing(
    *sources: Table, match: Sequence[str] = (), measured_on: PlainExpected | None = None
) -> Choice:
    """Take the rows of the first source and fill the expected keys it lacks from the next ones.

    Args:
        sources: In order of preference.
        match: Columns of the expected set in which a row must agree to be usable.
        measured_on: The keys to feed instead of the table's own expected set.

    Raises:
        DeclarationError: fewer than two sources.
    """
    if len(sources) < 2:  # noqa: PLR2004 - a choice takes two
        raise DeclarationError("fill_missing needs at least two sources.")
    return Choice(
        tuple(sources), 0.0, fill_missing=True, match=tuple(match), measured_on=measured_on
    )


def query(sql: str, inputs: Mapping[str, SameDate | History]) -> Query:
    """Read the rows of a SELECT (text or a `.sql` file) over the named inputs."""
    return Query(sql, dict(inputs))


def by_path(
    *,
    historical: SameDate | History | Choice | Query,
    upcoming: SameDate | History | Choice | Query,
) -> ByPath:
    """Read different inputs for past and for upcoming dates."""
    return ByPath(historical, upcoming)


def on_path(given: Input, path: Path) -> PlainInput:
    """Return the input that applies on a path."""
    if isinstance(given, ByPath):
        return given.upcoming if path is Path.UPCOMING else given.historical
    return given


@dataclass(frozen=True)
class Read:
    """One table that is read for a partition, and over which dates."""

    table: Table
    window: Window | None
    """None: the date itself."""
    required: bool = field(default=True)
    """False for the sources of a choice: their sufficiency is measured, not presumed."""
    columns: tuple[str, ...] | None = None
    """Besides partition and key, all that is read of a row; None: the whole row."""


def reads_of(given: PlainInput) -> Iterator[Read]:
    """List the tables an input reads."""
    match given:
        case SameDate(table, columns):
            yield Read(table, None, columns=columns)
        case History(table, window):
            yield Read(table, window)
        case Choice(sources=sources, measured_on=measured_on):
            for source in sources:
                yield Read(source, None, required=False)
            if measured_on is not None:
                yield from measured_on.reads()
        case Query(inputs=inputs):
            for inner in inputs.values():
                yield from reads_of(inner)
