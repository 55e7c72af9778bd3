"""Planning, preflight and backfill: one way in, from a selection to a report."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta

from gapless.errors import PreflightRefused, UsageError
from gapless.events import Listener, ignore
from gapless.findings import Severity
from gapless.ledger.interface import Attempt, FindingRecord, Verdict
from gapless.partitions import Path
from gapless.plan.build import Plan, Request, build_plan
from gapless.plan.standings import Standings
from gapless.plan.states import Standing
from gapless.plan.stored import StoredPlan
from gapless.preflight.examine import Preflight, examine
from gapless.run.records import standing_of
from gapless.run.report import RunReport
from gapless.run.runner import Runner
from gapless.run.settings import (
    DEFAULT_CHUNK,
    DEFAULT_WAIVER_DAYS,
    Force,
    RunSettings,
    default_actor,
    waiver_lifetime,
)
from gapless.run.work import known_state
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace


@dataclass(frozen=True)
class BackfillOptions:
    """How a backfill is done."""

    command: str = "backfill"
    workers: int = 1
    chunk_size: int = DEFAULT_CHUNK
    force_reason: str | None = None
    """Publishes the selected dates below their gates, as waived."""
    waiver_days: int = DEFAULT_WAIVER_DAYS


@dataclass(frozen=True)
class BackfillOutcome:
    """What a backfill did, and what preflight had found."""

    preflight: Preflight
    report: RunReport
    standings: Standings
    """Of everything that was looked at, as it is now."""
    stored: StoredPlan | None = None
    """The plan that was gone on with."""


def plan(workspace: Workspace, selection: Selection) -> tuple[Plan, Standings]:
    """Say what a backfill of the selection would do, and why; reads only."""
    standings, request = look(workspace, selection)
    return build_plan(standings, request), standings


def preflight(workspace: Workspace, selection: Selection) -> Preflight:
    """Say what stands in the way of a backfill of the selection; reads only."""
    made, standings = plan(workspace, selection)
    return examine(workspace.warehouse, workspace.ledger, made, standings, workspace.clock.now())


def backfill(
    workspace: Workspace,
    selection: Selection,
    options: BackfillOptions | None = None,
    listener: Listener = ignore,
) -> BackfillOutcome:
    """Compute, gate and publish every selected partition that is not done.

    Raises:
        UsageError: force without a reason, or without named dates.
        PreflightRefused: something makes the run pointless or dangerous; nothing was started.
        LedgerUnavailable: the ledger cannot be written; nothing was started.
    """
    options = options or BackfillOptions()
    check_force(selection, options)
    workspace.open_ledger.open()
    meter = Meter(workspace)
    selection = replace(selection, forced=options.force_reason is not None)
    standings, request = look(workspace, selection)
    outcome = execute(workspace, standings, request, options, listener)
    return replace(outcome, report=meter.read(outcome.report))


class Meter:
    """Measures what a verb costs, looking and planning included.

    Args:
        workspace: What it works on.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._warehouse = workspace.warehouse
        self._began = time.monotonic()
        self._before = workspace.warehouse.statements

    def read(self, report: RunReport) -> RunReport:
        """Return a report with the cost up to now."""
        return replace(
            report,
            seconds=time.monotonic() - self._began,
            statements=self._warehouse.statements - self._before,
        )


def execute(
    workspace: Workspace,
    standings: Standings,
    request: Request,
    options: BackfillOptions,
    listener: Listener = ignore,
) -> BackfillOutcome:
    """Plan a request, look at what stands in its way, and run it.

    Whoever wants something published ends here: a backfill, one that is resumed, a repair.
    """
    ledger = workspace.open_ledger
    made = build_plan(standings, request)
    reconcile(workspace, standings)
    found = examine(workspace.warehouse, ledger, made, standings, workspace.clock.now())
    for finding in found.findings:
        if finding.severity is Severity.REFUSE:
            raise PreflightRefused(finding.message)
    settings = _settings(workspace, made, options)
    report = Runner(workspace.warehouse, ledger, workspace.clock, settings, listener).run(
        made, standings
    )
    ledger.record_findings(_records(found, report.run_id))
    return BackfillOutcome(found, report, standings)


def check_force(selection: Selection, options: BackfillOptions) -> None:
    """Refuse a force that would leave no trace or reach further than meant.

    Raises:
        UsageError: no reason, or no named dates.
    """
    check_force_reason(options)
    if options.force_reason is not None and not selection.span_named:
        raise UsageError(
            "--force publishes below the gate for named dates only; name them with --dates, "
            "or both --start-date and --end-date."
        )


def check_force_reason(options: BackfillOptions) -> None:
    """Refuse a force without a reason, or one that would last for ever.

    Raises:
        UsageError: the reason is empty, or its waivers would not end in time.
    """
    if options.force_reason is None:
        return
    waiver_lifetime(options.waiver_days, "--waive-days")
    if not options.force_reason.strip():
        raise UsageError(
            '--force needs a reason that others will understand: --force --reason "…". '
            "It is kept with the partition for ever."
        )


def reconcile(workspace: Workspace, standings: Standings) -> list[Attempt]:
    """Write to the ledger what the warehouse knows and the ledger does not; the data wins.

    A process that dies between publishing and writing the ledger leaves such publications.
    """
    recorded = workspace.open_ledger.recorded_versions()
    recovered = [
        Attempt(
            run_id=publication.run_id,
            table=publication.table,
            partition=publication.partition,
            path=publication.evidence.get("path", Path.HISTORICAL),
            verdict=Verdict.RECOVERED,
            started_at=publication.published_at,
            finished_at=publication.published_at,
            expected=publication.expected,
            present=publication.present,
            missing=publication.expected - publication.present,
            rows=publication.rows,
            version=publication.version,
            definition_hash=publication.definition,
            code_version=publication.code_version,
            reason="published; the process ended before the ledger was written",
            evidence=dict(publication.evidence),
        )
        for publication in standings.picture.publications.values()
        if publication.version > recorded.get((publication.table, publication.partition), 0)
    ]
    if recovered:
        now = workspace.clock.now()
        workspace.open_ledger.record_attempts(recovered)
        workspace.open_ledger.record_states(
            [known_state(_recovered_standing(standings, a), now, standings) for a in recovered]
        )
    return recovered


def _recovered_standing(standings: Standings, attempt: Attempt) -> Standing:
    """Return what was looked at now, else what the publication says."""
    looked_at = standings.by_table.get(attempt.table, {}).get(attempt.partition)
    if looked_at is not None:
        return looked_at
    publication = standings.picture.publications[attempt.table, attempt.partition]
    return standing_of(publication, attempt.reason)


def _settings(workspace: Workspace, made: Plan, options: BackfillOptions) -> RunSettings:
    force = None
    if options.force_reason is not None:
        force = Force(
            reason=options.force_reason.strip(),
            tables=frozenset(table.name for table in made.request.tables),
            dates=frozenset(made.request.dates),
            expires_after=timedelta(days=options.waiver_days),
        )
    return RunSettings(
        command=options.command,
        code_version=workspace.code_version,
        actor=default_actor(),
        workers=options.workers,
        chunk_size=options.chunk_size,
        force=force,
    )


def _records(found: Preflight, run_id: str) -> list[FindingRecord]:
    return [
        FindingRecord(
            run_id=run_id,
            code=finding.code,
            severity=finding.severity.value,
            table=finding.table,
            first=finding.dates[0] if finding.dates else None,
            last=finding.dates[-1] if finding.dates else None,
            dates=len(finding.dates),
            message=finding.message,
            evidence=finding.as_data(),
        )
        for finding in found.findings
    ]
