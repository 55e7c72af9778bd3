"""A plan survives its way through the ledger: partitions, today and options."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gapless.errors import UsageError
from gapless.plan.build import build_plan
from gapless.plan.stored import StoredPlan, stored_data
from support.shop import NOW
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day
from support.shopkeeper import one_table_pipeline


def stored(shop: Look, *tables: str, upstream: bool = False, numbers: tuple[int, ...] = ()) -> str:
    plan = shop.plan(*tables, dates=[day(n) for n in numbers], upstream=upstream)
    return json.dumps(stored_data(plan))


def test_it_holds_every_partition_that_was_asked_for_also_those_that_were_done(done: Look) -> None:
    found = StoredPlan.of("r", json.loads(stored(done)))
    days = tuple(day(n) for n in range(7))
    assert found.partitions == {SHOP_DAYS: days, COMPLETE_FEED: days, DAILY_SUMMARY: days}
    assert found.today == NOW.date()


def test_it_holds_what_was_added_upstream(fresh: Look) -> None:
    data = json.loads(stored(fresh, DAILY_SUMMARY, upstream=True, numbers=(5,)))
    found = StoredPlan.of("r", data)
    assert found.partitions[DAILY_SUMMARY] == (day(5),)
    assert found.partitions[SHOP_DAYS] == tuple(day(n) for n in (0, 1, 2, 4, 5))
    assert found.tables == (DAILY_SUMMARY,)


def test_dates_far_apart_stay_apart(fresh: Look) -> None:
    found = StoredPlan.of("r", json.loads(stored(fresh, SHOP_DAYS, numbers=(0, 5))))
    assert found.partitions == {SHOP_DAYS: (day(0), day(5))}
    assert found.dates == (day(0), day(5))


def test_what_is_done_takes_no_room_by_the_date(done: Look) -> None:
    """A season is a range, not a line for every date."""
    data = json.loads(stored(done))
    assert data["steps"] == []
    assert data["partitions"][SHOP_DAYS] == [[str(day(0)), str(day(6))]]


def test_going_on_asks_for_the_same_partitions(fresh: Look) -> None:
    data = json.loads(stored(fresh, DAILY_SUMMARY, upstream=True, numbers=(5,)))
    request = StoredPlan.of("r", data).request(fresh.pipeline, forced=False)
    plan = build_plan(fresh.standings(), request)
    assert {(s.table, s.partition) for s in plan.all_steps} == {
        (table, one) for table, days in request.wanted().items() for one in days
    }
    assert [s.partition for s in plan.steps] == [day(5)]
    assert request.resumes == "r"


def test_today_is_that_of_the_plan(fresh: Look) -> None:
    shop = fresh.at(datetime(2024, 1, 5, 12, tzinfo=UTC))
    assert StoredPlan.of("r", json.loads(stored(shop))).today == day(4)


def test_a_table_that_is_gone_is_named(fresh: Look) -> None:
    found = StoredPlan.of("r", json.loads(stored(fresh)))
    with pytest.raises(
        UsageError, match="has 2 tables that shop does not compute any more"
    ) as told:
        found.tables_in(one_table_pipeline())
    assert f"{COMPLETE_FEED}, {DAILY_SUMMARY}" in str(told.value)
    assert "Nothing was started" in str(told.value)


def test_a_plan_of_an_older_version_is_refused() -> None:
    with pytest.raises(UsageError, match="Run r stored no plan that can be gone on with"):
        StoredPlan.of("r", {"steps": []})
