"""Facts computed by hand, against which the oracle itself is checked."""

import os
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

import pytest

from oracle.compare import differences
from oracle.oracle import TABLES, Oracle, Row
from oracle.read import League
from oracle.tiny import TinyLeague

ADA, BEN, CAL = 0, 1, 2
NOVEMBER_10 = date(2022, 11, 10)
FIRST_DAY_AFTER_WARM_UP = date(2022, 11, 1)

REPOSITORY = Path(__file__).parents[2]
REAL_DATA = Path(
    os.environ.get("GAPLESS_NBA_DATA", REPOSITORY.parent / "shared" / "data" / "nba"),
)


def ada_against_ben(days: Iterable[date]) -> TinyLeague:
    """Ada's BOS visits Ben's NYK on each of the days."""
    league = TinyLeague()
    for day in days:
        league.game(day, "BOS", "NYK").lines("BOS", {ADA: {}}).lines("NYK", {BEN: {}})
    return league


def days_before(day: date, *numbers: int) -> list[date]:
    return [day - timedelta(days=number) for number in numbers]


# player_game_summary


def test_usage_rate_relates_a_players_plays_per_minute_to_his_teams() -> None:
    league = TinyLeague().game(NOVEMBER_10, "BOS", "NYK")
    league.lines("BOS", {ADA: {"minutes": 40, "fga": 20, "fta": 0, "tov": 0}})
    league.lines("BOS", {BEN: {"minutes": 10, "fga": 5, "fta": 0, "tov": 0}})
    # 20 plays x (50/5 team minutes) / (40 minutes x 25 team plays)
    assert league.oracle().player_game_summary(NOVEMBER_10)[ADA]["usage_rate"] == 0.2


def test_usage_rate_is_null_for_a_player_with_no_minutes() -> None:
    league = TinyLeague().game(NOVEMBER_10, "BOS", "NYK").lines("BOS", {ADA: {}})
    league.lines("BOS", {BEN: {"minutes": 0}})
    assert league.oracle().player_game_summary(NOVEMBER_10)[BEN]["usage_rate"] is None


def test_zones_are_null_for_everyone_in_a_game_without_shots() -> None:
    row = ada_against_ben([NOVEMBER_10]).oracle().player_game_summary(NOVEMBER_10)[ADA]
    assert (row["paint_fga"], row["has_complete_shot_zones"]) == (None, False)


def test_zones_are_zero_for_a_player_who_took_no_shot_of_a_game_with_shots() -> None:
    league = ada_against_ben([NOVEMBER_10]).shoots(BEN, "three", attempts=10, makes=4)
    rows = league.oracle().player_game_summary(NOVEMBER_10)
    assert (rows[ADA]["three_fga"], rows[ADA]["has_complete_shot_zones"]) == (0, False)
    assert (rows[BEN]["three_fga"], rows[BEN]["has_complete_shot_zones"]) == (10, True)


def test_a_player_who_did_not_play_is_excluded_with_a_reason() -> None:
    oracle = ada_against_ben([NOVEMBER_10]).absent("BOS", CAL).oracle()
    expected = oracle.expected("player_game_summary", NOVEMBER_10)
    assert expected.keys == set(oracle.player_game_summary(NOVEMBER_10)) == {ADA, BEN}
    assert expected.excluded == {CAL: "did_not_play"}


# team_offense_game_summary, team_defense_game_summary


def test_265_team_minutes_are_one_overtime_period() -> None:
    league = TinyLeague().game(NOVEMBER_10, "BOS", "NYK")
    league.lines("BOS", {ADA: {"minutes": 212.0, "fga": 100, "fta": 0, "tov": 10, "oreb": 4}})
    league.lines("BOS", {BEN: {"minutes": 53.0, "fga": 0, "fta": 0, "tov": 0, "oreb": 0}})
    (row,) = league.oracle().team_offense_game_summary(NOVEMBER_10).values()
    assert row["overtime_periods"] == 1
    assert row["possessions"] == 106
    assert row["pace"] == 96  # 48 x 106 / (265 / 5)


def test_a_defense_allows_what_the_opponents_offense_did() -> None:
    league = ada_against_ben([NOVEMBER_10]).shoots(BEN, "paint", attempts=3, makes=1)
    rows = league.oracle().team_defense_game_summary(NOVEMBER_10)
    row = rows["20221110_BOS_NYK", "BOS"]
    assert (row["points_allowed"], row["opponent_paint_fga"], row["opponent_paint_fgm"]) == (
        10,
        3,
        1,
    )
    assert row["defensive_rating"] == pytest.approx(1000 / (10 + 0.88 + 2 - 1))


# player context


def test_a_first_game_has_no_rest_and_no_workload() -> None:
    context = ada_against_ben([NOVEMBER_10]).oracle().synthetic_player_game_context(NOVEMBER_10)
    row = context[ADA]
    assert (row["days_rest"], row["avg_minutes_last_7_days"]) == (None, None)
    assert (row["games_last_7_days"], row["minutes_last_14_days"]) == (0, 0)


def test_the_game_of_the_day_itself_makes_no_back_to_back_pair() -> None:
    oracle = ada_against_ben([*days_before(NOVEMBER_10, 3, 2, 1), NOVEMBER_10]).oracle()
    row = oracle.synthetic_player_game_context(NOVEMBER_10)[ADA]
    assert (row["days_rest"], row["back_to_backs_last_14_days"]) == (1, 2)


def test_a_traded_player_is_on_the_roster_of_the_team_that_listed_him_last() -> None:
    league = ada_against_ben(days_before(NOVEMBER_10, 5))
    league.game(NOVEMBER_10 - timedelta(days=3), "LAL", "NYK").absent("NYK", ADA)
    league.game(NOVEMBER_10, "BOS", "NYK")
    rows = league.oracle().upcoming_player_game_context(NOVEMBER_10)
    assert {key: row["team"] for key, row in rows.items()} == {ADA: "NYK", BEN: "NYK"}


def test_a_listing_31_days_ago_is_not_on_the_roster() -> None:
    league = ada_against_ben(days_before(NOVEMBER_10, 31))
    league.game(NOVEMBER_10 - timedelta(days=30), "LAL", "NYK").lines("NYK", {CAL: {}})
    rows = league.game(NOVEMBER_10, "BOS", "NYK").oracle()
    assert rows.upcoming_player_game_context(NOVEMBER_10).keys() == {CAL}


def test_before_a_teams_first_game_its_roster_is_that_of_last_seasons_last_30_dates() -> None:
    spring, opening = date(2022, 4, 10), date(2022, 10, 18)
    league = TinyLeague().game(spring - timedelta(days=30), "BOS", "NYK").lines("BOS", {ADA: {}})
    league.game(spring - timedelta(days=29), "BOS", "NYK").lines("BOS", {BEN: {}})
    league.game(spring, "LAL", "UTA").lines("UTA", {CAL: {}})
    league.game(opening, "BOS", "NYK")
    assert league.oracle().upcoming_player_game_context(opening).keys() == {BEN}


# layer 4


def test_layer_4_is_empty_on_day_13_and_exists_on_day_14() -> None:
    day_14 = FIRST_DAY_AFTER_WARM_UP
    oracle = ada_against_ben([*days_before(day_14, 6, 5, 3, 1), day_14]).oracle()
    day_13 = day_14 - timedelta(days=1)
    assert (oracle.player_composite_factors(day_13), oracle.team_defense_zone_analysis(day_13)) == (
        {},
        {},
    )
    assert oracle.expected("player_composite_factors", day_13).warm_up
    assert oracle.player_composite_factors(day_14).keys() == {ADA, BEN}


def test_on_day_14_the_zone_tables_need_four_games() -> None:
    day_14 = FIRST_DAY_AFTER_WARM_UP
    league = ada_against_ben(days_before(day_14, 7, 5, 3))
    league.game(day_14 - timedelta(days=1), "LAL", "NYK").lines("LAL", {ADA: {}})
    oracle = league.lines("NYK", {CAL: {}}).game(day_14, "BOS", "NYK").oracle()
    assert oracle.player_shot_zone_analysis(day_14).keys() == {ADA}  # 4; Ben 3, Cal 1
    assert oracle.team_defense_zone_analysis(day_14).keys() == {"NYK"}  # 4; BOS 3, LAL 1


def test_a_back_to_back_after_a_back_to_back_costs_20_points_of_fatigue() -> None:
    oracle = ada_against_ben([*days_before(NOVEMBER_10, 2, 1), NOVEMBER_10]).oracle()
    row = oracle.player_composite_factors(NOVEMBER_10)[ADA]
    assert (row["fatigue_score"], row["fatigue_adjustment"]) == (80, -1)


def test_an_average_of_exactly_35_minutes_is_not_more_than_35() -> None:
    minutes = (34.7, 35.1, 35.2)
    assert mean(minutes) <= 35 < sum(minutes) / 3  # a float sum lands above 35
    league = TinyLeague()
    for day, played in zip(days_before(NOVEMBER_10, 6, 4, 2), minutes, strict=True):
        league.game(day, "BOS", "NYK").lines("BOS", {ADA: {"minutes": played}})
    oracle = league.game(NOVEMBER_10, "BOS", "NYK").lines("BOS", {ADA: {}}).oracle()
    assert oracle.player_composite_factors(NOVEMBER_10)[ADA]["fatigue_score"] == 100


def test_a_first_game_misses_every_input() -> None:
    row = ada_against_ben([NOVEMBER_10]).oracle().player_composite_factors(NOVEMBER_10)[ADA]
    assert (row["total_composite_adjustment"], row["factors_available"]) == (None, 0)
    assert row["missing_inputs"] == [
        "days_rest",
        "mid_range_vs_league",
        "pace_differential",
        "paint_vs_league",
        "primary_scoring_zone",
        "three_vs_league",
        "usage_rate_last_3_games",
        "usage_rate_season",
    ]


def five_games_in_the_paint(makes_of_ada: int, makes_of_ben: int) -> TinyLeague:
    """Ada and Ben take 10 shots each in five games, all in the paint; a sixth is to come."""
    league = TinyLeague()
    for day in days_before(FIRST_DAY_AFTER_WARM_UP, 10, 8, 6, 4, 2):
        league.game(day, "BOS", "NYK").lines("BOS", {ADA: {}}).lines("NYK", {BEN: {}})
        league.shoots(ADA, "paint", attempts=10, makes=makes_of_ada)
        league.shoots(BEN, "paint", attempts=10, makes=makes_of_ben)
    league.game(FIRST_DAY_AFTER_WARM_UP, "BOS", "NYK")
    return league.lines("BOS", {ADA: {}}).lines("NYK", {BEN: {}})


def test_a_mismatch_of_exactly_5_is_not_amplified_and_one_of_10_is() -> None:
    # NYK allows 6 of 10, BOS 5 of 10, the league 0.55: NYK +5 percentage points
    day, oracle = FIRST_DAY_AFTER_WARM_UP, five_games_in_the_paint(6, 5).oracle()
    score = oracle.player_composite_factors(day)[ADA]["shot_zone_mismatch_score"]
    assert score == pytest.approx(5)
    # NYK allows 7 of 10, the league 0.6: +10 x 1.2, clamped to 10; BOS -10, clamped to -10
    rows = five_games_in_the_paint(7, 5).oracle().player_composite_factors(day)
    assert rows[ADA]["shot_zone_mismatch_score"] == 10
    assert rows[BEN]["shot_zone_mismatch_score"] == -10


def test_a_game_without_shots_counts_as_a_game_but_not_in_the_zones() -> None:
    league = ada_against_ben(days_before(FIRST_DAY_AFTER_WARM_UP, 12))
    later = five_games_in_the_paint(6, 5)
    league.schedule += later.schedule
    league.player_box_scores += later.player_box_scores
    league.shots += later.shots
    row = league.oracle().team_defense_zone_analysis(FIRST_DAY_AFTER_WARM_UP)["NYK"]
    assert (row["games_in_window"], row["paint_attempts_allowed_per_game"]) == (6, 10)
    assert (row["three_vs_league"], row["strongest_zone"]) == (None, "paint")


def test_a_share_of_exactly_two_fifths_in_the_paint_makes_it_the_primary_zone() -> None:
    league = TinyLeague()
    for day in days_before(FIRST_DAY_AFTER_WARM_UP, 10, 8, 6, 4):
        league.game(day, "BOS", "NYK").lines("BOS", {ADA: {}})
        league.shoots(ADA, "paint", 4, 1).shoots(ADA, "three", 5, 1).shoots(ADA, "mid_range", 1, 1)
    oracle = league.game(FIRST_DAY_AFTER_WARM_UP, "BOS", "NYK").oracle()
    row = oracle.player_shot_zone_analysis(FIRST_DAY_AFTER_WARM_UP)[ADA]
    assert (row["primary_scoring_zone"], row["total_shots_last_10"]) == ("paint", 40)
    assert (row["three_pct_last_10"], row["three_pct_last_20"]) == (0.2, None)


# which context


def ten_players() -> TinyLeague:
    """Nine players of BOS who played before, and Ben of NYK, all playing on November 10."""
    boston: dict[int, dict[str, object]] = {player: {} for player in range(9) if player != BEN}
    league = TinyLeague()
    for day in (*days_before(NOVEMBER_10, 4), NOVEMBER_10):
        league.game(day, "BOS", "NYK").lines("BOS", boston).lines("NYK", {BEN: {}})
    return league


def test_upcoming_rows_of_at_least_90_percent_are_used_and_the_rest_is_synthetic() -> None:
    oracle = ada_against_ben([*days_before(NOVEMBER_10, 4), NOVEMBER_10]).oracle()
    upcoming = oracle.upcoming_player_game_context(NOVEMBER_10)
    whole = oracle.player_composite_factors(NOVEMBER_10, upcoming)
    assert {row["context_source"] for row in whole.values()} == {"upcoming"}
    half = oracle.player_composite_factors(NOVEMBER_10, {ADA: upcoming[ADA]})
    assert {row["context_source"] for row in half.values()} == {"synthetic"}


def test_an_upcoming_row_with_another_team_counts_as_missing() -> None:
    oracle = ten_players().oracle()
    upcoming = oracle.upcoming_player_game_context(NOVEMBER_10)
    traded = upcoming | {BEN: upcoming[BEN] | {"team": "LAL"}}
    rows = oracle.player_composite_factors(NOVEMBER_10, traded)  # 8 of 9 are less than 90 %
    assert {row["context_source"] for row in rows.values()} == {"synthetic"}


def test_a_date_not_yet_played_uses_the_whole_upcoming_table_or_nothing() -> None:
    league = ada_against_ben(days_before(NOVEMBER_10, 4)).game(NOVEMBER_10, "BOS", "NYK")
    oracle = league.oracle()
    upcoming = oracle.upcoming_player_game_context(NOVEMBER_10)
    assert oracle.player_composite_factors(NOVEMBER_10, upcoming).keys() == {ADA, BEN}
    assert oracle.player_composite_factors(NOVEMBER_10, {ADA: upcoming[ADA]}) == {}


# player_daily_cache, ml_feature_store


def test_a_player_with_two_earlier_games_is_too_new_for_the_cache() -> None:
    oracle = ada_against_ben([*days_before(NOVEMBER_10, 4, 2), NOVEMBER_10]).oracle()
    assert oracle.player_daily_cache(NOVEMBER_10) == {}
    excluded = oracle.expected("player_daily_cache", NOVEMBER_10).excluded
    assert excluded == {ADA: "too_few_games", BEN: "too_few_games"}


def test_features_of_a_player_who_scores_two_more_each_game() -> None:
    league = TinyLeague()
    earlier = zip(days_before(NOVEMBER_10, 10, 8, 6, 4, 2), (10, 12, 14, 16, 18), strict=True)
    for day, points in earlier:
        league.game(day, "BOS", "NYK", home_score=100, away_score=115)
        league.lines("BOS", {ADA: {"pts": points, "ftm": 7}})
    league.game(NOVEMBER_10, "BOS", "NYK").lines("BOS", {ADA: {}})
    row = league.oracle().ml_feature_store(NOVEMBER_10)[ADA]
    assert row["points_slope_last_10"] == 2
    assert row["recent_trend"] == 2  # 17 - 12
    assert row["points_zscore_last_5"] == 0
    assert row["points_std_last_10"] == pytest.approx(10**0.5)  # (16 + 4 + 0 + 4 + 16) / 4
    assert row["free_throw_point_share"] == 0.5
    assert (row["team_win_rate"], row["blowout_rate"]) == (1, 1)
    assert (row["points_vs_opponent_avg"], row["games_vs_opponent"]) == (14, 5)
    # NYK listed nobody: no pace. November 10 is day 23: the zone tables ask for 7 games, not 5
    assert row["missing_inputs"] == [
        "mid_range_rate",
        "opponent_defensive_rating",
        "opponent_pace",
        "pace_score",
        "paint_rate",
        "shot_zone_mismatch_score",
        "three_rate",
    ]
    assert row["feature_completeness"] == 23 / 30


# differences


def test_differences_name_missing_and_unexpected_keys_and_both_values() -> None:
    expected: dict[int, Row] = {1: {"points": 10, "inputs": ["a"]}, 2: {"points": 5}}
    actual: dict[int, Row] = {1: {"points": None, "inputs": ["a", "b"]}, 3: {"points": 5}}
    assert differences(expected, actual) == [
        "2: missing",
        "3: unexpected",
        "1: points expected 10, found None",
        "1: inputs expected ['a'], found ['a', 'b']",
    ]


def test_a_number_is_the_same_as_int_or_float_within_the_tolerance() -> None:
    expected, actual = {1: {"rate": 1, "team": "BOS"}}, {1: {"rate": 1.0 + 1e-10, "team": "BOS"}}
    assert differences(expected, actual) == []
    assert differences(expected, actual, tolerance=1e-11) != []


# real data


@pytest.fixture(scope="module")
def real() -> Oracle:
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data in {REAL_DATA}; point GAPLESS_NBA_DATA at a folder with them")
    return Oracle(League.from_folder(REAL_DATA))


@pytest.mark.parametrize(("day", "rows"), [(23, 187), (24, 175), (25, 154), (26, 191)])
def test_real_dates_have_the_published_number_of_players(real: Oracle, day: int, rows: int) -> None:
    assert len(real.player_game_summary(date(2023, 2, day))) == rows


@pytest.mark.parametrize("table", TABLES)
def test_real_rows_are_exactly_the_expected_ones(real: Oracle, table: str) -> None:
    day = date(2023, 2, 24)
    assert getattr(real, table)(day).keys() == real.expected(table, day).keys


def test_after_the_all_star_break_nobody_is_tired(real: Oracle) -> None:
    rows = real.player_composite_factors(date(2023, 2, 23)).values()
    assert {row["fatigue_score"] for row in rows if row["fatigue_score"] is not None} == {100}


def test_real_contexts_agree_on_everyone_who_is_in_both_with_the_same_team(real: Oracle) -> None:
    day = date(2023, 2, 24)
    upcoming = real.upcoming_player_game_context(day)
    synthetic = real.synthetic_player_game_context(day)
    both = {k for k in synthetic if k in upcoming and upcoming[k]["team"] == synthetic[k]["team"]}
    assert len(both) >= 0.9 * len(synthetic)
    same_source = {key: upcoming[key] | {"context_source": "synthetic"} for key in both}
    assert differences({key: synthetic[key] for key in both}, same_source, tolerance=0) == []


def test_kevin_love_was_still_on_clevelands_roster_when_he_first_played_for_miami(
    real: Oracle,
) -> None:
    love, day = 201567, date(2023, 2, 24)
    assert real.upcoming_player_game_context(day)[love]["team"] == "CLE"
    assert real.player_game_summary(day)[love]["team"] == "MIA"
