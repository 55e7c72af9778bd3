"""What is not there is flagged key by key, also where nothing was tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gapless import same_date
from gapless.declare.tables import Source
from gapless.ledger.interface import Category
from support.failures import failures, flag, said
from support.shop_fixtures import computed, done, pristine, shop
from support.shopkeeper import (
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    one_table_pipeline,
    sql,
)

__all__ = ["computed", "done", "pristine", "shop"]


def test_flagging_a_complete_shop_records_nothing(done: Shopkeeper) -> None:
    found = flag(done)
    assert (found.exit_code, found.partitions, found.recorded, found.known) == (0, 30, 0, 0)
    assert failures(done) == []


def test_rows_taken_away_behind_a_publication_are_lost(done: Shopkeeper) -> None:
    """The inputs hold them and so did the publication."""
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id IN (1, 2)")
    found = flag(done, SHOP_DAYS)
    assert (found.exit_code, len(found.incomplete), found.recorded) == (1, 1, 3)
    assert said(done, SHOP_DAYS, 4) == {
        **dict.fromkeys(["1", "2"], ("lost", "it was published, and its row is gone")),
        "10": ("excluded", "closed_for_good"),
    }
    again = flag(done, SHOP_DAYS)
    assert (again.recorded, again.known) == (0, 3)


def test_what_was_flagged_is_resolved_by_a_backfill_and_by_flagging(done: Shopkeeper) -> None:
    """Through any door: here the rows come back by themselves."""
    done.change(
        f"CREATE TABLE raw.kept AS FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id <= 2",
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id <= 2",
    )
    flag(done, SHOP_DAYS)
    done.change(f"INSERT INTO {SHOP_DAYS} FROM raw.kept")
    found = flag(done, SHOP_DAYS)
    assert (found.exit_code, found.resolved) == (0, 2)
    assert failures(done, unresolved=True) == []


def test_what_was_never_computed_is_named_key_by_key(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1)
    found = flag(shop, SHOP_DAYS, dates=[day(4)])
    assert found.exit_code == 1
    named = said(shop, SHOP_DAYS, 4)
    assert named["1"] == ("missing_upstream", "no row of it in raw.sales")
    assert named["2"] == ("not_computed", "not computed: never published")
    assert len(named) == 10


def test_where_no_key_is_known_the_partition_is_one_entry(shop: Shopkeeper) -> None:
    """What the summary expects is in a table that does not exist yet."""
    flag(shop, DAILY_SUMMARY, dates=[day(4)])
    [one] = failures(shop)
    assert (one.entity, one.category) == ("", Category.MISSING_UPSTREAM)
    assert SHOP_DAYS in one.reason


def test_stale_dates_without_a_missing_key_are_counted(done: Shopkeeper) -> None:
    """They need attention, and nothing of them is missing: both is said."""
    done.change(f"UPDATE raw.sales SET amount = 5 WHERE day = {sql(4)} AND shop_id = 3")
    found = flag(done, SHOP_DAYS)
    assert found.exit_code == 1
    assert [one.partition for one in found.nothing_missing] == [day(4)]
    assert found.recorded == 0


def test_a_date_that_is_not_closed_yet_is_no_alarm(shop: Shopkeeper) -> None:
    """Its sales may come in for another year; nobody is told that they are missing."""
    shop.lose_sales(9, *range(1, 10))
    pipeline = one_table_pipeline()
    sales = pipeline.table("raw.sales")
    assert isinstance(sales, Source)
    pipeline.tables["raw.sales"] = patient = replace(sales, settle=timedelta(days=366))
    pipeline.tables[SHOP_DAYS] = replace(
        pipeline.derived_table(SHOP_DAYS), inputs={"sales": same_date(patient)}
    )
    [found] = shop.using(pipeline).status(SHOP_DAYS, dates=[day(9)]).standings
    assert found.not_yet, "nothing is shown otherwise"
    assert flag(shop.using(pipeline), SHOP_DAYS, dates=[day(9)]).exit_code == 0
    assert failures(shop) == []


def test_flagging_changes_nothing_in_the_warehouse(done: Shopkeeper) -> None:
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)}")
    before = done.everything()
    flag(done)
    assert done.everything() == before
