"""No table of the NBA pipeline looks ahead, and each way of doing so would be found."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from acceptance.place import Place
from acceptance.seasons import PCF, PGS, PSZA, SYNTHETIC, TDGS, TDZA, TOGS, UPCOMING
from acceptance.small_league import SmallLeague
from gapless import Pipeline, query, same_date
from gapless.declare.inputs import Query
from gapless.declare.look_ahead import exists_before, facts_read
from gapless.declare.statements import Statement
from gapless.leaks.report import Leak, LeakReport, Proof
from gapless.verbs.leaks import leaks
from gapless.verbs.selection import Selection
from gapless_nba.pipeline import pipeline as nba

TABLES = [table.name for table in nba.derived_tables]
MADE_OF_THE_DATE = {PGS, TOGS, TDGS}
FIRST = date(2022, 10, 18)
LAST = FIRST + timedelta(days=30)
PLAYERS = f"history of {PGS}"
TEAMS = f"history of {TOGS}"
DEFENSES = f"history of {TDGS}"


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two games every other day for a month; who plays how differs from day to day."""
    league = SmallLeague()
    for number in range(16):
        day = FIRST + timedelta(days=2 * number)
        usual = {"minutes": 48.0 - number, "tov": 2 + number % 5, "fta": number % 3}
        league.game(day, "NYK", "BOS", usual=usual).game(day, "PHI", "MIA", usual=usual)
    return league.built(tmp_path_factory.mktemp("month") / "league")


def searched(place: Place, pipeline: Pipeline, table: str, *days: date) -> LeakReport:
    """Search one table of a pipeline for look-ahead."""
    with place.workspace() as workspace:
        opened = replace(workspace, pipeline=pipeline)
        return leaks(opened, Selection(tables=[table], dates=days), samples=3)


def rewritten(table: str, *changes: tuple[str, str]) -> Pipeline:
    """Return the NBA pipeline with a changed text in the statement of one table."""
    statement = nba.derived_table(table).statement
    text = statement.text
    for before, after in changes:
        assert before in text, f"{statement.origin} does not say {before!r}"
        text = text.replace(before, after)
    return redeclared(table, statement=Statement(text, statement.origin))


def redeclared(table: str, **changes: Any) -> Pipeline:
    """Return the NBA pipeline with one table declared otherwise."""
    made = copy.copy(nba)
    made.tables = {**nba.tables, table: replace(nba.derived_table(table), **changes)}
    return made


def leak_of(place: Place, pipeline: Pipeline, table: str, day: date) -> Leak:
    """Return how the rows of a date leak."""
    report = searched(place, pipeline, table, day)
    assert report.exit_code == 1
    [leak] = report.tables[0].dates[0].leaks
    assert leak.part == "rows"
    return leak


# -- Proved --------------------------------------------------------------------------------------


def test_every_table_of_a_month_is_proved(month: Place) -> None:
    """On the first date nobody is on a roster yet; that is said, and not taken for a proof."""
    told = month.json("leaks", "--samples", "4")
    assert {t["table"]: t["proof"] for t in told["tables"]} == dict.fromkeys(TABLES, "proved")
    dates = {t["table"]: [found["proof"] for found in t["dates"]] for t in told["tables"]}
    assert dates[UPCOMING] == ["nothing", "proved", "proved", "proved"]
    others = [proof for name, proofs in dates.items() if name != UPCOMING for proof in proofs]
    assert set(others) == {"proved"}


def test_tables_that_describe_their_date_are_told_from_those_that_exist_before() -> None:
    """Who was there is read of D by many; what they did only by those made of D."""
    for table in nba.derived_tables:
        describes = facts_read(table, nba.tables) is not None
        assert describes == (table.name in MADE_OF_THE_DATE), table.name
        assert not (describes and exists_before(table)), table.name


def test_every_table_of_the_real_seasons_is_proved(whole_once: Place) -> None:
    """Twelve dates of each, from the first to the last, and what is published is the same."""
    told = whole_once.json("leaks")
    assert {t["table"]: t["proof"] for t in told["tables"]} == dict.fromkeys(TABLES, "proved")
    for table in told["tables"]:
        proofs = [found["proof"] for found in table["dates"]]
        assert len(proofs) >= 10
        assert proofs.count("proved") >= len(proofs) - (table["table"] == UPCOMING)
        assert [found for found in table["dates"] if found["published_differs"]] == []


# -- Found ---------------------------------------------------------------------------------------

AHEAD: Mapping[str, tuple[str, tuple[tuple[str, str], ...], str, set[str]]] = {
    "a season mean without < D": (
        SYNTHETIC,
        (("AND a.game_date < p.game_date", ""),),
        PLAYERS,
        {"usage_rate_season", "days_rest"},
    ),
    "a window up to D": (
        SYNTHETIC,
        (("AND g.game_date < t.game_date", "AND g.game_date <= t.game_date"),),
        TEAMS,
        {"team_pace_last_10", "opponent_pace_last_10"},
    ),
    "a window with following rows": (
        PSZA,
        (("9 PRECEDING AND CURRENT ROW", "9 PRECEDING AND 2 FOLLOWING"),),
        PLAYERS,
        {"total_shots_last_10"},
    ),
    "defences up to D": (
        TDZA,
        (("AND g.game_date < d.game_date", "AND g.game_date <= d.game_date"),),
        DEFENSES,
        {"defensive_rating_last_15", "points_allowed_per_game"},
    ),
    "the rows of another date": (
        PCF,
        (("z.game_date = c.game_date", "z.game_date >= c.game_date"),),
        f"{PSZA} on other dates",
        set(),
    ),
}


@pytest.mark.parametrize("name", AHEAD)
@pytest.mark.parametrize("day", [FIRST + timedelta(days=20), LAST], ids=["between", "last"])
def test_a_table_that_looks_ahead_is_found_with_its_input_and_columns(
    month: Place, name: str, day: date
) -> None:
    """Also on the last date, after which nothing is loaded."""
    table, changes, culprit, columns = AHEAD[name]
    leak = leak_of(month, rewritten(table, *changes), table, day)
    assert leak.culprits == (culprit,)
    assert columns <= set(leak.difference.columns)


def test_a_real_season_with_a_window_up_to_the_date_is_found(whole_once: Place) -> None:
    """On every sampled date."""
    table, changes, culprit, _ = AHEAD["a window up to D"]
    [found] = searched(whole_once, rewritten(table, *changes), table).tables
    assert {one.proof for one in found.dates} == {Proof.LEAK}
    assert {leak.culprits for one in found.dates for leak in one.leaks} == {(culprit,)}


def test_the_final_score_of_the_schedule_is_a_fact_of_the_date(month: Place) -> None:
    """The rosters of D may read who plays whom, and not the whole schedule."""
    known = nba.derived_table(UPCOMING)
    players = known.inputs["players"]
    assert isinstance(players, Query)
    whole = same_date(nba.table("raw.schedule"))
    inputs = {
        **known.inputs,
        "players": replace(players, inputs={**players.inputs, "schedule": whole}),
    }
    report = searched(month, redeclared(UPCOMING, inputs=inputs), UPCOMING)
    [found] = report.tables
    assert (report.exit_code, found.reads_facts) == (1, True)
    assert found.facts is not None
    assert found.facts.chain == (UPCOMING, "raw.schedule")


def test_facts_of_the_date_are_found_behind_a_source_of_a_choice(month: Place) -> None:
    """The synthetic context exists for played dates only; the factors that choose it do not."""
    whole = query(
        "SELECT *, 'synthetic' AS context_source FROM player_game_summary",
        {"player_game_summary": same_date(nba.table(PGS))},
    )
    inputs = {**nba.derived_table(SYNTHETIC).inputs, "players": whole}
    report = searched(month, redeclared(SYNTHETIC, inputs=inputs), PCF)
    [found] = report.tables
    assert (report.exit_code, found.reads_facts) == (1, True)
    assert found.facts is not None
    assert found.facts.chain == (PCF, SYNTHETIC, PGS, "raw.schedule")
