"""Cleanings: what was removed, kept and brought back, as the ledger remembers it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime


class Purpose(enum.StrEnum):
    """What a cleaning was for."""

    CLEAN = "clean"
    """Rows that outlived their retention were removed."""
    RESTORE = "restore"
    """Rows were brought back from a backup."""


class Fate(enum.StrEnum):
    """What became of the rows of one partition, or of a backup of them."""

    DELETED = "deleted"
    """Saved, compared and removed."""
    KEPT = "kept"
    """Left, for the reason given."""
    RESTORED = "restored"
    """Brought back from a backup."""
    FAILED = "failed"
    """It should have been done and was not; the rows are as they were."""
    EXPIRED = "expired"
    """The backup itself was removed, as it outlived its own retention."""


@dataclass(frozen=True)
class Cleaning:
    """One cleaning or restore, from its beginning to its end."""

    cleaning_id: str
    """Sortable by start: UTC timestamp and a random suffix."""
    pipeline: str
    purpose: Purpose
    command: str
    actor: str
    started_at: datetime
    """UTC, timezone-aware."""
    finished_at: datetime | None = None
    exit_code: int | None = None
    """None while it is at work, and for ever when the process died."""
    deleted_rows: int = 0
    kept_rows: int = 0
    restored_rows: int = 0
    bytes: int = 0
    """Size of the backups written."""
    problems: tuple[str, ...] = ()
    """What should have been done and was not."""
    covered: tuple[str, ...] = ()
    """The tables it went through by their declared rule; none where other days were given."""


@dataclass(frozen=True)
class CleanedPartition:
    """What one cleaning did with one partition."""

    cleaning_id: str
    table: str
    partition: date
    fate: Fate
    rows: int
    recorded_at: datetime
    backup_id: str = ""
    reason: str = ""
