"""Findings: facts about tables, references and surroundings, never exceptions."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Any


class Severity(enum.StrEnum):
    """How much a finding matters."""

    REFUSE = "refuse"
    """The run would be pointless or dangerous; nothing is started."""
    ERROR = "error"
    """The partitions it names cannot be completed."""
    WARNING = "warning"
    """They can, but somebody should know."""
    INFO = "info"
    """A known fact with consequences."""


@dataclass(frozen=True)
class Remedy:
    """One way to deal with a finding."""

    what: str
    command: str
    """What to type, or SQL to run; empty when nothing needs to be done."""


@dataclass(frozen=True)
class DatedFact:
    """What was found on one date."""

    date: date
    text: str
    ratio: float | None = None


@dataclass(frozen=True)
class Finding:
    """One thing preflight found, on one or many dates."""

    code: str
    severity: Severity
    table: str
    message: str
    facts: tuple[DatedFact, ...] = ()
    """By date, oldest first."""
    remedies: tuple[Remedy, ...] = field(default=())

    @property
    def dates(self) -> list[date]:
        """The dates it concerns, oldest first."""
        return [fact.date for fact in self.facts]

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints and the ledger keeps."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "table": self.table,
            "message": self.message,
            "dates": [
                {"date": fact.date.isoformat(), "text": fact.text, "ratio": fact.ratio}
                for fact in self.facts
            ],
            "remedies": [{"what": r.what, "command": r.command} for r in self.remedies],
        }
