"""Promise 10 of sources: a source can be waived as what it was measured to be, and no more."""

from __future__ import annotations

from gapless.plan.states import State
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    outcomes,
    result,
    sql,
)
from support.waiving import grant, on_day, overview

# -- sources ---------------------------------------------------------------------------------

SALES = "raw.sales"


def test_a_source_can_be_waived(shop: Shopkeeper) -> None:
    """A blocking check of a source is waived: what reads it proceeds, through its own gate."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "blocked"}
    report = grant(shop, 4, table=SALES, checks=["till_closed"], reason="lost till")
    [standing] = report.standings
    assert standing.state is State.WAIVED
    assert standing.reason.startswith("waived: lost till (till_closed: 1 of 1: ")
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "published"}
    assert shop.standing(SHOP_DAYS, 4).state is State.COMPLETE
    assert shop.validate(SHOP_DAYS, dates=[day(4)]).exit_code == 0
    [use] = overview(shop).uses
    assert use.in_use


def test_f16_a_source_that_is_not_waived_any_more_blocks(shop: Shopkeeper) -> None:
    """After its end the source is partial again, and what is still to be computed waits."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    grant(shop, 4, table=SALES, checks=["till_closed"])
    later = shop.later(days=31)
    report = on_day(later, 4)
    assert outcomes(report, SHOP_DAYS) == {4: "blocked"}
    assert "its waiver expired 2025-01-30: till_closed" in result(report, SHOP_DAYS, 4).reason
    assert later.validate(SHOP_DAYS, dates=[day(4)]).exit_code == 1
    assert overview(later).exit_code == 1


def test_another_check_of_a_source_is_not_waived(shop: Shopkeeper) -> None:
    """A source with a second fault stays partial, and says which check is not waived."""
    pipeline = checked(shop_pipeline(), SALES, every_row("paid", "amount < 0"))
    strict = shop.using(pipeline)
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    [standing] = grant(strict, 4, table=SALES, checks=["till_closed"]).standings
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("its waiver does not cover paid: ")


def test_a_source_without_rows_is_waived_as_missing_only(shop: Shopkeeper) -> None:
    """No rows at all take a waiver that says `missing`; the check of the rows is not enough."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    [standing] = grant(shop, 4, table=SALES, checks=["any"]).standings
    assert standing.state is State.MISSING
    [standing] = grant(shop, 4, table=SALES, checks=["missing"], reason="strike").standings
    assert standing.state is State.WAIVED
    assert standing.reason == "waived: strike (no rows, although 10 shops are scheduled)"


def test_a_waived_hole_proves_nothing_empty(shop: Shopkeeper) -> None:
    """Promise 5: what is computed from a source without rows still has to hold what it must."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    grant(shop, 4, table=SALES, checks=["missing"])
    report = on_day(shop, 4, SHOP_DAYS, COMPLETE_FEED)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "coverage: 0 of 9" in result(report, SHOP_DAYS, 4).reason


def test_an_expected_set_from_a_waived_hole_is_unknown(shop: Shopkeeper) -> None:
    """Promise 5: where the reference is empty on somebody's word, nothing can be expected."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    grant(shop, 4, table=SALES, checks=["missing"])
    grant(shop, 4, checks=["any"])
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}
    grant(shop, 4, table=COMPLETE_FEED, checks=["any"])
    report = on_day(shop, 4, COMPLETE_FEED)
    assert result(report, COMPLETE_FEED, 4).state is State.UNKNOWN
    assert report.exit_code == 4


def test_an_unknown_source_is_never_waived(shop: Shopkeeper) -> None:
    """A source whose check cannot be evaluated stays unknown."""
    broken = shop.using(checked(shop_pipeline(), SALES, every_row("broken", "error('broken')")))
    for checks in (["any"], ["missing"]):
        [standing] = grant(broken, 4, table=SALES, checks=checks).standings
        assert standing.state is State.UNKNOWN
