"""The pipeline's clock stands inside a real season: what is built for dates to come, and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from acceptance.mornings import morning_of, not_played_from
from acceptance.place import Place, listed, outcomes
from acceptance.seasons import (
    CHOOSING,
    FEB_24,
    FEB_25,
    FEB_26,
    KEYS,
    PGS,
    PSZA,
    SYNTHETIC,
    TDZA,
    UPCOMING,
)
from oracle.compare import differences
from oracle.oracle import Oracle
from oracle.read import League

TODAY = FEB_24
TO_COME = (FEB_24, FEB_25, FEB_26)
BUILT = (UPCOMING, PSZA, TDZA, *CHOOSING)
"""What there is of a date before its games."""
PLAYED = tuple(table for table in KEYS if table not in BUILT)

OPENING_DAY = date(2022, 10, 18)

Row = dict[str, Any]


def oracle_on(league: League, day: date) -> Oracle:
    """Return the slow implementation of a league that is played up to the day before."""
    games = tuple(
        replace(game, home_score=None, away_score=None) if game.game_date >= day else game
        for game in league.games
    )
    listings = tuple(row for row in league.listings if row.game.game_date < day)
    played = {game.game_id for game in league.games if game.game_date < day}
    shots = tuple(shot for shot in league.shots if shot.game_id in played)
    return Oracle(League(games, listings, shots))


def by_key(place: Place, table: str, day: date) -> dict[Any, Row]:
    [key] = KEYS.get(table, ("player_id",))
    return {row[key]: row for row in place.records(table, day)}


def wanted_of(oracle: Oracle, place: Place, table: str, day: date) -> dict[Any, Row]:
    """Return what a table should hold, given the upcoming rows that are there."""
    given = {"upcoming": by_key(place, UPCOMING, day)} if table in CHOOSING else {}
    rows: dict[Any, Row] = getattr(oracle, table.rpartition(".")[2])(day, **given)
    return rows


@pytest.fixture(scope="module")
def league(real_data: Path) -> League:
    return League.from_folder(real_data)


@pytest.fixture(scope="module")
def oracle(league: League) -> Oracle:
    return oracle_on(league, TODAY)


@pytest.fixture(scope="module")
def yesterday_once(loaded_once: Place) -> Place:
    """The morning of TODAY; everything is built up to yesterday. Shared: copy it."""
    place = loaded_once.copy_to(loaded_once.folder.with_name("yesterday"))
    place.change(*not_played_from(TODAY))
    until = str(TODAY - timedelta(days=1))
    place.run("backfill", "--end-date", until, GAPLESS_NOW=morning_of(TODAY))
    return place


@pytest.fixture(scope="module")
def today_once(yesterday_once: Place) -> Place:
    """The same morning, after the backfill of three dates to come. Shared: read it, or copy it."""
    place = yesterday_once.copy_to(yesterday_once.folder.with_name("today"))
    days = ("--start-date", str(TODAY), "--end-date", str(TO_COME[-1]))
    report = place.json("backfill", *days, GAPLESS_NOW=morning_of(TODAY))
    for table in BUILT:
        assert outcomes(report, table) == {str(day): "published" for day in TO_COME}
    return place


@pytest.mark.parametrize("table", BUILT)
@pytest.mark.parametrize("day", TO_COME, ids=str)
def test_every_value_of_a_date_to_come_equals_the_slow_implementation(
    today_once: Place, oracle: Oracle, table: str, day: date
) -> None:
    rows = by_key(today_once, table, day)
    assert rows
    assert differences(wanted_of(oracle, today_once, table, day), rows)[:10] == []


def test_a_date_to_come_rests_on_the_upcoming_context_alone(today_once: Place) -> None:
    for table in CHOOSING:
        sources = f"SELECT DISTINCT context_source FROM {table} WHERE game_date >= '{TODAY}'"
        assert today_once.rows(sources) == [("upcoming",)]


def test_nothing_is_built_of_a_game_before_it_was_played(today_once: Place) -> None:
    for table in PLAYED:
        assert today_once.rows(f"FROM {table} WHERE game_date >= '{TODAY}'") == []


@pytest.mark.parametrize("lacking", [1, 100], ids=["all but one", "less than half"])
def test_a_date_to_come_without_its_whole_upcoming_context_gets_nothing(
    yesterday_once: Place, copied: Callable[[Place], Place], lacking: int
) -> None:
    """Complete, or nothing: 90 % is for dates that were played."""
    place, now = copied(yesterday_once), morning_of(TODAY)
    place.run("backfill", UPCOMING, PSZA, TDZA, "--dates", str(TODAY), GAPLESS_NOW=now)
    place.change(
        f"DELETE FROM {UPCOMING} WHERE game_date = '{TODAY}' AND player_id IN "
        f"(SELECT player_id FROM {UPCOMING} WHERE game_date = '{TODAY}' "
        f"ORDER BY player_id LIMIT {lacking})"
    )
    report = place.json("backfill", *CHOOSING, "--dates", str(TODAY), code=1, GAPLESS_NOW=now)
    for table in CHOOSING:
        assert outcomes(report, table) == {str(TODAY): "blocked"}
        assert place.records(table, TODAY) == []


def test_once_played_a_date_is_rebuilt_for_those_who_appeared(
    today_once: Place, loaded_once: Place, league: League, copied: Callable[[Place], Place]
) -> None:
    place, tomorrow = copied(today_once), TODAY + timedelta(days=1)
    rows = f"WHERE game_date = DATE '{TODAY}'"
    place.change(
        f"ATTACH '{loaded_once.warehouse}' AS real (READ_ONLY)",
        *(
            f"DELETE FROM raw.{table} {rows}; INSERT INTO raw.{table} FROM real.raw.{table} {rows}"
            for table in ("schedule", "player_box_scores", "shots")
        ),
    )
    days = ("--start-date", str(TODAY), "--end-date", str(TO_COME[-1]))
    place.run("backfill", *days, GAPLESS_NOW=morning_of(tomorrow))
    oracle = oracle_on(league, tomorrow)
    for table in (*PLAYED, *CHOOSING):
        if KEYS[table] == ("player_id",):
            found = by_key(place, table, TODAY)
            assert differences(wanted_of(oracle, place, table, TODAY), found)[:10] == [], table
    assert len(place.records(PGS, TODAY)) == 175
    # What is still to come was built again from one more game.
    for table in BUILT:
        found = by_key(place, table, FEB_26)
        assert differences(wanted_of(oracle, place, table, FEB_26), found)[:10] == [], table
    status = place.json("status", "--dates", listed(TO_COME), GAPLESS_NOW=morning_of(tomorrow))
    assert {found["state"] for found in status["partitions"]} <= {"complete", "nothing_expected"}


# The first days of a season


@pytest.fixture(scope="module")
def opening_once(loaded_once: Place) -> Place:
    """The morning of opening day; last season is loaded, and nothing was ever computed."""
    place = loaded_once.copy_to(loaded_once.folder.with_name("opening"))
    place.change(*not_played_from(OPENING_DAY))
    return place


def test_on_opening_day_a_history_that_does_not_exist_yet_is_an_empty_one(
    opening_once: Place, league: League, copied: Callable[[Place], Place]
) -> None:
    place, now = copied(opening_once), morning_of(OPENING_DAY)
    report = place.json("backfill", "--dates", str(OPENING_DAY), GAPLESS_NOW=now)
    assert outcomes(report, UPCOMING) == {str(OPENING_DAY): "published"}
    rows = by_key(place, UPCOMING, OPENING_DAY)
    assert rows
    oracle = oracle_on(league, OPENING_DAY)
    assert differences(wanted_of(oracle, place, UPCOMING, OPENING_DAY), rows)[:10] == []
    assert {row["days_rest"] for row in rows.values()} == {None}
    assert (
        place.rows(f"SELECT * FROM information_schema.tables WHERE table_name = '{SYNTHETIC}'")
        == []
    )


def test_on_opening_day_without_the_season_before_there_is_nobody_to_expect(
    opening_once: Place, copied: Callable[[Place], Place]
) -> None:
    """Nothing expected on a date with games proves nothing, so the date is refused."""
    place = copied(opening_once)
    for table in ("schedule", "player_box_scores", "shots"):
        place.change(f"DELETE FROM raw.{table} WHERE season = '2021-22'")
    now = morning_of(OPENING_DAY)
    report = place.json("backfill", "--dates", str(OPENING_DAY), code=4, GAPLESS_NOW=now)
    assert outcomes(report, UPCOMING) == {str(OPENING_DAY): "refused"}
    [result] = [found for found in report["results"] if found["table"] == UPCOMING]
    assert "the expected set is empty" in result["reason"]
