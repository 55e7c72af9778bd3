"""Every guard of the shop refuses its bad copies, and one that was disabled is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from gapless import Pipeline, between, first_sufficient, one_of, rule
from gapless.declare.gates import Rule
from gapless.doctor.model import Ability
from gapless.errors import QueryFailed
from gapless.partitions import Path
from gapless.run.chunk import StagedChunk, audit, stage_chunk
from gapless.verbs.doctor import try_guards
from support.guards import guard, named, table_tried, tables_tried
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    gated,
)

GATE = {"coverage", "group_coverage", "required_columns", "never_less"} | {
    "unexpected_keys",
    "unique_keys",
}
UNGROUPED = {"coverage", "never_less", "unexpected_keys", "unique_keys"}
GUARDS = {
    "raw.opening_hours": {"missing"},
    "raw.sales": {"missing", "till_closed"},
    "raw.fast_feed": set(),
    SHOP_DAYS: GATE | {"amount_at_least_0", "statement"},
    COMPLETE_FEED: UNGROUPED | {"statement"},
    DAILY_SUMMARY: GATE | {"amount_between_0_and_1000000", "feed", "statement"},
}


def with_rules(*rules: Rule) -> Pipeline:
    return gated(shop_pipeline(), SHOP_DAYS, rules=rules)


# -- Able ----------------------------------------------------------------------------------------


def test_every_guard_of_the_shop_is_able_to_fail(done: Shopkeeper) -> None:
    """Each that is declared, and each built-in one that applies; on real published partitions."""
    found = [one for one in tables_tried(done) if one.path is not Path.UPCOMING]
    assert {one.table: {g.guard for g in one.guards} for one in found} == GUARDS
    assert {g.ability for one in found for g in one.guards} == {Ability.ABLE}
    assert {one.basis for one in found if one.table in TABLES} == {"published"}
    assert {one.days for one in found if one.guards} == {(day(7), day(8), day(9))}


def test_what_a_gate_is_fed(done: Shopkeeper) -> None:
    """Everything that went wrong in real life, and an error in the query."""
    found = table_tried(done, DAILY_SUMMARY)
    assert {one.guard: [trial.copy for trial in one.trials] for one in found.guards} == {
        "coverage": [
            "more than half of its keys removed",
            "as many keys removed as bring it just below the threshold",
            "all rows removed",
            "the expected set emptied",
        ],
        "group_coverage": [
            "more than half of one region removed",
            "one whole region removed",
        ],
        "unexpected_keys": ["keys swapped for others that nobody expects"],
        "unique_keys": ["the rows of one key repeated"],
        "never_less": ["one published key left out"],
        "required_columns": [
            "amount NULL for more than half of its keys",
            "origin NULL for more than half of its keys",
        ],
        "amount_between_0_and_1000000": ["amount = -1", "amount = 2000000"],
        "feed": [
            f"{source}: {how}"
            for source in ("raw.fast_feed", COMPLETE_FEED)
            for how in (
                "more than half of its keys removed",
                "as many keys removed as bring it just below the threshold",
            )
        ],
        "statement": ["an error in its query"],
    }


def test_both_paths_are_tried_when_there_are_dates_to_come(done: Shopkeeper) -> None:
    now = datetime.combine(day(5), datetime.min.time(), UTC) + timedelta(hours=12)
    found = {one.path: one for one in tables_tried(done, SHOP_DAYS, now=now)}
    assert found[Path.HISTORICAL].days == (day(2), day(3), day(4))
    assert found[Path.UPCOMING].days == (day(5), day(6), day(7))
    assert {one.ability for one in found.values()} == {Ability.ABLE}


def test_rows_are_computed_aside_where_nothing_is_published(shop: Shopkeeper) -> None:
    """As far as the inputs are there; what cannot be computed is unknown and no pass."""
    found = table_tried(shop, SHOP_DAYS)
    assert (found.basis, found.ability) == ("computed aside", Ability.ABLE)
    later = table_tried(shop, COMPLETE_FEED)
    assert (later.guards, later.ability) == ((), Ability.UNTRIED)
    assert later.reason.startswith("nothing complete is published and nothing can be computed")


def test_a_date_that_is_not_complete_is_not_copied(done: Shopkeeper) -> None:
    """Rows that were changed behind their publication are no original."""
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = DATE '{day(9)}'")
    assert table_tried(done, SHOP_DAYS).days == (day(6), day(7), day(8))


def test_originals_that_do_not_pass_prove_nothing(done: Shopkeeper) -> None:
    """A gate that refuses everything would refuse the bad copies, too."""
    found = table_tried(done, SHOP_DAYS, with_rules(between("amount", -2, -1)))
    assert (found.guards, found.ability) == ((), Ability.UNTRIED)
    assert "no partition passes as it is" in found.reason


def test_a_gate_that_cannot_be_evaluated_is_unknown(done: Shopkeeper) -> None:
    found = table_tried(done, SHOP_DAYS, with_rules(rule("wrong", "no_such_column > 1")))
    assert (found.guards, found.ability) == ((), Ability.UNTRIED)
    assert "no_such_column" in found.reason


# -- Disabled on purpose -------------------------------------------------------------------------


def test_coverage_that_refuses_next_to_nothing_is_named(done: Shopkeeper) -> None:
    """And with it the required columns, whose NULLs are left to the coverage."""
    pipeline = gated(shop_pipeline(), SHOP_DAYS, coverage=0.001)
    found = table_tried(done, SHOP_DAYS, pipeline)
    assert named(found) == {"coverage", "required_columns"}
    trial = guard(found, "coverage").trials[0]
    assert (trial.copy, trial.wanted) == (
        "more than half of its keys removed",
        "refused, by coverage",
    )
    assert [fact.date for fact in trial.let_through] == [day(7), day(8), day(9)]
    assert trial.let_through[0].text == (
        "warn by coverage: 4 of 9 (44.4 %), expected at least 0.1 % of the expected keys; "
        "refused by group_coverage all the same"
    )


def test_group_coverage_that_refuses_next_to_nothing_is_named(done: Shopkeeper) -> None:
    pipeline = gated(shop_pipeline(), SHOP_DAYS, group_coverage=0.01)
    assert named(table_tried(done, SHOP_DAYS, pipeline)) == {"group_coverage"}


@pytest.mark.parametrize(("coverage", "unable"), [(0.9, set()), (0.5, {"group_coverage"})])
def test_groups_without_a_threshold_need_a_coverage_that_notices_one(
    done: Shopkeeper, coverage: float, unable: set[str]
) -> None:
    """The smaller region has 4 of 9 shops: 55.6 % are left without it."""
    pipeline = gated(shop_pipeline(), SHOP_DAYS, coverage=coverage, group_coverage=None)
    found = table_tried(done, SHOP_DAYS, pipeline)
    assert named(found) == unable
    assert guard(found, "group_coverage").trials[0].wanted == "refused, by any rule"


@pytest.mark.parametrize(
    "predicate",
    [
        "TRUE",
        "amount = amount OR amount IS NULL",
        "amount > 1e308 OR 1 = 1",
        "day > DATE '2000-01-01'",
    ],
)
def test_a_rule_that_is_always_true_is_named(done: Shopkeeper, predicate: str) -> None:
    found = table_tried(done, SHOP_DAYS, with_rules(rule("always", predicate)))
    assert named(found) == {"always"}
    assert "spoiled_by" in guard(found, "always").trials[0].reason


@pytest.mark.parametrize(
    "predicate",
    [
        "amount >= 0",
        "amount BETWEEN 0 AND 5000",
        "name <> region",
        "starts_with(name, 'Shop')",
        "amount IS NOT NULL",
        "shop_id = floor(shop_id) AND amount < 1e9 AND amount + shop_id > 0",
        "CAST(right(name, 2) AS INTEGER) = shop_id",
        "amount - shop_id * 100 = day - DATE '2024-01-01'",
    ],
)
def test_a_value_that_breaks_a_predicate_is_found(done: Shopkeeper, predicate: str) -> None:
    """Also where some values that are tried do not fit, and where the rule speaks of the date."""
    found = table_tried(done, SHOP_DAYS, with_rules(rule("own", predicate)))
    assert named(found, Ability.ABLE) >= {"own", "coverage"}
    assert named(found) == set()


def test_a_rule_may_name_what_breaks_it(done: Shopkeeper) -> None:
    """What is named is tried, and nothing else: one that breaks nothing is reported."""
    broken = rule("own", "amount < 5000", spoiled_by={"amount": "amount + 9000"})
    found = table_tried(done, SHOP_DAYS, with_rules(broken))
    [trial] = guard(found, "own").trials
    assert (trial.copy, trial.ability) == ("amount = amount + 9000", Ability.ABLE)
    kept = rule("own", "amount < 5000", spoiled_by={"amount": "amount + 1"})
    assert named(table_tried(done, SHOP_DAYS, with_rules(kept))) == {"own"}


def test_one_of_and_both_sides_of_between_are_tried(done: Shopkeeper) -> None:
    rules = (one_of("region", ["north", "south"]), between("amount", 0, 5000))
    found = table_tried(done, SHOP_DAYS, with_rules(*rules))
    copies = [trial.copy for one in rules for trial in guard(found, one.name).trials]
    assert copies == ["region = 'none of north south'", "amount = -1", "amount = 10000"]
    assert named(found) == set()


def test_a_value_that_the_column_cannot_hold_is_tried_as_another_type(done: Shopkeeper) -> None:
    """The other copies are not lost with it."""
    found = table_tried(done, SHOP_DAYS, with_rules(between("shop_id", 0, 2**40)))
    assert {one.ability for one in found.guards} == {Ability.ABLE}


# -- Source choices ------------------------------------------------------------------------------


@pytest.mark.parametrize(("at_least", "unable"), [(0.9, set()), (0.6, set()), (0.3, {"feed"})])
def test_a_choice_that_takes_a_thinned_source_is_named(
    done: Shopkeeper, at_least: float, unable: set[str]
) -> None:
    """4 of 9 keys are left of it."""
    pipeline = shop_pipeline()
    summary = pipeline.derived_table(DAILY_SUMMARY)
    fast, complete = (pipeline.table(name) for name in ("raw.fast_feed", COMPLETE_FEED))
    choice = first_sufficient(fast, complete, at_least=at_least, match=("region",))
    pipeline.tables[DAILY_SUMMARY] = replace(summary, inputs={**summary.inputs, "feed": choice})
    done = done.using(pipeline)
    assert done.backfill(DAILY_SUMMARY).exit_code == 0
    found = table_tried(done, DAILY_SUMMARY)
    assert named(found) == unable
    if unable:
        trial = guard(found, "feed").trials[0]
        assert trial.let_through[0].text == "chosen with 4 of 9 expected keys (44.4 %)"


# -- A broken engine -----------------------------------------------------------------------------


def test_an_engine_that_swallows_errors_is_named(
    done: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallowing(warehouse: Any, staged: Any, *rest: Any, **more: Any) -> StagedChunk:
        try:
            return stage_chunk(warehouse, staged, *rest, **more)
        except QueryFailed:
            return StagedChunk(staged, place="")

    monkeypatch.setattr("gapless.doctor.bench.stage_chunk", swallowing)
    assert named(table_tried(done, SHOP_DAYS)) == {"statement"}


# -- Cheap and harmless --------------------------------------------------------------------------


def staged_relations(keeper: Shopkeeper, tables: Sequence[str]) -> list[Any]:
    """Try guards and return what is staged afterwards."""
    with keeper.opened() as workspace:
        try_guards(workspace, tables)
        query = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'"
        return workspace.warehouse.fetch(query)


def test_nothing_is_touched_and_nothing_stays_staged(done: Shopkeeper) -> None:
    """The warehouse holds the same rows, publications and tables."""
    before = done.everything()
    assert staged_relations(done, ()) == []
    assert done.everything() == before


def test_nothing_stays_staged_when_measuring_fails(
    done: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when it fails at once nor when it fails in the middle."""
    calls = count()

    def failing(*given: Any, **more: Any) -> Any:
        if next(calls) % 2:
            raise QueryFailed("injected")
        return audit(*given, **more)

    monkeypatch.setattr("gapless.doctor.bench.audit", failing)
    before = done.everything()
    assert staged_relations(done, [SHOP_DAYS]) == []
    assert done.everything() == before


def test_what_could_not_be_measured_is_unknown(
    done: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad copy that makes the audit itself fail is not taken for one that was refused."""
    calls = count()

    def failing(*given: Any, **more: Any) -> Any:
        if next(calls):
            raise QueryFailed("injected")
        return audit(*given, **more)

    monkeypatch.setattr("gapless.doctor.bench.audit", failing)
    found = table_tried(done, SHOP_DAYS)
    assert named(found, Ability.ABLE) == {"statement"}
    assert named(found, Ability.UNTRIED) == GUARDS[SHOP_DAYS] - {"statement"}


def statements(keeper: Shopkeeper) -> int:
    with keeper.opened() as workspace:
        before = workspace.warehouse.statements
        try_guards(workspace)
        return workspace.warehouse.statements - before


def test_more_dates_cost_no_more_statements(
    done: Shopkeeper, tmp_path_factory: pytest.TempPathFactory
) -> None:
    many = Shopkeeper.on_new_shop(tmp_path_factory.mktemp("many") / "shop", days=60)
    assert many.backfill().exit_code == 0
    assert statements(many) == statements(done)


def test_more_rules_cost_no_more_statements(done: Shopkeeper) -> None:
    """All bad copies of a table are measured together."""
    one = with_rules(between("amount", 0, 5000))
    many = with_rules(*(between("amount", -n, 5000) for n in range(30)))
    assert statements(done.using(many)) == statements(done.using(one))
