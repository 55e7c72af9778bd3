"""The schedule of one season: which teams meet on which date, under which game id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gapless_nba.simulate.date_windows import date_windows
from gapless_nba.simulate.games_a_day import resize
from gapless_nba.simulate.matchups import Meeting, rounds
from gapless_nba.simulate.streams import between, shuffled, stream
from gapless_nba.simulate.teams import TEAMS, TEAMS_PER_DIVISION, Team

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gapless_nba.simulate.date_windows import DateWindow
    from gapless_nba.simulate.season_calendar import SeasonCalendar
    from gapless_nba.simulate.streams import Draw

_NEUTRAL_GAMES = 3
_TIRED = 0.37  # how strongly a team that played yesterday asks for the later date
_FAIRNESS = 0.18  # how strongly a team with many back-to-backs asks for the later date
_SHORTEST_DELAY = 14  # days from the original date of a postponed game to its new one


@dataclass(frozen=True, slots=True)
class Fixture:
    """One game of the schedule.

    Attributes:
        season: The season's label.
        game_id: Ten characters; ascending in the order of the original schedule.
        game_date: The date on which it is played.
        away: The visiting team.
        home: The other team, also at a neutral site.
        neutral_site: Whether neither team plays in its own arena.
        postponed_from: The date for which it was planned, when it is played later.
    """

    season: str
    game_id: str
    game_date: date
    away: Team
    home: Team
    neutral_site: bool = False
    postponed_from: date | None = None

    @property
    def date_away_home_id(self) -> str:
        """The other name of the game, for example `20230223_DEN_CLE`."""
        return f"{self.game_date:%Y%m%d}_{self.away.code}_{self.home.code}"


def season_schedule(
    seed: int, calendar: SeasonCalendar, games_a_day: float | None = None
) -> list[Fixture]:
    """Make the schedule of one season.

    Args:
        seed: The seed of the league.
        calendar: The season's dates.
        games_a_day: The mean number of games on a date, when it is not to be the usual one.

    Returns:
        The games, usually 1,230, in the order in which they are played: by date, then by game id.
    """
    draw = stream(seed, calendar.season, "schedule")
    windows = date_windows(calendar, draw)
    planned = _spread(_seasonal_rounds(draw), windows, draw)
    planned.sort(key=lambda game: game[0])
    if games_a_day is not None:
        planned = resize(planned, games_a_day, stream(seed, calendar.season, "games a day"))
    fixtures = [
        Fixture(
            season=calendar.season,
            game_id=f"002{calendar.year % 100:02d}{number:05d}",
            game_date=day,
            away=TEAMS[meeting.away],
            home=TEAMS[meeting.home],
        )
        for number, (day, meeting) in enumerate(planned, start=1)
    ]
    _move_to_neutral_sites(fixtures, draw)
    _postpone_one(fixtures, calendar, draw)
    fixtures.sort(key=lambda fixture: (fixture.game_date, fixture.game_id))
    return fixtures


def _seasonal_rounds(draw: Draw) -> list[list[Meeting]]:
    """Put this season's teams into the places of the league's structure; shuffle the rounds."""
    team_at: list[int] = []
    for start in range(0, len(TEAMS), TEAMS_PER_DIVISION):
        team_at += shuffled(draw, range(start, start + TEAMS_PER_DIVISION))
    return [
        shuffled(draw, [Meeting(team_at[game.away], team_at[game.home]) for game in one_round])
        for one_round in shuffled(draw, rounds())
    ]


def _spread(
    seasonal_rounds: Sequence[Sequence[Meeting]], windows: Sequence[DateWindow], draw: Draw
) -> list[tuple[date, Meeting]]:
    """Give each game of a round a date of its window, so that back-to-backs stay rare and fair."""
    last_played: dict[int, date] = {}
    back_to_backs = [0] * len(TEAMS)
    planned: list[tuple[date, Meeting]] = []
    for one_round, window in zip(seasonal_rounds, windows, strict=True):
        yesterday = window.dates[0] - timedelta(days=1)
        tired = {team for team, day in last_played.items() if day == yesterday}
        usual = sum(back_to_backs) / len(back_to_backs)
        wishes = [
            draw()
            + (game.away in tired) * (_TIRED + _FAIRNESS * (back_to_backs[game.away] - usual))
            + (game.home in tired) * (_TIRED + _FAIRNESS * (back_to_backs[game.home] - usual))
            for game in one_round
        ]
        order = sorted(range(len(one_round)), key=wishes.__getitem__)
        days = [
            day for day, games in zip(window.dates, window.games, strict=True) for _ in range(games)
        ]
        for position, day in zip(order, days, strict=True):
            game = one_round[position]
            planned.append((day, game))
            for team in game:
                back_to_backs[team] += team in tired and day == window.dates[0]
                last_played[team] = day
    return planned


def _move_to_neutral_sites(fixtures: list[Fixture], draw: Draw) -> None:
    """Play a few games somewhere else."""
    for position in shuffled(draw, range(len(fixtures)))[:_NEUTRAL_GAMES]:
        fixtures[position] = replace(fixtures[position], neutral_site=True)


def _postpone_one(fixtures: list[Fixture], calendar: SeasonCalendar, draw: Draw) -> None:
    """Move one game of January or early February to a date after the break when both are free."""
    settled = calendar.first_date_after_break + timedelta(days=2)
    later = [day for day in calendar.dates[:-1] if day >= settled]
    winter = [
        position
        for position, fixture in enumerate(fixtures)
        if fixture.game_date.year > calendar.year and fixture.game_date < calendar.trade_deadline
    ]
    games_on: dict[date, int] = {}
    for fixture in fixtures:
        games_on[fixture.game_date] = games_on.get(fixture.game_date, 0) + 1
    for position in shuffled(draw, winter):
        fixture = fixtures[position]
        busy = _busy_dates(fixtures, (fixture.away, fixture.home))
        free = [
            day
            for day in later
            if day not in busy and (day - fixture.game_date).days >= _SHORTEST_DELAY
        ]
        if free and games_on[fixture.game_date] > 1:
            chosen = free[between(draw, 0, len(free) - 1)]
            fixtures[position] = replace(
                fixture, game_date=chosen, postponed_from=fixture.game_date
            )
            return


def _busy_dates(fixtures: list[Fixture], teams: tuple[Team, Team]) -> set[date]:
    """Name the dates on which one of the teams plays or would play a third day in a row."""
    busy: set[date] = set()
    for team in teams:
        played = {game.game_date for game in fixtures if team in (game.away, game.home)}
        busy |= played
        for day in played:
            for step in (-1, 1):
                beside = day + timedelta(days=step)
                if beside + timedelta(days=step) in played or day - timedelta(days=step) in played:
                    busy.add(beside)
    return busy
