"""The shop with one more table, `mart.usual`, in an honest version and in ones that look ahead.

It is there before the shops open: what each shop usually sells, from the days before.
"""

from __future__ import annotations

from typing import Any

from gapless import (
    Gate,
    History,
    Pipeline,
    SameDate,
    expected_by_path,
    history,
    keys_of,
    same_date,
    season_to_date,
)

USUAL = "mart.usual"
KNOWN_BEFORE = ("season", "name", "region", "closed_for_good")
"""What the opening hours say before the shops open."""


def usual(
    *,
    predicate: str = "p.day < w.day",
    value: str = "avg(p.amount)",
    past: str = "past",
    sql: str | None = None,
    whole_hours: bool = False,
    with_feed: bool = False,
    **options: Any,
) -> Pipeline:
    """Declare sources, `analytics.shop_days` and `mart.usual`.

    Args:
        predicate: Which rows of the past belong to a day.
        value: What is taken of them.
        past: Relation or subquery that the past is read from.
        sql: The whole statement, instead of the three before.
        whole_hours: Read the opening hours of the day with all their columns.
        with_feed: Declare the history of `raw.fast_feed`, which is empty, as an input, too.
        options: Replace what `mart.usual` is declared with.
    """
    pipeline = Pipeline("shop", partition="day", timezone="UTC", version="1")
    hours = pipeline.source(
        "raw.opening_hours",
        key="shop_id",
        trusted=True,
        columns={
            "day": "DATE",
            "season": "VARCHAR",
            "shop_id": "INTEGER",
            "name": "VARCHAR",
            "region": "VARCHAR",
            "closed_for_good": "BOOLEAN",
            "visitors": "INTEGER",
        },
    )
    pipeline.calendar(hours, season="season", unit="shop")
    sales = pipeline.source("raw.sales", key="shop_id")
    open_shops = keys_of(hours, label="name", exclude={"closed_for_good": "closed_for_good"})
    shop_days = pipeline.derived(
        "analytics.shop_days",
        key="shop_id",
        sql="SELECT s.day, s.shop_id, o.season, o.name, o.region, s.amount, s.closed "
        "FROM sales AS s JOIN hours AS o USING (day, shop_id) WHERE NOT o.closed_for_good",
        inputs={"sales": same_date(sales), "hours": same_date(hours)},
        expected=expected_by_path(historical=open_shops),
    )
    inputs: dict[str, SameDate | History] = {
        "who": same_date(hours, columns=None if whole_hours else KNOWN_BEFORE),
        "past": history(shop_days, season_to_date()),
    }
    if with_feed:
        feed = pipeline.source("raw.fast_feed", key="shop_id", optional=True)
        inputs["feed"] = history(feed, season_to_date())
    declared: dict[str, Any] = {
        "key": "shop_id",
        "sql": sql
        or f"SELECT w.day, w.shop_id, w.name, {value} AS usual FROM who AS w "
        f"LEFT JOIN {past} AS p ON p.shop_id = w.shop_id AND {predicate} "
        "WHERE NOT w.closed_for_good GROUP BY w.day, w.shop_id, w.name",
        "inputs": inputs,
        "expected": open_shops,
        "gate": Gate(),
    }
    pipeline.derived(USUAL, **(declared | options))
    return pipeline
