"""What a player tends to do on the court in one season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gapless_nba.simulate.streams import bell, stream

if TYPE_CHECKING:
    from datetime import date

    from gapless_nba.simulate.careers import Career
    from gapless_nba.simulate.streams import Draw

RIM, DRIVE, MIXED, MID_RANGE = range(4)  # where a player takes his two-pointers
_BIG = 0.75  # size
_BIGS_AT_THE_RIM = 0.7  # share of the bigs
_TWO_POINT_ACCURACY = (0.6, 0.56, 0.545, 0.51)  # of these four kinds


@dataclass(frozen=True, slots=True)
class Tendencies:
    """How often a player does something in a minute, relative to the others of his team.

    The fields have the names of the statistics, so that one function serves them all.
    """

    fga: float
    fta: float
    oreb: float
    dreb: float
    ast: float
    stl: float
    blk: float
    tov: float
    pf: float


@dataclass(frozen=True, slots=True)
class Shooting:
    """How a player shoots.

    Attributes:
        three_share: Share of his attempts that are three-pointers, 0..1.
        two_accuracy: Probability of a two-pointer, 0..1.
        three_accuracy: Probability of a three-pointer, 0..1.
        free_throw_accuracy: Probability of a free throw, 0..1.
        two_point_kind: Where he takes two-pointers: RIM, DRIVE, MIXED or MID_RANGE.
    """

    three_share: float
    two_accuracy: float
    three_accuracy: float
    free_throw_accuracy: float
    two_point_kind: int


@dataclass(slots=True)
class SeasonPlayer:
    """One player in one season.

    Attributes:
        player_id: His number.
        name: His name.
        ability: Decides who starts and who plays how long, about -3 to 3.
        size: 0 is a small guard, 1 a big center.
        stamina: Factor on his minutes, about 0.9 to 1.1.
        tendencies: What he does.
        shooting: How he shoots.
        returns_on: Day number (`date.toordinal`) from which he is healthy again; 0 when he is.
        certain_dates: Dates on which he is sure to play.
    """

    player_id: int
    name: str
    ability: float
    size: float
    stamina: float
    tendencies: Tendencies
    shooting: Shooting
    returns_on: int = 0
    certain_dates: tuple[date, ...] = ()


def season_player(seed: int, career: Career, year: int) -> SeasonPlayer:
    """Work out how a player plays in the season that starts in `year`."""
    habits = stream(seed, "habits", career.player_id)
    form = stream(seed, "form", career.player_id, year)
    ability = career.ability(year) + 0.3 * bell(form)
    return SeasonPlayer(
        player_id=career.player_id,
        name=career.name,
        ability=ability,
        size=career.size,
        stamina=1 + 0.06 * bell(form),
        tendencies=_tendencies(career.size, ability, habits),
        shooting=_shooting(career.size, habits),
    )


def _tendencies(size: float, ability: float, draw: Draw) -> Tendencies:
    """Draw what he does: bigs rebound and block, guards pass, good players shoot."""
    shots = _clamp(1 + 0.28 * bell(draw) + 0.2 * ability, 0.4, 2.3)
    big = size * size * size
    return Tendencies(
        fga=shots,
        fta=shots * _clamp(1 + 0.45 * bell(draw) + 0.25 * (big - 0.25), 0.25, 2.5),
        oreb=(0.5 + 3.2 * big) * (1 + 0.25 * bell(draw)),
        dreb=(0.75 + 1.2 * big) * (1 + 0.2 * bell(draw)),
        ast=(0.45 + 1.3 * (1 - size)) * _clamp(shots, 0.7, 1.5) * (1 + 0.3 * bell(draw)),
        stl=1 + 0.28 * bell(draw),
        blk=(0.35 + 2.4 * big) * (1 + 0.3 * bell(draw)),
        tov=shots * (1 + 0.25 * bell(draw)),
        pf=(0.85 + 0.5 * size) * (1 + 0.2 * bell(draw)),
    )


def _shooting(size: float, draw: Draw) -> Shooting:
    """Draw how he shoots."""
    where = draw()
    if size > _BIG:
        kind = RIM if where < _BIGS_AT_THE_RIM else MIXED
    else:
        kind = (DRIVE, DRIVE, DRIVE, MIXED, MIXED, MIXED, MID_RANGE, MID_RANGE)[int(where * 8)]
    usual_threes = {RIM: 0.1, DRIVE: 0.44, MIXED: 0.48, MID_RANGE: 0.36}[kind]
    return Shooting(
        three_share=_clamp(usual_threes + 0.13 * bell(draw), 0.01, 0.85),
        two_accuracy=_TWO_POINT_ACCURACY[kind] + 0.03 * bell(draw),
        three_accuracy=0.361 + 0.025 * bell(draw),
        free_throw_accuracy=_clamp(0.815 - 0.1 * size * size + 0.07 * bell(draw), 0.4, 0.95),
        two_point_kind=kind,
    )


def _clamp(value: float, low: float, high: float) -> float:
    """Keep a value within low..high."""
    return min(max(value, low), high)
