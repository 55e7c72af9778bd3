"""A process of its own that uses a ledger; started by the tests, talks in lines of JSON."""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from gapless.errors import LedgerUnavailable
from gapless.ledger import rows, schema
from gapless.ledger.interface import Holder
from gapless.ledger.liveness import host_name
from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_examples import DAY, NOON, TABLE, a_run, an_attempt, days

HOUR = timedelta(hours=1)


def say(what: object) -> None:
    """Tell the test something, at once."""
    print(json.dumps(what), flush=True)  # noqa: T201 - that is how it talks


def race(url: str, run_id: str, start: str, count: str) -> None:
    """Take as many of the partitions as the others leave, a few at a time, in an own order."""
    me = Holder(run_id, host_name(), os.getpid(), "worker")
    ledger = SqlLedger(url)
    ledger.open()
    wanted = days(int(count))
    random.Random(run_id).shuffle(wanted)  # noqa: S311 - any order will do
    taken: list[date] = []
    say("ready")
    while not Path(start).exists():
        time.sleep(0.001)
    for position in range(0, len(wanted), 7):
        chunk = wanted[position : position + 7]
        held = ledger.acquire_leases(TABLE, chunk, me, now=datetime.now(UTC), ttl=HOUR)
        taken += [day for day in chunk if day not in held]
    ledger.close()
    say([day.isoformat() for day in taken])
    sys.stdin.read()  # a process that has ended would have given its leases up


def hang(url: str) -> None:
    """Record an attempt, then stop in the middle of recording more."""
    me = Holder("run-w", host_name(), os.getpid(), "worker")
    ledger = SqlLedger(url)
    ledger.open()
    ledger.begin_run(a_run("run-w"))
    ledger.acquire_leases(TABLE, days(3), me, now=datetime.now(UTC), ttl=HOUR)
    ledger.record_attempts([an_attempt(DAY, run_id="run-w")])
    with ledger._writing("") as connection:
        more = [an_attempt(day, run_id="run-w") for day in days(3)[1:]]
        connection.execute(insert(schema.attempts), rows.to_rows(more))
        say("in the transaction")
        time.sleep(600)


def open_as_nobody(scratch: str, url: str, read_only: str) -> None:
    """Open a ledger as a user who may write nothing, and say how that went."""
    warm = SqlLedger(f"sqlite:///{scratch}")  # every import, while they can be read
    warm.open()
    warm.close()
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    ledger = SqlLedger(url, read_only=read_only == "read_only")
    try:
        ledger.open()
        say({"runs": len(ledger.runs())})
    except LedgerUnavailable as error:
        say({"error": str(error)})
    ledger.close()


def imports(url: str) -> None:
    """Open a ledger that is up to date and say which heavy modules that took."""
    ledger = SqlLedger(url)
    ledger.open()
    ledger.begin_run(a_run(started_at=NOON))
    ledger.close()
    say(
        [name for name in ("alembic", "sqlalchemy.orm", "psycopg", "duckdb") if name in sys.modules]
    )


if __name__ == "__main__":
    jobs: dict[str, Callable[..., None]] = {
        job.__name__: job for job in (race, hang, open_as_nobody, imports)
    }
    jobs[sys.argv[1]](*sys.argv[2:])
