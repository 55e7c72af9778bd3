"""Expiring: backups live some days, and some of each table for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gapless.retention.backups import Backups
from gapless.retention.interface import Manifest


@dataclass(frozen=True)
class Lifetime:
    """How long backups are kept."""

    days: int = 30
    at_least: int = 3
    """So many of each table stay however old they are."""


@dataclass(frozen=True)
class Expiry:
    """What of one table may go."""

    table: str
    expired: tuple[Manifest, ...] = ()
    problem: str = ""
    """Why nothing may go although it is old."""


def expiries(backups: Backups, lifetime: Lifetime, now: datetime) -> Iterator[Expiry]:
    """Say for each table which backups outlived their retention, oldest first.

    The ones that stay are read first: where one of them is damaged, an older one may be all
    there is, so nothing goes.
    """
    found = backups.found()
    for table in sorted({backup.table for backup in found.backups}):
        listed = found.of(table)
        staying = listed[-lifetime.at_least :] if lifetime.at_least else []
        # Ages, not dates, are compared: the calendar has no date a million days ago.
        limit = timedelta(days=min(lifetime.days, timedelta.max.days))
        others = listed[: len(listed) - len(staying)]
        old = [one for one in others if now - one.created_at > limit]
        if not old:
            continue
        problems = [problem for one in staying if (problem := backups.problem(one))]
        if problems:
            yield Expiry(table, problem=f"No old backup of {table} was removed: {problems[0]}")
        else:
            yield Expiry(table, tuple(old))
