"""The picture is read in a handful of queries, and an unreadable calendar is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gapless.declare.calendar import CalendarDeclaration, DateFacts, DayKind
from gapless.declare.tables import Source
from gapless.errors import GaplessError, PreflightRefused
from gapless.partitions import DateRange
from gapless.plan.reading import needed_dates, read_calendar, read_contents, read_picture
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.shop import change, fill, shop_pipeline
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day

HOURS = "raw.opening_hours"


@pytest.fixture
def warehouse(fresh: Look) -> Iterator[DuckDBWarehouse]:
    """Open a shop in which nothing is computed."""
    warehouse = DuckDBWarehouse(f"duckdb:///{fresh.folder / 'shop.duckdb'}")
    yield warehouse
    warehouse.close()


class TestCalendar:
    def test_scheduled_dates(self, warehouse: DuckDBWarehouse) -> None:
        """The calendar holds the dates of its trusted table, with their units."""
        calendar = read_calendar(warehouse, shop_pipeline(), [HOURS])
        assert calendar.ordered == [day(number) for number in (0, 1, 2, 4, 5, 6)]
        assert calendar.dates[day(0)] == DateFacts(day(0), "2024", day(0), None, 10)
        assert calendar.kind(day(3)) is DayKind.EMPTY

    @pytest.mark.parametrize("known", [[], [HOURS]])
    def test_nothing_known(self, warehouse: DuckDBWarehouse, known: list[str]) -> None:
        """Without a table, or with an empty one, nothing is started; the text says what to do."""
        warehouse.execute(f"DELETE FROM {HOURS}")
        with pytest.raises(PreflightRefused, match="gapless load") as caught:
            read_calendar(warehouse, shop_pipeline(), known)
        assert caught.value.what == (
            f"The calendar table {HOURS} holds nothing; no date can be expected or proved empty."
        )

    @pytest.mark.parametrize("column", ["day", "season"])
    def test_row_without_a_date_or_season(self, warehouse: DuckDBWarehouse, column: str) -> None:
        """A row of the trusted table without a date or a season is refused in words."""
        warehouse.execute(
            f"INSERT INTO {HOURS} SELECT * REPLACE (NULL AS {column}) FROM {HOURS} LIMIT 1"
        )
        with pytest.raises(GaplessError, match=column):
            read_calendar(warehouse, shop_pipeline(), [HOURS])


class TestNeededDates:
    def needed(self, warehouse: DuckDBWarehouse, table: str, *numbers: int) -> dict[str, DateRange]:
        """Return which dates of which tables some partitions depend on."""
        pipeline = shop_pipeline()
        calendar = read_calendar(warehouse, pipeline, [HOURS])
        span = DateRange(day(min(numbers)), day(max(numbers)))
        return needed_dates(pipeline, calendar, [pipeline.derived_table(table)], span)

    def test_same_date(self, warehouse: DuckDBWarehouse) -> None:
        """Inputs of the same date are needed on the dates asked for."""
        span = DateRange(day(4), day(5))
        assert self.needed(warehouse, COMPLETE_FEED, 4, 5) == {
            COMPLETE_FEED: span,
            SHOP_DAYS: span,
            "raw.sales": span,
            HOURS: span,
        }

    def test_history(self, warehouse: DuckDBWarehouse) -> None:
        """A history is needed from the first date of its window, and what it reads as well."""
        needed = self.needed(warehouse, DAILY_SUMMARY, 5)
        assert needed[SHOP_DAYS] == needed["raw.sales"] == DateRange(day(0), day(5))
        assert needed[COMPLETE_FEED] == DateRange(day(5), day(5))

    def test_nothing_scheduled(self, warehouse: DuckDBWarehouse) -> None:
        """Dates on which nothing is scheduled need no other."""
        assert set(self.needed(warehouse, DAILY_SUMMARY, 3)) == {DAILY_SUMMARY}


def statements(tmp_path: Path, days: int) -> int:
    """Count the statements that a picture of so many days takes."""
    file = tmp_path / f"{days}.duckdb"
    fill(file, days)
    pipeline = shop_pipeline()
    warehouse = DuckDBWarehouse(f"duckdb:///{file}")
    try:
        catalog = warehouse.catalog()
        calendar = read_calendar(warehouse, pipeline, catalog)
        before = warehouse.statements
        read_picture(
            warehouse,
            pipeline,
            catalog=catalog,
            calendar=calendar,
            today=date(2025, 1, 1),
            now=datetime(2025, 1, 1, 12, tzinfo=UTC),
            tables=pipeline.derived_tables,
            span=DateRange(day(0), day(days - 1)),
        )
        return warehouse.statements - before
    finally:
        warehouse.close()


def test_statements_do_not_grow_with_dates(tmp_path: Path) -> None:
    """A picture of forty days takes as many statements as one of three."""
    assert statements(tmp_path, 40) == statements(tmp_path, 3)


class TestContents:
    def test_rows_by_date(self, warehouse: DuckDBWarehouse) -> None:
        """What a table holds is read by date, within the range and no further."""
        catalog, pipeline = warehouse.catalog(), shop_pipeline()
        span = DateRange(day(1), day(3))
        contents = read_contents(warehouse, pipeline, catalog, "raw.sales", span)
        assert {one: held.rows for one, held in contents.held.items()} == {day(1): 9, day(2): 9}

    def test_table_that_is_not_there(self, warehouse: DuckDBWarehouse) -> None:
        """A table that does not exist yet holds nothing."""
        span = DateRange(day(0), day(6))
        contents = read_contents(warehouse, shop_pipeline(), {}, SHOP_DAYS, span)
        assert contents.held == {}


def test_season_starts_of_the_declaration(tmp_path: Path) -> None:
    """Season starts that are declared count before those of the table."""
    fill(tmp_path / "shop.duckdb", 3)
    change(tmp_path / "shop.duckdb", f"UPDATE {HOURS} SET season = 'x'")
    pipeline = shop_pipeline()
    hours = pipeline.tables[HOURS]
    assert isinstance(hours, Source)
    pipeline.calendar(hours, season="season", season_starts={"x": date(2023, 12, 1)})
    assert isinstance(pipeline.calendar_declaration, CalendarDeclaration)
    warehouse = DuckDBWarehouse(f"duckdb:///{tmp_path / 'shop.duckdb'}", read_only=True)
    try:
        calendar = read_calendar(warehouse, pipeline, [HOURS])
        assert calendar.dates[day(0)].day_of_season == 31
    finally:
        warehouse.close()
