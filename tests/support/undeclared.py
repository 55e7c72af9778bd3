"""Plain tables in a plain DuckDB file, as somebody else's job would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gapless.undeclared.guess import GuessReport
from gapless.undeclared.model import AuditReport, Condition, Partition
from gapless.undeclared.question import Question
from gapless.verbs.audit import audit
from gapless.wiring import open_tables
from support.past_gapless import attached

TODAY = date(2024, 7, 1)
FIRST = date(2024, 3, 1)
"""A Friday."""


@dataclass(frozen=True)
class PlainFile:
    """A DuckDB file with bookings that are expected, and visits that should match them."""

    file: Path

    def change(self, *statements: str) -> None:
        """Change the file as any program would."""
        with attached(self.file) as connection:
            for statement in statements:
                connection.execute(statement)

    def compared(self, **options: Any) -> AuditReport:
        """Audit `visits` beside `bookings` by guest."""
        given = {"reference": "bookings", "key": ("guest",)} | options
        report = self.asked(**given)
        assert isinstance(report, AuditReport)
        return report

    def guessed(self, **options: Any) -> GuessReport:
        """Audit `visits` alone."""
        report = self.asked(**options)
        assert isinstance(report, GuessReport)
        return report

    def asked(self, **options: Any) -> AuditReport | GuessReport:
        given: dict[str, Any] = {"table": "visits", "partition": "day", "today": TODAY} | options
        with open_tables(str(self.file)) as tables:
            return audit(tables, Question(**given))


def conditions(report: AuditReport) -> dict[date, tuple[Condition, ...]]:
    """Return what is wrong by date; dates with nothing wrong are left out."""
    return {p.day: p.conditions for p in report.partitions if p.conditions}


def partition(report: AuditReport, day: date) -> Partition:
    [found] = [p for p in report.partitions if p.day == day]
    return found


def names(found: Sequence[object]) -> list[str]:
    return [str(name) for name in found]
