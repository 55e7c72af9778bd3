"""Dates that look unlike the dates before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gapless.declare.calendar import DateFacts
from gapless.declare.pipeline import Pipeline
from gapless.plan.picture import Picture
from gapless.plan.reading import read_calendar
from gapless.validate.neighbours import Unlike, unlike_neighbours
from gapless.warehouse.duckdb import DuckDBWarehouse

START = date(2024, 1, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROWS = 40


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    opened = DuckDBWarehouse(f"duckdb:///{tmp_path / 'readings.duckdb'}")
    yield opened
    opened.close()


def day(number: int) -> date:
    return START + timedelta(days=number)


def readings(
    warehouse: DuckDBWarehouse,
    days: int,
    odd: Mapping[int, str],
    seasons: str = "'one'",
    selected: Sequence[int] | None = None,
) -> list[Unlike]:
    """Compare days of 40 readings around 100; `odd` says in SQL what is read on some days."""
    pipeline = Pipeline("readings", partition="day")
    table = pipeline.source("raw.readings", key="sensor", trusted=True)
    pipeline.calendar(table, season="season")
    cases = " ".join(f"WHEN {number} THEN {value}" for number, value in odd.items())
    usual = "(100 + hash(n * 1000 + sensor) % 21 - 10)::DOUBLE"
    value = f"CASE n {cases} ELSE {usual} END" if cases else usual
    warehouse.execute("CREATE SCHEMA raw")
    warehouse.execute(
        f"CREATE TABLE raw.readings AS SELECT DATE '{START}' + n::INTEGER AS day, "
        f"{seasons} AS season, sensor, {value} AS reading, sensor % 2 = 0 AS is_even "
        f"FROM range({days}) AS days(n), range({ROWS}) AS sensors(sensor)"
    )
    catalog = warehouse.catalog()
    calendar = read_calendar(warehouse, pipeline, catalog)
    picture = Picture(pipeline, day(days), NOON, calendar, catalog, {}, {}, {})
    chosen = range(days) if selected is None else selected
    dates: list[DateFacts] = [calendar.dates[day(number)] for number in chosen]
    return [u for u in unlike_neighbours(warehouse, picture, table, dates) if u.column != "season"]


def test_days_that_differ_by_chance_are_alike(warehouse: DuckDBWarehouse) -> None:
    assert readings(warehouse, 60, {}) == []


def test_a_hole_in_a_column_is_unlike(warehouse: DuckDBWarehouse) -> None:
    """A quarter of the readings of one day are NULL; the days after are like the days before."""
    [found] = readings(warehouse, 60, {40: "CASE WHEN sensor >= 10 THEN 100 END"})
    assert (found.day, found.column, found.measure) == (day(40), "reading", "nulls")
    assert (found.found, found.usual, found.neighbours) == (0.25, 0, 30)
    assert str(found) == "reading: 25 % NULL, 0 % over the 30 dates before"


def test_a_mean_that_falls_out_is_unlike(warehouse: DuckDBWarehouse) -> None:
    [found] = readings(warehouse, 60, {40: "130 + sensor % 3"})
    assert (found.day, found.measure) == (day(40), "mean")
    assert found.found == pytest.approx(131, abs=0.1)
    assert found.usual == pytest.approx(100, abs=1)


def test_a_day_is_no_part_of_its_own_baseline(warehouse: DuckDBWarehouse) -> None:
    """So large a value would hide itself if it widened the spread it is measured by."""
    [found] = readings(warehouse, 60, {40: "1e9"})
    assert found.day == day(40)
    assert found.usual < 200


def test_days_after_an_odd_one_are_not_blamed_for_it(warehouse: DuckDBWarehouse) -> None:
    odd = readings(warehouse, 60, {40: "1e9"})
    assert [found.day for found in odd] == [day(40)]


def test_a_column_that_is_filled_later_on_is_no_hole(warehouse: DuckDBWarehouse) -> None:
    """Windows that need fifteen games begin with NULLs by design."""
    late = dict.fromkeys(range(20), "NULL")
    assert readings(warehouse, 60, late) == []


def test_few_neighbours_prove_nothing(warehouse: DuckDBWarehouse) -> None:
    assert readings(warehouse, 20, {19: "1e9"}) == []


def test_a_season_begins_without_neighbours(warehouse: DuckDBWarehouse) -> None:
    """What is unlike last season is not unlike this one."""
    level = dict.fromkeys(range(30, 60), "500 + sensor % 3")
    seasons = "CASE WHEN n < 30 THEN 'one' ELSE 'two' END"
    assert readings(warehouse, 60, level, seasons) == []


def test_the_same_change_within_a_season_is_unlike(warehouse: DuckDBWarehouse) -> None:
    """The counterpart: without the new season the first days of the new level stand out."""
    level = dict.fromkeys(range(30, 60), "500 + sensor % 3")
    assert readings(warehouse, 60, level)[0].day == day(30)


@pytest.mark.parametrize("odd", ["CASE WHEN sensor >= 10 THEN 100 END", "1e9"])
def test_one_odd_day_does_not_hide_the_next(warehouse: DuckDBWarehouse, odd: str) -> None:
    found = readings(warehouse, 60, {40: odd, 45: odd})
    assert [unlike.day for unlike in found] == [day(40), day(45)]


def test_the_neighbours_of_a_single_day_are_those_of_the_calendar(
    warehouse: DuckDBWarehouse,
) -> None:
    """Whoever asks about one day hears of it what he would hear in a report of the season."""
    [found] = readings(warehouse, 60, {40: "1e9"}, selected=[40])
    assert (found.day, found.neighbours) == (day(40), 30)
