"""Contents: what a table holds by date, and a digest over any window of dates in constant time."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

MODULUS = 1 << 64


@dataclass(frozen=True)
class Held:
    """What a table holds on one date."""

    rows: int
    content: int
    """Order-independent fingerprint of the rows."""


def mixed(*parts: object) -> int:
    """Hash parts into 64 bits; the same on every machine and version."""
    text = "\x00".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass
class Contents:
    """Rows and fingerprints of one table by date."""

    table: str
    held: dict[date, Held] = field(default_factory=dict)
    _items: dict[date, int] = field(default_factory=dict, repr=False)
    """Date → hash of what it holds; those that are asked for once more are not hashed again."""
    _dates: list[date] = field(default_factory=list, repr=False)
    _sums: list[int] = field(default_factory=list, repr=False)
    _fresh: bool = field(default=False, repr=False)

    def update(self, changed: Mapping[date, Held]) -> None:
        """Take over what was just published."""
        self.held.update(changed)
        for day in changed:
            self._items.pop(day, None)
        for day in [day for day, held in changed.items() if not held.rows]:
            # Read again, a date without rows would not be there at all.
            del self.held[day]
        self._fresh = False

    def on(self, day: date) -> Held | None:
        """Return what a date holds; None when it has no rows."""
        return self.held.get(day)

    def digest(self, first: date, last: date) -> int:
        """Hash the contents of every date in first … last (inclusive), whatever their number."""
        if first == last:
            return self._item(first)
        if not self._fresh:
            self._rebuild()
        low = bisect.bisect_left(self._dates, first)
        high = bisect.bisect_right(self._dates, last)
        return (self._sums[high] - self._sums[low]) % MODULUS

    def _rebuild(self) -> None:
        self._dates = sorted(self.held)
        self._sums = [0]
        for day in self._dates:
            self._sums.append((self._sums[-1] + self._item(day)) % MODULUS)
        self._fresh = True

    def _item(self, day: date) -> int:
        """Hash what one date holds; 0 when it has no rows."""
        item = self._items.get(day)
        if item is None:
            held = self.held.get(day)
            item = mixed(self.table, day, held.rows, held.content) if held is not None else 0
            self._items[day] = item
        return item


class Unsettled:
    """The dates of a table that do not let a downstream partition proceed."""

    def __init__(self, days: Iterable[date]) -> None:
        self._days = sorted(days)

    def first_in(self, first: date, last: date) -> date | None:
        """Return the oldest such date in first … last, or None."""
        place = bisect.bisect_left(self._days, first)
        if place < len(self._days) and self._days[place] <= last:
            return self._days[place]
        return None
