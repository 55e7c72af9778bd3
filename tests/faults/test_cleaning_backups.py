"""Promise 14: backups are read before they are trusted, and kept while they are needed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gapless.ledger.cleanings import Fate
from gapless.retention.backups import Backups
from gapless.retention.expiring import Lifetime
from gapless.retention.local import LocalPlace
from gapless.verbs.backups import DAMAGED, OK
from gapless.warehouse.duckdb_saving import read_back
from support.offers import (
    LIVING,
    MORNING,
    OFFERS,
    backups_of,
    cleaned,
    listed,
    offers,
    restored,
    rows_files,
    told,
)
from support.shop import rows
from support.shopkeeper import Shopkeeper, day


@pytest.fixture
def shop(offered: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return offered.copy(tmp_path / "shop")


def spoil(file: Path, how: str) -> None:
    """Damage a file on the disk, and say it is as long as before or not."""
    found = bytearray(file.read_bytes())
    if how == "truncated":
        file.write_bytes(found[: len(found) // 2])
    elif how == "emptied":
        file.write_bytes(b"")
    else:
        found[len(found) // 3] ^= 0xFF
        file.write_bytes(found)


@pytest.mark.parametrize("how", ["truncated", "emptied", "corrupted"])
def test_a_backup_that_is_damaged_is_noticed_before_anything_is_deleted(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    before = offers(shop)
    put = LocalPlace.put

    def damaged(self: LocalPlace, name: str, file: Path) -> None:
        put(self, name, file)
        if name.endswith("rows.parquet"):
            spoil(shop.folder / "backups" / name, how)

    monkeypatch.setattr(LocalPlace, "put", damaged)
    report = cleaned(shop)
    assert report.exit_code == 1
    assert "is damaged" in report.problems[0]
    assert offers(shop) == before
    assert {one.fate for one in told(shop)} == {Fate.FAILED}
    monkeypatch.undo()
    assert cleaned(shop).ok
    assert sorted(offers(shop)) == [*LIVING]


@pytest.mark.parametrize("how", ["truncated", "emptied", "corrupted"])
@pytest.mark.parametrize("name", ["rows.parquet", "manifest.json"])
def test_a_backup_that_is_damaged_later_is_named(shop: Shopkeeper, name: str, how: str) -> None:
    """By `backups --verify`, and by a restore, which brings back the others."""
    before = offers(shop)
    cleaned(shop, batch_rows=20)
    assert {one.state for one in listed(shop).backups} == {OK}
    [*_, last] = sorted((shop.folder / "backups").rglob(name))
    spoil(last, how)
    report = listed(shop)
    assert report.exit_code == 1
    assert [one.backup_id for one in report.backups if one.state == DAMAGED] == [last.parent.name]
    again = restored(shop)
    # The last backup is that of day 6 alone.
    assert offers(shop) == {number: before[number] for number in before if number != 6}
    assert again.exit_code == 1
    assert last.parent.name in " ".join(again.problems)


def test_old_backups_go_but_some_stay(shop: Shopkeeper) -> None:
    """Two of each table stay however old they are; the ledger knows which dates went for good."""
    lifetime = Lifetime(days=30, at_least=2)
    for number in range(4):
        assert cleaned(shop.at(MORNING + timedelta(days=number - 6))).ok
    assert len(rows_files(shop)) == 4
    later = shop.later(days=60)
    report = cleaned(later, backups=lifetime)
    assert report.ok
    # The last three days outlived their retention meanwhile, so one more was made.
    assert len(report.expired) == 3
    assert len(rows_files(shop)) == 2
    assert [one.fate for one in told(shop)].count(Fate.EXPIRED) == 3
    assert listed(shop).exit_code == 0


def test_no_old_backup_goes_while_a_newer_one_is_damaged(shop: Shopkeeper) -> None:
    for number in range(4):
        cleaned(shop.at(MORNING + timedelta(days=number - 6)))
    newest = max(rows_files(shop), key=lambda file: file.parent.name)
    spoil(newest, "truncated")
    report = cleaned(shop.later(days=60), days=100, backups=Lifetime(30, 1))
    assert report.exit_code == 1
    assert "No old backup of analytics.offers was removed" in report.problems[0]
    assert len(rows_files(shop)) == 4


def test_a_manifest_says_what_is_needed_to_restore_by_hand(shop: Shopkeeper) -> None:
    cleaned(shop)
    [file] = (shop.folder / "backups").rglob("manifest.json")
    said = json.loads(file.read_text())
    assert said["table"] == OFFERS
    assert said["rows"] == 63
    assert said["dates"][str(day(0))]["rows"] == 9
    assert list(said["columns"]) == ["amount", "day", "origin", "region", "shop_id"]
    assert len(said["sha256"]) == 64
    [(codec,)] = rows(
        shop.file,
        f"SELECT DISTINCT compression FROM parquet_metadata('{file.with_name('rows.parquet')}')",
    )
    assert codec == "ZSTD"


def test_backups_of_others_in_the_same_place_are_left_alone(shop: Shopkeeper) -> None:
    """Of another pipeline, and unfinished ones that this ledger knows nothing of."""
    foreign = shop.folder / "backups" / "shop" / OFFERS / "20240101T000000-abcdef.0001"
    foreign.mkdir(parents=True)
    (foreign / "rows.parquet").write_bytes(b"at work")
    elsewhere = Backups(LocalPlace(str(shop.folder / "backups")), "other", read_back)
    assert cleaned(shop).ok
    assert (foreign / "rows.parquet").exists()
    assert not elsewhere.found().backups
    assert foreign.name in backups_of(shop).found().unfinished
