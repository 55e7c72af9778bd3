"""The two names of a game are translated by a schedule, and never taken for each other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.errors import UsageError
from gapless_nba.game_ids import (
    GameCode,
    GameId,
    GameIdError,
    GameIds,
    game_code,
    parse_game_code,
    parse_game_id,
)

GAMES = [
    ("0022200886", date(2023, 2, 23), "DEN", "CLE"),
    ("0022200887", date(2023, 2, 23), "DET", "ORL"),
]
TEAM = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
TEAMS = st.lists(TEAM, min_size=2, max_size=2, unique=True)
SEASON_STARTS = st.integers(1946, 2045)
NUMBERS = st.integers(1, 99_999)


@given(SEASON_STARTS, NUMBERS)
def test_a_game_id_survives_being_written_and_read(season_start: int, number: int) -> None:
    game_id = GameId(season_start, number)
    assert parse_game_id(str(game_id)) == game_id


@given(st.dates(), TEAMS)
def test_a_game_code_survives_being_written_and_read(day: date, teams: list[str]) -> None:
    code = game_code(day, *teams)
    assert parse_game_code(str(code)) == code


@given(
    st.lists(
        st.tuples(
            st.builds(lambda *parts: str(GameId(*parts)), SEASON_STARTS, NUMBERS),
            st.dates(),
            TEAMS,
        ),
        unique_by=(lambda game: game[0], lambda game: (game[1], *game[2])),
    )
)
def test_a_schedule_translates_every_game_there_and_back(
    games: list[tuple[str, date, list[str]]],
) -> None:
    ids = GameIds.of((game_id, day, away, home) for game_id, day, (away, home) in games)
    assert len(ids) == len(games)
    for game_id, code in ids:
        assert ids.id_of(code) == game_id
        assert ids.code_of(game_id) == code


def test_the_parts_of_both_names_are_read() -> None:
    assert parse_game_id("0022200886") == GameId(2022, 886)
    assert parse_game_id("0022200886").season == "2022-23"
    assert parse_game_id("0029900001").season == "1999-00"
    assert parse_game_code("20230223_DEN_CLE") == GameCode(date(2023, 2, 23), "DEN", "CLE")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20230223_DEN_CLE", "no game id but a game code"),
        ("22200886", "ten digits"),
        ("00222008860", "ten digits"),
        ("002220088x", "ten digits"),
        ("0022200886\n", "ten digits"),
        ("٠٠٢٢٢٠٠٨٨٦", "ten digits"),
        ("", "ten digits"),
        ("0042200101", "no game of the regular season"),
        ("0012200001", "no game of the regular season"),
        ("0022200000", "numbered from 00001"),
    ],
)
def test_what_is_no_regular_season_game_id_is_refused(text: str, said: str) -> None:
    with pytest.raises(GameIdError, match=said):
        parse_game_id(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0022200886", "no game code but a game id"),
        ("20230223-DEN-CLE", "YYYYMMDD_AWAY_HOME"),
        ("20230223_den_cle", "YYYYMMDD_AWAY_HOME"),
        ("20230223_DEN_CLE ", "YYYYMMDD_AWAY_HOME"),
        ("20230230_DEN_CLE", "2023-02-30 is no date"),
        ("20230223_DEN_DEN", "cannot play itself"),
    ],
)
def test_what_is_no_game_code_is_refused(text: str, said: str) -> None:
    with pytest.raises(GameIdError, match=said):
        parse_game_code(text)


def test_a_code_is_not_made_of_anything_but_teams() -> None:
    with pytest.raises(GameIdError, match="'Nuggets' is no team"):
        game_code(date(2023, 2, 23), "Nuggets", "CLE")


def test_neither_format_is_taken_in_the_place_of_the_other() -> None:
    ids = GameIds.of(GAMES)
    with pytest.raises(GameIdError, match="no game id but a game code"):
        ids.code_of("20230223_DEN_CLE")
    with pytest.raises(GameIdError, match="no game code but a game id"):
        ids.id_of("0022200886")


def test_a_game_the_schedule_does_not_know_is_refused_with_the_nearest_one() -> None:
    ids = GameIds.of(GAMES)
    with pytest.raises(GameIdError, match=r"no game '0022200888'. Did you mean '002220088"):
        ids.code_of("0022200888")
    with pytest.raises(GameIdError, match="Did you mean '20230223_DEN_CLE'"):
        ids.id_of("20230224_DEN_CLE")


def test_a_game_under_two_codes_or_two_ids_is_refused() -> None:
    with pytest.raises(GameIdError, match="0022200886 stands twice"):
        GameIds.of([*GAMES, ("0022200886", date(2023, 2, 24), "DEN", "CLE")])
    with pytest.raises(GameIdError, match="20230223_DEN_CLE stands twice"):
        GameIds.of([*GAMES, ("0022200888", date(2023, 2, 23), "DEN", "CLE")])


def test_a_wrong_name_is_a_mistake_of_the_call() -> None:
    """Library users catch a ValueError; the command line answers with a sentence and 2."""
    assert issubclass(GameIdError, ValueError)
    assert issubclass(GameIdError, UsageError)
    assert GameIdError("wrong").exit_code == 2


def test_every_real_game_has_the_code_of_its_own_row(real_data: Path) -> None:
    """Postponed games too: their code tells the date on which they were played."""
    with duckdb.connect() as connection:
        games = connection.execute(
            "SELECT game_id, game_date, away_team, home_team, date_away_home_id, season "
            f"FROM '{real_data}/schedule.parquet'"
        ).fetchall()
    ids = GameIds.of(game[:4] for game in games)
    assert len(ids) == len(games) == 2_460
    assert [game for game in games if ids.code_of(game[0]) != game[4]] == []
    assert [game for game in games if parse_game_id(game[0]).season != game[5]] == []
