"""A small pipeline that is not about basketball: shops report sales, we sum them up.

Three tables deep, with a source choice, a history window, groups and a warm-up, so that every rule
of the engine can be shown on a handful of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gapless import (
    Gate,
    Pipeline,
    at_least,
    between,
    check,
    days_of_season,
    first_sufficient,
    history,
    keys_of,
    same_date,
    season_to_date,
)
from gapless.clock import Clock
from gapless.ledger.interface import Ledger
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.workspace import Workspace
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.past_gapless import attached

FIRST = date(2024, 1, 1)
NOW = datetime(2024, 12, 31, 12, tzinfo=UTC)
SHOPS = tuple(range(1, 11))
"""Ten shops in two regions; shop 10 is closed for good and excluded."""


def shop_pipeline(
    *, coverage: float = 0.9, group_coverage: float | None = 0.8, fallback: bool = True
) -> Pipeline:
    """Declare the pipeline; `fallback` False leaves `daily_summary` with the fast feed alone."""
    pipeline = Pipeline("shop", partition="day", timezone="UTC", version="1")
    opening_hours = pipeline.source("raw.opening_hours", key="shop_id", trusted=True)
    pipeline.calendar(opening_hours, season="season", unit="shop")
    sales = pipeline.source("raw.sales", key="shop_id")
    pipeline.require(
        sales,
        check(
            "till_closed",
            "SELECT day, count(*)::VARCHAR || ' sales' AS entity, "
            "bool_and(closed) AS ok, 'a till is still open' AS detail FROM sales GROUP BY day",
            {"sales": same_date(sales)},
        ),
    )
    fast_feed = pipeline.source("raw.fast_feed", key="shop_id")
    shop_days = pipeline.derived(
        "analytics.shop_days",
        key="shop_id",
        label="name",
        sql="SELECT s.day, s.shop_id, o.name, o.region, s.amount FROM sales AS s "
        "JOIN opening_hours AS o USING (day, shop_id) WHERE NOT o.closed_for_good",
        inputs={"sales": same_date(sales), "opening_hours": same_date(opening_hours)},
        expected=keys_of(
            opening_hours,
            group="region",
            label="name",
            exclude={"closed_for_good": "closed_for_good"},
        ),
        gate=Gate(
            coverage=coverage,
            group_coverage=group_coverage,
            required=("amount",),
            rules=(at_least("amount", 0),),
        ),
    )
    complete_feed = pipeline.derived(
        "analytics.complete_feed",
        key="shop_id",
        sql="SELECT day, shop_id, region, amount, 'complete' AS origin FROM shop_days",
        inputs={"shop_days": same_date(shop_days)},
        expected=keys_of(shop_days, label="name"),
    )
    pipeline.derived(
        "mart.daily_summary",
        key="shop_id",
        sql="SELECT f.day, f.shop_id, f.origin, f.amount, "
        "(SELECT avg(h.amount) FROM past AS h WHERE h.shop_id = f.shop_id AND h.day < f.day) "
        "AS usual FROM feed AS f",
        inputs={
            "feed": first_sufficient(
                fast_feed, complete_feed, at_least=0.9, fill_missing=True, match=("region",)
            )
            if fallback
            else same_date(fast_feed),
            "past": history(shop_days, season_to_date()),
        },
        expected=keys_of(shop_days, group="region", label="name", carry=("region",)),
        gate=Gate(
            coverage=coverage,
            group_coverage=group_coverage,
            required=("amount", "origin"),
            rules=(between("amount", 0, 1_000_000),),
        ),
        warm_up=days_of_season(2),
    )
    return pipeline


def fill(file: Path, days: int = 10, *, closed: Sequence[int] = ()) -> list[date]:
    """Create a warehouse file with `days` civil days; no shop opens on those in `closed` (0, 1 …).

    Returns:
        The days on which shops open.
    """
    open_days = [FIRST + timedelta(days=n) for n in range(days) if n not in set(closed)]
    with attached(file) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
        connection.execute(
            "CREATE TABLE raw.opening_hours (day DATE, season VARCHAR, shop_id INTEGER, "
            "name VARCHAR, region VARCHAR, closed_for_good BOOLEAN)"
        )
        connection.execute(
            "CREATE TABLE raw.sales (day DATE, shop_id INTEGER, amount DOUBLE, closed BOOLEAN)"
        )
        connection.execute(
            "CREATE TABLE raw.fast_feed (day DATE, shop_id INTEGER, region VARCHAR, "
            "amount DOUBLE, origin VARCHAR)"
        )
        listed = ", ".join(f"DATE '{day}'" for day in open_days)
        connection.execute(
            "INSERT INTO raw.opening_hours SELECT day, '2024', shop, printf('Shop %02d', shop), "
            "CASE WHEN shop <= 5 THEN 'north' ELSE 'south' END, shop = 10 "
            f"FROM unnest([{listed}]) AS days(day), range(1, {len(SHOPS) + 1}) AS shops(shop) "
            "ORDER BY day, shop"
        )
        connection.execute(
            f"INSERT INTO raw.sales SELECT day, shop_id, shop_id * 100 + (day - DATE '{FIRST}'), "
            "TRUE FROM raw.opening_hours WHERE NOT closed_for_good ORDER BY day, shop_id"
        )
    return open_days


def change(file: Path, *statements: str) -> None:
    """Change the warehouse behind Gapless' back, as another job would."""
    with attached(file) as connection:
        for statement in statements:
            connection.execute(statement)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """Read the warehouse without Gapless."""
    with attached(file, read_only=True) as connection:
        return connection.execute(query).fetchall()


def open_shop(
    folder: Path, pipeline: Pipeline | None = None, *, ledger: Ledger | None = None
) -> Workspace:
    """Open the workspace of a filled warehouse; close warehouse and ledger afterwards."""
    return Workspace(
        pipeline=pipeline or shop_pipeline(),
        warehouse=DuckDBWarehouse(f"duckdb:///{folder / 'shop.duckdb'}"),
        ledger=ledger or SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}"),
        code_version="test",
        clock=Clock.fixed(NOW),
    )


def close(workspace: Workspace) -> None:
    """Give warehouse and ledger back."""
    workspace.warehouse.close()
    if workspace.ledger is not None:
        workspace.ledger.close()


def insert_fast_feed(day: date, shops: Iterable[int]) -> list[str]:
    """Statements that plant rows of the fast feed for some shops."""
    return [
        f"INSERT INTO raw.fast_feed SELECT day, shop_id, region, {shop * 100}, 'fast' "
        f"FROM raw.opening_hours WHERE day = DATE '{day}' AND shop_id = {shop}"
        for shop in shops
    ]
