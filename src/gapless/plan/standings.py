"""Standings: the state of every partition that was looked at, and what stands in whose way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from gapless.declare.calendar import DateFacts, DayKind
from gapless.declare.fingerprints import definition_hash
from gapless.declare.inputs import Read
from gapless.declare.tables import Derived
from gapless.partitions import Path
from gapless.plan.contents import Unsettled
from gapless.plan.doubts import Doubts
from gapless.plan.picture import Picture
from gapless.plan.states import Standing, State


@dataclass
class Standings:
    """The state of every partition that was looked at, in dependency order."""

    picture: Picture
    doubts: Doubts = field(default_factory=dict)
    """Published partitions that had to be measured again, and what that came to."""
    by_table: dict[str, dict[date, Standing]] = field(default_factory=dict)
    _unsettled: dict[str, Unsettled] = field(default_factory=dict, repr=False)
    _hashes: dict[tuple[str, Path], str] = field(default_factory=dict, repr=False)

    def of(self, table: str, day: date) -> Standing:
        """Return the standing of one partition, also on dates the calendar leaves empty."""
        found = self.by_table.get(table, {}).get(day)
        return found if found is not None else self._off_calendar(table, day)

    def put(self, table: str, standings: Mapping[date, Standing]) -> None:
        """Take over new standings of a table."""
        self.by_table.setdefault(table, {}).update(standings)
        self._unsettled.pop(table, None)

    def definition(self, table: Derived, path: Path) -> str:
        """Return the hash of a definition, computed once."""
        slot = (table.name, path)
        if slot not in self._hashes:
            self._hashes[slot] = definition_hash(table, path)
        return self._hashes[slot]

    def first_unsettled(self, read: Read, facts: DateFacts) -> date | None:
        """Return the oldest partition of a read that does not let its reader proceed."""
        name = read.table.name
        if read.window is None:
            return None if self.of(name, facts.day).settled else facts.day
        if name not in self._unsettled:
            days = self.by_table.get(name, {})
            self._unsettled[name] = Unsettled(
                day for day, standing in days.items() if not standing.settled
            )
        last = facts.day - timedelta(days=1)
        return self._unsettled[name].first_in(read.window.start(facts), last)

    def root_cause(self, table: str, day: date) -> Standing:
        """Follow what blocks a partition to the first one that is not merely blocked itself."""
        standing = self.of(table, day)
        return self.of(*standing.cause) if standing.cause is not None else standing

    def _off_calendar(self, table: str, day: date) -> Standing:
        calendar = self.picture.calendar
        why = calendar.why_empty(day)
        if calendar.kind(day) is DayKind.OUTSIDE:
            return Standing(table, day, State.UNKNOWN, why)
        return Standing(table, day, State.NOTHING_EXPECTED, why)
