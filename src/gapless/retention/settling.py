"""Settling: what cleanings that died left behind is taken to its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime

from gapless.ledger.cleanings import CleanedPartition, Cleaning, Fate
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups, Found
from gapless.retention.interface import MANIFEST
from gapless.warehouse.interface import Warehouse

LOOKED_BACK = 500
"""How many cleanings back one that died is looked for."""


def settle(
    warehouse: Warehouse, ledger: Ledger, backups: Backups, pipeline: str, now: datetime
) -> tuple[str, ...]:
    """Bring the ledger up to what the warehouse says, and remove backups that were never finished.

    Nothing was removed on account of an unfinished backup: its manifest comes first. Only those
    of cleanings that this ledger knows are removed; others may be at work in the same place.

    Returns:
        What is wrong with backups that stay although they have no manifest, each as a sentence:
        rows were removed on account of them, so it was lost later.
    """
    told, removals = ledger.cleaned(), warehouse.removals()
    known = {(one.backup_id, one.partition) for one in told if one.fate is Fate.DELETED}
    lost = [one for one in removals if (one.backup_id, one.partition) not in known]
    ledger.record_cleaned(
        [
            CleanedPartition(
                cleaning_id=cleaning_of(one.backup_id),
                table=one.table,
                partition=one.partition,
                fate=Fate.DELETED,
                rows=one.rows,
                recorded_at=now,
                backup_id=one.backup_id,
                reason=f"removed at {one.removed_at:%Y-%m-%d %H:%M:%S} UTC by a process that died "
                "before it could say so",
            )
            for one in lost
        ]
    )
    cleanings = [one for one in ledger.cleanings(limit=LOOKED_BACK) if one.pipeline == pipeline]
    for one in cleanings:
        if one.finished_at is None:
            ledger.record_cleaning(_interrupted(one, ledger, now))
    ours = {one.cleaning_id for one in cleanings}
    found = backups.found()
    bereft = without_manifest(found, relied_on(told, (one.backup_id for one in removals)))
    for backup_id, names in found.unfinished.items():
        if cleaning_of(backup_id) in ours and backup_id not in bereft:
            backups.forget(names)
    return tuple(bereft.values())


def relied_on(told: Iterable[CleanedPartition], removals: Iterable[str] = ()) -> set[str]:
    """Return the backups on whose account rows were removed, without those that expired.

    Args:
        told: What the ledger knows.
        removals: Ids of backups that the warehouse names.
    """
    ids: dict[Fate, set[str]] = {fate: set() for fate in Fate}
    for one in told:
        ids[one.fate].add(one.backup_id)
    return (ids[Fate.DELETED] | set(removals)) - ids[Fate.EXPIRED] - {""}


def owed(told: Iterable[CleanedPartition]) -> dict[str, dict[date, CleanedPartition]]:
    """Return by backup and date what only the backup still has.

    That is what was removed on account of it and was not brought back since; of a backup that
    expired, nothing.

    Args:
        told: What the ledger knows, in the order it was recorded.
    """
    found: dict[str, dict[date, CleanedPartition]] = {}
    for one in told:
        if one.fate is Fate.DELETED:
            found.setdefault(one.backup_id, {})[one.partition] = one
        elif one.fate is Fate.EXPIRED:
            found.pop(one.backup_id, None)
        elif one.fate is Fate.RESTORED:
            found.get(one.backup_id, {}).pop(one.partition, None)
    return {backup_id: dates for backup_id, dates in found.items() if dates}


def without_manifest(found: Found, relied: Collection[str]) -> dict[str, str]:
    """Return the backups that look unfinished and are not, each with a sentence about it."""
    return {
        backup_id: f"Backup {backup_id} has no {MANIFEST} any more, so it cannot be restored; rows "
        f"were removed on account of it, so what is left of it is kept: {', '.join(names)}."
        for backup_id, names in found.unfinished.items()
        if backup_id in relied
    }


def backup_id_of(cleaning_id: str, number: int) -> str:
    """Name a backup of a cleaning."""
    return f"{cleaning_id}.{number:04}"


def cleaning_of(backup_id: str) -> str:
    """Return the id of the cleaning that made a backup."""
    return backup_id.rpartition(".")[0]


def _interrupted(cleaning: Cleaning, ledger: Ledger, now: datetime) -> Cleaning:
    found = ledger.cleaned(cleaning_id=cleaning.cleaning_id)
    rows = {fate: sum(one.rows for one in found if one.fate is fate) for fate in Fate}
    return replace(
        cleaning,
        finished_at=now,
        exit_code=4,
        deleted_rows=rows[Fate.DELETED],
        kept_rows=rows[Fate.KEPT],
        restored_rows=rows[Fate.RESTORED],
        problems=("It was interrupted; the next one did the rest.",),
    )
