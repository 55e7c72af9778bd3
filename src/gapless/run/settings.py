"""How a run is to be done: who, how wide, and what it may override."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass, field
from datetime import date, timedelta

from gapless.errors import UsageError
from gapless.run.leases import LEASE_TTL

DEFAULT_CHUNK = 1000
"""Partitions staged by one statement: six NBA seasons. Cutting smaller costs (see the ADR)."""
DEFAULT_WAIVER_DAYS = 30
WAIVER_DAYS_AT_MOST = 366
"""What is right for longer belongs into the gate, or is a known limitation."""


def default_actor() -> str:
    """Return who is at work: GAPLESS_ACTOR, or user@host."""
    named = os.environ.get("GAPLESS_ACTOR")
    if named:
        return named
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        # Containers may run under an id that has no name.
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def waiver_lifetime(days: int, where: str) -> timedelta:
    """Return how long a waiver holds.

    Args:
        days: As the user gives them.
        where: The option they stand in.

    Raises:
        UsageError: none, or more than a year.
    """
    if days < 1:
        raise UsageError(f"{where} {days} would expire at once; give at least 1.")
    if days > WAIVER_DAYS_AT_MOST:
        raise UsageError(
            f"{where} {days} is too long: a waiver has to be looked at again within "
            f"{WAIVER_DAYS_AT_MOST} days. What is right for ever belongs into the gate, or is a "
            "known limitation."
        )
    return timedelta(days=days)


@dataclass(frozen=True)
class Force:
    """Permission to publish below the gate, for the named tables and dates only."""

    reason: str
    tables: frozenset[str]
    dates: frozenset[date]
    expires_after: timedelta = timedelta(days=DEFAULT_WAIVER_DAYS)

    def covers(self, table: str, day: date) -> bool:
        """Tell whether a partition may be published below its gate."""
        return table in self.tables and day in self.dates


@dataclass(frozen=True)
class RunSettings:
    """How a run is to be done."""

    command: str
    """As the user would type it; kept in the ledger."""
    code_version: str
    actor: str = field(default_factory=default_actor)
    workers: int = 1
    """Chunks worked on at the same time."""
    chunk_size: int = DEFAULT_CHUNK
    force: Force | None = None
    lease_ttl: timedelta = LEASE_TTL
