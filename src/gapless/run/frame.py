"""The frame of a run: what all its parts share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from gapless.clock import Clock
from gapless.events import Listener
from gapless.ledger.interface import Attempt, Ledger
from gapless.run.settings import RunSettings
from gapless.warehouse.interface import Warehouse


@dataclass(frozen=True)
class RunFrame:
    """One run with everything it works on."""

    run_id: str
    settings: RunSettings
    warehouse: Warehouse
    ledger: Ledger
    clock: Clock
    listener: Listener
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held while the picture or the standings change; workers share them."""
    attempts: list[Attempt] = field(default_factory=list)
    """Every attempt so far, in the order they were recorded."""
