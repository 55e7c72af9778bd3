"""Promise 14: a backup that rows were removed for is never lost silently."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gapless.ledger.cleanings import Fate
from gapless.retention.expiring import Lifetime
from gapless.verbs.backups import DAMAGED, MISSING
from support.offers import OFFERS, cleaned, listed, offers, restored, rows_files
from support.shopkeeper import Shopkeeper, day, sql


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


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file nobody can read")
@pytest.mark.parametrize("name", ["rows.parquet", "manifest.json"])
def test_a_backup_that_cannot_be_read_is_named(shop: Shopkeeper, name: str) -> None:
    """By `backups --verify` and by a restore, which brings back the others."""
    cleaned(shop, batch_rows=20)
    [*_, last] = sorted((shop.folder / "backups").rglob(name))
    last.unlink()
    # The system says of it that it is there, and refuses to read its beginning: also to root.
    last.symlink_to("/proc/self/mem")
    report = listed(shop)
    assert report.exit_code == 1
    [seen] = [one for one in report.backups if one.state == DAMAGED]
    assert seen.backup_id == last.parent.name
    assert "cannot be read: Input/output error" in seen.problem
    again = restored(shop)
    assert (again.exit_code, again.restored_rows) == (1, 9 * 6)
    assert "cannot be read: Input/output error" in again.problems[0]


def test_a_manifest_that_is_too_deep_is_damaged(shop: Shopkeeper) -> None:
    cleaned(shop)
    [file] = rows_files(shop)
    file.with_name("manifest.json").write_text("[" * 200_000)
    [seen] = listed(shop).backups
    assert seen.state == DAMAGED
    assert "cannot be understood" in seen.problem


def test_backups_may_live_longer_than_the_calendar(shop: Shopkeeper) -> None:
    cleaned(shop, batch_rows=20)
    assert cleaned(shop.later(days=60), backups=Lifetime(10**10, 1)).ok
    assert len(rows_files(shop)) == 5


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


def late(shop: Shopkeeper, *shops: int) -> None:
    """Let rows of day 2 arrive after it was cleaned."""
    for number in shops:
        shop.change(f"INSERT INTO {OFFERS} VALUES ({sql(2)}, {number}, 'north', 7.0, 'late')")


def test_a_date_that_was_cleaned_twice_comes_back_as_a_whole(shop: Shopkeeper) -> None:
    """Whether it is restored again, cleaned again, or was restored in between."""
    before = offers(shop)
    cleaned(shop)
    late(shop, 101, 102, 103)
    whole = sorted([*before[2], *offers(shop)[2]])
    cleaned(shop)
    assert restored(shop, 2, dry_run=True).partitions[0].rows == 12
    report = restored(shop, 1, 2)
    assert (report.exit_code, report.restored_rows) == (0, 9 + 12)
    assert sorted(offers(shop)[2]) == whole
    again = restored(shop, 1, 2)
    assert {one.outcome for one in again.partitions} == {"already there"}
    cleaned(shop)
    late(shop, 104)
    whole = sorted([*whole, *offers(shop)[2]])
    cleaned(shop)
    assert restored(shop).exit_code == 0
    assert sorted(offers(shop)[2]) == whole
    assert {number: offers(shop)[number] for number in before if number != 2} == {
        number: found for number, found in before.items() if number != 2
    }


def test_backups_that_contradict_each_other_are_not_mixed(shop: Shopkeeper) -> None:
    """The same shop came again with another amount: somebody has to choose."""
    before = offers(shop)
    cleaned(shop)
    late(shop, before[2][0][1])
    newer = offers(shop)[2]
    cleaned(shop.later(hours=1))
    report = restored(shop, 1, 2)
    assert {one.partition: one.outcome for one in report.partitions} == {
        day(1): "restored",
        day(2): "refused",
    }
    [first, second] = [one.backup_id for one in listed(shop).backups]
    assert f"backups {first} and {second} have different rows of a key" in report.problems[0]
    assert restored(shop, 2, backup=second).exit_code == 0
    assert offers(shop)[2] == newer
    assert restored(shop, 2, backup=first, overwrite=True).exit_code == 0
    assert offers(shop)[2] == before[2]
