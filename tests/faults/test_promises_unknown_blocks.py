"""Promise 4: a check that cannot be evaluated, or that examined nothing, is not a pass."""

from __future__ import annotations

from gapless import check
from gapless.plan.states import State
from support.shop import shop_pipeline
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    checked,
    every_row,
    one_table_pipeline,
    outcomes,
    redefined,
    result,
    sql,
)


def test_failing_check_query_is_unknown(done: Shopkeeper) -> None:
    """F15: a check whose query fails is not a pass: nothing is published, the exit code is 4."""
    before = done.table(SHOP_DAYS)
    done.change("UPDATE raw.sales SET amount = amount + 1")
    broken = checked(shop_pipeline(), SHOP_DAYS, every_row("broken", "error('broken')"))
    report = done.using(broken).backfill(SHOP_DAYS)
    assert {found.state for found in report.results} == {State.UNKNOWN}
    assert report.exit_code == 4
    assert done.table(SHOP_DAYS) == before


def test_check_that_fails_on_one_date_leaves_the_others(shop: Shopkeeper) -> None:
    """A date on which a check cannot be evaluated is unknown; the other dates are published."""
    picky = every_row("picky", f"CASE WHEN day = {sql(4)} THEN error('no') ELSE TRUE END")
    report = shop.using(checked(shop_pipeline(), SHOP_DAYS, picky)).backfill(SHOP_DAYS)
    states = {number: result(report, SHOP_DAYS, number).state for number in range(10)}
    assert states.pop(4) is State.UNKNOWN
    assert set(states.values()) == {State.COMPLETE}
    assert report.exit_code == 4


def test_check_that_examines_nothing_is_unknown(shop: Shopkeeper) -> None:
    """A blocking check that found nothing to examine has not passed anything."""
    idle = check(
        "idle", "SELECT day, shop_id AS entity, TRUE AS ok, '' AS detail FROM candidate WHERE FALSE"
    )
    report = shop.using(checked(shop_pipeline(), SHOP_DAYS, idle)).backfill(SHOP_DAYS)
    assert {(found.outcome, found.state) for found in report.results} == {
        ("refused", State.UNKNOWN)
    }
    assert report.exit_code == 4
    assert SHOP_DAYS not in {table for table, _ in shop.publications()}


def test_check_that_says_null_has_not_passed(shop: Shopkeeper) -> None:
    """A check that answers NULL has not said yes."""
    silent = checked(shop_pipeline(), SHOP_DAYS, every_row("silent", "NULL::BOOLEAN"))
    report = shop.using(silent).backfill(SHOP_DAYS)
    assert {found.outcome for found in report.results} == {"refused"}


def test_check_that_only_reports_stops_nothing(shop: Shopkeeper) -> None:
    """A violation of a check that does not block is a fact in the evidence, and no more."""
    curious = checked(
        shop_pipeline(), SHOP_DAYS, every_row("curious", "shop_id <> 3", blocking=False)
    )
    assert shop.using(curious).backfill(SHOP_DAYS).exit_code == 0
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    [found] = [gate for gate in attempt.evidence["gate"] if gate["check"] == "curious"]
    assert found["outcome"] == "warn"


def test_failing_source_check_blocks(shop: Shopkeeper) -> None:
    """A check of a source whose query fails makes the source unknown and blocks its readers."""
    broken = check(
        "broken", "SELECT day, shop_id AS entity, error('no') AS ok, '' AS detail FROM candidate"
    )
    report = shop.using(checked(shop_pipeline(), "raw.sales", broken)).backfill()
    assert {found.outcome for found in report.results} <= {"blocked", "warm_up"}
    assert "could not be evaluated" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code != 0
    assert shop.publications() == {}


def test_source_check_that_examines_nothing_blocks(shop: Shopkeeper) -> None:
    """A source whose check examined nothing on a date is unknown on that date."""
    idle = check(
        "idle",
        "SELECT day, shop_id AS entity, TRUE AS ok, '' AS detail FROM candidate "
        f"WHERE day <> {sql(4)}",
    )
    report = shop.using(checked(shop_pipeline(), "raw.sales", idle)).backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        number: "blocked" if number == 4 else "published" for number in range(10)
    }
    assert "examined nothing" in result(report, SHOP_DAYS, 4).reason


def test_poisoned_date_does_not_take_the_others_along(shop: Shopkeeper) -> None:
    """A row that makes the SELECT itself fail costs its own date only."""
    poisoned = redefined(
        one_table_pipeline(),
        SHOP_DAYS,
        "SELECT day, shop_id, CASE amount WHEN 304 THEN error('poison') ELSE amount END AS amount "
        "FROM sales",
    )
    report = shop.using(poisoned).backfill()
    assert outcomes(report, SHOP_DAYS) == {
        number: "failed" if number == 4 else "published" for number in range(10)
    }
    assert report.exit_code == 4
    assert "poison" in result(report, SHOP_DAYS, 4).reason


def test_zero_of_zero_is_not_all(shop: Shopkeeper) -> None:
    """0 of 0 is unknown and shown as such, never as 100 %."""
    shop.change(f"UPDATE raw.opening_hours SET closed_for_good = TRUE WHERE day = {sql(4)}")
    found = result(shop.using(one_table_pipeline()).backfill(), SHOP_DAYS, 4)
    assert found.state is State.UNKNOWN
    assert found.attempt is not None
    assert found.attempt.coverage is None
    assert "100 %" not in found.reason.split(", expected")[0]
