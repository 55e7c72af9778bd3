"""Examinations: what the checks of a source found on a date, and of which rows they said so.

A check is a query over rows. Where none of the rows it reads has changed since, it would find the
same again, so it is not asked again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Examination:
    """The outcomes of all checks of one source on one date."""

    table: str
    partition: date
    fingerprint: str
    """Hash of the checks and of every row they read; the outcomes hold for no other."""
    examined_at: datetime
    """UTC."""
    outcomes: list[list[Any]] = field(default_factory=list)
    """For each check that examined anything: name, blocking, examined, failed, first detail."""


class Examinations(ABC):
    """The part of a ledger that remembers them."""

    @property
    @abstractmethod
    def writable(self) -> bool:
        """Whether anything can be recorded, or the ledger was opened for reading only."""

    @abstractmethod
    def record_examinations(self, examinations: Sequence[Examination]) -> None:
        """Keep the newest examination of each partition; one from before is replaced."""

    @abstractmethod
    def examinations(
        self, *, first: date | None = None, last: date | None = None
    ) -> list[Examination]:
        """Return what is known of the partitions from … to (inclusive), or of all."""
