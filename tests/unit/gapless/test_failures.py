"""Failures by key: why each expected key is not there, and when it was there again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gapless import Gate, Pipeline, first_sufficient, keys_of, same_date
from gapless.failures import ENTITIES_AT_MOST, seen_again
from gapless.ledger.interface import Category, Failure
from gapless.verbs.flagging import flag_incomplete
from gapless.verbs.selection import Selection
from gapless.verbs.workspace import Workspace
from support.failures import failures, said
from support.shop import NOW, insert_fast_feed, shop_pipeline
from support.shop_fixtures import computed, done, pristine, shop
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    day,
    one_table_pipeline,
    redefined,
    sql,
)

__all__ = ["computed", "done", "pristine", "shop"]


# -- Categories ------------------------------------------------------------------------------


def test_a_refused_date_names_every_missing_key_with_its_category(shop: Shopkeeper) -> None:
    """Five shops have no sales, one has sales without an amount, one is closed for good."""
    shop.lose_sales(4, 1, 2, 3, 6, 7)
    shop.change(f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id = 8")
    shop.backfill(SHOP_DAYS)
    upstream = ("missing_upstream", "no row of it in raw.sales")
    assert said(shop, SHOP_DAYS, 4) == {
        **dict.fromkeys(["1", "2", "3", "6", "7"], upstream),
        "8": ("unusable", "NULL in amount"),
        "10": ("excluded", "closed_for_good"),
    }
    [one] = [f for f in failures(shop) if f.entity == "8"]
    assert (one.label, one.correctable, one.resolved_at) == ("Shop 08", True, None)
    assert one.run_id is not None


def test_an_exclusion_cannot_be_corrected(shop: Shopkeeper) -> None:
    """Why a key is not due is an answer, not a fault."""
    shop.lose_sales(4, *range(1, 9))
    shop.backfill(SHOP_DAYS)
    with shop.ledger() as ledger:
        [one] = [f for f in ledger.failures() if f.category is Category.EXCLUDED]
    assert (one.entity, one.label, one.correctable) == ("10", "Shop 10", False)


def test_what_the_inputs_hold_and_the_statement_leaves_out_is_not_computed(
    shop: Shopkeeper,
) -> None:
    forgetful = redefined(
        one_table_pipeline(), SHOP_DAYS, "SELECT day, shop_id, amount FROM sales WHERE shop_id > 5"
    )
    shop.using(forgetful).backfill(SHOP_DAYS, dates=[day(4)])
    found = said(shop, SHOP_DAYS, 4)
    assert found["3"] == ("not_computed", "its inputs hold it; the statement left it out")
    assert sorted(found) == ["1", "10", "2", "3", "4", "5"]


def test_an_input_that_present_keys_lack_too_is_not_to_blame(shop: Shopkeeper) -> None:
    """The feed holds shop 9 alone; the statement does without it for 6, 7 and 8, too."""
    shop.change(*insert_fast_feed(day(4), [9]))
    pipeline = one_table_pipeline()
    feed = pipeline.source("raw.fast_feed", key="shop_id")
    sales = pipeline.table("raw.sales")
    table = pipeline.derived_table(SHOP_DAYS)
    pipeline.tables[SHOP_DAYS] = replace(
        table, inputs={"sales": same_date(sales), "feed": same_date(feed)}
    )
    lenient = redefined(
        pipeline,
        SHOP_DAYS,
        "SELECT s.day, s.shop_id, s.amount FROM sales AS s LEFT JOIN feed AS f "
        "USING (day, shop_id) WHERE s.shop_id > 5",
    )
    shop.using(lenient).backfill(SHOP_DAYS, dates=[day(4)])
    assert said(shop, SHOP_DAYS, 4)["3"][0] == "not_computed"
    strict = redefined(
        pipeline,
        SHOP_DAYS,
        "SELECT s.day, s.shop_id, s.amount FROM sales AS s JOIN feed AS f USING (day, shop_id)",
    )
    shop.using(strict).backfill(SHOP_DAYS, dates=[day(4)])
    assert said(shop, SHOP_DAYS, 4)["3"] == ("missing_upstream", "no row of it in raw.fast_feed")


def test_a_date_that_failed_as_a_whole_has_one_entry(shop: Shopkeeper) -> None:
    poison = redefined(
        one_table_pipeline(),
        SHOP_DAYS,
        f"SELECT day, shop_id, if(day = {sql(4)}, error('poison')::DOUBLE, amount) AS amount "
        "FROM sales",
    )
    shop.using(poison).backfill(SHOP_DAYS)
    [one] = failures(shop)
    assert (one.partition, one.entity) == (day(4), "")
    assert one.category is Category.PROCESSING_ERROR
    assert "poison" in one.reason


def two_feeds() -> Pipeline:
    """Declare one table that is fed by one of two feeds."""
    pipeline = one_table_pipeline()
    fast = pipeline.source("raw.fast_feed", key="shop_id")
    slow = pipeline.source("raw.slow_feed", key="shop_id")
    opening_hours = pipeline.table("raw.opening_hours")
    pipeline.tables[SHOP_DAYS] = replace(
        pipeline.derived_table(SHOP_DAYS),
        inputs={"feed": first_sufficient(fast, slow, at_least=0.9, match=("region",))},
        expected=keys_of(
            opening_hours,
            label="name",
            carry=("region",),
            exclude={"closed_for_good": "closed_for_good"},
        ),
    )
    return redefined(pipeline, SHOP_DAYS, "SELECT day, shop_id, amount FROM feed")


@pytest.fixture
def fed_by_two(shop: Shopkeeper) -> Shopkeeper:
    """A shop whose feeds hold two and three shops of day 4."""
    shop.change(*insert_fast_feed(day(4), [1, 2]))
    shop.change(
        "CREATE TABLE raw.slow_feed AS FROM raw.fast_feed WHERE FALSE",
        *(s.replace("raw.fast", "raw.slow") for s in insert_fast_feed(day(4), [2, 3, 4])),
    )
    return shop.using(two_feeds())


def test_where_no_source_suffices_the_keys_of_none_are_missing_upstream(
    fed_by_two: Shopkeeper,
) -> None:
    """Those that a source holds are not computed, because it does not suffice for the date."""
    fed_by_two.backfill(SHOP_DAYS, dates=[day(4)])
    found = said(fed_by_two, SHOP_DAYS, 4)
    nowhere = ("missing_upstream", "no row of it in raw.fast_feed or raw.slow_feed")
    assert {found[str(shop)] for shop in (5, 6, 7, 8, 9)} == {nowhere}
    reason = "no source of its inputs is sufficient for the date"
    assert {found[str(shop)] for shop in (1, 2, 3, 4)} == {("not_computed", reason)}


def test_a_fed_date_is_judged_by_the_source_that_fed_it(fed_by_two: Shopkeeper) -> None:
    """The slow feed is taken; shop 1, which only the fast one holds, is missing upstream."""
    fed_by_two.change(
        *(s.replace("raw.fast", "raw.slow") for s in insert_fast_feed(day(4), [5, 6, 7, 8, 9])),
        f"UPDATE raw.slow_feed SET amount = NULL WHERE day = {sql(4)} AND shop_id = 9",
    )
    strict = fed_by_two.using(two_feeds())
    strict.pipeline.tables[SHOP_DAYS] = replace(
        strict.pipeline.derived_table(SHOP_DAYS),
        inputs={
            "feed": first_sufficient(
                *(strict.pipeline.table(f"raw.{name}_feed") for name in ("fast", "slow")),
                at_least=0.8,
            )
        },
    )
    strict.backfill(SHOP_DAYS, dates=[day(4)])
    found = said(strict, SHOP_DAYS, 4)
    assert found["1"] == ("missing_upstream", "no row of it in raw.fast_feed or raw.slow_feed")
    assert found["9"] == ("unusable", "NULL in amount")
    assert sorted(found) == ["1", "10", "9"]


def test_nothing_is_dropped_beyond_the_names(shop: Shopkeeper) -> None:
    """Of many keys the first are named and one entry counts the rest."""
    many = range(1001, 1001 + ENTITIES_AT_MOST + 30)
    shop.open_more(4, "north", *many)
    shop.lose_sales(4, *many)
    shop.backfill(SHOP_DAYS, dates=[day(4)])
    found = failures(shop)
    assert len(found) == ENTITIES_AT_MOST + 1
    [rest] = [one for one in found if one.entity == "… missing_upstream"]
    assert rest.reason == "30 more keys of this category, not named"


def test_a_key_of_several_columns_is_one_text(shop: Shopkeeper) -> None:
    """The region and the shop together name the entity."""
    pipeline = redefined(
        one_table_pipeline(),
        SHOP_DAYS,
        "SELECT o.day, o.region, o.shop_id, s.amount FROM hours AS o JOIN sales AS s "
        "USING (day, shop_id)",
    )
    hours, sales = pipeline.table("raw.opening_hours"), pipeline.table("raw.sales")
    pipeline.tables[SHOP_DAYS] = replace(
        pipeline.derived_table(SHOP_DAYS),
        key=("region", "shop_id"),
        inputs={"hours": same_date(hours), "sales": same_date(sales)},
        expected=keys_of(hours, label="name"),
        gate=Gate(coverage=1.0),
    )
    shop.lose_sales(4, 3)
    shop.using(pipeline).backfill(SHOP_DAYS, dates=[day(4)])
    found = said(shop, SHOP_DAYS, 4)
    assert sorted(found) == ["north 3", "south 10"]
    # The sales have no region, so they cannot be asked.
    assert found["north 3"][0] == "not_computed"


# -- Until they are there --------------------------------------------------------------------


def test_a_key_is_resolved_when_a_run_publishes_it(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    assert [one.entity for one in failures(shop, unresolved=True)] == ["1", "2", "3"]
    shop.deliver_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    assert failures(shop, unresolved=True) == []
    assert [(one.entity, one.resolved_at) for one in failures(shop)] == [
        ("1", NOW),
        ("2", NOW),
        ("3", NOW),
    ]


def test_a_key_that_a_published_date_still_lacks_stays_open(shop: Shopkeeper) -> None:
    """Eight of nine shops pass a gate of 80 %; the ninth is not there all the same."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    shop.deliver_sales(4, 1, 2)
    tolerant = shop.using(shop_pipeline(coverage=0.8, group_coverage=None))
    tolerant.backfill(SHOP_DAYS)
    assert [one.entity for one in failures(shop, unresolved=True)] == ["3"]


def test_a_key_that_nobody_expects_any_more_is_resolved(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    shop.change(f"DELETE FROM raw.opening_hours WHERE day = {sql(4)} AND shop_id IN (1, 2, 3)")
    shop.backfill(SHOP_DAYS)
    assert failures(shop, unresolved=True) == []


def test_a_date_that_failed_is_resolved_when_it_is_published(shop: Shopkeeper) -> None:
    poison = redefined(
        one_table_pipeline(), SHOP_DAYS, "SELECT day, shop_id, error('x') AS amount FROM sales"
    )
    shop.using(poison).backfill(SHOP_DAYS, dates=[day(4)])
    assert [one.entity for one in failures(shop, unresolved=True)] == [""]
    shop.backfill(SHOP_DAYS, dates=[day(4)])
    assert failures(shop, unresolved=True) == []


def test_what_a_refused_attempt_lacked_is_resolved_by_the_rows_that_stayed(
    done: Shopkeeper,
) -> None:
    """Refused means untouched: a later run finds the date complete and leaves it alone."""
    forgetful = redefined(
        shop_pipeline(),
        SHOP_DAYS,
        shop_pipeline().derived_table(SHOP_DAYS).statement.text + " AND s.shop_id > 5",
    )
    done.using(forgetful).backfill(SHOP_DAYS, dates=[day(4)])
    assert len(failures(done, unresolved=True)) == 5
    report = done.backfill(SHOP_DAYS, dates=[day(4)])
    assert report.counts == {"done": 1}
    assert failures(done, unresolved=True) == []


def test_a_failure_seen_again_is_the_same_failure() -> None:
    """It keeps when and by which run it was seen first; once resolved, it is a new one."""
    known = Failure(SHOP_DAYS, day(4), "3", NOW, NOW, Category.LOST, True, run_id="first")
    later = NOW + timedelta(hours=1)
    now = replace(known, first_seen=later, last_seen=later, category=Category.UNUSABLE, run_id="b")
    [found] = seen_again([now], [known])
    assert found == replace(known, last_seen=later, category=Category.UNUSABLE)
    assert seen_again([now], [replace(known, resolved_at=NOW)]) == [now]


# -- What it costs ---------------------------------------------------------------------------


def statements(keeper: Shopkeeper, verb: Any) -> int:
    with keeper.opened() as workspace:
        before = workspace.warehouse.statements
        verb(workspace)
        return workspace.warehouse.statements - before


def run_flagging(workspace: Workspace) -> None:
    flag_incomplete(workspace, Selection())


def test_flagging_costs_the_same_for_any_number_of_dates(tmp_path: Path) -> None:
    counts = []
    for days in (4, 60):
        keeper = Shopkeeper.on_new_shop(tmp_path / str(days), days)
        keeper.change("DELETE FROM raw.sales WHERE shop_id IN (1, 2)")
        counts.append(statements(keeper, run_flagging))
    assert counts[0] == counts[1]


def test_an_end_of_failures_costs_one_query_a_table(done: Shopkeeper) -> None:
    """A run that has nothing to do asks nothing more; with open failures it asks once a table."""

    def leave(workspace: Workspace) -> None:
        from gapless.verbs.backfill import backfill  # noqa: PLC0415 - read where it is used

        backfill(workspace, Selection())

    quiet = statements(done, leave)
    with done.ledger() as ledger:
        ledger.record_failures(
            [
                Failure(SHOP_DAYS, day(n), str(shop), NOW, NOW, Category.LOST, True)
                for n in range(10)
                for shop in range(1, 10)
            ]
        )
    assert statements(done, leave) == quiet + 1
    assert failures(done, unresolved=True) == []
