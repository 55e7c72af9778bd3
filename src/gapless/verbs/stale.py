"""What a cleaning looks at: the dates that outlived their retention, and why some are kept."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from gapless.declare.pipeline import Pipeline
from gapless.declare.retention import MOST_DAYS, Retention
from gapless.errors import UsageError
from gapless.ledger.interface import Holder
from gapless.ledger.liveness import host_name
from gapless.retention.rules import StaleDate, leased, only_copies, planned, stale_dates
from gapless.verbs.selection import Selection, look_at
from gapless.verbs.workspace import Workspace

RUNS_LOOKED_AT = 200


def chosen_retentions(
    pipeline: Pipeline, tables: Sequence[str], days: int | None
) -> list[Retention]:
    """Return the retentions that are meant, in dependency order.

    Args:
        pipeline: The declarations.
        tables: Names of tables that declare one; all when none is named.
        days: How many days rows live instead of what is declared.

    Raises:
        UsageError: a table is unknown or declares no retention, or the number makes no sense.
    """
    if days is not None and days < 1:
        raise UsageError(f"--days {days} makes no sense; give at least 1.")
    if days is not None and days > MOST_DAYS:
        raise UsageError(f"--days {days} makes no sense; give at most {MOST_DAYS:,}.")
    wanted = {pipeline.table(name).name for name in tables} or set(pipeline.retentions)
    for name in sorted(wanted - pipeline.retentions.keys()):
        having = ", ".join(pipeline.retentions) or "none"
        raise UsageError(
            f"{name} declares no retention, so nothing of it is ever removed. Tables that do: "
            f"{having}."
        )
    listed = [pipeline.retentions[name] for name in pipeline.tables if name in wanted]
    return listed if days is None else [replace(one, days=days) for one in listed]


def find_stale(workspace: Workspace, retentions: Iterable[Retention]) -> list[StaleDate]:
    """Return every date that outlived its retention, and why it is kept if it is; reads only."""
    catalog = workspace.warehouse.catalog()
    found: list[StaleDate] = []
    for retention in retentions:
        if retention.table.name not in catalog:
            continue
        dates = stale_dates(workspace.warehouse, workspace.pipeline, retention, workspace.today)
        if dates:
            reasons = _reasons_to_keep(workspace, retention, [one.partition for one in dates])
            found += [replace(one, keep=reasons.get(one.partition, "")) for one in dates]
    return found


def _reasons_to_keep(
    workspace: Workspace, retention: Retention, days: list[date]
) -> dict[date, str]:
    pipeline, ledger, now = workspace.pipeline, workspace.ledger, workspace.clock.now()
    reasons: dict[date, str] = {}
    if retention.replaced_by:
        span = Selection(start_date=days[0], end_date=days[-1])
        standings, _ = look_at(workspace, retention.replaced_by, span)
        reasons |= only_copies(retention, days, standings.of)
    if ledger is not None:
        reasons |= planned(pipeline, retention, ledger.runs(limit=RUNS_LOOKED_AT), now)
        reasons |= leased(pipeline, retention, ledger.leases(), now)
    return reasons


def new_cleaning_id(workspace: Workspace) -> str:
    """Name a cleaning, sortable by start."""
    return f"{workspace.clock.now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def holder_of(cleaning_id: str, actor: str) -> Holder:
    """Return who holds the leases of a cleaning: this process."""
    return Holder(cleaning_id, host_name(), os.getpid(), actor)
