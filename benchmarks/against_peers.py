"""SQLMesh, dbt and Dagster beside Gapless: the same tables, their cost, and a partial date.

Usage: against_peers.py [--part costs|behaviour] [--data FOLDER] [--rounds N] [--dates N]
                        [--environments FOLDER] [--write]
Each peer is installed into an environment of its own, by default in the user's cache folder.
Without --data, four seasons are simulated. --write puts the pages into results/, and the table of
the behaviour also into docs/explanation/compared.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from heading import heading
from peers.behaviour import CASES, cut_season, table, try_out
from peers.dagster_project import Dagster
from peers.dbt_project import Dbt
from peers.ours import Gapless, Naive, Trusting
from peers.peer import RAW, Peer
from peers.report import costs, versions
from peers.sqlmesh_project import SQLMesh
from peers.statements import UPCOMING
from peers.timings import Season, measure
from side_by_side import SEASONS

HERE = Path(__file__).parent
COMPARED = HERE.parent / "docs" / "explanation" / "compared.md"
BEGIN, END = "<!-- table: written by benchmarks/against_peers.py -->", "<!-- end of the table -->"


def main() -> None:
    """Install, load, compare, print and write."""
    arguments = _arguments()
    peers: list[Peer] = [kind(arguments.environments) for kind in (SQLMesh, Dbt, Dagster)]
    for peer in peers:
        peer.install()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = _plain_warehouse(folder, arguments.data)
        if arguments.part in ("behaviour", None):
            text = _behaviour(peers, plain, folder, arguments.environments)
            print(text)
            if arguments.write:
                _write("behaviour", text)
                _write_page(text)
        if arguments.part in ("costs", None):
            seasons = _export(plain, folder / "raw", arguments.dates)
            found = measure(peers, seasons, folder, arguments.rounds)
            text = costs(found, peers, len(seasons.days), arguments.dates)
            print(text)
            if arguments.write:
                _write("peers", text)


def _arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("costs", "behaviour"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dates", type=int, default=60)
    parser.add_argument("--environments", type=Path, default=cache / "gapless-benchmarks")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _plain_warehouse(folder: Path, data: Path | None) -> Path:
    """Simulate and load the seasons, and fill the tables by plain SQL."""
    source = data.resolve() if data else folder / "simulated"
    if data is None:
        seasons = [part for season in SEASONS for part in ("--season", season)]
        _run(folder, sys.executable, "-m", "gapless_nba.simulate", str(source), *seasons)
    place = folder / "plain"
    place.mkdir()
    gapless = str(Path(sys.executable).with_name("gapless"))
    _run(place, gapless, "init")
    _run(place, gapless, "load", "--data", str(source))
    _run(place, sys.executable, str(HERE / "plain_sql.py"), "nba.duckdb")
    return place / "nba.duckdb"


def _export(plain: Path, folder: Path, by_date: int) -> Season:
    """Write the raw tables as files that every DuckDB reads."""
    folder.mkdir()
    with duckdb.connect(str(plain), read_only=True) as connection:
        for name in RAW:
            connection.execute(f"COPY {name} TO '{folder}/{name}.parquet'")
        empty = "FROM analytics.synthetic_player_game_context LIMIT 0"
        connection.execute(f"COPY ({empty}) TO '{folder}/{UPCOMING}.parquet'")
        query = "SELECT DISTINCT game_date::VARCHAR FROM raw.schedule ORDER BY 1"
        days = [row[0] for row in connection.execute(query).fetchall()]
    return Season(folder, plain, days, by_date)


def _behaviour(peers: Sequence[Peer], plain: Path, folder: Path, environments: Path) -> str:
    season = cut_season(str(plain), folder / "season")
    naive, *ours = [kind(environments) for kind in (Naive, Gapless, Trusting)]
    lines = [*heading("A partial date", "against_peers.py"), "", versions(peers)]
    for case, title in CASES.items():
        outcomes = []
        for system in (naive, *peers, *ours):
            print(f"{system.name}, {title}", file=sys.stderr, flush=True)
            outcomes.append((system.title, try_out(system, season, folder / "tried", case)))
        lines += ["", f"## {title}", "", *table(outcomes, season.expected)]
    return "\n".join(lines) + "\n"


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _write(name: str, text: str) -> None:
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def _write_page(text: str) -> None:
    """Put the same tables into the page of the documentation."""
    before, _, rest = COMPARED.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = text.split("\n", 2)[2].strip()
    COMPARED.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
