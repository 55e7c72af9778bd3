"""Promise 14: a backup that rows were removed for is never lost silently."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gapless.ledger.cleanings import Fate
from gapless.verbs.backups import DAMAGED, MISSING
from support.offers import cleaned, listed, restored, rows_files, with_offers
from support.shopkeeper import Shopkeeper


@pytest.fixture(scope="session")
def offered(pristine: Shopkeeper, tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """A shop with everything computed, offers of past days too; copied, never used."""
    return with_offers(pristine.copy(tmp_path_factory.mktemp("offered") / "shop"))


@pytest.fixture
def shop(offered: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return offered.copy(tmp_path / "shop")


def test_a_backup_that_lost_its_manifest_is_kept_and_named(shop: Shopkeeper) -> None:
    """It looks unfinished, but rows were removed on account of it; an expired one goes."""
    cleaned(shop)
    [file] = rows_files(shop)
    file.with_name("manifest.json").unlink()
    report = cleaned(shop)
    assert report.exit_code == 1
    assert f"{file.parent.name} has no manifest.json any more" in report.problems[0]
    assert rows_files(shop) == [file]
    [seen] = listed(shop).backups
    assert (seen.state, listed(shop).exit_code) == (DAMAGED, 1)
    with shop.ledger() as ledger:
        ledger.record_cleaned([replace(one, fate=Fate.EXPIRED) for one in ledger.cleaned()])
    assert cleaned(shop).ok
    assert rows_files(shop) == []


def test_a_backup_that_is_gone_is_missed(shop: Shopkeeper) -> None:
    """As long as rows were removed on account of it that nobody restored."""
    cleaned(shop, batch_rows=20)
    *first, last = [file.parent for file in rows_files(shop)]
    restored(shop, backup=last.name)
    shutil.rmtree(shop.folder / "backups")
    report = listed(shop, verify=False)
    assert report.exit_code == 1
    assert {one.backup_id: one.state for one in report.backups} == {
        folder.name: MISSING for folder in first
    }
    assert (
        "18 rows of analytics.offers, 2 dates 2024-01-01 … 2024-01-02" in report.backups[0].problem
    )
    with shop.ledger() as ledger:
        ledger.record_cleaned([replace(one, fate=Fate.EXPIRED) for one in ledger.cleaned()])
    assert listed(shop).exit_code == 0
