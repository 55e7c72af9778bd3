"""Incidents behind the tool's back: each changes exactly what it says, in a built warehouse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from acceptance.place import Place, same_tables
from acceptance.seasons import PCF, PGS, SYNTHETIC, TDZA, UPCOMING
from acceptance.small_league import SmallLeague
from gapless_nba.simulate.__main__ import main
from gapless_nba.simulate.incidents import INCIDENTS, WAREHOUSE, WarehouseIncident

FIRST = date(2022, 10, 18)
WARM = tuple(FIRST + timedelta(days=2 * number) for number in range(7))
DAY, NEXT_DAY = FIRST + timedelta(days=14), FIRST + timedelta(days=15)
"""The only dates after the warm-up; ten players appear on each, none on both."""
BEHIND = [i for i in INCIDENTS.values() if isinstance(i, WarehouseIncident)]


def by_name(incident: WarehouseIncident) -> str:
    return incident.name


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Four teams over the warm-up, then one game on each of two dates."""
    league = SmallLeague()
    for day in WARM:
        league.game(day, "NYK", "BOS").game(day, "MIA", "PHI")
    league.game(DAY, "NYK", "BOS").game(NEXT_DAY, "MIA", "PHI")
    return league.built(tmp_path_factory.mktemp("warehouse-incidents") / "league")


@pytest.fixture
def built(built_once: Place, copied: Callable[[Place], Place]) -> Place:
    """A copy that a test may spoil."""
    return copied(built_once)


def inject(name: str, place: Place, *days: date) -> tuple[str, ...]:
    injected = INCIDENTS[name].inject(place.warehouse, dates=days)
    assert injected.dates == days
    return injected.entities


def players(place: Place, table: str, day: date) -> list[str]:
    rows = place.rows(f"SELECT player_id FROM {table} WHERE game_date = DATE '{day}' ORDER BY ALL")
    return [str(player) for (player,) in rows]


def test_of_the_upcoming_context_one_row_and_39_percent_of_the_rows_are_left(
    built: Place,
) -> None:
    entities = inject("stale_upcoming_rows", built, DAY, NEXT_DAY)
    left = [players(built, UPCOMING, day) for day in (DAY, NEXT_DAY)]
    assert [len(found) for found in left] == [1, 3], "3 of 10 are 39 %, rounded down"
    assert entities == (*left[0], *left[1])


def test_stale_rows_are_those_of_the_synthetic_context_under_another_name(built: Place) -> None:
    inject("stale_upcoming_rows", built, DAY, NEXT_DAY)
    [(stale,)] = built.rows(
        f"SELECT count(*) FROM (SELECT * EXCLUDE (context_source) FROM {UPCOMING} INTERSECT "
        f"SELECT * EXCLUDE (context_source) FROM {SYNTHETIC})"
    )
    assert stale == 4
    assert built.rows(f"SELECT DISTINCT context_source FROM {UPCOMING}") == [("upcoming",)]


def test_wrong_players_leave_the_count_and_replace_ten_players_by_others_who_did_not_play(
    built: Place,
) -> None:
    entities = inject("wrong_players", built, DAY)
    published, played = players(built, PCF, DAY), players(built, PGS, DAY)
    assert len(published) == len(played) == 10
    assert sorted(entities) == sorted(set(published) - set(played))
    assert len(entities) == 10
    assert set(entities) == set(players(built, PGS, NEXT_DAY)), "they are real players"


def test_wrong_players_carry_their_own_names(built: Place) -> None:
    inject("wrong_players", built, DAY)
    named = f"SELECT DISTINCT player_id, player_lookup FROM {PCF} WHERE game_date = DATE '{DAY}'"
    assert built.rows(f"{named} EXCEPT SELECT player_id, player_lookup FROM {PGS}") == []


def test_usage_600_gives_one_player_with_many_minutes_a_usage_rate_of_six(
    built: Place, built_once: Place
) -> None:
    [player] = inject("usage_600", built, NEXT_DAY)
    changed = f"SELECT player_id, minutes FROM {PGS} WHERE usage_rate = 6"
    assert built.rows(changed) == [(int(player), 48.0)]
    assert same_tables(built, built_once, [PGS], f"player_id <> {player}") == []
    assert same_tables(built, built_once, [PGS], f"game_date <> DATE '{NEXT_DAY}'") == []


@pytest.mark.parametrize("incident", BEHIND, ids=by_name)
def test_no_other_table_is_touched(
    incident: WarehouseIncident, built: Place, built_once: Place
) -> None:
    injected = incident.inject(built.warehouse)
    touched = {table for table in (PGS, PCF) if any(table in s for s in injected.statements)}
    others = [table for table in (PGS, PCF, SYNTHETIC, TDZA) if table not in touched]
    assert same_tables(built, built_once, others) == []


@pytest.mark.parametrize("incident", BEHIND, ids=by_name)
def test_it_is_prepared_without_being_done(
    incident: WarehouseIncident, built: Place, built_once: Place
) -> None:
    prepared = incident.prepare(built.rows, seed=3)
    assert same_tables(built, built_once, [PGS, PCF, SYNTHETIC]) == []
    assert incident.inject(built.warehouse, seed=3) == prepared
    assert prepared.statements


@pytest.mark.parametrize("incident", BEHIND, ids=by_name)
def test_dates_are_chosen_after_the_warm_up(incident: WarehouseIncident, built: Place) -> None:
    chosen = {incident.prepare(built.rows, seed=seed).dates for seed in range(9)}
    assert {day for days in chosen for day in days} == {DAY, NEXT_DAY}


@pytest.mark.parametrize("incident", BEHIND, ids=by_name)
def test_a_date_on_which_nothing_is_published_is_refused(
    incident: WarehouseIncident, built: Place
) -> None:
    with pytest.raises(ValueError, match=f"{incident.name} cannot happen on 2023-07-01"):
        incident.inject(built.warehouse, dates=[date(2023, 7, 1)])


@pytest.mark.parametrize("incident", BEHIND, ids=by_name)
def test_a_warehouse_that_was_not_built_is_refused(
    incident: WarehouseIncident, tmp_path: Path, empty: Place
) -> None:
    with pytest.raises(ValueError, match="needs a built one"):
        incident.inject(tmp_path / "nothing.duckdb")
    empty.change("SELECT 1")
    with pytest.raises(ValueError, match="needs a built warehouse"):
        incident.inject(empty.warehouse)


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "text.duckdb"
    file.write_text("no database\n" * 2_000, encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be opened"):
        INCIDENTS["usage_600"].inject(file)


def test_the_command_injects_into_a_warehouse_and_says_what_it_did(
    built: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["inject", str(built.warehouse), "--incident", "usage_600"])
    [(day, player)] = built.rows(f"SELECT game_date, player_id FROM {PGS} WHERE usage_rate = 6")
    assert capsys.readouterr().out == f"usage_600: {day}; player_id {player}\n"


def test_every_incident_of_a_warehouse_is_marked_as_such() -> None:
    assert [i.name for i in INCIDENTS.values() if i.where == WAREHOUSE] == [i.name for i in BEHIND]
