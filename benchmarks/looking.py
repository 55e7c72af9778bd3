"""How long the verbs that only look take: all tables and dates of four seasons, in one process.

Usage: looking.py [--data FOLDER] [--rounds N] [--write]
Without --data, four seasons are simulated. --write puts the numbers into results/looking.md.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gapless.cli.app import collect_garbage_seldom
from gapless.config.settings import load_settings
from gapless.verbs.backfill import BackfillOptions, backfill, preflight
from gapless.verbs.gaps import gaps
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from gapless.verbs.workspace import Workspace
from gapless.wiring import open_workspace
from heading import finish, heading, table

AIM = 1.0
AIMED_AT = ("gaps", "preflight")
SEASONS = "4"


@dataclass
class Spent:
    """What the rounds of one verb cost."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """Return a line of the table: the first round, and the median of the others."""
        return [
            name,
            f"{self.wall[0]:.2f}",
            f"{self.warm:.2f}",
            f"{statistics.median(self.cpu[1:]):.2f}",
            " … ".join(sorted({str(count) for count in self.statements})),
        ]

    @property
    def warm(self) -> float:
        """Median wall seconds of every round but the first."""
        return statistics.median(self.wall[1:])


def main() -> None:
    """Fill a warehouse, look at it round after round, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, arguments.data)
        collect_garbage_seldom()
        settings = load_settings({}, environment={}, folder=folder)
        looks: dict[str, Callable[[Workspace], object]] = {
            "status": lambda workspace: status(workspace, Selection()),
            "gaps": lambda workspace: gaps(workspace, Selection()),
            "preflight": lambda workspace: preflight(workspace, Selection()),
        }
        with open_workspace(settings, write=False) as workspace:
            spent = {
                name: _measure(workspace, look, arguments.rounds) for name, look in looks.items()
            }
            partitions = len(preflight(workspace, Selection()).plan.all_steps)
        with open_workspace(settings, write=True) as workspace:
            spent["backfill, nothing to do"] = _measure(workspace, _again, arguments.rounds)
    finish(_page(spent, partitions, arguments.rounds), "looking", write=arguments.write)


def _fill(folder: Path, data: Path | None) -> None:
    """Load and compute every table."""
    source = data.resolve() if data else folder / "data"
    if data is None:
        simulated = ["-m", "gapless_nba.simulate", str(source), "--seasons", SEASONS]
        subprocess.run([sys.executable, *simulated], check=True, capture_output=True)
    gapless = str(Path(sys.executable).with_name("gapless"))
    for command in (["init"], ["load", "--data", str(source)], ["backfill"]):
        subprocess.run([gapless, *command], cwd=folder, check=True, capture_output=True)


def _again(workspace: Workspace) -> None:
    report = backfill(workspace, Selection(), BackfillOptions()).report
    if report.exit_code or report.counts.get("published"):
        sys.exit(f"there was something to do: {report.counts}")


def _measure(workspace: Workspace, look: Callable[[Workspace], object], rounds: int) -> Spent:
    spent = Spent()
    for _ in range(rounds + 1):
        before, cpu, wall = workspace.warehouse.statements, time.process_time(), time.perf_counter()
        look(workspace)
        spent.wall.append(time.perf_counter() - wall)
        spent.cpu.append(time.process_time() - cpu)
        spent.statements.append(workspace.warehouse.statements - before)
    return spent


def _page(spent: dict[str, Spent], partitions: int, rounds: int) -> list[str]:
    aims = [
        f"- {name}: {spent[name].warm:.2f} s; the aim of {AIM:g} is "
        f"{'met' if spent[name].warm <= AIM else '**missed**'}."
        for name in AIMED_AT
    ]
    return [
        *heading("Looking at four seasons", "looking.py"),
        "",
        f"All tables and dates, {partitions:,} partitions, beyond process start. The first round, "
        f"and the median of {rounds} more in the same process.",
        "",
        *table(
            ("verb", "first wall s", "wall s", "CPU s", "statements"),
            [found.row(name) for name, found in spent.items()],
        ),
        "",
        *aims,
    ]


if __name__ == "__main__":
    main()
