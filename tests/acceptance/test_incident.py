"""6 January again, on the real rows: what the naive job did, and what Gapless does instead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acceptance.place import Place, environment, listed, outcomes
from acceptance.seasons import (
    FEB_23,
    FEB_24,
    FEB_25,
    FEB_26,
    FOUR_DAYS,
    INCIDENT,
    PCF,
    PGS,
    PLAYERS,
    STALE,
    SYNTHETIC,
    UPCOMING,
)

FACTORS = "player_composite_factors"
DATES = listed(INCIDENT)
COUNTS = (
    f"SELECT game_date, count(*) FROM {PCF} "
    f"WHERE game_date BETWEEN DATE '{FEB_23}' AND DATE '{FEB_26}' GROUP BY ALL"
)


@pytest.fixture(scope="session")
def mended_once(morning_once: Place) -> tuple[Place, dict[str, Any]]:
    """The incident's dates and the two after them backfilled by Gapless, and its report."""
    place = morning_once.copy_to(morning_once.folder.with_name("mended"))
    return place, place.json("backfill", FACTORS, *FOUR_DAYS)


@pytest.fixture(scope="session")
def after_naive(morning_once: Place) -> tuple[Place, int, list[str]]:
    """The morning after the naive job: the place, its exit code and its checkpoint."""
    place = morning_once.copy_to(morning_once.folder.with_name("after-naive"))
    checkpoint = place.folder / "checkpoint.json"
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("naive_job.py")),
            str(place.warehouse),
            str(checkpoint),
            *(str(day) for day in PLAYERS),
        ],
        env=environment(),
        check=False,
    )
    return place, done.returncode, json.loads(checkpoint.read_text())["done"]


# The naive job


def test_the_naive_job_writes_1_of_187_and_68_of_175_players_and_exits_0(
    after_naive: tuple[Place, int, list[str]],
) -> None:
    place, code, _ = after_naive
    assert code == 0
    assert dict(place.rows(COUNTS)) == {FEB_23: 1, FEB_24: 68, FEB_25: 154, FEB_26: 191}


def test_the_naive_job_marks_both_dates_done(after_naive: tuple[Place, int, list[str]]) -> None:
    _, _, checkpoint = after_naive
    assert checkpoint == [str(day) for day in PLAYERS]


def test_status_calls_what_the_naive_job_left_partial(
    after_naive: tuple[Place, int, list[str]],
) -> None:
    place, _, _ = after_naive
    found = place.json("status", FACTORS, "--dates", DATES, code=1)["partitions"]
    assert [(p["state"], p["rows"]) for p in found] == [("partial", 1), ("partial", 68)]


def test_a_backfill_replaces_what_the_naive_job_left(
    after_naive: tuple[Place, int, list[str]], copied: Callable[[Place], Place]
) -> None:
    place = copied(after_naive[0])
    place.run("backfill", FACTORS, *FOUR_DAYS)
    assert dict(place.rows(COUNTS)) == PLAYERS


# Ours


def test_preflight_reports_both_dates_with_their_share(morning_once: Place) -> None:
    found = morning_once.json("preflight", FACTORS, "--dates", DATES)
    [finding] = [f for f in found["findings"] if f["code"] == "source_partial"]
    shares = {fact["date"]: round(100 * fact["ratio"], 1) for fact in finding["dates"]}
    assert shares == {"2023-02-23": 0.5, "2023-02-24": 38.9}
    assert finding["severity"] == "warning"


def test_preflight_says_in_words_how_little_there_is_and_what_is_used_instead(
    morning_once: Place,
) -> None:
    text = morning_once.run("preflight", FACTORS, "--dates", DATES).text
    for words in ("0.5 %", "38.9 %", "1 of 187", "68 of 175", "synthetic_player_game_context"):
        assert words in text


def test_preflight_foresees_the_synthetic_context_for_both_dates(morning_once: Place) -> None:
    found = morning_once.json("preflight", FACTORS, "--dates", DATES)["choices"]
    assert [(choice["date"], choice["chosen"]) for choice in found] == [
        (str(day), SYNTHETIC) for day in INCIDENT
    ]


def test_preflight_offers_a_command_for_the_dates_it_reports(morning_once: Place) -> None:
    found = morning_once.json("preflight", FACTORS, "--dates", DATES)
    [finding] = [f for f in found["findings"] if f["code"] == "source_partial"]
    commands = [remedy["command"] for remedy in finding["remedies"]]
    assert f"gapless backfill {PCF} --dates {DATES}" in commands


def test_the_backfill_publishes_every_player_of_the_four_dates(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    place, report = mended_once
    assert report["exit_code"] == 0
    assert dict(place.rows(COUNTS)) == PLAYERS


def test_the_report_counts_expected_present_and_missing_for_every_date(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    _, report = mended_once
    counted = {r["date"]: (r["expected"], r["present"], r["missing"]) for r in report["results"]}
    assert counted == {str(day): (players, players, 0) for day, players in PLAYERS.items()}
    assert outcomes(report, PCF) == {str(day): "published" for day in PLAYERS}


def test_the_report_keeps_what_was_chosen_and_what_was_passed_over(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    _, report = mended_once
    choices = {r["date"]: r["evidence"]["choices"]["context"] for r in report["results"]}
    assert {made["chosen"] for made in choices.values()} == {SYNTHETIC}
    usable = {
        day: {source["source"]: source["usable"] for source in made["sources"]}
        for day, made in choices.items()
    }
    assert usable == {
        str(day): {UPCOMING: STALE[day], SYNTHETIC: players} for day, players in PLAYERS.items()
    }


def test_every_published_row_says_that_its_context_is_synthetic(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    place, _ = mended_once
    sources = place.rows(f"SELECT DISTINCT context_source FROM {PCF}")
    assert sources == [("synthetic",)]


def test_the_players_are_those_of_the_summary_not_just_as_many(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    place, _ = mended_once
    for day in PLAYERS:
        where = f"WHERE game_date = DATE '{day}' ORDER BY player_id"
        wanted = place.rows(f"SELECT player_id FROM {PGS} {where}")
        assert place.rows(f"SELECT player_id FROM {PCF} {where}") == wanted


def test_the_text_of_the_backfill_names_both_dates_and_the_source_used(morning: Place) -> None:
    text = morning.run("backfill", FACTORS, *FOUR_DAYS).text
    for words in (str(FEB_23), "0.5 %", "187/187", str(FEB_24), "38.9 %", "175/175"):
        assert words in text
    assert "synthetic_player_game_context" in text
    assert str(FEB_25) not in text, "nothing was passed over on that date"


def test_explain_says_which_source_was_chosen_and_why(
    mended_once: tuple[Place, dict[str, Any]],
) -> None:
    place, _ = mended_once
    story = place.json("explain", FACTORS, str(FEB_24))
    assert story["choices"]["context"]["chosen"] == SYNTHETIC
    [publication] = story["publications"]
    kept = publication["evidence"]["choices"]["context"]
    assert kept["chosen"] == SYNTHETIC
    assert "38.9 %" in kept["reason"]


def test_explain_tells_it_in_words(mended_once: tuple[Place, dict[str, Any]]) -> None:
    place, _ = mended_once
    text = place.run("explain", FACTORS, str(FEB_23)).text
    for words in ("complete", "187/187", "0.5 %", "1 usable of 187", "→ used"):
        assert words in text


def test_status_shows_all_four_dates_complete(mended_once: tuple[Place, dict[str, Any]]) -> None:
    place, _ = mended_once
    found = place.json("status", FACTORS, *FOUR_DAYS)
    assert found["exit_code"] == 0
    assert {(p["date"], p["state"], p["present"]) for p in found["partitions"]} == {
        (str(day), "complete", players) for day, players in PLAYERS.items()
    }


def test_a_published_partition_whose_rows_are_gone_is_not_shown_as_covered(
    mended_once: tuple[Place, dict[str, Any]], copied: Callable[[Place], Place]
) -> None:
    place = copied(mended_once[0])
    place.change(f"DELETE FROM {PCF} WHERE game_date = DATE '{FEB_23}'")
    [found] = place.json("status", FACTORS, "--dates", str(FEB_23), code=1)["partitions"]
    assert (found["state"], found["rows"]) == ("missing", 0)
    assert found["present"] == 0, "measured from the table, not remembered from the publication"
