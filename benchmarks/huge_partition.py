"""One date with tens of millions of expected keys, within a memory limit, spilling to disk.

Usage: huge_partition.py [--keys N] [--memory-limit SIZE] [--write]
Two dates lack 11 % and 9 % of their rows: the first must be refused, the second published, with
exact counts. Each is backfilled by a process of its own that has no more memory than the limit.
--write puts the numbers into results/huge_partition.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from heading import finish, heading, table

HERE = Path(__file__).parent
WAREHOUSE = "huge.duckdb"
LACKING = {"2024-01-01": 11, "2024-01-02": 9}
"""Date → percent of its rows that are not there."""
GATE = 90
CONFIGURATION = """\
pipeline = "huge_pipeline:pipeline"
warehouse = "duckdb:///{warehouse}"
ledger = "sqlite:///ledger.sqlite"
memory_limit = "{limit}"
"""
HEAD = (
    *("lacking", "outcome", "expected", "present", "missing", "rows live"),
    *("wall s", "CPU s", "peak MB", "spilled MB", "statements"),
)
Found = dict[str, int | float | str]


def main() -> None:
    """Backfill both dates and check what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=50_000_000)
    parser.add_argument("--memory-limit", default="2GB")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.keys % 100:
        sys.exit("--keys must be a multiple of 100, so that the shares are exact.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, arguments.keys)
        text = CONFIGURATION.format(warehouse=WAREHOUSE, limit=arguments.memory_limit)
        (folder / "gapless.toml").write_text(text, encoding="utf-8")
        found = {day: _backfilled(folder, day, arguments.keys) for day in LACKING}
    page = _page(found, arguments.keys, arguments.memory_limit)
    finish(page, "huge_partition", write=arguments.write)


def _fill(folder: Path, keys: int) -> None:
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("CREATE SCHEMA raw")
        days = ", ".join(f"DATE '{day}'" for day in LACKING)
        connection.execute(
            f"CREATE TABLE raw.days AS SELECT unnest([{days}]) AS day, '2024' AS year, 1 AS place"
        )
        connection.execute(
            "CREATE TABLE raw.orders (day DATE, order_id BIGINT); "
            "CREATE TABLE raw.deliveries (day DATE, order_id BIGINT, amount INTEGER)"
        )
        for day, lacking in LACKING.items():
            connection.execute(
                f"INSERT INTO raw.orders SELECT DATE '{day}', range FROM range({keys})"
            )
            connection.execute(
                f"INSERT INTO raw.deliveries SELECT DATE '{day}', range, range % 1000 "
                f"FROM range({keys}) WHERE range % 100 >= {lacking}"
            )


def _backfilled(folder: Path, day: str, keys: int) -> Found:
    """Backfill one date, and compare what the run says with what is there."""
    done = subprocess.run(
        [sys.executable, str(HERE / "huge_backfill.py"), str(folder), day],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{day} failed:\n{done.stdout}{done.stderr[-2000:]}")
    found: Found = json.loads(done.stdout.splitlines()[-1])
    missing = keys * LACKING[day] // 100
    passes = LACKING[day] <= 100 - GATE
    wanted = {
        "outcome": "published" if passes else "refused",
        "expected": keys,
        "present": keys - missing,
        "missing": missing,
        "exit_code": 0 if passes else 1,
    }
    differing = {name: found[name] for name in wanted if found[name] != wanted[name]}
    if differing:
        sys.exit(f"{day}: found {differing}, should be {wanted}")
    found["live"] = _live(folder, day)
    if found["live"] != (keys - missing if passes else 0):
        sys.exit(f"{day}: {found['live']} rows are live")
    return found


def _live(folder: Path, day: str) -> int:
    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as connection:
        there = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'delivered' AND "
        there += "schema_name = 'mart'"
        if not connection.execute(there).fetchall()[0][0]:
            return 0
        query = f"SELECT count(*) FROM mart.delivered WHERE day = '{day}'"
        counted: int = connection.execute(query).fetchall()[0][0]
        return counted


def _page(found: dict[str, Found], keys: int, limit: str) -> list[str]:
    rows = [
        [
            f"{LACKING[day]} %",
            str(one["outcome"]),
            *(f"{one[name]:,}" for name in ("expected", "present", "missing", "live")),
            *(f"{one[name]:,.0f}" for name in ("wall", "cpu", "peak", "spilled", "statements")),
        ]
        for day, one in found.items()
    ]
    return [
        *heading("One huge partition", "huge_partition.py"),
        "",
        f"Two dates with {keys:,} expected keys each, a gate at {GATE} % coverage, "
        f'`memory_limit = "{limit}"`. One process each, beyond its start and imports: plan, stage, '
        "audit, publish or quarantine, ledger. The counts are compared with those that were "
        "planted, and the live rows are counted by another connection.",
        "",
        *table(HEAD, rows),
        "",
        "Peak is the process's resident memory: the limit holds for what DuckDB keeps, and "
        "Python, code and allocator come on top. What does not fit is in the folder "
        "`<warehouse>.tmp` until the process ends; its largest size is in the table.",
    ]


if __name__ == "__main__":
    main()
