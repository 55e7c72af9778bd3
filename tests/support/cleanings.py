"""Shop pipelines with a retention, and cleanings as the ledger remembers them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from gapless import Pipeline, keys_of, same_date
from gapless.due import Daily
from gapless.ledger.cleanings import Cleaning, Purpose
from gapless.partitions import Path
from support.shop import shop_pipeline

OUTLOOK = "mart.outlook"
"""A table whose rows live two days after their date."""


def forgetful_shop() -> Pipeline:
    """Declare the shop with a table of which nothing needs the past."""
    pipeline = shop_pipeline()
    shop_days = pipeline.derived_table("analytics.shop_days")
    outlook = pipeline.derived(
        OUTLOOK,
        key="shop_id",
        sql="SELECT day, shop_id, amount FROM shop_days",
        inputs={"shop_days": same_date(shop_days)},
        expected=keys_of(shop_days, label="name"),
        on_request=(Path.HISTORICAL,),
    )
    pipeline.retain(outlook, days=2, replaced_by=(shop_days,))
    return pipeline


pipeline = forgetful_shop()
"""For a configuration: `support/cleanings.py:pipeline`."""


def a_cleaning(
    started_at: datetime,
    *,
    deleted: int = 100,
    kept: int = 0,
    exit_code: int | None = 0,
    problems: tuple[str, ...] = (),
) -> Cleaning:
    """Return the record of a cleaning that took a minute."""
    ended = None if exit_code is None else started_at + timedelta(minutes=1)
    return Cleaning(
        cleaning_id=f"{started_at:%Y%m%dT%H%M%S}-abcdef",
        pipeline="shop",
        purpose=Purpose.CLEAN,
        command="gapless clean",
        actor="ann@host",
        started_at=started_at,
        finished_at=ended,
        exit_code=exit_code,
        deleted_rows=deleted,
        kept_rows=kept,
        problems=problems,
        covered=(OUTLOOK,),
    )


def every_day(daily: Daily, first: date, days: int, *, deleted: int = 100) -> list[Cleaning]:
    """Return the cleanings of some days in a row, each done when it was due."""
    dues = [daily.on(first + timedelta(days=number)) for number in range(days)]
    return [a_cleaning(due, deleted=deleted) for due in dues]


def partial(cleaning: Cleaning) -> Cleaning:
    """Return the record of a cleaning of some of the tables only."""
    return replace(cleaning, covered=())
