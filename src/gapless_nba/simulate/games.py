"""Plays the games of a season one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gapless_nba.simulate.lineups import choose_lineup
from gapless_nba.simulate.other_statistics import fill_in, plus_minus
from gapless_nba.simulate.schedule import Fixture, season_schedule
from gapless_nba.simulate.season_calendar import season_calendar
from gapless_nba.simulate.shooting import add_points, shoot
from gapless_nba.simulate.shots import Shot, take_shots
from gapless_nba.simulate.squads import Squad, Squads
from gapless_nba.simulate.streams import bell, between, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gapless_nba.simulate.player_lines import PlayerLine
    from gapless_nba.simulate.streams import Draw

_REGULATION, _OVERTIME = 2_880, 300  # seconds
_OVERTIME_SHARE, _SECOND_OVERTIME_SHARE = 0.062, 0.12
_LARGEST_OVERTIME_MARGIN = 11  # points
_LARGEST_CORRECTION = 3  # points, of games that would end in a draw
_PACE_SPREAD = 0.058
_HOME_ADVANTAGE = 2.5  # points
_EVEN = 0.5


@dataclass(slots=True)
class Game:
    """One game that was played.

    Attributes:
        fixture: Its place in the schedule.
        seconds: Its length, overtime included.
        away_lines: The listed players of the visitors, by player id.
        home_lines: The listed players of the other team, by player id.
        shots: Its field-goal attempts in order of time; empty when they are unknown.
    """

    fixture: Fixture
    seconds: int
    away_lines: list[PlayerLine]
    home_lines: list[PlayerLine]
    shots: list[Shot] = field(default_factory=list)

    @property
    def lines(self) -> list[PlayerLine]:
        """The listed players of both teams, visitors first."""
        return [*self.away_lines, *self.home_lines]

    @property
    def away_score(self) -> int:
        """The points of the visitors."""
        return sum(line.pts for line in self.away_lines)

    @property
    def home_score(self) -> int:
        """The points of the other team."""
        return sum(line.pts for line in self.home_lines)


def play_season(
    seed: int,
    season: str,
    *,
    shots_missing_share: float = 0.0,
    games_a_day: float | None = None,
) -> Iterator[Game]:
    """Play a season.

    Args:
        seed: The seed of the league.
        season: The season's label, for example `2022-23`.
        shots_missing_share: Share (0..1) of the games, those with the highest ids, without shots.
        games_a_day: The mean number of games on a date, when it is not to be the usual one.

    Yields:
        The games by date, then by game id. Every season is the same whether others are played or
        not.
    """
    calendar = season_calendar(season)
    fixtures = season_schedule(seed, calendar, games_a_day)
    squads = Squads(seed, calendar, fixtures)
    ids = sorted(fixture.game_id for fixture in fixtures)
    without_shots = set(ids[len(ids) - int(len(ids) * shots_missing_share + 0.5) :])
    for fixture in fixtures:
        squads.move_to(fixture.game_date)
        draw = stream(seed, season, fixture.game_id)
        game = _play(fixture, squads.squad(fixture.away), squads.squad(fixture.home), draw)
        if fixture.game_id not in without_shots:
            game.shots = take_shots(game.lines, draw)
        yield game


def _play(fixture: Fixture, away: Squad, home: Squad, draw: Draw) -> Game:
    """Play one game, without the places of its shots."""
    seconds = _REGULATION + _OVERTIME * _overtimes(draw)
    pace = (1 + _PACE_SPREAD * bell(draw)) * seconds / _REGULATION
    game = Game(
        fixture=fixture,
        seconds=seconds,
        away_lines=choose_lineup(away.players, fixture.game_date, seconds, draw),
        home_lines=choose_lineup(home.players, fixture.game_date, seconds, draw),
    )
    visitors = [line for line in game.away_lines if line.played]
    hosts = [line for line in game.home_lines if line.played]
    advantage = home.strength - away.strength
    if not fixture.neutral_site:
        advantage += _HOME_ADVANTAGE
    shoot(visitors, pace, -advantage / 2, draw)
    shoot(hosts, pace, advantage / 2, draw)
    _decide(game, visitors, hosts, draw)
    fill_in(visitors, hosts, pace, draw)
    margin = game.home_score - game.away_score
    plus_minus(visitors, -margin, seconds, draw)
    plus_minus(hosts, margin, seconds, draw)
    return game


def _overtimes(draw: Draw) -> int:
    """Draw the number of overtime periods."""
    if draw() >= _OVERTIME_SHARE:
        return 0
    return 2 if draw() < _SECOND_OVERTIME_SHARE else 1


def _decide(game: Game, visitors: list[PlayerLine], hosts: list[PlayerLine], draw: Draw) -> None:
    """See to it that somebody wins, and that a game with overtime was close."""
    margin = game.home_score - game.away_score
    overtime = game.seconds > _REGULATION
    wanted = between(draw, 1, _LARGEST_OVERTIME_MARGIN if overtime else _LARGEST_CORRECTION)
    if margin == 0:
        add_points(hosts if draw() < _EVEN else visitors, wanted)
    elif overtime and abs(margin) > _LARGEST_OVERTIME_MARGIN:
        add_points(visitors if margin > 0 else hosts, abs(margin) - wanted)
