"""Who may have which lease: the rule, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from gapless.ledger.interface import Holder, Lease


def held_by_others(
    leases: Iterable[Lease],
    holder: Holder,
    *,
    now: datetime,
    is_dead: Callable[[Holder], bool],
) -> dict[date, Lease]:
    """Return the leases that keep `holder` out: unexpired, of another run, by a living process."""
    dead: dict[Holder, bool] = {}
    held: dict[date, Lease] = {}
    for lease in leases:
        if lease.holder.run_id == holder.run_id or lease.expires_at <= now:
            continue
        if lease.holder not in dead:
            dead[lease.holder] = is_dead(lease.holder)
        if not dead[lease.holder]:
            held[lease.partition] = lease
    return held


def held_since(leases: Iterable[Lease], holder: Holder, *, now: datetime) -> dict[date, datetime]:
    """Return since when the holder's run has held what it holds without a break."""
    return {
        lease.partition: lease.acquired_at
        for lease in leases
        if lease.holder.run_id == holder.run_id and lease.expires_at > now
    }
