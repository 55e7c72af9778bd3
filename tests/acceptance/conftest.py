"""The real database, built once for a session, and copies of it for tests that change things."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acceptance.place import Place
from acceptance.seasons import FOUR_DAYS, PGS, STALE, UPCOMING, UPSTREAM
from acceptance.small_league import SmallLeague
from support.built_once import built_once


@pytest.fixture(scope="session")
def small_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two games, loaded and backfilled; the files are in `data`. Shared: read it, or copy it."""
    league = SmallLeague()
    league.game(date(2022, 10, 18), "NYK", "BOS").game(date(2022, 10, 20), "BOS", "NYK")
    return Place(built_once(tmp_path_factory, "small", league.built))


@pytest.fixture(scope="session")
def loaded_once(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two real seasons loaded, nothing computed. Shared: read it, or copy it."""

    def load(folder: Path) -> None:
        folder.mkdir()
        Place(folder).run("init")
        Place(folder).run("load", "--data", str(real_data))

    return Place(built_once(tmp_path_factory, "loaded", load))


@pytest.fixture(scope="session")
def whole_and_report(loaded_once: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the whole database in `whole`, and what built it said in `report.json`."""

    def backfill(folder: Path) -> None:
        folder.mkdir()
        report = loaded_once.copy_to(folder / "whole").json("backfill")
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")

    return built_once(tmp_path_factory, "whole", backfill)


@pytest.fixture(scope="session")
def backfill_report(whole_and_report: Path) -> dict[str, Any]:
    """What `gapless backfill --json` said when it built the whole database."""
    report: dict[str, Any] = json.loads((whole_and_report / "report.json").read_text("utf-8"))
    return report


@pytest.fixture(scope="session")
def whole_once(whole_and_report: Path, backfill_report: dict[str, Any]) -> Place:
    """Two real seasons with every table backfilled. Shared: read it, or copy it."""
    assert backfill_report["exit_code"] == 0
    return Place(whole_and_report / "whole")


@pytest.fixture(scope="session")
def upstream_once(loaded_once: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two real seasons with everything before the tables that choose. Shared: copy it."""

    def backfill(folder: Path) -> None:
        loaded_once.copy_to(folder).run("backfill", *UPSTREAM)

    return Place(built_once(tmp_path_factory, "upstream", backfill))


@pytest.fixture(scope="session")
def morning_once(upstream_once: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The morning of the incident: the upcoming table was cleaned, but not quite. Shared."""

    def clean(folder: Path) -> None:
        place = upstream_once.copy_to(folder)
        place.run("backfill", UPCOMING, *FOUR_DAYS)
        place.change(
            *(
                f"DELETE FROM {UPCOMING} WHERE game_date = DATE '{day}' AND player_id NOT IN ("
                f"SELECT p.player_id FROM {PGS} AS p JOIN {UPCOMING} AS u "
                "USING (game_date, player_id, team) "
                f"WHERE p.game_date = DATE '{day}' ORDER BY p.player_id LIMIT {left})"
                for day, left in STALE.items()
            )
        )

    return Place(built_once(tmp_path_factory, "morning", clean))


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Callable[[Place], Place]]:
    """Copy a shared place for one test, and throw the copy away afterwards."""
    copies: list[Place] = []

    def copy(place: Place) -> Place:
        made = place.copy_to(tmp_path / f"copy-{len(copies)}")
        copies.append(made)
        return made

    yield copy
    for made in copies:
        shutil.rmtree(made.folder)


@pytest.fixture
def small(small_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy of the two games."""
    return copied(small_once)


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    """A working folder with nothing in it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return Place(folder)


@pytest.fixture
def loaded(loaded_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy of the loaded seasons."""
    return copied(loaded_once)


@pytest.fixture
def whole(whole_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy of the whole database."""
    return copied(whole_once)


@pytest.fixture
def upstream(upstream_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy of everything before the tables that choose."""
    return copied(upstream_once)


@pytest.fixture
def morning(morning_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy of the morning of the incident."""
    return copied(morning_once)
