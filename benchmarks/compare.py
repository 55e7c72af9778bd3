"""Gapless against plain set-based SQL: the same tables, interleaved, in one run.

Usage: compare.py [--data FOLDER] [--rounds N] [--write]
Without --data the real seasons are looked for beside the project, else two seasons are simulated.
Results must be equal before anything is timed. --write puts the numbers into RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from gapless.version import __version__

HERE = Path(__file__).parent
REAL = HERE.parents[1] / "shared" / "data" / "nba"
TABLES = (
    "analytics.player_game_summary",
    "analytics.team_offense_game_summary",
    "analytics.team_defense_game_summary",
    "analytics.synthetic_player_game_context",
    "precompute.team_defense_zone_analysis",
    "precompute.player_shot_zone_analysis",
    "precompute.player_composite_factors",
)
KINDS = {
    "plain": "plain set-based SQL, no safeguards",
    "backfill": "gapless backfill, one worker",
    "parallel": "gapless backfill --parallel, two workers",
    "noop": "gapless backfill again, nothing to do",
    "preflight": "gapless preflight of everything",
}


def main() -> None:
    """Check equality, time every kind in turn, print and write medians and ratios."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        loaded = _load(Path(name), arguments.data)
        dates, partitions = _check_equal(Path(name), loaded)
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        statements: dict[str, int] = {}
        for _ in range(arguments.rounds):
            for kind in KINDS:
                spent, sent = _once(Path(name), loaded, kind)
                seconds[kind].append(spent)
                statements[kind] = sent
    report = _report(seconds, statements, dates, partitions, arguments)
    print(report)
    if arguments.write:
        (HERE / "RESULTS.md").write_text(report, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _load(folder: Path, data: Path | None) -> Path:
    """Return a folder with gapless.toml and a warehouse that holds raw.* and nothing else."""
    place = folder / "loaded"
    place.mkdir()
    source = data or (REAL if REAL.is_dir() else None)
    if source is None:
        source = folder / "simulated"
        seasons = ["--season", "2021-22", "--season", "2022-23"]
        _python("-m", "gapless_nba.simulate", str(source), *seasons)
    gapless = str(Path(sys.executable).with_name("gapless"))
    for command in (["init"], ["load", "--data", str(source.resolve())]):
        subprocess.run([gapless, *command], cwd=place, check=True, capture_output=True)
    return place


def _check_equal(folder: Path, loaded: Path) -> tuple[int, int]:
    """Run both sides once and compare every table row by row."""
    ours, plain = _copy(folder, loaded, "equal"), folder / "plain.duckdb"
    shutil.copy(loaded / "nba.duckdb", plain)
    _python(str(HERE / "plain_sql.py"), str(plain))
    published = _python(str(HERE / "gapless_backfill.py"), str(ours), "backfill").split()[2]
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{ours / 'nba.duckdb'}' AS ours (READ_ONLY)")
        connection.execute(f"ATTACH '{plain}' AS plain (READ_ONLY)")
        for table in TABLES:
            columns = ", ".join(
                row[0] for row in connection.execute(f"DESCRIBE ours.{table}").fetchall()
            )
            # After the warm-up only: plain SQL computes the context of warm-up days, too.
            differing = connection.execute(
                f"SELECT count(*) FROM (SELECT {columns} FROM ours.{table} "
                f"EXCEPT ALL SELECT {columns} FROM plain.{table})"
            ).fetchall()[0][0]
            sizes = connection.execute(
                f"SELECT (SELECT count(*) FROM ours.{table}), (SELECT count(*) FROM plain.{table})"
            ).fetchall()[0]
            if differing or sizes[0] != sizes[1]:
                sys.exit(f"{table}: {differing} rows differ; {sizes[0]} and {sizes[1]} rows")
        dates = connection.execute(
            "SELECT count(DISTINCT game_date) FROM ours.raw.schedule"
        ).fetchall()[0][0]
    return int(dates), int(published)


def _once(folder: Path, loaded: Path, kind: str) -> tuple[float, int]:
    if kind == "plain":
        plain = folder / "plain.duckdb"
        shutil.copy(loaded / "nba.duckdb", plain)
        return float(_python(str(HERE / "plain_sql.py"), str(plain))), len(TABLES) + 4
    done = kind in ("noop", "preflight")
    place = folder / "equal" if done else _copy(folder, loaded, "timed")
    verb = "backfill" if kind in ("backfill", "parallel", "noop") else kind
    workers = "2" if kind == "parallel" else "1"
    spent, sent, _ = _python(str(HERE / "gapless_backfill.py"), str(place), verb, workers).split()
    return float(spent), int(sent)


def _copy(folder: Path, loaded: Path, name: str) -> Path:
    place = folder / name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(loaded, place)
    return place


def _python(*arguments: str) -> str:
    # Logs go to stderr, as in a scheduler; writing them is part of the work.
    done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr[-2000:]}")
    return done.stdout.strip()


def _report(
    seconds: dict[str, list[float]],
    statements: dict[str, int],
    dates: int,
    partitions: int,
    arguments: argparse.Namespace,
) -> str:
    base = statistics.median(seconds["plain"])
    lines = [
        "# Results",
        "",
        f"Gapless {__version__}, DuckDB {duckdb.__version__}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}. {dates} dates, "
        f"{partitions:,} partitions of {len(TABLES)} tables, {arguments.rounds} interleaved "
        "rounds. Seconds of work beyond process start and imports; results were equal row by row.",
        "",
        "| what | median s | fastest s | ÷ plain | statements |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for kind, title in KINDS.items():
        median = statistics.median(seconds[kind])
        lines.append(
            f"| {title} | {median:.2f} | {min(seconds[kind]):.2f} | {median / base:.2f} "
            f"| {statements[kind]} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
