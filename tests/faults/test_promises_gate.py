"""Promises 3, 4 and 8: refused means untouched, unknown blocks, never less."""

from __future__ import annotations

import pytest

from gapless import at_least, check, rule
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
    checked,
    day,
    every_row,
    gated,
    one_table_pipeline,
    outcomes,
    redefined,
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


# -- 4: unknown blocks -----------------------------------------------------------------------


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


# -- 8: never less ---------------------------------------------------------------------------


def test_fewer_keys_are_refused(done: Shopkeeper) -> None:
    """F9: a rerun that has lost a published key is refused, although it passes its coverage."""
    before = done.table(SHOP_DAYS)
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    found = result(report, SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "never_less: 1" in found.reason
    assert "lost, first: Shop 03 (3)" in found.reason
    assert done.table(SHOP_DAYS) == before


def test_fewer_keys_are_refused_when_the_reference_shrank_too(done: Shopkeeper) -> None:
    """A reference that lost the same shops cannot talk the engine into publishing less."""
    before = done.table(SHOP_DAYS)
    for table in ("raw.sales", "raw.opening_hours"):
        done.change(f"DELETE FROM {table} WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_key_that_lost_its_value_is_less(done: Shopkeeper) -> None:
    """A key that is still there but not usable any more is lost, too."""
    before = done.table(SHOP_DAYS)
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id = 3")
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_less_is_less_also_behind_rows_that_were_changed(done: Shopkeeper) -> None:
    """Somebody's change of one row does not give leave to lose the expected keys of others."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 9")
    before = done.table(SHOP_DAYS)
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_rows_from_before_the_first_publication_are_guarded(shop: Shopkeeper) -> None:
    """Rows that another job had written are not replaced by fewer either."""
    shop.change(
        "CREATE SCHEMA analytics",
        f"CREATE TABLE {SHOP_DAYS} AS SELECT s.day, s.shop_id, o.name, o.region, s.amount "
        "FROM raw.sales AS s JOIN raw.opening_hours AS o USING (day, shop_id)",
    )
    before = shop.table(SHOP_DAYS)
    lax = shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        number: "refused" if number == 4 else "unchanged" for number in range(10)
    }
    assert shop.table(SHOP_DAYS) == before


def test_other_keys_are_less(done: Shopkeeper) -> None:
    """As many keys as before, but not the same ones, is less."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    for table in ("raw.sales", "raw.opening_hours"):
        done.change(f"UPDATE {table} SET shop_id = 33 WHERE day = {sql(4)} AND shop_id = 3")
    found = result(lax.backfill(SHOP_DAYS), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "never_less: 1" in found.reason


def test_more_keys_are_welcome(shop: Shopkeeper) -> None:
    """A rerun that has more than before replaces it."""
    lax = shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    assert lax.backfill(SHOP_DAYS).exit_code == 0
    shop.deliver_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert touched(report) == {(SHOP_DAYS, 4)}
    assert shop.shops(SHOP_DAYS, 4) == list(OPEN_SHOPS)


def test_day_that_is_not_closed_yet_overwrites_nothing(done: Shopkeeper) -> None:
    """A till that was opened again blocks the date; the good rows stay."""
    before = done.table(SHOP_DAYS)
    done.change(f"UPDATE raw.sales SET closed = FALSE, amount = 0 WHERE day = {sql(4)}")
    report = done.backfill()
    assert result(report, SHOP_DAYS, 4).outcome == "blocked"
    assert "a till is still open" in result(report, SHOP_DAYS, 4).reason
    assert done.table(SHOP_DAYS) == before


def test_source_that_was_emptied_overwrites_nothing(done: Shopkeeper) -> None:
    """A source date that lost all its rows is missing; the good rows stay."""
    before = {table: done.table(table) for table in TABLES}
    done.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    assert done.backfill().exit_code == 1
    assert {table: done.table(table) for table in TABLES} == before


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


def test_doubled_row_gives_no_leave_to_lose_another(done: Shopkeeper) -> None:
    """A row too many is not set off against an expected key that is gone: sets, not counts."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"INSERT INTO {SHOP_DAYS} FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 9")
    before = done.table(SHOP_DAYS)
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before
