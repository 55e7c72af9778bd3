"""Backups: written, read back and compared; a backup that cannot be read is none."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gapless.errors import BackupDamaged, BackupFailed, GaplessError
from gapless.ledger.cleanings import Purpose
from gapless.retention.interface import MANIFEST, ROWS, Manifest, Place
from gapless.warehouse.interface import Saved

Reader = Callable[[Path, str, Mapping[str, str]], Saved]
"""Reads a file with saved rows: file, partition column, columns with their types."""


@dataclass(frozen=True)
class ToSave:
    """What a backup is to say of itself, before its rows are written."""

    backup_id: str
    cleaning_id: str
    pipeline: str
    table: str
    partition: str
    columns: Mapping[str, str]
    created_at: datetime
    code_version: str
    reason: str
    purpose: Purpose


@dataclass(frozen=True)
class Found:
    """What lies in a place."""

    backups: tuple[Manifest, ...]
    """Oldest first."""
    unfinished: Mapping[str, tuple[str, ...]]
    """Id of a backup that was never finished → its files."""
    damaged: Mapping[str, str]
    """Id of a backup whose manifest cannot be read → why."""

    @property
    def ids(self) -> set[str]:
        """Ids of all of them, whatever their state."""
        return {one.backup_id for one in self.backups} | {*self.unfinished, *self.damaged}

    def of(self, table: str) -> list[Manifest]:
        """Return the backups of one table, oldest first."""
        return [backup for backup in self.backups if backup.table == table]


class Backups:
    """The backups of one pipeline in a place.

    Args:
        place: Where they are kept.
        pipeline: Name of the pipeline.
        reader: Reads files with saved rows.
    """

    def __init__(self, place: Place, pipeline: str, reader: Reader) -> None:
        self._place = place
        self._pipeline = pipeline
        self._reader = reader

    @property
    def location(self) -> str:
        """Where they are kept, as the user wrote it."""
        return self._place.location

    def save(self, wanted: ToSave, write: Callable[[Path], None]) -> Manifest:
        """Write rows, read them back, and write the manifest last.

        Args:
            wanted: What is to be saved.
            write: Writes the rows into a file.

        Raises:
            BackupFailed: the place cannot be written.
            BackupDamaged: what was read back is not what was written.
        """
        with tempfile.TemporaryDirectory(prefix="gapless-backup-") as folder:
            file = Path(folder) / ROWS
            write(file)
            written = self._reader(file, wanted.partition, wanted.columns)
            manifest = Manifest(
                **vars(wanted),
                dates=dict(written.dates),
                bytes=file.stat().st_size,
                sha256=_sha256(file),
            )
            self._place.put(f"{manifest.folder}/{ROWS}", file)
            with self.opened(manifest):
                pass
            text = Path(folder) / MANIFEST
            text.write_text(manifest.as_text(), encoding="utf-8")
            self._place.put(f"{manifest.folder}/{MANIFEST}", text)
        if self._read_manifest(manifest.folder) != manifest:
            raise BackupDamaged(
                f"Backup {manifest.backup_id}: its manifest was read back otherwise than it was "
                "written.",
                untouched="No row was removed.",
            )
        return manifest

    @contextmanager
    def opened(self, manifest: Manifest) -> Iterator[Path]:
        """Offer the file with the rows of a backup, after reading all of it.

        Raises:
            BackupDamaged: it does not hold what the manifest says.
        """
        where = f"Backup {manifest.backup_id} of {manifest.table} in {self.location}"
        with self._place.got(f"{manifest.folder}/{ROWS}") as file:
            try:
                size, digest = file.stat().st_size, _sha256(file)
            except OSError as error:
                raise _damaged(f"{where} cannot be read: {_why(error)}.") from error
            if (size, digest) != (manifest.bytes, manifest.sha256):
                raise _damaged(
                    f"{where} is damaged: {manifest.bytes:,} bytes were written, and of the "
                    f"{size:,} that are there not all are the same."
                )
            try:
                found = self._reader(file, manifest.partition, manifest.columns)
            except GaplessError as error:
                raise _damaged(f"{where} cannot be read: {error.what}") from error
            except (OSError, OverflowError, ValueError) as error:
                raise _damaged(f"{where} cannot be read: {_why(error)}.") from error
            if dict(found.dates) != dict(manifest.dates):
                raise _damaged(f"{where} does not hold the rows that its manifest names.")
            yield file

    def found(self) -> Found:
        """Return what lies there: finished backups, unfinished ones, and damaged manifests."""
        folders: dict[str, list[str]] = {}
        for name in self._place.names():
            parts = name.split("/")
            if len(parts) == 4 and parts[0] == self._pipeline:  # noqa: PLR2004 - pipeline, table, id, file
                folders.setdefault("/".join(parts[:3]), []).append(name)
        backups, unfinished, damaged = [], {}, {}
        for folder, names in folders.items():
            backup_id = folder.rsplit("/", maxsplit=1)[-1]
            if f"{folder}/{MANIFEST}" not in names:
                unfinished[backup_id] = tuple(names)
                continue
            try:
                backups.append(self._read_manifest(folder))
            except (BackupDamaged, BackupFailed) as error:
                damaged[backup_id] = error.what
        backups.sort(key=lambda backup: (backup.created_at, backup.backup_id))
        return Found(tuple(backups), unfinished, damaged)

    def problem(self, manifest: Manifest) -> str:
        """Read a whole backup and say what is wrong with it; empty when nothing is."""
        try:
            with self.opened(manifest):
                return ""
        except GaplessError as error:
            return error.what

    def forget(self, names: Iterator[str] | tuple[str, ...]) -> None:
        """Remove files of unfinished backups."""
        for name in names:
            self._place.remove(name)

    def remove(self, manifest: Manifest) -> None:
        """Remove a backup; interrupted, what is left of it counts as unfinished."""
        self._place.remove(f"{manifest.folder}/{MANIFEST}")
        self._place.remove(f"{manifest.folder}/{ROWS}")

    def _read_manifest(self, folder: str) -> Manifest:
        name = f"{folder}/{MANIFEST}"
        with self._place.got(name) as file:
            try:
                text = file.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise _damaged(f"{self.location}/{name} cannot be read: {_why(error)}.") from error
        manifest = Manifest.read(text, f"{self.location}/{name}")
        if manifest.folder != folder:
            raise BackupDamaged(f"{self.location}/{name} is the manifest of {manifest.folder}.")
        return manifest


def _damaged(what: str) -> BackupDamaged:
    return BackupDamaged(
        what,
        untouched="No row was removed or brought back because of it.",
        advice="See which backups can be trusted: gapless backups --verify",
    )


def _why(error: Exception) -> str:
    """Say in a few words what Python could not do."""
    said = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return str(said or error)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
