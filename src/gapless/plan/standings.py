"""Standings: the state of every partition that was looked at, and what stands in whose way."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from gapless.declare.calendar import DateFacts, DayKind
from gapless.declare.fingerprints import definition_hash, definition_parts, gate_hash
from gapless.declare.inputs import Read
from gapless.declare.tables import Derived
from gapless.partitions import Path
from gapless.plan.contents import Unsettled
from gapless.plan.doubts import Doubts
from gapless.plan.picture import Picture
from gapless.plan.states import Standing, State


class Hindrance(enum.Enum):
    """How an input partition stands in the way of its reader, the worst first."""

    WRONG = enum.auto()
    """It is not complete; computing the reader's other inputs again does not help."""
    NOT_YET = enum.auto()
    """Its date is not closed yet; until then nothing can be said of it."""
    STALE = enum.auto()
    """It is there, and computing it again settles it."""


def hindrance_of(standing: Standing, *, fed: bool = False) -> Hindrance | None:
    """Say how a partition stands in the way of its readers; None when it does not.

    Args:
        standing: Of the input partition.
        fed: Whether the reader chose it as its source, demanded or not.
    """
    if standing.settled:
        # Nobody brings it up to date, so it is only in the way while it might be used as it is.
        unused = standing.state is State.NOTHING_EXPECTED and standing.inherited
        return Hindrance.STALE if fed and unused else None
    if standing.not_yet:
        return Hindrance.NOT_YET
    return Hindrance.STALE if standing.state is State.STALE else Hindrance.WRONG


@dataclass
class Standings:
    """The state of every partition that was looked at, in dependency order."""

    picture: Picture
    doubts: Doubts = field(default_factory=dict)
    """Published partitions that had to be measured again, and what that came to."""
    by_table: dict[str, dict[date, Standing]] = field(default_factory=dict)
    _unsettled: dict[str, dict[Hindrance, Unsettled]] = field(default_factory=dict, repr=False)
    _unknown: dict[str, Unsettled] = field(default_factory=dict, repr=False)
    _hindered: dict[tuple[str, Path], tuple[Read, ...]] = field(default_factory=dict, repr=False)
    _parts: dict[tuple[str, Path], dict[str, str]] = field(default_factory=dict, repr=False)
    _empty: dict[date, tuple[State, str]] = field(default_factory=dict, repr=False)
    _off: dict[tuple[str, date], Standing] = field(default_factory=dict, repr=False)
    """Partitions of dates that the calendar leaves empty; every verb asks for them again."""
    _reads: dict[tuple[str, Path], tuple[Read, ...]] = field(default_factory=dict, repr=False)
    _hashes: dict[tuple[str, Path], str] = field(default_factory=dict, repr=False)
    _gates: dict[str, str] = field(default_factory=dict, repr=False)

    def of(self, table: str, day: date) -> Standing:
        """Return the standing of one partition, also on dates the calendar leaves empty."""
        found = self.by_table.get(table, {}).get(day)
        return found if found is not None else self._off_calendar(table, day)

    def put(self, table: str, standings: Mapping[date, Standing]) -> None:
        """Take over new standings of a table."""
        self.by_table.setdefault(table, {}).update(standings)
        self._unsettled.pop(table, None)
        self._hindered.clear()
        self._unknown.clear()

    def definition(self, table: Derived, path: Path) -> str:
        """Return the hash of a definition, computed once."""
        slot = (table.name, path)
        if slot not in self._hashes:
            self._hashes[slot] = definition_hash(table, path)
        return self._hashes[slot]

    def gate(self, table: Derived) -> str:
        """Return the hash of a gate, computed once."""
        if table.name not in self._gates:
            self._gates[table.name] = gate_hash(table.gate)
        return self._gates[table.name]

    def definition_parts(self, table: Derived, path: Path) -> dict[str, str]:
        """Return the hashes of the parts of a definition, computed once."""
        slot = (table.name, path)
        if slot not in self._parts:
            self._parts[slot] = definition_parts(table, path)
        return self._parts[slot]

    def required_reads(self, table: Derived, path: Path) -> tuple[Read, ...]:
        """Return what a table must have read for a partition, each table and window once."""
        slot = (table.name, path)
        if slot not in self._reads:
            reads = {
                (read.table.name, read.window): read
                for read in table.reads_on(path)
                if read.required
            }
            self._reads[slot] = tuple(reads.values())
        return self._reads[slot]

    def fed_by(self, table: Derived, day: date) -> tuple[Read, ...]:
        """Return the computed sources that fed a published partition and still hold its date.

        One that retention took meanwhile is no reason to doubt what was made of it.
        """
        publication = self.picture.publications.get((table.name, day))
        if publication is None or "choices" not in publication.evidence:
            return ()
        found: dict[str, Read] = {}
        for made in (publication.evidence.get("choices") or {}).values():
            for name in made.get("contents", ()):
                source = self.picture.pipeline.tables.get(name)
                contents = self.picture.contents.get(name)
                held = contents.on(day) if contents is not None else None
                if isinstance(source, Derived) and held is not None:
                    found[name] = Read(source, None, required=False)
        return tuple(found.values())

    def first_unsettled(self, read: Read, facts: DateFacts) -> date | None:
        """Return the oldest partition of a read that does not let its reader proceed."""
        days = (self._first_in_way(read, facts, hindrance) for hindrance in Hindrance)
        return min((day for day in days if day is not None), default=None)

    def in_the_way(
        self, table: Derived, facts: DateFacts, path: Path, *, published: bool = True
    ) -> Standing | None:
        """Return the input partition that a partition cannot be complete without; None: all are.

        What no computing can settle comes before what is merely stale; of those, the oldest of
        the first input that has any. What has yet to be computed also waits until every source
        that it may choose is closed.
        """
        sources = [self.of(read.table.name, facts.day) for read in self.fed_by(table, facts.day)]
        reads = self._hindered_reads(table, path)
        for hindrance in Hindrance if reads or sources else ():
            for read in reads:
                day = self._first_in_way(read, facts, hindrance)
                if day is not None:
                    return self.of(read.table.name, day)
            for source in sources:
                if hindrance_of(source, fed=True) is hindrance:
                    return source
        return None if published else self._open_choice(table, facts, path)

    def _hindered_reads(self, table: Derived, path: Path) -> tuple[Read, ...]:
        """Return the required reads of which any date stands in the way."""
        slot = (table.name, path)
        if slot not in self._hindered:
            self._hindered[slot] = tuple(
                read
                for read in self.required_reads(table, path)
                if self._hindrances(read.table.name)
            )
        return self._hindered[slot]

    def _open_choice(self, table: Derived, facts: DateFacts, path: Path) -> Standing | None:
        for choice in table.choices_on(path).values():
            for source in choice.sources:
                standing = self.of(source.name, facts.day)
                if standing.not_yet:
                    return standing
        return None

    def _first_in_way(self, read: Read, facts: DateFacts, hindrance: Hindrance) -> date | None:
        days = self._hindrances(read.table.name).get(hindrance)
        if days is None:
            return None
        if read.window is None:
            return days.first_in(facts.day, facts.day)
        start = self.picture.starts_of(read.window)[facts.day]
        return days.first_in(start, facts.day - timedelta(days=1))

    def _hindrances(self, name: str) -> dict[Hindrance, Unsettled]:
        """Return the dates of a table that stand in the way of its readers."""
        if name not in self._unsettled:
            days: dict[Hindrance, list[date]] = {}
            for day, standing in self.by_table.get(name, {}).items():
                kind = hindrance_of(standing)
                if kind is not None:
                    days.setdefault(kind, []).append(day)
            self._unsettled[name] = {kind: Unsettled(found) for kind, found in days.items()}
        return self._unsettled[name]

    def first_unknown(self, read: Read, facts: DateFacts) -> Standing | None:
        """Return the oldest partition of a read of which nothing can be said, not even bad."""
        name, first, last = read.table.name, facts.day, facts.day
        if read.window is not None:
            first, last = read.window.start(facts), facts.day - timedelta(days=1)
        if name not in self._unknown:
            self._unknown[name] = Unsettled(
                day
                for day, standing in self.by_table.get(name, {}).items()
                if not standing.settled and self.root_cause(name, day).state is State.UNKNOWN
            )
        found = self._unknown[name].first_in(first, last)
        return None if found is None else self.root_cause(name, found)

    def root_cause(self, table: str, day: date) -> Standing:
        """Follow what a partition waits for to the first one that does not merely wait itself."""
        standing = self.of(table, day)
        return self.of(*standing.cause) if standing.cause is not None else standing

    def _off_calendar(self, table: str, day: date) -> Standing:
        if day not in self._empty:
            calendar = self.picture.calendar
            outside = calendar.kind(day) is DayKind.OUTSIDE
            state = State.UNKNOWN if outside else State.NOTHING_EXPECTED
            self._empty[day] = state, calendar.why_empty(day)
        found = self._off.get((table, day))
        if found is None:
            found = self._off[table, day] = Standing(table, day, *self._empty[day])
        return found
