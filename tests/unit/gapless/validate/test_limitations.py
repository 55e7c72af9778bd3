"""Known limitations: they explain exactly what they say, and what follows from it is counted."""

from __future__ import annotations

import pytest

from gapless import Pipeline
from gapless.validate.model import Trust
from support.shop import shop_pipeline
from support.shopkeeper import COMPLETE_FEED, SHOP_DAYS, Shopkeeper, checked, day, every_row, sql
from support.validations import codes, findings_of

SALES = "raw.sales"


def limited() -> Pipeline:
    """Declare that shop 3 has no printer until the sixth day; nobody has one on the eighth."""
    pipeline = shop_pipeline()
    every = every_row("till_receipt", "shop_id <> 3 AND day <> DATE '2024-01-08'", blocking=False)
    checked(pipeline, SALES, every)
    pipeline.known_limitation(
        "no_printer",
        pipeline.table(SALES),
        "till_receipt",
        reason="shop 3 has no printer",
        where="entity = 3",
        last=day(5),
        consequences={SHOP_DAYS: "shop_id = 3"},
    )
    return pipeline


def test_a_known_limitation_is_no_failure_and_its_consequences_are_counted(
    done: Shopkeeper,
) -> None:
    report = done.using(limited()).validate()
    [limitation] = report.limitations
    assert (limitation.entities, limitation.partitions) == (6, 6)
    assert (limitation.span.first, limitation.span.last) == (day(0), day(5))
    [consequence] = limitation.consequences
    assert (consequence.table, consequence.rows, consequence.of_rows) == (SHOP_DAYS, 6, 54)
    # On the four dates out of reach the shop has rows, too.
    assert consequence.elsewhere == pytest.approx(4 / 36)
    assert report.seasons[0].tables[SALES].limited == 6
    assert report.seasons[0].tables[SHOP_DAYS].limited == 6


def test_what_a_limitation_does_not_explain_is_still_reported(done: Shopkeeper) -> None:
    """Beyond its last date the same violation is news, and so is every other shop's."""
    report = done.using(limited()).validate()
    finding = findings_of(report)["till_receipt", SALES]
    assert finding.dates == [day(6), day(7), day(8), day(9)]
    assert [fact.text[:10] for fact in finding.facts] == [
        "1 of 9 wro",
        "9 of 9 wro",
        "1 of 9 wro",
        "1 of 9 wro",
    ]


def test_a_date_without_rows_may_be_a_known_limitation(done: Shopkeeper) -> None:
    """Declared with a reason it is a limitation; the date before it stays a failure."""
    pipeline = shop_pipeline()
    pipeline.known_limitation(
        "no_feed_yet",
        pipeline.table(COMPLETE_FEED),
        "missing",
        reason="collected since the 3rd",
        last=day(1),
    )
    done.change(f"DELETE FROM {COMPLETE_FEED} WHERE day <= {sql(2)}")
    report = done.using(pipeline).validate(COMPLETE_FEED)
    assert findings_of(report)["missing", COMPLETE_FEED].dates == [day(2)]
    [limitation] = report.limitations
    assert (limitation.partitions, limitation.span.last) == (2, day(1))


def test_a_hole_that_nobody_declared_is_a_failure(done: Shopkeeper) -> None:
    """The check stops no backfill, and the season is not to be trusted all the same."""
    pipeline = checked(
        shop_pipeline(), SALES, every_row("till_receipt", "shop_id <> 3", blocking=False)
    )
    report = done.using(pipeline).validate(SHOP_DAYS, dates=[day(4)])
    assert (report.exit_code, report.seasons[0].trust) == (1, Trust.ATTENTION)
    assert codes(report) == {("till_receipt", SALES)}


@pytest.mark.parametrize("where", ["no_such_column = 3", "entity / 0 = ''"])
def test_a_limitation_that_cannot_be_evaluated_hides_nothing(done: Shopkeeper, where: str) -> None:
    """What is known cannot be told from what is not, so the dates of the source are unknown."""
    pipeline = checked(
        shop_pipeline(), SALES, every_row("till_receipt", "shop_id <> 3", blocking=False)
    )
    sales = pipeline.table(SALES)
    pipeline.known_limitation("mistyped", sales, "till_receipt", reason="none", where=where)
    report = done.using(pipeline).validate(SHOP_DAYS, dates=[day(4)])
    assert (report.exit_code, report.seasons[0].trust) == (4, Trust.UNKNOWN)
    assert "till_receipt could not be evaluated" in (
        findings_of(report)["unknown", SALES].facts[0].text
    )
