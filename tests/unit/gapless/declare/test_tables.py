"""Derived tables list what decides what they hold and what they must hold."""

from __future__ import annotations

from gapless.declare.expected import expected_by_path, expected_query, keys_of
from gapless.declare.gates import Gate, check
from gapless.declare.inputs import Read, history, same_date
from gapless.declare.tables import Derived, Source, StandIn
from gapless.declare.windows import last_days
from gapless.partitions import Path

SALES, HOURS, STAFF = (Source(f"raw.{name}", ("shop_id",)) for name in ("sales", "hours", "staff"))
TABLE = Derived(
    "mart.totals",
    ("shop_id",),
    inputs={"sales": same_date(SALES)},
    expected=expected_by_path(
        historical=keys_of(HOURS),
        upcoming=expected_query("SELECT 1", {"staff": history(STAFF, last_days(7))}),
    ),
    gate=Gate(checks=(check("sums", "SELECT 1", {"before": history(SALES, last_days(1))}),)),
)


def test_parts_of_a_name() -> None:
    """A name is a schema and a table."""
    assert (TABLE.schema, TABLE.short_name) == ("mart", "totals")


def test_reads_on_the_historical_path() -> None:
    """Inputs, the reference and what checks read all decide about a past date."""
    assert list(TABLE.reads_on(Path.HISTORICAL)) == [
        Read(SALES, None),
        Read(HOURS, None),
        Read(SALES, last_days(1)),
    ]


def test_reads_on_the_upcoming_path() -> None:
    """On the other path the other expected set counts."""
    assert list(TABLE.expected_reads_on(Path.UPCOMING)) == [
        Read(STAFF, last_days(7)),
        Read(SALES, last_days(1)),
    ]


def test_nothing_expected_on_a_path() -> None:
    """A table may expect nothing on one path."""
    only_past = Derived(
        "mart.past", ("shop_id",), expected=expected_by_path(historical=keys_of(HOURS))
    )
    assert only_past.expected_on(Path.UPCOMING) is None
    assert only_past.expected_on(Path.HISTORICAL) == keys_of(HOURS)


def test_a_stand_in_is_known_by_the_name_it_stands_for() -> None:
    """Rows that it feeds say they come from the table, wherever they are read."""
    stand_in = StandIn("memory.main.leaks_1", ("shop_id",), stands_for="raw.sales")
    assert (stand_in.name, stand_in.known_as) == ("memory.main.leaks_1", "raw.sales")
    assert SALES.known_as == "raw.sales"
