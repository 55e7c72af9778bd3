"""Restoring: rows that were removed are brought back from their backups, identically."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from gapless.errors import GaplessError, LedgerUnavailable, UsageError, nearest
from gapless.events import BatchCleaned, Listener, ignore
from gapless.ledger.cleanings import CleanedPartition, Cleaning, Fate, Purpose
from gapless.retention.interface import Manifest
from gapless.retention.removing import Remover
from gapless.retention.settling import relied_on, settle, without_manifest
from gapless.run.leases import LeaseKeeper
from gapless.run.settings import default_actor
from gapless.verbs.backups import Wanted, wanted_backups
from gapless.verbs.stale import holder_of, new_cleaning_id
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import RestoreRequest, SavedRows
from gapless.wording import plural

THERE = "already there"
REFUSED = "refused"
WOULD_RESTORE = "would_restore"
WOULD_REPLACE = "would_replace"
FINE = frozenset({THERE, WOULD_RESTORE, WOULD_REPLACE, str(Fate.RESTORED)})


@dataclass(frozen=True)
class RestoreOptions:
    """What is to be brought back."""

    wanted: Wanted = field(default_factory=Wanted)
    overwrite: bool = False
    """Replace other rows that are there; they are saved first."""
    dry_run: bool = False
    command: str = "restore"
    actor: str = field(default_factory=default_actor)


@dataclass(frozen=True)
class Restored:
    """What became of one date."""

    table: str
    partition: date
    outcome: str
    """`restored`, `already there`, `refused`, `failed`; in a dry run `would_restore`,
    `would_replace`."""
    reason: str
    rows: int
    """Saved rows."""
    live: int
    """Rows that were there before."""
    backup_id: str

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return vars(self) | {"partition": self.partition.isoformat()}


@dataclass(frozen=True)
class RestoreReport:
    """Every date that was asked for and has a backup is in here once."""

    cleaning_id: str
    """Empty for a dry run."""
    partitions: tuple[Restored, ...]
    location: str
    damaged: tuple[str, ...] = ()
    """Why backups cannot be read whose dates are therefore unknown, each as a sentence."""

    @property
    def restored_rows(self) -> int:
        """How many rows were brought back."""
        return sum(one.rows for one in self.partitions if one.outcome == Fate.RESTORED)

    @property
    def problems(self) -> tuple[str, ...]:
        """What should have been done and was not, each as a sentence."""
        left = [
            f"{one.table} {one.partition}: {one.reason}"
            for one in self.partitions
            if one.outcome not in FINE
        ]
        return (*left, *self.damaged)

    @property
    def exit_code(self) -> int:
        """0: all of it is there now, or would be; 1: some is not."""
        return 1 if self.problems else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "restore": self.cleaning_id,
            "restored_rows": self.restored_rows,
            "location": self.location,
            "problems": list(self.problems),
            "partitions": [one.as_data() for one in self.partitions],
        }


def restore(
    workspace: Workspace, options: RestoreOptions | None = None, listener: Listener = ignore
) -> RestoreReport:
    """Bring saved rows back, each date from the newest backup that holds it.

    A date whose rows are those of the backup is left alone, so it can simply be run again. One
    that holds other rows is refused, unless they are to be replaced; they are saved first then.

    Args:
        workspace: Opened for writing; for a dry run reading is enough.
        options: What to bring back.
        listener: Told about every backup that was brought back.

    Raises:
        UsageError: there is no backup of what was asked for.
    """
    options = options or RestoreOptions()
    backups = workspace.open_backups
    if not options.dry_run:
        ledger = workspace.open_ledger
        ledger.open()
        name, now = workspace.pipeline.name, workspace.clock.now()
        settle(workspace.warehouse, ledger, backups, name, now)
    chosen = wanted_backups(backups, workspace.pipeline, options.wanted)
    if not chosen:
        known = sorted({backup.backup_id for backup in backups.found().backups})
        hint = nearest(options.wanted.backup_id, known) if options.wanted.backup_id else ""
        raise UsageError(
            f"{backups.location} has no backup of what was asked for. {hint}".rstrip(),
            untouched="Nothing was restored.",
            advice="See what is there: gapless backups",
        )
    return _Work(workspace, options, listener).done(chosen)


class _Work:
    """One restore."""

    def __init__(self, workspace: Workspace, options: RestoreOptions, listener: Listener) -> None:
        self._workspace = workspace
        self._options = options
        self._listener = listener
        self._catalog = workspace.warehouse.catalog()
        self._id = "" if options.dry_run else new_cleaning_id(workspace)
        self._outcomes: list[Restored] = []

    def done(self, chosen: Sequence[tuple[Manifest, list[date]]]) -> RestoreReport:
        """Bring back some dates of some backups."""
        if self._options.dry_run:
            for manifest, days in chosen:
                self._outcomes += self._looked_at(manifest, days)
            return self._report()
        ledger, clock = self._workspace.open_ledger, self._workspace.clock
        begun = Cleaning(
            cleaning_id=self._id,
            pipeline=self._workspace.pipeline.name,
            purpose=Purpose.RESTORE,
            command=self._options.command,
            actor=self._options.actor,
            started_at=clock.now(),
        )
        ledger.record_cleaning(begun)
        remover = self._remover()
        with LeaseKeeper(ledger, holder_of(self._id, self._options.actor), clock) as leases:
            wanted: dict[str, list[date]] = {}
            for manifest, days in chosen:
                wanted.setdefault(manifest.table, []).extend(days)
            held = leases.acquire(wanted)
            for number, (manifest, days) in enumerate(chosen, 1):
                free = [day for day in days if (manifest.table, day) not in held]
                self._outcomes += [
                    _outcome(manifest, day, REFUSED, "a run is at work on it")
                    for day in days
                    if day not in free
                ]
                leases.check(manifest.table, days)
                if free:
                    self._restore(manifest, free, remover)
                self._listener(BatchCleaned(manifest.table, manifest.rows, number, len(chosen)))
        report = self._report()
        ledger.record_cleaning(
            replace(
                begun,
                finished_at=clock.now(),
                exit_code=report.exit_code,
                deleted_rows=sum(
                    one.live for one in report.partitions if one.outcome == Fate.RESTORED
                ),
                restored_rows=report.restored_rows,
                bytes=remover.bytes,
                problems=report.problems,
            )
        )
        return report

    def _remover(self) -> Remover:
        return Remover(
            warehouse=self._workspace.warehouse,
            ledger=self._workspace.open_ledger,
            backups=self._workspace.open_backups,
            pipeline=self._workspace.pipeline,
            clock=self._workspace.clock,
            cleaning_id=self._id,
            code_version=self._workspace.code_version,
            purpose=Purpose.RESTORE,
        )

    def _restore(self, manifest: Manifest, days: list[date], remover: Remover) -> None:
        seen = self._looked_at(manifest, days)
        todo = [one for one in seen if one.outcome in (WOULD_RESTORE, WOULD_REPLACE)]
        self._outcomes += [one for one in seen if one not in todo]
        for outcome in (WOULD_RESTORE, WOULD_REPLACE):
            some = [one for one in todo if one.outcome == outcome]
            if some:
                self._outcomes += self._brought_back(manifest, some, remover)

    def _looked_at(self, manifest: Manifest, days: list[date]) -> list[Restored]:
        """Say of each date what there is to do, after reading the whole backup."""
        try:
            with self._workspace.open_backups.opened(manifest) as file:
                return [
                    self._foreseen(manifest, day, *counts)
                    for day, counts in self._counts(manifest, days, file).items()
                ]
        except GaplessError as error:
            return [_outcome(manifest, day, Fate.FAILED, error.what) for day in days]

    def _counts(
        self, manifest: Manifest, days: list[date], file: Path
    ) -> dict[date, tuple[int, bool]]:
        """Return how many rows of each date are live, and whether they are the saved ones."""
        if manifest.table not in self._catalog:
            return dict.fromkeys(days, (0, False))
        compared = self._workspace.warehouse.compare_saved(
            _rows(manifest, days, file), list(manifest.columns)
        )
        return {day: (one.live, one.same) for day, one in compared.items()}

    def _foreseen(self, manifest: Manifest, day: date, live: int, same: bool) -> Restored:
        if same:
            return _outcome(manifest, day, THERE, "the rows of the backup are there", live)
        if not live:
            return _outcome(manifest, day, WOULD_RESTORE, "no rows are there")
        there = f"{plural(live, 'other row')} there, newer than the backup"
        if self._options.overwrite:
            return _outcome(manifest, day, WOULD_REPLACE, f"{there}; saved first", live)
        return _outcome(
            manifest,
            day,
            REFUSED,
            f"{there}; to replace them, saving them first: --overwrite",
            live,
        )

    def _brought_back(
        self, manifest: Manifest, todo: list[Restored], remover: Remover
    ) -> list[Restored]:
        days = [one.partition for one in todo]
        try:
            with ExitStack() as opened:
                backups = self._workspace.open_backups
                file = opened.enter_context(backups.opened(manifest))
                request = RestoreRequest(
                    _rows(manifest, days, file),
                    manifest.columns,
                    at=self._workspace.clock.now(),
                )
                if todo[0].live:
                    columns = self._catalog[manifest.table]
                    reason = f"replaced by backup {manifest.backup_id}"
                    saved = remover.save(manifest.table, columns, days, reason)
                    kept = opened.enter_context(backups.opened(saved))
                    request = replace(
                        request, replaces=_rows(saved, days, kept), replaced_in=saved.backup_id
                    )
                self._workspace.warehouse.restore_saved(request)
        except LedgerUnavailable:
            raise
        except GaplessError as error:
            return [replace(one, outcome=str(Fate.FAILED), reason=error.what) for one in todo]
        done = [
            replace(one, outcome=str(Fate.RESTORED), reason=f"from backup {one.backup_id}")
            for one in todo
        ]
        now = self._workspace.clock.now()
        self._workspace.open_ledger.record_cleaned(
            [
                CleanedPartition(
                    cleaning_id=self._id,
                    table=one.table,
                    partition=one.partition,
                    fate=Fate.RESTORED,
                    rows=one.rows,
                    recorded_at=now,
                    backup_id=one.backup_id,
                    reason=one.reason,
                )
                for one in done
            ]
        )
        return done

    def _report(self) -> RestoreReport:
        ordered = sorted(self._outcomes, key=lambda one: (one.table, one.partition))
        backups = self._workspace.open_backups
        # One that is named needs no others.
        named = self._options.wanted.backup_id
        damaged = () if named else self._unreadable()
        return RestoreReport(self._id, tuple(ordered), backups.location, damaged)

    def _unreadable(self) -> tuple[str, ...]:
        """Say of which backups it is unknown what they hold."""
        found, ledger = self._workspace.open_backups.found(), self._workspace.ledger
        relied = relied_on(ledger.cleaned() if ledger is not None else ())
        return (*found.damaged.values(), *without_manifest(found, relied).values())


def _rows(manifest: Manifest, days: Sequence[date], file: Path) -> SavedRows:
    return SavedRows(manifest.table, manifest.partition, tuple(days), str(file))


def _outcome(manifest: Manifest, day: date, outcome: str, reason: str, live: int = 0) -> Restored:
    rows = manifest.dates[day].rows
    return Restored(manifest.table, day, str(outcome), reason, rows, live, manifest.backup_id)
