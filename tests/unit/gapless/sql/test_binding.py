"""Statements are bound to exactly the rows they may see: dates, windows, chosen sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.choosing import choose
from gapless.declare.calendar import DateFacts
from gapless.declare.expected import PlainExpected, expected_query, keys_of
from gapless.declare.inputs import PlainInput, fill_missing, history, query, same_date
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source
from gapless.declare.windows import Window, all_time, last_days, season_to_date
from gapless.measure import SourceCoverage
from gapless.sql.binding import (
    COLUMN_SOURCE,
    Bindings,
    ChosenSource,
    Scope,
    compose,
    date_filter,
    expected_columns,
    expected_relation,
    on_dates,
    partitions_relation,
    with_clause,
)
from gapless.sql.sufficiency import sufficiency_query
from support.key_sets import ask, fill_table, scope_of
from support.source_choices import COLUMNS, SOURCES, Offer, Offered, Wanted, offers, place_offer

FIRST = date(2024, 1, 1)
SALES = Source("main.sales", ("shop",))
HOURS = Source("main.hours", ("shop",))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database with twenty days of sales."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        rows = [(FIRST + timedelta(days=number), 1) for number in range(20)]
        fill_table(connection, "sales", "day DATE, shop INTEGER", rows)
        yield connection


def day(number: int) -> date:
    """Return a day; 0 is the first."""
    return FIRST + timedelta(days=number)


def scope(*numbers: int, place: str | None = None) -> Scope:
    """Return a scope of some days of a season that began on day 5, after one on day 0."""
    facts = tuple(DateFacts(day(number), "2024", day(5), day(0), 1) for number in numbers)
    return Scope("day", facts, place)


def seen(connection: duckdb.DuckDBPyConnection, given: PlainInput, *numbers: int) -> list[int]:
    """Return the days that a statement sees through an input."""
    text = compose("SELECT DISTINCT day FROM given", {"given": given}, Bindings(scope(*numbers)))
    return sorted((row[0] - FIRST).days for row in ask(connection, text))


class TestDates:
    @settings(max_examples=40, deadline=None)
    @given(numbers=st.sets(st.integers(0, 19), min_size=1).map(sorted), data=st.data())
    def test_exactly_the_scope(
        self, connection: duckdb.DuckDBPyConnection, numbers: list[int], data: st.DataObject
    ) -> None:
        """The predicates keep the rows of the scope's dates, or of some of them, and no others."""
        some = data.draw(st.sets(st.sampled_from(numbers), min_size=1).map(sorted))
        dates = with_clause({"partitions": partitions_relation(scope(*numbers))})
        for wanted, predicate in (
            (numbers, on_dates(scope(*numbers), "s")),
            (some, date_filter(scope(*numbers), [day(number) for number in some], "s")),
            (some, date_filter(scope(*numbers), [day(number) for number in some])),
        ):
            rows = ask(connection, f"{dates} SELECT day FROM sales AS s WHERE {predicate}")
            assert sorted((row[0] - FIRST).days for row in rows) == wanted

    def test_facts_of_each_date(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A statement can read the place of each date in its season."""
        found = ask(connection, compose("SELECT * FROM partitions", {}, Bindings(scope(5, 7))))
        assert found == [(day(5), "2024", day(5), 0), (day(7), "2024", day(5), 2)]

    def test_staged_dates(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Dates that were staged are read from where they are."""
        columns = "day DATE, season VARCHAR, season_start DATE, day_of_season INTEGER"
        fill_table(connection, "staged_dates", columns, [(day(3), "2024", day(0), 3)])
        bindings = Bindings(scope(3, place="staged_dates"))
        found = ask(connection, compose("SELECT * FROM partitions", {}, bindings))
        assert found == [(day(3), "2024", day(0), 3)]

    def test_part_of_a_scope(self) -> None:
        """A part of a scope holds its dates alone, and does not read the staged whole."""
        whole = scope(1, 2, 3, place="staged_dates")
        part = whole.within([day(3), day(1), day(9)])
        assert [facts.day for facts in part.dates] == [day(1), day(3)]
        assert (part.first, part.last, part.place) == (day(1), day(3), None)
        assert whole.within([day(1), day(2), day(3)]) is whole


class TestInputs:
    def test_same_date(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Rows of the dates themselves, and of none between them."""
        assert seen(connection, same_date(SALES), 3) == [3]
        assert seen(connection, same_date(SALES), 3, 6, 9) == [3, 6, 9]

    @pytest.mark.parametrize(
        ("columns", "offered"),
        [
            ((), ["day", "shop"]),
            (("region",), ["day", "shop", "region"]),
            (("region", "shop", "day"), ["day", "shop", "region"]),
        ],
    )
    def test_same_date_cut_to_columns(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: tuple[str, ...],
        offered: list[str],
    ) -> None:
        """Partition and key, then the named columns, each once; a statement sees no others."""
        fill_table(connection, "wide", "day DATE, shop INTEGER, region TEXT, amount INTEGER", [])
        given = same_date(Source("main.wide", ("shop",)), columns)
        for inputs in ({"given": given}, {"given": query("FROM s", {"s": given})}):
            text = compose("SELECT * FROM given", inputs, Bindings(scope(3)))
            described = ask(connection, f"DESCRIBE {text}")
            assert [row[0] for row in described] == offered

    @pytest.mark.parametrize(
        ("window", "first"),
        [(last_days(3), 7), (season_to_date(), 5), (all_time(), 0)],
        ids=str,
    )
    def test_history_of_one_date(
        self, connection: duckdb.DuckDBPyConnection, window: Window, first: int
    ) -> None:
        """A window ends the day before D: D itself and later rows cannot be seen."""
        assert seen(connection, history(SALES, window), 10) == list(range(first, 10))

    def test_history_of_several_dates(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Several dates see their windows together, up to the day before the last of them."""
        assert seen(connection, history(SALES, last_days(2)), 8, 12) == list(range(6, 12))

    def test_query(self, connection: duckdb.DuckDBPyConnection) -> None:
        """An input may be a statement of its own, over inputs of its own and the dates."""
        sql = "SELECT s.day FROM s JOIN partitions USING (day) -- all"
        given = query(sql, {"s": history(SALES, all_time())})
        assert seen(connection, given, 8, 12) == [8]

    def test_names_in_any_case(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A statement's own common table expressions stand beside the inputs."""
        text = "WITH mine AS (SELECT * FROM given) SELECT DISTINCT day FROM mine -- the end"
        bound = compose(text, {"given": same_date(SALES)}, Bindings(scope(3)))
        assert ask(connection, bound) == [(day(3),)]

    def test_candidate(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A check sees the rows under examination on the dates of the scope."""
        text = compose("SELECT day FROM candidate", {}, Bindings(scope(2, 4)), candidate="sales")
        assert sorted(ask(connection, text)) == [(day(2),), (day(4),)]

    def test_statement_with_its_origin(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A statement read from a file is bound like its text."""
        statement = Statement("SELECT day FROM given", "totals.sql")
        text = compose(statement, {"given": same_date(SALES)}, Bindings(scope(3)))
        assert ask(connection, text) == [(day(3),)]


def table(key: tuple[str, ...] = ("shop",)) -> Derived:
    """Return a computed table."""
    return Derived("mart.totals", key)


class TestExpectedSets:
    @pytest.fixture(autouse=True)
    def hours(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the reference: two days, three shops."""
        columns = "day DATE, shop INTEGER, region VARCHAR, name VARCHAR, closed BOOLEAN"
        rows: list[tuple[Any, ...]] = [
            (day(1), 1, "north", "One", False),
            (day(1), 2, "north", "Two", True),
            (day(1), 3, None, "Three", None),
            (day(2), 1, "north", "One", True),
        ]
        fill_table(connection, "hours", columns, rows)

    def of(
        self, connection: duckdb.DuckDBPyConnection, expected: PlainExpected, *numbers: int
    ) -> list[tuple[Any, ...]]:
        """Return the rows of an expected set."""
        return sorted(ask(connection, expected_relation(table(), expected, scope(*numbers))))

    def test_keys_of_the_date(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The keys of the reference on the same date are expected, none of them left out."""
        found = self.of(connection, keys_of(HOURS), 1)
        assert found == [(day(1), shop, None) for shop in (1, 2, 3)]

    def test_group_label_and_carried_columns(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Group, label and carried columns come along, each once."""
        expected = keys_of(HOURS, group="region", label="name", carry=("region", "closed"))
        assert expected_columns(table(), expected, "day") == [
            "day",
            "shop",
            "region",
            "name",
            "closed",
        ]
        assert self.of(connection, expected, 2) == [(day(2), 1, "north", "One", True, None)]

    def test_first_reason_that_holds(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The first predicate that holds gives the reason; what is not known excludes nobody."""
        exclude = {"closed": "closed", "northern": "region = 'north'"}
        found = self.of(connection, keys_of(HOURS, exclude=exclude), 1)
        assert [row[2] for row in found] == ["northern", "closed", None]

    def test_repeated_key(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A key that the reference repeats is expected once."""
        connection.execute("INSERT INTO hours SELECT * FROM hours WHERE shop = 1")
        found = self.of(connection, keys_of(HOURS, group="region", label="name"), 1)
        assert [row[1] for row in found] == [1, 2, 3]
        asked = expected_query("SELECT day, shop FROM h", {"h": same_date(HOURS)})
        assert [row[1] for row in self.of(connection, asked, 1)] == [1, 2, 3]

    def test_expected_and_excluded(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A key that is left out in one row and expected in another is expected."""
        connection.execute(
            "INSERT INTO hours SELECT day, shop, region, name, NOT closed FROM hours WHERE shop < 3"
        )
        found = self.of(connection, keys_of(HOURS, exclude={"closed": "closed"}), 1)
        assert found == [(day(1), shop, None) for shop in (1, 2, 3)]

    def test_query_without_exclusions(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A query need not exclude anything."""
        expected = expected_query("SELECT day, shop FROM h", {"h": same_date(HOURS)})
        assert self.of(connection, expected, 2) == [(day(2), 1, None)]

    def test_query_with_exclusions(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A query may say of some keys why they are not expected."""
        sql = "SELECT day, shop, CASE WHEN closed THEN 'shut' END AS excluded FROM h"
        found = self.of(connection, expected_query(sql, {"h": same_date(HOURS)}), 1)
        assert [row[2] for row in found] == [None, "shut", None]

    def test_further_columns_of_a_query(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Columns that nobody declared are left out."""
        expected = expected_query("SELECT * FROM h", {"h": same_date(HOURS)}, group="region")
        assert self.of(connection, expected, 2) == [(day(2), 1, "north", None)]


def fed(
    connection: duckdb.DuckDBPyConnection, offer: Offer, by_date: dict[date, int]
) -> Counter[tuple[Any, ...]]:
    """Return the rows that a statement sees of a choice."""
    chosen = ChosenSource(by_date, COLUMNS, offer.present, "staged_expected")
    bindings = Bindings(scope_of(sorted(by_date)), {"feed": chosen}, ("player",))
    listed = ", ".join((*COLUMNS, COLUMN_SOURCE))
    text = compose(f"SELECT {listed} FROM feed", {"feed": offer.choice}, bindings)
    return Counter(ask(connection, text))


def chosen_places(connection: duckdb.DuckDBPyConnection, offer: Offer) -> dict[date, int]:
    """Measure the sources and choose among them, as a run does."""
    query = sufficiency_query(
        offer.choice, scope_of(offer.measured), ("player",), "staged_expected", offer.present
    )
    places: dict[date, int] = {}
    for row in ask(connection, query):
        counted = dict(zip(offer.present, zip(row[2::2], row[3::2], strict=True), strict=True))
        measured = [
            SourceCoverage(
                source.name, *counted.get(place, (0, 0)), row[1], exists=place in offer.present
            )
            for place, source in enumerate(SOURCES)
        ]
        made = choose("feed", offer.choice, measured)
        if made.place is not None:
            places[row[0]] = made.place
    return places


class TestChosenRows:
    @settings(max_examples=70, deadline=None)
    @given(offer=offers())
    def test_measured_chosen_and_fed(
        self, connection: duckdb.DuckDBPyConnection, offer: Offer
    ) -> None:
        """Each date is fed with the rows that plain Python would choose, and with no others."""
        place_offer(connection, offer)
        wanted = {day: offer.chosen(day) for day in offer.measured}
        places = {day: place for day, place in wanted.items() if place is not None}
        assert chosen_places(connection, offer) == places
        if places:
            rows = [row for day, place in places.items() for row in offer.fed(day, place)]
            assert fed(connection, offer, places) == Counter(rows)

    @settings(max_examples=50, deadline=None)
    @given(offer=offers(fill=True, every_table=True), data=st.data())
    def test_filled_from_any_place(
        self, connection: duckdb.DuckDBPyConnection, offer: Offer, data: st.DataObject
    ) -> None:
        """Wherever a date's filling begins, each key comes from the first source that has it."""
        place_offer(connection, offer)
        places = {day: data.draw(st.integers(0, 2)) for day in offer.measured}
        rows = [row for day, place in places.items() for row in offer.fed(day, place)]
        assert fed(connection, offer, places) == Counter(rows)

    def test_stale_rows_of_others(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Rows for keys that nobody expects are not fed on."""
        offer = offer_of((line(1), line(9)), ())
        place_offer(connection, offer)
        assert fed(connection, offer, {day(0): 0}) == Counter([(*row(1), SOURCES[0].name)])

    def test_traded_player_is_filled(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A row that does not agree in the declared columns is filled from the next source."""
        offer = offer_of((line(1, "BOS"), line(2)), (line(1), line(2)), match=("team",))
        place_offer(connection, offer)
        assert fed(connection, offer, {day(0): 0}) == Counter(
            [(*row(2), SOURCES[0].name), (*row(1), SOURCES[1].name)]
        )

    def test_first_source_without_a_table(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A leading source whose table does not exist yet offers nothing, and is filled."""
        offer = offer_of(None, (line(1), line(2)))
        place_offer(connection, offer)
        places = chosen_places(connection, offer)
        assert fed(connection, offer, places) == Counter(
            [(*row(player), SOURCES[1].name) for player in (1, 2)]
        )


def line(player: int, team: str = "LAL") -> Offered:
    """Return a row of a source on day 0."""
    return Offered(day(0), player, team, player)


def row(player: int) -> tuple[object, ...]:
    """Return the values of such a row."""
    return line(player).as_row


def offer_of(
    first: tuple[Offered, ...] | None,
    second: tuple[Offered, ...],
    match: tuple[str, ...] = (),
) -> Offer:
    """Return an offer of two sources for two players of the Lakers, filled from one another."""
    wanted = tuple(Wanted(day(0), player, "LAL", None) for player in (1, 2))
    choice = fill_missing(*SOURCES, match=match)
    return Offer((day(0),), wanted, (first, second, None), choice)


# -- tables that do not exist yet ------------------------------------------------------------


def test_absent_table_is_read_as_what_its_statement_yields_without_rows(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Its columns and types are there; also those of a table it reads that is absent, too."""
    counted = Derived(
        "main.counted",
        ("shop",),
        Statement("SELECT day, shop, 1.5::DOUBLE AS amount FROM sales", "inline"),
        {"sales": same_date(SALES)},
    )
    added = Derived(
        "main.added",
        ("shop",),
        Statement("SELECT day, shop, sum(amount) AS total FROM past GROUP BY ALL", "inline"),
        {"past": history(counted, all_time())},
    )
    where = replace(scope(3, 4), absent=frozenset({counted.name, added.name}))
    for window in (same_date(added), history(added, last_days(2))):
        text = compose("SELECT * FROM given", {"given": window}, Bindings(where))
        assert ask(connection, text) == []
        described = ask(connection, f"DESCRIBE {text}")
        assert [row[:2] for row in described] == [
            ("day", "DATE"),
            ("shop", "INTEGER"),
            ("total", "DOUBLE"),
        ]


def test_absent_source_has_its_declared_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """A source that was never loaded is read as empty where its columns are declared."""
    source = Source("main.nowhere", ("shop",), {"day": "DATE", "shop": "INTEGER"})
    where = replace(scope(3), absent=frozenset({source.name}))
    text = compose("SELECT * FROM given", {"given": same_date(source)}, Bindings(where))
    assert ask(connection, text) == []
    undeclared = Source("main.nowhere", ("shop",))
    text = compose("SELECT * FROM given", {"given": same_date(undeclared)}, Bindings(where))
    with pytest.raises(duckdb.CatalogException):
        ask(connection, text)
