"""The bench: real partitions of one table, staged with what they are measured against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from gapless.declare.expected import PlainExpected
from gapless.declare.tables import Derived
from gapless.measure import stage_expected
from gapless.partitions import Path, path_of
from gapless.plan.computable import in_the_way, nothing_due
from gapless.plan.derive import unfit_source
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.run.chunk import Audited, Chunk, StagedChunk, audit, stage_chunk
from gapless.sql.bad_copies import Original, group_sizes_query
from gapless.sql.binding import Scope, date_filter, partitions_relation
from gapless.sql.literals import relation
from gapless.warehouse.interface import Warehouse

DATES_AT_MOST = 3
"""How many partitions of a table are copied."""
LOOKED_AT = 20
"""They are chosen among so many."""
ENOUGH_KEYS = 10
"""Of fewer keys not every share can be told from the next."""

PUBLISHED, COMPUTED = "published", "computed aside"
_ORIGINAL, _EXPECTED, _DATES = "doctor_original", "doctor_expected", "doctor_dates"


class NothingToTry(Exception):
    """There is no partition to copy; the text says why."""


@dataclass(frozen=True)
class Candidates:
    """Dates whose partitions could be copied."""

    days: tuple[date, ...]
    """Oldest first."""
    basis: str


def candidates_of(standings: Standings, table: Derived, path: Path) -> Candidates:
    """Find partitions of a table: complete ones that are published, else ones to compute aside.

    Raises:
        NothingToTry: there are none.
    """
    picture = standings.picture
    days = [day for day in picture.calendar.ordered if path_of(day, picture.today) is path]
    complete = [
        day
        for day in days
        if (found := standings.of(table.name, day)).state is State.COMPLETE and found.rows
    ]
    if complete:
        return Candidates(_near_today(complete, path), PUBLISHED)
    if not days:
        raise NothingToTry(f"no {path} date is on the calendar")
    able, reason = [], ""
    for day in reversed(days):
        facts = picture.calendar.dates[day]
        held_up = nothing_due(standings, table, facts) or in_the_way(standings, table, facts)
        if not held_up:
            able.append(day)
        reason = reason or f"{day}: {held_up}"
    if not able:
        raise NothingToTry(f"nothing complete is published and nothing can be computed; {reason}")
    return Candidates(_near_today(sorted(able), path), COMPUTED)


def _near_today(days: Sequence[date], path: Path) -> tuple[date, ...]:
    return tuple(days[:LOOKED_AT] if path is Path.UPCOMING else days[-LOOKED_AT:])


class Bench:
    """Stages the originals of one table on one path, and measures copies of them.

    The copies are judged by what judges the rows of a run: the same query, the same verdicts.
    What is live is read and never written. Call `clear` afterwards.

    Args:
        warehouse: Where everything is staged.
        standings: What is there.
        table: The table.
        path: The path.
        expected: What is expected on it.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        standings: Standings,
        table: Derived,
        path: Path,
        expected: PlainExpected,
    ) -> None:
        self.warehouse = warehouse
        self.standings = standings
        self.table = table
        self.path = path
        self.expected = expected
        self.basis = ""
        self.days: tuple[date, ...] = ()
        """Dates whose originals pass, oldest first."""
        self.scope = Scope(standings.picture.pipeline.partition, ())
        self.expected_place = ""
        self.original = Original("", {}, self.scope.partition, table.key)
        self._staged: dict[str, None] = {}

    def set_up(self) -> None:
        """Choose partitions, stage them, and make sure that the gate passes them as they are.

        Raises:
            NothingToTry: there are none, or none of them passes.
            GaplessError: they could not be staged or measured.
        """
        found = candidates_of(self.standings, self.table, self.path)
        self.basis = found.basis
        self._narrow(found.days)
        self._narrow(self._best())
        place, columns = self._rows()
        self.original = Original(
            place,
            columns,
            self.scope.partition,
            self.table.key,
            expected=self.expected_place,
            group=self.expected.group,
        )
        audited = self.audit(self.table, place, columns)
        passing = [day for day, one in audited.items() if not one.failed and one.coverage.rows]
        if not passing:
            day, one = next(iter(audited.items()))
            said = "; ".join(str(result) for result in one.failed) or "there are no rows"
            raise NothingToTry(f"no partition passes as it is; {day}: {said}")
        self.days = tuple(sorted(passing))

    def stage(self, name: str, select: str) -> tuple[str, Mapping[str, str]]:
        """Stage a SELECT, replacing what was staged under that name.

        Returns:
            The relation and its columns with their types.
        """
        self.hold([name])
        return self.warehouse.stage(name, select)

    def audit(
        self,
        table: Derived,
        place: str,
        columns: Mapping[str, str],
        *,
        scope: Scope | None = None,
        expected_place: str | None = None,
        published: str | None = None,
        guarded: Sequence[date] = (),
    ) -> dict[date, Audited]:
        """Measure and judge rows as a run would before it publishes them.

        Args:
            table: The table, or one with another gate.
            place: The rows.
            columns: Their columns with types.
            scope: Their dates; those of the bench when None.
            expected_place: The expected set; that of the bench when None.
            published: Relation that is taken for what is published.
            guarded: Dates on which none of its keys may be lost.

        Raises:
            GaplessError: they could not be measured; a run would fail.
        """
        # What is published is looked up by the name of the table.
        published = published or self.original.place or table.name
        chunk = self.chunk(replace(table, name=published), "doctor", tuple(guarded))
        staged = StagedChunk(chunk, place=place, columns=columns)
        return audit(
            self.warehouse,
            staged,
            scope or self.scope,
            expected_place or self.expected_place,
            {},
            {published: self.original.columns},
            naming=False,
        )

    def run_statement(self, table: Derived, slot: str) -> StagedChunk:
        """Compute the dates as a run would, with the statement of a table like this one.

        Raises:
            GaplessError: it failed; a run would fail.
        """
        chunk = self.chunk(table, slot)
        self.hold(chunk.staged_names)
        unfit = partial(unfit_source, self.standings)
        return stage_chunk(self.warehouse, chunk, self.standings.picture.catalog, unfit=unfit)

    def hold(self, names: Iterable[str]) -> None:
        """Remember names that something may be staged under, to be dropped in the end."""
        self._staged.update(dict.fromkeys(names))

    def clear(self) -> None:
        """Drop everything that was staged."""
        self.warehouse.unstage(list(self._staged))
        self._staged.clear()

    def chunk(self, table: Derived, slot: str, guarded: tuple[date, ...] = ()) -> Chunk:
        """Return the dates as a chunk of a table like this one."""
        return Chunk(table, self.path, self.expected, self.scope, guarded, {}, slot)

    def _best(self) -> list[date]:
        """Take dates on which each rule can be told from the others, then the nearest to today."""
        query = group_sizes_query(self.expected_place, self.scope.partition, self.expected.group)
        sizes = {day: (keys, least) for day, keys, least in self.warehouse.fetch(query)}
        if not sizes:
            raise NothingToTry("the expected set is empty on every date")

        def rank(day: date) -> tuple[bool, bool, int]:
            keys, least = sizes[day]
            apart = self.expected.group is None or keys - least >= self.table.gate.coverage * keys
            away = abs((day - self.standings.picture.today).days)
            return (not apart, keys < ENOUGH_KEYS, away)

        return sorted(sorted(sizes, key=rank)[:DATES_AT_MOST])

    def _narrow(self, days: Iterable[date]) -> None:
        """Stage some dates and what is expected of them."""
        scope = self.standings.picture.scope(days)
        self.scope = replace(scope, place=self.stage(_DATES, partitions_relation(scope))[0])
        self.hold([_EXPECTED])
        self.expected_place = stage_expected(
            self.warehouse, self.table, self.expected, self.scope, _EXPECTED
        )

    def _rows(self) -> tuple[str, Mapping[str, str]]:
        if self.basis == PUBLISHED:
            days = [facts.day for facts in self.scope.dates]
            where = date_filter(replace(self.scope, dates=()), days)
            return self.stage(_ORIGINAL, f"SELECT * FROM {relation(self.table.name)} WHERE {where}")
        staged = self.run_statement(self.table, "doctor_alone")
        if not staged.place:
            made = next(iter(staged.unfed.values()))
            reasons = [choice.reason for choice in made if choice.place is None]
            raise NothingToTry(f"nothing can be computed; {'; '.join(reasons)}")
        return staged.place, staged.columns
