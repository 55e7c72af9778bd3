"""`gapless audit` on real seasons in a database that Gapless never touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from acceptance.place import Place
from acceptance.seasons import FEB_23, FEB_24, PCF, PGS, PLAYERS, STALE, UPCOMING

DATABASE = "plain.duckdb"
ASKED = ("--table", PCF, "--partition", "game_date")
BESIDE = ("--reference", PGS, "--key", "player_id", "--label", "player_name")


@pytest.fixture(scope="session")
def plain_once(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two real seasons in plain tables, and what the naive job made of them. Shared: read it.

    The job takes the upcoming rows of a date unless there are none; on two dates a few were left.
    """
    place = Place(tmp_path_factory.mktemp("plain"))
    left = " ".join(f"WHEN DATE '{day}' THEN {rows}" for day, rows in STALE.items())
    with duckdb.connect(str(place.folder / DATABASE)) as connection:
        for statement in (
            "CREATE SCHEMA analytics",
            "CREATE SCHEMA precompute",
            f"CREATE TABLE {PGS} AS SELECT game_date, game_id, player_id, player_name, minutes "
            f"FROM '{real_data}/player_box_scores.parquet' WHERE played",
            f"CREATE TABLE {UPCOMING} AS FROM {PGS} QUALIFY row_number() OVER "
            f"(PARTITION BY game_date ORDER BY player_id) <= CASE game_date {left} ELSE 0 END",
            f"CREATE TABLE {PCF} AS SELECT game_date, player_id, minutes / 48 AS fatigue_score "
            f"FROM (FROM {UPCOMING} UNION ALL FROM {PGS} AS p WHERE NOT EXISTS "
            f"(SELECT 1 FROM {UPCOMING} AS u WHERE u.game_date = p.game_date))",
        ):
            connection.execute(statement)
    return place


@pytest.fixture(scope="session")
def report(plain_once: Place) -> dict[str, Any]:
    """What the audit with a reference says to programs."""
    found: dict[str, Any] = plain_once.json("audit", DATABASE, *ASKED, *BESIDE, code=1)
    return found


def test_it_finds_exactly_the_two_dates_worst_first(report: dict[str, Any]) -> None:
    assert [
        (p["date"], p["conditions"], p["present"], p["expected"]) for p in report["partitions"]
    ] == [(str(day), ["partial"], STALE[day], PLAYERS[day]) for day in (FEB_23, FEB_24)]
    assert report["dates"] - report["complete"] == 2


def test_it_names_who_is_missing(report: dict[str, Any], plain_once: Place) -> None:
    with duckdb.connect(str(plain_once.folder / DATABASE), read_only=True) as connection:
        absent = connection.execute(
            f"SELECT player_name, player_id FROM {PGS} WHERE game_date = DATE '{FEB_23}' AND "
            f"player_id NOT IN (SELECT player_id FROM {PCF} WHERE game_date = DATE '{FEB_23}') "
            "ORDER BY player_name LIMIT 5"
        ).fetchall()
    named = [(n["label"], int(n["key"])) for n in report["partitions"][0]["missing_names"]]
    assert len(named) == 5
    assert named == absent


def test_it_says_so_in_words(plain_once: Place) -> None:
    text = plain_once.run("audit", DATABASE, *ASKED, *BESIDE, code=1).text
    for words in (
        f"◐ partial {FEB_23} 1/187 0.5 %",
        "186 missing: Aaron Nesmith (1630174)",
        f"◐ partial {FEB_24} 68/175 38.9 %",
        "2 of 329 dates",
        "docs/how-to/your-own-pipeline.md",
    ):
        assert words in text


def test_it_leaves_no_trace(plain_once: Place) -> None:
    before = plain_once.content()
    plain_once.run("audit", DATABASE, *ASKED, *BESIDE, code=1)
    plain_once.run("audit", DATABASE, *ASKED, code=1)
    assert plain_once.content() == before
    assert list(before) == [DATABASE], "it needs no configuration, and writes none"


def test_without_a_reference_it_guesses_the_first_date_and_cannot_see_the_second(
    plain_once: Place,
) -> None:
    """68 players are no unusual night; only the keys tell that 107 are missing."""
    guess = plain_once.json("audit", DATABASE, *ASKED, code=1)
    fewer = [s["first_date"] for s in guess["suspicions"] if s["hint"] == "fewer rows"]
    assert fewer[0] == str(FEB_23)
    assert str(FEB_24) not in fewer
    text = plain_once.run("audit", DATABASE, *ASKED, code=1).text
    assert "Only a guess" in text
    assert "counts say nothing about which keys are there" in text


def test_mended_dates_are_complete(plain_once: Place, tmp_path: Path) -> None:
    """The summary under another name is what a whole table looks like."""
    with duckdb.connect(str(tmp_path / "mended.duckdb")) as connection:
        connection.execute(f"ATTACH '{plain_once.folder / DATABASE}' AS plain (READ_ONLY)")
        connection.execute(f"CREATE TABLE summary AS FROM plain.{PGS}")
        connection.execute("CREATE TABLE factors AS SELECT game_date, player_id FROM summary")
        [(players,)] = connection.execute("SELECT count(*) FROM factors").fetchall()
    asked = ("--table", "factors", "--reference", "summary", "--partition", "game_date")
    text = Place(tmp_path).run("audit", "mended.duckdb", *asked, "--key", "player_id").text
    assert f"● complete {players:,} keys on 329 dates, none missing or surplus" in text


def test_files_of_parquet_show_where_the_shots_of_a_season_end(
    real_data: Path, empty: Place
) -> None:
    """Shots of 2021-22 were collected up to game 580 only; the rest of the season is missing."""
    shot = "played AND fga > 0"
    data = empty.json(
        *("audit", str(real_data), "--table", "shots", "--reference", "player_box_scores"),
        *("--reference-where", shot, "--partition", "game_date", "--key", "game_id, player_id"),
        code=1,
    )
    with duckdb.connect() as connection:
        absent = connection.execute(
            f"SELECT DISTINCT game_date FROM '{real_data}/player_box_scores.parquet' WHERE {shot} "
            f"AND game_date NOT IN (SELECT game_date FROM '{real_data}/shots.parquet') ORDER BY ALL"
        ).fetchall()
    missing = sorted(p["date"] for p in data["partitions"] if p["conditions"] == ["missing"])
    assert len(missing) > 70
    assert missing == [str(day) for (day,) in absent]
    assert missing[-1] < "2022-10-18", "the season after it is there as a whole"


def test_dates_are_cut_on_both_sides(plain_once: Place) -> None:
    data = plain_once.json(
        *("audit", DATABASE, *ASKED, *BESIDE),
        *("--start-date", str(FEB_24), "--end-date", str(FEB_24)),
        code=1,
    )
    assert (data["dates"], [p["date"] for p in data["partitions"]]) == (1, [str(FEB_24)])


MISTAKES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "no table": (("--partition", "game_date"), ("--table",)),
    "no partition": (("--table", PCF), ("--partition",)),
    "unknown table": (
        ("--table", "player_composit_factors", "--partition", "game_date"),
        ("Did you mean 'player_composite_factors'?",),
    ),
    "unknown column": (
        ("--table", PCF, "--partition", "gamedate"),
        ("gamedate", "Did you mean 'game_date'?"),
    ),
    "a reference without a key": ((*ASKED, "--reference", PGS), ("--key",)),
    "a key of nothing": ((*ASKED, "--reference", PGS, "--key", ","), ("--key",)),
    "a wrong predicate": (
        (*ASKED, *BESIDE, "--reference-where", "playd"),
        ("--reference-where", "playd", "cannot be evaluated"),
    ),
    "no share": ((*ASKED, *BESIDE, "--at-least", "90"), ("--at-least", "0.9")),
    "no lines": ((*ASKED, "--limit", "0"), ("--limit",)),
    "start after end": (
        (*ASKED, "--start-date", "2023-02-24", "--end-date", "2023-02-23"),
        ("lies after",),
    ),
    "no date": ((*ASKED, "--start-date", "2023-02-30"), ("2023-02-30", "YYYY-MM-DD")),
    "no time zone": ((*ASKED, "--timezone", "Gotham"), ("Gotham", "America/New_York")),
    "no dates in it": (("--table", PCF, "--partition", "fatigue_score"), ("DOUBLE",)),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_a_sentence_and_exit_2(
    plain_once: Place, arguments: Sequence[str], said: Sequence[str]
) -> None:
    answer = plain_once.run_within("audit", DATABASE, *arguments, code=2)
    for words in said:
        assert words in answer.complaint
    shown = plain_once.run_within("audit", DATABASE, *arguments, "--json", code=2).stdout
    assert json.loads(shown)["exit_code"] == 2
