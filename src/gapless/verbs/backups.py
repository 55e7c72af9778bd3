"""Backups: what was saved before it was removed, and whether it can be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.ledger.cleanings import CleanedPartition, Purpose
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups, Found
from gapless.retention.interface import Manifest
from gapless.retention.rules import describe
from gapless.retention.settling import cleaning_of, owed, relied_on, without_manifest
from gapless.retention.together import Chosen, chosen_for, together
from gapless.wording import plural

OK = "ok"
DAMAGED = "damaged"
UNFINISHED = "unfinished"
MISSING = "missing"
NOT_READ = "not read"
EVERY = 2**31 - 1
"""More cleanings than any ledger has."""


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
    """`ok`, `damaged`, `missing`, `unfinished`, or `not read` where only its manifest was looked
    at."""
    problem: str = ""
    manifest: Manifest | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        said = self.manifest.as_data() if self.manifest is not None else {"backup": self.backup_id}
        return said | {"state": self.state, "problem": self.problem}


@dataclass(frozen=True)
class BackupReport:
    """Every backup that is there, and those that should be."""

    location: str
    backups: tuple[BackupSeen, ...]
    """Oldest first; those that cannot be read come last."""

    @property
    def exit_code(self) -> int:
        """0: none is damaged or missing; 1: some are."""
        return 1 if any(one.state in (DAMAGED, MISSING) for one in self.backups) else 0

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
    """List the backups of a pipeline, also lost ones; the warehouse is not needed.

    Args:
        backups: Where they are.
        pipeline: Knows the names of the tables.
        ledger: Knows what was removed on account of them; None when nothing has been run yet.
        tables: Only of these.
        verify: Read every row of them, and compare with what was saved.

    Raises:
        DeclarationError: a table is unknown.
    """
    names = {pipeline.table(name).name for name in tables}
    # A cleaning may be at work: only what the ledger says before and afterwards is held against it.
    before = ledger.cleaned() if ledger is not None else []
    found = backups.found()
    after = ledger.cleaned() if ledger is not None else []
    seen = []
    for manifest in found.backups:
        if names and manifest.table not in names:
            continue
        problem = backups.problem(manifest) if verify else ""
        state = NOT_READ if not verify else DAMAGED if problem else OK
        seen.append(BackupSeen(manifest.backup_id, state, problem, manifest))
    seen += _without_contents(found, relied_on(before) & relied_on(after))
    if ledger is not None:
        gone = owed(before).keys() - found.ids
        lost = {one: dates for one, dates in owed(after).items() if one in gone}
        seen += _missing(lost, _foreign(ledger, pipeline), names, backups.location)
    return BackupReport(backups.location, tuple(seen))


def _without_contents(found: Found, relied: Collection[str]) -> Iterator[BackupSeen]:
    """Yield those of which it is unknown what they hold."""
    bereft = without_manifest(found, relied)
    for backup_id, problem in {**found.damaged, **bereft}.items():
        yield BackupSeen(backup_id, DAMAGED, problem)
    for backup_id in found.unfinished:
        if backup_id not in bereft:
            problem = "never finished; nothing was removed on account of it"
            yield BackupSeen(backup_id, UNFINISHED, problem)


def _foreign(ledger: Ledger, pipeline: Pipeline) -> set[str]:
    """Return the cleanings of other pipelines."""
    known = ledger.cleanings(limit=EVERY)
    return {one.cleaning_id for one in known if one.pipeline != pipeline.name}


def _missing(
    lost: Mapping[str, Mapping[date, CleanedPartition]],
    foreign: Collection[str],
    names: Collection[str],
    location: str,
) -> Iterator[BackupSeen]:
    for backup_id, dates in lost.items():
        told = list(dates.values())
        table, rows = told[0].table, sum(one.rows for one in told)
        if cleaning_of(backup_id) in foreign or (names and table not in names):
            continue
        yield BackupSeen(
            backup_id,
            MISSING,
            f"it is not in {location}, and {plural(rows, 'row')} of {table}, "
            f"{describe(list(dates))}, were removed on account of it and not restored since. "
            "Bring its folder back, or name the place where it is: --backups PLACE.",
        )


def wanted_backups(
    backups: Backups, pipeline: Pipeline, wanted: Wanted, told: Sequence[CleanedPartition]
) -> list[tuple[Chosen, list[date]]]:
    """Choose for each date the newest backup that holds it, and those that it only adds to.

    One of rows that made way for restored ones is chosen only by its id: a restore that is run
    again would undo itself.

    Args:
        backups: Where they are.
        pipeline: Knows the names of the tables.
        wanted: Which dates are meant.
        told: What the ledger knows of them.

    Raises:
        DeclarationError: a table is unknown.
    """
    names = {pipeline.table(name).name for name in wanted.tables}
    newest: dict[tuple[str, date], Manifest] = {}
    meant = []
    for manifest in backups.found().backups:
        cleaned = manifest.purpose is Purpose.CLEAN
        if wanted.backup_id != manifest.backup_id and (not cleaned or wanted.backup_id):
            continue
        if not names or manifest.table in names:
            meant.append(manifest)
            days = filter(wanted.holds, manifest.dates)
            newest.update({(manifest.table, day): manifest for day in days})
    return chosen_for(newest, meant, together(told, {one.backup_id for one in meant}))
