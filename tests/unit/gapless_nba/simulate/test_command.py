"""`python -m gapless_nba.simulate`: what it writes, what it says, and how it says no."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from gapless_nba.simulate import simulate_league
from gapless_nba.simulate.__main__ import main
from gapless_nba.simulate.incidents import INCIDENTS

SMALL = ("--games-a-day", "1")
FILES = ("schedule", "player_box_scores", "shots")
Captured = pytest.CaptureFixture[str]


def seasons_of(folder: Path) -> list[str]:
    text = (folder / "schedule.csv").read_text(encoding="utf-8")
    return sorted({line.split(",")[0] for line in text.splitlines()[1:]})


# What it writes and says


def test_it_writes_the_seasons_named(tmp_path: Path) -> None:
    main([str(tmp_path), "--season", "2019-20", "--season", "2022-23", *SMALL])
    assert seasons_of(tmp_path) == ["2019-20", "2022-23"]


def test_it_writes_so_many_seasons_up_to_the_one_named(tmp_path: Path, capsys: Captured) -> None:
    main([str(tmp_path), "--seasons", "3", "--season", "2000-01", *SMALL])
    assert seasons_of(tmp_path) == ["1998-99", "1999-00", "2000-01"]
    assert capsys.readouterr().out.startswith("492 games on 492 dates, ")


def test_the_last_season_is_2022_23_when_none_is_named(tmp_path: Path) -> None:
    main([str(tmp_path), "--seasons", "2", *SMALL])
    assert seasons_of(tmp_path) == ["2021-22", "2022-23"]


def test_every_option_reaches_the_league(tmp_path: Path) -> None:
    options = ["--seed", "5", "--shots-missing-share", "0.5", "--no-dnp"]
    main([str(tmp_path / "command"), *SMALL, *options])
    simulate_league(tmp_path / "library", seed=5, shots_missing_share=0.5, dnp=False, games_a_day=1)
    for table in FILES:
        written = [tmp_path / who / f"{table}.csv" for who in ("command", "library")]
        assert written[0].read_bytes() == written[1].read_bytes()


def test_parquet_holds_the_same_rows_in_the_same_order(tmp_path: Path) -> None:
    main([str(tmp_path / "csv"), *SMALL])
    main([str(tmp_path / "parquet"), *SMALL, "--format", "parquet"])
    assert {file.suffix for file in (tmp_path / "parquet").iterdir()} == {".parquet"}
    with duckdb.connect() as connection:
        for table in FILES:
            parquet, again = tmp_path / "parquet" / f"{table}.parquet", tmp_path / "again.csv"
            connection.execute(f"COPY (FROM '{parquet}') TO '{again}'")
            original = (tmp_path / "csv" / f"{table}.csv").read_text(encoding="utf-8")
            assert again.read_text(encoding="utf-8") == original


def test_the_same_arguments_give_the_same_bytes_of_parquet(tmp_path: Path) -> None:
    for name in ("one", "other"):
        main([str(tmp_path / name), "--seasons", "2", *SMALL, "--format", "parquet"])
    for table in FILES:
        one, other = (tmp_path / name / f"{table}.parquet" for name in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def test_incidents_are_injected_and_told_in_the_order_named(
    tmp_path: Path, capsys: Captured
) -> None:
    incidents = ["--incident", "late_game", "--incident", "team_not_sum"]
    main([str(tmp_path), "--games-a-day", "4", *incidents, "--dates", "2023-02-23,2023-02-26"])
    _, late, team = capsys.readouterr().out.splitlines()
    assert late.startswith("late_game: 2023-02-23, 2023-02-26; game_id 00222")
    assert team.startswith("team_not_sum: 2023-02-23, 2023-02-26; player_id 9")


def test_inject_does_to_files_that_are_there_what_simulate_does_to_its_own(
    tmp_path: Path, capsys: Captured
) -> None:
    main([str(tmp_path / "at-once"), *SMALL, "--incident", "dnp_zeros"])
    at_once = capsys.readouterr().out.splitlines()[1]
    main([str(tmp_path / "later"), *SMALL])
    capsys.readouterr()
    main(["inject", str(tmp_path / "later"), "--incident", "dnp_zeros"])
    assert capsys.readouterr().out.splitlines() == [at_once]
    for table in FILES:
        one, other = (tmp_path / name / f"{table}.csv" for name in ("at-once", "later"))
        assert one.read_bytes() == other.read_bytes()


def test_many_dates_and_games_are_told_by_the_first_and_their_number(
    tmp_path: Path, capsys: Captured
) -> None:
    main([str(tmp_path), *SMALL, "--incident", "poisoned_future", "--today", "2023-03-01"])
    told = capsys.readouterr().out.splitlines()[1]
    assert told.startswith("poisoned_future: 2023-03-01, 2023-03-02, ")
    assert told.count(" more") == 2


def test_every_incident_is_listed_with_its_story(capsys: Captured) -> None:
    main(["--list-incidents"])
    listed = capsys.readouterr().out
    assert len(INCIDENTS) == 10
    for incident in INCIDENTS.values():
        assert f"{incident.name} ({incident.where})\n    {incident.story}\n" in listed


# How it says no


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seasons", "0"], "--seasons is 0; it must be within 1..100"),
        (["--seasons", "101"], "--seasons is 101; it must be within 1..100"),
        (["--seasons", "2", "--season", "2021-22", "--season", "2022-23"], "given once"),
        (["--season", "2022"], "'2022' is no season"),
        (["--season", "9999-00"], "'9999-00' is no season"),
        (["--season", "0000-01"], "'0000-01' is no season"),
        (["--season", "0002-03", "--seasons", "9"], "is no season"),
        (["--games-a-day", "0.5"], "games_a_day is 0.5; it must be within 1..15"),
        (["--games-a-day", "nan"], "games_a_day is nan; it must be within 1..15"),
        (["--shots-missing-share", "2"], "shots_missing_share is 2.0; it must be within 0..1"),
        (["--format", "json"], "json"),
        (["--seed", "x"], "--seed"),
        (["--incident", "no_game"], "there is no incident 'no_game'; known are stale_upcoming"),
        (["--incident", "usage_600"], "simulate inject WAREHOUSE --incident usage_600"),
        (["--incident", "late_game", "--dates", "tomorrow"], "'tomorrow' is no date"),
        (["--incident", "poisoned_future", "--today", "1 March"], "'1 March' is no date"),
        (["--sesons", "2"], "--seasons"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence_before_anything_is_written(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    assert sentence in refused(capsys, str(tmp_path / "league"), *arguments)
    assert not (tmp_path / "league").exists()


def test_a_folder_has_to_be_named(capsys: Captured) -> None:
    assert refused(capsys) == "name the folder to write to"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "league").write_text("", encoding="utf-8")
    assert "league" in refused(capsys, str(tmp_path / "league"))


def test_csv_beside_parquet_is_refused_because_nobody_would_read_it(
    tmp_path: Path, capsys: Captured
) -> None:
    main([str(tmp_path), *SMALL, "--format", "parquet"])
    capsys.readouterr()
    assert "which would be loaded instead of CSV files" in refused(capsys, str(tmp_path), *SMALL)
    assert not list(tmp_path.glob("*.csv"))


def test_a_date_that_cannot_be_read_in_a_file_is_answered_by_a_sentence(
    tmp_path: Path, capsys: Captured
) -> None:
    main([str(tmp_path), *SMALL])
    capsys.readouterr()
    file = tmp_path / "schedule.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2023-02-23", "soon"), "utf-8")
    assert "soon" in refused(capsys, "inject", str(tmp_path), "--incident", "late_game")


def test_inject_into_an_empty_folder_is_refused(tmp_path: Path, capsys: Captured) -> None:
    sentence = refused(capsys, "inject", str(tmp_path), "--incident", "late_game")
    assert sentence == f"{tmp_path} has no schedule.parquet or schedule.csv"


def refused(capsys: Captured, *arguments: str) -> str:
    """Run a call that must be refused and return its one sentence."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    [line] = said.err.splitlines()
    return line.removeprefix("python -m gapless_nba.simulate: ")
