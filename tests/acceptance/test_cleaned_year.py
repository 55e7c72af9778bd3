"""F17: a year of days, cleaned every morning at four; then an old range is backfilled, no flag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from acceptance.place import Place
from acceptance.small_league import SmallLeague
from gapless.clock import Clock
from gapless.config.settings import load_settings
from gapless.retention.expiring import Lifetime
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.clean import CleanOptions, clean
from gapless.verbs.selection import Selection
from gapless.verbs.workspace import Workspace
from gapless.wiring import open_workspace

UPCOMING = "analytics.upcoming_player_game_context"
FIRST = date(2022, 10, 18)
GAME_DAYS = tuple(FIRST + timedelta(days=number) for number in range(0, 120, 3))
YEAR = tuple(FIRST + timedelta(days=number) for number in range(365))
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A season of the small league, all of it computed."""
    league = SmallLeague()
    for number, day in enumerate(GAME_DAYS):
        rivals = (
            [("BOS", "NYK"), ("PHI", "MIA")] if number % 2 else [("NYK", "PHI"), ("MIA", "BOS")]
        )
        for away, home in rivals:
            league.game(day, away, home, shots=number % 5 > 0)
    return league.built(tmp_path_factory.mktemp("year") / "place")


@contextmanager
def workspace_of(place: Place) -> Iterator[Workspace]:
    settings = load_settings({}, config=str(place.folder / "gapless.toml"))
    with open_workspace(settings, write=True, create=False) as workspace:
        yield workspace


def at_four(workspace: Workspace, day: date) -> Workspace:
    """It is four o'clock in New York, on both days of the year on which clocks are changed, too."""
    return replace(workspace, clock=Clock.fixed(datetime.combine(day, time(4), NEW_YORK)))


def upcoming(workspace: Workspace) -> list[tuple[Any, ...]]:
    return workspace.warehouse.fetch(f"SELECT * FROM {UPCOMING} ORDER BY ALL")


def dates_held(workspace: Workspace) -> list[date]:
    found = workspace.warehouse.fetch(f"SELECT DISTINCT game_date FROM {UPCOMING} ORDER BY 1")
    return [row[0] for row in found]


def test_a_year_of_mornings(season: Place) -> None:
    """Each morning the table holds the last seven days and no other; all rows can be had back."""
    written: set[tuple[Any, ...]] = set()
    deleted = 0
    with workspace_of(season) as workspace:
        for day in YEAR:
            morning = at_four(workspace, day)
            if day in GAME_DAYS[1:]:
                selection = Selection(tables=(UPCOMING,), dates=(day,))
                assert backfill(morning, selection, BackfillOptions()).report.exit_code == 0
                written |= set(upcoming(morning))
            if UPCOMING not in morning.warehouse.catalog():
                continue
            report = clean(morning, CleanOptions(backups=Lifetime(days=400)))
            assert report.ok, report.problems
            assert not report.kept
            deleted += report.deleted_rows
            week = [day - timedelta(days=back) for back in range(7, -1, -1)]
            assert dates_held(morning) == [one for one in week if one in GAME_DAYS[1:]]
        assert not upcoming(workspace)
        assert deleted == len(written) == 20 * len(GAME_DAYS[1:])
        assert sum(one.rows for one in workspace.warehouse.removals()) == deleted
    now = f"{YEAR[-1]}T12:00:00-04:00"
    assert_restorable(season, written, now)
    assert_backfilled_without_a_flag(season, now)


def assert_restorable(season: Place, written: set[tuple[Any, ...]], now: str) -> None:
    listed = json.loads(season.run_within("backups", "--verify", "--json", GAPLESS_NOW=now).stdout)
    assert {one["state"] for one in listed["backups"]} == {"ok"}
    season.run_within("restore", "--json", GAPLESS_NOW=now)
    with workspace_of(season) as workspace:
        assert set(upcoming(workspace)) == written
    season.run_within("clean", "--yes", "--max-rows", "2000", GAPLESS_NOW=now)
    with workspace_of(season) as workspace:
        assert not upcoming(workspace)


def assert_backfilled_without_a_flag(season: Place, now: str) -> None:
    """What was made of the rows is as it was; an old range that is lost is made again."""
    assert (
        json.loads(season.run_within("status", "--json", GAPLESS_NOW=now).stdout)["exit_code"] == 0
    )
    lost = ("precompute.player_composite_factors", "precompute.ml_feature_store")
    with workspace_of(season) as workspace:
        for table in lost:
            old = "game_date BETWEEN DATE '2022-12-01' AND DATE '2023-01-15'"
            workspace.warehouse.execute(f"DELETE FROM {table} WHERE {old}")
    season.run_within(
        "backfill", "--start-date", "2022-12-01", "--end-date", "2023-01-15", GAPLESS_NOW=now
    )
    assert (
        json.loads(season.run_within("status", "--json", GAPLESS_NOW=now).stdout)["exit_code"] == 0
    )
