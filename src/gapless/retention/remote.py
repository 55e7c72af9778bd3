"""Backups at any address that fsspec knows, e.g. `gs://bucket/backups` or `s3://bucket/backups`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gapless.errors import BackupDamaged, BackupFailed, ConfigError
from gapless.retention.interface import Place

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class RemotePlace(Place):
    """A folder of a file system that fsspec knows.

    Args:
        location: Its address.

    Raises:
        ConfigError: fsspec or the driver for the address is not installed.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra

            self._files: AbstractFileSystem
            self._files, self._root = url_to_fs(location)
        except ImportError as error:
            raise ConfigError(
                f"{location} cannot be used: {error}.",
                untouched="Nothing was read or written.",
                advice="Install what it needs: pip install 'gapless[remote]', and fsspec's driver "
                "for the address, e.g. gcsfs or s3fs.",
            ) from error
        except ValueError as error:
            raise ConfigError(f"{location} is no address that fsspec knows: {error}.") from error
        self._files.use_listings_cache = False

    @property
    def location(self) -> str:
        """Its address."""
        return self._location

    def names(self) -> list[str]:
        """Return the name of every file, sorted."""
        with self._translated("list"):
            self._files.invalidate_cache()
            if not self._files.exists(self._root):
                return []
            found = self._files.find(self._root)
        return sorted(str(name).removeprefix(self._root).lstrip("/") for name in found)

    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name; a store for objects takes it whole or not at all."""
        with self._translated("write"):
            place = self._place(name)
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(file), place)

    @contextmanager
    def got(self, name: str) -> Iterator[Path]:
        """Offer a copy of the file."""
        with tempfile.TemporaryDirectory(prefix="gapless-backup-") as folder:
            copy = Path(folder) / name.rpartition("/")[2]
            try:
                with self._translated("read"):
                    self._files.get_file(self._place(name), str(copy))
            except FileNotFoundError:
                raise BackupDamaged(
                    f"{self._location}/{name} is not there.",
                    advice="See what is there: gapless backups --verify",
                ) from None
            yield copy

    def remove(self, name: str) -> None:
        """Remove a file; a missing one is fine."""
        with self._translated("remove"):
            if self._files.exists(self._place(name)):
                self._files.rm_file(self._place(name))

    def _place(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # every driver has errors of its own
            raise BackupFailed(
                f"The place for backups, {self._location}, cannot be used: to {action} failed: "
                f"{type(error).__name__}: {' '.join(str(error).split())}.",
                untouched="No row was removed whose backup is not there.",
                advice="Check its name and your rights, or name another place: --backups PLACE",
            ) from error
