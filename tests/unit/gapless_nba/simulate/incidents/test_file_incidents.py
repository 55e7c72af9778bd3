"""Each incident changes exactly what it says, in simulated seasons and in copies of real ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gapless_nba.simulate import simulate_league
from gapless_nba.simulate.incidents import INCIDENTS, FileIncident, Injected
from support.real_data import real_data_folder
from unit.gapless_nba.simulate.incidents.difference import NOTHING, Season, copied

IN_FILES = [incident for incident in INCIDENTS.values() if isinstance(incident, FileIncident)]
ON_DATES = [incident for incident in IN_FILES if incident.name != "poisoned_future"]
STATISTICS = (
    "minutes", "seconds_played", "minutes_rounded", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta",
    "oreb", "dreb", "reb", "ast", "stl", "blk", "tov", "pf", "pts", "plus_minus",
)  # fmt: skip
Inject = Callable[..., Injected]


def by_name(incident: FileIncident) -> str:
    return incident.name


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a kind of raw files: simulated as CSV or Parquet, or the real ones."""
    root = tmp_path_factory.mktemp("originals")

    def original(kind: str) -> Path:
        if kind == "real":
            return real_data_folder()
        folder = root / kind
        if not folder.exists():
            simulate_league(
                folder,
                ("2021-22", "2022-23"),
                games_a_day=1.5,
                file_format="parquet" if kind == "parquet" else "csv",
            )
        return folder

    return original


@pytest.fixture(params=["csv", "parquet", "real"])
def season(
    request: pytest.FixtureRequest, originals: Callable[[str], Path], tmp_path: Path
) -> Season:
    """Files of two seasons that a test may spoil."""
    return copied(originals(request.param), tmp_path / "spoilt")


@pytest.fixture
def csv(originals: Callable[[str], Path], tmp_path: Path) -> Season:
    """The same as CSV, for what does not depend on the kind of file."""
    return copied(originals("csv"), tmp_path / "spoilt")


def inject(name: str, season: Season, **options: Any) -> Injected:
    return INCIDENTS[name].inject(season.folder, **options)


def keys(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[column] for column in columns) for row in rows)


# What each of them does


def test_of_a_missing_game_exactly_its_box_scores_and_shots_are_gone(season: Season) -> None:
    injected = inject("missing_game", season)
    [game] = injected.entities
    found = season.differences()
    assert found["schedule"] == NOTHING
    for table, key in (("player_box_scores", "player_id"), ("shots", "shot_seq")):
        was = season.rows(table, f"game_id = '{game}'")
        assert keys(found[table].gone, "game_id", key) == keys(was, "game_id", key)
        assert found[table].new == []
    assert {row["game_date"] for row in found["player_box_scores"].gone} == {*injected.dates}


def test_a_duplicate_game_is_there_again_under_another_id_and_otherwise_the_same(
    season: Season,
) -> None:
    injected = inject("duplicate_game", season)
    game, second = injected.entities
    for table, difference in season.differences().items():
        was = season.rows(table, f"game_id = '{game}'")
        assert difference.gone == []
        assert sorted(map(repr, difference.new)) == sorted(
            repr(row | {"game_id": second}) for row in was
        )
        assert season.rows(table, f"game_id = '{second}'") == []
    assert [len(second), second[:5]] == [10, game[:5]]


def test_dnp_zeros_turn_the_dnp_rows_of_one_game_into_appearances_without_anything(
    season: Season,
) -> None:
    injected = inject("dnp_zeros", season)
    found = season.differences()
    changed = found.pop("player_box_scores").changed("game_id", "player_id")
    assert list(found.values()) == [NOTHING] * 2
    [game] = {game for game, _ in changed}
    was = season.rows("player_box_scores", f"game_id = '{game}' AND NOT played")
    assert {str(player) for _, player in changed} == {*injected.entities}
    assert {player for _, player in changed} == {row["player_id"] for row in was}
    assert {row["game_date"] for row in was} == {*injected.dates}
    wanted = {"played": (False, True)} | dict.fromkeys(STATISTICS, (None, 0))
    assert all(columns == wanted for columns in changed.values())


def test_team_not_sum_gives_one_player_a_basket_and_leaves_his_line_consistent(
    season: Season,
) -> None:
    injected = inject("team_not_sum", season)
    found = season.differences()
    [after] = found["player_box_scores"].new
    [columns] = found.pop("player_box_scores").changed("game_id", "player_id").values()
    assert list(found.values()) == [NOTHING] * 2
    assert {name: new - old for name, (old, new) in columns.items()} == {"fgm": 1, "pts": 2}
    assert after["pts"] == 2 * after["fgm"] + after["fg3m"] + after["ftm"]
    assert after["fgm"] - after["fg3m"] <= after["fga"] - after["fg3a"]
    assert (str(after["player_id"]),) == injected.entities
    assert (after["game_date"],) == injected.dates


def test_after_team_not_sum_one_team_and_no_other_differs_from_its_score(season: Season) -> None:
    inject("team_not_sum", season)
    differing = (
        "SELECT list(points - score) FROM (SELECT sum(pts) AS points, any_value("
        "if(team = home_team, home_score, away_score)) AS score FROM {player_box_scores} AS b "
        "JOIN {schedule} AS s USING (game_id) WHERE played GROUP BY game_id, b.team) "
        "WHERE points <> score"
    )
    assert season.value(differing) == [2]


def test_a_late_game_has_its_box_scores_and_shots_one_date_later(season: Season) -> None:
    injected = inject("late_game", season)
    [game], [day] = injected.entities, injected.dates
    found = season.differences()
    assert found["schedule"] == NOTHING
    for table, key in (("player_box_scores", "player_id"), ("shots", "shot_seq")):
        was = season.rows(table, f"game_id = '{game}'")
        changed = found[table].changed("game_id", key)
        assert sorted(changed) == keys(was, "game_id", key)
        moved = {"game_date": (day, day + timedelta(days=1))}
        assert all(columns == moved for columns in changed.values())


def test_the_next_date_of_a_late_game_has_games_but_not_of_its_teams(season: Season) -> None:
    injected = inject("late_game", season)
    [game] = season.rows("schedule", f"game_id = '{injected.entities[0]}'")
    next_day = injected.dates[0] + timedelta(days=1)
    following = season.rows("schedule", f"game_date = DATE '{next_day}'")
    teams = {row[side] for row in following for side in ("home_team", "away_team")}
    assert teams
    assert not teams & {game["home_team"], game["away_team"]}


def test_a_postponed_game_has_no_scores_no_box_scores_and_no_shots(season: Season) -> None:
    injected = inject("postponed_game", season)
    [game] = injected.entities
    found = season.differences()
    [(key, columns)] = found["schedule"].changed("game_id", "game_date").items()
    assert key == (game, *injected.dates)
    assert {name: after for name, (_, after) in columns.items()} == {
        "home_score": None,
        "away_score": None,
    }
    for table in ("player_box_scores", "shots"):
        was = season.rows(table, f"game_id = '{game}'")
        assert len(found[table].gone) == len(was)
        assert {row["game_id"] for row in found[table].gone} <= {game}
        assert found[table].new == []


TODAY = date(2023, 3, 1)
COMING = f"game_date >= DATE '{TODAY}'"


def test_a_poisoned_future_has_absurd_box_scores_for_games_without_scores_and_shots(
    season: Season,
) -> None:
    injected = inject("poisoned_future", season, today=TODAY)
    found = season.differences()
    games = season.rows("schedule", COMING)
    assert injected.dates == tuple(sorted({game["game_date"] for game in games}))
    assert [*injected.entities] == [game for _, game in keys(games, "game_date", "game_id")]
    scores = found["schedule"].changed("game_id")
    assert sorted(scores) == keys(games, "game_id")
    assert all([*columns] == ["home_score", "away_score"] for columns in scores.values())
    assert found["shots"].new == []
    assert len(found["shots"].gone) == len(season.rows("shots", COMING))
    lines = found["player_box_scores"]
    assert len(lines.changed("game_id", "player_id")) == len(
        season.rows("player_box_scores", COMING)
    )
    assert {row["pts"] for row in lines.new if row["played"]} == {300}
    assert {row["pts"] for row in lines.new if not row["played"]} <= {None}
    assert {(row["team_score"], row["opponent_score"]) for row in lines.new} == {(None, None)}


def test_a_poisoned_line_breaks_no_rule_of_arithmetic(csv: Season) -> None:
    inject("poisoned_future", csv, today=TODAY)
    for row in csv.differences()["player_box_scores"].new:
        if row["played"]:
            assert row["pts"] == 2 * row["fgm"] + row["fg3m"] + row["ftm"]
            assert row["fgm"] <= row["fga"]
            assert row["reb"] == row["oreb"] + row["dreb"]


# What they have in common


@pytest.mark.parametrize("incident", IN_FILES, ids=by_name)
def test_the_same_seed_does_the_same_to_the_same_files(
    incident: FileIncident, csv: Season, tmp_path: Path
) -> None:
    again = csv.copy(tmp_path / "again")
    assert incident.inject(csv.folder) == incident.inject(again.folder)
    for file in csv.folder.iterdir():
        assert file.read_bytes() == (again.folder / file.name).read_bytes()


@pytest.mark.parametrize("incident", IN_FILES, ids=by_name)
def test_what_is_not_concerned_keeps_its_text_and_its_order(
    incident: FileIncident, csv: Season
) -> None:
    incident.inject(csv.folder)
    for before, after in csv.lines().values():
        kept, there = {*before} & {*after}, len(before)
        assert [line for line in before if line in kept] == [line for line in after if line in kept]
        assert 0 < len(kept) <= there


@pytest.mark.parametrize("incident", ON_DATES, ids=by_name)
def test_it_happens_after_the_warm_up_when_no_date_is_given(
    incident: FileIncident, csv: Season, tmp_path: Path
) -> None:
    chosen = set()
    for seed in range(6):
        again = csv.copy(tmp_path / str(seed)).folder
        (again / "shots.csv").unlink()
        chosen.add(incident.inject(again, seed=seed).dates)
    assert len(chosen) > 1, "the seed decides"
    for [day] in chosen:
        assert not date(2021, 10, 19) <= day < date(2021, 11, 2)
        assert not date(2022, 10, 18) <= day < date(2022, 11, 1)


@pytest.mark.parametrize("incident", ON_DATES, ids=by_name)
def test_it_happens_on_the_dates_given_also_in_the_warm_up(
    incident: FileIncident, csv: Season
) -> None:
    days = (date(2022, 10, 19), date(2023, 2, 24))
    assert incident.inject(csv.folder, dates=days[::-1]).dates == days


@pytest.mark.parametrize("incident", ON_DATES, ids=by_name)
def test_a_date_without_games_is_refused_and_nothing_is_touched(
    incident: FileIncident, csv: Season
) -> None:
    with pytest.raises(ValueError, match=f"{incident.name} cannot happen on 2023-07-01"):
        incident.inject(csv.folder, dates=[date(2023, 7, 1)])
    assert [*csv.differences().values()] == [NOTHING] * 3


def test_a_future_without_games_is_refused(csv: Season) -> None:
    with pytest.raises(ValueError, match="none"):
        inject("poisoned_future", csv, today=date(2023, 7, 1))


def test_several_incidents_can_follow_each_other(csv: Season) -> None:
    done = [incident.inject(csv.folder) for incident in IN_FILES]
    assert [injected.name for injected in done] == [incident.name for incident in IN_FILES]


def test_files_without_shots_can_be_spoilt_too(csv: Season) -> None:
    (csv.folder / "shots.csv").unlink()
    inject("missing_game", csv)
    assert sorted(file.name for file in csv.folder.iterdir()) == [
        "player_box_scores.csv",
        "schedule.csv",
    ]


def test_a_folder_without_a_schedule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no schedule\.parquet or schedule\.csv"):
        INCIDENTS["missing_game"].inject(tmp_path)


def test_a_file_with_other_columns_is_refused(csv: Season) -> None:
    (csv.folder / "schedule.csv").write_text("day,opponent\n2023-02-23,BOS\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"schedule\.csv is no file of schedule"):
        inject("missing_game", csv)
