"""`gapless clean`, `backups` and `restore` as they are typed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from acceptance.place import Place
from acceptance.small_league import SmallLeague

UPCOMING = "analytics.upcoming_player_game_context"
FIRST = date(2022, 10, 18)
NOW = "2022-11-17T09:00:00-05:00"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Thirty days of the small league, with the upcoming context of three old ones."""
    league = SmallLeague()
    for number in range(30):
        away, home = ("BOS", "NYK") if number % 2 else ("PHI", "MIA")
        league.game(FIRST + timedelta(days=number), away, home)
    place = league.built(tmp_path_factory.mktemp("clean") / "place")
    place.run_within(
        "backfill", "upcoming_player_game_context", "--dates", "2022-10-25,2022-10-26,2022-11-16"
    )
    return place


@pytest.fixture
def place(built: Place, tmp_path: Path) -> Place:
    return built.copy_to(tmp_path / "place")


def held(place: Place) -> list[str]:
    query = f"SELECT DISTINCT game_date FROM {UPCOMING} ORDER BY 1"
    return [str(row[0]) for row in place.rows(query)]


def test_nothing_is_removed_where_nobody_can_be_asked(place: Place) -> None:
    answer = place.run("clean", code=2, GAPLESS_NOW=NOW)
    assert "there is nobody to ask whether it may" in answer.complaint
    assert "gapless clean --yes" in answer.complaint
    assert len(held(place)) == 3


def test_there_and_back(place: Place) -> None:
    """What is printed is what happens, and relative folders start at the configuration."""
    foreseen = place.run_within("clean", "--dry-run", GAPLESS_NOW=NOW)
    assert "Dry run: 20 rows of 2 dates would go, 0 would stay." in foreseen.text
    assert len(held(place)) == 3
    report = json.loads(place.run_within("clean", "--yes", "--json", GAPLESS_NOW=NOW).stdout)
    assert report["deleted_rows"] == 20
    assert {one["outcome"] for one in report["partitions"]} == {"deleted"}
    assert held(place) == ["2022-11-16"]
    assert (place.folder / "gapless-backups" / "nba" / UPCOMING).is_dir()
    assert "1 backup read, every row as it was saved." in place.run("backups", "--verify").text
    tried = place.run_within("restore", "--dates", "2022-10-26", "--dry-run", GAPLESS_NOW=NOW)
    assert "would restore" in tried.text
    place.run_within("restore", "--start-date", "2022-10-26", GAPLESS_NOW=NOW)
    assert held(place) == ["2022-10-26", "2022-11-16"]
    nothing = place.run_within("clean", "--yes", "--days", "40", GAPLESS_NOW=NOW)
    assert "Nothing has outlived its retention." in nothing.text


def test_a_replay_makes_no_backup_old(place: Place) -> None:
    """Backups age by the system's clock: no moment that is replayed removes a new one."""
    moments = (("--now", NOW), ("--now", NOW), ("--now", "2099-01-01T09:00Z"), ())
    for made, moment in enumerate(moments, start=1):
        arguments = ("clean", "--yes", "--json", "--backups-at-least", "1", *moment)
        assert json.loads(place.run_within(*arguments).stdout)["expired"] == []
        folder = place.folder / "gapless-backups" / "nba" / UPCOMING
        assert len(list(folder.iterdir())) == made
        place.run_within("restore", *moment)


def test_too_much_is_exit_3(place: Place) -> None:
    answer = place.run_within("clean", "--yes", "--max-rows", "5", code=3, GAPLESS_NOW=NOW)
    assert "20 rows of 2 dates" in answer.complaint
    assert "--max-rows 20" in answer.complaint
    assert len(held(place)) == 3


def test_a_damaged_backup_is_exit_1(place: Place) -> None:
    place.run_within("clean", "--yes", GAPLESS_NOW=NOW)
    [file] = (place.folder / "gapless-backups").rglob("rows.parquet")
    file.write_bytes(file.read_bytes()[:-9])
    assert "is damaged" in place.run_within("backups", "--verify", code=1).text
    assert "is damaged" in place.run_within("restore", code=1, GAPLESS_NOW=NOW).text
    assert held(place) == ["2022-11-16"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("clean", "--tables", "player_game_summary", "--yes"), "declares no retention"),
        (("clean", "--tables", "upcoming_player_game", "--yes"), "Did you mean"),
        (("clean", "--days", "0", "--yes"), "--days 0 makes no sense"),
        (
            ("clean", "--days", "999999", "--yes"),
            "--days 999999 makes no sense; give at most 36,500",
        ),
        (("clean", "--backup-days", "999999", "--yes"), "a whole number of 1 to 36,500"),
        (
            ("clean", "--yes", "--backups", "memory://x"),
            "memory://x is gone when this process ends",
        ),
        (("clean", "--sql", "duckdbb"), "Did you mean 'duckdb'?"),
        (("clean", "--sql", "duckdb", "--yes"), "--sql only prints a script"),
        (("clean", "--sql", "duckdb", "--max-rows", "3"), "--sql only prints a script"),
        (("clean", "--dry-run", "--backups", "nowhere://x"), "nowhere://x"),
        (("restore",), "has no backup of what was asked for"),
        (("restore", "--dates", "2022-13-01"), "is not a date"),
        (("restore", "--backup", "20221117"), "has no backup of what was asked for"),
        (("backups", "--tables", "nothing"), "has no table 'nothing'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    built: Place, arguments: tuple[str, ...], complaint: str
) -> None:
    answer = built.run_within(*arguments, code=2, GAPLESS_NOW=NOW)
    assert complaint in answer.complaint
    assert len(held(built)) == 3


def test_leftover_rows_are_named_with_the_command_that_removes_them(place: Place) -> None:
    """Those that outlived their retention need no script."""
    place.change(f"DELETE FROM {UPCOMING} WHERE game_date = '2022-10-25' AND player_id <> 10")
    report = place.run_within("validate", "--json", code=None, GAPLESS_NOW=NOW).stdout
    assert "gapless clean --tables upcoming_player_game_context" in report
