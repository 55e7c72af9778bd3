"""Bringing the ledger's tables to the newest revision.

Reading the revision is one query; Alembic is imported only when it has work to do.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, Text, select, text

from gapless.errors import LedgerBehind, LedgerUnavailable
from gapless.ledger import schema
from gapless.ledger.store import POSTGRESQL, Store, nothing_yet

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

_version = Table(schema.VERSION_TABLE, MetaData(), Column("version_num", Text))
_LOCK = int.from_bytes(b"gapless")
"""PostgreSQL's advisory lock for upgrades, so that of two first runs one creates the tables."""
_ONE_AT_A_TIME = threading.Lock()
"""Alembic's `op` and `context` belong to the whole process: two stores upgrade in turn."""


def is_current(connection: Connection) -> bool:
    """Tell whether the tables are the ones this program knows."""
    return _revision(connection) == schema.HEAD


def require_current(connection: Connection, store: Store) -> None:
    """Refuse to read from tables that are not there, older, or newer.

    Raises:
        LedgerUnavailable: they are.
    """
    revision = _revision(connection)
    if revision is None:
        raise nothing_yet(store)
    if revision != schema.HEAD:
        _refuse_unknown(revision, store, untouched="Nothing was read.")
        raise LedgerBehind(
            f"The ledger {store.shown} is of an older version of Gapless "
            f"(revision {revision}, this program reads {schema.HEAD}).",
            untouched="Nothing was read.",
            advice="The next run brings it up to date.",
        )


def upgrade(connection: Connection, store: Store) -> None:
    """Create or change the tables, in the given transaction, unless somebody just did.

    Raises:
        LedgerUnavailable: the tables are of a newer version of Gapless.
    """
    if store.kind == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    revision = _revision(connection)
    if revision == schema.HEAD:
        return
    if revision is not None:
        _refuse_unknown(revision, store, untouched="No run was started.")
    from alembic import command  # noqa: PLC0415 - needed once in a ledger's life; see above

    config = alembic_config()
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Return Alembic's configuration: where the migrations are, and nothing else."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "gapless.ledger:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None when there are none."""
    if not connection.dialect.has_table(connection, schema.VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def _refuse_unknown(revision: str, store: Store, *, untouched: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    known = {
        script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()
    }
    if revision not in known:
        raise LedgerUnavailable(
            f"The ledger {store.shown} was written by a newer version of Gapless "
            f"(revision {revision}; this program knows {schema.HEAD}).",
            untouched=untouched,
            advice="Upgrade Gapless (pip install --upgrade gapless) or name another ledger.",
        )
