"""`SqlLedger` on a real PostgreSQL keeps the ledger contract."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from contract.ledger.sql_contract import SqlLedgerContract
from gapless.errors import LedgerUnavailable
from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_examples import DAY, MINE, NOON, TABLE, TTL, a_run


class TestPostgresLedger(SqlLedgerContract):
    @pytest.fixture
    def url(self, postgres_url: str) -> str:
        return postgres_url

    def test_reader_passes_writer(self, url: str, ledger: SqlLedger) -> None:
        """While somebody decides over leases, others read them without waiting."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        with locked(url):
            assert len(ledger.leases()) == 1

    def test_locked(self, url: str, ledger: SqlLedger) -> None:
        """A lock that is never given back is reported after a while, not waited for without end."""
        del ledger
        impatient = SqlLedger(url, lock_timeout=0.1)
        impatient.open()
        try:
            with (
                locked(url),
                pytest.raises(LedgerUnavailable, match=r"keeps it locked .*No lease was taken\."),
            ):
                impatient.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
            assert impatient.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL) == {}
        finally:
            impatient.close()

    def test_connection_lost_between_calls(self, url: str, ledger: SqlLedger) -> None:
        """A server that was restarted between two calls does not end the run."""
        ledger.begin_run(a_run())
        self.raw(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        assert ledger.runs() == [a_run()]

    def test_first_opening_by_many(self, url: str) -> None:
        """Several may be the first at once; one creates the tables, all can use them."""
        fresh = new_database(url, "fresh")
        ledgers = [SqlLedger(fresh) for _ in range(4)]
        threads = [threading.Thread(target=ledger.open) for ledger in ledgers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for ledger in ledgers:
            ledger.begin_run(a_run(f"run-{id(ledger)}"))
        assert len(ledgers[0].runs()) == 4
        for ledger in ledgers:
            ledger.close()


class TestOpening:
    def test_no_server(self) -> None:
        """A server that does not answer is named without its password; nothing was started."""
        ledger = SqlLedger("postgresql+psycopg://ann:s3cret@127.0.0.1:1/history?password=s3cret")
        pytest.importorskip("psycopg")
        with pytest.raises(LedgerUnavailable) as caught:
            ledger.open()
        said = str(caught.value)
        assert "postgresql+psycopg://ann:***@127.0.0.1:1/history is not available" in said
        assert "No run was started." in said
        assert "s3cret" not in said

    def test_no_database(self, postgres_url: str) -> None:
        """A database that is not there is named, with the command that creates it."""
        ledger = SqlLedger(elsewhere(postgres_url, database="nowhere"))
        with pytest.raises(LedgerUnavailable, match=r'database "nowhere" does not exist'):
            ledger.open()

    def test_no_run_yet(self, postgres_url: str) -> None:
        """Reading a database in which nothing was ever run says just that."""
        ledger = SqlLedger(new_database(postgres_url, "empty"), read_only=True)
        with pytest.raises(LedgerUnavailable, match="Nothing has been run yet"):
            ledger.open()

    def test_standby(self, postgres_url: str) -> None:
        """A server that takes no writes is refused at once, before a run could begin."""
        option = "-c default_transaction_read_only=on"
        ledger = SqlLedger(elsewhere(postgres_url, options=option))
        with pytest.raises(LedgerUnavailable, match=r"accepts no writes .*No run was started"):
            ledger.open()

    def test_no_permission(self, postgres_url: str) -> None:
        """A user who may not write is refused at once, before a run could begin."""
        with raw(postgres_url) as connection:
            connection.execute(text("DROP ROLE IF EXISTS guest"))
            connection.execute(text("CREATE ROLE guest LOGIN"))
            connection.execute(text("GRANT pg_read_all_data TO guest"))
        guest = str(make_url(postgres_url).set(username="guest"))
        with pytest.raises(LedgerUnavailable, match=r"lacks a permission .*No run was started"):
            SqlLedger(guest).open()
        reader = SqlLedger(guest, read_only=True)
        reader.open()
        assert reader.runs() == []
        reader.close()


@contextmanager
def raw(url: str) -> Iterator[Connection]:
    """Offer a transaction past the code under test."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold the lock of somebody who is deciding over leases."""
    with raw(url) as connection:
        connection.execute(text("LOCK TABLE gapless_leases IN SHARE ROW EXCLUSIVE MODE"))
        yield


def elsewhere(url: str, *, database: str | None = None, **query: str) -> str:
    """Return the address of another database of the same server, or of another way there."""
    changed = make_url(url).update_query_dict(query)
    if database is not None:
        changed = changed.set(database=database)
    return changed.render_as_string(hide_password=False)


def new_database(url: str, name: str) -> str:
    """Create a database without anything in it and return its address."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    return elsewhere(url, database=name)
