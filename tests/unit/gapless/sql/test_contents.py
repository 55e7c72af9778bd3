"""What a table holds by date, and what a check said, each in one query."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from gapless.sql.contents import checks_query, contents_query
from support.key_sets import ask, fill_table

FIRST, SECOND, THIRD = (date(2024, 1, number) for number in (1, 2, 3))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database with three days of sales, one of them without any."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        rows = [(FIRST, 1, 10), (FIRST, 2, 20), (THIRD, 1, 10)]
        fill_table(connection, "sales", "day DATE, shop INTEGER, amount INTEGER", rows)
        yield connection


def held(
    connection: duckdb.DuckDBPyConnection, first: date = FIRST, last: date = THIRD
) -> dict[date, tuple[int, int]]:
    """Return rows and fingerprint by date."""
    query = contents_query("sales", ("day", "shop", "amount"), "day", first, last)
    return {row[0]: (row[1], row[2]) for row in ask(connection, query)}


def test_dates_with_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Dates with rows are listed with their number; a date without any is not there."""
    assert {day: rows for day, (rows, _) in held(connection).items()} == {FIRST: 2, THIRD: 1}


def test_inclusive_range(connection: duckdb.DuckDBPyConnection) -> None:
    """Both ends of the range belong to it, and nothing beyond."""
    assert list(held(connection, FIRST, SECOND)) == [FIRST]
    assert list(held(connection, SECOND, THIRD)) == [THIRD]


def test_changed_date_alone(connection: duckdb.DuckDBPyConnection) -> None:
    """A changed value changes the fingerprint of its date and of no other."""
    before = held(connection)
    connection.execute("UPDATE sales SET amount = 21 WHERE shop = 2")
    after = held(connection)
    assert after[FIRST] != before[FIRST]
    assert after[THIRD] == before[THIRD]


def test_same_rows_on_another_date(connection: duckdb.DuckDBPyConnection) -> None:
    """The date is part of what is hashed: the same sales on another day are other rows."""
    connection.execute("DELETE FROM sales WHERE shop = 2")
    found = held(connection)
    assert found[FIRST][0] == found[THIRD][0] == 1
    assert found[FIRST] != found[THIRD]


def said(
    connection: duckdb.DuckDBPyConnection, *rows: tuple[object, ...]
) -> list[tuple[object, ...]]:
    """Sum up what a check said."""
    fill_table(connection, "said", "day DATE, entity INTEGER, ok BOOLEAN, detail VARCHAR", rows)
    return ask(connection, checks_query("SELECT * FROM said", "day"))


class TestChecks:
    def test_everything_right(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What was examined is counted, also where nothing failed."""
        rows = said(connection, (FIRST, 1, True, None), (FIRST, 2, True, "fine"))
        assert rows == [(FIRST, 2, 0, None)]

    def test_something_wrong(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What failed is counted, and the first of it named with its detail."""
        rows = said(
            connection,
            (FIRST, 3, False, "late"),
            (FIRST, 2, False, "short"),
            (FIRST, 1, True, None),
            (SECOND, 1, True, None),
        )
        assert rows == [(FIRST, 3, 2, "2: short"), (SECOND, 1, 0, None)]

    def test_not_known_to_be_right(self, connection: duckdb.DuckDBPyConnection) -> None:
        """NULL is not right: what could not be decided counts as failed."""
        assert said(connection, (FIRST, 1, None, None)) == [(FIRST, 1, 1, "1: not true")]

    def test_nothing_examined(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A date of which nothing was examined is not there."""
        assert said(connection) == []

    def test_wrong_without_a_name(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What failed is named by its detail where it has no name of its own."""
        [(_, _, failed, detail)] = said(connection, (FIRST, None, False, "no team"))
        assert failed == 1
        assert detail is not None
        assert "no team" in str(detail)

    def test_comment_at_the_end(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A check whose text ends in a comment is summed up like any other."""
        fill_table(connection, "said", "day DATE, entity INTEGER, ok BOOLEAN, detail VARCHAR", [])
        assert ask(connection, checks_query("SELECT * FROM said -- all", "day")) == []
