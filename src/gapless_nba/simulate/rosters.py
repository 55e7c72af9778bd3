"""Which players start a season with which team, and who is traded in early February."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from gapless_nba.simulate.careers import Career, active_careers
from gapless_nba.simulate.streams import between, shuffled, stream
from gapless_nba.simulate.teams import TEAMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gapless_nba.simulate.schedule import Fixture
    from gapless_nba.simulate.season_calendar import SeasonCalendar

    Rosters = tuple[tuple[Career, ...], ...]

SMALLEST_ROSTER, LARGEST_ROSTER = 15, 17
_TRADES = 12
_TRADE_DAYS = 6  # the trades take effect within so many days before the deadline


@dataclass(frozen=True, slots=True)
class Trade:
    """A player changes his team.

    Attributes:
        player_id: The player.
        old_team: Number of the team he leaves.
        new_team: Number of the team he joins.
        effective: The first date on which he belongs to the new team.
        certain_dates: Dates on which he is sure to play.
    """

    player_id: int
    old_team: int
    new_team: int
    effective: date
    certain_dates: tuple[date, ...] = ()


@lru_cache(maxsize=4)
def opening_rosters(seed: int, year: int) -> Rosters:
    """Say who belongs to which team when a season starts.

    Args:
        seed: The seed of the league.
        year: The year in which the season starts.

    Returns:
        For each team number its 15 to 17 players, best first.
    """
    rosters: list[list[Career]] = [[] for _ in TEAMS]
    for career in active_careers(seed, year):
        rosters[career.teams[year - career.debut]].append(career)
    for roster in rosters:
        roster.sort(key=lambda career: (-career.ability(year), career.player_id))
    while True:
        numbers = [len(roster) for roster in rosters]
        if min(numbers) >= SMALLEST_ROSTER and max(numbers) <= LARGEST_ROSTER:
            return tuple(tuple(roster) for roster in rosters)
        fullest, emptiest = (
            rosters[numbers.index(max(numbers))],
            rosters[numbers.index(min(numbers))],
        )
        emptiest.append(fullest.pop())


def season_trades(seed: int, calendar: SeasonCalendar, fixtures: Sequence[Fixture]) -> list[Trade]:
    """Choose the trades of a season among the players who are elsewhere a season later anyway.

    Args:
        seed: The seed of the league.
        calendar: The season's dates.
        fixtures: The season's games.

    Returns:
        A dozen trades by date. One player plays for his old team on the Tuesday before the deadline
        and for his new one on the Thursday of the deadline.
    """
    draw = stream(seed, calendar.season, "trades")
    movers = shuffled(draw, _movers(seed, calendar.year))
    sizes = [len(roster) for roster in opening_rosters(seed, calendar.year)]
    trades = [_trade_within_two_days(movers, calendar, fixtures)]
    _count(trades[0], sizes)
    for career, old, new in movers:
        if len(trades) == _TRADES:
            break
        if career.player_id == trades[0].player_id:
            continue
        if sizes[old] > SMALLEST_ROSTER and sizes[new] < LARGEST_ROSTER:
            effective = calendar.trade_deadline - timedelta(days=between(draw, 0, _TRADE_DAYS))
            trades.append(Trade(career.player_id, old, new, effective))
            _count(trades[-1], sizes)
    return sorted(trades, key=lambda trade: (trade.effective, trade.player_id))


def _movers(seed: int, year: int) -> list[tuple[Career, int, int]]:
    """List the players whose next season starts elsewhere, with the old and the new team."""
    next_team = {
        career.player_id: team
        for team, roster in enumerate(opening_rosters(seed, year + 1))
        for career in roster
    }
    return [
        (career, team, next_team[career.player_id])
        for team, roster in enumerate(opening_rosters(seed, year))
        for career in roster
        if next_team.get(career.player_id, team) != team
    ]


def _trade_within_two_days(
    movers: Sequence[tuple[Career, int, int]],
    calendar: SeasonCalendar,
    fixtures: Sequence[Fixture],
) -> Trade:
    """Trade the best player whose old team plays on Tuesday and whose new one on Thursday."""
    thursday = calendar.trade_deadline
    tuesday = thursday - timedelta(days=2)
    playing = {
        day: {
            team.number
            for game in fixtures
            if game.game_date == day
            for team in (game.away, game.home)
        }
        for day in (tuesday, thursday)
    }
    fitting = [
        mover for mover in movers if mover[1] in playing[tuesday] and mover[2] in playing[thursday]
    ]
    # Should nobody fit, the best of all goes: the trade then merely has no game on one of the days.
    career, old, new = max(
        fitting or movers, key=lambda mover: (mover[0].ability(calendar.year), mover[0].player_id)
    )
    wednesday = tuesday + timedelta(days=1)
    return Trade(career.player_id, old, new, wednesday, (tuesday, thursday))


def _count(trade: Trade, sizes: list[int]) -> None:
    """Keep the sizes of the rosters up to date."""
    sizes[trade.old_team] -= 1
    sizes[trade.new_team] += 1
