"""Whole processes, from the shell's point of view: help, status, and a backfill with nothing to do.

Usage: startup.py [--data FOLDER] [--rounds N] [--write]
Without --data, one season is simulated. --write puts the numbers into results/startup.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from heading import finish, heading, table

GAPLESS = str(Path(sys.executable).with_name("gapless"))
PYTHON = "python -c pass"
HELP = "gapless --help"
AIM = 0.15
COMMANDS = {
    PYTHON: [sys.executable, "-c", "pass"],
    HELP: [GAPLESS, "--help"],
    "gapless --version": [GAPLESS, "--version"],
    "gapless status --help": [GAPLESS, "status", "--help"],
    "gapless status": [GAPLESS, "status"],
    "gapless preflight": [GAPLESS, "preflight"],
    "gapless gaps": [GAPLESS, "gaps"],
    "gapless backfill, nothing to do": [GAPLESS, "backfill"],
}
IMPORTED_BY = """
import sys
from gapless.cli.app import run
sys.stdout = open(sys.argv[1], "w")
run(sys.argv[2:])
print(len(sys.modules), file=sys.stderr)
"""


def main() -> None:
    """Measure every command in turn, round after round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, arguments.data)
        spent: dict[str, list[tuple[float, float]]] = {title: [] for title in COMMANDS}
        for _ in range(arguments.rounds):
            for title, command in COMMANDS.items():
                spent[title].append(_once(command, folder))
        modules = {title: _modules(command, folder) for title, command in COMMANDS.items()}
    finish(_page(spent, modules, arguments.rounds), "startup", write=arguments.write)


def _fill(folder: Path, data: Path | None) -> None:
    """Load and compute one season."""
    source = data.resolve() if data else folder / "data"
    if data is None:
        simulated = ["-m", "gapless_nba.simulate", str(source), "--format", "parquet"]
        subprocess.run([sys.executable, *simulated], check=True, capture_output=True)
    for command in (["init"], ["load", "--data", str(source)], ["backfill"]):
        subprocess.run([GAPLESS, *command], cwd=folder, check=True, capture_output=True)


def _once(command: list[str], folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of one process."""
    started = time.perf_counter()
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=silent, stderr=silent) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def _modules(command: list[str], folder: Path) -> str:
    """Count the modules that a command has imported when it ends."""
    if command[0] != GAPLESS:
        return "–"
    counting = [sys.executable, "-c", IMPORTED_BY, os.devnull, *command[1:]]
    done = subprocess.run(counting, cwd=folder, check=True, capture_output=True, text=True)
    return done.stderr.splitlines()[-1]


def _page(
    spent: dict[str, list[tuple[float, float]]], modules: dict[str, str], rounds: int
) -> list[str]:
    rows = []
    for title, found in spent.items():
        walls, cpus = zip(*found, strict=True)
        rows.append(
            [
                f"`{title}`",
                f"{statistics.median(walls):.3f}",
                f"{min(walls):.3f}",
                f"{statistics.median(cpus):.3f}",
                modules[title],
            ]
        )
    median = statistics.median(wall for wall, _ in spent[HELP])
    verdict = "met" if median <= AIM else "**missed**"
    return [
        *heading("Start-up", "startup.py"),
        "",
        f"Whole processes on one season, {rounds} interleaved rounds.",
        "",
        *table(("command", "median wall s", "best wall s", "median CPU s", "modules"), rows),
        "",
        f"- `{HELP}`: {median:.3f} s; the aim of {AIM} is {verdict}.",
        "- A test fails when a command imports a library that it does not need: "
        "`tests/unit/gapless/cli/test_start.py`.",
        "- What `status` costs beyond Python itself is SQLAlchemy, which reads the ledger, DuckDB, "
        "and the classes of the pipeline and the plan.",
    ]


if __name__ == "__main__":
    main()
