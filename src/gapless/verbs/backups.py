"""Backups: what was saved before it was removed, and whether it can be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.ledger.cleanings import Purpose
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups
from gapless.retention.interface import Manifest
from gapless.retention.settling import relied_on, without_manifest

OK = "ok"
DAMAGED = "damaged"
UNFINISHED = "unfinished"
NOT_READ = "not read"


@dataclass(frozen=True)
class Wanted:
    """Which saved dates are meant; nothing given means all there are."""

    tables: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    dates: Collection[date] = ()
    backup_id: str = ""

    def holds(self, day: date) -> bool:
        """Tell whether a date is meant."""
        if self.dates and day not in self.dates:
            return False
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class BackupSeen:
    """One backup as it was found."""

    backup_id: str
    state: str
    """`ok`, `damaged`, `unfinished`, or `not read` where only its manifest was looked at."""
    problem: str = ""
    manifest: Manifest | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        said = self.manifest.as_data() if self.manifest is not None else {"backup": self.backup_id}
        return said | {"state": self.state, "problem": self.problem}


@dataclass(frozen=True)
class BackupReport:
    """Every backup that is there."""

    location: str
    backups: tuple[BackupSeen, ...]
    """Oldest first; those that cannot be read come last."""

    @property
    def exit_code(self) -> int:
        """0: none is damaged; 1: some are."""
        return 1 if any(one.state == DAMAGED for one in self.backups) else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "location": self.location,
            "backups": [one.as_data() for one in self.backups],
        }


def list_backups(
    backups: Backups,
    pipeline: Pipeline,
    ledger: Ledger | None,
    tables: tuple[str, ...] = (),
    *,
    verify: bool = False,
) -> BackupReport:
    """List the backups of a pipeline; the warehouse is not needed.

    Args:
        backups: Where they are.
        pipeline: Knows the names of the tables.
        ledger: Knows what was removed on account of them; None when nothing has been run yet.
        tables: Only of these.
        verify: Read every row of them, and compare with what was saved.

    Raises:
        DeclarationError: a table is unknown.
    """
    found = backups.found()
    names = {pipeline.table(name).name for name in tables}
    seen = []
    for manifest in found.backups:
        if names and manifest.table not in names:
            continue
        problem = backups.problem(manifest) if verify else ""
        state = NOT_READ if not verify else DAMAGED if problem else OK
        seen.append(BackupSeen(manifest.backup_id, state, problem, manifest))
    seen += [BackupSeen(one, DAMAGED, problem) for one, problem in found.damaged.items()]
    bereft = without_manifest(found, relied_on(ledger.cleaned() if ledger is not None else ()))
    seen += [BackupSeen(one, DAMAGED, problem) for one, problem in bereft.items()]
    seen += [
        BackupSeen(one, UNFINISHED, "never finished; nothing was removed on account of it")
        for one in found.unfinished
        if one not in bereft
    ]
    return BackupReport(backups.location, tuple(seen))


def wanted_backups(
    backups: Backups, pipeline: Pipeline, wanted: Wanted
) -> list[tuple[Manifest, list[date]]]:
    """Choose for each date the newest backup that holds it, oldest backup first.

    One of rows that made way for restored ones is chosen only by its id: a restore that is run
    again would undo itself.

    Raises:
        DeclarationError: a table is unknown.
    """
    names = {pipeline.table(name).name for name in wanted.tables}
    chosen: dict[tuple[str, date], Manifest] = {}
    for manifest in backups.found().backups:
        cleaned = manifest.purpose is Purpose.CLEAN
        meant = wanted.backup_id == manifest.backup_id or (cleaned and not wanted.backup_id)
        if not meant or (names and manifest.table not in names):
            continue
        chosen.update({(manifest.table, day): manifest for day in manifest.dates})
    grouped: dict[str, tuple[Manifest, list[date]]] = {}
    for (_, day), manifest in sorted(chosen.items(), key=lambda item: item[0]):
        if wanted.holds(day):
            grouped.setdefault(manifest.backup_id, (manifest, []))[1].append(day)
    return sorted(grouped.values(), key=lambda item: (item[0].created_at, item[0].backup_id))
