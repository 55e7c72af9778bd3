"""The coverage query alone against plain SQL that counts the same anti-join, from small to large.

Usage: coverage_query.py [--rows N …] [--rounds N] [--memory-limit SIZE] [--write]
One missing row in 50, over 1,000 dates (100 where there are few rows). The answers must be equal
before anything is timed. --write puts the numbers into results/coverage_query.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from gapless import Gate
from gapless.declare.calendar import DateFacts
from gapless.measure import measure_coverage
from gapless.sql.audit import AuditRequest
from gapless.sql.binding import Scope, partitions_relation
from gapless.warehouse.duckdb import DuckDBWarehouse
from heading import finish, heading, table

FIRST = date(2020, 1, 1)
SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
AIM = 1.3
ANTI_JOIN = """
SELECT day, count(*) AS expected,
  count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM rows AS r WHERE r.day = e.day AND r.entity = e.entity)) AS missing
FROM expected AS e GROUP BY day ORDER BY day
"""
SAME_FACTS = """
WITH found AS (SELECT day, entity, count(*) AS copies FROM rows GROUP BY ALL),
held AS (SELECT day, count(*) AS copies, sum(hash(day, entity, amount)) AS content
  FROM rows GROUP BY day),
told AS (
  SELECT coalesce(e.day, f.day) AS day, count(e.day) AS expected,
    count(*) FILTER (WHERE f.day IS NULL) AS missing,
    count(*) FILTER (WHERE e.day IS NULL) AS unexpected,
    coalesce(sum(f.copies - 1), 0) AS duplicates
  FROM expected AS e FULL JOIN found AS f ON f.day = e.day AND f.entity = e.entity GROUP BY 1)
SELECT told.day, expected, missing, unexpected, duplicates, content
FROM told LEFT JOIN held ON held.day = told.day ORDER BY told.day
"""
KINDS = {
    "anti-join": "plain SQL: how many are missing",
    "same facts": "plain SQL: missing, unexpected, duplicate, and a hash of all rows",
    "coverage": "Gapless: the coverage query",
}
Answer = list[tuple[object, ...]]


def main() -> None:
    """Measure every size, smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-limit", default="8GB")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found = {}
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "coverage.duckdb"
            days = _fill(file, rows)
            warehouse = DuckDBWarehouse(
                f"duckdb:///{file}", read_only=True, memory_limit=arguments.memory_limit
            )
            found[rows] = _measured(warehouse, days, arguments.rounds)
            warehouse.close()
    finish(_page(found, arguments.rounds), "coverage_query", write=arguments.write)


def _fill(file: Path, rows: int) -> list[date]:
    """Make an expected set and rows in which every 50th of its keys is missing."""
    days = 1000 if rows > 100_000 else 100
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "CREATE TABLE expected AS SELECT DATE '2020-01-01' + day::INTEGER AS day, "
            "entity, NULL::VARCHAR AS excluded "
            f"FROM range({days}) AS days(day), range({rows // days}) AS entities(entity)"
        )
        connection.execute(
            "CREATE TABLE rows AS SELECT day, entity, entity / 7 AS amount FROM expected "
            "WHERE (entity + (day - DATE '2020-01-01')) % 50 > 0"
        )
    return [FIRST + timedelta(days=number) for number in range(days)]


def _measured(
    warehouse: DuckDBWarehouse, days: list[date], rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Compare the answers, then time every kind in turn."""
    scope = Scope("day", tuple(DateFacts(day, "2020", FIRST, None, 1) for day in days))
    # As in a run, which stages the dates of a chunk once for all its statements.
    place, _ = warehouse.stage("dates", partitions_relation(scope))
    request = AuditRequest(
        scope=replace(scope, place=place),
        key=("entity",),
        candidate="rows",
        columns=("day", "entity", "amount"),
        expected="expected",
        group=None,
        gate=Gate(coverage=0.9),
    )
    kinds: dict[str, Callable[[], Answer]] = {
        "anti-join": lambda: warehouse.fetch(ANTI_JOIN),
        "same facts": lambda: warehouse.fetch(SAME_FACTS),
        "coverage": lambda: _told(warehouse, request),
    }
    answers = {kind: [row[:3] for row in ask()] for kind, ask in kinds.items()}
    if not answers["anti-join"] == answers["same facts"] == answers["coverage"]:
        sys.exit("The answers differ.")
    if not sum(int(str(row[2])) for row in answers["coverage"]):
        sys.exit("Nothing is missing, so nothing was compared.")
    spent: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, ask in kinds.items():
            wall, cpu = time.perf_counter(), time.process_time()
            ask()
            spent[kind].append((time.perf_counter() - wall, time.process_time() - cpu))
    return spent


def _told(warehouse: DuckDBWarehouse, request: AuditRequest) -> Answer:
    found = measure_coverage(warehouse, request)
    return [(day, one.expected, one.missing) for day, one in sorted(found.items())]


def _page(found: dict[int, dict[str, list[tuple[float, float]]]], rounds: int) -> list[str]:
    lines: list[list[str]] = []
    aims: list[str] = []
    for rows, spent in found.items():
        medians = {
            kind: tuple(statistics.median(one) for one in zip(*measured, strict=True))
            for kind, measured in spent.items()
        }
        base, ours = medians["same facts"], medians["coverage"]
        for kind, title in KINDS.items():
            wall, cpu = medians[kind]
            over = [f"{wall / medians[one][0]:.2f}" for one in ("anti-join", "same facts")]
            lines.append([f"{rows:,}: {title}", f"{wall:.3f}", f"{cpu:.3f}", *over])
        ratio = ours[1] / base[1]
        verdict = "met" if ratio <= AIM else "**missed**"
        aims.append(
            f"- {rows:,} rows: CPU time ÷ plain SQL for the same facts {ratio:.2f}; the aim of "
            f"{AIM} is {verdict}."
        )
    return [
        *heading("The coverage query alone", "coverage_query.py"),
        "",
        f"Medians of {rounds} interleaved rounds on one connection; expected and missing keys of "
        "every date were equal before anything was timed. The second kind of plain SQL asks for "
        "what a gate needs to know; Gapless also tells groups, exclusions, rules and required "
        "columns apart.",
        "",
        *table(("rows: what", "wall s", "CPU s", "÷ anti-join", "÷ same facts"), lines),
        "",
        *aims,
    ]


if __name__ == "__main__":
    main()
