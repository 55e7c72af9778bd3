"""Every guard of the NBA pipeline can fail, and one that was disabled on purpose is named."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from acceptance.mornings import morning_of, not_played_from
from acceptance.place import Place
from acceptance.seasons import CHOOSING, MLFS, PCF, PDC, PGS, PSZA, TDZA, TOGS, UPCOMING
from acceptance.small_league import SmallLeague
from gapless import Path, Pipeline, rule
from gapless.declare.gates import Check
from gapless.declare.statements import Statement
from gapless.doctor.model import Ability
from gapless.verbs.doctor import try_guards
from gapless_nba.pipeline import pipeline as nba

FIRST = date(2022, 10, 18)
TODAY = FIRST + timedelta(days=24)
REPORTS = {
    ("raw.shots", "shots_agree"),
    (PGS, "zones_equal_attempts"),
    (TOGS, "minutes_add_up"),
}
"""Checks that stop nothing, because of a known limitation of the real seasons."""
ABOVE_TODAY = (UPCOMING, TDZA, PSZA, *CHOOSING)
"""Tables of which something is expected before a date has been played out."""


def league() -> SmallLeague:
    """Two games every other day for a month; who plays how differs from day to day."""
    made = SmallLeague()
    for number in range(16):
        day = FIRST + timedelta(days=2 * number)
        usual = {"minutes": 48.0 - number, "tov": 2 + number % 5, "fta": number % 3}
        made.game(day, "NYK", "BOS", usual=usual).game(day, "PHI", "MIA", usual=usual)
    return made


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return league().built(tmp_path_factory.mktemp("month") / "league")


def guards(told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """List table, guard and ability."""
    for table in told["tables"]:
        for guard in table["guards"]:
            yield table["table"], guard["guard"], guard["ability"]


def of_ability(told: dict[str, Any], ability: Ability) -> set[tuple[str, str]]:
    return {(table, guard) for table, guard, found in guards(told) if found == ability}


def declared() -> set[tuple[str, str]]:
    """List every rule, check, cross-check and choice that the pipeline declares."""
    found: set[tuple[str, str]] = set()
    for table in nba.derived_tables:
        gate = table.gate
        checks = (*gate.checks, *nba.cross_checks.get(table.name, ()))
        found |= {(table.name, given.name) for given in gate.rules}
        found |= {(table.name, given.name) for given in checks}
        found |= {(table.name, alias) for alias in table.choices_on(Path.HISTORICAL)}
    return found | {(source.name, c.name) for source in nba.sources for c in source.checks}


def all_are_able(told: dict[str, Any]) -> None:
    assert told["exit_code"] == 0
    assert of_ability(told, Ability.UNABLE) == of_ability(told, Ability.UNTRIED) == set()
    assert of_ability(told, Ability.REPORTS) == REPORTS
    tried = {(table, guard) for table, guard, _ in guards(told)}
    assert declared() <= tried
    assert {table for table, _ in tried} == set(nba.tables)


# -- Able ----------------------------------------------------------------------------------------


def test_every_guard_is_able_to_fail_on_a_simulated_month(month: Place) -> None:
    """And looking changes no byte of the warehouse."""
    before = month.content()
    all_are_able(month.json("doctor"))
    after = month.content()
    assert after.pop("nba-ledger.sqlite")
    assert {name: before[name] for name in after} == after


def test_every_guard_is_able_to_fail_on_the_real_seasons(whole_once: Place) -> None:
    """In a few seconds; the only table that is not published is computed aside."""
    told = whole_once.json("doctor")
    all_are_able(told)
    basis = {t["table"]: t["rows"] for t in told["tables"] if t["guards"]}
    assert {name for name, rows in basis.items() if rows == "computed aside"} == {UPCOMING}
    dates = [day for t in told["tables"] for day in t["dates"]]
    assert min(dates) >= "2023-03-01"


def test_guards_of_dates_to_come_are_tried_in_the_morning(month: Place) -> None:
    """Those of the dates that are over are tried beside them."""
    place = month.copy_to(month.folder.with_name("morning"))
    names = [table.name for table in nba.derived_tables]
    place.change(
        *not_played_from(TODAY),
        *(
            f"DELETE FROM {name} WHERE game_date >= DATE '{TODAY}'"
            for name in names
            if name != UPCOMING
        ),
        f"DELETE FROM gapless.publications WHERE partition_date >= DATE '{TODAY}'",
    )
    days = ("--start-date", str(TODAY), "--end-date", str(TODAY + timedelta(days=2)))
    place.run_within("backfill", *days, GAPLESS_NOW=morning_of(TODAY))
    told = place.json("doctor", GAPLESS_NOW=morning_of(TODAY))
    assert told["exit_code"] == 0
    upcoming = {t["table"]: t for t in told["tables"] if t["path"] == "upcoming"}
    assert set(upcoming) == set(ABOVE_TODAY)
    for found in upcoming.values():
        assert found["guards"], found
        assert set(found["dates"]) <= {str(TODAY), str(TODAY + timedelta(days=2))}
        assert found["rows"] == "published"


def test_every_check_says_how_it_can_be_broken() -> None:
    """So that none of them hangs on what happens to be tried."""
    checks = [check for source in nba.sources for check in source.checks]
    checks += [check for table in nba.derived_tables for check in table.gate.checks]
    checks += [check for crossed in nba.cross_checks.values() for check in crossed]
    assert len(checks) > 20
    assert [check.name for check in checks if not check.spoiled_by] == []


# -- Disabled on purpose -------------------------------------------------------------------------


@pytest.mark.parametrize("table", [PCF, PDC, MLFS])
@pytest.mark.parametrize("threshold", ["coverage", "group_coverage"])
def test_a_threshold_that_a_site_switched_off_is_named(
    month: Place, table: str, threshold: str
) -> None:
    """With a share, since none of zero is accepted; and where it was set is shown."""
    setting = f"{table}.{threshold}=0.001"
    told = month.json("doctor", table, code=1, GAPLESS_THRESHOLDS=setting)
    unable = of_ability(told, Ability.UNABLE)
    assert unable == {
        (table, threshold),
        *({(table, "required_columns")} if threshold == "coverage" else ()),
    }
    [configuration] = [p for p in told["installation"] if p["part"] == "configuration"]
    assert f"{table}.{threshold} = 0.001 (from environment variable" in configuration["text"]


def test_the_text_names_table_rule_date_copy_and_what_happened(month: Place) -> None:
    answer = month.run(
        "doctor", "player_composite_factors", "--threshold", f"{PCF}.coverage=0.001", code=1
    )
    assert f"could not fail: {PCF}, gate coverage" in answer.text
    assert (
        "bad copy: more than half of its keys removed expected: refused, by coverage" in answer.text
    )
    assert "2022-11-17: warn by coverage: 9 of 20 (45 %), expected at least 0.1 %" in answer.text
    assert "2 guards could not fail" in answer.text


def spoiled_pipeline(table: str, name: str) -> Pipeline:
    """Return the NBA pipeline in which one rule or check of a table is always satisfied."""
    made = copy.copy(nba)
    known = nba.derived_table(table)

    def passing(check: Check) -> Check:
        if check.name != name:
            return check
        assert isinstance(check.statement, Statement)
        text = f"SELECT * REPLACE (TRUE AS ok) FROM (\n{check.statement.text}\n)"
        return replace(check, statement=Statement(text, check.statement.origin))

    gate = replace(
        known.gate,
        rules=tuple(rule(r.name, "TRUE") if r.name == name else r for r in known.gate.rules),
        checks=tuple(passing(check) for check in known.gate.checks),
    )
    made.tables = {**nba.tables, table: replace(known, gate=gate)}
    crossed = nba.cross_checks.get(table, ())
    made.cross_checks = {**nba.cross_checks, table: tuple(passing(check) for check in crossed)}
    return made


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (PGS, "usage_adds_up"),
        (PGS, "points_add_up"),
        (PGS, "rebounds_add_up"),
        (TOGS, "points_equal_score"),
        (PCF, "fatigue_score_between_0_and_100"),
        (MLFS, "missing_inputs_are_counted"),
        (MLFS, "features_agree"),
    ],
)
def test_a_rule_or_check_that_was_disabled_is_named(month: Place, table: str, name: str) -> None:
    with month.workspace() as workspace:
        opened = replace(workspace, pipeline=spoiled_pipeline(table, name))
        found = [one for one in try_guards(opened, [table]) if one.guards]
    assert [
        (one.table, guard.guard)
        for one in found
        for guard in one.guards
        if guard.ability is Ability.UNABLE
    ] == [(table, name)]
