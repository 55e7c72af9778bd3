"""Keeping leases: taken for the whole run at once, renewed by a thread, given back at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self

from gapless.clock import Clock
from gapless.errors import GaplessError, LeaseLost
from gapless.ledger.interface import Holder, Lease, Ledger

LEASE_TTL = timedelta(minutes=2)
"""How long a lease outlives its last renewal. A dead process on the same host loses it at once."""


class LeaseKeeper:
    """Holds the leases of one run while it works.

    Args:
        ledger: Where leases are kept.
        holder: The run, with host and process.
        clock: Time source.
        ttl: How long a lease outlives its last renewal; it is renewed three times as often.
    """

    def __init__(
        self, ledger: Ledger, holder: Holder, clock: Clock, ttl: timedelta = LEASE_TTL
    ) -> None:
        self._ledger = ledger
        self._holder = holder
        self._clock = clock
        self._ttl = ttl
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._renewed_at: datetime | None = None
        self._held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._ledger.release_leases(self._holder)

    def acquire(self, wanted: Mapping[str, Sequence[date]]) -> dict[tuple[str, date], Lease]:
        """Take the leases of many partitions; return those that somebody else holds."""
        refused: dict[tuple[str, date], Lease] = {}
        now = self._clock.now()
        for table, days in wanted.items():
            if not days:
                continue
            others = self._ledger.acquire_leases(table, days, self._holder, now=now, ttl=self._ttl)
            refused.update({(table, day): lease for day, lease in others.items()})
            self._held += len(days) - len(others)
        self._renewed_at = now
        self._thread = threading.Thread(target=self._renew, name="gapless-leases", daemon=True)
        self._thread.start()
        return refused

    def check(self, table: str, days: Iterable[date]) -> None:
        """Make sure that the leases are still ours, right before publishing.

        Raises:
            LeaseLost: they could not be renewed in time, so somebody else may be at work.
        """
        if self._renewed_at is None or self._clock.now() - self._renewed_at < self._ttl:
            return
        listed = sorted(days)
        raise LeaseLost(
            f"{table}: the lease on {listed[0]} and {len(listed) - 1} more dates lapsed; it could "
            f"not be renewed since {self._renewed_at:%H:%M:%S} UTC.",
            untouched="Nothing of them was published.",
            advice="Run the same command again.",
        )

    def _renew(self) -> None:
        while not self._stop.wait(self._ttl.total_seconds() / 3):
            try:
                now = self._clock.now()
                if self._ledger.renew_leases(self._holder, now=now, ttl=self._ttl) >= self._held:
                    self._renewed_at = now
            except GaplessError:
                # `check` refuses to publish once the time is up; until then it is tried again.
                continue
