"""Resuming: the rest of what an earlier run had planned, from the plan that it stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gapless.errors import UsageError
from gapless.events import Listener, ignore
from gapless.ledger.interface import Lease, Ledger, Run
from gapless.ledger.liveness import is_dead
from gapless.plan.build import Plan, Request, build_plan
from gapless.plan.standings import Standings
from gapless.plan.stored import StoredPlan
from gapless.verbs.backfill import (
    BackfillOptions,
    BackfillOutcome,
    Meter,
    check_force_reason,
    execute,
)
from gapless.verbs.selection import Selection, look_at
from gapless.verbs.workspace import Workspace

RUNS_AT_MOST = 500
"""How far back an unfinished run is looked for."""


@dataclass(frozen=True)
class Resumed:
    """A stored plan, and what is left of it now."""

    run: Run
    stored: StoredPlan
    standings: Standings
    request: Request

    @property
    def plan(self) -> Plan:
        """What is left to do."""
        return build_plan(self.standings, self.request)


def resume(
    workspace: Workspace,
    run_id: str | None = None,
    options: BackfillOptions | None = None,
    listener: Listener = ignore,
) -> BackfillOutcome:
    """Do what is left of an earlier run: exactly its partitions, with its "today".

    What succeeded meanwhile is left alone, what was refused is gated again, and every partition
    of the plan is in the report. A force is not inherited.

    Args:
        workspace: Where to work.
        run_id: The run; the newest that is not finished when None.
        options: How to do it.
        listener: Told about every event.

    Raises:
        UsageError: no such run, nothing is left of it, it is still at work, or its plan does not
            fit the pipeline any more.
        PreflightRefused: something makes the run pointless or dangerous; nothing was started.
        LedgerUnavailable: the ledger cannot be written; nothing was started.
    """
    options = options or BackfillOptions()
    check_force_reason(options)
    workspace.open_ledger.open()
    meter = Meter(workspace)
    left = what_is_left(workspace, run_id, forced=options.force_reason is not None)
    outcome = execute(workspace, left.standings, left.request, options, listener)
    return replace(outcome, report=meter.read(outcome.report), stored=left.stored)


def what_is_left(
    workspace: Workspace, run_id: str | None = None, *, forced: bool = False
) -> Resumed:
    """Find the plan of an earlier run and look at where it stands now; reads only.

    Raises:
        UsageError: as `resume` does.
    """
    pipeline = workspace.pipeline
    run = find_run(workspace.ledger, pipeline.name, run_id, workspace.clock.now())
    stored = StoredPlan.of(run.run_id, run.plan)
    if forced and not stored.span_named:
        raise UsageError(
            f"--force publishes below the gate for named dates only, and run {run.run_id} was not "
            "given any; name them: gapless backfill --dates … --force --reason …"
        )
    span = stored.span
    standings, _ = look_at(
        workspace,
        stored.tables_in(pipeline),
        Selection(start_date=span.first, end_date=span.last),
        today=stored.today,
    )
    return Resumed(run, stored, standings, stored.request(pipeline, forced=forced))


def find_run(ledger: Ledger | None, pipeline: str, run_id: str | None, now: datetime) -> Run:
    """Find the run whose plan is to be gone on with.

    Raises:
        UsageError: there is none.
    """
    run = ledger.run(run_id) if ledger is not None and run_id is not None else None
    if run_id is not None and run is None:
        raise UsageError(
            f"The ledger knows no run {run_id}. Nothing was started. The runs there are: "
            "gapless runs"
        )
    if run is None:
        known = ledger.runs(limit=RUNS_AT_MOST) if ledger is not None else []
        run = newest_unfinished(known, pipeline)
        if run is None:
            raise UsageError(
                f"There is nothing to resume: every run of {pipeline} did all it was asked for, or "
                "was gone on with until it had. What is not done: gapless gaps"
            )
    if run.pipeline != pipeline:
        raise UsageError(
            f"Run {run.run_id} belongs to the pipeline {run.pipeline}, not to {pipeline}. "
            "Nothing was started."
        )
    if run.exit_code == 0:
        raise UsageError(
            f"There is nothing to resume: run {run.run_id} did all it was asked for. "
            "What is not done by now: gapless gaps"
        )
    if ledger is not None and is_at_work(run, ledger.leases(), now):
        raise UsageError(
            f"Run {run.run_id} of {run.actor} is still at work. Nothing was started. "
            "Wait for it: gapless runs"
        )
    return run


def newest_unfinished(runs: Iterable[Run], pipeline: str) -> Run | None:
    """Return the newest run of a pipeline that left something to do; None when there is none.

    A run that was gone on with by one that did everything left nothing.

    Args:
        runs: Newest first.
        pipeline: Its name.
    """
    finished: set[str] = set()
    for run in runs:
        if run.pipeline != pipeline:
            continue
        if run.exit_code != 0 and run.run_id not in finished:
            return run
        resumed = run.plan.get("resumes")
        if resumed:
            finished.add(resumed)
    return None


def is_at_work(run: Run, leases: Iterable[Lease], now: datetime) -> bool:
    """Tell whether the process of a run that has not ended is there, as far as leases tell."""
    return run.exit_code is None and any(
        lease.holder.run_id == run.run_id and lease.expires_at > now and not is_dead(lease.holder)
        for lease in leases
    )
