"""Rows, publications and raw access that the warehouse contract is written with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from gapless.sql.contents import contents_query
from gapless.warehouse.interface import (
    Publication,
    PublishRequest,
    Row,
    Warehouse,
)

TABLE = "mart.scores"
SOURCE = "raw.scores"
DAY = date(2024, 2, 28)
"""Before a leap day."""
NOON = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
AWKWARD = 'O\'Neal "100 %" ŠĐ – 篮球 🏀\n\t\\ $1 {x}'
"""Words that quoting, formatting or encoding could spoil."""
COLUMNS = {"day": "DATE", "player": "INTEGER", "name": "VARCHAR", "points": "DOUBLE"}


class RawAccess(ABC):
    """The warehouse as anybody else sees it: no part of the code under test."""

    @abstractmethod
    def execute(self, sql: str) -> None:
        """Run a statement in the warehouse's own dialect."""

    @abstractmethod
    def rows(self, table: str) -> list[Row]:
        """Return the rows of a relation, sorted, with the columns in their own order."""

    @abstractmethod
    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a relation with their types."""

    @abstractmethod
    def create(self, table: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Create a table, and its schema, with rows in it."""

    @abstractmethod
    def published(self) -> list[tuple[str, date, int]]:
        """Return table, partition and version of every publication on record, sorted."""

    @abstractmethod
    def seen(self, table: str, day: date) -> tuple[int | None, set[float]]:
        """Return newest version and points of a partition, both as of the same moment."""

    @abstractmethod
    def poisoned(self, columns: Mapping[str, str], good: Row) -> str:
        """Return a staged relation that can be described, but fails while its rows are read."""

    @abstractmethod
    def write_parquet(self, file: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Write a Parquet file."""


def day(number: int) -> date:
    """Return a day; 0 is the first."""
    return DAY + timedelta(days=number)


def score(number: int, player: int, points: float = 1.0, name: str | None = "Ann") -> Row:
    """Return a row of one of the days."""
    return (day(number), player, name, points)


def values(columns: Mapping[str, str], rows: Sequence[Row]) -> str:
    """SELECT of constant rows, written here and not by the code under test."""

    def text(value: object) -> str:
        if value is None:
            return "NULL"
        return str(value) if isinstance(value, int | float) else "'" + quoted(str(value)) + "'"

    def one(row: Row) -> str:
        parts = zip(columns.items(), row, strict=True)
        return ", ".join(
            f'CAST({text(value)} AS {kind}) AS "{name}"' for (name, kind), value in parts
        )

    if rows:
        return " UNION ALL ".join(f"SELECT {one(row)}" for row in rows)
    return f"SELECT {one([None] * len(columns))} WHERE 1 = 0"  # type: ignore[arg-type]


def quoted(text: str) -> str:
    """Double the quotes of a text for SQL."""
    return text.replace("'", "''")


def publication(number: int, version: int = 1, **changes: Any) -> Publication:
    """Return a publication in which every field says something of its own."""
    whole = Publication(
        table=TABLE,
        partition=day(number),
        version=version,
        run_id="run-a",
        published_at=NOON,
        state="complete",
        rows=0,
        expected=7,
        present=6,
        content=0,
        definition="d1",
        gate="g1",
        inputs="i1",
        code_version="1.2.3",
        actor="ann@here",
        evidence={"path": "historical", "choices": {"feed": {"chosen": None, "n": [1, 2.5]}}},
    )
    return replace(whole, **changes)


class Publishing:
    """Staging and publishing rows for the tests."""

    def staged(
        self,
        warehouse: Warehouse,
        rows: Sequence[Row],
        columns: Mapping[str, str] = COLUMNS,
        name: str = "scores",
    ) -> str:
        """Stage rows and return their relation."""
        place, _ = warehouse.stage(name, values(columns, rows))
        return place

    def request(
        self,
        warehouse: Warehouse,
        staged: str,
        versions: Mapping[int, int],
        *,
        rewrite: Sequence[int] | None = None,
        columns: Mapping[str, str] = COLUMNS,
    ) -> PublishRequest:
        """Ask to publish some days, each as a version, with what is staged of them on record."""
        names = tuple(columns)
        query = contents_query(staged, names, "day", date(1, 1, 1), date(9999, 12, 31))
        held = {row[0]: (row[1], int(row[2])) for row in warehouse.fetch(query)}
        publications = []
        for number, version in versions.items():
            rows, content = held.get(day(number), (0, 0))
            publications.append(publication(number, version, rows=rows, content=content))
        changed = versions if rewrite is None else rewrite
        return PublishRequest(TABLE, "day", staged, publications, [day(n) for n in changed])

    def publish(
        self, warehouse: Warehouse, rows: Sequence[Row], version: int = 1
    ) -> list[Publication]:
        """Publish rows, every day of them as a version."""
        numbers = sorted({(row[0] - DAY).days for row in rows})
        request = self.request(
            warehouse, self.staged(warehouse, rows), dict.fromkeys(numbers, version)
        )
        warehouse.publish(request)
        return list(request.publications)
