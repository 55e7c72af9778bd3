"""kill -9 at every boundary of a cleaning and of a restore loses no row.

After each kill every row is live or in a backup that can be read, and the next run settles what is
left: it does the rest, tells the ledger what had been done, and removes what was never finished.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gapless.ledger.cleanings import Fate
from gapless.verbs.backups import DAMAGED, UNFINISHED
from support.offers import (
    CLEAN_BOUNDARIES,
    LIVING,
    OFFERS,
    OVERWRITE_BOUNDARIES,
    RESTORE_BOUNDARIES,
    STALE,
    backups_of,
    cleaned,
    killed,
    listed,
    offers,
    restored,
    told,
)
from support.shopkeeper import Row, Shopkeeper, day, sql

Offers = dict[int, list[Row]]


@pytest.fixture
def shop(offered: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return offered.copy(tmp_path / "shop")


def assert_nothing_lost(shop: Shopkeeper, before: Offers) -> None:
    """Each day is as it was, or gone and in a backup that holds all of it."""
    live = offers(shop)
    saved = {
        (found.toordinal() - day(0).toordinal())
        for backup in backups_of(shop).found().backups
        if not backups_of(shop).problem(backup)
        for found in backup.dates
    }
    for number, rows in before.items():
        assert live.get(number) == rows or (number not in live and number in saved)


def assert_settled(shop: Shopkeeper) -> None:
    """Every stale day was removed once, no run is left open, no backup is left unfinished."""
    fates = Counter((one.partition, one.fate) for one in told(shop) if one.fate is Fate.DELETED)
    assert fates == {(day(number), Fate.DELETED): 1 for number in STALE}
    with shop.ledger() as ledger:
        assert all(one.finished_at is not None for one in ledger.cleanings())
        assert sum(one.deleted_rows for one in ledger.cleanings()) == 9 * len(STALE)
    assert not {one.state for one in listed(shop).backups} & {DAMAGED, UNFINISHED}


@pytest.mark.parametrize("boundary", CLEAN_BOUNDARIES)
def test_a_cleaning_is_killed(shop: Shopkeeper, boundary: str) -> None:
    before = offers(shop)
    killed("clean", shop, boundary)
    assert_nothing_lost(shop, before)
    assert cleaned(shop.later(minutes=5), batch_rows=20).ok
    assert offers(shop) == {number: before[number] for number in LIVING}
    assert_settled(shop)
    assert restored(shop.later(minutes=6)).exit_code == 0
    assert offers(shop) == before


@pytest.mark.parametrize("boundary", RESTORE_BOUNDARIES)
def test_a_restore_is_killed(shop: Shopkeeper, boundary: str) -> None:
    before = offers(shop)
    cleaned(shop, batch_rows=20)
    killed("restore", shop, boundary)
    assert_nothing_lost(shop, before)
    report = restored(shop.later(minutes=5))
    assert report.exit_code == 0
    assert {one.outcome for one in report.partitions} <= {"restored", "already there"}
    assert offers(shop) == before
    with shop.ledger() as ledger:
        assert all(one.finished_at is not None for one in ledger.cleanings())


@pytest.mark.parametrize("boundary", OVERWRITE_BOUNDARIES)
def test_a_restore_that_replaces_newer_rows_is_killed(shop: Shopkeeper, boundary: str) -> None:
    """The newer rows are live, or in a backup; running it again never brings them back."""
    before = offers(shop)
    cleaned(shop, batch_rows=20)
    shop.change(f"INSERT INTO {OFFERS} VALUES ({sql(2)}, 1, 'north', 7.0, 'newer')")
    newer = offers(shop)[2]
    killed("overwrite", shop, boundary, 2)
    assert offers(shop)[2] in (newer, before[2])
    assert restored(shop.later(minutes=5), 2, overwrite=True).exit_code == 0
    assert offers(shop)[2] == before[2]
    [saved, *_] = [
        one.backup_id
        for one in listed(shop).backups
        if one.manifest is not None and one.manifest.reason.startswith("replaced by")
    ]
    assert restored(shop.later(minutes=6), backup=saved, overwrite=True).exit_code == 0
    assert offers(shop)[2] == newer


def test_the_removal_of_an_old_backup_is_interrupted(shop: Shopkeeper) -> None:
    """Without its manifest it counts as unfinished, and goes with the next cleaning."""
    cleaned(shop, batch_rows=20)
    manifests = sorted((shop.folder / "backups").rglob("manifest.json"))
    expired = [one for one in told(shop) if one.backup_id == manifests[0].parent.name]
    with shop.ledger() as ledger:
        # The ledger knows first, then the manifest goes.
        ledger.record_cleaned([replace(one, fate=Fate.EXPIRED) for one in expired])
    manifests[0].unlink()
    assert [one.state for one in listed(shop).backups].count(UNFINISHED) == 1
    assert cleaned(shop.later(minutes=5)).ok
    assert not manifests[0].parent.exists()
    assert len(listed(shop).backups) == len(manifests) - 1
