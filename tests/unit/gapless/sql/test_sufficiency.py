"""How much each source could serve, measured on every date in one query."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings

from gapless.declare.inputs import fill_missing
from gapless.sql.sufficiency import sufficiency_query
from support.key_sets import DAYS, ask, scope_of
from support.source_choices import SOURCES, Offer, Offered, Wanted, offers, place_offer

DAY = DAYS[0]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of this module's own."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        yield connection


def counts(connection: duckdb.DuckDBPyConnection, offer: Offer) -> list[tuple[object, ...]]:
    """Measure an offer: date, expected, then rows and usable keys of each source."""
    place_offer(connection, offer)
    query = sufficiency_query(
        offer.choice, scope_of(offer.measured), ("player",), "staged_expected", offer.present
    )
    return ask(connection, query)


@settings(max_examples=60, deadline=None)
@given(offer=offers())
def test_every_number(connection: duckdb.DuckDBPyConnection, offer: Offer) -> None:
    """Rows held and expected keys served equal a count over plain rows, on every date."""
    expected = []
    for day in offer.measured:
        sources: list[int] = []
        for place in offer.present:
            sources += [len(offer.rows(place, day)), len(offer.served(place, day))]
        expected.append((day, len(offer.due(day)), *sources))
    assert counts(connection, offer) == expected


def offer_of(*rows: Offered, match: tuple[str, ...] = ()) -> Offer:
    """Return an offer of one source for two players of the Lakers."""
    wanted = tuple(Wanted(DAY, player, "LAL", None) for player in (1, 2))
    choice = fill_missing(*SOURCES, match=match)
    return Offer((DAY,), wanted, (rows, (), None), choice)


def line(player: int, team: str = "LAL") -> Offered:
    """Return a row of a source."""
    return Offered(DAY, player, team, 0)


def test_repeated_rows_serve_once(connection: duckdb.DuckDBPyConnection) -> None:
    """Many rows of one player serve one key."""
    assert counts(connection, offer_of(line(1), line(1), line(1))) == [(DAY, 2, 3, 1, 0, 0)]


def test_rows_of_the_wrong_players(connection: duckdb.DuckDBPyConnection) -> None:
    """As many rows as expected, but of others, serve nothing."""
    assert counts(connection, offer_of(line(8), line(9))) == [(DAY, 2, 2, 0, 0, 0)]


def test_traded_player(connection: duckdb.DuckDBPyConnection) -> None:
    """Where the team must agree, a row of a player's former team serves nothing."""
    offer = offer_of(line(1, "BOS"), line(2), match=("team",))
    assert counts(connection, offer) == [(DAY, 2, 2, 1, 0, 0)]
