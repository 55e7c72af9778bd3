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
    return _hashed("\x00".join(str(part) for part in parts))


def _hashed(text: str) -> int:
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
    _before: dict[date, int] = field(default_factory=dict, repr=False)
    """Date → sum of the items before it, as far as somebody asked; windows share their ends."""
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
            return self.digest_on(first)
        if not self._fresh:
            self._rebuild()
        high = bisect.bisect_right(self._dates, last)
        return (self._sums[high] - self._sum_before(first)) % MODULUS

    def digest_on(self, day: date) -> int:
        """Hash the contents of one date; 0 when it has no rows."""
        item = self._items.get(day)
        return self._item(day) if item is None else item

    def digest_between(self, first: date, end: date) -> int:
        """Hash the contents of every date from `first` to the one before `end`."""
        if not self._fresh:
            self._rebuild()
        known = self._before
        upper, lower = known.get(end), known.get(first)
        upper = self._sum_before(end) if upper is None else upper
        lower = self._sum_before(first) if lower is None else lower
        return (upper - lower) % MODULUS

    def _sum_before(self, day: date) -> int:
        found = self._sums[bisect.bisect_left(self._dates, day)]
        self._before[day] = found
        return found

    def _rebuild(self) -> None:
        self._dates = sorted(self.held)
        self._sums = [0]
        for day in self._dates:
            self._sums.append((self._sums[-1] + self.digest_on(day)) % MODULUS)
        self._before = {}
        self._fresh = True

    def _item(self, day: date) -> int:
        held = self.held.get(day)
        # As `mixed` would; it is asked for every date of every table.
        named = "" if held is None else f"{self.table}\x00{day}\x00{held.rows}\x00{held.content}"
        item = 0 if held is None else _hashed(named)
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
