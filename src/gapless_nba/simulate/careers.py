"""The players of all years: who he is, when he plays, for whom, and how well.

A career depends on the league's seed, the year of the debut and a number, on nothing else. Any
season can thus be simulated alone and has the same players as in a run over many seasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from gapless_nba.simulate.names import player_name
from gapless_nba.simulate.streams import bell, between, stream
from gapless_nba.simulate.teams import TEAMS

if TYPE_CHECKING:
    from gapless_nba.simulate.streams import Draw

_PLAYERS_BY_LENGTH = {
    17: 1, 16: 1, 15: 1, 14: 3, 13: 3, 12: 4, 11: 3, 10: 4, 9: 4,
    8: 5, 7: 4, 6: 4, 5: 5, 4: 6, 3: 7, 2: 9, 1: 14,
}  # fmt: skip
# One entry per debut of a year, longest first. Their sum, 480, is the number of active players.
_LENGTHS = tuple(length for length, number in _PLAYERS_BY_LENGTH.items() for _ in range(number))
_DEBUTS = len(_LENGTHS)
_STRIDE = 41  # shares no factor with _DEBUTS; hides the order of the lengths in the player ids
_FIRST_ID = 9_000_000  # far above the ids of real players
_NAMESAKES_EVERY = 12  # years; two careers of 16 and 17 years begin then under one name
_MOVE = 0.2  # probability of another team in the following year
_AGE_CURVE = (-0.9, -0.4, 0.0, 0.2, 0.35, 0.4, 0.4, 0.35, 0.3, 0.2, 0.1, 0.0, -0.2, -0.4)


@dataclass(frozen=True, slots=True)
class Career:
    """One player over all his seasons.

    Attributes:
        player_id: His number, the same in every season and with every team.
        name: His name; not unique.
        debut: The year in which his first season starts.
        teams: For each of his seasons the number of the team he signs with.
        talent: How good he is at his best, about -2 to 3.
        size: 0 is a small guard, 1 a big center.
    """

    player_id: int
    name: str
    debut: int
    teams: tuple[int, ...]
    talent: float
    size: float

    def ability(self, year: int) -> float:
        """Say how good he is in the season starting in `year`; decides who plays how long."""
        return self.talent + _AGE_CURVE[min(year - self.debut, len(_AGE_CURVE) - 1)]


def active_careers(seed: int, year: int) -> list[Career]:
    """List the 480 players of the season that starts in `year`, by player id."""
    return [
        _career(seed, debut, number)
        for debut in range(year - max(_LENGTHS) + 1, year + 1)
        for number in range(_DEBUTS)
        if _LENGTHS[number * _STRIDE % _DEBUTS] > year - debut
    ]


@lru_cache(maxsize=2_048)
def _career(seed: int, debut: int, number: int) -> Career:
    """Make up one career."""
    draw = stream(seed, "player", debut, number)
    rank = number * _STRIDE % _DEBUTS
    length = _LENGTHS[rank]
    career = Career(
        player_id=_FIRST_ID + 100 * (debut - 1900) + number,
        name=player_name(debut * _DEBUTS + rank, draw),
        debut=debut,
        teams=_teams(length, draw),
        talent=0.12 * (length - 7) + 0.8 * bell(draw),
        size=draw(),
    )
    if debut % _NAMESAKES_EVERY == 0 and rank == 1:
        return _namesake(career, _career(seed, debut, number=0))
    return career


def _teams(length: int, draw: Draw) -> tuple[int, ...]:
    """Choose the team of each of `length` seasons."""
    team = between(draw, 0, len(TEAMS) - 1)
    teams = [team]
    for _ in range(length - 1):
        if draw() < _MOVE:
            team = between(draw, 0, len(TEAMS) - 1)
        teams.append(team)
    return tuple(teams)


def _namesake(career: Career, other: Career) -> Career:
    """Give a player the name of another; keep him in the other conference than that one."""
    far_teams = ((team + len(TEAMS) // 2) % len(TEAMS) for team in other.teams)
    return replace(
        career,
        name=other.name,
        teams=tuple(team for _, team in zip(career.teams, far_teams, strict=False)),
    )
