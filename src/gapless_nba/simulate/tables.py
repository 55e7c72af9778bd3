"""Writes games as the three CSV files of the raw layer."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gapless_nba.simulate.games import Game
    from gapless_nba.simulate.player_lines import PlayerLine
    from gapless_nba.simulate.teams import Team

SCHEDULE_COLUMNS = (
    "season", "game_id", "date_away_home_id", "game_date", "home_team", "away_team", "home_team_id",
    "away_team_id", "home_team_name", "away_team_name", "home_score", "away_score", "neutral_site",
)  # fmt: skip
PLAYER_BOX_SCORE_COLUMNS = (
    "season", "game_id", "date_away_home_id", "game_date", "team", "team_id", "opponent",
    "opponent_team_id", "home_away", "neutral_site", "team_score", "opponent_score", "player_id",
    "player_name", "played", "starter", "start_position", "dnp_comment", "minutes",
    "seconds_played", "minutes_rounded", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb",
    "reb", "ast", "stl", "blk", "tov", "pf", "pts", "plus_minus",
)  # fmt: skip
SHOT_COLUMNS = (
    "season", "game_id", "game_date", "shot_seq", "game_event_id", "team", "team_id", "home_team",
    "away_team", "player_id", "player_name", "period", "minutes_remaining", "seconds_remaining",
    "shot_made_flag", "action_type", "shot_type", "zone_basic", "zone_area", "zone_range",
    "shot_distance", "loc_x", "loc_y",
)  # fmt: skip
_FILES = {
    "schedule.csv": SCHEDULE_COLUMNS,
    "player_box_scores.csv": PLAYER_BOX_SCORE_COLUMNS,
    "shots.csv": SHOT_COLUMNS,
}
_STATISTICS = len(PLAYER_BOX_SCORE_COLUMNS) - PLAYER_BOX_SCORE_COLUMNS.index("minutes")
_NO_STATISTICS = "," * (_STATISTICS - 1)
_REGULATION, _QUARTER, _OVERTIME = 2_880, 720, 300  # seconds
_LONGEST_GAME = _REGULATION + 4 * _OVERTIME  # seconds


def write_games(folder: Path, games: Iterable[Game], *, dnp: bool = True) -> Iterator[Game]:
    """Write games while they are played; nothing is kept in memory.

    NULL is an empty field, truth is `true` or `false`, no field needs quotes.

    Args:
        folder: Where to write schedule.csv, player_box_scores.csv and shots.csv; replaces them.
        games: The games in the order of the rows.
        dnp: Whether listed players who did not play get a row.

    Yields:
        Each game after it was written.
    """
    with ExitStack() as stack:
        schedule, box_scores, shots = (
            stack.enter_context((folder / name).open("w", encoding="utf-8", newline="\n"))
            for name in _FILES
        )
        for file, columns in zip((schedule, box_scores, shots), _FILES.values(), strict=True):
            file.write(",".join(columns) + "\n")
        for game in games:
            schedule.write(_schedule_row(game))
            _write_box_scores(box_scores, game, dnp=dnp)
            shots.write(_shot_rows(game))
            yield game


def _schedule_row(game: Game) -> str:
    """Write the row of the schedule."""
    fixture = game.fixture
    home, away = fixture.home, fixture.away
    return (
        f"{fixture.season},{fixture.game_id},{fixture.date_away_home_id},{fixture.game_date},"
        f"{home.code},{away.code},{home.team_id},{away.team_id},{home.name},{away.name},"
        f"{game.home_score},{game.away_score},{_truth(fixture.neutral_site)}\n"
    )


def _write_box_scores(file: TextIO, game: Game, *, dnp: bool) -> None:
    """Write the rows of both teams, visitors first."""
    fixture = game.fixture
    away, home, away_score, home_score = (
        fixture.away,
        fixture.home,
        game.away_score,
        game.home_score,
    )
    for team, other, place, score, other_score, lines in (
        (away, home, "away", away_score, home_score, game.away_lines),
        (home, away, "home", home_score, away_score, game.home_lines),
    ):
        start = (
            f"{fixture.season},{fixture.game_id},{fixture.date_away_home_id},{fixture.game_date},"
            f"{team.code},{team.team_id},{other.code},{other.team_id},{place},"
            f"{_truth(fixture.neutral_site)},{score},{other_score},"
        )
        file.writelines([start + _player_row(line) for line in lines if dnp or line.played])


def _player_row(line: PlayerLine) -> str:
    """Write the columns from player_id on."""
    player = line.player
    if not line.played:
        comment = line.dnp_comment
        return f"{player.player_id},{player.name},false,false,,{comment},{_NO_STATISTICS}\n"
    return (
        f"{player.player_id},{player.name},true,{_truth(bool(line.start_position))},"
        f"{line.start_position},,{_minutes()[line.seconds]},{line.seconds},"
        f"{(line.seconds + 30) // 60},{line.fgm},{line.fga},{line.fg3m},{line.fg3a},{line.ftm},"
        f"{line.fta},{line.oreb},{line.dreb},{line.oreb + line.dreb},{line.ast},{line.stl},"
        f"{line.blk},{line.tov},{line.pf},{line.pts},{line.plus_minus}\n"
    )


def _shot_rows(game: Game) -> str:
    """Write the rows of all shots of a game."""
    if not game.shots:
        return ""
    fixture, seconds, clock = game.fixture, game.seconds, _clock()
    start = f"{fixture.season},{fixture.game_id},{fixture.game_date},"
    shooters = _shooters(game.away_lines, fixture.away, game)
    shooters.update(_shooters(game.home_lines, fixture.home, game))
    return "".join(
        [
            f"{start}{number},{shooters[line]}{clock[int(passed * seconds)]}{end}\n"
            for number, (passed, line, end) in enumerate(game.shots, start=1)
        ]
    )


def _shooters(lines: Iterable[PlayerLine], team: Team, game: Game) -> dict[PlayerLine, str]:
    """Write the columns from game_event_id, which is NULL, to player_name for each player."""
    start = f",{team.code},{team.team_id},{game.fixture.home.code},{game.fixture.away.code},"
    return {line: f"{start}{line.player.player_id},{line.player.name}," for line in lines}


@cache
def _minutes() -> list[str]:
    """Write the minutes of every number of seconds, with four decimals at most."""
    return [str(round(seconds / 60, 4)) for seconds in range(_LONGEST_GAME + 1)]


@cache
def _clock() -> list[str]:
    """Write period, minutes_remaining and seconds_remaining of every second of a game."""
    rows: list[str] = []
    for passed in range(_LONGEST_GAME):
        if passed < _REGULATION:
            period, left = passed // _QUARTER, _QUARTER - passed % _QUARTER - 1
        else:
            extra = passed - _REGULATION
            period, left = 4 + extra // _OVERTIME, _OVERTIME - extra % _OVERTIME - 1
        rows.append(f"{period + 1},{left // 60},{left % 60},")
    return rows


def _truth(value: bool) -> str:
    """Write a boolean."""
    return "true" if value else "false"
