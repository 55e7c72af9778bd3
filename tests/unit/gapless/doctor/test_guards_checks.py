"""Checks are fed what they must notice; one that notices nothing, or is not applied, is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gapless import Pipeline, check
from gapless.declare.gates import BUILT_IN_CHECKS, Check, Gate
from gapless.declare.tables import Source
from gapless.doctor.model import Ability, Kind
from gapless.verdicts import GateResult, Outcome, judge
from support.guards import guard, named, table_tried
from support.shop import shop_pipeline
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
)
from support.waiving import grant

ODD = "SELECT day, shop_id AS entity, {0} AS ok, 'odd' AS detail FROM candidate"


def with_check(given: Check, table: str = SHOP_DAYS) -> Pipeline:
    return checked(shop_pipeline(), table, given)


@pytest.mark.parametrize(
    ("verdict", "copy"),
    [
        ("amount < 1000", "every number raised"),
        ("amount > 0", "numbers lowered, other values swapped between rows"),
        ("name LIKE '%' || right('0' || shop_id, 2)", "numbers lowered, other values swapped"),
        ("count(*) OVER (PARTITION BY day) >= 9", "more than half of its keys removed"),
        ("count(*) OVER (PARTITION BY day, shop_id) = 1", "rows repeated"),
    ],
)
def test_a_check_is_fed_what_it_may_notice(done: Shopkeeper, verdict: str, copy: str) -> None:
    found = guard(
        table_tried(done, SHOP_DAYS, with_check(check("own", ODD.format(verdict)))), "own"
    )
    assert [trial.ability for trial in found.trials] == [Ability.ABLE] * 3
    assert found.trials[0].copy.startswith(copy)
    assert [trial.copy for trial in found.trials[1:]] == [
        "nothing to examine",
        "an error in its query",
    ]


def test_a_check_that_always_passes_is_named(done: Shopkeeper) -> None:
    found = table_tried(done, SHOP_DAYS, with_check(every_row("own", "TRUE")))
    assert named(found) == {"own"}
    assert "rows repeated" in guard(found, "own").trials[0].copy


def test_a_check_names_what_breaks_it(done: Shopkeeper) -> None:
    """Nothing that is known otherwise makes amounts end in seven."""
    text = ODD.format("amount % 10 <> 7.5")
    assert named(table_tried(done, SHOP_DAYS, with_check(check("own", text)))) == {"own"}
    spoiled = check("own", text, spoiled_by={"amount": "floor(amount / 10) * 10 + 7.5"})
    assert named(table_tried(done, SHOP_DAYS, with_check(spoiled))) == set()


def test_what_a_check_names_is_tried_and_nothing_else(done: Shopkeeper) -> None:
    text = ODD.format("amount < 1000")
    idle = with_check(check("own", text, spoiled_by={"amount": "amount"}))
    assert named(table_tried(done, SHOP_DAYS, idle)) == {"own"}
    impossible = with_check(check("own", text, spoiled_by={"no_such_column": "1"}))
    found = table_tried(done, SHOP_DAYS, impossible)
    assert named(found, Ability.UNTRIED) == {"own"}
    assert "no_such_column" in guard(found, "own").trials[0].reason


def test_a_check_that_stops_nothing_is_named_unless_a_limitation_says_why(
    done: Shopkeeper,
) -> None:
    text = ODD.format("amount < 1000")
    pipeline = with_check(check("own", text, blocking=False))
    found = table_tried(done, SHOP_DAYS, pipeline)
    assert named(found) == {"own"}
    assert "blocking=False" in guard(found, "own").trials[0].reason
    shop_days = pipeline.derived_table(SHOP_DAYS)
    pipeline.known_limitation("big_sales", shop_days, "own", reason="some shops sell a lot")
    found = table_tried(done, SHOP_DAYS, pipeline)
    assert (named(found), named(found, Ability.REPORTS)) == (set(), {"own"})
    assert "big_sales" in guard(found, "own").trials[0].reason


def test_cross_checks_are_tried_as_validate_runs_them(done: Shopkeeper) -> None:
    pipeline = shop_pipeline()
    own = check("own", ODD.format("amount < 1000"))
    pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), own, every_row("idle", "TRUE"))
    found = table_tried(done, SHOP_DAYS, pipeline)
    assert named(found) == {"idle"}
    assert guard(found, "own").kind is Kind.CROSS_CHECK


@pytest.mark.parametrize(
    ("verdict", "unable"),
    [("TRUE", {"own"}), ("amount > 0", set()), ("count(*) OVER (PARTITION BY day) > 8", set())],
)
def test_checks_of_a_source_are_tried_on_what_is_loaded(
    done: Shopkeeper, verdict: str, unable: set[str]
) -> None:
    """They read the bad copy under the name of the source, and as the candidate."""
    pipeline = with_check(check("own", ODD.format(verdict)), "raw.sales")
    found = table_tried(done, "raw.sales", pipeline)
    assert (named(found), found.basis) == (unable, "loaded")
    assert guard(found, "till_closed").ability is Ability.ABLE


def test_a_source_that_is_not_complete_is_unknown(done: Shopkeeper) -> None:
    done.change("UPDATE raw.sales SET closed = FALSE")
    found = table_tried(done, "raw.sales")
    assert (found.ability, found.guards) == (Ability.UNTRIED, ())
    assert "till_closed" in found.reason


def test_nobodys_word_excuses_a_bad_copy(done: Shopkeeper) -> None:
    """What is waived is no original, and no waiver lets a check off."""
    done.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = DATE '{day(9)}' AND shop_id = 1")
    grant(done, 7, 8, 9, table="raw.sales", checks=["till_closed", "missing"])
    found = table_tried(done, "raw.sales")
    assert (found.ability, found.days) == (Ability.ABLE, (day(6), day(7), day(8)))


def test_a_source_nobody_examines_is_said_to_be_so(done: Shopkeeper) -> None:
    pipeline = shop_pipeline()
    sales = pipeline.table("raw.sales")
    assert isinstance(sales, Source)
    pipeline.tables["raw.sales"] = replace(sales, checks=())
    found = table_tried(done, "raw.sales", pipeline)
    assert found.note == "no checks are declared: a partial load is taken for a complete one"


def blind_to(name: str) -> Callable[..., list[GateResult]]:
    """Return verdicts in which one rule passes whatever was measured."""

    def judged(gate: Gate, *measured: Any) -> list[GateResult]:
        return [
            replace(result, outcome=Outcome.PASS) if result.check == name else result
            for result in judge(gate, *measured)
        ]

    return judged


@pytest.mark.parametrize("name", [*BUILT_IN_CHECKS, "amount_at_least_0", "own"])
def test_a_rule_that_the_engine_does_not_apply_is_named(
    done: Shopkeeper, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The verdicts of runs themselves are what is tried."""
    pipeline = with_check(check("own", ODD.format("amount < 1000")))
    monkeypatch.setattr("gapless.run.chunk.judge", blind_to(name))
    unable = {name, "required_columns"} if name == "coverage" else {name}
    assert named(table_tried(done, SHOP_DAYS, pipeline)) == unable
