"""Zones of the floor: which one a shot belongs to, and attempts and makes in each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from oracle.arithmetic import Number, total
from oracle.raw import Shot

Zone = Literal["paint", "mid_range", "three"]

ZONES: tuple[Zone, ...] = ("paint", "mid_range", "three")
"""The order of nba.md's ties."""

_PAINT = ("Restricted Area", "In The Paint (Non-RA)")


def zone_of(shot: Shot) -> Zone:
    """*three* when shot_type is a 3-pointer; else *paint* by zone_basic; else *mid_range*."""
    if shot.shot_type.startswith("3PT"):
        return "three"
    return "paint" if shot.zone_basic in _PAINT else "mid_range"


@dataclass(frozen=True, kw_only=True)
class ZoneCounts:
    """The six zone columns; all None when the game has no shots at all."""

    paint_fga: Number
    paint_fgm: Number
    mid_range_fga: Number
    mid_range_fgm: Number
    three_fga: Number
    three_fgm: Number

    @property
    def has_shots(self) -> bool:
        """Whether the game has shots data."""
        return self.paint_fga is not None

    def attempts(self, zone: Zone) -> Number:
        return {
            "paint": self.paint_fga,
            "mid_range": self.mid_range_fga,
            "three": self.three_fga,
        }[zone]

    def makes(self, zone: Zone) -> Number:
        return {
            "paint": self.paint_fgm,
            "mid_range": self.mid_range_fgm,
            "three": self.three_fgm,
        }[zone]

    def all_attempts(self) -> Number:
        """Attempts of the three zones together."""
        return total(self.attempts(zone) for zone in ZONES)


NO_SHOTS_DATA = ZoneCounts(
    paint_fga=None,
    paint_fgm=None,
    mid_range_fga=None,
    mid_range_fgm=None,
    three_fga=None,
    three_fgm=None,
)
"""The six NULLs of a game without shots."""


def count(shots: Iterable[Shot]) -> ZoneCounts:
    """Count shots; six zeros when there are none."""
    attempts = dict.fromkeys(ZONES, 0)
    makes = dict.fromkeys(ZONES, 0)
    for shot in shots:
        attempts[zone_of(shot)] += 1
        makes[zone_of(shot)] += shot.made
    return ZoneCounts(
        paint_fga=attempts["paint"],
        paint_fgm=makes["paint"],
        mid_range_fga=attempts["mid_range"],
        mid_range_fgm=makes["mid_range"],
        three_fga=attempts["three"],
        three_fgm=makes["three"],
    )


def sum_of(counts: Iterable[ZoneCounts]) -> ZoneCounts:
    """Add column by column, games without shots left out; six NULLs when none has shots."""
    rows = list(counts)
    return ZoneCounts(
        paint_fga=total(row.paint_fga for row in rows),
        paint_fgm=total(row.paint_fgm for row in rows),
        mid_range_fga=total(row.mid_range_fga for row in rows),
        mid_range_fgm=total(row.mid_range_fgm for row in rows),
        three_fga=total(row.three_fga for row in rows),
        three_fgm=total(row.three_fgm for row in rows),
    )
