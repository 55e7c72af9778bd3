"""Promise 12 of windows: each holds exactly its days, and never its own date."""

from __future__ import annotations

from gapless import History, SameDate, history, keys_of, last_days, same_date
from gapless.declare.pipeline import Pipeline
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    day,
    one_table_pipeline,
    sql,
    touched,
)

WEEK = "mart.week"


def test_window_of_days_holds_exactly_its_days(shop: Shopkeeper) -> None:
    """F13: of a three-day window only the three days after the hole are stale."""
    keeper = shop.using(week_pipeline(3))
    assert keeper.backfill().exit_code == 0
    shop.change(f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(4)} AND shop_id = 1")
    report = keeper.backfill()
    assert touched(report) == {(SHOP_DAYS, 4), *((WEEK, number) for number in (4, 5, 6, 7))}
    assert keeper.stale() == set()


def test_own_date_is_no_part_of_its_window(shop: Shopkeeper) -> None:
    """A change on D does not make a table stale on D that reads only what was before D."""
    keeper = shop.using(week_pipeline(3, reads_own_date=False))
    assert keeper.backfill().exit_code == 0
    shop.change(f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(4)} AND shop_id = 1")
    report = keeper.backfill()
    assert touched(report) == {(SHOP_DAYS, 4), *((WEEK, number) for number in (5, 6, 7))}
    assert keeper.stale() == set()


def test_window_offers_no_row_of_its_own_day(shop: Shopkeeper) -> None:
    """What a SELECT is given as history ends the day before, even if it does not ask for that."""
    pipeline = one_table_pipeline()
    opening_hours, shop_days = pipeline.table("raw.opening_hours"), pipeline.table(SHOP_DAYS)
    pipeline.derived(
        WEEK,
        key="shop_id",
        sql="SELECT h.day, h.shop_id, (SELECT count(*) FROM past AS p "
        "WHERE p.shop_id = h.shop_id) AS days FROM hours AS h WHERE NOT h.closed_for_good",
        inputs={"hours": same_date(opening_hours), "past": history(shop_days, last_days(3))},
        expected=keys_of(opening_hours, exclude={"closed_for_good": "closed_for_good"}),
    )
    keeper = shop.using(pipeline)
    assert keeper.backfill(SHOP_DAYS).exit_code == 0
    assert keeper.backfill(WEEK, chunk_size=1).exit_code == 0
    counted = shop.rows(f"SELECT DISTINCT day, days FROM {WEEK} ORDER BY day")
    assert counted == [(day(number), min(number, 3)) for number in range(10)]


def week_pipeline(days: int, *, reads_own_date: bool = True) -> Pipeline:
    """Sum up the days before each day; expected are the shops that are open."""
    pipeline = one_table_pipeline()
    opening_hours, shop_days = pipeline.table("raw.opening_hours"), pipeline.table(SHOP_DAYS)
    inputs: dict[str, SameDate | History] = {
        "hours": same_date(opening_hours),
        "past": history(shop_days, last_days(days)),
    }
    if reads_own_date:
        inputs["today"] = same_date(shop_days)
    own = "JOIN today AS t USING (day, shop_id) " if reads_own_date else ""
    pipeline.derived(
        WEEK,
        key="shop_id",
        sql="SELECT h.day, h.shop_id, (SELECT sum(p.amount) FROM past AS p WHERE "
        f"p.shop_id = h.shop_id AND p.day < h.day AND p.day >= h.day - {days}) AS total "
        f"FROM hours AS h {own}WHERE NOT h.closed_for_good",
        inputs=inputs,
        expected=keys_of(opening_hours, exclude={"closed_for_good": "closed_for_good"}),
    )
    return pipeline
