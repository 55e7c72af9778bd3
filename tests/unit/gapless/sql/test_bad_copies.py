"""Bad copies are as bad as they say, on every date, whatever its size and the types of its key."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from gapless.sql.bad_copies import (
    FEWER_THAN_HALF,
    Original,
    doubled,
    emptied,
    group_sizes_query,
    group_thinned,
    just_below,
    moved,
    one_key_less,
    repeated,
    replaced,
    swapped,
    thinned,
)

ONE, TWO = date(2024, 1, 1), date(2024, 1, 2)
SIZES = {ONE: 10, TWO: 3}


def rows(kind: str = "INTEGER") -> tuple[duckdb.DuckDBPyConnection, Original]:
    """Ten keys on one date and three on the next; each key twice in the group of its parity."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE expected AS SELECT DATE '2024-01-01' + d AS day, "
        f"CAST(k AS {kind}) AS id, CASE WHEN k % 3 = 0 THEN 'a' ELSE 'b' END AS part, "
        "NULL::VARCHAR AS excluded FROM (VALUES (0, 10), (1, 3)) AS dates(d, n), "
        "range(1, 11) AS keys(k) WHERE k <= n"
    )
    connection.execute("INSERT INTO expected VALUES ('2024-01-01', NULL, 'a', 'closed')")
    connection.execute(
        "CREATE TABLE original AS SELECT day, id, 1.5 AS amount FROM expected WHERE id IS NOT NULL"
    )
    columns = {"day": "DATE", "id": kind, "amount": "DECIMAL(2,1)"}
    return connection, Original("original", columns, "day", ("id",), "expected", "part")


def by_date(connection: duckdb.DuckDBPyConnection, select: str, what: str) -> dict[date, Any]:
    query = f"SELECT day, {what} FROM ({select}) GROUP BY 1"
    return dict(connection.execute(query).fetchall())


def test_fewer_than_half_are_left() -> None:
    connection, original = rows()
    assert by_date(connection, thinned(original, FEWER_THAN_HALF), "count(*)") == {ONE: 4, TWO: 1}


@pytest.mark.parametrize(
    ("share", "left"),
    [(0.9, {ONE: 8, TWO: 2}), (0.8, {ONE: 7, TWO: 2}), (1.0, {ONE: 9, TWO: 2}), (0.3, {ONE: 2})],
)
def test_just_below_a_share(share: float, left: dict[date, int]) -> None:
    """One key more would reach it; a date of which nothing may be left has no row."""
    connection, original = rows()
    assert by_date(connection, thinned(original, just_below(share)), "count(*)") == left
    for day, keys in SIZES.items():
        assert left.get(day, 0) / keys < share <= (left.get(day, 0) + 1) / keys


def test_one_key_less_and_one_twice() -> None:
    connection, original = rows()
    assert by_date(connection, one_key_less(original), "count(*)") == {ONE: 9, TWO: 2}
    assert by_date(connection, doubled(original), "count(*) - count(DISTINCT id)") == {
        ONE: 1,
        TWO: 1,
    }


def test_the_smallest_group_goes() -> None:
    """Keys 3, 6 and 9 on the first date, key 3 on the second; or more than half of them."""
    connection, original = rows()
    gone = {ONE: [1, 2, 4, 5, 7, 8, 10], TWO: [1, 2]}
    assert by_date(connection, group_thinned(original), "list(id ORDER BY id)") == gone
    thin = group_thinned(original, FEWER_THAN_HALF)
    assert by_date(connection, thin, "list(id ORDER BY id)") == {
        **gone,
        ONE: sorted([3, *gone[ONE]]),
    }


def test_sizes_of_groups_leave_out_what_is_excluded() -> None:
    connection, _ = rows()
    found = connection.execute(group_sizes_query("expected", "day", "part")).fetchall()
    assert found == [(ONE, 10, 3), (TWO, 3, 1)]
    found = connection.execute(group_sizes_query("expected", "day", None)).fetchall()
    assert found == [(ONE, 10, 10), (TWO, 3, 3)]


@pytest.mark.parametrize("kind", ["INTEGER", "UTINYINT", "HUGEINT", "VARCHAR", "DOUBLE"])
def test_swapped_keys_are_nobodys(kind: str) -> None:
    """As many rows as before, of the same types."""
    connection, original = rows(kind)
    connection.execute(f"CREATE TABLE swapped AS {swapped(original)}")
    known = "SELECT * FROM swapped WHERE EXISTS (FROM expected AS e WHERE e.id = swapped.id)"
    assert by_date(connection, "FROM swapped", "count(*)") == SIZES
    assert by_date(connection, known, "count(*)") == {ONE: 5, TWO: 2}
    assert connection.execute("SELECT DISTINCT typeof(id) FROM swapped").fetchall() == [(kind,)]


def test_a_column_is_emptied_for_more_than_half_of_the_keys() -> None:
    connection, original = rows()
    found = by_date(connection, emptied(original, "amount"), "count(amount)")
    assert found == {ONE: 4, TWO: 1}
    types = connection.execute(
        f"SELECT DISTINCT typeof(amount) FROM ({emptied(original, 'amount')})"
    )
    assert types.fetchall() == [("DECIMAL(2,1)",)]


def test_replaced_columns_keep_their_types_unless_told_otherwise() -> None:
    connection, original = rows()
    select = replaced(original, {"amount": "id / 2", "id": "7"})
    assert by_date(connection, select, "(max(amount), max(id))") == {
        ONE: (Decimal("5.0"), 7),
        TWO: (Decimal("1.5"), 7),
    }
    with pytest.raises(duckdb.Error):
        connection.execute(replaced(original, {"amount": "1000"})).fetchall()
    loose = replaced(original, {"amount": "1000"}, typed=False)
    assert by_date(connection, loose, "max(amount)") == {ONE: 1000, TWO: 1000}


def test_copies_are_moved_and_what_they_are_measured_against_is_repeated() -> None:
    connection, original = rows()
    later = moved("SELECT * FROM original", original.partition, 30)
    assert by_date(connection, later, "count(*)") == {date(2024, 1, 31): 10, date(2024, 2, 1): 3}
    again = repeated("original", original.partition, [0, 30])
    assert by_date(connection, again, "count(*)") == {
        **SIZES,
        date(2024, 1, 31): 10,
        date(2024, 2, 1): 3,
    }
    assert by_date(connection, repeated("original", original.partition, []), "count(*)") == {}
