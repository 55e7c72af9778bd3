"""Remedies: the command that deals with a finding of a validation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.declare.tables import Derived, Table
from gapless.findings import Remedy

LISTED_AT_MOST = 8
"""Up to so many dates are named one by one."""


def dates_of(days: Sequence[date]) -> str:
    """Return the options that name some dates, or the range that holds them."""
    if len(days) == 1 or len(days) <= LISTED_AT_MOST:
        return f"--dates {','.join(str(day) for day in days)}"
    return f"--start-date {days[0]} --end-date {days[-1]}"


def load_again() -> Remedy:
    """Return the remedy for a source: it has to be loaded by whoever has the rows."""
    return Remedy("load what is right", "gapless load --data DIR")


def compute_again(table: Table, days: Sequence[date], *, with_upstream: bool = False) -> Remedy:
    """Return the remedy for partitions that the ordinary path replaces."""
    if not isinstance(table, Derived):
        return load_again()
    upstream = " --with-upstream" if with_upstream else ""
    return Remedy(
        "compute and publish again",
        f"gapless backfill {table.short_name} {dates_of(days)}{upstream}",
    )


def compute_readers(first: date, last: date) -> Remedy:
    """Return the remedy for what was computed from bad partitions; what is right is left alone."""
    return Remedy(
        "then what was computed from it", f"gapless backfill --start-date {first} --end-date {last}"
    )


def look_at(table: Table, days: Sequence[date]) -> Remedy:
    """Return the remedy for what a computation alone cannot mend: its inputs say so."""
    return Remedy("look at one, its inputs say so", f"gapless explain {table.short_name} {days[0]}")


def waive_again(table: Table, days: Sequence[date]) -> Remedy:
    """Return the remedy for what is still as good as it will ever be."""
    return Remedy(
        "or vouch for it again",
        f'gapless waive {table.short_name} {dates_of(days)} --check CHECK --reason "…"',
    )
