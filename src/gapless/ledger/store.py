"""Where the ledger is kept: its address, how to show it, and connections to it."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from gapless.errors import ConfigError, LedgerBehind, LedgerUnavailable
from gapless.ledger.json_text import dumps

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
_FORMS = "sqlite:///folder/ledger.db or postgresql+psycopg://user@host/database"
_BEGIN = "gapless_begin"
"""Execution option: how a SQLite transaction begins."""


@dataclass(frozen=True)
class Store:
    """The address of a ledger, understood."""

    kind: str
    """`sqlite` or `postgresql`."""
    url: URL
    shown: str
    """The address as messages may show it: no password."""
    path: Path | None
    """The file, for SQLite."""

    @classmethod
    def parse(cls, address: str) -> Store:
        """Understand an address.

        Raises:
            ConfigError: it is not one, or names a database that Gapless keeps no ledger in.
        """
        safe = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", address)
        try:
            url = make_url(address)
            kind = url.get_backend_name()
        except (ArgumentError, ValueError):
            kind = ""
        if kind == SQLITE and url.database not in (None, "", ":memory:") and not url.query:
            path = Path(url.database or "").absolute()
            return cls(SQLITE, url, str(path), path)
        if kind == POSTGRESQL:
            url = url.set(drivername="postgresql+psycopg")
            shown = url.set(query={}).render_as_string(hide_password=True)
            return cls(POSTGRESQL, url, shown, None)
        raise ConfigError(
            f"The ledger address {safe!r} is none that Gapless can keep a ledger at.",
            untouched="Nothing was opened.",
            advice=f"Write it as {_FORMS}.",
        )

    def check_place(self, *, read_only: bool) -> None:
        """Name what stands where the file should be, before a driver says it less clearly."""
        if self.path is None:
            return
        untouched = "Nothing was read." if read_only else "No run was started."
        if self.path.is_dir():
            raise LedgerUnavailable(
                f"The ledger {self.shown} cannot be opened: that is a folder.",
                untouched=untouched,
                advice=f"Name a file in it, for example {self.path / 'ledger.db'}.",
            )
        if read_only and not self.path.exists():
            raise nothing_yet(self)
        if not self.path.parent.is_dir():
            raise LedgerUnavailable(
                f"The ledger {self.shown} cannot be created: "
                f"the folder {self.path.parent} does not exist.",
                untouched=untouched,
                advice=f"Create it (mkdir -p {self.path.parent}) or name another file.",
            )


def nothing_yet(store: Store) -> LedgerBehind:
    """Say that there is no history because there was no run."""
    return LedgerBehind(
        f"Nothing has been run yet: there is no ledger at {store.shown}.",
        untouched="Nothing was read.",
        advice="The first run creates it; if there was one, check the address of the ledger.",
    )


def make_engine(store: Store, *, read_only: bool, lock_timeout: float) -> Engine:
    """Return an engine for the store; nothing is opened yet.

    Raises:
        LedgerUnavailable: the driver is not installed.
    """
    if store.path is not None:
        return _sqlite_engine(store.path, read_only=read_only, lock_timeout=lock_timeout)
    try:
        return _postgresql_engine(store.url, read_only=read_only)
    except ModuleNotFoundError as error:
        raise LedgerUnavailable(
            f"The ledger {store.shown} cannot be opened: PostgreSQL's driver is not installed.",
            untouched="Nothing was read." if read_only else "No run was started.",
            advice="Install it: pip install 'gapless[postgres]'",
        ) from error


def for_writing(engine: Engine) -> Engine:
    """Return the engine with transactions that take the write lock when they begin.

    A SQLite transaction that reads first and writes later fails at once, without waiting, when
    somebody else wrote in between.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _sqlite_engine(path: Path, *, read_only: bool, lock_timeout: float) -> Engine:
    def connect() -> sqlite3.Connection:
        target = _read_only_uri(path) if read_only else str(path)
        connection = sqlite3.connect(
            target,
            uri=read_only,
            timeout=lock_timeout,
            isolation_level=None,  # the driver begins nothing by itself; see _begin_sqlite
            check_same_thread=False,
        )
        try:
            if not read_only:
                _prepare_sqlite(connection, lock_timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    # A reader holds no connection open: its view of a file that cannot be locked would grow old.
    pool = NullPool if read_only else QueuePool
    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=pool, json_serializer=dumps
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, lock_timeout: float) -> None:
    """Make readers independent of the writer, and a commit mean that the disk has it.

    The change to write-ahead mode, in a file's first opening, is the one statement that SQLite
    does not wait for the lock for.
    """
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    """Begin as SQLAlchemy's documentation advises for this driver: by our own statement."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _read_only_uri(path: Path) -> str:
    """Open without writing, also where not even a lock file can be created.

    Reading a file in write-ahead mode needs its `-shm` companion, which SQLite creates if it may.
    Where it may not and nobody has the file open, the file cannot change: it is read as it lies.
    """
    uri = f"file:{quote(str(path))}?mode=ro"
    in_use = path.with_name(f"{path.name}-wal").exists()
    return uri if in_use or os.access(path.parent, os.W_OK) else f"{uri}&immutable=1"


def _postgresql_engine(url: URL, *, read_only: bool) -> Engine:
    patience: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    engine = create_engine(url, connect_args=patience, pool_pre_ping=True, json_serializer=dumps)
    if read_only:
        event.listen(engine, "connect", _forbid_writing)
    return engine


def _forbid_writing(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    connection.read_only = True  # psycopg begins READ ONLY transactions
