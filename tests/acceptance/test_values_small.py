"""Six cases small enough to compute by hand: CSV files → `gapless load` → `gapless backfill`.

What the usual line of a player amounts to is worked out in small_league.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from acceptance.place import Place
from acceptance.seasons import PCF, PGS, PSZA, SYNTHETIC, TDGS, TDZA, TOGS, UPCOMING
from acceptance.small_league import SmallLeague

DAY_14 = date(2022, 11, 1)
"""The first date after the warm-up of 2022-23, which starts on 2022-10-18."""
DAY_13 = date(2022, 10, 31)
EIGHT_GAMES = tuple(date(2022, 10, day) for day in (18, 20, 22, 24, 26, 28, 30, 31))
HOST, TURNED_OVER, VISITOR = 11, 10, 20


def row_of(place: Place, table: str, day: date, **key: Any) -> dict[str, Any]:
    """Return the one row of a table with the given key."""
    [found] = [
        row
        for row in place.records(table, day)
        if all(row[name] == value for name, value in key.items())
    ]
    return found


def of(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


# A back-to-back


@pytest.fixture(scope="session")
def tired(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """New York visits Boston eight times, the last two on consecutive dates, and again on day 14.

    On the eighth date Boston's player 10 turns the ball over 12 times instead of 2.
    """
    league = SmallLeague()
    for day in EIGHT_GAMES:
        lines = {TURNED_OVER: {"tov": 12}} if day == DAY_13 else {}
        league.game(day, "NYK", "BOS", lines=lines)
    league.game(DAY_14, "NYK", "BOS")
    return league.built(tmp_path_factory.mktemp("tired") / "league")


def test_a_back_to_back_counts_rest_games_minutes_and_pairs_before_the_date(tired: Place) -> None:
    row = row_of(tired, SYNTHETIC, DAY_14, player_id=TURNED_OVER)
    assert row["days_rest"] == 1  # 31 October → 1 November
    assert row["games_last_7_days"] == 4  # 25 to 31 October: 26, 28, 30, 31
    assert row["games_last_14_days"] == 8  # 18 to 31 October: all eight
    assert row["minutes_last_7_days"] == pytest.approx(192, abs=1e-9)  # 4 · 48
    assert row["minutes_last_14_days"] == pytest.approx(384, abs=1e-9)  # 8 · 48
    assert row["avg_minutes_last_7_days"] == pytest.approx(48, abs=1e-9)  # 192 / 4
    assert row["back_to_backs_last_14_days"] == 1  # 30 and 31 October; 1 November is not before D


def test_a_back_to_back_costs_fatigue(tired: Place) -> None:
    row = row_of(tired, PCF, DAY_14, player_id=TURNED_OVER)
    # 100 − 15 (one day) − 10 (4 games) − 10 (192 > 140 min) − 8 (48 > 35 min) − 5 (one pair)
    assert row["fatigue_score"] == 52
    assert row["fatigue_adjustment"] == pytest.approx(-2.4, abs=1e-9)  # (52 − 100) / 20


def test_usage_spikes_are_the_last_three_games_against_the_season(tired: Place) -> None:
    context = row_of(tired, SYNTHETIC, DAY_14, player_id=TURNED_OVER)
    # On the 31st: (18 + 12) · 48 / (48 · (90 + 20)) = 3/11; 0.2 on the others.
    assert context["usage_rate_last_3_games"] == pytest.approx(0.22424242424242424, abs=1e-9)
    assert context["usage_rate_season"] == pytest.approx(0.20909090909090908, abs=1e-9)
    row = row_of(tired, PCF, DAY_14, player_id=TURNED_OVER)
    # 0.3 · 100 · ((0.4 + 3/11)/3 − (1.4 + 3/11)/8) = 5/11
    assert row["usage_spike_score"] == pytest.approx(0.45454545454545453, abs=1e-9)


def test_pace_is_the_mean_of_both_teams_against_the_league(tired: Place) -> None:
    row = row_of(tired, SYNTHETIC, DAY_14, player_id=TURNED_OVER)
    # Boston: 7 games of 100 and one of 48 · 110 / 48 = 110.
    assert row["team_pace_last_10"] == pytest.approx(101.25, abs=1e-9)
    assert row["opponent_pace_last_10"] == pytest.approx(100, abs=1e-9)
    assert row["league_pace"] == pytest.approx(100.625, abs=1e-9)  # (810 + 800) / 16
    assert row["pace_differential"] == pytest.approx(0, abs=1e-9)


def test_what_defences_allow_is_set_against_the_league(tired: Place) -> None:
    boston = row_of(tired, TDZA, DAY_14, team="BOS")
    # The last visitor makes 2 threes of 8: Boston allows 18 of 40, New York 20 of 40.
    assert boston["three_pct_allowed"] == pytest.approx(0.45, abs=1e-9)
    assert boston["league_three_pct"] == pytest.approx(0.475, abs=1e-9)  # (0.45 + 0.5) / 2
    assert boston["three_vs_league"] == pytest.approx(-2.5, abs=1e-9)
    assert boston["paint_pct_allowed"] == pytest.approx(0.6666666666666666, abs=1e-9)  # 20 / 30
    assert boston["three_attempts_allowed_per_game"] == pytest.approx(40, abs=1e-9)  # 5 · 8
    assert boston["points_allowed_per_game"] == pytest.approx(104, abs=1e-9)
    assert boston["games_in_window"] == 8
    # three −2.5, the other two 0: of equals the first counts.
    assert of(boston, "strongest_zone", "weakest_zone") == ("three", "paint")


def test_a_shooter_meets_a_defence_that_allows_threes(tired: Place) -> None:
    zones = row_of(tired, PSZA, DAY_14, player_id=HOST)
    # 6 : 4 : 8 of 18; the paint's 1/3 is below 0.40, the threes' 4/9 is not.
    assert zones["paint_rate_last_10"] == pytest.approx(0.3333333333333333, abs=1e-9)
    assert zones["three_rate_last_10"] == pytest.approx(0.4444444444444444, abs=1e-9)
    assert zones["three_pct_last_10"] == pytest.approx(0.5, abs=1e-9)
    assert zones["paint_rate_last_20"] is None  # 8 appearances are fewer than 15
    assert of(zones, "primary_scoring_zone", "total_shots_last_10", "games_in_window") == (
        "three",
        144,  # 8 · 18
        8,
    )
    row = row_of(tired, PCF, DAY_14, player_id=HOST)
    # New York allows 2.5 points more than the league: 2.5 · (4/9)/0.5 = 20/9
    assert row["shot_zone_mismatch_score"] == pytest.approx(2.2222222222222223, abs=1e-9)
    visitor = row_of(tired, PCF, DAY_14, player_id=VISITOR)
    assert visitor["shot_zone_mismatch_score"] == pytest.approx(-2.2222222222222223, abs=1e-9)


def test_the_total_adds_the_four_scores(tired: Place) -> None:
    row = row_of(tired, PCF, DAY_14, player_id=TURNED_OVER)
    # −2.4 + 20/9 + 0 + 5/11
    assert row["total_composite_adjustment"] == pytest.approx(0.27676767676767677, abs=1e-9)
    assert of(row, "factors_available", "missing_inputs") == (4, [])


# A traded player, and a player's first game


TRADED, NEW, STAYED_OUT = 24, 25, 14


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """New York, at pace 110, and Boston, at pace 100, meet on day 14 with one player changed over.

    Before: New York visits Philadelphia and Miami visits Boston, four times each.
    """
    league = SmallLeague()
    for day in (19, 21, 25, 29):
        league.game(date(2022, 10, day), "NYK", "PHI", usual={"tov": 4})
        league.game(date(2022, 10, day), "MIA", "BOS")
    league.roster("BOS", (10, 11, 12, 13, TRADED)).roster("NYK", (20, 21, 22, 23, NEW))
    league.game(DAY_14, "NYK", "BOS").game(DAY_14, "PHI", "MIA")
    return league.built(tmp_path_factory.mktemp("traded") / "league")


def test_a_traded_player_takes_his_games_with_him_and_his_new_teams_pace(traded: Place) -> None:
    row = row_of(traded, SYNTHETIC, DAY_14, player_id=TRADED)
    assert of(row, "team", "opponent", "is_home") == ("BOS", "NYK", True)
    assert row["days_rest"] == 3  # 29 October → 1 November, then with New York
    assert row["games_last_7_days"] == 2  # 25 and 29 October
    assert row["team_pace_last_10"] == pytest.approx(100, abs=1e-9)  # Boston's
    assert row["opponent_pace_last_10"] == pytest.approx(110, abs=1e-9)  # 48 · (90 + 20) / 48
    assert row["usage_rate_season"] == pytest.approx(0.2, abs=1e-9)  # 22 / 110, with New York


def test_a_traded_player_has_one_row_of_factors_with_his_new_team(traded: Place) -> None:
    row = row_of(traded, PCF, DAY_14, player_id=TRADED)
    assert row["team"] == "BOS"
    assert row["fatigue_score"] == 97  # 100 + 5 (three days) − 8 (48 > 35 min)
    # New York always visited: it allows 20 of 40 threes, 2.5 more than the league.
    assert row["shot_zone_mismatch_score"] == pytest.approx(2.2222222222222223, abs=1e-9)
    assert row["pace_score"] == pytest.approx(0, abs=1e-9)  # (100 + 110)/2 − 105
    assert row["total_composite_adjustment"] == pytest.approx(2.0722222222222224, abs=1e-9)


def test_a_first_game_has_no_rest_and_no_usage_and_no_number_stands_in(traded: Place) -> None:
    context = row_of(traded, SYNTHETIC, DAY_14, player_id=NEW)
    assert of(context, "days_rest", "usage_rate_season", "avg_minutes_last_7_days") == (
        None,
        None,
        None,
    )
    assert of(context, "games_last_14_days", "minutes_last_14_days") == (0, 0)
    row = row_of(traded, PCF, DAY_14, player_id=NEW)
    assert of(row, "fatigue_score", "shot_zone_mismatch_score", "usage_spike_score") == (
        None,
        None,
        None,
    )
    assert of(row, "pace_score", "total_composite_adjustment", "factors_available") == (0, 0, 1)
    assert row["missing_inputs"] == [
        "days_rest",
        "primary_scoring_zone",
        "usage_rate_last_3_games",
        "usage_rate_season",
    ]


def test_an_upcoming_row_for_the_old_team_is_not_used(
    traded: Place, copied: Callable[[Place], Place]
) -> None:
    """18 of 20 rows are usable, exactly nine tenths; the other two players are filled in."""
    tables = ("upcoming_player_game_context", "player_composite_factors")
    place = copied(traded)
    place.change(f"DELETE FROM {PCF}")
    place.run("backfill", *tables, "--dates", str(DAY_14))
    upcoming = {row["player_id"]: row["team"] for row in place.records(UPCOMING, DAY_14)}
    assert upcoming[TRADED] == "NYK"
    assert NEW not in upcoming
    sources = {r["player_id"]: r["context_source"] for r in place.records(PCF, DAY_14)}
    assert len(sources) == 20
    assert {k for k, source in sources.items() if source == "synthetic"} == {TRADED, NEW}
    assert STAYED_OUT in upcoming
    assert STAYED_OUT not in sources


# Overtime


@pytest.fixture(scope="session")
def overtime(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A game with one overtime period, and one with two the day after."""
    league = SmallLeague()
    league.game(date(2022, 10, 18), "NYK", "BOS", usual={"minutes": 53.0})
    league.game(date(2022, 10, 19), "NYK", "BOS", usual={"minutes": 58.0})
    return league.built(tmp_path_factory.mktemp("overtime") / "league")


@pytest.mark.parametrize(
    ("day", "minutes", "pace", "periods"),
    [
        (date(2022, 10, 18), 265, 90.56603773584905, 1),  # 5 · 53; 48 · 100 / 53
        (date(2022, 10, 19), 290, 82.75862068965517, 2),  # 5 · 58; 48 · 100 / 58
    ],
    ids=["one", "two"],
)
def test_overtime_makes_a_game_longer_and_its_pace_slower(
    overtime: Place, day: date, minutes: int, pace: float, periods: int
) -> None:
    row = row_of(overtime, TOGS, day, team="BOS")
    assert of(row, "team_minutes", "overtime_periods") == (minutes, periods)
    assert row["pace"] == pytest.approx(pace, abs=1e-9)
    assert row["possessions"] == pytest.approx(100, abs=1e-9)  # 90 + 0 + 10 − 0
    assert row["offensive_rating"] == pytest.approx(110, abs=1e-9)
    player = row_of(overtime, PGS, day, player_id=HOST)
    assert player["usage_rate"] == pytest.approx(0.2, abs=1e-9)  # 20 · 53 / (53 · 100)
    assert player["ts_pct"] == pytest.approx(0.6111111111111112, abs=1e-9)  # 22 / (2 · 18)
    assert player["efg_pct"] == pytest.approx(0.6111111111111112, abs=1e-9)  # (9 + 2) / 18


def test_a_defence_is_the_other_teams_offence(overtime: Place) -> None:
    row = row_of(overtime, TDGS, date(2022, 10, 18), team="BOS")
    assert of(row, "points_allowed", "opponent_three_fga", "opponent_three_fgm") == (104, 40, 18)
    assert row["defensive_rating"] == pytest.approx(104, abs=1e-9)


# A game without shots


@pytest.fixture(scope="session")
def shotless(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """As in the back-to-back, but the source has no shots of the sixth game."""
    league = SmallLeague()
    for day in EIGHT_GAMES:
        league.game(day, "NYK", "BOS", shots=day != EIGHT_GAMES[5])
    league.game(DAY_14, "NYK", "BOS")
    return league.built(tmp_path_factory.mktemp("shotless") / "league")


def test_in_a_game_without_shots_zones_are_unknown_not_zero(shotless: Place) -> None:
    row = row_of(shotless, PGS, EIGHT_GAMES[5], player_id=HOST)
    assert of(row, "paint_fga", "mid_range_fgm", "three_fga") == (None, None, None)
    assert row["has_complete_shot_zones"] is False
    assert row["fga"] == 18
    team = row_of(shotless, TOGS, EIGHT_GAMES[5], team="BOS")
    assert of(team, "paint_fga", "three_fgm") == (None, None)


def test_a_game_without_shots_is_in_the_window_but_not_in_the_sums(shotless: Place) -> None:
    team = row_of(shotless, TDZA, DAY_14, team="NYK")
    assert team["games_in_window"] == 8
    assert team["three_attempts_allowed_per_game"] == pytest.approx(
        40, abs=1e-9
    )  # 280 / 7, not / 8
    assert team["three_pct_allowed"] == pytest.approx(0.5, abs=1e-9)  # 140 / 280
    player = row_of(shotless, PSZA, DAY_14, player_id=HOST)
    assert of(player, "games_in_window", "total_shots_last_10") == (8, 126)  # 7 · 18
    assert player["three_rate_last_10"] == pytest.approx(0.4444444444444444, abs=1e-9)


def test_load_reports_the_game_without_shots_and_still_calls_the_load_complete(
    shotless: Place,
) -> None:
    answer = shotless.json("load", "--data", "data")
    [hole] = [p for p in answer["partitions"] if p["table"] == "raw.shots"]
    assert (hole["date"], hole["state"]) == (str(EIGHT_GAMES[5]), "complete")
    assert "no shots at all" in hole["reason"]


# The edge of the warm-up


@pytest.mark.parametrize("table", [TDZA, PSZA, PCF])
def test_the_last_day_of_the_warm_up_is_no_gap_and_the_next_day_has_rows(
    tired: Place, table: str
) -> None:
    assert tired.records(table, DAY_13) == []
    assert tired.records(table, DAY_14)
    found = tired.json("status", table, "--dates", f"{DAY_13},{DAY_14}")
    assert [p["state"] for p in found["partitions"]] == ["warm_up", "complete"]


def test_a_backfill_of_a_warm_up_day_has_nothing_to_do_and_says_why(tired: Place) -> None:
    report = tired.json("backfill", "player_composite_factors", "--dates", str(DAY_13))
    [result] = report["results"]
    assert result["outcome"] == "warm_up"
    assert "day 13 of the season" in result["reason"]
