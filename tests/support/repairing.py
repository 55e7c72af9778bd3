"""What a repair made of each gap, and warehouses that fail while it is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gapless.errors import GaplessError, PublicationConflict, WarehouseFull
from gapless.ledger.interface import Attempt, Verdict
from gapless.verbs.repair import Repaired, RepairOptions, RepairReport
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    day,
)

AT_ONCE = RepairOptions(sleep=lambda _: None)


def became(report: RepairReport, table: str) -> dict[int, str]:
    """Return what became of each gap of one table."""
    return {(g.partition - day(0)).days: g.outcome for g in report.gaps if g.table == table}


def gap_of(report: RepairReport, table: str, number: int) -> Repaired:
    [found] = [g for g in report.gaps if (g.table, g.partition) == (table, day(number))]
    return found


def tried(shop: Shopkeeper, table: str, number: int) -> list[Attempt]:
    """Return the attempts at one partition that were not blocked."""
    return [a for a in shop.attempts(table, number) if a.verdict is not Verdict.BLOCKED]


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], GaplessError],
    *,
    table: str = SHOP_DAYS,
    number: int = 4,
    times: int = 1000,
) -> Iterator[list[int]]:
    """Have every publication that holds a day fail, the first so many times."""
    publish, left, sizes = DuckDBWarehouse.publish, [times], []

    def failing_publish(self: DuckDBWarehouse, request: Any) -> None:
        days = [publication.partition for publication in request.publications]
        if request.table == table:
            sizes.append(len(days))
            if day(number) in days and left[0]:
                left[0] -= 1
                raise error()
        publish(self, request)

    with monkeypatch.context() as patch:
        patch.setattr(DuckDBWarehouse, "publish", failing_publish)
        yield sizes


def conflict() -> GaplessError:
    return PublicationConflict("somebody else was first")


def full() -> GaplessError:
    return WarehouseFull("no memory left")
