"""Source choices before a run: which source would feed each date, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gapless.choosing import ChoiceMade, Unfit, choose, with_unfit
from gapless.coverage import percent
from gapless.declare.expected import PlainExpected
from gapless.declare.inputs import Choice
from gapless.declare.tables import Derived, Table
from gapless.errors import QueryFailed
from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.measure import SourceCoverage, measure_choice, stage_expected
from gapless.partitions import Path
from gapless.plan.build import Action, Plan
from gapless.plan.derive import unfit_source
from gapless.plan.standings import Standings
from gapless.preflight.remedies import backfill_dates
from gapless.sql.cleaning import clean_script
from gapless.sql.unexpected import unexpected_query
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

Foreseen = dict[tuple[str, date], tuple[ChoiceMade, ...]]
NAMED_AT_MOST = 3
"""Unexpected keys of a date that are named."""


@dataclass(frozen=True)
class Unexpected:
    """Rows of a source for keys that nobody expects on a date."""

    table: str
    """Which the source might feed."""
    source: str
    day: date
    keys: int
    first: tuple[str, ...]


@dataclass
class Foresight:
    """What measuring the choices of a plan came to."""

    choices: Foreseen = field(default_factory=dict)
    unexpected: dict[tuple[str, date], Unexpected] = field(default_factory=dict)
    """By source and date; tables that choose alike find the same."""
    failures: dict[str, str] = field(default_factory=dict)
    """Table → why its choices could not be measured."""


def foresee_choices(warehouse: Warehouse, plan: Plan, standings: Standings) -> Foresight:
    """Measure the source choices of every planned partition whose keys to cover are known by now.

    Two statements for each choice of a table, and a third where a source holds more than can be
    used; the run measures again when its turn comes. One that fails is a finding, no error.
    """
    foresight = Foresight()
    for table in standings.picture.pipeline.derived_tables:
        steps = plan.of(table.name, Action.COMPUTE, Action.RECHECK)
        for path in Path:
            days = [step.partition for step in steps if step.path is path]
            for alias, choice in table.choices_on(path).items():
                keys = choice.keys_to_cover(table.expected_on(path))
                if keys is None:
                    continue
                known = [day for day in days if _is_known(standings, keys, day)]
                if not known:
                    continue
                try:
                    measuring = _Measuring(warehouse, plan, standings, table, foresight)
                    measuring.measure(alias, choice, keys, known)
                except QueryFailed as error:
                    foresight.failures[table.name] = error.what
    return foresight


def _is_known(standings: Standings, keys: PlainExpected, day: date) -> bool:
    if day not in standings.picture.calendar.dates:
        return False
    facts = standings.picture.calendar.dates[day]
    return all(
        read.table.name in standings.picture.catalog
        and standings.first_unsettled(read, facts) is None
        for read in keys.reads()
    )


@dataclass(frozen=True)
class _Measuring:
    """Measures the choices of one table."""

    warehouse: Warehouse
    plan: Plan
    standings: Standings
    table: Derived
    foresight: Foresight

    def measure(
        self, alias: str, choice: Choice, keys: PlainExpected, days: Sequence[date]
    ) -> None:
        table, picture = self.table, self.standings.picture
        scope = picture.scope(days)
        name = f"foreseen_{table.schema}__{table.short_name}"
        place = stage_expected(self.warehouse, table, keys, scope, name)
        try:
            measured = measure_choice(
                self.warehouse, choice, scope, table.key, place, picture.catalog
            )
            if any(one.rows > one.usable for sources in measured.values() for one in sources):
                self._name_unexpected(choice, days, place)
        finally:
            self.warehouse.unstage([name])
        unfit = _unfit_before(self.plan, self.standings)
        for day, sources in measured.items():
            made = choose(alias, choice, with_unfit(choice, sources, day, unfit))
            slot = (table.name, day)
            self.foresight.choices[slot] = (*self.foresight.choices.get(slot, ()), made)

    def _name_unexpected(self, choice: Choice, days: Sequence[date], place: str) -> None:
        catalog = self.standings.picture.catalog
        labels = {
            number: _label(source, catalog[source.name])
            for number, source in enumerate(choice.sources)
            if source.name in catalog
        }
        scope = self.standings.picture.scope(days)
        query = unexpected_query(choice, scope, self.table.key, place, labels, named=NAMED_AT_MOST)
        for number, day, count, first in self.warehouse.fetch(query):
            source = choice.sources[number].name
            found = Unexpected(self.table.name, source, day, count, tuple(first))
            self.foresight.unexpected.setdefault((source, day), found)


def _label(source: Table, columns: dict[str, str]) -> str | None:
    label = source.label if isinstance(source, Derived) else None
    return label if label in columns else None


def _unfit_before(plan: Plan, standings: Standings) -> Unfit:
    """What the run computes first is judged by the run; preflight knows no better."""

    def unfit(source: Table, day: date) -> str | None:
        if plan.computes(source.name, day):
            return None
        return unfit_source(standings, source, day)

    return unfit


def source_findings(plan: Plan, foresight: Foresight, standings: Standings) -> list[Finding]:
    """Report what is wrong with the sources of choices."""
    return [
        *partial_sources(plan, foresight.choices, standings),
        *_stale_sources(foresight.choices),
        *_unexpected_keys(foresight),
        *_failures(foresight),
    ]


def _passed_over(choice: ChoiceMade) -> list[tuple[int, SourceCoverage]]:
    """Return the sources before the chosen one, or all of them, that hold rows."""
    return [
        (place, source)
        for place, source in enumerate(choice.sources)
        if source.rows and (choice.place is None or place < choice.place)
    ]


def _stale_sources(foreseen: Foreseen) -> list[Finding]:
    """Report every source that would be used, were it not made from inputs that have changed."""
    grouped: dict[tuple[str, bool], dict[date, str]] = {}
    for (_, day), made in sorted(foreseen.items()):
        for choice in made:
            for _, source in _passed_over(choice):
                if source.unfit is not None:
                    days = grouped.setdefault((source.source, choice.place is not None), {})
                    days[day] = f"{plural(source.rows, 'row')}; {source.unfit}"
    return [
        Finding(
            code="source_stale",
            severity=Severity.WARNING if has_other else Severity.ERROR,
            table=source,
            message=f"{source} is not used, since it is not up to date itself. "
            + ("Another source is." if has_other else "There is no other that would do."),
            facts=tuple(DatedFact(day, text) for day, text in days.items()),
            remedies=(
                Remedy("bring it up to date", f"{backfill_dates(source, [*days])} --with-upstream"),
            ),
        )
        for (source, has_other), days in grouped.items()
    ]


def _unexpected_keys(foresight: Foresight) -> list[Finding]:
    grouped: dict[str, list[Unexpected]] = {}
    for (source, _), found in sorted(foresight.unexpected.items()):
        grouped.setdefault(source, []).append(found)
    return [
        Finding(
            code="source_unexpected",
            severity=Severity.INFO,
            table=source,
            message=f"{source} holds rows for keys that nobody expects; they feed nothing.",
            facts=tuple(
                DatedFact(
                    one.day, f"{plural(one.keys, 'key')} too many, first: {', '.join(one.first)}"
                )
                for one in entries
            ),
            remedies=(Remedy("look first", f"gapless explain {source} {entries[0].day}"),),
        )
        for source, entries in grouped.items()
    ]


def _failures(foresight: Foresight) -> list[Finding]:
    return [
        Finding(
            code="check_failed",
            severity=Severity.ERROR,
            table=table,
            message=f"The sources of {table} cannot be measured: {error}",
            remedies=(Remedy("see what it reads", f"gapless plan {table} --because"),),
        )
        for table, error in foresight.failures.items()
    ]


def partial_sources(plan: Plan, foreseen: Foreseen, standings: Standings) -> list[Finding]:
    """Report every source that holds rows for a date, but too few to be used."""
    grouped: dict[tuple[str, str, bool], list[tuple[date, ChoiceMade, int]]] = {}
    for (table, day), made in sorted(foreseen.items()):
        for choice in made:
            to_come = any(plan.computes(source.source, day) for source in choice.sources)
            for place, source in _passed_over(choice):
                if source.unfit is None and not plan.computes(source.source, day):
                    slot = (table, source.source, choice.place is not None or to_come)
                    grouped.setdefault(slot, []).append((day, choice, place))
    return [_partial_source(slot, entries, standings) for slot, entries in sorted(grouped.items())]


def _cleaning(standings: Standings, source: str, days: Sequence[date]) -> Remedy:
    """Say how to be rid of stale rows: by their retention, or by hand where they still live."""
    pipeline = standings.picture.pipeline
    retention = pipeline.retentions.get(source)
    command = retention.clean_command(days, standings.picture.today) if retention else ""
    script = clean_script(source, pipeline.partition, days)
    return Remedy("clean the stale rows, keeping a copy", command or script)


def _partial_source(
    slot: tuple[str, str, bool],
    entries: Sequence[tuple[date, ChoiceMade, int]],
    standings: Standings,
) -> Finding:
    table, source, has_other = slot
    facts = []
    for day, choice, place in entries:
        found = choice.sources[place]
        text = f"{found.usable} of {found.expected} expected keys ({percent(found.ratio)})"
        if found.rows != found.usable:
            text += f", {found.rows} rows in all"
        if choice.chosen is not None:
            other = choice.sources[choice.place or 0]
            text += (
                f"; {choice.chosen.split('.')[-1]} covers {other.usable} of {other.expected} "
                "and will be used"
            )
        facts.append(DatedFact(day, text, found.ratio))
    days = [day for day, _, _ in entries]
    consequence = "No other source is sufficient, so nothing can be computed"
    if has_other:
        chosen = all(choice.chosen is not None for _, choice, _ in entries)
        consequence = "The complete source is chosen instead"
        if not chosen:
            consequence = "This run computes another first, and may choose that"
    backfill = backfill_dates(table, days)
    clean = _cleaning(standings, source, days)
    alternative = (
        Remedy("let the source choice handle it", backfill)
        if has_other
        else Remedy("publish on your word, as waived", f'{backfill} --force --reason "…"')
    )
    return Finding(
        code="source_partial",
        severity=Severity.WARNING if has_other else Severity.ERROR,
        table=table,
        message=f"{source} holds rows, but too few. {consequence}.",
        facts=tuple(facts),
        remedies=(clean, alternative),
    )
