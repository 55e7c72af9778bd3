"""Does a date cost the same however many seasons there are? Full backfills of 1 to 100 seasons.

Usage: growth.py [--seasons N …] [--limits SIZE …] [--data FOLDER] [--write]
Every number of seasons is simulated into FOLDER/N, unless it is there already, loaded, and filled
up to player_composite_factors, by a process of its own: first without a limit, then with each of
the limits, then again with nothing to do. --write puts the numbers into results/growth.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from heading import finish, heading, table

HERE = Path(__file__).parent
GAPLESS = str(Path(sys.executable).with_name("gapless"))
LAST_SEASON = "2024-25"
WAREHOUSE = "nba.duckdb"
COUNTED = ("raw.schedule", "raw.player_box_scores", "raw.shots")
NO_LIMIT = "none"
NOTHING_TO_DO = "nothing to do"
HEAD = (
    *("seasons", "dates", "player-games", "shots", "memory limit", "wall s", "CPU s"),
    *("wall ms a date", "CPU ms a date", "peak MB", "statements"),
)


@dataclass(frozen=True)
class Facts:
    """How much there is."""

    seasons: int
    dates: int
    player_games: int
    shots: int


@dataclass(frozen=True)
class Measured:
    """What one backfill took."""

    facts: Facts
    limit: str
    spent: dict[str, Any]

    def of_a_date(self, name: str) -> float:
        """Return the milliseconds of one date."""
        return 1000 * float(self.spent[name]) / self.facts.dates


def main() -> None:
    """Measure every number of seasons, smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seasons", type=int, nargs="+", default=(1, 4, 20, 100))
    parser.add_argument("--limits", nargs="*", default=("1GB",))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        data = (arguments.data or Path(name) / "data").resolve()
        for seasons in sorted(arguments.seasons):
            for limit in (NO_LIMIT, *arguments.limits):
                folder = Path(name) / f"{seasons} {limit}"
                facts = _loaded(folder, _simulated(data, seasons), seasons)
                found.append(Measured(facts, limit, _backfilled(folder, limit)))
                print(found[-1], file=sys.stderr, flush=True)
                if limit == NO_LIMIT:
                    again = _backfilled(folder, limit, "noop")
                    found.append(Measured(facts, NOTHING_TO_DO, again))
                (folder / WAREHOUSE).unlink()
    finish(_page(found), "growth", write=arguments.write)


def _simulated(data: Path, seasons: int) -> Path:
    folder = data / str(seasons)
    if not folder.is_dir():
        wanted = ("--seasons", str(seasons), "--season", LAST_SEASON, "--format", "parquet")
        _run([sys.executable, "-m", "gapless_nba.simulate", str(folder), *wanted], data.parent)
    return folder


def _loaded(folder: Path, data: Path, seasons: int) -> Facts:
    """Make a warehouse with the raw tables."""
    folder.mkdir()
    _run([GAPLESS, "init"], folder)
    _run([GAPLESS, "load", "--data", str(data)], folder)
    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as connection:
        counts = [
            int(connection.execute(f"SELECT count({what}) FROM {name}").fetchall()[0][0])
            for name, what in zip(COUNTED, ("DISTINCT game_date", "*", "*"), strict=True)
        ]
    return Facts(seasons, *counts)


def _backfilled(folder: Path, limit: str, verb: str = "backfill") -> dict[str, Any]:
    """Run one verb in a process of its own; the settings come from variables, as a user's may."""
    limited = {} if limit == NO_LIMIT else {"GAPLESS_MEMORY_LIMIT": limit}
    script = [sys.executable, str(HERE / "gapless_backfill.py"), str(folder), verb]
    spent: dict[str, Any] = json.loads(_run(script, folder, limited))
    if (verb == "noop") == bool(spent["published"]):
        sys.exit(f"{verb} published {spent['published']} partitions")
    return spent


def _run(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | (variables or {}),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip()


def _page(found: list[Measured]) -> list[str]:
    rows = [
        [
            *(f"{count:,}" for count in (one.facts.seasons, one.facts.dates)),
            *(f"{count:,}" for count in (one.facts.player_games, one.facts.shots)),
            one.limit,
            *(f"{one.spent[name]:.2f}" for name in ("wall", "cpu")),
            *(f"{one.of_a_date(name):.2f}" for name in ("wall", "cpu")),
            f"{one.spent['peak']:,.0f}",
            f"{one.spent['statements']:,}",
        ]
        for one in found
    ]
    return [
        *heading("Growth", "growth.py"),
        "",
        "Full backfills from loaded raw tables up to player_composite_factors, 7 tables, in one "
        "process each, beyond its start and imports. A chunk has at most 1,000 dates "
        "(`chunk_size`), and DuckDB spills to disk beyond `memory_limit`.",
        "",
        *table(HEAD, rows),
        "",
        *_verdicts(found),
    ]


def _verdicts(found: list[Measured]) -> list[str]:
    """Compare the most seasons with the fewest."""
    lines = []
    for limit in dict.fromkeys(one.limit for one in found):
        ofit = [one for one in found if one.limit == limit]
        first, last = ofit[0], ofit[-1]
        lines.append(
            f"- {limit if limit == NOTHING_TO_DO else f'memory limit {limit}'}: from "
            f"{first.facts.dates:,} to {last.facts.dates:,} dates, CPU time a date grows by a "
            f"factor of {last.of_a_date('cpu') / first.of_a_date('cpu'):.2f}, peak memory by "
            f"{last.spent['peak'] / first.spent['peak']:.2f}."
        )
    return lines


if __name__ == "__main__":
    main()
