"""Source choices before a run: which source would feed each date, and which hold too little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from gapless.choosing import ChoiceMade, choose, with_unfit
from gapless.coverage import percent
from gapless.declare.expected import PlainExpected
from gapless.declare.inputs import Choice
from gapless.declare.tables import Derived
from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.measure import measure_choice, stage_expected
from gapless.partitions import Path
from gapless.plan.build import Action, Plan
from gapless.plan.derive import unfit_source
from gapless.plan.standings import Standings
from gapless.sql.cleaning import clean_script
from gapless.warehouse.interface import Warehouse

Foreseen = dict[tuple[str, date], tuple[ChoiceMade, ...]]


def foresee_choices(warehouse: Warehouse, plan: Plan, standings: Standings) -> Foreseen:
    """Measure the source choices of every planned partition whose keys to cover are known by now.

    Two statements for each choice of a table; the run measures again when its turn comes.
    """
    foreseen: Foreseen = {}
    for table in standings.picture.pipeline.derived_tables:
        steps = plan.of(table.name, Action.COMPUTE, Action.RECHECK)
        for path in Path:
            days = [step.partition for step in steps if step.path is path]
            for alias, choice in table.choices_on(path).items():
                keys = choice.keys_to_cover(table.expected_on(path))
                if keys is None:
                    continue
                known = [day for day in days if _is_known(standings, keys, day)]
                if known:
                    measured = _measure(warehouse, standings, table, (alias, choice), keys, known)
                    for slot, made in measured.items():
                        foreseen[slot] = (*foreseen.get(slot, ()), made)
    return foreseen


def _is_known(standings: Standings, keys: PlainExpected, day: date) -> bool:
    if day not in standings.picture.calendar.dates:
        return False
    facts = standings.picture.calendar.dates[day]
    return all(
        read.table.name in standings.picture.catalog
        and standings.first_unsettled(read, facts) is None
        for read in keys.reads()
    )


def _measure(
    warehouse: Warehouse,
    standings: Standings,
    table: Derived,
    given: tuple[str, Choice],
    keys: PlainExpected,
    days: Sequence[date],
) -> dict[tuple[str, date], ChoiceMade]:
    alias, choice = given
    picture = standings.picture
    scope = picture.scope(days)
    name = f"foreseen_{table.schema}__{table.short_name}"
    place = stage_expected(warehouse, table, keys, scope, name)
    try:
        measured = measure_choice(warehouse, choice, scope, table.key, place, picture.catalog)
    finally:
        warehouse.unstage([name])
    unfit = partial(unfit_source, standings)
    return {
        (table.name, day): choose(alias, choice, with_unfit(choice, sources, day, unfit))
        for day, sources in measured.items()
    }


def partial_sources(foreseen: Foreseen, standings: Standings) -> list[Finding]:
    """Report every source that holds rows for a date, but too few to be used."""
    grouped: dict[tuple[str, str, bool], list[tuple[date, ChoiceMade, int]]] = {}
    for (table, day), made in sorted(foreseen.items()):
        for choice in made:
            for place, source in enumerate(choice.sources):
                before = choice.place is None or place < choice.place
                if before and source.rows:
                    slot = (table, source.source, choice.place is not None)
                    grouped.setdefault(slot, []).append((day, choice, place))
    return [_partial_source(slot, entries, standings) for slot, entries in sorted(grouped.items())]


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
    listed = ",".join(str(day) for day in days)
    consequence = (
        "The complete source is chosen instead"
        if has_other
        else "No other source is sufficient, so nothing can be computed"
    )
    backfill = f"gapless backfill {table} --dates {listed}"
    clean = Remedy(
        "clean the stale rows, keeping a copy",
        clean_script(source, standings.picture.pipeline.partition, days),
    )
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
