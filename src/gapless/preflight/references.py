"""References before a run: is what says who is expected complete, up to the trusted roots?"""

from __future__ import annotations

from datetime import date

from gapless.declare.expected import KeysOf
from gapless.declare.tables import Derived
from gapless.findings import DatedFact, Finding, Severity
from gapless.partitions import path_of
from gapless.plan.build import Action, Plan, Step
from gapless.plan.standings import Standings
from gapless.plan.states import Standing
from gapless.preflight.remedies import complete_it
from gapless.wording import plural

Roots = dict[tuple[str, date], list[Step]]
"""Partition of a reference → the steps whose expected keys cannot be known because of it."""

EMPTY, INCOMPLETE = "reference_empty", "reference_incomplete"


def reference_roots(plan: Plan, standings: Standings) -> Roots:
    """Follow the references of every blocked step to the first that is not complete itself.

    One that only waits for another input of its own is not to blame: that input is reported.
    """
    roots: Roots = {}
    for step in plan.all_steps:
        if step.action is not Action.BLOCK or step.due_at is not None:
            continue
        root = _root(standings, plan, step.table, step.partition)
        if root is not None:
            roots.setdefault((root.table, root.partition), []).append(step)
    return roots


def _root(standings: Standings, plan: Plan, name: str, day: date) -> Standing | None:
    picture = standings.picture
    table, facts = picture.pipeline.tables[name], picture.calendar.dates.get(day)
    if not isinstance(table, Derived) or facts is None:
        return None
    expected = table.expected_on(path_of(day, picture.today))
    for read in expected.reads() if expected is not None else ():
        first = standings.first_unsettled(read, facts)
        if first is None or plan.computes(read.table.name, first):
            continue
        found = standings.of(read.table.name, first)
        if found.not_yet:
            continue
        return _root(standings, plan, found.table, first) if found.cause is not None else found
    return None


def reference_findings(plan: Plan, standings: Standings, roots: Roots) -> list[Finding]:
    """Report references that say nothing of a date on which something is scheduled."""
    grouped: dict[tuple[str, str], list[tuple[date, str, list[Step]]]] = {}
    for (table, day), steps in sorted(roots.items()):
        standing = standings.of(table, day)
        code = INCOMPLETE if standing.rows else EMPTY
        text = f"{standing.state}: {standing.reason}; blocks {plural(len(steps), 'partition')}"
        grouped.setdefault((code, table), []).append((day, text, steps))
    for step, table in _without_keys(plan, standings):
        text = f"no rows, although {_scheduled(standings, step.partition)}; computing it is in vain"
        grouped.setdefault((EMPTY, table), []).append((step.partition, text, [step]))
    return [_finding(plan, standings, slot, entries) for slot, entries in grouped.items()]


def _without_keys(plan: Plan, standings: Standings) -> list[tuple[Step, str]]:
    """Find steps whose reference is done and yet holds no key, so that nothing can be measured."""
    picture = standings.picture
    found = []
    for step in plan.all_steps:
        if step.action is not Action.COMPUTE or step.partition not in picture.calendar.dates:
            continue
        expected = picture.pipeline.derived_table(step.table).expected_on(step.path)
        if not isinstance(expected, KeysOf) or plan.computes(
            expected.reference.name, step.partition
        ):
            continue
        contents = picture.contents.get(expected.reference.name)
        settled = standings.of(expected.reference.name, step.partition).settled
        if settled and (contents is None or contents.on(step.partition) is None):
            found.append((step, expected.reference.name))
    return found


def _scheduled(standings: Standings, day: date) -> str:
    calendar = standings.picture.calendar
    return f"{plural(calendar.dates[day].units, calendar.unit)} are scheduled"


def _finding(
    plan: Plan,
    standings: Standings,
    slot: tuple[str, str],
    entries: list[tuple[date, str, list[Step]]],
) -> Finding:
    code, table = slot
    readers = ", ".join(sorted({step.table for _, _, steps in entries for step in steps}))
    holds = "holds no rows" if code == EMPTY else "is not complete itself"
    return Finding(
        code=code,
        severity=Severity.ERROR,
        table=table,
        message=f"{table} says what is expected of {readers}, and {holds}.",
        facts=tuple(DatedFact(day, text) for day, text, _ in entries),
        remedies=(complete_it(plan, standings, table),),
    )
