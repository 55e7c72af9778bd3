"""Cleanings in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless.ledger import rows, schema
from gapless.ledger.cleanings import CleanedPartition, Cleaning, Purpose
from gapless.ledger.sql_access import SqlAccess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class SqlCleanings(SqlAccess):
    """The part of a ledger in a database that remembers cleanings."""

    def record_cleaning(self, cleaning: Cleaning) -> None:
        """Record a cleaning; one that is known by its id is replaced, as at its end."""
        with self._writing(f"Cleaning {cleaning.cleaning_id} was not recorded.") as connection:
            rows.upsert(connection, schema.cleanings, rows.to_rows([cleaning]))

    def cleanings(self, *, limit: int = 50, removed_from: str | None = None) -> list[Cleaning]:
        """Return the newest cleanings and restores, or those that removed rows of a pipeline."""
        kept = schema.cleanings
        query = rows.select_fields(kept, Cleaning).order_by(
            kept.c.started_at.desc(), kept.c.cleaning_id.desc()
        )
        if removed_from is not None:
            query = query.where(
                kept.c.pipeline == removed_from,
                kept.c.purpose == Purpose.CLEAN,
                kept.c.deleted_rows > 0,
            )
        with self._reading() as connection:
            return rows.read(connection, query.limit(limit), Cleaning)

    def record_cleaned(self, cleaned: Sequence[CleanedPartition]) -> None:
        """Append what became of partitions, all of them or none."""
        untouched = f"What became of {len(cleaned)} partitions was not recorded."
        self._append(schema.cleaned, cleaned, untouched=untouched)

    def cleaned(
        self,
        *,
        table: str | None = None,
        partition: date | None = None,
        cleaning_id: str | None = None,
    ) -> list[CleanedPartition]:
        """Return what became of partitions, in the order it was recorded."""
        kept = schema.cleaned
        query = rows.within(rows.select_fields(kept, CleanedPartition), kept, table)
        query = rows.between(query, kept, partition, partition)
        if cleaning_id is not None:
            query = query.where(kept.c.cleaning_id == cleaning_id)
        with self._reading() as connection:
            return rows.read(connection, query.order_by(kept.c.cleaned_id), CleanedPartition)
