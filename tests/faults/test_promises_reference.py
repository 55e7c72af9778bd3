"""Promises 5 and 6: empty must be proved, and the reference is checked first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gapless import (
    by_path,
    check,
    expected_by_path,
    expected_query,
    first_sufficient,
    history,
    keys_of,
    query,
    same_date,
    season_to_date,
)
from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source
from gapless.plan.states import State
from gapless.run.report import RunReport
from gapless.verbs.backfill import backfill
from gapless.verbs.selection import Selection
from support.shop import FIRST, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    one_table_pipeline,
    outcomes,
    result,
    sql,
)

REGION = "mart.region"
"""A table whose expected set is a query over a reference."""


def region_pipeline(*, choice: bool = False) -> Pipeline:
    """Expect the shops of a region that the reference may or may not know."""
    pipeline = one_table_pipeline()
    opening_hours, sales = pipeline.table("raw.opening_hours"), pipeline.table("raw.sales")
    spare = pipeline.source("raw.spare_sales", key="shop_id")
    pipeline.derived(
        REGION,
        key="shop_id",
        sql="SELECT day, shop_id, amount FROM feed",
        inputs={
            "feed": first_sufficient(sales, spare, at_least=0.9) if choice else same_date(sales)
        },
        expected=expected_query(
            "SELECT day, shop_id FROM hours WHERE NOT closed_for_good AND name IS NOT NULL",
            {"hours": same_date(opening_hours)},
        ),
    )
    return pipeline


# -- 5: empty must be proved -----------------------------------------------------------------


def test_day_without_anything_on_the_calendar_is_proved_empty(shop: Shopkeeper) -> None:
    """A day between two others on which no shop opens expects nothing, and says why."""
    shop.change(*(f"DELETE FROM raw.{t} WHERE day = {sql(4)}" for t in ("opening_hours", "sales")))
    report = shop.backfill(SHOP_DAYS, dates=[day(3), day(4), day(5)])
    assert outcomes(report, SHOP_DAYS) == {3: "published", 4: "nothing_expected", 5: "published"}
    assert report.exit_code == 0
    expected = f"no shops scheduled between {day(3)} and {day(5)}"
    assert result(report, SHOP_DAYS, 4).reason == expected


def test_scheduled_day_without_source_rows_is_not_empty(shop: Shopkeeper) -> None:
    """F5: no sales on a day on which shops open is a gap, not a quiet day."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    report = shop.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "blocked"
    assert "no rows, although 10 shops are scheduled" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 1


def test_emptied_reference_is_not_an_empty_day(done: Shopkeeper) -> None:
    """F5: when the computed reference lost its rows, nothing that expects its keys passes."""
    done.change(
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)}",
        f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(4)}",
    )
    report = done.backfill(COMPLETE_FEED)
    assert outcomes(report, COMPLETE_FEED)[4] == "blocked"
    assert report.exit_code == 1
    assert done.table(COMPLETE_FEED, 4) == []


def test_reference_query_that_finds_nothing_is_unknown(shop: Shopkeeper) -> None:
    """F5: an expected set that came out empty on a scheduled day is unknown, with exit code 4."""
    shop.change(f"UPDATE raw.opening_hours SET name = NULL WHERE day = {sql(4)}")
    report = shop.using(region_pipeline()).backfill(REGION)
    found = result(report, REGION, 4)
    assert (found.outcome, found.state) == ("refused", State.UNKNOWN)
    assert "expected set is empty although the calendar has something" in found.reason
    assert report.exit_code == 4
    assert shop.table(REGION, 4) == []
    assert outcomes(report, REGION)[5] == "published"


def test_reference_that_finds_nothing_is_unknown_with_a_source_choice(shop: Shopkeeper) -> None:
    """An empty expected set is unknown also where sources are measured against it."""
    shop.change(f"UPDATE raw.opening_hours SET name = NULL WHERE day = {sql(4)}")
    report = shop.using(region_pipeline(choice=True)).backfill(REGION)
    assert result(report, REGION, 4).state is State.UNKNOWN
    assert report.exit_code == 4


def test_empty_expected_set_cannot_be_forced(shop: Shopkeeper) -> None:
    """Unknown blocks even with --force: nobody can vouch for what was not measured."""
    shop.change(f"UPDATE raw.opening_hours SET name = NULL WHERE day = {sql(4)}")
    report = shop.using(region_pipeline()).backfill(REGION, dates=[day(4)], force="let me")
    assert result(report, REGION, 4).outcome == "refused"
    assert shop.publications() == {}


def test_date_outside_the_calendar_is_unknown(shop: Shopkeeper) -> None:
    """Of a date before or after the known calendar nothing can be said: exit code 4."""
    report = shop.backfill(SHOP_DAYS, dates=[FIRST - timedelta(days=1), day(0), day(10)])
    assert outcomes(report, SHOP_DAYS) == {-1: "unknown", 0: "published", 10: "unknown"}
    assert report.exit_code == 4


def test_empty_calendar_starts_nothing(shop: Shopkeeper) -> None:
    """A calendar table without rows proves nothing empty: the run is refused."""
    shop.change("DELETE FROM raw.opening_hours")
    found = shop.command("backfill")
    assert found.exit_code == 3
    assert "raw.opening_hours holds nothing" in found.err
    assert shop.publications() == {}


def test_date_taken_off_the_calendar_does_not_hide_its_rows(done: Shopkeeper) -> None:
    """F18: rows published on a date that moved away are not `nothing expected`."""
    move_day_away(done)
    assert done.standing(SHOP_DAYS, 4).state not in (State.NOTHING_EXPECTED, State.COMPLETE)
    assert done.status(dates=[day(4)]).exit_code != 0


def test_date_taken_off_the_calendar_feeds_nobody(done: Shopkeeper) -> None:
    """F18: what was published on a date that moved away does not go on feeding later windows."""
    move_day_away(done)
    report = done.backfill(SHOP_DAYS, dates=[day(n) for n in range(10)])
    assert done.table(SHOP_DAYS, 4) == [] or report.exit_code != 0


def move_day_away(shop: Shopkeeper) -> None:
    """Postpone day 4: nothing is scheduled on it any more, and no sale is dated by it."""
    for table in ("raw.opening_hours", "raw.sales"):
        shop.change(f"DELETE FROM {table} WHERE day = {sql(4)}")


# -- 6: the reference is checked first -------------------------------------------------------


def test_incomplete_reference_blocks(shop: Shopkeeper) -> None:
    """What expects the keys of a table waits until that table is complete, up to the sources."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    report = shop.backfill()
    assert result(report, SHOP_DAYS, 4).outcome == "blocked"
    assert result(report, COMPLETE_FEED, 4).outcome == "blocked"
    assert report.exit_code == 1


def test_incomplete_reference_blocks_a_table_asked_for_alone(shop: Shopkeeper) -> None:
    """Naming only the last table does not compute it from references that are not there."""
    report = shop.backfill(DAILY_SUMMARY)
    assert set(outcomes(report, DAILY_SUMMARY).values()) == {"warm_up", "blocked"}
    assert report.exit_code == 1
    assert shop.publications() == {}


def test_reference_that_was_changed_behind_the_back_blocks(done: Shopkeeper) -> None:
    """A complete publication of the reference does not vouch for rows that were exchanged."""
    done.change(
        f"UPDATE {SHOP_DAYS} SET shop_id = 77 WHERE day = {sql(4)} AND shop_id = 3",
        f"DELETE FROM {COMPLETE_FEED}",
    )
    report = done.backfill(COMPLETE_FEED)
    assert outcomes(report, COMPLETE_FEED)[4] == "blocked"
    assert done.table(COMPLETE_FEED, 4) == []


def test_hole_in_a_window_blocks_every_date_it_reaches(shop: Shopkeeper) -> None:
    """A gap in the history blocks the dates whose windows hold it, and no earlier ones."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    found = outcomes(shop.backfill(), DAILY_SUMMARY)
    assert {number for number, outcome in found.items() if outcome == "blocked"} == set(
        range(4, 10)
    )


def test_preflight_names_the_cause_once(shop: Shopkeeper) -> None:
    """Of a chain of blocked tables preflight names the one source that stands in the way."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    found = shop.preflight()
    [finding] = [f for f in found.findings if f.code == "input_incomplete"]
    assert (finding.table, finding.dates) == ("raw.sales", [day(4)])
    assert found.exit_code == 1


def test_dates_of_another_type_are_refused_by_name(shop: Shopkeeper) -> None:
    """A source dated by moments instead of days is a mistake with a name, not a crash."""
    shop.change("ALTER TABLE raw.sales ALTER COLUMN day TYPE TIMESTAMP")
    found = shop.command("backfill")
    assert found.exit_code in (1, 2, 3)
    assert "raw.sales" in found.out + found.err
    assert shop.publications() == {}


def test_check_that_reads_an_incomplete_table_waits_for_it(shop: Shopkeeper) -> None:
    """The tables a check compares with are references, too."""
    pipeline = one_table_pipeline()
    till = pipeline.source("raw.till", key="shop_id")
    agrees = check(
        "till_agrees",
        "SELECT c.day, c.shop_id AS entity, c.amount = t.amount AS ok, '' AS detail "
        "FROM candidate AS c JOIN till AS t USING (day, shop_id)",
        {"till": same_date(till)},
    )
    shop.change(f"CREATE TABLE raw.till AS FROM raw.sales WHERE day <> {sql(4)}")
    report = shop.using(checked(pipeline, SHOP_DAYS, agrees)).backfill()
    assert outcomes(report, SHOP_DAYS) == {
        number: "blocked" if number == 4 else "published" for number in range(10)
    }


# -- warm-up and the day still going on ------------------------------------------------------


def test_last_warm_up_day_and_first_after_it(shop: Shopkeeper) -> None:
    """F19: the last warm-up day holds no row and says so; the first after it is complete."""
    report = shop.backfill()
    found = outcomes(report, DAILY_SUMMARY)
    assert (found[1], found[2]) == ("warm_up", "published")
    assert result(report, DAILY_SUMMARY, 1).reason == (
        "day 1 of the season; expected from day 2 on"
    )
    assert shop.table(DAILY_SUMMARY, 1) == []
    assert len(shop.table(DAILY_SUMMARY, 2)) == 9


def test_new_season_warms_up_again(shop: Shopkeeper) -> None:
    """F19: days of the season are counted from its own first date."""
    shop.change(f"UPDATE raw.opening_hours SET season = '2025' WHERE day >= {sql(6)}")
    found = outcomes(shop.backfill(), DAILY_SUMMARY)
    assert {number for number, outcome in found.items() if outcome == "warm_up"} == {0, 1, 6, 7}


def test_warm_up_day_is_settled_for_its_readers(shop: Shopkeeper) -> None:
    """A window that reaches into the warm-up of its own input is not blocked by it."""
    pipeline = shop_pipeline()
    summary = pipeline.derived_table(DAILY_SUMMARY)
    shop_days = pipeline.table(SHOP_DAYS)
    pipeline.derived(
        "mart.trend",
        key="shop_id",
        sql="SELECT d.day, d.shop_id, (SELECT count(*) FROM past AS p "
        "WHERE p.shop_id = d.shop_id AND p.day < d.day) AS days FROM shop_days AS d",
        inputs={"shop_days": same_date(shop_days), "past": history(summary, season_to_date())},
        expected=keys_of(shop_days),
    )
    report = shop.using(pipeline).backfill()
    assert report.exit_code == 0
    assert shop.rows("SELECT DISTINCT day, days FROM mart.trend ORDER BY 1")[:4] == [
        (day(0), 0),
        (day(1), 0),
        (day(2), 0),
        (day(3), 1),
    ]


def test_day_to_come_is_not_asked_of_the_sources(shop: Shopkeeper) -> None:
    """A trusted list of days to come is complete although nothing has been sold on them."""
    pipeline = one_table_pipeline()
    hours = pipeline.table("raw.opening_hours")
    assert isinstance(hours, Source)
    pipeline.require(hours, every_row("named", "name IS NOT NULL"))
    pipeline.derived(
        REGION,
        key="shop_id",
        sql="SELECT day, shop_id FROM hours WHERE NOT closed_for_good",
        inputs={"hours": same_date(hours)},
        expected=keys_of(hours, exclude={"closed_for_good": "closed_for_good"}),
    )
    keeper = shop.using(pipeline)
    report = backfill_on(keeper, day(5), Selection(tables=[REGION], dates=[day(8)]))
    assert outcomes(report, REGION) == {8: "published"}


def test_day_that_was_played_out_is_looked_at_again(shop: Shopkeeper) -> None:
    """What was published of a day to come is looked at again once it is over."""
    keeper = shop.using(roster_pipeline())
    assert backfill_on(keeper, day(4), Selection(tables=[REGION], dates=[day(4)])).exit_code == 0
    assert shop.shops(REGION, 4) == list(range(1, 10))
    shop.lose_sales(4, 1, 2, 3)
    report = backfill_on(keeper, day(5), Selection(tables=[REGION], dates=[day(4)]))
    assert outcomes(report, REGION) == {4: "published"}
    assert shop.shops(REGION, 4) == [4, 5, 6, 7, 8, 9]


def test_day_that_is_over_loses_nobody_afterwards(shop: Shopkeeper) -> None:
    """Once published as a day that is over, a day loses no key any more."""
    keeper = shop.using(roster_pipeline())
    assert backfill_on(keeper, day(5), Selection(tables=[REGION], dates=[day(4)])).exit_code == 0
    shop.lose_sales(4, 1)
    report = backfill_on(keeper, day(5), Selection(tables=[REGION], dates=[day(4)]))
    assert outcomes(report, REGION) == {4: "refused"}
    assert shop.shops(REGION, 4) == list(range(1, 10))


def roster_pipeline() -> Pipeline:
    """Expect every open shop of a day to come, and those that sold of a day that is over."""
    pipeline = one_table_pipeline()
    hours, sales = pipeline.table("raw.opening_hours"), pipeline.table("raw.sales")
    pipeline.derived(
        REGION,
        key="shop_id",
        sql="SELECT day, shop_id FROM shops",
        inputs={
            "shops": by_path(
                historical=same_date(sales),
                upcoming=query(
                    "SELECT day, shop_id FROM hours WHERE NOT closed_for_good",
                    {"hours": same_date(hours)},
                ),
            )
        },
        expected=expected_by_path(
            historical=keys_of(sales),
            upcoming=keys_of(hours, exclude={"closed_for_good": "closed_for_good"}),
        ),
    )
    return pipeline


def test_today_raises_no_alarm(shop: Shopkeeper) -> None:
    """The day still going on is not asked for, although the calendar has it."""
    report = backfill_on(shop, day(7), Selection())
    assert sorted(outcomes(report, SHOP_DAYS)) == list(range(7))
    assert report.exit_code == 0


def backfill_on(shop: Shopkeeper, today: date, selection: Selection) -> RunReport:
    """Backfill as if it were noon of a day."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    with shop.opened() as workspace:
        return backfill(replace(workspace, clock=Clock.fixed(noon)), selection).report
