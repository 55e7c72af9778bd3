"""The life of a chunk: choose sources, stage, audit, publish what passes, quarantine what does not.

A chunk is a set of dates of one table on one path. However many dates it has, it sends a constant
number of statements; each partition still passes or fails alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gapless.choosing import ChoiceMade, Unfit, always_fit, choose, with_unfit
from gapless.coverage import Coverage
from gapless.declare.expected import PlainExpected
from gapless.declare.inputs import Choice
from gapless.declare.tables import Derived
from gapless.errors import DeclarationError, nearest
from gapless.measure import (
    Named,
    audit_request,
    choice_set_names,
    measure_choice,
    measure_coverage,
    name_details,
    run_checks,
    stage_choice_sets,
    stage_expected,
)
from gapless.partitions import Path
from gapless.sql.audit import AuditRequest, lost_due_query
from gapless.sql.binding import (
    COLUMN_SOURCE,
    Bindings,
    ChosenSource,
    Scope,
    compose,
    partitions_relation,
)
from gapless.verdicts import GateResult, Outcome, judge, worst
from gapless.warehouse.interface import Warehouse


@dataclass(frozen=True)
class Chunk:
    """Dates of one table that are computed together."""

    table: Derived
    path: Path
    expected: PlainExpected
    scope: Scope
    guarded: tuple[date, ...]
    """Dates whose published keys must not be lost."""
    tampered: Mapping[date, int]
    """Dates whose rows were changed behind their publication → keys it had expected."""
    slot: str
    """Suffix of its staged relations, unique among the chunks at work."""

    @property
    def days(self) -> list[date]:
        """Its dates, oldest first."""
        return [facts.day for facts in self.scope.dates]

    @property
    def staged_names(self) -> tuple[str, ...]:
        """Names of the staged rows, expected set, dates, and of what choices are measured on."""
        covered = choice_set_names(self.table, self.path, f"covered_{self.slot}")
        return f"rows_{self.slot}", f"expected_{self.slot}", f"dates_{self.slot}", *covered


@dataclass(frozen=True)
class Audited:
    """One staged partition with everything that was measured of it."""

    day: date
    coverage: Coverage
    results: tuple[GateResult, ...]
    named: Mapping[str, Sequence[Named]]
    choices: tuple[ChoiceMade, ...]

    @property
    def outcome(self) -> Outcome:
        """The most serious result of the gate."""
        return worst(self.results)

    @property
    def failed(self) -> list[GateResult]:
        """Results that stand in the way of publishing."""
        return [r for r in self.results if r.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]


@dataclass
class StagedChunk:
    """A chunk whose rows are staged and measured; nothing is published yet."""

    chunk: Chunk
    place: str
    """Relation with the staged rows; empty when no date was fed."""
    expected: str = ""
    """Relation with the expected set."""
    bindings: Bindings | None = None
    """What the statement was bound to; None when no date was fed."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Its columns with their types."""
    audited: dict[date, Audited] = field(default_factory=dict)
    unfed: dict[date, tuple[ChoiceMade, ...]] = field(default_factory=dict)
    """Dates for which no source of some choice is sufficient; they were not staged."""


def stage_chunk(
    warehouse: Warehouse,
    chunk: Chunk,
    catalog: Mapping[str, Mapping[str, str]],
    forced: Collection[date] = (),
    unfit: Unfit = always_fit,
) -> StagedChunk:
    """Choose sources, stage the rows of a chunk and measure every partition of it.

    Args:
        warehouse: Where to stage.
        chunk: What to stage.
        catalog: Tables and columns of the warehouse.
        forced: Dates that are fed by the best source also where none is sufficient.
        unfit: Says why a source must not feed a date whatever it holds.

    Raises:
        WarehouseError: a statement failed; nothing of the chunk was published.
        DeclarationError: the staged rows lack a declared column.
    """
    rows_name, expected_name, dates_name, *_ = chunk.staged_names
    # Every statement of the chunk reads the dates: staged once, the planner knows how many.
    dates_place, _ = warehouse.stage(dates_name, partitions_relation(chunk.scope))
    chunk = replace(chunk, scope=replace(chunk.scope, place=dates_place))
    expected_place = stage_expected(
        warehouse, chunk.table, chunk.expected, chunk.scope, expected_name
    )
    covered = stage_choice_sets(
        warehouse,
        chunk.table,
        chunk.path,
        chunk.scope,
        expected=(chunk.expected, expected_place),
        name=f"covered_{chunk.slot}",
    )
    choices = make_choices(warehouse, chunk, covered, catalog, forced, unfit)
    unfed = {
        day: tuple(made) for day, made in choices.items() if any(c.place is None for c in made)
    }
    fed = [day for day in chunk.days if day not in unfed]
    if not fed:
        return StagedChunk(chunk, place="", expected=expected_place, unfed=unfed)
    scope = chunk.scope.within(fed)
    bindings = Bindings(
        scope=scope,
        choices=chosen_sources(chunk, choices, fed, covered, catalog),
        key=chunk.table.key,
    )
    text = compose(chunk.table.statement, chunk.table.inputs_on(chunk.path), bindings)
    place, columns = warehouse.stage(rows_name, text)
    check_staged_columns(chunk.table, columns, scope.partition)
    staged = StagedChunk(chunk, place, expected_place, bindings, columns, unfed=unfed)
    staged.audited = audit(warehouse, staged, scope, expected_place, choices, catalog)
    return staged


def check_staged_columns(table: Derived, columns: Mapping[str, str], partition: str) -> None:
    """Refuse a statement whose result lacks a declared column.

    Raises:
        DeclarationError: names the column and the nearest one there is.
    """
    for role, names in (
        ("partition", (partition,)),
        ("key", table.key),
        ("required", table.gate.required),
        ("label", (table.label,) if table.label else ()),
    ):
        for name in names:
            if name not in columns:
                raise DeclarationError(
                    f"{table.name}: {table.statement.origin} yields no column {name!r}, "
                    f"which is its {role} column. {nearest(name, columns)}",
                    untouched="Nothing was published.",
                )


def make_choices(
    warehouse: Warehouse,
    chunk: Chunk,
    covered: Mapping[str, str],
    catalog: Mapping[str, Mapping[str, str]],
    forced: Collection[date],
    unfit: Unfit,
) -> dict[date, list[ChoiceMade]]:
    """Measure the sources of every choice of a chunk and choose for each of its dates.

    Args:
        warehouse: Where it is measured.
        chunk: Whose choices.
        covered: Input → relation with the keys to cover.
        catalog: Tables and columns of the warehouse.
        forced: Dates that are fed by the best source also where none is sufficient.
        unfit: Says why a source must not feed a date whatever it holds.
    """
    made: dict[date, list[ChoiceMade]] = {day: [] for day in chunk.days}
    for alias, given in chunk.table.choices_on(chunk.path).items():
        measured = measure_choice(
            warehouse, given, chunk.scope, chunk.table.key, covered[alias], catalog
        )
        for day, sources in measured.items():
            checked = with_unfit(given, sources, day, unfit)
            made[day].append(choose(alias, given, checked, forced=day in forced))
    return made


def chosen_sources(
    chunk: Chunk,
    choices: Mapping[date, Sequence[ChoiceMade]],
    fed: Sequence[date],
    covered: Mapping[str, str],
    catalog: Mapping[str, Mapping[str, str]],
) -> dict[str, ChosenSource]:
    """Return for each choice what the statement is to be bound to.

    Args:
        chunk: Whose choices.
        choices: What was chosen for each date.
        fed: Dates for which every choice found a source.
        covered: Input → relation with the keys to cover.
        catalog: Tables and columns of the warehouse.

    Raises:
        DeclarationError: the sources of a choice do not have the same columns.
    """
    chosen: dict[str, ChosenSource] = {}
    for alias, given in chunk.table.choices_on(chunk.path).items():
        present = tuple(i for i, source in enumerate(given.sources) if source.name in catalog)
        places = {
            day: made.place
            for day in fed
            for made in choices[day]
            if made.input == alias and made.place is not None
        }
        chosen[alias] = ChosenSource(
            by_date=places,
            columns=_offered_columns(chunk.table, given, present, catalog),
            present=present,
            expected=covered[alias],
        )
    return chosen


def _offered_columns(
    table: Derived,
    choice: Choice,
    present: Sequence[int],
    catalog: Mapping[str, Mapping[str, str]],
) -> tuple[str, ...]:
    first = catalog[choice.sources[present[0]].name]
    for place in present[1:]:
        other = catalog[choice.sources[place].name]
        lacking = sorted((set(first) ^ set(other)) - {COLUMN_SOURCE})
        if lacking:
            raise DeclarationError(
                f"{table.name}: the sources {choice.sources[present[0]].name} and "
                f"{choice.sources[place].name} do not have the same columns; only one of them "
                f"has {', '.join(lacking)}.",
                untouched="Nothing was published.",
                advice="A source that lacks a column would silently feed NULLs; align them.",
            )
    return tuple(name for name in first if name != COLUMN_SOURCE)


def audit(
    warehouse: Warehouse,
    staged: StagedChunk,
    scope: Scope,
    expected_place: str,
    choices: Mapping[date, Sequence[ChoiceMade]],
    catalog: Mapping[str, Mapping[str, str]],
    *,
    naming: bool = True,
) -> dict[date, Audited]:
    """Measure staged rows against the gate of their table; the one gate of runs and of `doctor`.

    Args:
        warehouse: Where they are staged.
        staged: The rows.
        scope: Their dates.
        expected_place: Relation with the expected set.
        choices: What was chosen for each date.
        catalog: Tables and columns of the warehouse; what is published of the table is read
            where it is among them.
        naming: Whether the first missing, unexpected, duplicate and lost keys are named.
    """
    chunk = staged.chunk
    staged_days = {facts.day for facts in scope.dates}
    request = audit_request(
        chunk.table,
        chunk.expected,
        scope,
        candidate=staged.place,
        columns=tuple(staged.columns),
        expected_place=expected_place,
        published=chunk.table.name if chunk.table.name in catalog else None,
        live_columns=tuple(catalog.get(chunk.table.name, ())),
        guarded=[day for day in chunk.guarded if day in staged_days],
    )
    coverages = _without_strays(warehouse, request, measure_coverage(warehouse, request), chunk)
    checked = run_checks(warehouse, chunk.table.gate.checks, scope, staged.place)
    named: dict[date, dict[str, list[Named]]] = {}
    if naming:
        named = name_details(
            warehouse,
            request,
            label=chunk.expected.label,
            row_label=chunk.table.label,
            coverages=coverages,
        )
    return {
        day: Audited(
            day=day,
            coverage=coverage,
            results=tuple(judge(chunk.table.gate, coverage, checked.get(day, []))),
            named=named.get(day, {}),
            choices=tuple(choices.get(day, ())),
        )
        for day, coverage in coverages.items()
    }


def _without_strays(
    warehouse: Warehouse,
    request: AuditRequest,
    coverages: Mapping[date, Coverage],
    chunk: Chunk,
) -> dict[date, Coverage]:
    """Leave keys that were never rightly there, or are not due any more, out of what is lost.

    Rows may have been slipped in behind a publication: a key of such a date counts as lost when it
    is still expected, and also when it is not expected any more as far as the expected set itself
    has shrunk, since the reference may have lost it, too. What is expected of a date to come
    changes with every date that is played; whoever is not expected any more is no loss.
    """
    to_come = chunk.path is Path.UPCOMING
    doubtful = {
        day for day, found in coverages.items() if found.lost and (to_come or day in chunk.tampered)
    }
    if not doubtful:
        return dict(coverages)
    due: dict[date, int] = {row[0]: row[1] for row in warehouse.fetch(lost_due_query(request))}
    settled = dict(coverages)
    for day in doubtful:
        found, still_due = coverages[day], due.get(day, 0)
        shrunk = 0 if to_come else max(0, chunk.tampered[day] - found.expected)
        settled[day] = replace(found, lost=still_due + min(found.lost - still_due, shrunk))
    return settled
