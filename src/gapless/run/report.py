"""The report of a run: what became of every requested partition, with a reason for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gapless.ledger.interface import Attempt, Verdict
from gapless.plan.build import Plan
from gapless.plan.states import NOT_YET, Standing, State

SUCCEEDED = frozenset({Verdict.PUBLISHED, Verdict.WAIVED, Verdict.UNCHANGED})
DONE = "done"
"""Outcome of what was done before."""
GIVEN_UP = "given_up"
"""Outcome of what was not tried again."""


@dataclass(frozen=True)
class Result:
    """What became of one requested partition."""

    table: str
    partition: date
    outcome: str
    """A verdict for what was attempted; `done`, `not_yet`, `given_up`, … for the rest."""
    state: State
    reason: str
    attempt: Attempt | None = None
    done_by: str | None = None
    """The run that published it, where an earlier one did."""

    @property
    def succeeded(self) -> bool:
        """Tell whether nothing remains to be done about it now."""
        if self.attempt is not None:
            return self.attempt.verdict in SUCCEEDED
        return self.outcome in {DONE, NOT_YET, State.WARM_UP, State.NOTHING_EXPECTED}


@dataclass(frozen=True)
class RunReport:
    """Every requested partition is in here once."""

    run_id: str
    plan: Plan
    results: tuple[Result, ...]
    started_at: datetime
    finished_at: datetime
    seconds: float
    """Wall time, also where the pipeline's clock stands still."""
    statements: int
    """Statements sent to the warehouse by this run."""

    @property
    def exit_code(self) -> int:
        """0: all is done; 4: something is unknown; 1: something failed, was refused or blocked."""
        open_ones = [result for result in self.results if not result.succeeded]
        if not open_ones:
            return 0
        return 4 if any(result.state is State.UNKNOWN for result in open_ones) else 1

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → partitions."""
        return dict(Counter(result.outcome for result in self.results))

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "run_id": self.run_id,
            "exit_code": self.exit_code,
            "seconds": round(self.seconds, 3),
            "statements": self.statements,
            "resumes": self.plan.request.resumes,
            "counts": self.counts,
            "results": [_result_data(result) for result in self.results],
        }


def collect(
    plan: Plan,
    attempts: Sequence[Attempt],
    final: Mapping[tuple[str, date], Standing],
    published_by: Mapping[tuple[str, date], str],
) -> tuple[Result, ...]:
    """Account for every step of a plan: by its attempt, else by the plan's own reason.

    Args:
        plan: What was to be done.
        attempts: What was attempted.
        final: How the partitions stand in the end.
        published_by: The run that published what is published.
    """
    by_partition = {(attempt.table, attempt.partition): attempt for attempt in attempts}
    results = []
    for step in plan.all_steps:
        slot = (step.table, step.partition)
        attempt, standing = by_partition.get(slot), final.get(slot)
        state = standing.state if standing else step.state
        given_up = plan.request.given_up.get(slot)
        done_by = None
        if attempt is not None:
            outcome, reason = attempt.verdict.value, attempt.reason
        elif given_up is not None and not (standing is not None and standing.settled):
            outcome, reason = GIVEN_UP, given_up.reason
        else:
            settled = standing is not None and state is State.COMPLETE
            reason = standing.reason if standing is not None and settled else step.reason
            # Inputs may have come out as they were, so that nothing had to be computed after all.
            outcome = DONE if state in (State.COMPLETE, State.WAIVED) else state.value
            if standing is not None and standing.not_yet:
                outcome = NOT_YET
            done_by = published_by.get(slot) if outcome == DONE else None
        results.append(Result(step.table, step.partition, outcome, state, reason, attempt, done_by))
    return tuple(results)


def _result_data(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "table": result.table,
        "date": result.partition.isoformat(),
        "outcome": result.outcome,
        "state": result.state.value,
        "reason": result.reason,
    }
    if result.done_by is not None:
        data["done_by"] = result.done_by
    attempt = result.attempt
    if attempt is not None:
        data |= {
            "path": attempt.path,
            "expected": attempt.expected,
            "present": attempt.present,
            "missing": attempt.missing,
            "unexpected": attempt.unexpected,
            "duplicates": attempt.duplicates,
            "rows": attempt.rows,
            "coverage": attempt.coverage,
            "version": attempt.version,
            "evidence": dict(attempt.evidence),
        }
    return data
