"""Places on the court from which shots are taken, with the words the league has for them.

Locations are in tenths of a foot from the basket: x to the right as seen from it, y towards the
other basket. Every place is drawn once and written as the end of a row of the shots table; a shot
picks one of these ends, because drawing each of 200,000 shots anew would take seconds.
"""

from __future__ import annotations

from functools import cache
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

from gapless_nba.simulate.streams import between, pick, shuffled, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gapless_nba.simulate.streams import Draw

    Place = tuple[int, int]

POOL_SIZE = 1_024  # places of one kind of shot
_PAINT_HALF_WIDTH, _PAINT_TOP = 80, 138
_RESTRICTED_RADIUS, _ARC_RADIUS, _CORNER_X, _CORNER_TOP = 40, 238, 220, 87
_NEAR, _MIDDLE = 8, 16  # feet
_RESTRICTED, _PAINT, _MID_RANGE = "Restricted Area", "In The Paint (Non-RA)", "Mid-Range"
_LEFT_CORNER, _RIGHT_CORNER = "Left Corner 3", "Right Corner 3"
_ABOVE_BREAK, _BACKCOURT = "Above the Break 3", "Backcourt"
_TWO_POINT_MIXES = (
    {_RESTRICTED: 0.68, _PAINT: 0.27, _MID_RANGE: 0.05},
    {_RESTRICTED: 0.52, _PAINT: 0.36, _MID_RANGE: 0.12},
    {_RESTRICTED: 0.44, _PAINT: 0.34, _MID_RANGE: 0.22},
    {_RESTRICTED: 0.22, _PAINT: 0.31, _MID_RANGE: 0.47},
)  # shares of a player's two-pointers, by the kinds RIM, DRIVE, MIXED, MID_RANGE
_THREE_POINT_MIX = {_LEFT_CORNER: 0.13, _RIGHT_CORNER: 0.12, _ABOVE_BREAK: 0.744, _BACKCOURT: 0.006}
_ACCURACY = {
    _RESTRICTED: 0.66,
    _PAINT: 0.44,
    _MID_RANGE: 0.415,
    _LEFT_CORNER: 0.385,
    _RIGHT_CORNER: 0.385,
    _ABOVE_BREAK: 0.35,
    _BACKCOURT: 0.025,
}
_ACTIONS = {
    _RESTRICTED: (
        "Driving Layup Shot", "Layup Shot", "Cutting Layup Shot", "Running Layup Shot",
        "Tip Layup Shot", "Putback Layup Shot", "Dunk Shot", "Cutting Dunk Shot",
    ),
    _PAINT: (
        "Driving Floating Jump Shot", "Floating Jump shot", "Turnaround Hook Shot", "Jump Shot",
        "Driving Layup Shot", "Hook Shot", "Turnaround Jump Shot",
    ),
    _MID_RANGE: (
        "Jump Shot", "Pullup Jump shot", "Pullup Jump shot", "Fadeaway Jump Shot",
        "Turnaround Fadeaway shot", "Step Back Jump shot",
    ),
    _LEFT_CORNER: ("Jump Shot",),
    _RIGHT_CORNER: ("Jump Shot",),
    _ABOVE_BREAK: (
        "Jump Shot", "Jump Shot", "Jump Shot", "Pullup Jump shot", "Step Back Jump shot",
    ),
    _BACKCOURT: ("Jump Shot",),
}  # fmt: skip


class ShotPools(NamedTuple):
    """Ends of rows, from shot_made_flag to loc_y, `POOL_SIZE` for each kind of shot."""

    two_made: tuple[Sequence[str], ...]
    two_missed: tuple[Sequence[str], ...]
    three_made: Sequence[str]
    three_missed: Sequence[str]


@cache
def shot_pools() -> ShotPools:
    """Draw all places; the two-point pools are in the order RIM, DRIVE, MIXED, MID_RANGE."""
    draw = stream(0, "shot places")
    return ShotPools(
        two_made=tuple(
            _pool(mix, "2PT Field Goal", made=True, draw=draw) for mix in _TWO_POINT_MIXES
        ),
        two_missed=tuple(
            _pool(mix, "2PT Field Goal", made=False, draw=draw) for mix in _TWO_POINT_MIXES
        ),
        three_made=_pool(_THREE_POINT_MIX, "3PT Field Goal", made=True, draw=draw),
        three_missed=_pool(_THREE_POINT_MIX, "3PT Field Goal", made=False, draw=draw),
    )


def _pool(mix: dict[str, float], shot_type: str, *, made: bool, draw: Draw) -> list[str]:
    """Draw the places of one kind of shot; near the basket more go in than miss."""
    weights = {
        zone: share * (_ACCURACY[zone] if made else 1 - _ACCURACY[zone])
        for zone, share in mix.items()
    }
    total = 0.0
    for weight in weights.values():
        total += weight
    ends: list[str] = []
    for zone, weight in weights.items():
        number = max(1, int(POOL_SIZE * weight / total + 0.5))
        ends += [_row_end(zone, shot_type, made=made, draw=draw) for _ in range(number)]
    while len(ends) < POOL_SIZE:
        ends.append(ends[0])
    return shuffled(draw, ends[-POOL_SIZE:])


def _row_end(zone: str, shot_type: str, *, made: bool, draw: Draw) -> str:
    """Write the columns shot_made_flag to loc_y of one place."""
    x, y = _PLACES[zone](draw)
    distance = isqrt((x * x + y * y) // 100)  # whole feet, rounded down
    area, distance_range = _area_and_range(zone, x, y, distance)
    action = pick(draw, _ACTIONS[zone])
    return f"{int(made)},{action},{shot_type},{zone},{area},{distance_range},{distance},{x},{y}"


def _area_and_range(zone: str, x: int, y: int, distance: int) -> tuple[str, str]:
    """Name the sector of the court and the range of the distance."""
    if zone == _BACKCOURT:
        return "Back Court", "Back Court Shot"
    side = "Left Side" if x < 0 else "Right Side"
    if zone in (_LEFT_CORNER, _RIGHT_CORNER):
        return side, "24+ ft."
    if zone == _ABOVE_BREAK:
        return _sector(x, max(y, abs(x)), side), "24+ ft."
    if distance < _NEAR:
        return "Center", "Less Than 8 ft."
    if distance < _MIDDLE:  # the border of the sides is 60 degrees here
        return (side if 100 * y < 173 * abs(x) else "Center"), "8-16 ft."
    return _sector(x, y, side), "16-24 ft."


def _sector(x: int, y: int, side: str) -> str:
    """Name one of five sectors; their borders are 36 and 72 degrees from the base line."""
    if 1_000 * y < 727 * abs(x):
        return side
    return f"{side} Center" if 1_000 * y < 3_078 * abs(x) else "Center"


def _restricted(draw: Draw) -> Place:
    """Draw a place within four feet of the basket."""
    while True:
        x, y = int(78 * (draw() - 0.5) * draw()), int(60 * draw() * draw()) - 12
        if x * x + y * y < _RESTRICTED_RADIUS**2:
            return x, y


def _paint(draw: Draw) -> Place:
    """Draw a place in the paint outside the restricted area."""
    while True:
        x, y = between(draw, -79, 79), int(158 * draw() * (0.5 + draw() / 2)) - 20
        if x * x + y * y >= _RESTRICTED_RADIUS**2:
            return x, y


def _mid_range(draw: Draw) -> Place:
    """Draw a place between the paint and the three-point line."""
    while True:
        x, y = int(240 * (draw() - draw())), between(draw, -30, 236)
        in_paint = abs(x) <= _PAINT_HALF_WIDTH and y <= _PAINT_TOP
        if not in_paint and abs(x) < _CORNER_X - 1 and x * x + y * y < (_ARC_RADIUS - 2) ** 2:
            return x, y


def _left_corner(draw: Draw) -> Place:
    """Draw a place in the left corner beyond the line."""
    return -between(draw, _CORNER_X + 2, _CORNER_X + 16), between(draw, -40, _CORNER_TOP)


def _right_corner(draw: Draw) -> Place:
    """Draw a place in the right corner beyond the line."""
    x, y = _left_corner(draw)
    return -x, y


def _above_break(draw: Draw) -> Place:
    """Draw a place beyond the arc, mostly within three feet of it."""
    x = int((_CORNER_X - 1) * max(draw(), draw() / 2)) * pick(draw, (-1, 1))
    radius = _ARC_RADIUS + 2 + int(90 * draw() * draw())
    return x, isqrt(radius * radius - x * x)


def _backcourt(draw: Draw) -> Place:
    """Draw a place in the other half of the court."""
    return between(draw, -200, 200), between(draw, 420, 780)


_PLACES: dict[str, Callable[[Draw], Place]] = {
    _RESTRICTED: _restricted,
    _PAINT: _paint,
    _MID_RANGE: _mid_range,
    _LEFT_CORNER: _left_corner,
    _RIGHT_CORNER: _right_corner,
    _ABOVE_BREAK: _above_break,
    _BACKCOURT: _backcourt,
}
