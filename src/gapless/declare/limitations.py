"""Known limitations: violations declared with a reason, so that nobody has to chase them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Table


@dataclass(frozen=True)
class Limitation:
    """Violations of one check that are known, with what follows from them downstream."""

    name: str
    table: Table
    check: str
    """The check whose violations it explains; `missing` for dates without any rows."""
    reason: str
    season: str | None = None
    """Only of this season; None: of any."""
    first: date | None = None
    last: date | None = None
    where: str = "TRUE"
    """Predicate over the rows of the check (`entity`, `detail`): which of them it explains."""
    consequences: Mapping[str, str] = field(default_factory=dict)
    """Downstream table → predicate over its rows: those that lack a value because of it."""

    def holds_on(self, facts: DateFacts) -> bool:
        """Tell whether a date lies within the limitation."""
        return (
            (self.season is None or self.season == facts.season)
            and (self.first is None or facts.day >= self.first)
            and (self.last is None or facts.day <= self.last)
        )
