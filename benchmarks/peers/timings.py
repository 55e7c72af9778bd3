"""Whole processes of every system: the range in one unit, date by date, one date again, nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from checksums import checksum
from peers.ours import Gapless
from peers.peer import HERE, Peer, Plan, Spent, whole_process
from peers.statements import LAST, TABLES

UNITS = {False: "range", True: "dates"}
ONE_DATE, NOTHING = "one date", "nothing"


@dataclass(frozen=True)
class Season:
    """What is to be filled: the raw tables, the finished tables of plain SQL, the dates.

    Attributes:
        raw: The folder with the raw tables as Parquet.
        plain: The warehouse that plain SQL filled.
        days: All dates with games, oldest first.
        by_date: How many of them the systems do that gate every date.
    """

    raw: Path
    plain: Path
    days: Sequence[str]
    by_date: int

    def last(self, *, by_date: bool) -> str:
        """Return the last date of a kind of work."""
        return self.days[self.by_date - 1] if by_date else self.days[-1]


@dataclass
class Timings:
    """What was measured: by system and kind of work, one entry for each round."""

    found: dict[tuple[str, str], list[Spent]] = field(default_factory=dict)

    def add(self, system: str, kind: str, spent: Spent) -> None:
        """Keep one measurement; one of a command that failed is none."""
        if spent["exit"]:
            sys.exit(f"{system}, {kind}: exit {spent['exit']}\n{spent['said'][-3000:]}")
        self.found.setdefault((system, kind), []).append(spent)
        print(f"{system}, {kind}: {spent['wall']:.1f} s, CPU {spent['cpu']:.1f} s", file=sys.stderr)


def measure(
    peers: Sequence[Peer], seasons: Season, folder: Path, rounds: int
) -> Mapping[tuple[str, str], list[Spent]]:
    """Check that each system makes equal tables, then measure them in turn."""
    timings = Timings()
    # A run of Dagster stores two events for each of its partitions and tables, one at a time: for a
    # range of all dates these are 17,800, and minutes go by before the work counts.
    systems = [Gapless(folder), *(peer for peer in peers if peer.name != "dagster")]
    for system in systems:
        place = folder / f"{system.name} range"
        filled = _fill(system, place, seasons, by_date=False)
        _check_equal(system, place, seasons, by_date=False)
        # The first round is also the check: what was computed is what was timed.
        timings.add(system.name, "range", filled)
        _smaller(system, place, seasons, timings, by_date=False)
        shutil.rmtree(place)
    for _ in range(rounds - 1):
        for system in systems:
            _once(system, folder, seasons, timings, by_date=False)
    for number in range(rounds):
        timings.add("plain", "range", _plain(folder, seasons))
        timings.add("gapless", "dates", _dates_of(systems[0], folder, seasons))
        if number == 0:
            timings.add("loop", "dates", _loop(folder, seasons))
    for peer in peers:
        place = folder / f"{peer.name} dates"
        filled = _fill(peer, place, seasons, by_date=True)
        _check_equal(peer, place, seasons, by_date=True)
        timings.add(peer.name, "dates", filled)
        if peer not in systems:
            _smaller(peer, place, seasons, timings, by_date=True)
        shutil.rmtree(place)
    return timings.found


def _fill(system: Peer, place: Path, seasons: Season, *, by_date: bool) -> Spent:
    first, last = seasons.days[0], seasons.last(by_date=by_date)
    system.lay_out(place, seasons.raw, Plan(first, last, by_date))
    return system.fill(place, first, last)


def _once(system: Peer, folder: Path, seasons: Season, timings: Timings, *, by_date: bool) -> None:
    place = folder / "timed"
    timings.add(system.name, UNITS[by_date], _fill(system, place, seasons, by_date=by_date))
    shutil.rmtree(place)


def _dates_of(system: Peer, folder: Path, seasons: Season) -> Spent:
    place = folder / "timed"
    spent = _fill(system, place, seasons, by_date=True)
    shutil.rmtree(place)
    return spent


def _smaller(
    system: Peer, place: Path, seasons: Season, timings: Timings, *, by_date: bool
) -> None:
    """Measure what is done on finished tables: one date of the last table, and nothing."""
    day = seasons.last(by_date=by_date)
    if system.name != "dbt":
        # dbt keeps no record of dates: a build without a date to build does not exist.
        timings.add(system.name, NOTHING, system.later(place, day))
    system.sql(place, f"DELETE FROM {_stored(system, place)} WHERE game_date = '{day}'")
    timings.add(system.name, ONE_DATE, system.again(place, day))
    _check_equal(system, place, seasons, by_date=by_date)


def _stored(system: Peer, place: Path) -> str:
    """Return the table behind the name: SQLMesh shows a view."""
    schema, table = LAST.split(".")
    query = (
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_type = 'BASE TABLE' AND ("
        f"table_schema = '{schema}' AND table_name = '{table}'"
        f" OR table_schema = 'sqlmesh__{schema}'"
        f" AND starts_with(table_name, '{schema}__{table}__'))"
    )
    return str(system.sql(place, query)[0][0])


def _check_equal(system: Peer, place: Path, seasons: Season, *, by_date: bool) -> None:
    """Compare every table with that of plain SQL, as Parquet: an older DuckDB writes it, too."""
    until = f"WHERE game_date <= DATE '{seasons.last(by_date=by_date)}'"
    copied = {table: f"{place}/{table}.parquet" for table in TABLES}
    system.sql(place, *[f"COPY (FROM {name} {until}) TO '{to}'" for name, to in copied.items()])
    with duckdb.connect(str(seasons.plain), read_only=True) as connection:
        for table, file in copied.items():
            ours = checksum(connection, table, until)
            theirs = checksum(connection, f"read_parquet('{file}')")
            if ours != theirs:
                sys.exit(f"{table}: plain SQL and {system.name} differ: {ours}, {theirs}")


def _plain(folder: Path, seasons: Season) -> Spent:
    return _script(folder, seasons, lambda file: ["plain_sql.py", file])


def _loop(folder: Path, seasons: Season) -> Spent:
    count = str(seasons.by_date)
    return _script(folder, seasons, lambda file: ["per_date.py", file, "backfill", count])


def _script(folder: Path, seasons: Season, command: Callable[[str], Sequence[str]]) -> Spent:
    place = folder / "timed"
    Gapless(folder).lay_out(place, seasons.raw, Plan(seasons.days[0], seasons.days[-1], False))
    script, *given = command("nba.duckdb")
    spent = whole_process(place, [sys.executable, str(HERE.parent / script), *given])
    shutil.rmtree(place)
    return spent
