"""Events: facts a run tells the outside, which become progress, log lines, reports and alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gapless.choosing import ChoiceMade
from gapless.ledger.interface import Attempt
from gapless.plan.build import Plan


@dataclass(frozen=True)
class RunStarted:
    """The plan is in the ledger; nothing has been written to the warehouse yet."""

    run_id: str
    plan: Plan


@dataclass(frozen=True)
class ChunkStarted:
    """A set of partitions of one table is being computed."""

    table: str
    partitions: int


@dataclass(frozen=True)
class AttemptFinished:
    """One partition was published, refused, blocked or failed; the ledger knows."""

    attempt: Attempt
    choices: tuple[ChoiceMade, ...] = ()


@dataclass(frozen=True)
class RunFinished:
    """Everything asked for was tried."""

    run_id: str
    exit_code: int


@dataclass(frozen=True)
class BatchCleaned:
    """A set of dates of one table was saved and removed, kept, or brought back."""

    table: str
    rows: int
    done: int
    """Dates so far."""
    total: int


Event = RunStarted | ChunkStarted | AttemptFinished | RunFinished | BatchCleaned
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event
