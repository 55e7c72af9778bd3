"""Sums, means, ratios and thresholds in which a missing value stays missing."""

import math
from collections.abc import Iterable, Sequence

Number = float | None
"""A statistic; None is SQL's NULL."""


def known(values: Iterable[Number]) -> list[float]:
    """Leave the NULLs out."""
    return [value for value in values if value is not None]


def total(values: Iterable[Number]) -> Number:
    """Sum what is known; NULL over nothing."""
    present = known(values)
    return sum(present) if present else None


def total_or_zero(values: Iterable[Number]) -> float:
    """Sum what is known; 0 over nothing."""
    return sum(known(values))


def mean(values: Iterable[Number]) -> Number:
    """Average what is known; NULL over nothing."""
    present = known(values)
    return sum(present) / len(present) if present else None


def sample_deviation(values: Iterable[Number]) -> Number:
    """Standard deviation with n-1; NULL under two values."""
    present = known(values)
    if len(present) < 2:
        return None
    centre = sum(present) / len(present)
    squares = sum((value - centre) ** 2 for value in present)
    return math.sqrt(squares / (len(present) - 1))


def slope(values: Sequence[float]) -> Number:
    """Least-squares slope of the values, oldest first, against 1, 2, 3, ...; NULL under two."""
    if len(values) < 2:
        return None
    positions = range(1, len(values) + 1)
    centre_x = sum(positions) / len(values)
    centre_y = sum(values) / len(values)
    pairs = zip(positions, values, strict=True)
    covariance = sum((x - centre_x) * (y - centre_y) for x, y in pairs)
    return covariance / sum((x - centre_x) ** 2 for x in positions)


def ratio(numerator: Number, denominator: Number) -> Number:
    """Divide; NULL when either side is NULL or the denominator is 0."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return numerator / denominator


def difference(left: Number, right: Number) -> Number:
    """Subtract; NULL when either side is."""
    return None if left is None or right is None else left - right


def clamp(value: float, low: float, high: float) -> float:
    """Keep the value within low..high."""
    return max(low, min(high, value))


def settled(value: float) -> float:
    """Round to 9 decimals, as nba.md asks before a value is compared with a threshold."""
    return round(value, 9)


def round_half_up(value: float) -> int:
    """Round to a whole number, halves upwards (SQL's rule for positive numbers)."""
    return math.floor(value + 0.5)
