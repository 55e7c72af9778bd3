"""Several processes share one ledger: they race, they die, and nothing is lost or done twice."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_examples import DAY, MINE, TABLE, TTL, an_attempt, days

WORKER = Path(__file__).with_name("worker.py")


@contextmanager
def worker(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start a worker; it is gone afterwards, whatever happens."""
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str]) -> Any:
    """Return the next thing a worker says."""
    said: IO[str] | None = process.stdout
    assert said is not None
    return json.loads(said.readline() or '"nothing"')


def test_race_for_leases(any_url: str, tmp_path: Path) -> None:
    """Of two processes asking for the same leases at once, each lease goes to exactly one."""
    wanted, start = days(140), tmp_path / "start"
    with (
        worker("race", any_url, "run-1", start, len(wanted)) as first,
        worker("race", any_url, "run-2", start, len(wanted)) as second,
    ):
        assert (heard(first), heard(second)) == ("ready", "ready")
        start.touch()
        taken = {"run-1": heard(first), "run-2": heard(second)}
    by_day = {day: run_id for run_id, mine in taken.items() for day in mine}
    assert len(by_day) == sum(len(mine) for mine in taken.values()) == len(wanted)
    with opened(any_url) as ledger:
        leases = {lease.partition.isoformat(): lease.holder.run_id for lease in ledger.leases()}
    assert leases == by_day


def test_killed_in_a_transaction(any_url: str) -> None:
    """kill -9 in the middle of recording loses what was not committed, and nothing else."""
    with opened(any_url) as ledger:
        with worker("hang", any_url) as process:
            assert heard(process) == "in the transaction"
            now = datetime.now(UTC)
            if any_url.startswith("postgresql"):  # SQLite's only writer is inside its transaction
                held = ledger.acquire_leases(TABLE, days(3), MINE, now=now, ttl=TTL)
                assert set(held) == set(days(3))
        assert ledger.attempts() == [an_attempt(DAY, run_id="run-w")]
        [run] = ledger.runs()
        assert (run.run_id, run.exit_code) == ("run-w", None)
        assert ledger.acquire_leases(TABLE, days(3), MINE, now=now, ttl=TTL) == {}
        ledger.record_attempts([an_attempt(day, run_id="run-a") for day in days(3)])
        assert len(ledger.attempts()) == 4
    with opened(any_url) as ledger:
        assert {lease.holder for lease in ledger.leases()} == {MINE}


def test_killed_and_not_collected(sqlite_url: str) -> None:
    """The leases of a killed process are free although nobody has collected its exit code."""
    with opened(sqlite_url) as ledger, worker("hang", sqlite_url) as process:
        assert heard(process) == "in the transaction"
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        now = datetime.now(UTC)
        assert ledger.acquire_leases(TABLE, days(3), MINE, now=now, ttl=TTL) == {}


def test_first_opening_by_many(tmp_path: Path) -> None:
    """Several processes may be the first at once; one creates the tables, all can use them."""
    url, start = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "start"
    start.touch()
    with (
        worker("race", url, "run-1", start, 7) as first,
        worker("race", url, "run-2", start, 7) as second,
        worker("race", url, "run-3", start, 7) as third,
    ):
        taken: list[str] = []
        for process in (first, second, third):
            assert heard(process) == "ready"
            taken += heard(process)
    assert sorted(map(date.fromisoformat, taken)) == days(7)


def test_usual_opening_imports_little(sqlite_url: str) -> None:
    """Opening a ledger that is up to date needs neither Alembic nor an ORM nor another driver."""
    with opened(sqlite_url):
        pass
    with worker("imports", sqlite_url) as process:
        assert heard(process) == []


def test_interface_imports_no_database() -> None:
    """Whoever only talks about a ledger pays for no database library."""
    program = "import sys, gapless.ledger.interface; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"False\n"


@contextmanager
def opened(url: str) -> Iterator[SqlLedger]:
    """Open a ledger for a while."""
    ledger = SqlLedger(url)
    ledger.open()
    try:
        yield ledger
    finally:
        ledger.close()
