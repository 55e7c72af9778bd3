"""Remedies of preflight: the command that deals with a finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.declare.tables import Derived
from gapless.findings import Remedy
from gapless.plan.build import Plan
from gapless.plan.standings import Standings

LISTED_AT_MOST = 8
"""Up to so many dates are named one by one."""
LOAD = Remedy("load what is missing", "gapless load --data DIR")


def complete_it(plan: Plan, standings: Standings, table: str) -> Remedy:
    """Return what completes an input: loading it, or the same backfill with what lies upstream."""
    if not isinstance(standings.picture.pipeline.tables[table], Derived):
        return LOAD
    return Remedy("complete what it depends on first", f"{same_backfill(plan)} --with-upstream")


def same_backfill(plan: Plan) -> str:
    """Return the backfill that a plan stands for, as one would type it."""
    request = plan.request
    names = [derived.name for derived in request.tables] if request.named else []
    span = ["--start-date", str(request.span.first), "--end-date", str(request.span.last)]
    return " ".join(["gapless backfill", *names, *span])


def backfill_dates(table: str, days: Sequence[date]) -> str:
    """Return the backfill of some dates of one table; of many, of the range that holds them."""
    named = f"--dates {','.join(str(day) for day in days)}"
    if len(days) > LISTED_AT_MOST:
        named = f"--start-date {min(days)} --end-date {max(days)}"
    return f"gapless backfill {table} {named}"
