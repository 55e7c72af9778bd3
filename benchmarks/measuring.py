"""What a piece of work costs: wall and CPU seconds, peak memory, statements; printed as JSON."""

from __future__ import annotations

import json
import time
from pathlib import Path

import duckdb


class Meter:
    """Runs from its creation until `show`; process start and imports lie before it."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def show(self, statements: int, **more: object) -> None:
        """Print what was spent."""
        spent = {
            "wall": time.perf_counter() - self._wall,
            "cpu": time.process_time() - self._cpu,
            "peak": _peak_megabytes(),
            "statements": statements,
        }
        print(json.dumps(spent | more))


class Counted:
    """A connection that counts what is sent."""

    def __init__(self, file: str) -> None:
        self._connection = duckdb.connect(file)
        self.statements = 0

    def __call__(self, sql: str) -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""
        self.statements += 1
        return self._connection.execute(sql).fetchall()

    def close(self) -> None:
        """Give the file back; what is still in the log is written to it."""
        self._connection.close()


def _peak_megabytes() -> float:
    # Not ru_maxrss: that begins with the size of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
