"""Partition dates: parsing, ranges and chunks; which dates matter is the calendar's business."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gapless.errors import UsageError


class Path(enum.StrEnum):
    """Whether a date has been played out by the pipeline's clock; told apart once, in the plan."""

    HISTORICAL = "historical"
    """Before today: what happened is expected."""
    UPCOMING = "upcoming"
    """Today or later: what is scheduled is expected."""


def path_of(day: date, today: date) -> Path:
    """Return the path of a date, given the pipeline's today."""
    return Path.UPCOMING if day >= today else Path.HISTORICAL


def parse_date(text: str, *, where: str = "") -> date:
    """Read an ISO date.

    Raises:
        UsageError: the text is no date of the calendar, e.g. `2023-02-30`.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        origin = f" ({where})" if where else ""
        raise UsageError(
            f"{text!r} is not a date{origin}; write it as YYYY-MM-DD, e.g. 2023-02-23."
        ) from None


@dataclass(frozen=True, order=True)
class DateRange:
    """Inclusive on both sides, like everything a user types."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise UsageError(
                f"The range is empty: it starts on {self.first} and ends on {self.last}. "
                "Both dates are inclusive; swap them."
            )

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        for number in range(self.first.toordinal(), self.last.toordinal() + 1):
            yield date.fromordinal(number)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} … {self.last}"


def chunked(days: Sequence[date], size: int) -> list[tuple[date, ...]]:
    """Cut sorted dates into runs of at most `size`, in order."""
    return [tuple(days[start : start + size]) for start in range(0, len(days), size)]


def spans(days: Sequence[date], *, step: Sequence[date] = ()) -> list[DateRange]:
    """Join dates into ranges for display.

    Args:
        days: Dates, in any order.
        step: The dates that count as neighbours, e.g. all dates with games; the civil calendar
            when empty.

    Returns:
        Ranges whose dates follow one another without a gap, oldest first.
    """
    order = {day: place for place, day in enumerate(sorted(step))}
    found: list[DateRange] = []
    first: date | None = None
    last = date.min
    for day in sorted(set(days)):
        if first is None or not _follows(last, day, order):
            if first is not None:
                found.append(DateRange(first, last))
            first = day
        last = day
    return found if first is None else [*found, DateRange(first, last)]


def _follows(previous: date, day: date, order: dict[date, int]) -> bool:
    if previous in order and day in order:
        return order[day] == order[previous] + 1
    return day - previous == timedelta(days=1)
