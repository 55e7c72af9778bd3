"""Loading: the same files twice change nothing; a file that does not fit is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from acceptance.place import Place, same_tables
from acceptance.seasons import PGS, SYNTHETIC, TDGS, TOGS
from acceptance.small_league import SmallLeague

RAW = ("raw.schedule", "raw.player_box_scores", "raw.shots")
Edit = Callable[[Path], None]


def replaced(file: str, old: str, new: str) -> Edit:
    """Return an edit of the first place where a text stands in a file."""

    def edit(folder: Path) -> None:
        place = folder / file
        text = place.read_text(encoding="utf-8")
        assert old in text
        place.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def last_line_twice(folder: Path) -> None:
    file = folder / "player_box_scores.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines, lines[-1]]), encoding="utf-8")


def removed(folder: Path) -> None:
    (folder / "shots.csv").unlink()


def garbage(folder: Path) -> None:
    (folder / "schedule.csv").unlink()
    (folder / "schedule.parquet").write_text("no parquet at all, whatever its name says")


def header_alone(folder: Path) -> None:
    file = folder / "schedule.csv"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def nothing_at_all(folder: Path) -> None:
    (folder / "schedule.csv").write_text("")


FIRST_KEY = "0022200001,20221018_NYK_BOS,2022-10-18"
REFUSED: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "a missing column": (
        replaced("schedule.csv", "home_score", "homescore"),
        ("schedule.csv", "'home_score'", "Did you mean 'homescore'?", "raw.schedule"),
    ),
    "a missing column of the last file": (
        replaced("shots.csv", "zone_basic", "zone"),
        ("shots.csv", "'zone_basic'", "raw.shots"),
    ),
    "no date": (
        replaced("schedule.csv", "2022-10-20", "2022-10-40"),
        ("schedule.csv", "'game_date'", "'2022-10-40'", "DATE"),
    ),
    "no number": (
        replaced("player_box_scores.csv", ",48.0,", ",forty-eight,"),
        ("player_box_scores.csv", "'minutes'", "'forty-eight'", "DOUBLE"),
    ),
    "too big a number": (
        replaced("player_box_scores.csv", ",18,", ",99999,"),
        ("player_box_scores.csv", "'99999'", "SMALLINT"),
    ),
    "no truth value": (
        replaced("player_box_scores.csv", "True", "maybe"),
        ("player_box_scores.csv", "'maybe'", "BOOLEAN"),
    ),
    "a row twice": (
        last_line_twice,
        ("player_box_scores.csv", "same key", "player_id", "2 rows"),
    ),
    "an empty key": (
        replaced("schedule.csv", FIRST_KEY, FIRST_KEY.replace("0022200001", "")),
        ("schedule.csv", "game_id"),
    ),
    "a missing file": (removed, ("raw.shots", "shots.parquet", "shots.csv")),
    "a file that is no Parquet": (garbage, ("schedule.parquet", "cannot be read")),
    "an empty file": (nothing_at_all, ("schedule.csv", "raw.schedule")),
    "a schedule without a game": (header_alone, ("schedule.csv", "no rows")),
}


@pytest.mark.parametrize(("edit", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_does_not_fit_is_refused_and_what_was_loaded_stays(
    small: Place, edit: Edit, said: tuple[str, ...]
) -> None:
    before = {table: small.rows(f"FROM {table} ORDER BY ALL") for table in RAW}
    edit(small.folder / "data")
    answer = small.run_within("load", "--data", "data", code=2)
    for words in said:
        assert words in answer.complaint, answer.complaint
    assert "Nothing was loaded" in answer.complaint
    assert {table: small.rows(f"FROM {table} ORDER BY ALL") for table in RAW} == before


@pytest.mark.parametrize("edit", [nothing_at_all, header_alone], ids=["empty", "header alone"])
def test_the_first_load_of_a_schedule_without_games_names_the_file(
    small: Place, edit: Edit
) -> None:
    edit(small.folder / "data")
    small.warehouse.unlink()
    assert "schedule.csv" in small.run("load", "--data", "data", code=2).complaint


def test_a_folder_that_does_not_exist_is_named_and_nothing_is_created(empty: Place) -> None:
    empty.run("init")
    complaint = empty.run("load", "--data", "nowhere", code=2).complaint
    assert "There is no folder nowhere" in complaint
    assert [file.name for file in empty.folder.iterdir()] == ["gapless.toml"]


def test_a_file_instead_of_a_folder_is_not_called_missing(small_once: Place) -> None:
    complaint = small_once.run("load", "--data", "data/schedule.csv", code=2).complaint
    assert "folder" in complaint
    assert "There is no folder" not in complaint, "it is there; it is a file"


def test_loading_the_same_files_again_changes_nothing(small: Place) -> None:
    before = small.rows("FROM raw.player_box_scores ORDER BY ALL")
    counts = small.json("load", "--data", "data")["tables"]
    assert {
        table["table"]: (table["added"], table["replaced"]) for table in counts
    } == dict.fromkeys(RAW, (0, 0))
    assert all(table["unchanged"] == 2 for table in counts)
    assert small.rows("FROM raw.player_box_scores ORDER BY ALL") == before
    assert small.json("status")["exit_code"] == 0, "nothing became stale"


def test_a_corrected_number_replaces_its_date_and_makes_what_reads_it_stale(small: Place) -> None:
    edit = replaced("player_box_scores.csv", ",48.0,", ",47.5,")
    edit(small.folder / "data")
    counts = {t["table"]: t for t in small.json("load", "--data", "data")["tables"]}
    box_scores = counts["raw.player_box_scores"]
    assert (box_scores["replaced"], box_scores["unchanged"]) == (1, 1)
    found = small.json("status", "player_game_summary", code=1)["partitions"]
    assert [(p["date"], p["state"]) for p in found] == [
        ("2022-10-18", "stale"),
        ("2022-10-20", "complete"),
    ]
    small.run("backfill")
    assert small.json("status")["exit_code"] == 0


def test_csv_and_parquet_give_the_same_tables(small_once: Place, empty: Place) -> None:
    league = SmallLeague()
    league.game(date(2022, 10, 18), "NYK", "BOS").game(date(2022, 10, 20), "BOS", "NYK")
    league.write(empty.folder / "data", kind="parquet")
    assert {file.suffix for file in (empty.folder / "data").iterdir()} == {".parquet"}
    empty.run("init")
    empty.run("load", "--data", "data")
    empty.run("backfill")
    tables = (*RAW, PGS, TOGS, TDGS, SYNTHETIC)
    assert same_tables(empty, small_once, tables) == []


def test_a_table_may_come_in_several_files(small: Place, empty: Place) -> None:
    shutil.copytree(small.folder / "data", empty.folder / "data")
    whole = empty.folder / "data" / "schedule.csv"
    header, *games = whole.read_text(encoding="utf-8").splitlines()
    for number, game in enumerate(games):
        part = whole.with_name(f"schedule_{number}.csv")
        part.write_text(f"{header}\n{game}\n", encoding="utf-8")
    whole.unlink()
    empty.run("init")
    empty.run("load", "--data", "data")
    assert same_tables(empty, small, RAW) == []


def test_a_game_that_is_incomplete_is_named_and_exits_1(small: Place) -> None:
    file = small.folder / "data" / "player_box_scores.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], *lines[2:]]), encoding="utf-8")
    answer = small.run("load", "--data", "data", code=1)
    for words in ("raw.player_box_scores", "2022-10-18", "0022200001", "found 4 players"):
        assert words in answer.text


def test_rows_of_dates_the_schedule_does_not_know_are_not_passed_over_in_silence(
    small: Place,
) -> None:
    """A truncated schedule file takes its dates out of sight, and with them whatever they lack."""
    file = small.folder / "data" / "schedule.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:2]), encoding="utf-8")
    small.warehouse.unlink()
    answer = small.run("load", "--data", "data", code=None)
    assert "2022-10-20" in answer.text, "its box scores were loaded; no game is scheduled"
