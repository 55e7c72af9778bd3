"""A comparison finds exactly what differs, whatever the order and however often a key comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.sql.comparison import (
    Comparison,
    Held,
    contents_query,
    examples_query,
    summary_query,
)
from support.key_sets import fill_table

DAY, OTHER = date(2024, 3, 1), date(2024, 3, 2)
TYPES = {"day": "DATE", "shop": "INTEGER", "amount": "DOUBLE", "tags": "VARCHAR[]"}
COMPARED = Comparison("main.one", "main.two", "day", DAY, ("shop",), TYPES)
LINES = st.tuples(
    st.sampled_from([1, 2, None]),
    st.sampled_from([0.5, 1.5, None]),
    st.sampled_from([("a",), ("b", "a"), None]),
)
Line = tuple[Any, ...]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def filled(connection: duckdb.DuckDBPyConnection, name: str, lines: list[Line]) -> None:
    """Fill a table with lines of the day, and one of another day that must not count."""
    rows = [(DAY, shop, amount, list(tags) if tags else None) for shop, amount, tags in lines]
    listed = ", ".join(f"{column} {kind}" for column, kind in TYPES.items())
    fill_table(connection, name, listed, [*rows, (OTHER, 9, float(len(lines)), None)])


def summary(connection: duckdb.DuckDBPyConnection, one: list[Line], two: list[Line]) -> Line:
    """Return rows, gone, new, changed, then changes by column."""
    filled(connection, "one", one)
    filled(connection, "two", two)
    [found] = connection.execute(summary_query(COMPARED)).fetchall()
    return tuple(found)


def multiset(lines: list[Line]) -> Counter[str]:
    return Counter(map(repr, lines))


@settings(max_examples=60, deadline=None)
@given(one=st.lists(LINES, max_size=5), two=st.lists(LINES, max_size=5))
def test_equal_exactly_when_the_rows_are(
    connection: duckdb.DuckDBPyConnection, one: list[Line], two: list[Line]
) -> None:
    """NULLs, lists and repeated keys included; the order does not matter."""
    _, gone, new, changed, *_ = summary(connection, one, two)
    assert (gone + new + changed == 0) == (multiset(one) == multiset(two))
    shops = (Counter(line[0] for line in one), Counter(line[0] for line in two))
    assert (gone, new) == ((shops[0] - shops[1]).total(), (shops[1] - shops[0]).total())


def test_changes_are_counted_by_column(connection: duckdb.DuckDBPyConnection) -> None:
    one = [(1, 1.0, ("a",)), (2, 2.0, None), (3, None, None)]
    two = [(1, 1.0, ("b",)), (2, 2.5, None), (3, 3.0, ("c",))]
    assert summary(connection, one, two) == (3, 0, 0, 3, 2, 2)


@pytest.mark.parametrize(
    ("other", "changed"), [(0.1 + 0.2, 0), (0.3 * (1 + 1e-8), 1), (-0.3, 1), (None, 1)]
)
def test_the_last_bits_of_a_float_do_not_count(
    connection: duckdb.DuckDBPyConnection, other: float | None, changed: int
) -> None:
    """A sum in another order is the same sum."""
    assert summary(connection, [(1, 0.3, None)], [(1, other, None)])[3] == changed


def test_examples_name_key_column_and_both_values(connection: duckdb.DuckDBPyConnection) -> None:
    """A row that is gone or new has no column."""
    summary(connection, [(1, 1.0, None), (2, 2.0, None)], [(2, 3.0, None), (4, 4.0, None)])
    found = connection.execute(examples_query(COMPARED, ["amount"], 5)).fetchall()
    assert found == [
        ("1", None, "a row", "no row"),
        ("2", "amount", "2.0", "3.0"),
        ("4", None, "no row", "a row"),
    ]
    assert len(connection.execute(examples_query(COMPARED, ["amount"], 2)).fetchall()) == 2


def test_contents_of_several_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """Rows in another order have the same fingerprint, other rows another one."""
    lines: list[Line] = [(1, 1.0, None), (2, 2.0, ("a",))]
    filled(connection, "one", lines)
    filled(connection, "two", lines[::-1])
    held = [
        Held(f"main.{name}", day, tuple(TYPES)) for name in ("one", "two") for day in (DAY, OTHER)
    ]
    found = {row[0]: row[1:] for row in connection.execute(contents_query(held, "day")).fetchall()}
    assert found[0] == found[2]
    assert found[0][0] == 2
    assert found[0] != found[1] == found[3]
