"""Measuring with a real warehouse: sets, reasons, named keys, checks and sources of many dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gapless.declare.calendar import DateFacts
from gapless.declare.gates import Gate, check
from gapless.declare.inputs import first_sufficient, same_date
from gapless.declare.tables import Derived
from gapless.errors import QueryFailed
from gapless.measure import (
    CheckOutcome,
    Named,
    SourceCoverage,
    audit_request,
    measure_choice,
    measure_coverage,
    name_details,
    run_checks,
    stage_expected,
)
from gapless.sql.audit import AuditRequest
from gapless.sql.binding import Scope
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.shop import FIRST, fill, insert_fast_feed, shop_pipeline

SHOP_DAYS = "analytics.shop_days"


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    """Open a shop of four days in which nothing is computed."""
    fill(tmp_path / "shop.duckdb", 4)
    warehouse = DuckDBWarehouse(f"duckdb:///{tmp_path / 'shop.duckdb'}")
    yield warehouse
    warehouse.close()


def day(number: int) -> date:
    """Return a day of the shop; 0 is the first."""
    return FIRST + timedelta(days=number)


def scope(*numbers: int) -> Scope:
    """Return the scope of some days."""
    return Scope("day", tuple(DateFacts(day(n), "2024", FIRST, None, 10) for n in numbers))


def table(**gate: object) -> Derived:
    """Return `shop_days`, with parts of its gate changed."""
    found = shop_pipeline().derived_table(SHOP_DAYS)
    return replace(found, gate=replace(found.gate, **gate))  # type: ignore[arg-type]


def request(
    warehouse: DuckDBWarehouse, rows: str, *numbers: int, published: str | None = None
) -> AuditRequest:
    """Stage rows and the expected set of some days, and ask for their coverage."""
    given = table()
    expected = given.expected
    assert expected is not None
    where = scope(*numbers)
    place = stage_expected(warehouse, given, expected, where, "expected")  # type: ignore[arg-type]
    candidate, columns = warehouse.stage("rows", rows)
    return audit_request(
        given,
        expected,  # type: ignore[arg-type]
        where,
        candidate=candidate,
        columns=tuple(columns),
        expected_place=place,
        published=published,
        guarded=[day(number) for number in numbers],
        live_columns=tuple(columns) if published else (),
    )


ALL = "SELECT day, shop_id, name, region, 1.0 AS amount FROM raw.opening_hours"


class TestCoverage:
    def test_every_date(self, warehouse: DuckDBWarehouse) -> None:
        """Every date of the scope is measured on its own, also one without rows."""
        rows = f"{ALL} WHERE shop_id < 10 AND day <> '{day(2)}'"
        found = measure_coverage(warehouse, request(warehouse, rows, 0, 2))
        assert {one: (c.expected, c.present) for one, c in found.items()} == {
            day(0): (9, 9),
            day(2): (9, 0),
        }

    def test_reasons(self, warehouse: DuckDBWarehouse) -> None:
        """Keys left out of the expected set are counted by their reason."""
        found = measure_coverage(warehouse, request(warehouse, ALL, 0))
        assert found[day(0)].excluded == {"closed_for_good": 1}
        assert found[day(0)].unexpected == 1

    def test_reasons_are_asked_for_when_there_are_any(self, warehouse: DuckDBWarehouse) -> None:
        """Measuring takes one statement, and a second one for reasons where there are some."""
        asked = request(warehouse, ALL, 0, 1, 2, 3)
        before = warehouse.statements
        measure_coverage(warehouse, asked)
        assert warehouse.statements == before + 2
        measure_coverage(warehouse, asked, has_exclusions=False)
        assert warehouse.statements == before + 3

    def test_published_keys(self, warehouse: DuckDBWarehouse) -> None:
        """Keys that are published and not among the rows are lost."""
        warehouse.execute("CREATE SCHEMA analytics")
        warehouse.execute(f"CREATE TABLE {SHOP_DAYS} AS {ALL}")
        rows = f"{ALL} WHERE shop_id BETWEEN 3 AND 9"
        found = measure_coverage(warehouse, request(warehouse, rows, 0, published=SHOP_DAYS))
        assert found[day(0)].lost == 3


class TestNames:
    def test_first_ten(self, warehouse: DuckDBWarehouse) -> None:
        """The first keys of a kind are named for people; the number is always exact."""
        asked = request(warehouse, f"{ALL} WHERE shop_id IN (1, 10)", 0)
        found = measure_coverage(warehouse, asked)
        named = name_details(warehouse, asked, label="name", row_label="name", coverages=found)
        assert [str(key) for key in named[day(0)]["missing"]] == [
            f"Shop {shop:02} ({shop})" for shop in range(2, 10)
        ]
        assert named[day(0)]["unexpected"] == [Named("10", "Shop 10")]
        few = name_details(
            warehouse, asked, label="name", row_label="name", limit=2, coverages=found
        )
        assert [key.key for key in few[day(0)]["missing"]] == ["2", "3"]

    def test_nothing_to_name(self, warehouse: DuckDBWarehouse) -> None:
        """Where nothing is amiss nothing is named, and nothing is looked for."""
        asked = request(warehouse, f"{ALL} WHERE shop_id < 10", 0, 1)
        found = measure_coverage(warehouse, asked)
        before = warehouse.statements
        named = name_details(warehouse, asked, label="name", row_label="name", coverages=found)
        assert (named, warehouse.statements) == ({}, before)

    def test_only_where_there_is_something_to_name(self, warehouse: DuckDBWarehouse) -> None:
        """A date of which all is there is left out, and so is a kind that nowhere occurs."""
        rows = f"{ALL} WHERE shop_id < 10 AND NOT (shop_id = 4 AND day = DATE '{day(1)}')"
        asked = request(warehouse, rows, 0, 1)
        found = measure_coverage(warehouse, asked)
        named = name_details(warehouse, asked, label="name", row_label="name", coverages=found)
        assert named == {day(1): {"missing": [Named("4", "Shop 04")]}}

    def test_without_a_label(self) -> None:
        """A key without a name is shown as it is."""
        assert str(Named("7", None)) == "7"


class TestChecks:
    def test_outcomes_by_date(self, warehouse: DuckDBWarehouse) -> None:
        """A check is one query over all dates, and each date has its own outcome."""
        sql = (
            "SELECT day, shop_id AS entity, shop_id < 9 OR day > partition_start AS ok, 'x' AS "
            "detail FROM candidate CROSS JOIN (SELECT min(day) AS partition_start FROM partitions)"
        )
        before = warehouse.statements
        found = run_checks(warehouse, [check("early", sql)], scope(0, 2), "raw.sales")
        assert warehouse.statements == before + 1
        assert found == {
            day(0): [CheckOutcome("early", True, 9, 1, "9: x")],
            day(2): [CheckOutcome("early", True, 9, 0, None)],
        }

    def test_nothing_examined(self, warehouse: DuckDBWarehouse) -> None:
        """A date of which a check examined nothing has no outcome of it."""
        sql = f"SELECT day, 1 AS entity, TRUE AS ok, '' AS detail FROM s WHERE day > '{day(1)}'"
        sales = shop_pipeline().tables["raw.sales"]
        asked = check("late", sql, {"s": same_date(sales)}, blocking=False)
        found = run_checks(warehouse, [asked], scope(0, 2), "raw.sales")
        assert found == {day(2): [CheckOutcome("late", False, 9, 0, None)]}

    def test_failing_check(self, warehouse: DuckDBWarehouse) -> None:
        """A check that fails to run is an error, never an empty outcome."""
        with pytest.raises(QueryFailed):
            run_checks(warehouse, [check("c", "SELECT no_such")], scope(0), "raw.sales")


class TestSources:
    def test_every_source_in_order(self, warehouse: DuckDBWarehouse) -> None:
        """Sources are measured in the order of preference; one without a table has nothing."""
        for statement in insert_fast_feed(day(1), [1, 2, 10]):
            warehouse.execute(statement)
        pipeline = shop_pipeline()
        absent = pipeline.source("raw.absent", key="shop_id")
        fast, sales = pipeline.tables["raw.fast_feed"], pipeline.tables["raw.sales"]
        asked = request(warehouse, ALL, 0, 1)
        found = measure_choice(
            warehouse,
            first_sufficient(absent, fast, sales, at_least=0.9),
            scope(0, 1),
            ("shop_id",),
            asked.expected,
            warehouse.catalog(),
        )
        assert found == {
            day(0): [
                SourceCoverage("raw.absent", 0, 0, 9, exists=False),
                SourceCoverage("raw.fast_feed", 0, 0, 9),
                SourceCoverage("raw.sales", 9, 9, 9),
            ],
            day(1): [
                SourceCoverage("raw.absent", 0, 0, 9, exists=False),
                SourceCoverage("raw.fast_feed", 3, 2, 9),
                SourceCoverage("raw.sales", 9, 9, 9),
            ],
        }

    def test_table_that_does_not_exist(self, warehouse: DuckDBWarehouse) -> None:
        """Where no source has a table all of them are measured as holding nothing."""
        pipeline = shop_pipeline()
        absent = [pipeline.source(f"raw.absent_{n}", key="shop_id") for n in (1, 2)]
        asked = request(warehouse, ALL, 0)
        choice = first_sufficient(*absent, at_least=0.9)
        found = measure_choice(
            warehouse, choice, scope(0), ("shop_id",), asked.expected, warehouse.catalog()
        )
        assert [source.exists for source in found[day(0)]] == [False, False]
        assert {(s.rows, s.usable, s.expected) for s in found[day(0)]} == {(0, 0, 9)}

    def test_ratio(self) -> None:
        """Where nothing is expected there is no share."""
        assert SourceCoverage("raw.sales", 5, 0, 0).ratio is None
        assert SourceCoverage("raw.sales", 5, 1, 4).ratio == 0.25


def test_another_gate() -> None:
    """Rows may be measured against another gate than that of their table."""
    given = table()
    strict = Gate(coverage=1.0)
    assert given.expected is not None
    asked = audit_request(
        given,
        given.expected,  # type: ignore[arg-type]
        scope(0),
        candidate="memory.main.rows",
        columns=("day", "shop_id"),
        expected_place="memory.main.expected",
        gate=strict,
    )
    assert (asked.gate, asked.group) == (strict, "region")
