"""A turn: of all cleanings of a pipeline one is at work at a time, on whichever host."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from gapless.clock import Clock
from gapless.errors import CleaningAtWork
from gapless.ledger.interface import Holder, Ledger
from gapless.ledger.liveness import host_name
from gapless.run.leases import LeaseKeeper
from gapless.run.settings import default_actor

_ANY_DATE = date(1970, 1, 1)
"""A turn is for no date; leases are kept by one."""


@contextmanager
def turn(ledger: Ledger, pipeline: str, clock: Clock) -> Iterator[None]:
    """Hold the turn for a while; it ends with the process, however that ends.

    Args:
        ledger: Opened for writing.
        pipeline: Name of the pipeline.
        clock: Time source.

    Raises:
        CleaningAtWork: somebody else has it.
    """
    began = clock.now()
    run_id = f"{began:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    name = f"{pipeline}: cleaning"
    holder = Holder(run_id, host_name(), os.getpid(), default_actor())
    with LeaseKeeper(ledger, holder, clock) as keeper:
        for lease in keeper.acquire({name: [_ANY_DATE]}).values():
            other = lease.holder
            raise CleaningAtWork(
                f"Another cleaning is at work: {other.actor}, process {other.pid}, since "
                f"{lease.acquired_at:%Y-%m-%d %H:%M:%S} UTC.",
                untouched="Nothing was removed by this one.",
                advice="Wait until it has ended.",
            )
        yield
