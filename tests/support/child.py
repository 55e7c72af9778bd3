"""A process of its own that runs the shop; started by the tests, killed or hindered by itself."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gapless.cli.app import run
from gapless.ledger.sql_ledger import SqlLedger
from gapless.warehouse.duckdb import DuckDBWarehouse
from support import forked
from support.shopkeeper import Shopkeeper, day

TESTS = Path(__file__).parents[1]

BOUNDARIES = (
    "run recorded",
    "leases taken",
    "rows staged",
    "transaction begun",
    "publication inserted",
    "old rows deleted",
    "new rows inserted",
    "before the commit",
    "after the commit",
    "published, not in the ledger",
    "in the ledger",
    "before the run ends",
)
"""Where a run can be killed, in the order in which it passes them."""

_publishing = threading.local()


class Countdown:
    """Sends this process a signal the moment it has passed a boundary often enough."""

    def __init__(self, boundary: str, times: int, sent: signal.Signals = signal.SIGKILL) -> None:
        self._boundary = boundary
        self._left = times
        self._sent = sent
        self._lock = threading.Lock()

    def passed(self, boundary: str) -> None:
        """Take note of a boundary; from the last one a kill does not return."""
        if boundary != self._boundary:
            return
        with self._lock:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), self._sent)


def backfill(
    folder: str, boundary: str, times: str, workers: str, chunk_size: str, *days: str
) -> None:
    """Backfill some days of the shop; with a boundary, be killed there."""
    if boundary != "none":
        watch(Countdown(boundary, int(times)))
    report = Shopkeeper(Path(folder)).backfill(
        dates=[day(int(number)) for number in days],
        workers=int(workers),
        chunk_size=int(chunk_size),
    )
    sys.exit(report.exit_code)


def hold(folder: str) -> None:
    """Own the warehouse until the test lets go."""
    warehouse = DuckDBWarehouse(f"duckdb:///{Shopkeeper(Path(folder)).file}")
    say("holding")
    sys.stdin.read()
    warehouse.close()


def command(limit: str, user: str, *arguments: str) -> None:
    """Run a command of the program under a limit of bytes for each file, or as another user."""
    if user != "me" and os.getuid() == 0:
        # Every import, while the interpreter's own folder can be read.
        run(["plan", "--json", *arguments[1:]])
        run(["backfill", "--help"])
        os.setgid(int(user))
        os.setuid(int(user))
    if limit != "none":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.exit(run(arguments))


def interrupted(boundary: str, times: str, *arguments: str) -> None:
    """Run a command of the program and press Ctrl-C at a boundary."""
    watch(Countdown(boundary, int(times), signal.SIGINT))
    sys.exit(run(arguments))


def unheard(*arguments: str) -> None:
    """Run a command of the program whose messages go into a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, sys.stderr.fileno())
    sys.exit(run(arguments))


def say(what: object) -> None:
    """Tell the test something, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def watch(countdown: Countdown) -> None:
    """Have the engine tell the countdown of every boundary that it passes."""
    _after(SqlLedger, "begin_run", lambda: countdown.passed("run recorded"))
    _after(SqlLedger, "acquire_leases", lambda: countdown.passed("leases taken"))
    _before(SqlLedger, "record_attempts", lambda: countdown.passed("published, not in the ledger"))
    _after(SqlLedger, "record_attempts", lambda: countdown.passed("in the ledger"))
    _before(SqlLedger, "finish_run", lambda: countdown.passed("before the run ends"))
    _watch_statements(countdown)


def _watch_statements(countdown: Countdown) -> None:
    publish, execute, stage = (
        DuckDBWarehouse.publish,
        DuckDBWarehouse.execute,
        DuckDBWarehouse.stage,
    )

    def watched_publish(self: DuckDBWarehouse, request: Any) -> None:
        _publishing.now = True
        try:
            publish(self, request)
        finally:
            _publishing.now = False

    def watched_execute(self: DuckDBWarehouse, statement: str) -> None:
        publishing = getattr(_publishing, "now", False)
        if publishing and statement == "COMMIT":
            countdown.passed("before the commit")
        execute(self, statement)
        if publishing:
            countdown.passed(_boundary_after(statement))

    def watched_stage(self: DuckDBWarehouse, name: str, select: str) -> Any:
        staged = stage(self, name, select)
        if name.startswith("rows_"):
            countdown.passed("rows staged")
        return staged

    for name, watched in (
        ("publish", watched_publish),
        ("execute", watched_execute),
        ("stage", watched_stage),
    ):
        setattr(DuckDBWarehouse, name, watched)


def _boundary_after(statement: str) -> str:
    words = " ".join(statement.split()[:4])
    if statement == "COMMIT":
        return "after the commit"
    if words.startswith("BEGIN"):
        return "transaction begun"
    if words.startswith("DELETE"):
        return "old rows deleted"
    if words.startswith("INSERT"):
        return "publication inserted" if "publications" in words else "new rows inserted"
    return ""


def _before(owner: type, name: str, call: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def watched(*arguments: Any, **options: Any) -> Any:
        call()
        return original(*arguments, **options)

    setattr(owner, name, watched)


def _after(owner: type, name: str, call: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def watched(*arguments: Any, **options: Any) -> Any:
        found = original(*arguments, **options)
        call()
        return found

    setattr(owner, name, watched)


# -- for the tests ---------------------------------------------------------------------------


def finished(*job: object) -> subprocess.CompletedProcess[str]:
    """Start a job in a process of its own and wait for its end, however it ends."""
    return forked.finished(_started(job))


@contextmanager
def running(*job: object) -> Iterator[forked.Process]:
    """Start a job in a process of its own; it is gone afterwards, whatever happens."""
    with _started(job, stdin=True) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: forked.Process) -> Any:
    """Return the next thing a job says."""
    return json.loads(process.stdout.readline() or '"nothing"')


def _started(job: Sequence[object], *, stdin: bool = False) -> forked.Process:
    words = ["-m", "support.child", *map(str, job)]
    return forked.python(*words, folder=Path.cwd(), variables=environment(), stdin=stdin)


def environment() -> dict[str, str]:
    """Return the variables of a process that finds the tests' modules."""
    known = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *([known] if known else [])])}


if __name__ == "__main__":
    jobs: dict[str, Callable[..., None]] = {
        job.__name__: job for job in (backfill, hold, command, interrupted, unheard)
    }
    jobs[sys.argv[1]](*sys.argv[2:])
