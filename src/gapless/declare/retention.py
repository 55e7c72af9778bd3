"""Retention: how long the rows of a table live after their date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from gapless.declare.tables import Table
from gapless.wording import plural

MOST_DAYS = 36_500
"""Rows that are to live longer need no retention."""


@dataclass(frozen=True)
class Retention:
    """Rows of a table live some days after their date, in the pipeline's time zone."""

    table: Table
    days: int
    replaced_by: tuple[Table, ...] = ()
    """Tables that hold what is needed of a past date; until all of them are complete there, the
    rows are the only copy and stay."""

    @property
    def rule(self) -> str:
        """The rule as a clause."""
        return f"lives {plural(self.days, 'day')} after its date"

    def first_kept(self, today: date) -> date:
        """Return the first date whose rows still live."""
        return today - timedelta(days=self.days)

    def clean_command(self, days: Collection[date], today: date) -> str:
        """Return the command that removes the rows of some dates; empty while one still lives."""
        outlived = all(day < self.first_kept(today) for day in days)
        return f"gapless clean --tables {self.table.short_name}" if outlived else ""
