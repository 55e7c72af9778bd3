"""Stand-ins: for one date, relations with poison that statements read in the place of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from gapless.declare.calendar import DateFacts
from gapless.declare.expected import ExpectedQuery, KeysOf, PlainExpected
from gapless.declare.inputs import (
    Choice,
    History,
    PlainInput,
    Query,
    Read,
    SameDate,
    on_path,
)
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, StandIn, Table
from gapless.partitions import Path
from gapless.sql.poison import (
    FAR,
    Poison,
    Poisonable,
    dated_query,
    history_stand_in,
    poison_counts_query,
    same_date_stand_in,
)
from gapless.warehouse.interface import Warehouse


@dataclass(frozen=True, order=True)
class Slot:
    """One way in which a table is read: its history, or its rows of D."""

    table: str
    is_history: bool

    def __str__(self) -> str:
        return f"history of {self.table}" if self.is_history else f"{self.table} on other dates"


@dataclass
class PoisonCabinet:
    """What poison can be made of, looked up once for each table."""

    warehouse: Warehouse
    pipeline: Pipeline
    catalog: Mapping[str, Mapping[str, str]]
    _known: dict[str, Poisonable] = field(default_factory=dict)

    @cached_property
    def names(self) -> frozenset[str]:
        """Columns that say what a row is about, wherever they stand."""
        names = {self.pipeline.calendar_declaration.season}
        for table in self.pipeline.tables.values():
            names.update(table.key)
            if isinstance(table, Derived):
                for given in table.inputs.values():
                    for path in Path:
                        names.update(getattr(on_path(given, path), "match", ()))
        return frozenset(names)

    def of(self, table: Table) -> Poisonable:
        """Say what is known of a table: which columns are names, and which belong to one date."""
        if table.name not in self._known:
            columns = self.catalog[table.name]
            season = self.pipeline.calendar_declaration.season
            found = Poisonable(
                name=table.name,
                key=table.key,
                columns=columns,
                partition=self.pipeline.partition,
                names=self.names & frozenset(columns),
                season=season if season in columns else None,
            )
            asked, query = dated_query(found)
            [(dates, *counts)] = self.warehouse.fetch(query)
            dated = {
                name
                for place, name in enumerate(asked)
                # On a single date nothing can come back.
                if dates > 1 and counts[2 * place] == counts[2 * place + 1]
            }
            self._known[table.name] = replace(found, dated=frozenset(dated))
        return self._known[table.name]


class StandIns:
    """The stand-ins of one date; each is staged when it is first read.

    Args:
        cabinet: What poison is made of.
        facts: The date.
        reads: All reads that are to be stood in for, so that each reaches back far enough.
    """

    def __init__(self, cabinet: PoisonCabinet, facts: DateFacts, reads: Iterable[Read]) -> None:
        self._cabinet = cabinet
        self._facts = facts
        self._starts: dict[str, date] = {}
        self._staged: dict[tuple[Slot, Poison], str] = {}
        self._counts: dict[Slot, int] = {}
        for read in reads:
            if read.window is not None:
                start = read.window.start(facts)
                name = read.table.name
                self._starts[name] = min(start, self._starts.get(name, start))

    @property
    def names(self) -> frozenset[str]:
        """Columns that no poison changes."""
        return self._cabinet.names

    def knows(self, table: Table) -> bool:
        """Tell whether a table exists, so that something can stand in for it."""
        return table.name in self._cabinet.catalog

    def place(self, table: Table, slot: Slot, poison: Poison) -> str:
        """Return the relation that stands in for one way of reading a table."""
        if (slot, poison) not in self._staged:
            known, facts = self._cabinet.of(table), self._facts
            select = (
                history_stand_in(known, facts.day, facts.season, self._starts[table.name], poison)
                if slot.is_history
                else same_date_stand_in(known, facts.day, facts.season, poison)
            )
            name = f"leaks_in_{len(self._staged)}"
            self._staged[slot, poison], _ = self._cabinet.warehouse.stage(name, select)
        return self._staged[slot, poison]

    def without_poison(self, slots: Iterable[Slot]) -> list[Slot]:
        """Return the ways of reading for which there was nothing to make poison of."""
        open_ones = {
            self._staged[slot, Poison.PLAIN]: slot for slot in slots if slot not in self._counts
        }
        if open_ones:
            day, partition = self._facts.day, self._cabinet.pipeline.partition
            begins = {
                place: day if slot.is_history else day + FAR for place, slot in open_ones.items()
            }
            counted = poison_counts_query(begins, partition)
            for place, rows in self._cabinet.warehouse.fetch(counted):
                self._counts[open_ones[place]] = rows
        return [slot for slot in slots if not self._counts[slot]]

    def clear(self) -> None:
        """Drop what was staged."""
        self._cabinet.warehouse.unstage([place.split(".")[-1] for place in self._staged.values()])
        self._staged.clear()


@dataclass(frozen=True)
class Swap:
    """Puts stand-ins in the place of tables: a pure change of declarations."""

    stand_ins: StandIns
    poison: Poison
    only: Slot | None = None
    """The one way of reading that is poisoned; None: all of them."""

    def input(self, given: PlainInput) -> PlainInput:
        """Return an input that reads stand-ins."""
        match given:
            case SameDate(table):
                return replace(given, table=self._same_date(table))
            case History(table):
                return replace(given, table=self._stood_in(table, is_history=True))
            case Choice(sources=sources, measured_on=keys):
                return replace(
                    given,
                    sources=tuple(self._same_date(one) for one in sources),
                    measured_on=None if keys is None else self.expected(keys),
                )
            case Query(inputs=inputs):
                return replace(given, inputs={name: self._read(r) for name, r in inputs.items()})

    def expected(self, expected: PlainExpected) -> PlainExpected:
        """Return an expected set that is taken from stand-ins."""
        if isinstance(expected, KeysOf):
            return replace(expected, reference=self._same_date(expected.reference))
        inputs = {name: self._read(given) for name, given in expected.inputs.items()}
        return replace(expected, inputs=inputs)

    def _read(self, given: SameDate | History) -> SameDate | History:
        is_history = isinstance(given, History)
        return replace(given, table=self._stood_in(given.table, is_history=is_history))

    def _same_date(self, table: Table) -> Table:
        return self._stood_in(table, is_history=False)

    def _stood_in(self, table: Table, *, is_history: bool) -> Table:
        slot = Slot(table.name, is_history)
        poison = self.poison if self.only in (None, slot) else Poison.NONE
        if not self.stand_ins.knows(table):
            # A source of a choice that does not exist is never read.
            return table
        place = self.stand_ins.place(table, slot, poison)
        return StandIn(place, table.key, stands_for=table.name)


def slots_of(expected: PlainExpected, inputs: Iterable[PlainInput]) -> list[Slot]:
    """List the ways in which a statement and an expected set read their inputs."""
    every = (*inputs, *_reads_of_expected(expected))
    return list(dict.fromkeys(slot for given in every for slot in _slots(given)))


def _reads_of_expected(expected: PlainExpected) -> Iterator[PlainInput]:
    if isinstance(expected, ExpectedQuery):
        yield from expected.inputs.values()
    else:
        yield SameDate(expected.reference)


def _slots(given: PlainInput) -> Iterator[Slot]:
    match given:
        case SameDate(table):
            yield Slot(table.name, is_history=False)
        case History(table):
            yield Slot(table.name, is_history=True)
        case Choice(sources=sources, measured_on=keys):
            yield from (Slot(source.name, is_history=False) for source in sources)
            for inner in () if keys is None else _reads_of_expected(keys):
                yield from _slots(inner)
        case Query(inputs=inputs):
            for inner in inputs.values():
                yield from _slots(inner)
