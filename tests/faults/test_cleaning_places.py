"""Backups at an address that fsspec knows: the same cleaning, verification and restore."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from gapless.errors import BackupFailed, ConfigError
from gapless.retention.backups import Backups
from gapless.retention.interface import Place
from gapless.retention.local import LocalPlace
from gapless.retention.remote import RemotePlace
from gapless.verbs.backups import DAMAGED, OK, UNFINISHED, list_backups
from gapless.verbs.clean import CleanOptions, clean
from gapless.verbs.restore import restore
from gapless.warehouse.duckdb_saving import read_back
from support.offers import LIVING, offers
from support.shopkeeper import Shopkeeper


@pytest.fixture
def shop(offered: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return offered.copy(tmp_path / "shop")


@pytest.fixture(params=["folder", "memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A folder, and two addresses: one in memory, one on the disk."""
    name = uuid.uuid4().hex
    if request.param == "folder":
        yield LocalPlace(str(tmp_path / name))
    elif request.param == "file":
        yield RemotePlace(f"file://{tmp_path / name}")
    else:
        yield RemotePlace(f"memory://{name}")
        fsspec.filesystem("memory").rm(f"/{name}", recursive=True)


def test_the_same_anywhere(shop: Shopkeeper, place: Place) -> None:
    """Rows go, are listed as sound, come back; and what is damaged there is named."""
    before = offers(shop)
    backups = Backups(place, "shop", read_back)
    with shop.opened() as workspace:
        saving = replace(workspace, backups=backups)
        assert clean(saving, CleanOptions(batch_rows=20)).ok
    assert offers(shop) == {number: before[number] for number in LIVING}
    report = list_backups(backups, shop.pipeline, None, verify=True)
    assert [one.state for one in report.backups] == [OK] * 4
    with shop.opened() as workspace:
        assert restore(replace(workspace, backups=backups)).exit_code == 0
    assert offers(shop) == before
    first, second, *_ = [one.manifest for one in report.backups if one.manifest is not None]
    place.remove(f"{first.folder}/rows.parquet")
    place.remove(f"{second.folder}/manifest.json")
    found = list_backups(backups, shop.pipeline, None, verify=True)
    assert sorted(one.state for one in found.backups) == [DAMAGED, OK, OK, UNFINISHED]


def test_a_place_keeps_files_by_name(place: Place, tmp_path: Path) -> None:
    assert place.names() == []
    file = tmp_path / "given"
    for text in ("first", "second"):
        file.write_text(text)
        place.put("a/b/c", file)
    place.put("a/d", file)
    assert place.names() == ["a/b/c", "a/d"]
    with place.got("a/b/c") as found:
        assert found.read_text() == "second"
    for _ in range(2):
        place.remove("a/b/c")
    assert place.names() == ["a/d"]
    place.remove("a/d")


def test_an_address_that_nobody_knows_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere://x"):
        RemotePlace("nowhere://x")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BackupFailed, match="cannot be used"):
        LocalPlace(str(tmp_path / "taken")).put("a/b", tmp_path / "taken")
