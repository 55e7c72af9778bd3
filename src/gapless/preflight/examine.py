"""Examining a plan: every check of preflight, in one list of findings, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.ledger.interface import Lease, Ledger
from gapless.ledger.liveness import is_dead
from gapless.plan.build import Action, Plan, Step
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.preflight.references import Roots, reference_findings, reference_roots
from gapless.preflight.remedies import complete_it, same_backfill
from gapless.preflight.schema import schema_findings
from gapless.preflight.sources import Foreseen, foresee_choices, source_findings
from gapless.preflight.waivers import waiver_findings
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Below this a run is not started: a full disk in the middle helps nobody."""


@dataclass(frozen=True)
class Preflight:
    """What preflight found and foresees."""

    plan: Plan
    findings: tuple[Finding, ...]
    foreseen: Foreseen

    @property
    def refused(self) -> bool:
        """Tell whether nothing should be started."""
        return any(finding.severity is Severity.REFUSE for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0: nothing stands in the way; 1: some partitions are blocked; 3: refused; 4: unknown."""
        if self.refused:
            return 3
        if any(finding.code == "outside_calendar" for finding in self.findings):
            return 4
        errors = any(finding.severity is Severity.ERROR for finding in self.findings)
        return 1 if errors else 0


def examine(
    warehouse: Warehouse, ledger: Ledger | None, plan: Plan, standings: Standings, now: datetime
) -> Preflight:
    """Look at everything a plan depends on; reads only."""
    foresight = foresee_choices(warehouse, plan, standings)
    roots = reference_roots(plan, standings)
    findings = [
        *_outside_calendar(plan),
        *reference_findings(plan, standings, roots),
        *_blocked(plan, standings, roots),
        *_not_closed(plan, standings),
        *schema_findings(warehouse, plan, standings),
        *source_findings(plan, foresight, standings),
        *_doubtful_rows(plan, standings),
        *waiver_findings(standings),
        *_known_facts(standings),
        *_held_leases(ledger.leases() if ledger is not None else [], plan, now),
        *_space(warehouse.free_bytes()),
    ]
    order = list(Severity)
    findings.sort(key=lambda finding: order.index(finding.severity))
    return Preflight(plan, tuple(findings), foresight.choices)


def _outside_calendar(plan: Plan) -> list[Finding]:
    outside = {step.partition: step.reason for step in plan.steps if step.action is Action.UNKNOWN}
    if not outside:
        return []
    facts = tuple(DatedFact(day, reason) for day, reason in sorted(outside.items()))
    return [
        Finding(
            code="outside_calendar",
            severity=Severity.ERROR,
            table="calendar",
            message="Nothing can be said about these dates: neither that something is expected "
            "nor that nothing is.",
            facts=facts,
            remedies=(Remedy("load the schedule that covers them", "gapless load --data DIR"),),
        )
    ]


def _blocked(plan: Plan, standings: Standings, roots: Roots) -> list[Finding]:
    """One finding for each input that stands in the way, with what it blocks."""
    by_table: dict[str, dict[date, list[Step]]] = {}
    for step in plan.all_steps:
        stopped = step.action is Action.BLOCK and step.due_at is None
        if stopped and step.cause is not None and step.cause not in roots:
            table, day = step.cause
            by_table.setdefault(table, {}).setdefault(day, []).append(step)
    findings = []
    for table, entries in sorted(by_table.items()):
        blocked = {step.table for steps in entries.values() for step in steps}
        findings.append(
            Finding(
                code="input_incomplete",
                severity=Severity.ERROR,
                table=table,
                message=f"{table} is not complete, and {', '.join(sorted(blocked))} cannot be "
                "computed from it.",
                facts=_stopping(standings, table, entries, "blocks"),
                remedies=(complete_it(plan, standings, table),),
            )
        )
    return findings


def _not_closed(plan: Plan, standings: Standings) -> list[Finding]:
    """One finding for each source that is still being filled, with what waits for it.

    An error only for who asked for these very dates.
    """
    by_table: dict[str, dict[date, list[Step]]] = {}
    for step in plan.all_steps:
        if step.due_at is not None and step.cause is not None:
            table, day = step.cause
            by_table.setdefault(table, {}).setdefault(day, []).append(step)
    return [
        Finding(
            code="not_closed",
            severity=Severity.ERROR if plan.request.dates_named else Severity.INFO,
            table=table,
            message=f"Rows may still come into {table}; what needs them is not yet due.",
            facts=_stopping(standings, table, entries, "holds up"),
            remedies=(Remedy("run it again after that", same_backfill(plan)),),
        )
        for table, entries in sorted(by_table.items())
    ]


def _stopping(
    standings: Standings, table: str, entries: Mapping[date, Sequence[Step]], verb: str
) -> tuple[DatedFact, ...]:
    found = {day: standings.of(table, day) for day in sorted(entries)}
    return tuple(
        DatedFact(
            day,
            f"{standing.shown.replace('_', ' ')}: {standing.reason}; "
            f"{verb} {plural(len(entries[day]), 'partition')}",
        )
        for day, standing in found.items()
    )


def _doubtful_rows(plan: Plan, standings: Standings) -> list[Finding]:
    """Rows that were changed behind a publication, or that none accounts for."""
    found: dict[str, list[DatedFact]] = {}
    for step in plan.all_steps:
        if step.action in (Action.LEAVE, Action.EMPTY):
            continue
        standing = standings.of(step.table, step.partition)
        behind = "behind publication" in standing.reason or "accounts for" in standing.reason
        if standing.state in (State.PARTIAL, State.STALE) and behind:
            found.setdefault(step.table, []).append(DatedFact(step.partition, standing.reason))
    return [
        Finding(
            code="rows_unaccounted",
            severity=Severity.WARNING,
            table=table,
            message=f"{table} holds rows that were not published by Gapless; "
            "they are replaced by this run.",
            facts=tuple(facts),
            remedies=(Remedy("look first", f"gapless explain {table} {facts[0].date}"),),
        )
        for table, facts in found.items()
    ]


def _known_facts(standings: Standings) -> list[Finding]:
    findings = []
    for source in standings.picture.pipeline.sources:
        facts = tuple(
            DatedFact(day, standing.reason)
            for day, standing in sorted(standings.by_table.get(source.name, {}).items())
            if standing.state is State.COMPLETE and standing.reason.startswith("known fact")
        )
        if facts:
            findings.append(
                Finding(
                    code="known_fact",
                    severity=Severity.INFO,
                    table=source.name,
                    message=f"{source.name} has holes that stop nothing; "
                    "values that need them are NULL.",
                    facts=facts,
                )
            )
    return findings


def _held_leases(leases: Sequence[Lease], plan: Plan, now: datetime) -> list[Finding]:
    wanted = {
        (step.table, step.partition)
        for step in plan.all_steps
        if step.action in (Action.COMPUTE, Action.RECHECK)
    }
    held = [
        lease
        for lease in leases
        if (lease.table, lease.partition) in wanted
        and lease.expires_at > now
        and not is_dead(lease.holder)
    ]
    if not held:
        return []
    holder = held[0].holder
    facts = tuple(DatedFact(lease.partition, f"{lease.table}") for lease in held)
    return [
        Finding(
            code="lease_held",
            severity=Severity.WARNING,
            table=held[0].table,
            message=f"Another run holds the lease on {len(held)} of these partitions: "
            f"{holder.run_id} of {holder.actor}, process {holder.pid} on {holder.host}.",
            facts=facts,
            remedies=(Remedy("wait for it; its leases lapse by themselves", "gapless status"),),
        )
    ]


def _space(free: int | None) -> list[Finding]:
    if free is None or free >= LEAST_FREE_BYTES:
        return []
    return [
        Finding(
            code="disk_full",
            severity=Severity.REFUSE,
            table="warehouse",
            message=f"Only {free // 1024**2} MiB of disk are left for the warehouse; "
            f"at least {LEAST_FREE_BYTES // 1024**2} MiB are asked for. Nothing was started.",
        )
    ]
