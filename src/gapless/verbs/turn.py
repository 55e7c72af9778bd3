"""A turn: of all cleanings of a pipeline one is at work at a time, on whichever host."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from gapless.errors import CleaningAtWork
from gapless.ledger.interface import Holder
from gapless.ledger.liveness import host_name
from gapless.run.leases import LeaseKeeper
from gapless.run.settings import default_actor
from gapless.verbs.workspace import Workspace

_ANY_DATE = date(1970, 1, 1)
"""A turn is for no date; leases are kept by one."""


@contextmanager
def turn(workspace: Workspace) -> Iterator[None]:
    """Hold the turn for a while; it ends with the process, however that ends.

    Raises:
        CleaningAtWork: somebody else has it.
    """
    ledger = workspace.open_ledger
    began = workspace.clock.now()
    run_id = f"{began:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    name = f"{workspace.pipeline.name}: cleaning"
    holder = Holder(run_id, host_name(), os.getpid(), default_actor())
    with LeaseKeeper(ledger, holder, workspace.clock) as keeper:
        for lease in keeper.acquire({name: [_ANY_DATE]}).values():
            other = lease.holder
            raise CleaningAtWork(
                f"Another cleaning is at work: {other.actor}, process {other.pid}, since "
                f"{lease.acquired_at:%Y-%m-%d %H:%M:%S} UTC.",
                untouched="Nothing was removed by this one.",
                advice="Wait until it has ended.",
            )
        yield
