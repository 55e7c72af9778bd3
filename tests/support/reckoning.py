"""The shop reckoned without Gapless: what must be there, from raw rows, in sets of Python.

Shares no code with the engine. It reads all tables with plain SELECTs and says what the published
partitions of `analytics.shop_days` and `mart.daily_summary` have to satisfy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from support.shop import FIRST
from support.shopkeeper import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Row, Shopkeeper

COVERAGE, GROUP_COVERAGE = 0.9, 0.8
TINY = 1e-9
HIGHEST = {SHOP_DAYS: float("inf"), COMPLETE_FEED: float("inf"), DAILY_SUMMARY: 1_000_000}
PLACES = {SHOP_DAYS: (1, 4), COMPLETE_FEED: (1, 3), DAILY_SUMMARY: (1, 3)}
"""Where shop and amount stand in the rows of each table."""

Amounts = list[tuple[int, float | None]]
"""Rows of a partition: shop and amount."""


@dataclass(frozen=True)
class Due:
    """What a partition has to hold."""

    regions: dict[int, str] = field(default_factory=dict)
    """Expected shop → its region."""

    def present(self, rows: Amounts) -> set[int]:
        """Return the expected shops with a usable row."""
        return {shop for shop, amount in rows if shop in self.regions and amount is not None}

    def faults(
        self, rows: Amounts, published: Iterable[int] = (), highest: float = float("inf")
    ) -> set[str]:
        """Say what is wrong with rows; empty when they may be published."""
        present, found = self.present(rows), set()
        counted = Counter(shop for shop, _ in rows)
        if not self.regions or len(present) < COVERAGE * len(self.regions) - TINY:
            found.add("coverage")
        for region in set(self.regions.values()):
            members = {shop for shop, where in self.regions.items() if where == region}
            if len(members & present) < GROUP_COVERAGE * len(members) - TINY:
                found.add("group")
        if set(counted) - set(self.regions):
            found.add("unexpected")
        if any(count > 1 for count in counted.values()):
            found.add("twice")
        if any(amount is not None and not 0 <= amount <= highest for _, amount in rows):
            found.add("amount")
        if set(published) - set(counted):
            found.add("less")
        return found


class Books:
    """Everything in the warehouse of a shop at one moment."""

    def __init__(self, shop: Shopkeeper) -> None:
        self.tables = shop.everything()

    def on(self, table: str, number: int) -> list[Row]:
        """Return the rows of a table on one day."""
        return [row for row in self.tables.get(table, []) if (row[0] - FIRST).days == number]

    def due(self, table: str, number: int) -> Due:
        """Return what a table has to hold on a day."""
        if table == SHOP_DAYS:
            hours = self.on("raw.opening_hours", number)
            return Due({row[2]: row[4] for row in hours if not row[5]})
        return Due({row[1]: row[3] for row in self.on(SHOP_DAYS, number)})

    def held(self, table: str, number: int) -> Amounts:
        """Return the published rows of a day."""
        shop, amount = PLACES[table]
        return [(row[shop], row[amount]) for row in self.on(table, number)]

    def sold(self, number: int) -> Amounts:
        """Return what a right computation of `analytics.shop_days` yields for a day."""
        due = self.due(SHOP_DAYS, number)
        sales = self.on("raw.sales", number)
        return [(row[1], row[2]) for row in sales if row[1] in due.regions]

    def sales_are_complete(self, number: int) -> bool:
        """Tell whether any sale of a day has arrived and every till is closed."""
        sales = self.on("raw.sales", number)
        return bool(sales) and all(row[3] for row in sales)
