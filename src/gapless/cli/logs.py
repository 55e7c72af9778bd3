"""Logs on stderr: one line for each partition; readable on a terminal, JSON otherwise."""

from __future__ import annotations

import json
import sys
from typing import Any

import structlog

from gapless.errors import UsageError, nearest
from gapless.events import AttemptFinished, Event, RunFinished, RunStarted
from gapless.ledger.interface import Attempt, Verdict
from gapless.plan.build import Action

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(level: str | None) -> None:
    """Set logs up for this process.

    Args:
        level: One of `LEVELS`; None: warning on a terminal, info otherwise.

    Raises:
        UsageError: there is no such level.
    """
    if level is not None and level not in LEVELS:
        raise UsageError(f"--log-level {level!r} is unknown. {nearest(level, LEVELS)}")
    terminal = sys.stderr.isatty()
    number = LEVELS[level] if level else (LEVELS["warning"] if terminal else LEVELS["info"])
    renderer: Any
    if terminal:
        renderer = structlog.dev.ConsoleRenderer(pad_event_to=0)
    else:
        renderer = structlog.processors.JSONRenderer(serializer=_dumps)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


class LogListener:
    """Writes what happens to each partition."""

    def __init__(self) -> None:
        # Bound now: the proxy that `get_logger` returns would bind again for every line.
        self._log = structlog.get_logger().bind()

    def __call__(self, event: Event) -> None:
        """Take one event; called from worker threads too."""
        match event:
            case RunStarted(run_id, plan):
                self._log.info(
                    "run started",
                    run=run_id,
                    tables=[table.name for table in plan.request.tables],
                    first=str(plan.request.span.first),
                    last=str(plan.request.span.last),
                    to_compute=plan.count(Action.COMPUTE, Action.RECHECK),
                )
            case AttemptFinished(attempt):
                self._attempt(attempt)
            case RunFinished(run_id, exit_code):
                self._log.info("run finished", run=run_id, exit_code=exit_code)

    def _attempt(self, attempt: Attempt) -> None:
        level = LEVELS["info"]
        if attempt.verdict in (Verdict.REFUSED, Verdict.FAILED, Verdict.BLOCKED):
            level = LEVELS["error"]
        elif attempt.verdict is Verdict.WAIVED or attempt.missing:
            level = LEVELS["warning"]
        if self._log.is_enabled_for(level):
            self._log.log(level, attempt.verdict.value, **attempt_facts(attempt))


def attempt_facts(attempt: Attempt) -> dict[str, Any]:
    """Return what a log line says of one attempt; nothing that is empty."""
    evidence = attempt.evidence
    facts: dict[str, Any] = {
        "table": attempt.table,
        "date": attempt.partition.isoformat(),
        "path": attempt.path,
        "expected": attempt.expected,
        "present": attempt.present,
        "coverage": None if attempt.coverage is None else round(attempt.coverage, 4),
        "rows": attempt.rows,
        "version": attempt.version,
    }
    for name, made in evidence.get("choices", {}).items():
        facts[f"{name}_source"] = made["chosen"]
        facts[f"{name}_rows"] = {s["source"]: s["rows"] for s in made["sources"]}
        facts[f"{name}_reason"] = made["reason"]
    if attempt.missing:
        facts["missing"] = attempt.missing
        facts["first_missing"] = evidence.get("named", {}).get("missing", [])[:3]
    if attempt.verdict is not Verdict.PUBLISHED:
        facts["reason"] = attempt.reason
    return {name: value for name, value in facts.items() if value is not None}


def _dumps(value: object, **_: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
