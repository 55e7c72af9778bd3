"""Gapless against plain SQL and against a loop over the dates: the same tables, in one run.

Usage: side_by_side.py [--data FOLDER] [--rounds N] [--loop-dates N] [--write]
Without --data, four seasons are simulated. The tables must be equal by checksum before anything is
timed. --write puts the numbers into RESULTS.md beside this script.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from checksums import checksum
from plain_sql import STEPS
from results import KINDS, Facts, report

HERE = Path(__file__).parent
SEASONS = ("2021-22", "2022-23", "2023-24", "2024-25")
WAREHOUSE = "nba.duckdb"
Spent = dict[str, Any]


def main() -> None:
    """Check equality, measure every kind in turn, print and write medians and ratios."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), arguments.data, arguments.loop_dates)
        bench.make()
        facts = bench.check_equal()
        spent: dict[str, list[Spent]] = {kind: [] for kind in KINDS}
        for number in range(arguments.rounds):
            for kind in KINDS:
                # The loop takes as long as everything else together, and does not vary much.
                if number == 0 or not kind.startswith("loop"):
                    spent[kind].append(bench.once(kind))
        profile = bench.profile()
    text = report(spent, facts, profile)
    print(text)
    if arguments.write:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loop-dates", type=int, default=60)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


class Bench:
    """A folder with one loaded warehouse, the finished ones, and copies to measure on."""

    def __init__(self, folder: Path, data: Path | None, loop_dates: int) -> None:
        self._folder = folder
        self._data = data
        self._loop_dates = str(loop_dates)
        self._last = ""

    def make(self) -> None:
        """Simulate and load the seasons, and let each side fill its tables once."""
        source = self._data or self._folder / "simulated"
        if self._data is None:
            seasons = [part for season in SEASONS for part in ("--season", season)]
            _python("-m", "gapless_nba.simulate", str(source), *seasons)
        loaded = self._folder / "loaded"
        loaded.mkdir()
        gapless = str(Path(sys.executable).with_name("gapless"))
        for command in (["init"], ["load", "--data", str(source.resolve())]):
            subprocess.run([gapless, *command], cwd=loaded, check=True, capture_output=True)
        for name in ("plain", "loop", "gapless"):
            self._copy("loaded", name)
        _script("plain_sql", self._warehouse("plain"))
        _script("per_date", self._warehouse("loop"), "backfill", self._loop_dates)
        _script("gapless_backfill", str(self._folder / "gapless"), "backfill")
        self._lose_last_date()

    def check_equal(self) -> Facts:
        """Compare the checksums of every table; the loop's over the dates that it did."""
        rows = partitions = 0
        with duckdb.connect() as connection:
            for name in ("plain", "loop", "gapless"):
                connection.execute(f"ATTACH '{self._warehouse(name)}' AS {name} (READ_ONLY)")
            done = "SELECT max(game_date) FROM loop.analytics.player_game_summary"
            for table, _, _ in STEPS:
                for other, until in (("plain", ""), ("loop", f"WHERE game_date <= ({done})")):
                    ours = checksum(connection, f"gapless.{table}", until)
                    theirs = checksum(connection, f"{other}.{table}", until)
                    if ours != theirs:
                        sys.exit(f"{table}: gapless and {other} differ: {ours}, {theirs}")
                counted = f"SELECT count(*), count(DISTINCT game_date) FROM gapless.{table}"
                found = connection.execute(counted).fetchall()[0]
                rows, partitions = rows + found[0], partitions + found[1]
            dates = connection.execute("SELECT count(DISTINCT game_date) FROM gapless.raw.schedule")
            return Facts(dates.fetchall()[0][0], partitions, rows, int(self._loop_dates))

    def once(self, kind: str) -> Spent:
        """Measure one kind of work on a fresh copy."""
        side, verb = kind.split(" ")
        origin = {"backfill": "loaded", "parallel": "loaded", "date": f"{side} but one"}
        place = origin.get(verb, side if side != "loop" else "plain")
        self._copy(place, "timed")
        file = self._warehouse("timed")
        if side == "plain":
            return _script("plain_sql", file, *([self._last] if verb == "date" else []))
        if side == "loop":
            only = {"backfill": [self._loop_dates], "date": [self._last]}.get(verb, [])
            return _script("per_date", file, "backfill" if verb == "date" else verb, *only)
        given = {"parallel": ["backfill", "2"], "date": ["backfill", "1", self._last]}
        return _script("gapless_backfill", str(self._folder / "timed"), *given.get(verb, [verb]))

    def profile(self) -> list[tuple[str, float]]:
        """Return the CPU seconds of the parts of a backfill, from a run of its own."""
        self._copy("loaded", "timed")
        shown = _script("profiled", str(self._folder / "timed"))
        return [(part, float(seconds)) for part, seconds in shown["parts"].items()]

    def _lose_last_date(self) -> None:
        """Make warehouses in which the rows of the last date are gone."""
        for name in ("plain", "gapless"):
            self._copy(name, f"{name} but one")
            with duckdb.connect(self._warehouse(f"{name} but one")) as connection:
                query = "SELECT max(game_date)::VARCHAR FROM raw.schedule"
                self._last = connection.execute(query).fetchall()[0][0]
                for table, _, _ in STEPS:
                    connection.execute(f"DELETE FROM {table} WHERE game_date = '{self._last}'")
        self._copy("plain but one", "loop but one")

    def _warehouse(self, name: str) -> str:
        return str(self._folder / name / WAREHOUSE)

    def _copy(self, name: str, target: str) -> None:
        shutil.rmtree(self._folder / target, ignore_errors=True)
        shutil.copytree(self._folder / name, self._folder / target)


def _script(name: str, *arguments: str) -> Spent:
    spent: Spent = json.loads(_python(str(HERE / f"{name}.py"), *arguments))
    return spent


def _python(*arguments: str) -> str:
    # Logs go to stderr, as in a scheduler; writing them is part of the work.
    done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr[-2000:]}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
