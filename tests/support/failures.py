"""The failures in a ledger, and what flagging adds to them."""

from __future__ import annotations

from typing import Any

from gapless.ledger.interface import Category, Failure
from gapless.verbs.flagging import Flagged, flag_incomplete
from gapless.verbs.selection import Selection
from support.shopkeeper import (
    Shopkeeper,
    day,
)


def failures(keeper: Shopkeeper, **which: Any) -> list[Failure]:
    """Return what the ledger knows, the exclusions left out."""
    with keeper.ledger() as ledger:
        return [f for f in ledger.failures(**which) if f.category is not Category.EXCLUDED]


def said(keeper: Shopkeeper, table: str, number: int) -> dict[str, tuple[str, str]]:
    """Return entity → category and reason, exclusions included."""
    with keeper.ledger() as ledger:
        found = ledger.failures(table=table, first=day(number), last=day(number))
    return {one.entity: (one.category.value, one.reason) for one in found}


def flag(keeper: Shopkeeper, *tables: str, **selected: Any) -> Flagged:
    """Record what is missing now."""
    with keeper.opened() as workspace:
        return flag_incomplete(workspace, Selection(tables=tables, **selected))
