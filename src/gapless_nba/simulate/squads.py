"""The players each team has on a date: opening rosters, changed by the trades of the season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gapless_nba.simulate.players import SeasonPlayer, season_player
from gapless_nba.simulate.rosters import opening_rosters, season_trades
from gapless_nba.simulate.streams import bell, stream
from gapless_nba.simulate.teams import TEAMS, Team

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gapless_nba.simulate.rosters import Trade
    from gapless_nba.simulate.schedule import Fixture
    from gapless_nba.simulate.season_calendar import SeasonCalendar

_STRENGTH_SPREAD = 3.4  # points


@dataclass(slots=True)
class Squad:
    """One team in one season.

    Attributes:
        team: The team.
        strength: Points by which it is better than an average team.
        players: Who belongs to it at the moment.
    """

    team: Team
    strength: float
    players: list[SeasonPlayer]


class Squads:
    """All teams of one season; moves on date by date, in ascending order only."""

    def __init__(self, seed: int, calendar: SeasonCalendar, fixtures: Sequence[Fixture]) -> None:
        draw = stream(seed, calendar.season, "strength")
        self._squads = [
            Squad(
                team=TEAMS[number],
                strength=_STRENGTH_SPREAD * bell(draw),
                players=[season_player(seed, career, calendar.year) for career in roster],
            )
            for number, roster in enumerate(opening_rosters(seed, calendar.year))
        ]
        self._coming_trades: list[Trade] = season_trades(seed, calendar, fixtures)[::-1]
        for trade in self._coming_trades:
            self._player(trade).certain_dates = trade.certain_dates

    def squad(self, team: Team) -> Squad:
        """Return the squad of a team as it is on the date last moved to."""
        return self._squads[team.number]

    def move_to(self, day: date) -> None:
        """Carry out the trades that take effect on or before `day`."""
        while self._coming_trades and self._coming_trades[-1].effective <= day:
            trade = self._coming_trades.pop()
            player = self._player(trade)
            self._squads[trade.old_team].players.remove(player)
            self._squads[trade.new_team].players.append(player)

    def _player(self, trade: Trade) -> SeasonPlayer:
        """Find the player of a trade that has not taken effect yet."""
        return next(
            player
            for player in self._squads[trade.old_team].players
            if player.player_id == trade.player_id
        )
