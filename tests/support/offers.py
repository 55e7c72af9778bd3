"""A shop with a table that is cleaned: offers, of which nothing is needed once the day is over.

Run as a program it cleans or restores in a process of its own, and is killed at a boundary.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gapless import Path as DatePath
from gapless import Pipeline, first_sufficient, keys_of, same_date
from gapless.ledger.cleanings import CleanedPartition
from gapless.ledger.sql_ledger import SqlLedger
from gapless.retention.backups import Backups
from gapless.retention.expiring import Lifetime
from gapless.retention.local import LocalPlace
from gapless.verbs.backups import BackupReport, Wanted, list_backups
from gapless.verbs.clean import CleanOptions, CleanReport, clean
from gapless.verbs.restore import RestoreOptions, RestoreReport, restore
from gapless.verbs.workspace import Workspace
from gapless.warehouse.duckdb import DuckDBWarehouse
from gapless.warehouse.duckdb_saving import read_back
from support import forked
from support.child import Countdown, _after, _before, environment
from support.shop import FIRST, shop_pipeline
from support.shopkeeper import Row, Shopkeeper, day

OFFERS = "analytics.offers"
PROMISES = "mart.promises"
MORNING = datetime(2024, 1, 15, 9, tzinfo=UTC)
"""Offers live 7 days: those of days 0 to 6 have outlived that."""
STALE = range(7)
LIVING = range(7, 10)


def offers_pipeline() -> Pipeline:
    """Declare the shop with offers, and promises that are made of them as long as they live."""
    pipeline = shop_pipeline()
    opening_hours = pipeline.table("raw.opening_hours")
    complete_feed = pipeline.table("analytics.complete_feed")
    offers = pipeline.derived(
        OFFERS,
        key="shop_id",
        sql="SELECT day, shop_id, region, shop_id * 1.5 AS amount, 'offer' AS origin "
        "FROM opening_hours WHERE NOT closed_for_good",
        inputs={"opening_hours": same_date(opening_hours)},
        expected=keys_of(opening_hours, exclude={"closed_for_good": "closed_for_good"}),
        on_request=(DatePath.HISTORICAL,),
    )
    pipeline.derived(
        PROMISES,
        key="shop_id",
        sql="SELECT day, shop_id, amount, origin FROM offered",
        inputs={"offered": first_sufficient(offers, complete_feed, at_least=0.9)},
        expected=keys_of(pipeline.table("analytics.shop_days")),
    )
    pipeline.retain(offers, days=7, replaced_by=[complete_feed])
    return pipeline


def with_offers(shop: Shopkeeper) -> Shopkeeper:
    """Compute everything, also the offers of all ten days; it is the morning of day 14."""
    keeper = shop.using(offers_pipeline()).at(MORNING)
    assert keeper.backfill().exit_code == 0
    assert keeper.backfill(OFFERS, dates=[day(number) for number in range(10)]).exit_code == 0
    assert keeper.backfill().exit_code == 0
    return keeper


@contextmanager
def opened(shop: Shopkeeper) -> Iterator[Workspace]:
    """Open the workspace with a folder for backups."""
    with shop.opened() as workspace:
        yield replace(workspace, backups=backups_of(shop))


def backups_of(shop: Shopkeeper) -> Backups:
    """Return the shop's backups."""
    return Backups(LocalPlace(str(shop.folder / "backups")), "shop", read_back)


def cleaned(shop: Shopkeeper, **options: Any) -> CleanReport:
    """Clean."""
    with opened(shop) as workspace:
        return clean(workspace, CleanOptions(**options))


def restored(shop: Shopkeeper, *numbers: int, backup: str = "", **options: Any) -> RestoreReport:
    """Restore some days, or all there are."""
    dates = frozenset(day(number) for number in numbers)
    wanted = Wanted(dates=dates, backup_id=backup)
    with opened(shop) as workspace:
        return restore(workspace, RestoreOptions(wanted, **options))


def listed(shop: Shopkeeper, *, verify: bool = True) -> BackupReport:
    """List the backups and read them."""
    with shop.ledger() as ledger:
        return list_backups(backups_of(shop), shop.pipeline, ledger, verify=verify)


def rows_files(shop: Shopkeeper) -> list[Path]:
    """Return the files that hold saved rows."""
    return sorted((shop.folder / "backups").rglob("rows.parquet"))


def offers(shop: Shopkeeper) -> dict[int, list[Row]]:
    """Return the offers of each day, read without Gapless."""
    found: dict[int, list[Row]] = {}
    for row in shop.table(OFFERS):
        found.setdefault((row[0] - FIRST).days, []).append(row)
    return found


def told(shop: Shopkeeper) -> list[CleanedPartition]:
    """Return what the ledger knows of cleaned partitions."""
    with shop.ledger() as ledger:
        return ledger.cleaned()


# -- killed ----------------------------------------------------------------------------------

CLEAN_BOUNDARIES = (
    "recorded",
    "leases taken",
    "rows written",
    "rows half kept",
    "rows kept",
    "manifest half kept",
    "manifest kept",
    "transaction begun",
    "removal recorded",
    "rows deleted",
    "before the commit",
    "after the commit",
    "in the ledger",
    "before the end",
)
RESTORE_BOUNDARIES = (
    "recorded",
    "leases taken",
    "transaction begun",
    "rows inserted",
    "before the commit",
    "after the commit",
    "in the ledger",
    "before the end",
)
OVERWRITE_BOUNDARIES = (
    "rows written",
    "rows kept",
    "manifest kept",
    "removal recorded",
    "rows deleted",
    "rows inserted",
    "before the commit",
    "after the commit",
    "before the end",
)


def watch(countdown: Countdown) -> None:
    """Have the engine tell the countdown of every boundary that it passes."""
    recorded = []

    def before_recording() -> None:
        recorded.append(1)
        if len(recorded) == 2:
            countdown.passed("before the end")

    _before(SqlLedger, "record_cleaning", before_recording)
    _after(SqlLedger, "record_cleaning", lambda: countdown.passed("recorded"))
    _after(SqlLedger, "acquire_leases", lambda: countdown.passed("leases taken"))
    _after(DuckDBWarehouse, "save_rows", lambda: countdown.passed("rows written"))
    _after(DuckDBWarehouse, "remove_saved", lambda: removed.append(1))
    _after(
        SqlLedger,
        "record_cleaned",
        lambda: countdown.passed("in the ledger") if removed else None,
    )
    _watch_place(countdown)
    _watch_statements(countdown)


removed: list[int] = []


def _watch_place(countdown: Countdown) -> None:
    put, replace_file = LocalPlace.put, Path.replace

    def watched_put(self: LocalPlace, name: str, file: Path) -> None:
        what = "rows" if name.endswith("rows.parquet") else "manifest"

        def watched_replace(path: Path, target: Path) -> Path:
            countdown.passed(f"{what} half kept")
            return replace_file(path, target)

        Path.replace = watched_replace  # type: ignore[assignment,method-assign]
        put(self, name, file)
        Path.replace = replace_file  # type: ignore[method-assign]
        countdown.passed(f"{what} kept")

    LocalPlace.put = watched_put  # type: ignore[method-assign]


def _watch_statements(countdown: Countdown) -> None:
    fetch = DuckDBWarehouse.fetch

    def watched(self: DuckDBWarehouse, statement: str) -> Any:
        if statement == "COMMIT":
            countdown.passed("before the commit")
        found = fetch(self, statement)
        if statement == "COMMIT":
            removed.append(1)
            countdown.passed("after the commit")
        for beginning, boundary in (
            ("BEGIN", "transaction begun"),
            ("INSERT INTO gapless.removals", "removal recorded"),
            ('DELETE FROM "analytics"', "rows deleted"),
            ('INSERT INTO "analytics"', "rows inserted"),
        ):
            if statement.startswith(beginning):
                countdown.passed(boundary)
        return found

    DuckDBWarehouse.fetch = watched  # type: ignore[assignment,method-assign]


def main(what: str, folder: str, boundary: str, *numbers: str) -> None:
    """Clean or restore, and be killed at a boundary."""
    shop = Shopkeeper(Path(folder)).using(offers_pipeline()).at(MORNING)
    watch(Countdown(boundary, 1))
    days: Sequence[int] = [int(number) for number in numbers]
    if what == "clean":
        cleaned(shop, batch_rows=20, backups=Lifetime(30, 3))
    else:
        restored(shop, *days, overwrite=what == "overwrite")


def killed(what: str, shop: Shopkeeper, boundary: str, *numbers: int) -> None:
    """Clean or restore in a process of its own that is killed at a boundary."""
    words = ["-m", "support.offers", what, str(shop.folder), boundary, *map(str, numbers)]
    done = forked.finished(forked.python(*words, folder=shop.folder, variables=environment()))
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


if __name__ == "__main__":
    main(*sys.argv[1:])
