"""Examining a plan: every check of preflight, in one list of findings, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.ledger.interface import Lease, Ledger
from gapless.ledger.liveness import is_dead
from gapless.plan.build import Action, Plan, Step
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.preflight.sources import Foreseen, foresee_choices, partial_sources
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
    foreseen = foresee_choices(warehouse, plan, standings)
    findings = [
        *_outside_calendar(plan),
        *_blocked(plan, standings),
        *partial_sources(foreseen, standings),
        *_doubtful_rows(plan, standings),
        *waiver_findings(standings),
        *_known_facts(standings),
        *_held_leases(ledger.leases() if ledger is not None else [], plan, now),
        *_space(warehouse.free_bytes()),
    ]
    order = list(Severity)
    findings.sort(key=lambda finding: order.index(finding.severity))
    return Preflight(plan, tuple(findings), foreseen)


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


def _blocked(plan: Plan, standings: Standings) -> list[Finding]:
    """One finding for each input partition that stands in the way, with what it blocks."""
    by_cause: dict[tuple[str, date], list[Step]] = {}
    for step in plan.all_steps:
        if step.action is Action.BLOCK and step.cause is not None:
            by_cause.setdefault(step.cause, []).append(step)
    by_table: dict[str, list[tuple[date, list[Step]]]] = {}
    for (table, day), steps in sorted(by_cause.items()):
        by_table.setdefault(table, []).append((day, steps))
    findings = []
    for table, entries in by_table.items():
        facts = tuple(
            DatedFact(
                day,
                f"{standings.of(table, day).state}: {standings.of(table, day).reason}; "
                f"blocks {plural(len(steps), 'partition')}",
            )
            for day, steps in entries
        )
        blocked = {step.table for _, steps in entries for step in steps}
        findings.append(
            Finding(
                code="input_incomplete",
                severity=Severity.ERROR,
                table=table,
                message=f"{table} is not complete, and {', '.join(sorted(blocked))} cannot be "
                "computed from it.",
                facts=facts,
                remedies=(_upstream_remedy(plan, standings, table),),
            )
        )
    return findings


def _upstream_remedy(plan: Plan, standings: Standings, table: str) -> Remedy:
    if table not in {derived.name for derived in standings.picture.pipeline.derived_tables}:
        return Remedy("load what is missing", "gapless load --data DIR")
    request = plan.request
    names = " ".join(derived.name for derived in request.tables) if request.named else ""
    span = f"--start-date {request.span.first} --end-date {request.span.last}"
    return Remedy(
        "complete what it depends on first",
        " ".join(f"gapless backfill {names} {span} --with-upstream".split()),
    )


def _doubtful_rows(plan: Plan, standings: Standings) -> list[Finding]:
    """Rows that were changed behind a publication, or that none accounts for."""
    found: dict[str, list[DatedFact]] = {}
    for step in plan.all_steps:
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
