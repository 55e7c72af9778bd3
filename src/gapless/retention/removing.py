"""Removing: a batch of dates is saved, read back, compared, removed and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.ledger.cleanings import CleanedPartition, Fate, Purpose
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups, ToSave
from gapless.retention.interface import Manifest
from gapless.retention.settling import backup_id_of
from gapless.warehouse.interface import Comparison, SavedRows, Warehouse

ARRIVED = "its rows changed after they were saved; the next cleaning looks at them again"


@dataclass
class Remover:
    """Saves and removes dates, on account of one cleaning."""

    warehouse: Warehouse
    ledger: Ledger
    backups: Backups
    pipeline: Pipeline
    clock: Clock
    cleaning_id: str
    code_version: str
    purpose: Purpose = Purpose.CLEAN
    bytes: int = 0
    """Size of the backups written so far."""
    _written: int = 0

    def save(
        self, table: str, columns: Mapping[str, str], days: Sequence[date], reason: str
    ) -> Manifest:
        """Save the live rows of some dates, and read the backup back.

        Raises:
            BackupFailed: it cannot be written.
            BackupDamaged: what was read back is not what is live.
        """
        self._written += 1
        wanted = ToSave(
            backup_id=backup_id_of(self.cleaning_id, self._written),
            cleaning_id=self.cleaning_id,
            pipeline=self.pipeline.name,
            table=table,
            partition=self.pipeline.partition,
            columns=columns,
            created_at=self.clock.ageing(),
            code_version=self.code_version,
            reason=reason,
            purpose=self.purpose,
        )

        def write(file: Path) -> None:
            self.warehouse.save_rows(
                SavedRows(table, self.pipeline.partition, tuple(days), str(file))
            )

        manifest = self.backups.save(wanted, write)
        self.bytes += manifest.bytes
        return manifest

    def remove(
        self, table: str, columns: Mapping[str, str], days: Sequence[date], reason: str
    ) -> tuple[str, dict[date, Comparison]]:
        """Save some dates and remove those whose rows are still the saved ones.

        Returns:
            The id of the backup, and how the live rows compared with it right before they went;
            those that were the same are gone, and the ledger knows.
        """
        manifest = self.save(table, columns, days, reason)
        with self.backups.opened(manifest) as file:
            rows = SavedRows(table, self.pipeline.partition, tuple(days), str(file))
            compared = self.warehouse.remove_saved(rows, manifest.backup_id, self.clock.now())
        now = self.clock.now()
        self.ledger.record_cleaned(
            [self._record(table, day, seen, manifest, now) for day, seen in compared.items()]
        )
        return manifest.backup_id, compared

    def _record(
        self, table: str, day: date, seen: Comparison, manifest: Manifest, now: datetime
    ) -> CleanedPartition:
        gone = seen.same and seen.live > 0
        return CleanedPartition(
            cleaning_id=self.cleaning_id,
            table=table,
            partition=day,
            fate=Fate.DELETED if gone else Fate.KEPT,
            rows=seen.live,
            recorded_at=now,
            backup_id=manifest.backup_id if gone else "",
            reason=manifest.reason if gone else ARRIVED,
        )
