"""What a system does when a stale source makes a date partial, tried out on each of them.

Before the date there is a good season. Then one upcoming row of the date appears, as in the
incident, and the system runs as its scheduler would run it, or the date is computed again by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from peers.peer import RAW, Peer, Plan, Spent
from peers.statements import LAST, UPCOMING

DAY = "2022-11-04"
"""A busy date soon after the warm-up, so that little is to be filled before it."""
CASES = {"first": "First load of the date", "rerun": "The date was good, and is computed again"}
_SYNTHETIC = "analytics.synthetic_player_game_context"


@dataclass(frozen=True)
class Step:
    """Where a date stood after a command: its rows, what the system says, how the command ended."""

    rows: int
    exit: int
    shown: str


@dataclass(frozen=True)
class Outcome:
    """One system in one case: the stale row, the next run, the run after the repair."""

    stale: Step
    following: Step
    repaired: Step


@dataclass(frozen=True)
class Season:
    """A season up to the day after the date, as Parquet files.

    Attributes:
        folder: Where they are.
        first: Its first date.
        before: The last date with games before the date.
        after: The first date with games after it.
        expected: How many players the date should have.
    """

    folder: Path
    first: str
    before: str
    after: str
    expected: int


def cut_season(warehouse: str, folder: Path) -> Season:
    """Export the season of the date from a finished warehouse, and the rows for the incident."""
    folder.mkdir()
    with duckdb.connect(warehouse, read_only=True) as connection:

        def one(query: str) -> str:
            return str(connection.execute(query).fetchall()[0][0])

        season = one(f"SELECT any_value(season) FROM {RAW[0]} WHERE game_date = '{DAY}'")
        of_season = f"FROM {RAW[0]} WHERE season = '{season}' AND game_date"
        first = one(f"SELECT min(game_date) {of_season} IS NOT NULL")
        before = one(f"SELECT max(game_date) {of_season} < '{DAY}'")
        after = one(f"SELECT min(game_date) {of_season} > '{DAY}'")
        for table in RAW:
            rows = f"FROM {table} WHERE season = '{season}' AND game_date <= '{after}'"
            connection.execute(f"COPY ({rows}) TO '{folder}/{table}.parquet'")
        upcoming = f"SELECT * REPLACE ('upcoming' AS context_source) FROM {_SYNTHETIC}"
        exports = {
            UPCOMING: f"{upcoming} LIMIT 0",
            "stale": f"{upcoming} WHERE game_date = '{DAY}' ORDER BY player_id LIMIT 1",
            "complete": f"{upcoming} WHERE game_date = '{DAY}'",
            # The job before the next games has done its work.
            "next": f"{upcoming} WHERE game_date = '{after}'",
        }
        for name, query in exports.items():
            connection.execute(f"COPY ({query}) TO '{folder}/{name}.parquet'")
        expected = one(f"SELECT count(*) FROM {LAST} WHERE game_date = '{DAY}'")
    return Season(folder, first, before, after, int(expected))


def try_out(system: Peer, season: Season, folder: Path, case: str) -> Outcome:
    """Let the incident happen to one system."""
    shutil.rmtree(folder, ignore_errors=True)
    system.lay_out(folder, season.folder, Plan(season.first, season.after, by_date=False))
    filled = system.fill(folder, season.first, season.before)
    if case == "rerun":
        _plant(system, folder, season, "complete")
        filled = system.later(folder, DAY)
        _clear(system, folder)
    if filled["exit"] or _rows(system, folder) != (season.expected if case == "rerun" else 0):
        message = f"{system.name}: the season could not be filled:\n{filled['said'][-2000:]}"
        raise RuntimeError(message)
    _plant(system, folder, season, "stale", "next")
    run = system.again if case == "rerun" else system.later
    stale = _step(system, folder, run(folder, DAY))
    following = _step(system, folder, system.later(folder, season.after))
    _clear(system, folder)
    _plant(system, folder, season, "complete")
    repaired = _step(system, folder, system.later(folder, season.after))
    return Outcome(stale, following, repaired)


def _plant(system: Peer, folder: Path, season: Season, *names: str) -> None:
    files = [f"read_parquet('{season.folder}/{name}.parquet')" for name in names]
    created = f"CREATE TABLE IF NOT EXISTS {UPCOMING} AS FROM {files[0]} LIMIT 0"
    inserted = [f"INSERT INTO {UPCOMING} BY NAME FROM {file}" for file in files]
    system.sql(folder, created, *inserted)


def _clear(system: Peer, folder: Path) -> None:
    """Remove the upcoming rows of the date."""
    system.sql(folder, f"DELETE FROM {UPCOMING} WHERE game_date = '{DAY}'")


def _rows(system: Peer, folder: Path) -> int:
    # The naive job has no table before its first date.
    schema, table = LAST.split(".")
    there = f"table_schema = '{schema}' AND table_name = '{table}'"
    query = f"SELECT count(*) FROM information_schema.tables WHERE {there}"
    if not system.sql(folder, query)[0][0]:
        return 0
    return int(system.sql(folder, f"SELECT count(*) FROM {LAST} WHERE game_date = '{DAY}'")[0][0])


def _step(system: Peer, folder: Path, spent: Spent) -> Step:
    return Step(_rows(system, folder), int(spent["exit"]), system.shown(folder, DAY))


def table(outcomes: Sequence[tuple[str, Outcome]], expected: int) -> list[str]:
    """Write the outcomes of one case as a Markdown table."""
    lines = [
        f"| system | rows live, of {expected} | exit code | it says of the date "
        "| after its next run | after the repair and one more run |",
        "| --- | ---: | ---: | --- | --- | --- |",
    ]
    for title, one in outcomes:
        lines.append(
            f"| {title} | {one.stale.rows} | {one.stale.exit} | {one.stale.shown} "
            f"| {_later(one.following)} | {_later(one.repaired)} |"
        )
    return lines


def _later(step: Step) -> str:
    return f"{step.rows} rows, exit {step.exit}; {step.shown}"
