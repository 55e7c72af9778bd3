"""Both real seasons, value by value, against an independent slow implementation."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from acceptance.place import Place, listed, same_tables
from acceptance.seasons import (
    CHOOSING,
    FEB_23,
    FEB_24,
    KEYS,
    MLFS,
    PCF,
    PDC,
    PGS,
    SYNTHETIC,
    UPCOMING,
)
from gapless.verbs.backfill import backfill
from gapless.verbs.selection import Selection
from oracle.compare import differences
from oracle.oracle import Oracle
from oracle.read import League

SEASON_STARTS = (date(2021, 10, 19), date(2022, 10, 18))
PINNED = (
    *SEASON_STARTS,
    # The last day of the warm-up, the first after it, and the next.
    *(start + timedelta(days=n) for start in SEASON_STARTS for n in (13, 14, 15)),
    date(2021, 12, 22),
    # The first dates after the two All-Star breaks.
    date(2022, 2, 24),
    FEB_23,
    FEB_24,
    # January to April 2022 have games without shots.
    date(2022, 1, 6),
    date(2022, 4, 1),
    # The last dates of both seasons.
    date(2022, 4, 10),
    date(2023, 4, 9),
)
SAMPLES = 24
WITH_UPCOMING = (date(2022, 11, 9), date(2022, 12, 23), date(2023, 1, 18), FEB_24)
"""Past dates whose upcoming rows are written after the fact; all of the season with DNP rows."""

Row = dict[str, Any]


@pytest.fixture(scope="session")
def league(real_data: Path) -> League:
    return League.from_folder(real_data)


@pytest.fixture(scope="session")
def oracle(league: League) -> Oracle:
    return Oracle(league)


@pytest.fixture(scope="session")
def sampled(league: League) -> list[date]:
    """The dates that are compared; always the same ones."""
    chosen = random.Random(20230223).sample(league.dates, SAMPLES)  # noqa: S311 - not a secret
    return sorted({*chosen, *PINNED})


def by_key(place: Place, table: str, day: date) -> dict[Any, Row]:
    """Return the published rows of a date by key."""
    key = KEYS.get(table, ("player_id",))
    found = {}
    for row in place.records(table, day):
        entity = tuple(row[name] for name in key)
        found[entity if len(entity) > 1 else entity[0]] = row
    return found


def should_be(oracle: Oracle, table: str, day: date, **given: Any) -> dict[Any, Row]:
    rows: dict[Any, Row] = getattr(oracle, table.rpartition(".")[2])(day, **given)
    return rows


@pytest.mark.parametrize("table", KEYS)
def test_every_value_of_the_sampled_dates_equals_the_slow_implementation(
    whole_once: Place, oracle: Oracle, sampled: list[date], table: str
) -> None:
    found = [
        f"{day} {text}"
        for day in sampled
        for text in differences(should_be(oracle, table, day), by_key(whole_once, table, day))
    ]
    assert found[:10] == []


def test_the_sample_holds_rows_with_and_without_shots_and_dates_of_the_warm_up(
    whole_once: Place, sampled: list[date]
) -> None:
    """A comparison of nothing with nothing would prove nothing."""
    days = ", ".join(f"DATE '{day}'" for day in sampled)
    where = f"WHERE game_date IN ({days})"
    rows = "count(*) FILTER (WHERE paint_fga IS NULL), count(*) FILTER (WHERE paint_fga > 0)"
    [(without, with_shots)] = whole_once.rows(f"SELECT {rows} FROM {PGS} {where}")
    assert without > 500
    assert with_shots > 3000
    built = whole_once.rows(f"SELECT DISTINCT game_date FROM {PCF} {where} ORDER BY 1")
    quiet = {*sampled} - {day for (day,) in built}
    assert len(sampled) >= SAMPLES
    assert {*SEASON_STARTS, *(start + timedelta(days=13) for start in SEASON_STARTS)} <= quiet


def test_no_key_is_there_twice(whole_once: Place) -> None:
    for table, key in KEYS.items():
        columns = ", ".join(("game_date", *key))
        twice = f"SELECT {columns} FROM {table} GROUP BY ALL HAVING count(*) > 1"
        assert whole_once.rows(twice) == [], table


# The upcoming context, asked for by name on past dates


@pytest.fixture(scope="session")
def with_upcoming_once(upstream_once: Place) -> Place:
    """Upcoming rows written for some past dates, and then what chooses on those dates."""
    place = upstream_once.copy_to(upstream_once.folder.with_name("with-upcoming"))
    place.run("backfill", UPCOMING, *CHOOSING, "--dates", listed(WITH_UPCOMING))
    return place


@pytest.mark.parametrize("day", WITH_UPCOMING, ids=str)
def test_the_upcoming_context_of_a_past_date_equals_the_slow_implementation(
    with_upcoming_once: Place, oracle: Oracle, day: date
) -> None:
    rows = by_key(with_upcoming_once, UPCOMING, day)
    assert rows
    assert differences(should_be(oracle, UPCOMING, day), rows)[:10] == []


@pytest.mark.parametrize("table", CHOOSING)
@pytest.mark.parametrize("day", WITH_UPCOMING, ids=str)
def test_what_upcoming_rows_feed_equals_the_slow_implementation(
    with_upcoming_once: Place, oracle: Oracle, day: date, table: str
) -> None:
    present = by_key(with_upcoming_once, UPCOMING, day)
    wanted = should_be(oracle, table, day, upcoming=present)
    assert differences(wanted, by_key(with_upcoming_once, table, day))[:10] == []


def test_players_the_upcoming_context_lacks_are_filled_from_the_synthetic_one(
    with_upcoming_once: Place,
) -> None:
    """Kevin Love was on Cleveland's roster when he first played for Miami."""
    love = 201567
    for table in CHOOSING:
        rows = by_key(with_upcoming_once, table, FEB_24)
        sources = {player: row["context_source"] for player, row in rows.items()}
        assert sources[love] == "synthetic"
        assert sum(source == "upcoming" for source in sources.values()) >= 0.9 * len(rows)
    upcoming = by_key(with_upcoming_once, UPCOMING, FEB_24)
    assert upcoming[love]["team"] == "CLE"


def test_upcoming_rows_of_players_who_did_not_appear_are_not_used(
    with_upcoming_once: Place,
) -> None:
    played = by_key(with_upcoming_once, PGS, FEB_24).keys()
    listed_then = by_key(with_upcoming_once, UPCOMING, FEB_24).keys()
    assert listed_then - played
    assert by_key(with_upcoming_once, PCF, FEB_24).keys() == played
    assert by_key(with_upcoming_once, PDC, FEB_24).keys() < played


@pytest.mark.parametrize(("newcomers_lack", "chosen"), [(True, "synthetic"), (False, "upcoming")])
def test_all_three_tables_choose_by_the_players_of_the_date_whomever_they_leave_out(
    upstream: Place, oracle: Oracle, newcomers_lack: bool, chosen: str
) -> None:
    """Nine tenths less one usable are too few, and exactly nine tenths are enough.

    The cache leaves newcomers out. Of its own players 89 of at most 98 would be enough in the one
    case, and too few in the other.
    """
    day, players = upstream.rows(
        f"SELECT game_date, count(*) FROM ({newcomers()}) GROUP BY 1 "
        "HAVING count(*) % 10 = 0 AND count(*) FILTER (is_new) >= 2 ORDER BY 1 LIMIT 1"
    )[0]
    usable = players * 9 // 10 - newcomers_lack
    order = "is_new" if newcomers_lack else "NOT is_new"
    upstream.change(
        f"CREATE TABLE {UPCOMING} AS SELECT s.* REPLACE ('upcoming' AS context_source) "
        f"FROM {SYNTHETIC} AS s JOIN ({newcomers()}) AS n USING (game_date, player_id) "
        f"WHERE game_date = DATE '{day}' ORDER BY {order}, player_id LIMIT {usable}"
    )
    own = upstream.rows(
        f"SELECT count(u.player_id), count(*) FROM ({newcomers()}) AS n "
        f"LEFT JOIN {UPCOMING} AS u USING (game_date, player_id) "
        f"WHERE game_date = DATE '{day}' AND NOT is_new"
    )
    assert [have / due >= 0.9 for have, due in own] == [newcomers_lack]
    upstream.run("backfill", *CHOOSING, "--dates", str(day))
    present = by_key(upstream, UPCOMING, day)
    for table in CHOOSING:
        rows = by_key(upstream, table, day)
        upcoming = {key for key, row in rows.items() if row["context_source"] == "upcoming"}
        assert upcoming == (rows.keys() & present.keys() if chosen == "upcoming" else set())
        wanted = should_be(oracle, table, day, upcoming=present)
        assert differences(wanted, rows)[:10] == []


def newcomers() -> str:
    """SELECT of who appeared in 2022-23 after a month, and whether he had fewer than 3 games."""
    return (
        f"SELECT p.game_date, p.player_id, count(a.player_id) < 3 AS is_new FROM {PGS} AS p "
        f"LEFT JOIN {PGS} AS a ON a.player_id = p.player_id AND a.season = p.season "
        "AND a.game_date < p.game_date WHERE p.game_date >= DATE '2022-11-15' GROUP BY ALL"
    )


def test_whoever_has_fewer_than_three_games_is_left_out_of_the_cache_with_a_reason(
    whole_once: Place, oracle: Oracle
) -> None:
    day = date(2021, 11, 2)
    found = whole_once.json("explain", PDC, str(day))["coverage"]
    wanted = oracle.expected("player_daily_cache", day)
    assert (found["expected"], found["present"]) == (len(wanted.keys), len(wanted.keys))
    assert found["excluded"] == {"too_few_games": len(wanted.excluded)}
    assert wanted.excluded


def test_features_do_without_a_mismatch_where_there_are_no_shots(whole_once: Place) -> None:
    """Half of the first season has none; no number stands in, and no gate refuses the dates."""
    rows = by_key(whole_once, MLFS, date(2022, 4, 1)).values()
    lacking = [row for row in rows if row["shot_zone_mismatch_score"] is None]
    assert len(lacking) > 0.9 * len(rows)
    assert all("shot_zone_mismatch_score" in row["missing_inputs"] for row in lacking)


# One way or another


def test_built_side_by_side_the_tables_are_identical(loaded: Place, whole_once: Place) -> None:
    loaded.run("backfill", "--parallel", "--chunk-size", "60", "--workers", "3")
    assert same_tables(loaded, whole_once, tuple(KEYS)) == []


def test_built_in_chunks_of_seven_the_tables_are_identical(
    loaded: Place, whole_once: Place
) -> None:
    last = date(2021, 11, 25)
    loaded.run("backfill", "--end-date", str(last), "--chunk-size", "7")
    where = f"game_date <= DATE '{last}'"
    assert same_tables(loaded, whole_once, tuple(KEYS), where) == []


def test_built_date_by_date_in_separate_runs_the_tables_are_identical(
    loaded: Place, whole_once: Place
) -> None:
    first, days = SEASON_STARTS[0], 18
    for number in range(days):
        with loaded.workspace() as workspace:
            backfill(workspace, Selection(dates=[first + timedelta(days=number)]))
    last = first + timedelta(days=days - 1)
    where = f"game_date BETWEEN DATE '{first}' AND DATE '{last}'"
    assert same_tables(loaded, whole_once, tuple(KEYS), where) == []


def test_built_sparsely_and_out_of_order_the_rows_are_identical(
    upstream: Place, whole_once: Place
) -> None:
    days = (date(2023, 3, 14), date(2021, 11, 5), FEB_24, date(2022, 4, 2))
    for day in days:
        with upstream.workspace() as workspace:
            backfill(workspace, Selection(tables=CHOOSING, dates=[day]))
    where = f"game_date IN ({', '.join(repr(str(day)) for day in days)})"
    assert same_tables(upstream, whole_once, CHOOSING, where) == []
    assert len(upstream.rows(f"SELECT DISTINCT game_date FROM {PCF}")) == len(days)


def test_a_single_date_with_upstream_builds_what_it_needs_and_the_same_rows(
    loaded: Place, whole_once: Place
) -> None:
    day = date(2022, 11, 3)
    loaded.run("backfill", "ml_feature_store", "--dates", str(day), "--with-upstream")
    where = f"game_date = DATE '{day}'"
    assert same_tables(loaded, whole_once, tuple(KEYS), where) == []
