"""Trying a source: what its checks say of bad copies of loaded partitions, and what stands then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from gapless.declare.gates import CHECK_MISSING, Check
from gapless.declare.inputs import History, SameDate
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source, StandIn
from gapless.doctor.bench import DATES_AT_MOST, LOOKED_AT, NothingToTry
from gapless.doctor.model import GuardTried, Kind, TableTried, Trial
from gapless.doctor.table_checks import limitations_of
from gapless.doctor.trials import (
    BadRows,
    Met,
    Outcomes,
    known_ways,
    spoiled,
    staged_either,
    tried,
    tried_check,
)
from gapless.errors import GaplessError
from gapless.measure import CheckOutcome, run_checks
from gapless.partitions import Path
from gapless.plan.contents import Contents, Held
from gapless.plan.source_standing import source_standing
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Waivers
from gapless.sql.bad_copies import Original, none_left
from gapless.sql.binding import date_filter
from gapless.sql.literals import identifier, literal, relation
from gapless.warehouse.interface import Warehouse

_ORIGINAL, _COPY = "doctor_loaded", "doctor_copy"
LOADED = "loaded"


def tried_source(warehouse: Warehouse, standings: Standings, source: Source) -> TableTried:
    """Feed the checks of a source with bad copies of its newest complete partitions."""
    note = _unguarded(standings.picture.pipeline, source)
    if not source.checks and not is_demanded(standings.picture.pipeline, source):
        return TableTried(source.name, None, note=note)
    trials = SourceTrials(warehouse, standings, source)
    try:
        trials.set_up()
        guards = tuple(trials.run())
    except (NothingToTry, GaplessError) as error:
        reason = error.what if isinstance(error, GaplessError) else str(error)
        return TableTried(source.name, None, reason=reason)
    finally:
        warehouse.unstage([_ORIGINAL, _COPY])
    return TableTried(source.name, None, trials.days, LOADED, guards, note=note)


def is_demanded(pipeline: Pipeline, source: Source) -> bool:
    """Tell whether a scheduled date without rows of a source holds somebody up."""
    return not source.optional and any(
        read.required and read.table.name == source.name
        for table in pipeline.derived_tables
        for path in Path
        for read in table.reads_on(path)
    )


def _unguarded(pipeline: Pipeline, source: Source) -> str:
    """Say what it means that a source declares no checks; empty when it does."""
    if source.checks:
        return ""
    if source.trusted:
        return "trusted, and no checks are declared: what it holds is the truth"
    if is_demanded(pipeline, source):
        return "no checks are declared: a partial load is taken for a complete one"
    return "no checks are declared: its readers measure what it holds, or do without it"


class SourceTrials:
    """Bad copies of one source.

    Args:
        warehouse: Where they are staged.
        standings: What is there.
        source: The source.
    """

    def __init__(self, warehouse: Warehouse, standings: Standings, source: Source) -> None:
        self._warehouse = warehouse
        self._picture = standings.picture
        self._source = source
        self.days: tuple[date, ...] = ()
        """Oldest first."""
        self._original = Original("", {}, self._picture.pipeline.partition, source.key)

    def set_up(self) -> None:
        """Stage the newest complete partitions.

        Raises:
            NothingToTry: there are none.
        """
        picture, name = self._picture, self._source.name
        if name not in picture.catalog:
            raise NothingToTry("it does not exist yet")
        day, today = identifier(self._original.partition), literal(picture.today)
        newest = self._warehouse.fetch(
            f"SELECT DISTINCT {day} FROM {relation(name)} WHERE {day} < {today} "
            f"ORDER BY 1 DESC LIMIT {LOOKED_AT}"
        )
        held = sorted(found for (found,) in newest if found in picture.calendar.dates)
        if not held:
            raise NothingToTry("it holds no rows of a scheduled date before today")
        self._copy(held)
        stood = {found: one for found, (one, _) in self._stood(None, self._source.checks).items()}
        complete = [found for found in held if stood[found].settled]
        if not complete:
            worst = stood[held[-1]]
            raise NothingToTry(f"no partition is complete; {held[-1]}: {worst.reason}")
        self._copy(complete[-DATES_AT_MOST:])

    def _copy(self, days: Sequence[date]) -> None:
        self.days = tuple(days)
        scope = replace(self._picture.scope(self.days), dates=())
        rows = f"FROM {relation(self._source.name)} WHERE {date_filter(scope, self.days)}"
        place, columns = self._warehouse.stage(_ORIGINAL, f"SELECT * {rows}")
        self._original = replace(self._original, place=place, columns=columns)

    def run(self) -> list[GuardTried]:
        """Try every guard."""
        guards = []
        if is_demanded(self._picture.pipeline, self._source):
            guards.append(GuardTried(CHECK_MISSING, Kind.SOURCE, (self._all_gone(),)))
        pipeline, original = self._picture.pipeline, self._original
        for check in self._source.checks:
            own = check.spoiled_by
            guards.append(
                tried_check(
                    check,
                    Kind.CHECK,
                    [spoiled(original, own)] if own else known_ways(original),
                    self._fed,
                    limitations_of(pipeline, self._source.name, check),
                )
            )
        return guards

    def _all_gone(self) -> Trial:
        way = BadRows("all rows removed", none_left(self._original))

        def run() -> Outcomes:
            stood = self._stood(way, self._source.checks)
            return {day: Met(not one.settled, str(one.reason)) for day, (one, _) in stood.items()}

        return tried(way.copy, "not complete", run)

    def _fed(self, check: Check, way: BadRows | None) -> Outcomes:
        stood = self._stood(way, (check,))
        return {day: _met(check, way, *found) for day, found in stood.items()}

    def _stood(
        self, way: BadRows | None, checks: tuple[Check, ...]
    ) -> dict[date, tuple[Standing, CheckOutcome | None]]:
        """Say what a bad copy would be taken for, were it what is loaded."""
        picture, name, place = self._picture, self._source.name, self._original.place
        if way is not None:
            place, _ = staged_either(lambda select: self._warehouse.stage(_COPY, select), way)
        swapped = [_reading(check, name, place) for check in checks]
        outcomes = run_checks(self._warehouse, swapped, picture.scope(self.days), place)
        contents = Contents(name)
        day = identifier(self._original.partition)
        rows = self._warehouse.fetch(f"SELECT {day}, count(*) FROM {relation(place)} GROUP BY 1")
        contents.update({found: Held(count, 0) for found, count in rows})
        # Nobody's word stands in for what a check says of a bad copy.
        loaded = replace(
            picture,
            contents={name: contents},
            checked={name: outcomes},
            unchecked={},
            waivers=Waivers(),
        )
        source = replace(self._source, checks=checks)
        return {
            day: (source_standing(loaded, source, day), next(iter(outcomes.get(day, [])), None))
            for day in self.days
        }


def _met(
    check: Check, way: BadRows | None, standing: Standing, outcome: CheckOutcome | None
) -> Met:
    found = f"{standing.state}: {standing.reason}"
    if way is None:
        return Met(standing.state is State.UNKNOWN, found)
    noticed = outcome is not None and outcome.failed > 0
    return Met(noticed and not (check.blocking and standing.settled), found)


def _reading(check: Check, name: str, place: str) -> Check:
    """Return a check that reads another relation in the place of a table."""

    def swapped(given: SameDate | History) -> SameDate | History:
        if given.table.name != name:
            return given
        return replace(given, table=StandIn(place, given.table.key, stands_for=name))

    return replace(check, inputs={alias: swapped(given) for alias, given in check.inputs.items()})
