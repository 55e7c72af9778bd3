"""Random sources of a choice as plain Python rows, and which of them should be fed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import duckdb
from hypothesis import strategies as st

from gapless.declare.inputs import Choice
from gapless.declare.tables import Source
from support.key_sets import DAYS, fill_table

SOURCES = tuple(Source(f"main.source_{place}", ("player",)) for place in range(3))
COLUMNS = ("day", "player", "team", "value")
_TYPES = "day DATE, player INTEGER, team VARCHAR, value INTEGER"


@dataclass(frozen=True)
class Wanted:
    """A row of the expected set."""

    day: date
    player: int | None
    team: str | None
    excluded: str | None


@dataclass(frozen=True)
class Offered:
    """A row of a source."""

    day: date
    player: int | None
    team: str | None
    value: int

    @property
    def as_row(self) -> tuple[object, ...]:
        """Its values in the order of `COLUMNS`."""
        return (self.day, self.player, self.team, self.value)


@dataclass(frozen=True)
class Offer:
    """An expected set, and what each source has; a source without a table is None."""

    measured: tuple[date, ...]
    wanted: tuple[Wanted, ...]
    sources: tuple[tuple[Offered, ...] | None, ...]
    choice: Choice

    @property
    def present(self) -> tuple[int, ...]:
        """Places of the sources whose tables exist."""
        return tuple(place for place, rows in enumerate(self.sources) if rows is not None)

    def serves(self, row: Offered, one: Wanted) -> bool:
        """Tell whether a row is usable for an expected key."""
        if one.excluded is not None or row.player is None or one.player is None:
            return False
        agrees = not self.choice.match or (row.team is not None and row.team == one.team)
        return (row.day, row.player) == (one.day, one.player) and agrees

    def due(self, day: date) -> list[Wanted]:
        """Return the keys that are expected on a date."""
        return [one for one in self.wanted if one.day == day and one.excluded is None]

    def rows(self, place: int, day: date) -> list[Offered]:
        """Return what a source holds on a date."""
        return [row for row in self.sources[place] or () if row.day == day]

    def served(self, place: int, day: date) -> set[int | None]:
        """Return the expected keys that a source could serve."""
        rows = self.rows(place, day)
        return {one.player for one in self.due(day) if any(self.serves(row, one) for row in rows)}

    def chosen(self, day: date) -> int | None:
        """Return the place of the first sufficient source."""
        share = Fraction(str(self.choice.at_least))
        due = len(self.due(day))
        for place in range(len(self.sources)):
            if share == 0 or (due and len(self.served(place, day)) >= share * due):
                return place
        return None

    def fed(self, day: date, place: int) -> list[tuple[object, ...]]:
        """Return the rows that a date is fed with, each with the source it came from."""
        fed: list[tuple[object, ...]] = []
        filled: set[int | None] = set()
        last = len(self.sources) if self.choice.fill_missing else place + 1
        for source in range(place, last):
            for row in self.rows(source, day):
                fed += [
                    (*row.as_row, SOURCES[source].name)
                    for one in self.due(day)
                    if self.serves(row, one) and one.player not in filled
                ]
            filled |= self.served(source, day)
        return fed


_PLAYERS = st.none() | st.integers(1, 5) | st.integers(1, 5) | st.integers(1, 5)
_TEAMS = st.none() | st.just("LAL") | st.just("LAL") | st.just("BOS")
_WANTED = st.builds(
    Wanted,
    day=st.sampled_from(DAYS[:2]),
    player=_PLAYERS,
    team=_TEAMS,
    excluded=st.none() | st.none() | st.none() | st.just("rested"),
)
_STRAY = st.builds(
    Offered, day=st.sampled_from(DAYS), player=_PLAYERS, team=_TEAMS, value=st.integers(0, 9)
)


@st.composite
def offers(draw: st.DrawFn, *, fill: bool | None = None, every_table: bool = False) -> Offer:
    """Return random offers in which sources serve many of the expected keys.

    Args:
        draw: Given by hypothesis.
        fill: Whether missing keys are filled; either when None.
        every_table: No source is without a table.
    """
    wanted = draw(
        st.lists(_WANTED, min_size=3, max_size=12, unique_by=lambda one: (one.day, one.player)).map(
            tuple
        )
    )

    def table() -> tuple[Offered, ...] | None:
        if not every_table and not draw(st.integers(0, 4)):
            return None
        served = draw(st.lists(st.integers(0, 3), min_size=len(wanted), max_size=len(wanted)))
        rows = [
            Offered(one.day, one.player, "BOS" if how == 1 else one.team, how)
            for one, how in zip(wanted, served, strict=True)
            if how
        ]
        return (*rows, *draw(st.lists(_STRAY, max_size=4)))

    return Offer(
        measured=tuple(sorted(draw(st.sets(st.sampled_from(DAYS[:3]), min_size=1)))),
        wanted=wanted,
        sources=(table(), table(), table()),
        choice=Choice(
            SOURCES,
            at_least=draw(st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0])),
            fill_missing=draw(st.booleans()) if fill is None else fill,
            match=draw(st.sampled_from([(), ("team",)])),
        ),
    )


def place_offer(connection: duckdb.DuckDBPyConnection, offer: Offer) -> None:
    """Put expected set and sources into tables; a source that is None has none."""
    fill_table(
        connection,
        "staged_expected",
        "day DATE, player INTEGER, team VARCHAR, excluded VARCHAR",
        [(one.day, one.player, one.team, one.excluded) for one in offer.wanted],
    )
    for source, rows in zip(SOURCES, offer.sources, strict=True):
        connection.execute(f"DROP TABLE IF EXISTS {source.name}")
        if rows is not None:
            fill_table(connection, source.name, _TYPES, _as_rows(rows))


def _as_rows(rows: Sequence[Offered]) -> list[tuple[object, ...]]:
    return [row.as_row for row in rows]
