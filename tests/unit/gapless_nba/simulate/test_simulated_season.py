"""What one simulated season looks like, read back from its files."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from gapless_nba.simulate import SimulatedLeague, simulate_league

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str]

SCHEDULE_COLUMNS = [
    "season", "game_id", "date_away_home_id", "game_date", "home_team", "away_team",
    "home_team_id", "away_team_id", "home_team_name", "away_team_name", "home_score", "away_score",
    "neutral_site",
]  # fmt: skip
BOX_SCORE_COLUMNS = [
    "season", "game_id", "date_away_home_id", "game_date", "team", "team_id", "opponent",
    "opponent_team_id", "home_away", "neutral_site", "team_score", "opponent_score", "player_id",
    "player_name", "played", "starter", "start_position", "dnp_comment", "minutes",
    "seconds_played", "minutes_rounded", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb",
    "dreb", "reb", "ast", "stl", "blk", "tov", "pf", "pts", "plus_minus",
]  # fmt: skip
SHOT_COLUMNS = [
    "season", "game_id", "game_date", "shot_seq", "game_event_id", "team", "team_id", "home_team",
    "away_team", "player_id", "player_name", "period", "minutes_remaining", "seconds_remaining",
    "shot_made_flag", "action_type", "shot_type", "zone_basic", "zone_area", "zone_range",
    "shot_distance", "loc_x", "loc_y",
]  # fmt: skip
STATISTICS = BOX_SCORE_COLUMNS[BOX_SCORE_COLUMNS.index("minutes") :]
AFTER_BREAK = "2023-02-23"


@dataclass(frozen=True)
class Season:
    league: SimulatedLeague
    schedule: list[Row]
    listed: list[Row]
    shots: list[Row]

    @property
    def appeared(self) -> list[Row]:
        return [row for row in self.listed if row["played"] == "true"]

    def team_dates(self) -> dict[str, list[date]]:
        dates: dict[str, list[date]] = defaultdict(list)
        for game in self.schedule:
            for side in ("home_team", "away_team"):
                dates[game[side]].append(date.fromisoformat(game["game_date"]))
        return {team: sorted(days) for team, days in dates.items()}


def _read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    folder = tmp_path_factory.mktemp("season")
    league = simulate_league(folder)
    return Season(
        league=league,
        schedule=_read(folder / "schedule.csv"),
        listed=_read(folder / "player_box_scores.csv"),
        shots=_read(folder / "shots.csv"),
    )


def test_the_columns_are_those_of_the_real_tables(season: Season) -> None:
    assert list(season.schedule[0]) == SCHEDULE_COLUMNS
    assert list(season.listed[0]) == BOX_SCORE_COLUMNS
    assert list(season.shots[0]) == SHOT_COLUMNS


def test_every_team_plays_82_games_and_41_at_home(season: Season) -> None:
    home = Counter(game["home_team"] for game in season.schedule)
    away = Counter(game["away_team"] for game in season.schedule)
    assert len(season.schedule) == 1_230
    assert len(home) == 30
    assert set(home.values()) == set(away.values()) == {41}


def test_the_games_spread_over_164_dates_with_1_to_15_games(season: Season) -> None:
    games = Counter(game["game_date"] for game in season.schedule)
    assert len(games) == season.league.dates == 164
    assert min(games) == "2022-10-18"
    assert max(games) == "2023-04-09"
    assert min(games.values()) >= 1
    assert max(games.values()) == games["2023-04-09"] == 15


def test_the_all_star_break_is_six_empty_days(season: Season) -> None:
    dates = {game["game_date"] for game in season.schedule}
    empty = {str(date(2023, 2, 17) + timedelta(days=day)) for day in range(6)}
    assert not dates & empty
    assert {"2023-02-16", AFTER_BREAK} <= dates
    assert season.league.first_dates_after_break == (date(2023, 2, 23),)


def test_thanksgiving_christmas_eve_and_election_day_are_empty(season: Season) -> None:
    dates = {game["game_date"] for game in season.schedule}
    assert not dates & {"2022-11-08", "2022-11-24", "2022-12-24"}


def test_the_two_dates_of_the_incident_have_9_and_8_games(season: Season) -> None:
    games = Counter(game["game_date"] for game in season.schedule)
    assert (games[AFTER_BREAK], games["2023-02-24"]) == (9, 8)


def test_about_187_players_appear_on_the_date_of_the_incident(season: Season) -> None:
    appeared = [row for row in season.appeared if row["game_date"] == AFTER_BREAK]
    assert 180 <= len(appeared) <= 195


def test_no_team_plays_twice_on_a_date(season: Season) -> None:
    assert all(len(set(days)) == len(days) for days in season.team_dates().values())


def test_teams_have_back_to_backs_but_never_three_days_in_a_row(season: Season) -> None:
    day = timedelta(days=1)
    for days in season.team_dates().values():
        pairs = [one for one, other in pairwise(days) if other - one == day]
        assert 9 <= len(pairs) <= 17
        assert not any(one + day in pairs for one in pairs)


def test_game_ids_follow_the_schedule_except_for_one_postponed_game(season: Season) -> None:
    by_id = sorted(season.schedule, key=lambda game: game["game_id"])
    late = [
        game for game, following in pairwise(by_id) if game["game_date"] > following["game_date"]
    ]
    assert by_id[0]["game_id"] == "0022200001"
    assert by_id[-1]["game_id"] == "0022201230"
    assert len(late) == 1
    assert late[0]["game_date"] > AFTER_BREAK


def test_the_other_name_of_a_game_is_date_away_home(season: Season) -> None:
    for game in season.schedule:
        day = game["game_date"].replace("-", "")
        assert game["date_away_home_id"] == f"{day}_{game['away_team']}_{game['home_team']}"


def test_a_few_games_are_at_a_neutral_site(season: Season) -> None:
    assert sum(game["neutral_site"] == "true" for game in season.schedule) == 3


def test_the_points_of_the_players_add_up_to_the_score(season: Season) -> None:
    points: Counter[tuple[str, str]] = Counter()
    for row in season.appeared:
        points[row["game_id"], row["team"]] += int(row["pts"])
        made = 2 * int(row["fgm"]) + int(row["fg3m"]) + int(row["ftm"])
        assert int(row["pts"]) == made
    for game in season.schedule:
        for side in ("home", "away"):
            assert points[game["game_id"], game[f"{side}_team"]] == int(game[f"{side}_score"])


def test_the_scores_of_the_box_scores_are_those_of_the_schedule(season: Season) -> None:
    scores = {
        (game["game_id"], game[f"{side}_team"]): (game[f"{side}_score"], game[f"{other}_score"])
        for game in season.schedule
        for side, other in (("home", "away"), ("away", "home"))
    }
    for row in season.listed:
        assert (row["team_score"], row["opponent_score"]) == scores[row["game_id"], row["team"]]


def test_no_game_is_a_draw_and_some_are_blowouts(season: Season) -> None:
    margins = [abs(int(game["home_score"]) - int(game["away_score"])) for game in season.schedule]
    assert min(margins) >= 1
    assert 0.08 < sum(margin >= 20 for margin in margins) / len(margins) < 0.18


def test_the_seconds_of_a_team_fill_regulation_or_overtime(season: Season) -> None:
    seconds: Counter[tuple[str, str]] = Counter()
    for row in season.appeared:
        seconds[row["game_id"], row["team"]] += int(row["seconds_played"])
        assert float(row["minutes"]) == round(int(row["seconds_played"]) / 60, 4)
    lengths = Counter(total / 60 for total in seconds.values())
    assert set(lengths) == {240, 265, 290}
    assert 0.04 < 1 - lengths[240] / len(seconds) < 0.09


def test_makes_never_exceed_attempts_and_rebounds_add_up(season: Season) -> None:
    for row in season.appeared:
        value = {name: int(row[name]) for name in STATISTICS[1:]}
        assert 0 <= value["fg3m"] <= value["fgm"] <= value["fga"]
        assert value["fg3m"] <= value["fg3a"] <= value["fga"]
        assert value["fgm"] - value["fg3m"] <= value["fga"] - value["fg3a"]
        assert 0 <= value["ftm"] <= value["fta"]
        assert value["reb"] == value["oreb"] + value["dreb"]
        assert value["pf"] <= 6


def test_the_levels_are_those_of_real_games(season: Season) -> None:
    totals: Counter[str] = Counter()
    for row in season.appeared:
        totals.update(
            {name: int(row[name]) for name in ("fga", "fgm", "fg3a", "fg3m", "fta", "pts")}
        )
    means = {name: total / 2_460 for name, total in totals.items()}
    real = {"fga": 88.3, "fgm": 42.0, "fg3a": 34.2, "fg3m": 12.3, "fta": 23.0, "pts": 114.7}
    assert means == pytest.approx(real, rel=0.03)


def test_plus_minus_of_a_team_is_five_times_the_margin(season: Season) -> None:
    totals: Counter[tuple[str, str, int]] = Counter()
    for row in season.appeared:
        margin = int(row["team_score"]) - int(row["opponent_score"])
        totals[row["game_id"], row["team"], margin] += int(row["plus_minus"])
    assert all(total == 5 * margin for (_, _, margin), total in totals.items())


def test_each_team_lists_11_to_15_players_of_whom_8_to_13_appear_and_5_start(
    season: Season,
) -> None:
    listed = Counter((row["game_id"], row["team"]) for row in season.listed)
    appeared = Counter((row["game_id"], row["team"]) for row in season.appeared)
    starting: dict[tuple[str, str], str] = defaultdict(str)
    for row in season.appeared:
        assert (row["starter"] == "true") == bool(row["start_position"])
        starting[row["game_id"], row["team"]] += row["start_position"]
    assert set(listed.values()) <= set(range(11, 16))
    assert set(appeared.values()) == set(range(8, 14))
    assert {"".join(sorted(positions)) for positions in starting.values()} == {"CFFGG"}


def test_a_player_who_did_not_play_has_a_comment_and_null_statistics(season: Season) -> None:
    absent = [row for row in season.listed if row["played"] == "false"]
    assert len(absent) > 4_000
    assert all(row[name] == "" for row in absent for name in STATISTICS)
    assert {row["dnp_comment"] for row in absent} == {
        "DNP - Coach's Decision",
        "DND - Injury/Illness",
        "NWT - Not With Team",
    }


def test_who_appears_for_no_second_has_zero_statistics(season: Season) -> None:
    rows = [row for row in season.appeared if row["seconds_played"] == "0"]
    assert 1 <= len(rows) <= 15
    assert all(float(row[name]) == 0 for row in rows for name in STATISTICS)


def test_the_shots_of_a_player_are_his_attempts(season: Season) -> None:
    shots: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for shot in season.shots:
        three = int(shot["shot_type"] == "3PT Field Goal")
        made = int(shot["shot_made_flag"])
        shots[shot["game_id"], shot["player_id"]].update(
            {"fga": 1, "fgm": made, "fg3a": three, "fg3m": three * made}
        )
    for row in season.appeared:
        counted = shots.pop((row["game_id"], row["player_id"]), Counter())
        for name in ("fga", "fgm", "fg3a", "fg3m"):
            assert counted[name] == int(row[name])
    assert not shots


def test_shots_are_numbered_in_the_order_of_the_clock(season: Season) -> None:
    last: dict[str, tuple[int, int]] = {}
    for shot in season.shots:
        game, number, period = shot["game_id"], int(shot["shot_seq"]), int(shot["period"])
        left = 60 * int(shot["minutes_remaining"]) + int(shot["seconds_remaining"])
        length = 720 if period <= 4 else 300
        passed = 720 * min(period - 1, 4) + 300 * max(period - 5, 0) + length - left
        number_before, passed_before = last.get(game, (0, 0))
        assert number == number_before + 1
        assert passed >= passed_before
        assert 0 <= left < length
        last[game] = (number, passed)


def test_the_place_of_a_shot_fits_its_distance_and_zone(season: Season) -> None:
    places = {
        (
            shot["shot_type"][0],
            shot["zone_basic"],
            shot["shot_distance"],
            shot["loc_x"],
            shot["loc_y"],
        )
        for shot in season.shots
    }
    assert {zone for _, zone, *_ in places} == {
        "Restricted Area",
        "In The Paint (Non-RA)",
        "Mid-Range",
        "Left Corner 3",
        "Right Corner 3",
        "Above the Break 3",
        "Backcourt",
    }
    for points, zone, distance, x, y in places:
        squared = int(x) ** 2 + int(y) ** 2
        assert 100 * int(distance) ** 2 <= squared < 100 * (int(distance) + 1) ** 2
        assert (points == "3") == (zone.endswith("3") or zone == "Backcourt")
        assert (int(distance) < 4) == (zone == "Restricted Area")


def test_a_player_plays_for_one_team_on_tuesday_and_another_on_thursday(season: Season) -> None:
    teams: dict[str, dict[str, str]] = defaultdict(dict)
    for row in season.appeared:
        if row["game_date"] in ("2023-02-07", "2023-02-09"):
            teams[row["player_id"]][row["game_date"]] = row["team"]
    assert any(len(set(days.values())) == 2 for days in teams.values())


def test_a_dozen_players_are_traded_in_early_february(season: Season) -> None:
    teams: dict[str, dict[str, str]] = defaultdict(dict)
    for row in season.listed:
        teams[row["player_id"]].setdefault(row["team"], row["game_date"])
    traded = [list(first.values()) for first in teams.values() if len(first) > 1]
    assert 10 <= len(traded) <= 12
    assert all(len(first) == 2 and first[1] >= "2023-02-03" for first in traded)


def test_two_different_players_share_a_name(season: Season) -> None:
    players: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in season.appeared:
        players[row["player_name"]].add((row["player_id"], row["team"]))
    shared = [same for same in players.values() if len({player for player, _ in same}) > 1]
    assert len(shared) == 1
    assert len({team for _, team in shared[0]}) == 2


def test_names_have_accents_apostrophes_hyphens_and_suffixes(season: Season) -> None:
    names = " ".join({row["player_name"] for row in season.listed})
    assert all(part in names for part in ("é", "ć", "ş", "ö", "D'", "-", " Jr.", " III"))


def test_a_player_has_one_name_all_season(season: Season) -> None:
    names = {(row["player_id"], row["player_name"]) for row in season.listed}
    assert len(names) == len({player for player, _ in names})


def test_the_summary_counts_what_is_in_the_files(season: Season) -> None:
    assert season.league.seasons == ("2022-23",)
    assert season.league.games == len(season.schedule)
    assert season.league.players == len({row["player_id"] for row in season.appeared})
