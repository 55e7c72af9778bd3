"""The two windows of nba.md over a history before D, oldest first."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar


class _OnDate(Protocol):
    @property
    def game_date(self) -> date: ...


_Row = TypeVar("_Row")
_DatedRow = TypeVar("_DatedRow", bound=_OnDate)


def last_games(history: Sequence[_Row], count: int) -> list[_Row]:
    """Return the count most recent, oldest first; fewer when there are fewer."""
    return list(history[-count:])


def last_days(history: Iterable[_DatedRow], day: date, days: int) -> list[_DatedRow]:
    """Return those with D-K <= date <= D-1."""
    first, last = day - timedelta(days=days), day - timedelta(days=1)
    return [row for row in history if first <= row.game_date <= last]
