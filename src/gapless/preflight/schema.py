"""Schemas before a run: do the tables have the columns that are declared, and keep theirs?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from gapless.declare.tables import Derived, Source
from gapless.errors import GaplessError, QueryFailed
from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.partitions import Path
from gapless.plan.build import Action, Plan
from gapless.plan.changes import DEFINITION_CHANGED
from gapless.plan.standings import Standings
from gapless.preflight.remedies import LOAD
from gapless.sql.binding import Bindings, compose
from gapless.warehouse.interface import Warehouse

CODE = "schema_differs"


def schema_findings(warehouse: Warehouse, plan: Plan, standings: Standings) -> list[Finding]:
    """Compare columns with declarations.

    Tables as they should be cost no statement; each other one costs one, whatever the dates.
    """
    found = [*_sources(warehouse, standings)]
    for table in standings.picture.pipeline.derived_tables:
        days = _redefined(plan, table)
        if days and table.name in standings.picture.catalog:
            found += _computed(warehouse, standings, table, days)
    return found


def _sources(warehouse: Warehouse, standings: Standings) -> list[Finding]:
    picture = standings.picture
    findings = []
    for source in picture.pipeline.sources:
        held = picture.catalog.get(source.name)
        if source.name not in picture.needed or held is None or not source.columns:
            continue
        gone = [f"column {name} is missing" for name in source.columns if name not in held]
        other = _other_types(warehouse, source, held)
        if gone or other:
            findings.append(
                Finding(
                    code=CODE,
                    severity=Severity.ERROR if gone else Severity.WARNING,
                    table=source.name,
                    message=f"{source.name} does not have the columns that are declared: "
                    f"{'; '.join([*gone, *other])}.",
                    remedies=(Remedy("load it with what is declared", LOAD.command),),
                )
            )
    return findings


def _other_types(warehouse: Warehouse, source: Source, held: Mapping[str, str]) -> list[str]:
    unlike = {
        name: kind
        for name, kind in source.columns.items()
        if name in held and held[name] != kind.upper()
    }
    if not unlike:
        return []
    try:
        # A type has several names, e.g. TEXT and VARCHAR; the warehouse knows which is which.
        listed = ", ".join(f"typeof(NULL::{kind})" for kind in unlike.values())
        [proper] = warehouse.fetch(f"SELECT {listed}")
    except QueryFailed as error:
        return [f"its declared types cannot be read: {error.what}"]
    return [
        f"{name} is {held[name]}, declared as {declared}"
        for (name, declared), known in zip(unlike.items(), proper, strict=True)
        if held[name] != known
    ]


def _redefined(plan: Plan, table: Derived) -> list[date]:
    return [
        step.partition
        for step in plan.of(table.name, Action.COMPUTE)
        if step.path is Path.HISTORICAL and step.reason.startswith(DEFINITION_CHANGED)
    ]


def _computed(
    warehouse: Warehouse, standings: Standings, table: Derived, days: list[date]
) -> list[Finding]:
    """Ask what a changed statement would yield, and whether that fits what is published."""
    picture = standings.picture
    reads = {read.table.name for read in table.reads_on(Path.HISTORICAL)}
    if table.choices_on(Path.HISTORICAL) or not reads <= picture.catalog.keys():
        # What a choice yields is known once it is made, and what is not there is computed first.
        return []
    scope = picture.scope(days[:1])
    try:
        text = compose(table.statement, table.inputs_on(Path.HISTORICAL), Bindings(scope))
        rows = warehouse.fetch(f"DESCRIBE {text}")
    except GaplessError as error:
        wrong = [f"its statement cannot be evaluated: {error.what}"]
    else:
        yields = {str(row[0]): str(row[1]) for row in rows}
        held = picture.catalog[table.name]
        wrong = [f"column {name} is no longer computed" for name in held if name not in yields]
        wrong += [
            f"{name} is {kind}, and {yields[name]} would be computed"
            for name, kind in held.items()
            if yields.get(name, kind) != kind
        ]
    if not wrong:
        return []
    return [
        Finding(
            code=CODE,
            severity=Severity.ERROR,
            table=table.name,
            message=f"The changed definition of {table.name} does not fit what is published: "
            f"{'; '.join(wrong)}.",
            facts=tuple(DatedFact(day, "would not be published") for day in days),
            remedies=(
                Remedy(
                    "if the change is meant, migrate the table first",
                    f"ALTER TABLE {table.name} …",
                ),
            ),
        )
    ]
