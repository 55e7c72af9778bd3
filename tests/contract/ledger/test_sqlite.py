"""`SqlLedger` on a SQLite file keeps the ledger contract."""

from pathlib import Path

import pytest

from contract.ledger.sql_contract import SqlLedgerContract
from gapless.errors import LedgerUnavailable
from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_examples import an_attempt, days


class TestSqliteLedger(SqlLedgerContract):
    @pytest.fixture
    def url(self, sqlite_url: str) -> str:
        return sqlite_url

    def test_power_loss(self, ledger: SqlLedger) -> None:
        """Every commit waits for the disk, and readers do not wait for the writer."""
        with ledger._writing("") as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"

    def test_disk_full(self, url: str, ledger: SqlLedger) -> None:
        """A full disk stops the recording, says so, and leaves no half of it."""
        attempts = [an_attempt(day) for day in days(500)]
        with ledger._writing("") as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerUnavailable, match=r"disk is full .*500 attempts were not"):
            ledger.record_attempts(attempts)
        assert self.raw(url, "SELECT * FROM gapless_attempts") == []

    def test_files_after_closing(self, ledger: SqlLedger, url: str) -> None:
        """A closed ledger is one file again, so that copying it is safe."""
        ledger.record_attempts([an_attempt()])
        ledger.close()
        folder = Path(url.removeprefix("sqlite:///")).parent
        assert [path.name for path in folder.iterdir()] == ["ledger.db"]
