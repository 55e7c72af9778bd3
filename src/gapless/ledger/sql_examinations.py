"""Examinations in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless.ledger import rows, schema
from gapless.ledger.examinations import Examination
from gapless.ledger.sql_access import SqlAccess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class SqlExaminations(SqlAccess):
    """The part of a ledger in a database that remembers what checks found."""

    def record_examinations(self, examinations: Sequence[Examination]) -> None:
        """Keep the newest examination of each partition; one from before is replaced."""
        if not examinations:
            return
        with self._writing(f"{len(examinations)} examinations were not kept.") as connection:
            rows.upsert(connection, schema.examinations, rows.to_rows(examinations))

    def examinations(
        self, *, first: date | None = None, last: date | None = None
    ) -> list[Examination]:
        """Return what is known of the partitions from … to (inclusive), or of all."""
        kept = schema.examinations
        query = rows.between(rows.select_fields(kept, Examination), kept, first, last)
        with self._reading() as connection:
            return rows.read(connection, query, Examination)
