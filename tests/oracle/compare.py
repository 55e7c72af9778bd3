"""Differences between the rows that should exist and the rows that do, in words."""

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
Columns = Mapping[str, object]


def differences(
    expected: Mapping[_Key, Columns],
    actual: Mapping[_Key, Columns],
    tolerance: float = 1e-9,
) -> list[str]:
    """List missing keys, unexpected keys and differing columns; empty when all is as expected.

    Columns that only the actual rows have are not looked at.
    """
    found = [f"{key!r}: missing" for key in expected if key not in actual]
    found += [f"{key!r}: unexpected" for key in actual if key not in expected]
    for key, row in expected.items():
        if key in actual:
            found += [f"{key!r}: {text}" for text in _in_row(row, actual[key], tolerance)]
    return found


def _in_row(expected: Columns, actual: Columns, tolerance: float) -> list[str]:
    found = []
    for column, value in expected.items():
        if column not in actual:
            found.append(f"no column {column}, expected {value!r}")
        elif not _same(value, actual[column], tolerance):
            found.append(f"{column} expected {value!r}, found {actual[column]!r}")
    return found


def _same(expected: object, actual: object, tolerance: float) -> bool:
    """Numbers are equal within the tolerance, lists element by element, the rest exactly."""
    if isinstance(expected, int | float | Decimal) and isinstance(actual, int | float | Decimal):
        return abs(float(expected) - float(actual)) <= tolerance
    if _is_list(expected) and _is_list(actual):
        return _same_list(expected, actual, tolerance)
    return expected == actual


def _same_list(expected: object, actual: object, tolerance: float) -> bool:
    if not isinstance(expected, Sequence) or not isinstance(actual, Sequence):
        return False
    pairs = zip(expected, actual, strict=False)
    return len(expected) == len(actual) and all(_same(e, a, tolerance) for e, a in pairs)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
