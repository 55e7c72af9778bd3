"""Promise 12 on whole seasons: what a change makes stale, and what mending it touches.

Two things are compared with what `gapless status` calls stale: the partitions whose declared
windows hold the change, counted out date by date; and those whose values really differ, found by
building a second warehouse from the changed rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from acceptance.place import Place, same_tables
from acceptance.seasons import CHOOSING, KEYS, PGS, TDGS, TDZA, TOGS
from gapless.declare.statements import Statement
from gapless.plan.states import State
from gapless.verbs.backfill import preflight
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from gapless_nba.pipeline import pipeline
from gapless_nba.simulate import simulate_league
from support.real_data import real_data_folder
from support.windows import Partition, resting_on

BOX_SCORES = "raw.player_box_scores"
JANUARY = "game_date BETWEEN DATE '2023-01-10' AND DATE '2023-01-20'"


@pytest.fixture(scope="session")
def simulated_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two simulated seasons with every table backfilled. Shared: copy it."""
    place = Place(tmp_path_factory.mktemp("stale") / "simulated")
    place.folder.mkdir()
    simulate_league(place.folder / "data", ["2021-22", "2022-23"])
    place.run("init")
    place.run("load", "--data", "data")
    place.run("backfill")
    return place


@pytest.fixture(params=["simulated", "real"])
def built(request: pytest.FixtureRequest, copied: Callable[[Place], Place]) -> Place:
    """Two whole seasons of this test's own: simulated ones, and the real ones where they are."""
    if request.param == "real":
        real_data_folder()
    name = {"simulated": "simulated_once", "real": "whole_once"}[request.param]
    return copied(request.getfixturevalue(name))


@dataclass(frozen=True)
class Game:
    """One game of January, and how to change its raw rows."""

    game_id: str
    day: date

    @property
    def change(self) -> str:
        """A correction of one player: two turnovers that nobody had counted."""
        return (
            f"UPDATE {BOX_SCORES} SET tov = tov + 2 WHERE game_id = '{self.game_id}' "
            f"AND player_id = (SELECT min(player_id) FROM {BOX_SCORES} "
            f"WHERE game_id = '{self.game_id}' AND played AND minutes > 20)"
        )


def game_of_january(place: Place) -> Game:
    [(game_id, day)] = place.rows(
        f"SELECT game_id, game_date FROM raw.schedule WHERE {JANUARY} ORDER BY ALL LIMIT 1"
    )
    return Game(game_id, day)


def seasons_of(place: Place) -> dict[date, str]:
    return dict(place.rows("SELECT DISTINCT game_date, season FROM raw.schedule"))


def published(place: Place) -> dict[Partition, list[str]]:
    """Every published partition, with the sources it was fed by."""
    rows = place.rows(
        "SELECT table_name, partition_date, arg_max(evidence, version) "
        "FROM gapless.publications GROUP BY ALL"
    )
    return {
        (table, day): [
            name
            for made in json.loads(evidence).get("choices", {}).values()
            for name in made["contents"]
        ]
        for table, day, evidence in rows
    }


def versions(place: Place) -> dict[Partition, int]:
    rows = place.rows(
        "SELECT table_name, partition_date, max(version) FROM gapless.publications GROUP BY ALL"
    )
    return {(table, day): version for table, day, version in rows}


def states(place: Place) -> dict[Partition, str]:
    found = place.json("status", code=None)["partitions"]
    return {(one["table"], date.fromisoformat(one["date"])): one["state"] for one in found}


def differing(one: Place, other: Place) -> set[Partition]:
    """Name the partitions whose rows differ in any bit between two warehouses."""
    found: set[Partition] = set()
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one.warehouse}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other.warehouse}' AS other (READ_ONLY)")
        for table in KEYS:
            left, right = (f"SELECT * FROM {name}.{table}" for name in ("one", "other"))
            for first, second in ((left, right), (right, left)):
                days = connection.execute(
                    f"SELECT DISTINCT game_date FROM (({first}) EXCEPT ALL ({second}))"
                ).fetchall()
                found |= {(table, day) for (day,) in days}
    return found


@pytest.fixture
def from_scratch(built: Place, tmp_path: Path) -> Iterator[Place]:
    """The changed rows, with every table computed anew in a warehouse of its own."""
    place = Place(tmp_path / "scratch")
    place.folder.mkdir()
    place.run("init")
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute(f"ATTACH '{built.warehouse}' AS built (READ_ONLY)")
        connection.execute("CREATE SCHEMA raw")
        for table in ("schedule", "player_box_scores", "shots"):
            connection.execute(f"CREATE TABLE raw.{table} AS FROM built.raw.{table}")
        connection.execute(game_of_january(built).change)
    place.run("backfill")
    yield place
    place.warehouse.unlink()


def test_one_changed_game_of_january(built: Place, from_scratch: Place) -> None:
    """Exactly what rests on it is stale, and mending it rewrites exactly what it changes."""
    game = game_of_january(built)
    built.change(game.change)
    before, done = versions(built), published(built)

    found = states(built)
    stale = {partition for partition, state in found.items() if state == State.STALE}
    assert stale == resting_on(pipeline, seasons_of(built), {(BOX_SCORES, game.day)}, done)
    assert {state for where, state in found.items() if where not in stale} <= {
        State.COMPLETE,
        State.WARM_UP,
        State.NOTHING_EXPECTED,
    }

    different = differing(built, from_scratch)
    assert different < stale, "a value that changed is stale, and not all that is stale changed"
    assert {table for table, _ in different} >= {PGS, TOGS, TDGS, *CHOOSING}

    report = built.json("backfill", "--with-upstream")
    outcomes = {
        (one["table"], date.fromisoformat(one["date"])): one["outcome"] for one in report["results"]
    }
    assert {where for where, outcome in outcomes.items() if outcome == "published"} == different
    assert {outcomes[where] for where in stale - different} <= {"unchanged", "done"}
    assert {where for where, version in versions(built).items() if version != before[where]} <= {
        where for where in stale if outcomes[where] in ("published", "unchanged")
    }
    assert same_tables(built, from_scratch, tuple(KEYS)) == []
    assert built.json("status")["exit_code"] == 0


def redefined(place: Place, table: str, old: str, new: str) -> dict[Partition, str]:
    """Return the states of all partitions under another formula of one table."""
    derived = pipeline.derived_table(table)
    text = derived.statement.text
    assert old in text, text
    changed = replace(derived, statement=Statement(text.replace(old, new, 1), "inline"))
    with place.workspace() as workspace:
        before = workspace.pipeline.tables[table]
        workspace.pipeline.tables[table] = changed
        try:
            report = status(workspace, Selection())
        finally:
            workspace.pipeline.tables[table] = before
    return {(one.table, one.partition): one.state for one in report.standings}


@pytest.mark.parametrize("table", [TOGS, TDZA])
def test_one_changed_formula(built: Place, table: str) -> None:
    """Exactly that table and what depends on it are stale, wherever the windows reach."""
    done = published(built)
    found = redefined(built, table, "SELECT", "SELECT DISTINCT")
    stale = {where for where, state in found.items() if state is State.STALE}
    of_table = {(name, day) for name, day in done if name == table}
    assert stale == of_table | resting_on(pipeline, seasons_of(built), of_table, done)
    dependants = {
        reader.name
        for reader in pipeline.derived_tables
        if pipeline.table(table) in pipeline.upstream_of(reader)
    }
    assert {name for name, _ in stale} == (dependants & {name for name, _ in done}) | {table}


def test_preflight_of_two_seasons_takes_no_more_statements_than_of_one(built: Place) -> None:
    """Also when there is something to find in both, and nothing is known from before."""
    counts = []
    for selection in (Selection(season="2021-22"), Selection(season="2022-23"), Selection()):
        built.change(
            f"UPDATE {BOX_SCORES} SET tov = tov + 2 WHERE game_date IN "
            "(SELECT max(game_date) - 40 FROM raw.schedule GROUP BY season)",
        )
        with built.workspace() as workspace:
            before = workspace.warehouse.statements
            preflight(workspace, selection)
            counts.append(workspace.warehouse.statements - before)
    assert counts[0] == counts[1] == counts[2]
