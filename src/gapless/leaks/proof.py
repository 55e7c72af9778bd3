"""The proof for one date: computed alone from inputs cut at D, and again beside poison.

::

    alone      the statement for D, from true inputs; the engine cuts histories at D
    poisoned   the statement for D and a far later date F, so that no cut of the engine protects
               it; every history holds poison from D on, every other input holds poison on F

A statement that looks at D only for the rows of D and before D for the rest gives D the same rows
both times. The rows of F must differ between two kinds of poison: otherwise it could not have
moved anything, and nothing was proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from gapless.choosing import ChoiceMade
from gapless.declare.calendar import DateFacts
from gapless.declare.expected import PlainExpected
from gapless.declare.tables import Derived
from gapless.errors import GaplessError
from gapless.leaks.compare import EXAMPLES, Contents, compare, read_contents
from gapless.leaks.report import DateProof, Difference, Leak, Proof, PublishedDiffers
from gapless.leaks.stand_ins import Slot, StandIns, Swap, slots_of
from gapless.measure import choice_set_names, stage_choice_sets
from gapless.partitions import Path
from gapless.plan.derive import unfit_source
from gapless.plan.standings import Standings
from gapless.run.chunk import Chunk, chosen_sources, make_choices
from gapless.sql.binding import Bindings, ChosenSource, Scope, compose, expected_relation
from gapless.sql.comparison import Comparison, Held
from gapless.sql.poison import FAR, POISONS, Poison
from gapless.warehouse.interface import Warehouse

ROWS, EXPECTED = "rows", "expected set"
_ALONE_ROWS, _ALONE_EXPECTED = "leaks_alone", "leaks_expected_alone"


@dataclass(frozen=True)
class Computed:
    """One computation of a date: where its rows and its expected set are staged."""

    rows: str
    expected: str
    row_columns: Mapping[str, str]
    expected_columns: Mapping[str, str]

    def part(self, name: str) -> tuple[str, Mapping[str, str]]:
        """Return relation and columns of the rows or of the expected set."""
        if name == ROWS:
            return self.rows, self.row_columns
        return self.expected, self.expected_columns


class DateTrial:
    """Tries one date of one table.

    Args:
        warehouse: Where everything is staged; nothing is written.
        standings: Says what is there, and which sources must not feed a date.
        stand_ins: Those of the date.
        table: The table.
        path: Path of the date.
        expected: What is expected of it.
        facts: The date.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        standings: Standings,
        stand_ins: StandIns,
        table: Derived,
        path: Path,
        expected: PlainExpected,
        facts: DateFacts,
    ) -> None:
        self._warehouse = warehouse
        self._standings = standings
        self._stand_ins = stand_ins
        self._table = table
        self._path = path
        self._expected = expected
        self._facts = facts
        self._far = replace(facts, day=facts.day + FAR)
        self._partition = standings.picture.pipeline.partition
        self._choices: dict[str, ChosenSource] = {}
        self._contents: Contents = {}
        self._staged: list[str] = []

    def run(self) -> DateProof:
        """Compute the date alone and beside each kind of poison, and compare."""
        try:
            return self._tried()
        except GaplessError as error:
            reason = f"it could not be computed: {error.what}"
            return DateProof(self._facts.day, Proof.UNKNOWN, reason)
        finally:
            self._warehouse.unstage(self._staged)

    def _tried(self) -> DateProof:
        day = self._facts.day
        alone = self._alone()
        if isinstance(alone, str):
            return DateProof(day, Proof.UNKNOWN, alone)
        poisoned = {poison: self._poisoned(poison) for poison in POISONS}
        self._read_contents(alone, list(poisoned.values()))
        leaks = [
            self._with_culprits(leak, alone)
            for part in (ROWS, EXPECTED)
            if (leak := self._worst(part, alone, poisoned)) is not None
        ]
        slots = [slot for slot in self._slots() if slot.table in self._standings.picture.catalog]
        found = DateProof(
            day,
            Proof.LEAK,
            "it hangs on rows of D or later",
            rows=self._rows(alone, ROWS),
            leaks=tuple(leaks),
            without_poison=tuple(str(slot) for slot in self._stand_ins.without_poison(slots)),
            published=self._published(alone),
        )
        return found if leaks else self._judged(found, list(poisoned.values()))

    def _judged(self, found: DateProof, poisoned: Sequence[Computed]) -> DateProof:
        """Say what it is worth that nothing moved."""
        if not found.rows:
            reason = "it has no row, so there was nothing to compare"
            return replace(found, proof=Proof.NOTHING, reason=reason)
        if not self._far_date_moves(poisoned):
            reason = "poison moved nothing, but it would not have moved a later date either"
            return replace(found, proof=Proof.UNKNOWN, reason=reason)
        reason = "with poison every row is the same; a later date moved"
        return replace(found, proof=Proof.PROVED, reason=reason)

    def _far_date_moves(self, poisoned: Sequence[Computed]) -> bool:
        """Tell whether poison moves the far date, as it should: else it is too weak to tell."""
        known = self._stand_ins.names | {self._partition, *self._table.key}
        if set(poisoned[0].row_columns) <= known:
            # Nothing but names, which no poison changes: that there are rows is all there is.
            return self._contents[self._held(ROWS, poisoned[0], self._far)][0] > 0
        return any(
            self._difference(ROWS, one, other, self._far) for one, other in pairwise(poisoned)
        )

    def _slots(self) -> list[Slot]:
        return slots_of(self._expected, self._table.inputs_on(self._path).values())

    # -- computing ---------------------------------------------------------------------------

    def _alone(self) -> Computed | str:
        """Compute the date as a run would; a text says why it cannot be fed."""
        scope = Scope(self._partition, (self._facts,))
        catalog = self._standings.picture.catalog
        chunk = Chunk(self._table, self._path, self._expected, scope, (), {}, "leaks")
        expected, expected_columns = self._stage(
            _ALONE_EXPECTED, expected_relation(self._table, self._expected, scope)
        )
        covered = self._stage_choice_sets(self._table, self._expected, expected, scope, "alone")
        unfit = partial(unfit_source, self._standings)
        made = make_choices(self._warehouse, chunk, covered, catalog, (), unfit)
        if unfed := _unfed(made[self._facts.day]):
            return f"it could not be computed: {unfed}"
        self._choices = chosen_sources(chunk, made, [self._facts.day], covered, catalog)
        inputs = self._table.inputs_on(self._path)
        bindings = Bindings(scope, self._choices, self._table.key)
        rows, columns = self._stage(_ALONE_ROWS, compose(self._table.statement, inputs, bindings))
        return Computed(rows, expected, columns, expected_columns)

    def _poisoned(self, poison: Poison, only: Slot | None = None) -> Computed:
        """Compute the date and a far one from stand-ins."""
        scope = Scope(self._partition, (self._facts, self._far))
        swap = Swap(self._stand_ins, poison, only)
        name = f"leaks_{poison}" if only is None else "leaks_culprit"
        expected_set = swap.expected(self._expected)
        expected, expected_columns = self._stage(
            f"{name}_expected", expected_relation(self._table, expected_set, scope)
        )
        inputs = {
            alias: swap.input(given) for alias, given in self._table.inputs_on(self._path).items()
        }
        swapped = replace(self._table, inputs=inputs)
        covered = self._stage_choice_sets(swapped, expected_set, expected, scope, str(poison))
        choices = {
            alias: replace(
                chosen,
                # The far date is fed by what feeds D.
                by_date={**chosen.by_date, self._far.day: chosen.by_date[self._facts.day]},
                expected=covered[alias],
            )
            for alias, chosen in self._choices.items()
        }
        bindings = Bindings(scope, choices, self._table.key)
        rows, columns = self._stage(
            f"{name}_rows", compose(self._table.statement, inputs, bindings)
        )
        return Computed(rows, expected, columns, expected_columns)

    def _stage_choice_sets(
        self, table: Derived, expected: PlainExpected, place: str, scope: Scope, name: str
    ) -> dict[str, str]:
        name = f"leaks_covered_{name}"
        self._staged += choice_set_names(table, self._path, name)
        return stage_choice_sets(
            self._warehouse, table, self._path, scope, expected=(expected, place), name=name
        )

    def _stage(self, name: str, select: str) -> tuple[str, Mapping[str, str]]:
        self._staged.append(name)
        return self._warehouse.stage(name, select)

    # -- comparing ---------------------------------------------------------------------------

    def _worst(
        self, part: str, alone: Computed, poisoned: Mapping[Poison, Computed]
    ) -> Leak | None:
        """Return what the kind of poison did that moved most; None when none moved anything."""
        moved = {
            poison: self._difference(part, alone, computed) for poison, computed in poisoned.items()
        }
        worst = max(moved, key=lambda poison: (moved[poison].moved, len(moved[poison].columns)))
        return Leak(part, worst, moved[worst], ()) if moved[worst] else None

    def _with_culprits(self, leak: Leak, alone: Computed) -> Leak:
        """Poison one input at a time to find those that do it alone."""
        culprits = [
            str(slot)
            for slot in self._slots()
            if slot.table in self._standings.picture.catalog
            and self._difference(leak.part, alone, self._poisoned(leak.poison, slot))
        ]
        return replace(leak, culprits=tuple(culprits))

    def _read_contents(self, alone: Computed, poisoned: Sequence[Computed]) -> None:
        """Fingerprint everything that is going to be compared, in one query."""
        held = [
            self._held(part, computed, self._facts)
            for part in (ROWS, EXPECTED)
            for computed in (alone, *poisoned)
        ]
        held += [self._held(ROWS, computed, self._far) for computed in poisoned]
        self._contents = read_contents(self._warehouse, held, self._partition)

    def _held(self, part: str, computed: Computed, facts: DateFacts) -> Held:
        place, columns = computed.part(part)
        return Held(place, facts.day, tuple(columns))

    def _rows(self, computed: Computed, part: str) -> int:
        return self._contents[self._held(part, computed, self._facts)][0]

    def _difference(
        self, part: str, left: Computed, right: Computed, facts: DateFacts | None = None
    ) -> Difference:
        facts = facts or self._facts
        held = (self._held(part, left, facts), self._held(part, right, facts))
        found = [self._contents.get(one) for one in held]
        if found[0] is not None and found[0] == found[1]:
            return Difference(found[0][0])
        (one, columns), (other, _) = left.part(part), right.part(part)
        compared = Comparison(one, other, self._partition, facts.day, self._table.key, columns)
        # That the far date moves is all there is to know of it.
        return compare(self._warehouse, compared, examples=0 if facts is self._far else EXAMPLES)

    def _published(self, alone: Computed) -> PublishedDiffers | None:
        """Compare with what is published, where something is."""
        name, day = self._table.name, self._facts.day
        picture = self._standings.picture
        live = picture.catalog.get(name, {})
        live_rows = picture.contents[name].on(day)
        if live_rows is None or not _same_types(self._table.key, live, alone.row_columns):
            return None
        content = self._contents[self._held(ROWS, alone, self._facts)]
        if set(live) == set(alone.row_columns) and content == (live_rows.rows, live_rows.content):
            return None
        # A column that a new definition gives another type cannot be compared; it is stale anyway.
        shared = {
            column: kind for column, kind in alone.row_columns.items() if live.get(column) == kind
        }
        compared = Comparison(alone.rows, name, self._partition, day, self._table.key, shared)
        difference = compare(self._warehouse, compared)
        standing = self._standings.of(name, day)
        return (
            PublishedDiffers(difference, f"{standing.state}: {standing.reason}")
            if difference
            else None
        )


def _same_types(names: Sequence[str], one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(name in one and one[name] == other.get(name) for name in names)


def _unfed(made: list[ChoiceMade]) -> str:
    return "; ".join(f"{one.input}: {one.reason}" for one in made if one.place is None)
