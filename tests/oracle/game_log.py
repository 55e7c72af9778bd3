"""Every game summary of a league, and what of it lies before a day."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeVar

from oracle.player_games import PlayerGame, games_of_team
from oracle.raw import Game, Listing, Shot
from oracle.read import League
from oracle.seasons import Calendar
from oracle.team_games import TeamDefense, TeamOffense, defense, offense


class _Dated(Protocol):
    @property
    def game_date(self) -> date: ...


_DatedRow = TypeVar("_DatedRow", bound=_Dated)


class GameLog:
    """PGS, TOGS and TDGS of all games, computed once: each depends on its own game alone."""

    def __init__(self, league: League) -> None:
        self.league = league
        self.calendar = Calendar(league)
        self.player_ids: set[int] = set()
        self.teams: set[str] = set()
        self._of_player: dict[tuple[int, str], list[PlayerGame]] = defaultdict(list)
        self._offense: dict[tuple[str, str], list[TeamOffense]] = defaultdict(list)
        self._defense: dict[tuple[str, str], list[TeamDefense]] = defaultdict(list)
        self._players_on: dict[date, dict[int, PlayerGame]] = defaultdict(dict)
        self._games_on: dict[date, list[Game]] = defaultdict(list)
        listings: dict[tuple[str, str], list[Listing]] = defaultdict(list)
        for listing in league.listings:
            listings[listing.game.game_id, listing.team].append(listing)
        shots: dict[str, list[Shot]] = defaultdict(list)
        for shot in league.shots:
            shots[shot.game_id].append(shot)
        for game in league.games:  # in date order, so every history is oldest first
            self._games_on[game.game_date].append(game)
            for team in game.teams:
                self._add(game, team, listings[game.game_id, team], shots[game.game_id])

    def _add(self, game: Game, team: str, listings: list[Listing], shots: list[Shot]) -> None:
        players = games_of_team(listings, shots)
        if not players:
            return  # not played, or not loaded: nothing to sum
        for player in players:
            self.player_ids.add(player.player_id)
            self._of_player[player.player_id, game.season].append(player)
            self._players_on[game.game_date][player.player_id] = player
        team_game = offense(game, team, players)
        self.teams.update(game.teams)
        self._offense[team, game.season].append(team_game)
        self._defense[team_game.opponent, game.season].append(defense(team_game))

    def games_on(self, day: date) -> list[Game]:
        return self._games_on.get(day, [])

    def players_on(self, day: date) -> dict[int, PlayerGame]:
        """Return PGS of the day."""
        return self._players_on.get(day, {})

    def offenses_on(self, day: date) -> list[TeamOffense]:
        """Return TOGS of the day."""
        return [row for rows in self._offense.values() for row in rows if row.game_date == day]

    def defenses_on(self, day: date) -> list[TeamDefense]:
        """Return TDGS of the day."""
        return [row for rows in self._defense.values() for row in rows if row.game_date == day]

    def appearances(self, player_id: int, day: date) -> list[PlayerGame]:
        """Return the player's appearances before the day in its season, oldest first."""
        season = self.calendar.season(day)
        return _before(day, self._of_player.get((player_id, season), []))

    def appearances_across_seasons(self, player_id: int, day: date) -> list[PlayerGame]:
        """Return all the player's appearances before the day, oldest first."""
        seasons = (self._of_player.get((player_id, s), []) for s in self.calendar.seasons)
        return [row for rows in seasons for row in _before(day, rows)]

    def offenses(self, team: str, day: date) -> list[TeamOffense]:
        """Return the team's rows of TOGS before the day in its season, oldest first."""
        season = self.calendar.season(day)
        return _before(day, self._offense.get((team, season), []))

    def defenses(self, team: str, day: date) -> list[TeamDefense]:
        """Return the team's rows of TDGS before the day in its season, oldest first."""
        season = self.calendar.season(day)
        return _before(day, self._defense.get((team, season), []))


def _before(day: date, rows: Sequence[_DatedRow]) -> list[_DatedRow]:
    """Keep the rows strictly earlier than the day; the rows are oldest first."""
    return list(rows[: bisect_left(rows, day, key=lambda row: row.game_date)])
