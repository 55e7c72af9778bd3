"""Runs: what was started when, by whom, and how it ended, as the ledger has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gapless.errors import UsageError
from gapless.ledger.interface import Ledger, Run
from gapless.verbs.resume import is_at_work, newest_unfinished

LIMIT = 20


@dataclass(frozen=True)
class RunLine:
    """One run with what it came to."""

    run: Run
    at_work: bool
    """Whether its process is still there."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """Verdict → partitions."""

    @property
    def ended(self) -> str:
        """Say how it ended."""
        if self.run.exit_code is not None:
            return f"exit {self.run.exit_code}"
        return "at work" if self.at_work else "died"

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        run = self.run
        return {
            "run_id": run.run_id,
            "pipeline": run.pipeline,
            "command": run.command,
            "actor": run.actor,
            "code_version": run.code_version,
            "started_at": run.started_at.isoformat(),
            "finished_at": run.finished_at.isoformat() if run.finished_at else None,
            "exit_code": run.exit_code,
            "ended": self.ended,
            "resumes": run.plan.get("resumes"),
            "verdicts": dict(self.verdicts),
        }


@dataclass(frozen=True)
class RunsReport:
    """The newest runs, newest first."""

    runs: tuple[RunLine, ...]
    unfinished: str | None = None
    """The newest of them that left something to do, of the pipeline that ran last."""

    @property
    def exit_code(self) -> int:
        """0: a list is a list, however the runs in it ended."""
        return 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "unfinished": self.unfinished,
            "runs": [line.as_data() for line in self.runs],
        }


def runs(ledger: Ledger | None, now: datetime, *, limit: int = LIMIT) -> RunsReport:
    """List the newest runs; three queries whatever their number.

    Args:
        ledger: Where runs are recorded; None when nothing has been run yet.
        now: The moment leases are judged at.
        limit: How many.

    Raises:
        UsageError: a limit below 1.
    """
    if limit < 1:
        raise UsageError(f"--limit {limit} would list nothing; give at least 1.")
    found = ledger.runs(limit=limit) if ledger is not None else []
    if ledger is None or not found:
        return RunsReport(())
    verdicts: dict[str, Counter[str]] = {}
    for attempt in ledger.attempts(since=found[-1].started_at, evidence=False):
        verdicts.setdefault(attempt.run_id, Counter())[attempt.verdict.value] += 1
    leases = ledger.leases()
    lines = tuple(
        RunLine(run, is_at_work(run, leases, now), verdicts.get(run.run_id, {})) for run in found
    )
    ended = [line.run for line in lines if not line.at_work]
    left = newest_unfinished(ended, found[0].pipeline)
    return RunsReport(lines, left.run_id if left is not None else None)
