"""A workspace: one pipeline with its warehouse, ledger and clock; what every verb works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.errors import LedgerUnavailable
from gapless.ledger.interface import Ledger
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
    def today(self) -> date:
        """Today where the pipeline lives."""
        return self.clock.today(self.pipeline.timezone)
