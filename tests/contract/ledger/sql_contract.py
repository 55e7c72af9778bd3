"""The ledger contract for `SqlLedger`, with what only a look into the tables can tell."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gapless.errors import LedgerUnavailable
from gapless.ledger import schema
from gapless.ledger.interface import Ledger
from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_contract import LedgerContract
from gapless.testing.ledger_examples import NOON, a_run, a_state, an_attempt


class SqlLedgerContract(LedgerContract):
    """Subclass it and provide `url`, the address of an empty or absent ledger."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, url: str) -> Iterator[SqlLedger]:
        with_ledger = SqlLedger(url)
        with_ledger.open()
        yield with_ledger
        with_ledger.close()

    @pytest.fixture
    def again(self, url: str, ledger: Ledger) -> Iterator[SqlLedger]:
        del ledger  # opened first, so that the tables are there
        second = SqlLedger(url)
        second.open()
        yield second
        second.close()

    def raw(self, url: str, statement: str) -> list[Any]:
        """Run a statement past the code under test."""
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    def test_migrations_match_schema(self, url: str, ledger: SqlLedger) -> None:
        """The migrations lead to exactly the tables that the code uses."""
        del ledger
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
            )
            assert compare_metadata(context, schema.metadata) == []

    def test_primary_keys_match_schema(self, url: str, ledger: SqlLedger) -> None:
        """The keys that upserts rely on are there; Alembic's comparison does not look at them."""
        del ledger
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            for table in schema.metadata.sorted_tables:
                found = engine.dialect.get_pk_constraint(connection, table.name)
                assert found["constrained_columns"] == [c.name for c in table.primary_key]

    def test_moments_stored_in_utc(self, url: str, ledger: SqlLedger) -> None:
        """The store itself holds UTC, readable without this program."""
        ledger.begin_run(a_run(started_at=NOON.astimezone(timezone(timedelta(hours=-5)))))
        [(kept,)] = self.raw(url, "SELECT CAST(started_at AS TEXT) FROM gapless_runs")
        assert kept.startswith("2024-02-23 12:00:00.123456+00")

    def test_moment_without_zone(self, url: str, ledger: SqlLedger) -> None:
        """A moment without a zone is a mistake in the program and is not guessed at."""
        with pytest.raises(ValueError, match="no time zone"):
            ledger.begin_run(a_run(started_at=NOON.replace(tzinfo=None)))
        assert self.raw(url, "SELECT * FROM gapless_runs") == []

    def test_attempts_all_or_none(self, url: str, ledger: SqlLedger) -> None:
        """When one of several attempts cannot be recorded, none is, and the error says so."""
        broken: Any = None
        with pytest.raises(LedgerUnavailable, match="2 attempts were not recorded") as caught:
            ledger.record_attempts([an_attempt(), replace(an_attempt(), run_id=broken)])
        assert caught.value.__cause__ is not None
        assert self.raw(url, "SELECT * FROM gapless_attempts") == []

    def test_states_all_or_none(self, url: str, ledger: SqlLedger) -> None:
        """When one of several states cannot be replaced, none is."""
        broken: Any = None
        ledger.record_states([a_state()])
        with pytest.raises(LedgerUnavailable, match="2 known states were not replaced"):
            ledger.record_states([a_state(state="stale"), replace(a_state(), state=broken)])
        assert self.raw(url, "SELECT state FROM gapless_states") == [("complete",)]

    def test_opening_leaves_a_trace(self, url: str, ledger: SqlLedger, again: SqlLedger) -> None:
        """Every opening writes: that is the proof that the next write can succeed."""
        del ledger, again
        statement = "SELECT openings FROM gapless_write_proof"
        [(before,)] = self.raw(url, statement)
        SqlLedger(url).close()
        third = SqlLedger(url)
        third.open()
        third.close()
        assert self.raw(url, statement) == [(before + 1,)]

    def test_newer_revision(self, url: str, ledger: SqlLedger) -> None:
        """A ledger of a newer version is refused, for writing and for reading, and left alone."""
        ledger.close()
        self.raw(url, "UPDATE gapless_version SET version_num = '9999'")
        try:
            with pytest.raises(LedgerUnavailable, match="newer version of Gapless") as caught:
                ledger.open()
            assert caught.value.untouched == "No run was started."
            with pytest.raises(LedgerUnavailable, match=rf"revision 9999; .* knows {schema.HEAD}"):
                SqlLedger(url, read_only=True).open()
        finally:
            self.raw(url, f"UPDATE gapless_version SET version_num = '{schema.HEAD}'")

    def test_read_only(self, url: str, ledger: SqlLedger) -> None:
        """A ledger opened for reading reads, and refuses to write."""
        ledger.begin_run(a_run())
        reader = SqlLedger(url, read_only=True)
        reader.open()
        try:
            assert reader.runs() == [a_run()]
            with pytest.raises(LedgerUnavailable, match=r"for reading only\. No run was started"):
                reader.begin_run(a_run("another"))
            ledger.record_attempts([an_attempt()])
            assert reader.attempts() == [an_attempt()]
        finally:
            reader.close()
        assert ledger.runs() == [a_run()]

    def test_read_only_for_the_database(self, url: str, ledger: SqlLedger) -> None:
        """Not only this program, the database too refuses what a reader would write."""
        del ledger
        reader = SqlLedger(url, read_only=True)
        reader.open()
        reader._read_only = False
        try:
            with pytest.raises(LedgerUnavailable, match=r"read-only|no writes"):
                reader.begin_run(a_run())
        finally:
            reader.close()

    def test_not_open(self, url: str, ledger: SqlLedger) -> None:
        """A ledger that is not open says so, for reading and for writing."""
        del ledger
        closed = SqlLedger(url)
        with pytest.raises(LedgerUnavailable, match="is not open"):
            closed.runs()
        with pytest.raises(LedgerUnavailable, match=r"is not open\. No run was started"):
            closed.begin_run(a_run())
