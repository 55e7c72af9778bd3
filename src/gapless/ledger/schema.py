"""The tables of the ledger, as SQLAlchemy sees them; `migrations/` is how a store gets there.

A column's key is the name of the dataclass field it keeps, so rows and records convert by name.
There are no foreign keys: an attempt found in the warehouse's publications is recorded even when
the ledger that knew its run is gone (the data wins).
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from gapless.ledger.cleanings import Fate, Purpose
from gapless.ledger.interface import Category, Retry, Verdict

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

HEAD = "0005"
"""The newest revision in `migrations/versions`; a test holds the two together."""

VERSION_TABLE = "gapless_version"
"""Where the revision is kept; `alembic_version` belongs to whoever else is in the database."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: UTC in the store, timezone-aware in Python, refused when it has no zone.

    SQLite keeps ISO text of one width, so that it sorts and compares as time does.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose text for SQLite, which has no type for a moment."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Turn any zone into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; the ledger keeps UTC.")
        moment = value.astimezone(UTC)
        return moment.isoformat(" ", "microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Say UTC, whatever zone the session is in."""
        del dialect
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return cast("datetime", moment).astimezone(UTC)


class FreeText(TypeDecorator[str]):
    """Words from outside (a command line, an error), storable whatever bytes they came from."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what no store can keep: lone surrogates (file names) and NUL (PostgreSQL)."""
        del dialect
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()


_Word = TypeVar("_Word", bound=enum.StrEnum)


class WordText(TypeDecorator[_Word]):
    """A member of an enumeration by its value."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[_Word]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: _Word | None, dialect: Dialect) -> str | None:
        """Keep the plain word."""
        del dialect
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Word | None:
        """Return the member."""
        del dialect
        return None if value is None else self.words(value)


class NameTuple(TypeDecorator[tuple[str, ...]]):
    """A tuple of names as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> object:
        """Keep a list."""
        del dialect
        return None if value is None else list(value)

    def process_result_value(self, value: object, dialect: Dialect) -> tuple[str, ...] | None:
        """Return a tuple."""
        del dialect
        return None if value is None else tuple(cast("list[str]", value))


def _counter(name: str) -> Column[int]:
    """Number rows in the order they were recorded."""
    wide = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself there
    return Column(name, wide, primary_key=True, autoincrement=True)


def _table_name() -> Column[str]:
    return Column("table_name", Text, key="table", nullable=False)


def _partition() -> Column[Any]:
    return Column("partition_date", Date, key="partition", nullable=False)


metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
)

runs = Table(
    "gapless_runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("pipeline", Text, nullable=False),
    Column("command", FreeText, nullable=False),
    Column("actor", FreeText, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("plan", JSON, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("exit_code", Integer),
)

attempts = Table(
    "gapless_attempts",
    metadata,
    _counter("attempt_id"),
    Column("run_id", Text, nullable=False, index=True),
    _table_name(),
    _partition(),
    Column("path", Text, nullable=False),
    Column("verdict", WordText(Verdict), nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("expected", BigInteger),
    Column("present", BigInteger),
    Column("missing", BigInteger),
    Column("unexpected", BigInteger),
    Column("duplicates", BigInteger),
    Column("rows", BigInteger),
    Column("version", BigInteger),
    Column("definition_hash", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, server_default=""),
    Column("retry", WordText(Retry), nullable=False, server_default=""),
    Column("code_version", Text, nullable=False),
    Column("reason", FreeText, nullable=False),
    Column("evidence", JSON, nullable=False),
    # Also answers "the highest version of each partition" without touching the rows.
    Index(None, "table", "partition", "version"),
)

states = Table(
    "gapless_states",
    metadata,
    _table_name(),
    _partition(),
    Column("state", Text, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    Column("expected", BigInteger),
    Column("present", BigInteger),
    Column("version", BigInteger),
    Column("reason", FreeText, nullable=False),
    Column("evidence", JSON, nullable=False),
    PrimaryKeyConstraint("table", "partition"),
)

leases = Table(
    "gapless_leases",
    metadata,
    _table_name(),
    _partition(),
    Column("run_id", Text, nullable=False, index=True),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("actor", FreeText, nullable=False),
    Column("acquired_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("table", "partition"),
)

waivers = Table(
    "gapless_waivers",
    metadata,
    Column("waiver_id", Text, primary_key=True),
    _table_name(),
    _partition(),
    Column("checks", NameTuple, nullable=False),
    Column("reason", FreeText, nullable=False),
    Column("actor", FreeText, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("run_id", Text),
    Column("revoked_at", UtcDateTime),
    Column("revoked_by", FreeText, nullable=False, server_default=""),
    Index(None, "table"),
)

failures = Table(
    "gapless_failures",
    metadata,
    _table_name(),
    _partition(),
    Column("entity", Text, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("category", WordText(Category), nullable=False),
    Column("correctable", Boolean, nullable=False),
    Column("label", FreeText, nullable=False),
    Column("reason", FreeText, nullable=False),
    Column("run_id", Text),
    Column("resolved_at", UtcDateTime),
    PrimaryKeyConstraint("table", "partition", "entity", "first_seen"),
)

findings = Table(
    "gapless_findings",
    metadata,
    _counter("finding_id"),
    Column("run_id", Text, nullable=False, index=True),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    _table_name(),
    Column("first_date", Date, key="first"),
    Column("last_date", Date, key="last"),
    Column("dates", BigInteger, nullable=False),
    Column("message", FreeText, nullable=False),
    Column("evidence", JSON, nullable=False),
)

cleanings = Table(
    "gapless_cleanings",
    metadata,
    Column("cleaning_id", Text, primary_key=True),
    Column("pipeline", Text, nullable=False),
    Column("purpose", WordText(Purpose), nullable=False),
    Column("command", FreeText, nullable=False),
    Column("actor", FreeText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("deleted_rows", BigInteger, nullable=False),
    Column("kept_rows", BigInteger, nullable=False),
    Column("restored_rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("problems", NameTuple, nullable=False),
    Column("covered", NameTuple, nullable=False),
)

cleaned = Table(
    "gapless_cleaned",
    metadata,
    _counter("cleaned_id"),
    Column("cleaning_id", Text, nullable=False, index=True),
    _table_name(),
    _partition(),
    Column("fate", WordText(Fate), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("backup_id", Text, nullable=False),
    Column("reason", FreeText, nullable=False),
    Index(None, "table", "partition"),
)

examinations = Table(
    "gapless_examinations",
    metadata,
    _table_name(),
    _partition(),
    Column("fingerprint", Text, nullable=False),
    Column("examined_at", UtcDateTime, nullable=False),
    Column("outcomes", JSON, nullable=False),
    PrimaryKeyConstraint("table", "partition"),
)

write_proof = Table(
    "gapless_write_proof",
    metadata,
    Column("proof_id", Integer, primary_key=True, autoincrement=False),
    Column("openings", BigInteger, nullable=False),
)
"""One row that every opening changes: the store can be written, because it just was."""
