"""Places for backups, and what a backup says of itself."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gapless.errors import BackupDamaged
from gapless.ledger.cleanings import Purpose
from gapless.warehouse.interface import SavedDate

FORMAT = 1
ROWS = "rows.parquet"
MANIFEST = "manifest.json"
_NOT_OURS = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What reading a text that is no manifest of ours may raise."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds; written last, so a backup without one was never finished."""

    backup_id: str
    cleaning_id: str
    pipeline: str
    table: str
    partition: str
    """Name of the partition column."""
    columns: Mapping[str, str]
    """Columns and types of the table."""
    dates: Mapping[date, SavedDate]
    bytes: int
    sha256: str
    """Of the file with the rows."""
    created_at: datetime
    code_version: str
    reason: str
    purpose: Purpose
    """Whether its rows outlived their retention, or made way for restored ones."""

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(saved.rows for saved in self.dates.values())

    @property
    def folder(self) -> str:
        """Where it lies in its place."""
        return f"{self.pipeline}/{self.table}/{self.backup_id}"

    def as_data(self) -> dict[str, Any]:
        """Return what the file says, and what `--json` prints."""
        return {
            "format": FORMAT,
            "backup": self.backup_id,
            "cleaning": self.cleaning_id,
            "pipeline": self.pipeline,
            "table": self.table,
            "partition": self.partition,
            "columns": dict(self.columns),
            "dates": {
                day.isoformat(): {"rows": saved.rows, "hash": saved.hash}
                for day, saved in self.dates.items()
            },
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "created_at": self.created_at.isoformat(),
            "code_version": self.code_version,
            "reason": self.reason,
            "purpose": self.purpose.value,
        }

    def as_text(self) -> str:
        """Return the text of the file, sealed: a changed letter is noticed."""
        data = self.as_data()
        return json.dumps(data | {"seal": _seal(data)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, text: str, where: str) -> Manifest:
        """Read what `as_text` wrote.

        Raises:
            BackupDamaged: it is no manifest of ours, or only a part of one.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise BackupDamaged(
                    f"{where} is of format {data['format']}; this program reads format {FORMAT}.",
                    advice="Use the version of Gapless that wrote it.",
                )
            seal = data.pop("seal")
            if seal != _seal(data):
                raise BackupDamaged(f"{where} is damaged: it does not say what was written.")
            return cls(
                backup_id=data["backup"],
                cleaning_id=data["cleaning"],
                pipeline=data["pipeline"],
                table=data["table"],
                partition=data["partition"],
                columns=data["columns"],
                dates={
                    date.fromisoformat(day): SavedDate(saved["rows"], saved["hash"])
                    for day, saved in data["dates"].items()
                },
                bytes=data["bytes"],
                sha256=data["sha256"],
                created_at=datetime.fromisoformat(data["created_at"]),
                code_version=data["code_version"],
                reason=data["reason"],
                purpose=Purpose(data["purpose"]),
            )
        except _NOT_OURS as error:
            raise BackupDamaged(
                f"{where} cannot be understood ({type(error).__name__}): it is damaged or cut off.",
                advice="See what else is there: gapless backups --verify",
            ) from error


def _seal(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


class Place(ABC):
    """Where backups are kept: files by name, with `/` between the parts.

    Implementations raise only `gapless.errors`.
    """

    @property
    @abstractmethod
    def location(self) -> str:
        """Where it is, as the user wrote it."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the name of every file, sorted; none where the place does not exist yet."""

    @abstractmethod
    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name: whole and durable, or not at all."""

    @abstractmethod
    def got(self, name: str) -> AbstractContextManager[Path]:
        """Offer a file to read that holds what is kept under a name.

        Raises:
            BackupDamaged: nothing is kept there.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; a missing one is fine."""
