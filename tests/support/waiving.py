"""Waiving on the shop: each verb with the warehouse and ledger opened for it alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.ledger.interface import Waiver
from gapless.run.report import RunReport
from gapless.verbs.selection import Selection
from gapless.verbs.unwaive import UnwaiveReport, UnwaiveRequest, unwaive
from gapless.verbs.waive import WaiveReport, WaiveRequest, waive
from gapless.verbs.waivers import WaiverReport, waivers
from support.shopkeeper import SHOP_DAYS, Shopkeeper, day

WORD = "nobody will ever have them"
FAILING = ("coverage", "group_coverage")
"""What fails where three of the five shops of a region have no sales."""


def grant(
    shop: Shopkeeper,
    *numbers: int,
    table: str = SHOP_DAYS,
    checks: Sequence[str] = FAILING,
    reason: str = WORD,
    days: int | None = None,
    until: date | None = None,
    dry_run: bool = False,
) -> WaiveReport:
    """Permit some days of a table to be published without some checks."""
    selection = Selection(dates=[day(number) for number in numbers])
    request = WaiveRequest(table, selection, checks, reason, days=days, until=until)
    with shop.opened() as workspace:
        return waive(workspace, request, dry_run=dry_run)


def revoke(
    shop: Shopkeeper,
    *numbers: int,
    table: str | None = SHOP_DAYS,
    checks: Sequence[str] = (),
    ids: Sequence[str] = (),
    dry_run: bool = False,
) -> UnwaiveReport:
    """End what was permitted for some days of a table, or by id."""
    selection = Selection(dates=[day(number) for number in numbers])
    request = UnwaiveRequest(None if ids else table, selection, checks, ids)
    with shop.opened() as workspace:
        return unwaive(workspace, request, dry_run=dry_run)


def overview(shop: Shopkeeper, *tables: str) -> WaiverReport:
    """Tell what is waived."""
    with shop.opened() as workspace:
        return waivers(workspace, tables)


def on_record(shop: Shopkeeper) -> list[Waiver]:
    """Return every waiver in the ledger."""
    with shop.ledger() as ledger:
        return ledger.waivers()


def with_holes(shop: Shopkeeper, *numbers: int) -> Shopkeeper:
    """Leave three of nine shops without sales on some days."""
    for number in numbers:
        shop.lose_sales(number, 1, 2, 3)
    return shop


def on_day(shop: Shopkeeper, number: int, *tables: str) -> RunReport:
    """Backfill one day."""
    return shop.backfill(*(tables or (SHOP_DAYS,)), dates=[day(number)])
