"""Random numbers that are the same on every Python version.

Python promises one sequence only, that of `random.Random.random`. A stream is therefore nothing but
that bound method, and everything else is made from it here, with additions and multiplications.
Floats are added up in loops in this package: the builtin `sum` rounds differently since 3.12.
"""

from __future__ import annotations

import random
from bisect import bisect
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Draw = Callable[[], float]

Item = TypeVar("Item")


def stream(seed: int, *labels: object) -> Draw:
    """Open the stream of one thing, for example `stream(seed, "2022-23", "schedule")`.

    Args:
        seed: The seed of the league.
        labels: What the stream is for; different labels give unrelated streams.

    Returns:
        A function without arguments whose calls give floats, 0 <= float < 1.
    """
    text = "/".join(str(label) for label in (seed, *labels))
    number = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    return random.Random(number).random  # noqa: S311 - a league is simulated, nothing is kept secret


def bell(draw: Draw) -> float:
    """Draw a bell-shaped number: mean 0, standard deviation 1, never beyond -3..3."""
    return (draw() + draw() + draw() - 1.5) * 2


def between(draw: Draw, low: int, high: int) -> int:
    """Draw an integer, low <= integer <= high, all equally likely."""
    return low + int(draw() * (high - low + 1))


def pick(draw: Draw, items: Sequence[Item]) -> Item:
    """Draw one item, all equally likely."""
    return items[int(draw() * len(items))]


def shuffled(draw: Draw, items: Sequence[Item]) -> list[Item]:
    """Return the items in random order, as a new list."""
    result = list(items)
    for last in range(len(result) - 1, 0, -1):
        other = int(draw() * (last + 1))
        result[last], result[other] = result[other], result[last]
    return result


def picks(draw: Draw, weights: Sequence[float], number: int) -> list[int]:
    """Draw positions in proportion to weights, with repetition.

    Args:
        draw: The stream.
        weights: One weight per position, none negative, their sum positive. Zero is never drawn.
        number: How many positions to draw.

    Returns:
        `number` positions, 0 <= position < len(weights), in the order drawn.
    """
    borders = list(accumulate(weights))
    top = borders[-1]
    last = len(borders) - 1
    return [bisect(borders, draw() * top, 0, last) for _ in range(number)]


def shares(draw: Draw, weights: Sequence[float], total: int) -> list[int]:
    """Hand out `total` indivisible things in proportion to weights, by chance.

    Args:
        draw: The stream.
        weights: One weight per position, none negative. When all are zero nothing is handed out.
        total: How many things there are.

    Returns:
        How many each position got; they add up to `total`.
    """
    counts = [0] * len(weights)
    if any(weights):
        for position in picks(draw, weights, total):
            counts[position] += 1
    return counts
