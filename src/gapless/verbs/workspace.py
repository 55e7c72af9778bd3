"""A workspace: one pipeline with its warehouse, ledger and clock; what every verb works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.errors import ConfigError, LedgerUnavailable
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups
from gapless.warehouse.interface import Warehouse


@dataclass(frozen=True)
class Workspace:
    """Everything a verb needs, already opened."""

    pipeline: Pipeline
    warehouse: Warehouse
    ledger: Ledger | None
    """None: nothing has been run yet, and only reading is meant."""
    code_version: str
    """Version of the pipeline and of Gapless, recorded with every publication."""
    clock: Clock = field(default_factory=Clock)
    backups: Backups | None = None
    """Where rows are kept that were removed; None: nowhere, so nothing can be removed."""

    @property
    def open_ledger(self) -> Ledger:
        """The ledger, for verbs that write.

        Raises:
            LedgerUnavailable: the workspace was opened for reading.
        """
        if self.ledger is None:
            raise LedgerUnavailable(
                "This workspace was opened without a ledger.", untouched="No run was started."
            )
        return self.ledger

    @property
    def open_backups(self) -> Backups:
        """The backups, for verbs that remove rows or bring them back.

        Raises:
            ConfigError: the workspace was opened without any.
        """
        if self.backups is None:
            raise ConfigError(
                "This workspace was opened without a place for backups.",
                untouched="Nothing was removed or brought back.",
            )
        return self.backups

    @property
    def today(self) -> date:
        """Today where the pipeline lives."""
        return self.clock.today(self.pipeline.timezone)
