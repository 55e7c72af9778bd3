"""Cleaning: rows that outlived their retention are saved, compared and removed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from gapless.declare.retention import Retention
from gapless.errors import (
    BackupFailed,
    GaplessError,
    LedgerUnavailable,
    UsageError,
)
from gapless.events import BatchCleaned, Listener, ignore
from gapless.ledger.cleanings import CleanedPartition, Cleaning, Fate, Purpose
from gapless.retention.expiring import Lifetime, expiries
from gapless.retention.removing import ARRIVED, Remover
from gapless.retention.rules import StaleDate, batches, describe
from gapless.retention.settling import settle
from gapless.run.leases import LeaseKeeper
from gapless.run.settings import default_actor
from gapless.verbs.stale import chosen_retentions, find_stale, holder_of, new_cleaning_id
from gapless.verbs.too_much import refuse_too_much
from gapless.verbs.workspace import Workspace

BATCH_ROWS = 500_000
"""Rows that are saved and removed in one transaction, unless a single date has more."""
WOULD_DELETE = "would_delete"


@dataclass(frozen=True)
class CleanOptions:
    """What a cleaning is to do."""

    tables: tuple[str, ...] = ()
    """Tables that declare a retention; all of them when none is named."""
    days: int | None = None
    """How many days rows live instead of what is declared."""
    dry_run: bool = False
    max_rows: int | None = None
    """Refuse to remove more; None: far more than earlier cleanings did."""
    batch_rows: int = BATCH_ROWS
    backups: Lifetime = field(default_factory=Lifetime)
    """How long backups are kept."""
    command: str = "clean"
    actor: str = field(default_factory=default_actor)


@dataclass(frozen=True)
class Cleaned:
    """What became of one date that outlived its retention."""

    table: str
    partition: date
    outcome: str
    """`deleted`, `kept`, `failed`, or `would_delete` in a dry run."""
    reason: str
    rows: int
    entities: int
    age: int
    """Days since its date."""
    rule: str
    """Why it is looked at."""
    backup_id: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return vars(self) | {"partition": self.partition.isoformat()}


@dataclass(frozen=True)
class CleanReport:
    """Every date that outlived its retention is in here once."""

    cleaning_id: str
    """Empty for a dry run."""
    partitions: tuple[Cleaned, ...] = ()
    """By table in dependency order, then by date."""
    problems: tuple[str, ...] = ()
    """What should have been done and was not, each as a sentence."""
    bytes: int = 0
    """Size of the backups written."""
    expired: tuple[str, ...] = ()
    """Ids of old backups that were removed."""
    location: str = ""
    """Where the backups are."""
    duration: timedelta = timedelta(0)

    @property
    def ok(self) -> bool:
        """Tell whether everything that was to be done was done."""
        return not self.problems

    @property
    def deleted_rows(self) -> int:
        """How many rows were removed."""
        return sum(one.rows for one in self.partitions if one.outcome == Fate.DELETED)

    @property
    def kept(self) -> tuple[Cleaned, ...]:
        """What was kept although it is old, with the reason why."""
        return tuple(one for one in self.partitions if one.outcome == Fate.KEPT)

    @property
    def exit_code(self) -> int:
        """0: everything that was to be done was done; 1: something was not."""
        return 0 if self.ok else 1

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "cleaning": self.cleaning_id,
            "deleted_rows": self.deleted_rows,
            "kept_rows": sum(one.rows for one in self.kept),
            "bytes": self.bytes,
            "seconds": self.duration.total_seconds(),
            "location": self.location,
            "expired": list(self.expired),
            "problems": list(self.problems),
            "partitions": [one.as_data() for one in self.partitions],
        }


def clean(
    workspace: Workspace, options: CleanOptions | None = None, listener: Listener = ignore
) -> CleanReport:
    """Save, compare and remove the rows that outlived their retention.

    What is the only copy, or what somebody is at work with, stays and is named with the reason.
    Interrupted at any point, it can simply be run again.

    Args:
        workspace: Opened for writing; for a dry run reading is enough.
        options: What to do.
        listener: Told about every batch.

    Raises:
        UsageError: a table is unknown or declares no retention, or a number makes no sense.
        TooMuch: it would remove far more than usual; nothing was removed.
        LedgerUnavailable: the ledger cannot be written; nothing was removed.
    """
    options = options or CleanOptions()
    retentions = chosen_retentions(workspace.pipeline, options.tables, options.days)
    if options.max_rows is not None and options.max_rows < 1:
        raise UsageError(f"--max-rows {options.max_rows} makes no sense; give at least 1.")
    if options.dry_run:
        found = find_stale(workspace, retentions)
        location = workspace.backups.location if workspace.backups is not None else ""
        return CleanReport("", tuple(_foreseen(one) for one in found), location=location)
    workspace.open_ledger.open()
    return _Work(workspace, options, listener).done(retentions)


def _foreseen(one: StaleDate) -> Cleaned:
    return _cleaned(one, Fate.KEPT if one.keep else WOULD_DELETE, one.keep or one.rule)


def _cleaned(one: StaleDate, outcome: str, reason: str, backup_id: str = "") -> Cleaned:
    return Cleaned(
        table=one.table,
        partition=one.partition,
        outcome=str(outcome),
        reason=reason,
        rows=one.rows,
        entities=one.entities,
        age=one.age,
        rule=one.rule,
        backup_id=backup_id,
    )


def _covered(workspace: Workspace, options: CleanOptions) -> tuple[str, ...]:
    """Return the tables that are cleaned by their declared rule."""
    if options.days is not None:
        return ()
    chosen = chosen_retentions(workspace.pipeline, options.tables, None)
    return tuple(one.table.name for one in chosen)


class _Work:
    """One cleaning that removes."""

    def __init__(
        self,
        workspace: Workspace,
        options: CleanOptions,
        listener: Listener,
    ) -> None:
        self._workspace = workspace
        self._options = options
        self._listener = listener
        self._found: list[StaleDate] = []
        self._started = workspace.clock.now()
        self._timer = time.monotonic()
        self._covered = _covered(workspace, options)
        self._ledger = workspace.open_ledger
        self._catalog = workspace.warehouse.catalog()
        self._outcomes: dict[tuple[str, date], Cleaned] = {}
        self._problems: list[str] = []
        self._expired: list[str] = []
        self._remover = Remover(
            warehouse=workspace.warehouse,
            ledger=self._ledger,
            backups=workspace.open_backups,
            pipeline=workspace.pipeline,
            clock=workspace.clock,
            cleaning_id=new_cleaning_id(workspace),
            code_version=workspace.code_version,
        )

    def done(self, retentions: Sequence[Retention]) -> CleanReport:
        """Do everything and say what became of it; the ledger knows also of one that failed."""
        begun = Cleaning(
            cleaning_id=self._remover.cleaning_id,
            pipeline=self._workspace.pipeline.name,
            purpose=Purpose.CLEAN,
            command=self._options.command,
            actor=self._options.actor,
            started_at=self._started,
            covered=self._covered,
        )
        try:
            self._do(begun, retentions)
        except LedgerUnavailable:
            # What it does not know yet, the next cleaning settles.
            raise
        except GaplessError as error:
            self._problems.append(f"{error.what} {error.untouched}".strip())
            with suppress(LedgerUnavailable):
                self._ledger.record_cleaning(self._ended(begun, error.exit_code))
            raise
        report = self._report()
        self._ledger.record_cleaning(self._ended(begun, report.exit_code))
        return report

    def _do(self, begun: Cleaning, retentions: Sequence[Retention]) -> None:
        workspace = self._workspace
        # First: it takes what has begun and not ended for one that died.
        self._problems += settle(
            workspace.warehouse,
            self._ledger,
            workspace.open_backups,
            begun.pipeline,
            self._started,
        )
        self._ledger.record_cleaning(begun)
        self._found = find_stale(workspace, retentions)
        refuse_too_much(workspace, self._options.max_rows, self._found)
        for one in self._found:
            if one.keep:
                self._put(one, Fate.KEPT, one.keep)
        self._record_kept()
        holder = holder_of(begun.cleaning_id, begun.actor)
        with LeaseKeeper(self._ledger, holder, workspace.clock) as leases:
            self._remove_all(leases)
        self._expire()

    def _ended(self, begun: Cleaning, exit_code: int) -> Cleaning:
        done = self._outcomes.values()
        return replace(
            begun,
            finished_at=self._workspace.clock.now(),
            exit_code=exit_code,
            deleted_rows=sum(one.rows for one in done if one.outcome == Fate.DELETED),
            kept_rows=sum(one.rows for one in done if one.outcome == Fate.KEPT),
            bytes=self._remover.bytes,
            problems=tuple(self._problems),
        )

    def _remove_all(self, leases: LeaseKeeper) -> None:
        going = [one for one in self._found if not one.keep]
        wanted: dict[str, list[date]] = {}
        for one in going:
            wanted.setdefault(one.table, []).append(one.partition)
        held = leases.acquire(wanted)
        for one in going:
            if (one.table, one.partition) in held:
                run = held[one.table, one.partition].holder.run_id
                self._put(one, Fate.KEPT, f"run {run} is at work on it", record=True)
        free = [one for one in going if (one.table, one.partition) not in held]
        done = 0
        for table in wanted:
            mine = [one for one in free if one.table == table]
            for batch in batches(mine, self._options.batch_rows):
                leases.check(table, [one.partition for one in batch])
                if not self._remove(batch):
                    self._give_up(free)
                    return
                done += len(batch)
                rows = sum(one.rows for one in batch)
                self._listener(BatchCleaned(table, rows, done, len(free)))

    def _give_up(self, free: list[StaleDate]) -> None:
        for one in free:
            if (one.table, one.partition) not in self._outcomes:
                self._put(one, Fate.FAILED, "not tried: no backup can be written", record=True)

    def _remove(self, batch: list[StaleDate]) -> bool:
        """Remove one batch; tell whether it makes sense to go on."""
        table, days = batch[0].table, [one.partition for one in batch]
        try:
            backup, compared = self._remover.remove(
                table, self._catalog[table], days, batch[0].rule
            )
        except LedgerUnavailable:
            # Rows may have gone already; the next cleaning settles what this one did.
            raise
        except GaplessError as error:
            self._problems.append(f"{table}, {describe(days)}: {error.what} {error.untouched}")
            for one in batch:
                self._put(one, Fate.FAILED, error.what, record=True)
            return not isinstance(error, BackupFailed)
        for one in batch:
            seen = compared[one.partition]
            found = replace(one, rows=seen.live)
            if seen.same:
                self._put(found, Fate.DELETED, one.rule, backup=backup)
            else:
                self._put(found, Fate.KEPT, ARRIVED)
        return True

    def _put(
        self, one: StaleDate, fate: Fate, reason: str, *, backup: str = "", record: bool = False
    ) -> None:
        found = _cleaned(one, fate, reason, backup)
        self._outcomes[one.table, one.partition] = found
        if record:
            self._ledger.record_cleaned([self._recorded(found, fate)])

    def _record_kept(self) -> None:
        self._ledger.record_cleaned(
            [self._recorded(one, Fate.KEPT) for one in self._outcomes.values()]
        )

    def _recorded(self, one: Cleaned, fate: Fate) -> CleanedPartition:
        return CleanedPartition(
            cleaning_id=self._remover.cleaning_id,
            table=one.table,
            partition=one.partition,
            fate=fate,
            rows=one.rows,
            recorded_at=self._workspace.clock.now(),
            backup_id=one.backup_id,
            reason=one.reason,
        )

    def _expire(self) -> None:
        """Remove backups that outlived their own retention; the ledger knows first."""
        backups, now = self._workspace.open_backups, self._workspace.clock.now()
        try:
            ageing = self._workspace.clock.ageing()
            for expiry in expiries(backups, self._options.backups, ageing):
                self._problems += [expiry.problem] if expiry.problem else []
                for old in expiry.expired:
                    reason = f"backup of {old.created_at:%Y-%m-%d %H:%M} UTC"
                    self._ledger.record_cleaned(
                        [
                            CleanedPartition(
                                self._remover.cleaning_id,
                                old.table,
                                day,
                                Fate.EXPIRED,
                                saved.rows,
                                now,
                                old.backup_id,
                                reason,
                            )
                            for day, saved in old.dates.items()
                        ]
                    )
                    backups.remove(old)
                    self._expired.append(old.backup_id)
        except GaplessError as error:
            self._problems.append(f"Old backups were not removed: {error.what}")

    def _report(self) -> CleanReport:
        return CleanReport(
            cleaning_id=self._remover.cleaning_id,
            partitions=tuple(self._outcomes[one.table, one.partition] for one in self._found),
            problems=tuple(self._problems),
            bytes=self._remover.bytes,
            expired=tuple(self._expired),
            location=self._workspace.open_backups.location,
            duration=timedelta(seconds=time.monotonic() - self._timer),
        )
