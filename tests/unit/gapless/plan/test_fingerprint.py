"""The fingerprint of an attempt changes with everything that could change what comes of it."""

from __future__ import annotations

import pytest

from gapless.plan.fingerprint import attempt_fingerprint
from support.shop import insert_fast_feed, shop_pipeline
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day
from support.shopkeeper import gated, redefined

D = f"DATE '{day(4)}'"


def fingerprint(shop: Look, table: str = DAILY_SUMMARY, number: int = 4) -> str:
    standings = shop.standings()
    return attempt_fingerprint(standings, shop.pipeline.derived_table(table), day(number))


def test_looking_again_finds_the_same(done: Look) -> None:
    assert fingerprint(done) == fingerprint(done)


def test_it_is_the_same_whatever_else_is_looked_at(done: Look) -> None:
    """A repair of one date must recognise what a backfill of everything tried."""
    one = done.standings(DAILY_SUMMARY, dates=[day(4)])
    table = done.pipeline.derived_table(DAILY_SUMMARY)
    assert attempt_fingerprint(one, table, day(4)) == fingerprint(done)


@pytest.mark.parametrize(
    "changes",
    [
        (f"UPDATE {SHOP_DAYS} SET amount = 7 WHERE day = DATE '{day(2)}' AND shop_id = 1",),
        (f"DELETE FROM {SHOP_DAYS} WHERE day = {D} AND shop_id = 1",),
        (f"UPDATE {COMPLETE_FEED} SET amount = 7 WHERE day = {D} AND shop_id = 1",),
        tuple(insert_fast_feed(day(4), [1])),
        (f"DELETE FROM {DAILY_SUMMARY} WHERE day = {D} AND shop_id = 1",),
    ],
    ids=["history", "expected set", "second source", "first source", "what is published"],
)
def test_it_changes_with_whatever_is_read(done: Look, changes: tuple[str, ...]) -> None:
    before = fingerprint(done)
    assert fingerprint(done.change(*changes)) != before


def test_it_stays_when_something_changes_that_is_not_read(done: Look) -> None:
    """Rows of later dates, and of tables further up that came out the same."""
    before = fingerprint(done)
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 7 WHERE day > {D}")
    assert fingerprint(done) == before


def test_it_changes_with_the_definition_and_the_gate(done: Look) -> None:
    before = fingerprint(done)
    text = done.pipeline.derived_table(DAILY_SUMMARY).statement.text
    other = redefined(shop_pipeline(), DAILY_SUMMARY, text.replace("f.amount,", "f.amount + 1,"))
    assert fingerprint(done.using(other)) != before
    stricter = gated(shop_pipeline(), DAILY_SUMMARY, coverage=0.95)
    assert fingerprint(done.using(stricter)) != before


def test_it_changes_when_a_source_may_not_be_used_any_more(done: Look) -> None:
    """The rows of the source are the same; what they were made from is not."""
    before = fingerprint(done)
    done.change(f"UPDATE raw.sales SET amount = 7 WHERE day = {D} AND shop_id = 1")
    assert fingerprint(done) != before


def test_each_partition_has_its_own(done: Look) -> None:
    found = {fingerprint(done, table, n) for table in (SHOP_DAYS, COMPLETE_FEED) for n in (4, 5)}
    assert len(found) == 4


def test_a_date_the_calendar_does_not_have_has_none(done: Look) -> None:
    assert fingerprint(done, SHOP_DAYS, 3) == ""
