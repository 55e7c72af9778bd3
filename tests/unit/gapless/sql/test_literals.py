"""Values survive the way into SQL text and back; names can be anything."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.sql.literals import (
    FEW,
    columns,
    date_list,
    identifier,
    literal,
    relation,
    rows_relation,
    same,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
"""A NUL ends a text for DuckDB 1.x; see `test_nul`."""
MOMENTS = st.datetimes()
INT64 = st.integers(-(2**63), 2**63 - 1)
PROPERTY = settings(max_examples=80, deadline=None)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of this module's own."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        yield connection


def back(connection: duckdb.DuckDBPyConnection, value: object) -> Any:
    """Write a value as a literal and let DuckDB read it."""
    return connection.execute(f"SELECT {literal(value)}").fetchall()[0][0]


class TestLiterals:
    @PROPERTY
    @given(value=st.none() | st.booleans() | TEXTS | st.dates() | MOMENTS)
    def test_round_trip(self, connection: duckdb.DuckDBPyConnection, value: object) -> None:
        """Texts of any script and with any quotes, dates and moments come back as they were."""
        found = back(connection, value)
        assert found == value
        assert type(found) is type(value)

    @PROPERTY
    @given(value=st.integers(-(2**127), 2**127 - 1))
    def test_whole_numbers(self, connection: duckdb.DuckDBPyConnection, value: int) -> None:
        """Whole numbers come back exactly, fingerprints of 64 bits included."""
        assert back(connection, value) == value

    @PROPERTY
    @given(value=st.floats(allow_nan=False, allow_infinity=False))
    def test_floats(self, connection: duckdb.DuckDBPyConnection, value: float) -> None:
        """Floating point numbers come back to the last bit."""
        assert float(back(connection, value)) == value

    @pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
    def test_floats_that_are_no_numbers(
        self, connection: duckdb.DuckDBPyConnection, value: float
    ) -> None:
        """Infinities and NaN come back, too."""
        found = back(connection, value)
        assert found == value or (math.isnan(found) and math.isnan(value))

    def test_moment_of_another_zone(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A moment is written in UTC, whatever zone it is given in."""
        moment = datetime(2024, 2, 23, 19, 30, tzinfo=timezone(timedelta(hours=-5)))
        assert back(connection, moment) == datetime(2024, 2, 24, 0, 30)  # noqa: DTZ001

    @PROPERTY
    @given(
        value=st.dictionaries(
            TEXTS, st.none() | st.booleans() | INT64 | TEXTS | st.lists(TEXTS, max_size=3)
        )
    )
    def test_json(self, connection: duckdb.DuckDBPyConnection, value: dict[str, Any]) -> None:
        """Nested values are kept as JSON."""
        assert json.loads(back(connection, value)) == value

    def test_nul(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A text with a NUL comes back whole or is refused; it is never cut short."""
        try:
            assert back(connection, "a\x00b") == "a\x00b"
        except duckdb.ParserException:
            assert duckdb.__version__.startswith("1.")

    @pytest.mark.parametrize("text", ["'; DROP TABLE t; --", "''", "\\'", "$$", "E'\\n'"])
    def test_no_way_out_of_a_text(self, connection: duckdb.DuckDBPyConnection, text: str) -> None:
        """What looks like SQL stays text."""
        assert back(connection, text) == text

    @pytest.mark.parametrize("value", [b"bytes", object(), {1, 2}])
    def test_types_without_a_literal(self, value: object) -> None:
        """What has no literal is refused, not guessed."""
        with pytest.raises(TypeError, match=f"{type(value).__name__} has no SQL literal"):
            literal(value)


class TestNames:
    @PROPERTY
    @given(name=TEXTS.filter(bool))
    def test_any_name(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        """A column can be called anything."""
        connection.execute(f"SELECT 1 AS {identifier(name)}")
        assert connection.description is not None
        assert connection.description[0][0] == name
        connection.fetchall()

    def test_relation_part_by_part(self) -> None:
        """A dotted name is quoted part by part."""
        assert relation('raw.my "sales"') == '"raw"."my ""sales"""'

    def test_columns(self) -> None:
        """Columns are listed behind their relation, where one is given."""
        assert columns(["a", "b"]) == '"a", "b"'
        assert columns(["a", "b"], "s") == 's."a", s."b"'

    def test_same(self) -> None:
        """Columns of the same name are compared one by one."""
        assert same(["a", "b"], "x", "y") == 'x."a" = y."a" AND x."b" = y."b"'


TYPES = {
    "a text": "VARCHAR",
    'n"64': "BIGINT",
    "u64": "UBIGINT",
    "f": "DOUBLE",
    "flag": "BOOLEAN",
    "d": "DATE",
    "t": "TIMESTAMP",
}
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        st.none() | INT64,
        st.none() | st.integers(0, 2**64 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | MOMENTS,
    ),
    max_size=5,
)


class TestRows:
    @PROPERTY
    @given(rows=ROWS)
    def test_round_trip(
        self, connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]
    ) -> None:
        """Constant rows of every type come back as they were, in their order."""
        found = connection.execute(rows_relation(TYPES, rows))
        assert found.description is not None
        assert [column[0] for column in found.description] == list(TYPES)
        assert found.fetchall() == rows

    def test_types(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The columns have the declared types, also where there is no row."""
        described = connection.execute(f"DESCRIBE {rows_relation(TYPES, [])}").fetchall()
        assert {row[0]: row[1] for row in described} == TYPES


class TestDates:
    @PROPERTY
    @given(
        days=st.lists(st.dates(date(2024, 1, 1), date(2024, 2, 9)), min_size=1, max_size=3 * FEW)
    )
    def test_exactly_these(self, connection: duckdb.DuckDBPyConnection, days: list[date]) -> None:
        """However many dates are listed, exactly they are found."""
        every_day = "SELECT DATE '2024-01-01' + n::INTEGER AS day FROM range(60) AS r(n)"
        query = f"SELECT day FROM ({every_day}) WHERE day IN ({date_list(days)}) ORDER BY day"
        assert [row[0] for row in connection.execute(query).fetchall()] == sorted(set(days))
