"""Can the two real seasons be trusted? What validation says, against a count by hand."""

from __future__ import annotations

from typing import Any

import pytest

from acceptance.place import Place
from acceptance.seasons import KEYS, MLFS, PCF, PDC, PGS, PSZA, TDGS, TDZA, TOGS
from gapless.verbs.selection import Selection
from gapless.verbs.validate import validate

SHOTS_GAP = "games_without_shots"
NO_OWN_ZONES = f"JOIN {PSZA} AS z USING (game_date, player_id) WHERE z.total_shots_last_10 IS NULL"
NO_MISMATCH = (
    f"LEFT JOIN {PSZA} AS z USING (game_date, player_id) "
    f"LEFT JOIN {TDZA} AS t ON t.game_date = c.game_date AND t.team = c.opponent "
    "WHERE (z.player_id IS NOT NULL AND z.total_shots_last_10 IS NULL) "
    "OR (c.shot_zone_mismatch_score IS NULL AND t.team IS NOT NULL "
    "AND t.paint_pct_allowed IS NULL)"
)
NULLS = {
    PGS: "WHERE paint_fga IS NULL",
    TOGS: "WHERE paint_fga IS NULL",
    TDGS: "WHERE opponent_paint_fga IS NULL",
    TDZA: "WHERE paint_pct_allowed IS NULL",
    PSZA: "WHERE total_shots_last_10 IS NULL",
    PCF: NO_MISMATCH,
    PDC: NO_OWN_ZONES,
    MLFS: NO_MISMATCH,
}
"""Rows that lack a value because games have no shots, and not because a player has too few."""


@pytest.fixture(scope="module")
def report(whole_once: Place) -> dict[str, Any]:
    found: dict[str, Any] = whole_once.json("validate")
    return found


@pytest.fixture(scope="module")
def gap(report: dict[str, Any]) -> dict[str, Any]:
    [found] = [one for one in report["limitations"] if one["name"] == SHOTS_GAP]
    return dict(found)


def test_both_seasons_are_whole(report: dict[str, Any]) -> None:
    seasons = {one["season"]: (one["dates"], one["units"]) for one in report["seasons"]}
    assert seasons == {"2021-22": (165, 1230), "2022-23": (164, 1230)}
    assert {one["status"] for one in report["seasons"]} == {"sound, with known limitations"}
    assert report["exit_code"] == 0


def test_no_partition_is_partial_missing_or_unknown(report: dict[str, Any]) -> None:
    states = {cell["state"] for cell in report["partitions"]}
    assert states == {"complete", "warm_up", "nothing_expected"}
    assert len(report["partitions"]) == (165 + 164) * (len(KEYS) + 4)  # the sources, and UPCG


def test_every_finding_is_a_look_at_neighbours(report: dict[str, Any]) -> None:
    """Nothing stands against what is published."""
    assert {(one["code"], one["severity"]) for one in report["findings"]} <= {
        ("unlike_neighbours", "warning"),
        ("unlike_neighbours", "info"),
    }


def test_the_games_without_shots_are_a_known_limitation(
    whole_once: Place, gap: dict[str, Any]
) -> None:
    [(games, dates, first, last)] = whole_once.rows(
        "SELECT count(*), count(DISTINCT game_date), min(game_date), max(game_date) "
        "FROM raw.schedule AS s WHERE season = '2021-22' AND NOT EXISTS "
        "(SELECT 1 FROM raw.shots AS t WHERE t.game_id = s.game_id)"
    )
    assert (games, dates) == (650, 88)
    assert (gap["entities"], gap["dates"]) == (games, dates)
    assert (gap["first"], gap["last"]) == (str(first), str(last))


@pytest.mark.parametrize("table", NULLS)
def test_the_rows_that_lack_a_value_because_of_it_are_counted(
    whole_once: Place, gap: dict[str, Any], table: str
) -> None:
    """Counted here by joins, without Gapless; a player without a row of zones is not among them."""
    [found] = [one for one in gap["consequences"] if one["table"] == table]
    [(rows, first, last, dates)] = whole_once.rows(
        "SELECT count(*), min(c.game_date), max(c.game_date), count(DISTINCT c.game_date) "
        f"FROM (SELECT * FROM {table} WHERE season = '2021-22') AS c {NULLS[table]}"
    )
    assert rows > 1000
    assert (found["rows"], found["dates"]) == (rows, dates)
    assert (found["first"], found["last"]) == (str(first), str(last))
    assert found["share_elsewhere"] == 0


def test_no_row_of_the_season_with_shots_is_blamed_on_it(gap: dict[str, Any]) -> None:
    assert {one["last"][:4] for one in gap["consequences"]} == {"2022"}


def test_validation_of_two_seasons_takes_no_more_statements_than_that_of_one(
    whole_once: Place,
) -> None:
    """Statements do not grow with dates: where something is wrong a table names it, once."""
    counts = []
    for selection in (Selection(season="2022-23"), Selection()):
        with whole_once.workspace() as workspace:
            before = workspace.warehouse.statements
            validate(workspace, selection)
            counts.append(workspace.warehouse.statements - before)
    # The limitation of the first season counts its consequences, once for each table.
    assert counts[1] - counts[0] <= len(NULLS) + len(KEYS)


def test_a_game_without_shots_that_nobody_declared_is_a_failure(whole: Place) -> None:
    """The source of that season has shots up to January; a hole in October is a new one."""
    whole.change("DELETE FROM raw.shots WHERE game_id = '0022100010'")
    report = whole.json("validate", "--dates", "2021-10-20", code=1)
    assert SHOTS_GAP not in {one["name"] for one in report["limitations"]}
    [finding] = [one for one in report["findings"] if one["code"] == "shots_agree"]
    assert "0022100010: no shots at all" in finding["dates"][0]["text"]
