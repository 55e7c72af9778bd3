"""The notebook of a validation: what was noticed of each partition, grouped into findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gapless.findings import DatedFact, Severity

Slot = tuple[Severity, str, str]
"""Severity, code and table of one finding."""


@dataclass
class Notebook:
    """Facts by finding, and codes by partition."""

    facts: dict[Slot, list[DatedFact]] = field(default_factory=dict)
    _codes: dict[tuple[str, date, Severity], list[str]] = field(default_factory=dict)

    def note(
        self,
        severity: Severity,
        code: str,
        table: str,
        day: date,
        text: str,
        ratio: float | None = None,
    ) -> None:
        """Write down one fact of one partition."""
        self.facts.setdefault((severity, code, table), []).append(DatedFact(day, text, ratio))
        self._codes.setdefault((table, day, severity), []).append(code)

    def codes(self, table: str, day: date, severity: Severity) -> tuple[str, ...]:
        """Return the codes noted for a partition."""
        return tuple(dict.fromkeys(self._codes.get((table, day, severity), ())))

    def findings(self, order: Sequence[str]) -> Iterator[tuple[Slot, tuple[DatedFact, ...]]]:
        """Return every finding with its facts: worst first, then tables in the given order."""
        severities, places = list(Severity), {name: place for place, name in enumerate(order)}
        slots = sorted(
            self.facts,
            key=lambda slot: (severities.index(slot[0]), places[slot[2]], slot[1]),
        )
        for slot in slots:
            yield slot, tuple(sorted(self.facts[slot], key=lambda fact: fact.date))
