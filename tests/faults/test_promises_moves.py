"""Promise 12 of what moves: a postponed day, a shop of another region, two of one name."""

from __future__ import annotations

from gapless.plan.states import State
from support.shop import insert_fast_feed
from support.shopkeeper import (
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    result,
    sql,
)


def test_postponed_day_is_published_where_it_moved(done: Shopkeeper) -> None:
    """F18: a day that moved to the end of the calendar is complete there."""
    postpone(done, 4, 10)
    done.backfill()
    assert done.standing(SHOP_DAYS, 10).state is State.COMPLETE
    assert done.shops(SHOP_DAYS, 10) == list(range(1, 10))


def test_postponed_day_changes_the_windows_behind_it(done: Shopkeeper) -> None:
    """F18: the days after the old date wait until what moved away is removed, then forget it."""
    postpone(done, 4, 10)
    assert done.backfill().exit_code == 1
    for table in TABLES:
        advice = done.standing(table, 4).reason.partition("remove them: ")[2]
        assert advice.startswith(f"DELETE FROM {table} ")
        done.change(advice)
    assert done.backfill().exit_code == 0
    usual = done.rows(f"SELECT usual FROM {DAILY_SUMMARY} WHERE day = {sql(5)} AND shop_id = 1")
    assert usual == [(sum((100, 101, 102, 103)) / 4,)]


def test_shop_that_moved_region_is_served_from_its_new_one(shop: Shopkeeper) -> None:
    """F18: like a traded player's: the stale row of the old region is passed over and filled."""
    shop.open_more(4, "south", 11, 12)
    shop.change(
        *insert_fast_feed(day(4), (*range(1, 10), 11, 12)),
        "UPDATE raw.fast_feed SET region = 'south', amount = -99 WHERE shop_id = 3",
    )
    assert shop.backfill().exit_code == 0
    rows = shop.rows(f"SELECT origin, amount FROM {DAILY_SUMMARY} WHERE day={sql(4)} AND shop_id=3")
    assert rows == [("complete", 304.0)]


def test_two_shops_of_one_name_stay_two(shop: Shopkeeper) -> None:
    """F18: names are for people; rows are told apart by their keys."""
    shop.change("UPDATE raw.opening_hours SET name = 'Twin' WHERE shop_id IN (1, 2)")
    assert shop.backfill().exit_code == 0
    shop.lose_sales(4, 1)
    found = result(shop.backfill(SHOP_DAYS), SHOP_DAYS, 4)
    assert "lost, first: Twin (1)" in found.reason or "Twin (1)" in found.reason


def postpone(shop: Shopkeeper, number: int, to: int) -> None:
    """Move everything raw of one day to another."""
    for table in ("raw.opening_hours", "raw.sales"):
        shop.change(f"UPDATE {table} SET day = {sql(to)} WHERE day = {sql(number)}")
