"""What Gapless needs of a warehouse.

A warehouse executes SELECTs written in DuckDB's dialect, keeps staged rows aside, and replaces
partitions so that readers see the old rows or the new ones together with their publication.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Publication:
    """The warehouse's own record that version v of a partition is published."""

    table: str
    partition: date
    version: int
    run_id: str
    published_at: datetime
    """UTC."""
    state: str
    """`complete`, or `waived` when it was published below its gate."""
    rows: int
    expected: int
    present: int
    content: int
    """Fingerprint of the published rows."""
    definition: str
    """Hash of the statement, its inputs and its expected set."""
    gate: str
    """Hash of the gate the rows passed."""
    inputs: str
    """Hash of what was read: the contents of every input partition in its window."""
    code_version: str
    actor: str
    evidence: Mapping[str, Any]
    """Source choice with measured coverage, exclusions by reason, waiver (JSON)."""


@dataclass(frozen=True)
class PublishRequest:
    """Replace partitions of a table by their staged rows, all of them or none."""

    table: str
    partition: str
    """Name of the partition column."""
    staged: str
    """Relation with the rows of at least these partitions."""
    publications: Sequence[Publication]
    """One for each partition; the next version of it."""
    rewrite: Sequence[date]
    """Partitions whose rows change; for the others only the publication is renewed."""


@dataclass(frozen=True)
class QuarantineRequest:
    """Keep the rows of refused partitions for a look."""

    table: str
    partition: str
    staged: str
    dates: Sequence[date]
    run_id: str
    refused_at: datetime


@dataclass(frozen=True)
class SavedDate:
    """The rows of one date in a backup."""

    rows: int
    hash: str
    """Over all rows whatever their order; the same in every version of the warehouse."""


@dataclass(frozen=True)
class Saved:
    """What a file with saved rows holds, as it was read back."""

    dates: Mapping[date, SavedDate]


@dataclass(frozen=True)
class SavedRows:
    """Some dates of a table, and a Parquet file that has their rows or is to have them."""

    table: str
    partition: str
    dates: Sequence[date]
    file: str


@dataclass(frozen=True)
class Comparison:
    """The live rows of a date beside the saved ones."""

    live: int
    saved: int
    differing: int
    """Rows that only one side has, counted as often as they are there."""

    @property
    def same(self) -> bool:
        """Tell whether both sides have exactly the same rows."""
        return not self.differing


@dataclass(frozen=True)
class Removal:
    """The warehouse's own record that the rows of a date were removed after they were saved."""

    backup_id: str
    table: str
    partition: date
    rows: int
    removed_at: datetime
    """UTC."""


@dataclass(frozen=True)
class RestoreRequest:
    """Bring saved rows back."""

    saved: SavedRows
    columns: Mapping[str, str]
    """Columns and types of the table when they were saved."""
    replaces: SavedRows | None = None
    """A backup of what is live now and goes; without one, nothing may be live."""
    replaced_in: str = ""
    """Id of that backup."""
    at: datetime | None = None


class Warehouse(ABC):
    """A connection to one warehouse; `session` gives further ones for other threads.

    Implementations count every statement they send (`statements`), and raise only
    `gapless.errors`.
    """

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, as the user wrote it."""

    @property
    @abstractmethod
    def statements(self) -> int:
        """Statements sent so far by this warehouse and all its sessions."""

    @abstractmethod
    def close(self) -> None:
        """Give the warehouse back."""

    @abstractmethod
    def session(self) -> Warehouse:
        """Return an independent connection for one other thread; close it there."""

    @abstractmethod
    def fetch(self, sql: str) -> list[Row]:
        """Run a query and return all rows.

        Raises:
            QueryFailed: the warehouse refused it.
            WarehouseFull: no space or memory left.
        """

    @abstractmethod
    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing of interest."""

    @abstractmethod
    def catalog(self) -> dict[str, dict[str, str]]:
        """Return every table or view as `schema.table` → column → type, in one query."""

    @abstractmethod
    def relations_read(self, sql: str) -> set[str]:
        """Return the relations a SELECT reads, its own common table expressions left out.

        Raises:
            QueryFailed: the text is not one SELECT.
        """

    @abstractmethod
    def stage(self, name: str, select: str) -> tuple[str, dict[str, str]]:
        """Compute a SELECT aside, replacing what was staged under that name.

        Staged rows are visible to every session and never to readers of the warehouse; they are
        gone when the process ends, however it ends.

        Returns:
            The relation to read them from, and its columns with their types.
        """

    @abstractmethod
    def unstage(self, names: Sequence[str]) -> None:
        """Drop staged relations; missing ones are fine."""

    @abstractmethod
    def publications(self) -> dict[tuple[str, date], Publication]:
        """Return the newest publication of every partition; empty when nothing was published."""

    @abstractmethod
    def publication_log(self, table: str, partition: date) -> list[Publication]:
        """Return every publication one partition has had, oldest first."""

    @abstractmethod
    def publish(self, request: PublishRequest) -> None:
        """Replace partitions and record their publications in one transaction, then re-read both.

        Either every partition of the request is live with its publication when this returns, or
        none is and an error is raised.

        Raises:
            PublicationConflict: one of the versions was published by somebody else.
            SchemaChanged: the staged columns do not fit the published table.
            WarehouseFull: no space or memory left.
            WarehouseError: what is live after the commit is not what was staged.
        """

    @abstractmethod
    def quarantine(self, request: QuarantineRequest) -> str:
        """Copy refused rows to the quarantine and return the relation they are in."""

    @abstractmethod
    def load_files(self, request: LoadRequest) -> LoadResult:
        """Replace the dates of a source table by the rows of files, where they differ.

        Raises:
            LoadError: a column is missing or a value does not fit its type.
        """

    @abstractmethod
    def save_rows(self, rows: SavedRows) -> None:
        """Write the live rows of some dates into the file, which is replaced."""

    @abstractmethod
    def compare_saved(self, rows: SavedRows, columns: Sequence[str]) -> dict[date, Comparison]:
        """Compare some columns of the live rows of each date with the saved ones, row by row."""

    @abstractmethod
    def remove_saved(self, rows: SavedRows, backup_id: str, at: datetime) -> dict[date, Comparison]:
        """Remove the rows of those dates that the file holds exactly, in one transaction.

        They are compared in that transaction, so what arrived since they were saved stays.

        Returns:
            The comparison of every date; the rows of those that are the `same` are gone.

        Raises:
            WarehouseError: other rows went than were compared; nothing was removed.
        """

    @abstractmethod
    def merge_saved(
        self,
        parts: Sequence[SavedRows],
        merged: SavedRows,
        columns: Sequence[str],
        key: Sequence[str],
    ) -> set[date]:
        """Write the rows of several files into one, each as often as the file that has most of it.

        Args:
            parts: The files; the table itself is not read.
            merged: The file to write, and the dates that go into it.
            columns: The columns of all of them.
            key: What identifies a row of a date; nothing where that is not known.

        Returns:
            The dates of which one file has other rows of a key than another.
        """

    @abstractmethod
    def removals(self) -> list[Removal]:
        """Return every removal there was, oldest first."""

    @abstractmethod
    def restore_saved(self, request: RestoreRequest) -> None:
        """Bring back the saved rows of all dates in one transaction, and compare them there.

        Raises:
            PublicationConflict: other rows are live than the request says.
            SchemaChanged: the table has no place for a saved column.
            WarehouseError: what would be live is not what was saved; nothing was changed.
        """

    @abstractmethod
    def free_bytes(self) -> int | None:
        """Return the disk space left for the warehouse; None when it cannot be known."""


class Tables(ABC):
    """Tables to look at that nobody declared, wherever they are; reads only.

    Much less than a warehouse, so that a folder of files can be one, too. Implementations count
    every statement they send, and raise only `gapless.errors`.
    """

    @property
    @abstractmethod
    def location(self) -> str:
        """Where they are, as the user wrote it."""

    @property
    @abstractmethod
    def statements(self) -> int:
        """Statements sent so far."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the name of every table or view, sorted."""

    @abstractmethod
    def columns(self, name: str) -> dict[str, str]:
        """Return column → DuckDB type of one of the names."""

    @abstractmethod
    def source(self, name: str) -> str:
        """Return what stands behind FROM to read one of the names."""

    @abstractmethod
    def fetch(self, sql: str) -> list[Row]:
        """Run a query and return all rows.

        Raises:
            QueryFailed: it was refused.
            WarehouseFull: no space or memory left.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of them."""


@dataclass(frozen=True)
class LoadRequest:
    """Files with the rows of one source table."""

    table: str
    partition: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    """Declared columns and types."""
    files: Sequence[str]
    """Parquet or CSV files of one format."""
    moves: bool = False
    """Rows whose key is in the files with another date are removed from their old date."""


@dataclass(frozen=True)
class LoadResult:
    """What a load did, by partition."""

    table: str
    rows: int
    dates: int
    replaced: int
    """Dates whose rows differed and were replaced."""
    added: int
    """Dates that had no rows."""
    unchanged: int
    moved: int = 0
    """Rows that left their old date."""
