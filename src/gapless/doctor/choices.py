"""Trying source choices: a source that was thinned must not feed a partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from gapless.choosing import ChoiceMade
from gapless.coverage import percent
from gapless.declare.inputs import Choice
from gapless.declare.tables import Derived, StandIn, Table
from gapless.doctor.bench import Bench
from gapless.doctor.model import Ability, GuardTried, Kind, Trial
from gapless.doctor.trials import HALF_GONE, JUST_BELOW, Met, Outcomes, tried
from gapless.errors import GaplessError
from gapless.measure import SourceCoverage, choice_set_names, stage_choice_sets
from gapless.plan.derive import unfit_source
from gapless.run.chunk import make_choices
from gapless.sql.bad_copies import FEWER_THAN_HALF, Original, just_below, none_left, thinned
from gapless.sql.binding import COLUMN_SOURCE, date_filter
from gapless.sql.literals import columns, relation

_COVERED, _FULL, _EMPTY, _THIN = (
    f"doctor_{name}" for name in ("covered", "full_source", "empty_source", "thin_source")
)


def tried_choices(bench: Bench) -> Iterator[GuardTried]:
    """Try every choice that has a threshold; `fill_missing` alone takes the first as it is."""
    choices = bench.table.choices_on(bench.path)
    if not any(choice.at_least for choice in choices.values()):
        return
    bench.hold(choice_set_names(bench.table, bench.path, _COVERED))
    for alias, choice in choices.items():
        if choice.at_least:
            yield GuardTried(alias, Kind.CHOICE, tuple(_trials(bench, alias, choice)))


def _trials(bench: Bench, alias: str, choice: Choice) -> Iterator[Trial]:
    wanted = "not chosen"
    try:
        trial = _ChoiceTrial.set_up(bench, alias, choice)
    except GaplessError as error:
        yield Trial(HALF_GONE, wanted, Ability.UNTRIED, reason=error.what)
        return
    for place, source in enumerate(choice.sources):
        for copy, last in (
            (HALF_GONE, FEWER_THAN_HALF),
            (JUST_BELOW, just_below(choice.at_least)),
        ):
            told = f"{source.name}: {copy}"
            yield tried(told, wanted, partial(trial.thinned, place, last))


@dataclass(frozen=True)
class _ChoiceTrial:
    """A choice with a source that is full, made of what feeds the dates now, and an empty one."""

    bench: Bench
    alias: str
    choice: Choice
    covered: Mapping[str, str]
    """Input → relation with the keys to cover."""
    full: Original
    empty: str

    @classmethod
    def set_up(cls, bench: Bench, alias: str, choice: Choice) -> _ChoiceTrial:
        """Stage what the choice is measured on, a full source and an empty one."""
        covered = stage_choice_sets(
            bench.warehouse,
            bench.table,
            bench.path,
            bench.scope,
            expected=(bench.expected, bench.expected_place),
            name=_COVERED,
        )
        catalog = bench.standings.picture.catalog
        made = _made(bench, alias, bench.table, covered, catalog)
        place, types = bench.stage(_FULL, _feeding_rows(bench, choice, made))
        full = Original(
            place, types, bench.scope.partition, bench.table.key, expected=covered[alias]
        )
        return cls(bench, alias, choice, covered, full, bench.stage(_EMPTY, none_left(full))[0])

    def thinned(self, place: int, last: str) -> Outcomes:
        """Put a thinned source in one place, with nothing before it, and choose.

        Only dates count on which the full source would be chosen there.
        """
        thin, _ = self.bench.stage(_THIN, thinned(self.full, last))
        would = self._chosen(place, self.full.place)
        found = self._chosen(place, thin)
        return {
            day: Met(found[day].place != place, _told(found[day].sources[place]))
            for day in self.bench.days
            if would[day].place == place
        }

    def _chosen(self, place: int, relation_there: str) -> dict[date, ChoiceMade]:
        """Choose with other relations in one place and in those before it."""
        stand_ins: list[Table] = [
            StandIn(self.empty, source.key, stands_for=source.name)
            for source in self.choice.sources[:place]
        ]
        source = self.choice.sources[place]
        stand_ins.append(StandIn(relation_there, source.key, stands_for=source.name))
        sources = (*stand_ins, *self.choice.sources[place + 1 :])
        table = self.bench.table
        inputs = {**table.inputs, self.alias: replace(self.choice, sources=sources)}
        catalog = {
            **self.bench.standings.picture.catalog,
            **{found.name: self.full.columns for found in stand_ins},
        }
        swapped = replace(table, inputs=inputs)
        return _made(self.bench, self.alias, swapped, self.covered, catalog)


def _told(source: SourceCoverage) -> str:
    share = percent(source.ratio)
    return f"chosen with {source.usable} of {source.expected} expected keys ({share})"


def _made(
    bench: Bench,
    alias: str,
    table: Derived,
    covered: Mapping[str, str],
    catalog: Mapping[str, Mapping[str, str]],
) -> dict[date, ChoiceMade]:
    def unfit(source: Table, day: date) -> str | None:
        return None if isinstance(source, StandIn) else unfit_source(bench.standings, source, day)

    chunk = bench.chunk(table, "doctor")
    made = make_choices(bench.warehouse, chunk, covered, catalog, (), unfit)
    return {day: one for day, choices in made.items() for one in choices if one.input == alias}


def _feeding_rows(bench: Bench, choice: Choice, made: Mapping[date, ChoiceMade]) -> str:
    """SELECT of the rows of each date's chosen source; of the last one where none is chosen."""
    catalog = bench.standings.picture.catalog
    present = [place for place, source in enumerate(choice.sources) if source.name in catalog]
    by_place: dict[int, list[date]] = {}
    for day, one in made.items():
        by_place.setdefault(present[-1] if one.place is None else one.place, []).append(day)
    names = [name for name in catalog[choice.sources[present[0]].name] if name != COLUMN_SOURCE]
    return "\nUNION ALL\n".join(
        _rows(bench, choice, place, days, names) for place, days in by_place.items()
    )


def _rows(
    bench: Bench, choice: Choice, place: int, days: Sequence[date], names: Sequence[str]
) -> str:
    where = date_filter(replace(bench.scope, dates=()), days)
    return f"SELECT {columns(names)} FROM {relation(choice.sources[place].name)} WHERE {where}"
