"""A pipeline with one derived table and nothing else: orders that should have been delivered."""

from __future__ import annotations

from gapless import Gate, Pipeline, at_least, keys_of, same_date

pipeline = Pipeline("huge", partition="day", timezone="UTC", version="1")
days = pipeline.source("raw.days", key="place", trusted=True)
pipeline.calendar(days, season="year", unit="day")
orders = pipeline.source("raw.orders", key="order_id", trusted=True)
deliveries = pipeline.source("raw.deliveries", key="order_id")
delivered = pipeline.derived(
    "mart.delivered",
    key="order_id",
    sql="SELECT day, order_id, amount FROM deliveries",
    inputs={"deliveries": same_date(deliveries)},
    expected=keys_of(orders),
    gate=Gate(coverage=0.9, required=("amount",), rules=(at_least("amount", 0),)),
)
