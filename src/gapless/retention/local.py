"""Backups in a local folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gapless.errors import BackupDamaged, BackupFailed
from gapless.retention.interface import Place

_UNFINISHED = ".unfinished"


class LocalPlace(Place):
    """A folder; it is made when the first backup is written.

    Args:
        location: The folder.
    """

    def __init__(self, location: str) -> None:
        self._root = Path(location)

    @property
    def location(self) -> str:
        """The folder."""
        return str(self._root)

    def names(self) -> list[str]:
        """Return the name of every file, sorted."""
        with self._translated("read"):
            files = (file for file in self._root.rglob("*") if file.is_file())
            return sorted(file.relative_to(self._root).as_posix() for file in files)

    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name: on the disk, with its name, when this returns."""
        place = self._root / name
        beside = place.with_name(place.name + _UNFINISHED)
        with self._translated("write"):
            place.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as source, beside.open("wb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            beside.replace(place)
            self._sync_folders(place.parent)

    @contextmanager
    def got(self, name: str) -> Iterator[Path]:
        """Offer the file itself."""
        place = self._root / name
        try:
            there = place.is_file()
        except OSError as error:
            raise BackupDamaged(
                f"{place} cannot be read: {error.strerror or error}.",
                advice="Correct its rights, then see: gapless backups --verify",
            ) from error
        if not there:
            raise BackupDamaged(
                f"{place} is not there.", advice="See what is there: gapless backups --verify"
            )
        yield place

    def remove(self, name: str) -> None:
        """Remove a file, and the folders that it leaves empty."""
        place = self._root / name
        with self._translated("remove"):
            place.unlink(missing_ok=True)
            with suppress(OSError):
                for folder in place.parents:
                    if folder == self._root:
                        break
                    folder.rmdir()

    def _sync_folders(self, folder: Path) -> None:
        """Make the names durable, not only what the files hold."""
        for place in (folder, *folder.parents):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            if place == self._root:
                break

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackupFailed(
                f"The folder for backups, {self._root}, cannot be used: to {action} "
                f"{error.filename or 'a file'} failed: {error.strerror or error}.",
                untouched="No row was removed whose backup is not there.",
                advice="Make room or correct its rights, or name another folder: --backups FOLDER",
            ) from error
