"""Which later partitions a bad one reaches, against a walk over every date by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gapless import Pipeline, days_of_season, history, keys_of, last_days, same_date, season_to_date
from gapless.declare.calendar import Calendar
from gapless.partitions import DateRange
from gapless.plan.contents import Contents, Held
from gapless.plan.picture import Picture
from gapless.validate.reach import published_reach, reached_from

START = date(2024, 1, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAYS = 12
WINDOW = 3
WARM_UP = 2


def day(number: int) -> date:
    return START + timedelta(days=number)


def picture() -> Picture:
    """Three tables in a row: the next date's values, a window of three days, a whole season."""
    pipeline = Pipeline("walk", partition="day")
    root = pipeline.source("raw.root", key="id", trusted=True)
    pipeline.calendar(root, season="season")
    copied = pipeline.derived(
        "mart.copied",
        key="id",
        sql="SELECT * FROM root",
        inputs={"root": same_date(root)},
        expected=keys_of(root),
    )
    recent = pipeline.derived(
        "mart.recent",
        key="id",
        sql="SELECT * FROM copied",
        inputs={"copied": history(copied, last_days(WINDOW))},
        expected=keys_of(root),
        warm_up=days_of_season(WARM_UP),
    )
    pipeline.derived(
        "mart.whole",
        key="id",
        sql="SELECT * FROM recent",
        inputs={"recent": history(recent, season_to_date())},
        expected=keys_of(root),
    )
    seasons = [(day(n), "one" if n < DAYS // 2 else "two", 1) for n in range(DAYS)]
    calendar = Calendar.from_rows(seasons, pipeline.calendar_declaration)
    return Picture(pipeline, day(DAYS), NOON, calendar, {}, {}, {}, {})


def season_start(number: int) -> int:
    return 0 if number < DAYS // 2 else DAYS // 2


@given(st.sets(st.integers(0, DAYS - 1)))
def test_reach_equals_a_walk_over_all_dates(bad: set[int]) -> None:
    """Bad copied dates reach those whose three days before hold one, and so on."""
    recent = {
        n for n in range(DAYS) if n - season_start(n) >= WARM_UP and bad & set(range(n - WINDOW, n))
    }
    whole = {n for n in range(DAYS) if recent & set(range(season_start(n), n))}
    expected = {"mart.recent": {day(n) for n in recent}, "mart.whole": {day(n) for n in whole}}
    found = reached_from(picture(), "mart.copied", [day(n) for n in bad])
    assert found == {table: days for table, days in expected.items() if days}


def test_only_what_holds_rows_was_reached() -> None:
    """A partition that was never computed cannot have used anything."""
    seen = picture()
    seen.contents["mart.recent"] = Contents("mart.recent", {day(3): Held(1, 1)})
    reached = reached_from(seen, "mart.copied", [day(1)])
    [reach] = published_reach(seen, reached)
    assert (reach.table, reach.span, reach.partitions) == (
        "mart.recent",
        DateRange(day(3), day(3)),
        1,
    )
