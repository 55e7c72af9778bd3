"""Stored plans: what the ledger keeps of a plan, so that another run can go on with it.

What "today" was, and which partitions are meant, is read from here and not from the clock: a run
that is gone on with a month later does the rest of what was planned, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived
from gapless.errors import UsageError, nearest
from gapless.partitions import DateRange, spans
from gapless.plan.build import Plan, Request
from gapless.wording import plural


def stored_data(plan: Plan) -> dict[str, Any]:
    """Return what the ledger keeps: the open steps with their reasons, and every partition."""
    request = plan.request
    asked: dict[str, set[date]] = {name: set(days) for name, days in request.wanted().items()}
    for step in plan.all_steps:
        asked.setdefault(step.table, set()).add(step.partition)
    return {
        **plan.as_data(only_open=True),
        "named": request.named,
        "dates_named": request.dates_named,
        "span_named": request.span_named,
        "forced": request.forced,
        "resumes": request.resumes,
        "dates": _as_spans(request.dates),
        "partitions": {table: _as_spans(days) for table, days in asked.items()},
    }


@dataclass(frozen=True)
class StoredPlan:
    """A plan as an earlier run stored it before it started."""

    run_id: str
    today: date
    """What the earlier run took for today."""
    tables: tuple[str, ...]
    dates: tuple[date, ...]
    partitions: Mapping[str, tuple[date, ...]]
    """Every partition that was planned, with those of upstream tables."""
    named: bool
    dates_named: bool
    span_named: bool
    forced: bool

    @classmethod
    def of(cls, run_id: str, data: Mapping[str, Any]) -> StoredPlan:
        """Read what `stored_data` wrote.

        Raises:
            UsageError: the run stored no plan that can be gone on with.
        """
        if "partitions" not in data:
            raise UsageError(
                f"Run {run_id} stored no plan that can be gone on with; it was made by an older "
                "Gapless. Nothing was started. Give the same tables and dates again instead."
            )
        return cls(
            run_id=run_id,
            today=date.fromisoformat(data["today"]),
            tables=tuple(data["tables"]),
            dates=tuple(_from_spans(data["dates"])),
            partitions={name: tuple(_from_spans(s)) for name, s in data["partitions"].items()},
            named=data["named"],
            dates_named=data["dates_named"],
            span_named=data["span_named"],
            forced=data["forced"],
        )

    @property
    def span(self) -> DateRange:
        """From the first to the last of its partitions."""
        days = {day for listed in self.partitions.values() for day in listed} | set(self.dates)
        return DateRange(min(days), max(days))

    def tables_in(self, pipeline: Pipeline) -> list[Derived]:
        """Return every table it has partitions of, in dependency order.

        Raises:
            UsageError: the pipeline does not declare one of them any more.
        """
        known = {table.name: table for table in pipeline.derived_tables}
        gone = sorted(self.partitions.keys() - known.keys())
        if gone:
            raise UsageError(
                f"The plan of run {self.run_id} has {plural(len(gone), 'table')} that "
                f"{pipeline.name} does not compute any more: {', '.join(gone)}. "
                f"{nearest(gone[0], known)} Nothing was started. Start anew: gapless backfill"
            )
        return [table for table in pipeline.derived_tables if table.name in self.partitions]

    def request(self, pipeline: Pipeline, *, forced: bool) -> Request:
        """Ask for exactly its partitions."""
        tables = [table for table in self.tables_in(pipeline) if table.name in self.tables]
        return Request(
            tables=tuple(tables),
            dates=self.dates,
            span=self.span,
            named=self.named,
            forced=forced,
            dates_named=self.dates_named,
            span_named=self.span_named,
            partitions=self.partitions,
            resumes=self.run_id,
        )


def _as_spans(days: Iterable[date]) -> list[list[str]]:
    return [[str(span.first), str(span.last)] for span in spans(list(days))]


def _from_spans(stored: Iterable[tuple[str, str]]) -> list[date]:
    return [
        day
        for first, last in stored
        for day in DateRange(date.fromisoformat(first), date.fromisoformat(last))
    ]
