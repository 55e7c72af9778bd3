"""Promise 3: refused means untouched, whatever a gate refuses; and no date is skipped."""

from __future__ import annotations

import pytest

from gapless import at_least, rule
from gapless.ledger.interface import Verdict
from gapless.plan.states import State
from support.shop import insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    OPEN_SHOPS,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    gated,
    one_table_pipeline,
    outcomes,
    result,
    sql,
    touched,
)

QUARANTINE = "quarantine.analytics__shop_days"

# -- 3: refused means untouched --------------------------------------------------------------


def test_refused_changes_no_published_row(done: Shopkeeper) -> None:
    """A new version below the gate leaves every published row and publication as it was."""
    before = done.everything()
    done.lose_sales(4, 1, 2, 3)
    report = done.backfill()
    after = done.everything()
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert report.exit_code == 1
    for table in (*TABLES, "gapless.publications"):
        assert after[table] == before[table]


def test_refused_rows_are_in_quarantine(done: Shopkeeper) -> None:
    """Exactly the refused rows are kept for a look, with the run that made them."""
    done.change(f"UPDATE raw.sales SET amount = -5 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill()
    kept = done.rows(f"SELECT day, shop_id, amount, gapless_run_id FROM {QUARANTINE} ORDER BY ALL")
    assert kept == [
        (day(4), shop, -5 if shop == 3 else shop * 100 + 4, report.run_id) for shop in OPEN_SHOPS
    ]
    assert result(report, SHOP_DAYS, 4).attempt is not None


def test_refused_on_first_sight_publishes_nothing(shop: Shopkeeper) -> None:
    """A date that never passed has no row, no publication and no version."""
    shop.lose_sales(4, 1, 2, 3)
    report = shop.backfill()
    assert result(report, SHOP_DAYS, 4).state is State.MISSING
    assert shop.table(SHOP_DAYS, 4) == []
    assert (SHOP_DAYS, 4) not in shop.publications()


def test_refused_does_not_hold_up_other_dates(shop: Shopkeeper) -> None:
    """Each partition of a chunk passes or fails alone."""
    shop.lose_sales(4, 1, 2, 3)
    report = shop.backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        number: "refused" if number == 4 else "published" for number in range(10)
    }


def test_refused_is_written_down_with_its_reason(shop: Shopkeeper) -> None:
    """The ledger says what failed, with counts, first names and where the rows are."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    assert attempt.verdict is Verdict.REFUSED
    assert (attempt.expected, attempt.present, attempt.missing) == (9, 6, 3)
    assert attempt.version is None
    assert "6 of 9 (66.7 %)" in attempt.reason
    assert "Shop 01 (1), Shop 02 (2), Shop 03 (3)" in attempt.reason
    assert attempt.evidence["quarantine"] == QUARANTINE


def test_refused_keeps_its_rows_also_in_another_shape(shop: Shopkeeper) -> None:
    """Rows refused under a new definition are kept, although older ones had other columns."""
    shop.lose_sales(4, 1, 2, 3)
    first = one_table_pipeline(sql="SELECT day, shop_id, amount, TRUE AS extra FROM sales")
    assert shop.using(first).backfill(dates=[day(4)]).exit_code == 1
    second = one_table_pipeline(sql="SELECT day, shop_id, amount::INTEGER AS amount FROM sales")
    report = shop.using(second).backfill(dates=[day(4)])
    found = result(report, SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert found.attempt is not None
    assert found.attempt.evidence.get("quarantine")


def test_readers_of_a_refused_date_are_blocked(done: Shopkeeper) -> None:
    """What depends on a refused date is not computed from the old rows as if nothing happened."""
    done.lose_sales(4, 1, 2, 3)
    done.change(f"DELETE FROM {DAILY_SUMMARY}")
    report = done.backfill()
    assert outcomes(report, DAILY_SUMMARY) == {
        number: "warm_up" if number < 2 else "published" if number < 4 else "blocked"
        for number in range(10)
    }
    blocked = result(report, DAILY_SUMMARY, 7)
    assert blocked.reason.startswith(f"{SHOP_DAYS} of {day(4)} is ")


def test_rows_that_the_table_itself_refuses_change_nothing(done: Shopkeeper) -> None:
    """When the last statement of a transaction fails, the ones before it are undone with it."""
    done.change(
        f"ALTER TABLE {SHOP_DAYS} ALTER COLUMN amount SET NOT NULL",
        f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id = 9",
        f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(5)}",
        # What was published of it is gone, so that nothing is lost by the row without an amount.
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 9",
    )
    before, versions = done.table(SHOP_DAYS), done.publications()
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    report = lax.backfill(SHOP_DAYS, dates=[day(4), day(5)])
    assert set(outcomes(report, SHOP_DAYS).values()) == {"failed"}
    assert done.table(SHOP_DAYS) == before
    assert done.publications() == versions


# -- what a gate refuses ---------------------------------------------------------------------


def test_absent_group_does_not_pass(shop: Shopkeeper) -> None:
    """A region without any row is 0 of 4, not a group that an inner join forgot."""
    lax = shop.using(shop_pipeline(coverage=0.5))
    lax.lose_sales(4, 6, 7, 8, 9)
    report = lax.backfill(SHOP_DAYS)
    found = result(report, SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "worst south with 0 of 4" in found.reason


def test_wrong_shops_in_the_right_number_are_refused(shop: Shopkeeper) -> None:
    """F3: nine rows, two of them of the wrong shops, are not nine of nine."""
    shop.lose_sales(4, 1, 2)
    shop.deliver_sales(4, 71, 72)
    report = shop.using(one_table_pipeline()).backfill()
    found = result(report, SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert found.attempt is not None
    assert (found.attempt.rows, found.attempt.present, found.attempt.unexpected) == (9, 7, 2)
    assert "unexpected, first: 71, 72" in found.reason


def test_whole_missing_group_does_not_hide_behind_a_share(shop: Shopkeeper) -> None:
    """F4: one small group of a large date is 91.7 % of it and still missing."""
    shop.change("UPDATE raw.opening_hours SET region = 'island' WHERE shop_id = 9")
    shop.open_more(4, "north", 11, 12, 13)
    shop.lose_sales(4, 9)
    found = result(shop.backfill(SHOP_DAYS), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "coverage: 11 of 12 (91.7 %)" not in found.reason
    assert "worst island with 0 of 1" in found.reason


def test_null_is_not_a_value(shop: Shopkeeper) -> None:
    """A row without its required column counts as missing, so that defaults cannot stand in."""
    shop.change(f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id IN (1, 2)")
    attempt = result(shop.backfill(SHOP_DAYS), SHOP_DAYS, 4).attempt
    assert attempt is not None
    assert (attempt.verdict, attempt.rows, attempt.present) == (Verdict.REFUSED, 9, 7)


def test_null_breaks_a_rule(shop: Shopkeeper) -> None:
    """A rule that comes out NULL for a row is broken, not passed."""
    shop.change(f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id = 1")
    strict = gated(
        one_table_pipeline(),
        SHOP_DAYS,
        coverage=0.5,
        required=(),
        rules=(rule("dear", "amount > 0"),),
    )
    found = result(shop.using(strict).backfill(), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "dear: " in found.reason


def test_excluded_shop_must_stay_out(shop: Shopkeeper) -> None:
    """A row of a shop that is excluded with a reason is a row nobody expects."""
    shop.deliver_sales(4, 10)
    found = result(shop.using(one_table_pipeline()).backfill(), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "unexpected, first: 10" in found.reason


def test_row_twice_is_refused(shop: Shopkeeper) -> None:
    """Two rows with one key are refused, although every expected key is there."""
    shop.deliver_sales(4, 5)
    found = result(shop.backfill(SHOP_DAYS), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "unique_keys: 1" in found.reason


def test_reference_with_a_shop_twice_lets_no_double_row_pass(shop: Shopkeeper) -> None:
    """F10: the same shop twice in the reference does not excuse the same shop twice in the rows."""
    shop.change(
        f"INSERT INTO raw.opening_hours FROM raw.opening_hours WHERE day = {sql(4)} AND shop_id = 1"
    )
    shop.backfill()
    held = shop.shops(SHOP_DAYS, 4)
    assert held == sorted(set(held))


def test_reference_with_a_shop_twice_hides_no_other_double_row(shop: Shopkeeper) -> None:
    """A key the reference repeats does not balance the books for another repeated row."""
    shop.change(
        f"INSERT INTO raw.opening_hours FROM raw.opening_hours WHERE day = {sql(4)} AND shop_id = 1"
    )
    shop.deliver_sales(4, 2)
    shop.using(one_table_pipeline()).backfill()
    assert shop.shops(SHOP_DAYS, 4) in ([], list(OPEN_SHOPS))


def test_reference_with_a_shop_twice_is_counted_once(shop: Shopkeeper) -> None:
    """Expected keys are a set: nine shops stay nine, however often the reference names one."""
    shop.change(
        f"INSERT INTO raw.opening_hours FROM raw.opening_hours WHERE day = {sql(4)} AND shop_id = 1"
    )
    shop.using(one_table_pipeline()).backfill()
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    assert attempt.expected == 9


def test_same_game_under_two_ids_is_refused(shop: Shopkeeper) -> None:
    """F10: rows under an id that the reference does not know are unexpected, not welcome."""
    shop.change(
        "INSERT INTO raw.sales SELECT day, shop_id + 100, amount, closed FROM raw.sales "
        f"WHERE day = {sql(4)} AND shop_id = 5"
    )
    found = result(shop.using(one_table_pipeline()).backfill(), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "unexpected, first: 105" in found.reason


def test_odd_but_true_row_stays(shop: Shopkeeper) -> None:
    """F23: an unusual value inside the declared range is published as it is."""
    shop.change(f"UPDATE raw.sales SET amount = 999999 WHERE day = {sql(4)} AND shop_id = 1")
    assert shop.backfill().exit_code == 0
    assert shop.table(DAILY_SUMMARY, 4)[0][:4] == (day(4), 1, "complete", 999999)


def test_row_without_a_key_is_refused(shop: Shopkeeper) -> None:
    """A row whose key is NULL belongs to no shop and is not published."""
    shop.change(f"INSERT INTO raw.sales VALUES ({sql(4)}, NULL, 10, TRUE)")
    found = result(shop.using(one_table_pipeline()).backfill(), SHOP_DAYS, 4)
    assert found.outcome == "refused"


# -- dates are not skipped -------------------------------------------------------------------


def test_refused_date_is_not_jumped_over(shop: Shopkeeper) -> None:
    """Success on later dates does not make a run forget the refused one before them."""
    shop.lose_sales(4, 1, 2, 3)
    assert shop.backfill(SHOP_DAYS).exit_code == 1
    shop.deliver_sales(4, 1, 2, 3)
    report = shop.backfill(SHOP_DAYS)
    assert touched(report) == {(SHOP_DAYS, 4)}
    assert report.exit_code == 0


def test_retry_of_one_date_goes_through_the_gate(shop: Shopkeeper) -> None:
    """F24: asking for the refused date alone is refused again, and the exit code says so."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS)
    report = shop.backfill(SHOP_DAYS, dates=[day(4)])
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert report.exit_code == 1
    assert shop.table(SHOP_DAYS, 4) == []


def test_refused_date_stays_open_in_status(shop: Shopkeeper) -> None:
    """A refused date needs attention until it has passed."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill()
    report = shop.status()
    assert report.exit_code == 1
    assert shop.standing(SHOP_DAYS, 4).state is State.MISSING
    assert shop.standing(COMPLETE_FEED, 4).state is State.BLOCKED


@pytest.mark.parametrize("command", ["plan", "preflight", "status"])
def test_looking_changes_nothing(done: Shopkeeper, command: str) -> None:
    """Plan, preflight and status leave every table as it is, whatever they find."""
    done.lose_sales(4, 1, 2, 3)
    done.change(*insert_fast_feed(day(5), [1]))
    before = done.everything()
    done.command(command)
    assert done.everything() == before


def test_rule_is_applied_to_every_row(shop: Shopkeeper) -> None:
    """One row of ninety that breaks a rule refuses its date, and only that."""
    shop.change(f"UPDATE raw.sales SET amount = 99 WHERE day = {sql(4)} AND shop_id = 1")
    strict = shop.using(gated(one_table_pipeline(), SHOP_DAYS, rules=(at_least("amount", 100),)))
    assert outcomes(strict.backfill(), SHOP_DAYS) == {
        number: "refused" if number == 4 else "published" for number in range(10)
    }
