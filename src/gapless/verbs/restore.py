"""Restoring: rows that were removed are brought back from their backups, identically."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gapless.errors import GaplessError, LedgerUnavailable, UsageError, nearest
from gapless.events import BatchCleaned, Listener, ignore
from gapless.ledger.cleanings import CleanedPartition, Cleaning, Fate, Purpose
from gapless.retention.removing import Remover
from gapless.retention.settling import relied_on, settle, without_manifest
from gapless.retention.together import Chosen
from gapless.run.leases import LeaseKeeper
from gapless.run.settings import default_actor
from gapless.verbs.backups import Wanted, wanted_backups
from gapless.verbs.stale import holder_of, new_cleaning_id
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Comparison, RestoreRequest, SavedRows
from gapless.wording import plural

THERE = "already there"
REFUSED = "refused"
WOULD_RESTORE = "would_restore"
WOULD_REPLACE = "would_replace"
CHOOSE = "choose one: --backup ID"
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
    """The newest it is in, or would be brought back from."""

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
    """Bring saved rows back, each date from all backups with rows of it that are not there.

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
    told = workspace.ledger.cleaned() if workspace.ledger is not None else []
    chosen = wanted_backups(backups, workspace.pipeline, options.wanted, told)
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

    def done(self, chosen: Sequence[tuple[Chosen, list[date]]]) -> RestoreReport:
        """Bring back some dates of some backups."""
        if self._options.dry_run:
            for backup, days in chosen:
                self._outcomes += self._looked_at(backup, days)
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
            for backup, days in chosen:
                wanted.setdefault(backup.table, []).extend(days)
            held = leases.acquire(wanted)
            for number, (backup, days) in enumerate(chosen, 1):
                free = [day for day in days if (backup.table, day) not in held]
                self._outcomes += [
                    _outcome(backup, day, REFUSED, "a run is at work on it")
                    for day in days
                    if day not in free
                ]
                leases.check(backup.table, days)
                if free:
                    self._restore(backup, free, remover)
                self._listener(BatchCleaned(backup.table, backup.newest.rows, number, len(chosen)))
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

    def _restore(self, backup: Chosen, days: list[date], remover: Remover) -> None:
        seen = self._looked_at(backup, days)
        todo = [one for one in seen if one.outcome in (WOULD_RESTORE, WOULD_REPLACE)]
        self._outcomes += [one for one in seen if one not in todo]
        for outcome in (WOULD_RESTORE, WOULD_REPLACE):
            some = [one for one in todo if one.outcome == outcome]
            if some:
                self._outcomes += self._brought_back(backup, some, remover)

    def _opened(
        self, backup: Chosen, days: list[date]
    ) -> AbstractContextManager[tuple[SavedRows, Collection[date]]]:
        table = self._workspace.pipeline.tables.get(backup.table)
        key = table.key if table is not None else ()
        backups, warehouse = self._workspace.open_backups, self._workspace.warehouse
        return backup.opened(backups, warehouse, days, key)

    def _looked_at(self, backup: Chosen, days: list[date]) -> list[Restored]:
        """Say of each date what there is to do, after reading the whole backup."""
        try:
            with self._opened(backup, days) as (rows, clashing):
                counts = self._counts(backup, rows)
        except GaplessError as error:
            return [_outcome(backup, day, Fate.FAILED, error.what) for day in days]
        return [
            _outcome(backup, day, REFUSED, f"{backup.names} have different rows of a key; {CHOOSE}")
            if day in clashing
            else self._foreseen(backup, day, one)
            for day, one in counts.items()
        ]

    def _counts(self, backup: Chosen, rows: SavedRows) -> dict[date, Comparison]:
        """Compare what is live with what was saved."""
        if backup.table not in self._catalog:
            saved = {day: backup.rows_of(day) for day in rows.dates}
            return {day: Comparison(0, count, count) for day, count in saved.items()}
        columns = list(backup.newest.columns)
        return self._workspace.warehouse.compare_saved(rows, columns)

    def _foreseen(self, backup: Chosen, day: date, seen: Comparison) -> Restored:
        if seen.same:
            return _outcome(backup, day, THERE, "the rows of the backup are there", seen)
        if not seen.live:
            return _outcome(backup, day, WOULD_RESTORE, "no rows are there", seen)
        there = f"{plural(seen.live, 'other row')} there, newer than the backup"
        if self._options.overwrite:
            return _outcome(backup, day, WOULD_REPLACE, f"{there}; saved first", seen)
        return _outcome(
            backup,
            day,
            REFUSED,
            f"{there}; to replace them, saving them first: --overwrite",
            seen,
        )

    def _brought_back(
        self, backup: Chosen, todo: list[Restored], remover: Remover
    ) -> list[Restored]:
        days = [one.partition for one in todo]
        try:
            with ExitStack() as opened:
                rows, _ = opened.enter_context(self._opened(backup, days))
                request = RestoreRequest(
                    rows, backup.newest.columns, at=self._workspace.clock.now()
                )
                if todo[0].live:
                    columns = self._catalog[backup.table]
                    saved = remover.save(backup.table, columns, days, f"replaced by {backup.names}")
                    kept = opened.enter_context(self._workspace.open_backups.opened(saved))
                    request = replace(
                        request,
                        replaces=replace(rows, file=str(kept)),
                        replaced_in=saved.backup_id,
                    )
                self._workspace.warehouse.restore_saved(request)
        except LedgerUnavailable:
            raise
        except GaplessError as error:
            return [replace(one, outcome=str(Fate.FAILED), reason=error.what) for one in todo]
        done = [
            replace(one, outcome=str(Fate.RESTORED), reason=f"from {backup.names}") for one in todo
        ]
        self._record(backup, done)
        return done

    def _record(self, backup: Chosen, done: list[Restored]) -> None:
        """Tell the ledger; the rows are counted with the newest of several backups."""
        now = self._workspace.clock.now()
        self._workspace.open_ledger.record_cleaned(
            [
                CleanedPartition(
                    cleaning_id=self._id,
                    table=one.table,
                    partition=one.partition,
                    fate=Fate.RESTORED,
                    rows=one.rows if manifest is backup.newest else 0,
                    recorded_at=now,
                    backup_id=manifest.backup_id,
                    reason=one.reason,
                )
                for one in done
                for manifest in backup.manifests
            ]
        )

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


def _outcome(
    backup: Chosen, day: date, outcome: str, reason: str, seen: Comparison | None = None
) -> Restored:
    saved, live = (seen.saved, seen.live) if seen is not None else (backup.rows_of(day), 0)
    return Restored(backup.table, day, str(outcome), reason, saved, live, backup.newest.backup_id)
