"""What the doctor found: parts of the installation, and guards with their trials."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gapless.findings import DatedFact
from gapless.partitions import Path


class Status(enum.StrEnum):
    """How one part of the installation is."""

    OK = "ok"
    WARNING = "warning"
    """It works; somebody should know."""
    UNKNOWN = "unknown"
    """It could not be examined."""
    FAIL = "fail"


@dataclass(frozen=True)
class PartHealth:
    """How one part of the installation is, and what to do about it."""

    name: str
    status: Status
    text: str
    remedy: str = ""


class Ability(enum.StrEnum):
    """Whether a guard refuses what it must refuse."""

    ABLE = "able to fail"
    REPORTS = "only reports"
    """It notices and stops nothing, and a known limitation says why that is right."""
    UNTRIED = "not tried"
    UNABLE = "could not fail"
    """It let a bad copy through."""


_WORST_LAST = tuple(Ability)


def worst(abilities: Iterable[Ability]) -> Ability:
    """Return the most serious one; of nothing, that nothing was tried."""
    return max(abilities, key=_WORST_LAST.index, default=Ability.UNTRIED)


class Kind(enum.StrEnum):
    """What a guard is."""

    GATE = "gate"
    """A threshold or built-in rule of a gate."""
    RULE = "rule"
    CHECK = "check"
    CROSS_CHECK = "cross-check"
    CHOICE = "source choice"
    STATEMENT = "statement"
    SOURCE = "source"
    """What is asked of every source: that there are rows."""


@dataclass(frozen=True)
class Trial:
    """One bad copy that was fed to one guard."""

    copy: str
    """How it was spoiled."""
    wanted: str
    """What should have become of it."""
    ability: Ability
    let_through: tuple[DatedFact, ...] = ()
    """Dates on which something else became of it, and what."""
    reason: str = ""
    """Why it could not be tried, or why that it only reports is right."""


@dataclass(frozen=True)
class GuardTried:
    """One guard with everything it was fed."""

    guard: str
    kind: Kind
    trials: tuple[Trial, ...]

    @property
    def ability(self) -> Ability:
        """The worst of its trials."""
        return worst(trial.ability for trial in self.trials)


@dataclass(frozen=True)
class TableTried:
    """The guards of one table, on one path."""

    table: str
    path: Path | None
    """None for a source."""
    days: tuple[date, ...] = ()
    """Partitions that were copied, oldest first."""
    basis: str = ""
    """Where the copied rows come from: `published`, `computed aside` or `loaded`."""
    guards: tuple[GuardTried, ...] = ()
    reason: str = ""
    """Why nothing was tried."""
    note: str = ""
    """What else somebody should know."""

    @property
    def ability(self) -> Ability:
        """The worst of its guards; where none is declared, none can let anything through."""
        if not self.guards and not self.reason:
            return Ability.ABLE
        return worst(guard.ability for guard in self.guards)

    def count(self, ability: Ability) -> int:
        """Count the guards of one ability."""
        return sum(guard.ability is ability for guard in self.guards)


@dataclass(frozen=True)
class DoctorReport:
    """Everything the doctor found."""

    parts: tuple[PartHealth, ...]
    tables: tuple[TableTried, ...] = ()
    untried: str = ""
    """Why no guard could be tried at all."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def ability(self) -> Ability:
        """The worst of all guards; a path is excused where the other one was tried."""
        return worst(found.ability for found in self.tables if not self.excused(found))

    def excused(self, found: TableTried) -> bool:
        """Tell whether nothing was tried of a path while the same gate was tried on the other."""
        return (
            found.path is not None
            and not found.guards
            and any(other.table == found.table and other.guards for other in self.tables)
        )

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: a guard could not fail or a part fails; 4: not all could be tried."""
        statuses = {part.status for part in self.parts}
        if Status.FAIL in statuses or self.ability is Ability.UNABLE:
            return 1
        return 4 if Status.UNKNOWN in statuses or self.ability is Ability.UNTRIED else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "seconds": round(self.seconds, 3),
            "installation": [
                {
                    "part": part.name,
                    "status": part.status.value,
                    "text": part.text,
                    "remedy": part.remedy,
                }
                for part in self.parts
            ],
            "ability": self.ability.value,
            "reason": self.untried,
            "tables": [_table_data(found) for found in self.tables],
        }


def _table_data(found: TableTried) -> dict[str, Any]:
    return {
        "table": found.table,
        "path": found.path.value if found.path is not None else None,
        "ability": found.ability.value,
        "dates": [day.isoformat() for day in found.days],
        "rows": found.basis,
        "reason": found.reason,
        "note": found.note,
        "guards": [_guard_data(guard) for guard in found.guards],
    }


def _guard_data(guard: GuardTried) -> dict[str, Any]:
    return {
        "guard": guard.guard,
        "kind": guard.kind.value,
        "ability": guard.ability.value,
        "trials": [
            {
                "bad_copy": trial.copy,
                "expected": trial.wanted,
                "ability": trial.ability.value,
                "let_through": [
                    {"date": fact.date.isoformat(), "found": fact.text}
                    for fact in trial.let_through
                ],
                "reason": trial.reason,
            }
            for trial in guard.trials
        ],
    }
