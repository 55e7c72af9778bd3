"""Promise 12: a change makes exactly the partitions stale whose windows hold it."""

from __future__ import annotations

from gapless import keys_of, same_date
from gapless.declare.pipeline import Pipeline
from gapless.ledger.interface import Verdict
from gapless.plan.states import State
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    one_table_pipeline,
    outcomes,
    redefined,
    result,
    sql,
    touched,
)


def lax_pipeline() -> Pipeline:
    """The shop pipeline that is content with eight of nine shops."""
    return shop_pipeline(coverage=0.8, group_coverage=0.75)


def summary_from(first: int, last: int = 9) -> set[tuple[str, int]]:
    """The partitions of the daily summary from one day to another."""
    return {(DAILY_SUMMARY, number) for number in range(first, last + 1)}


# -- 13: a hole filled later -----------------------------------------------------------------


def test_filled_hole_makes_stale_what_rests_on_it(shop: Shopkeeper) -> None:
    """F13: a late sale makes stale whatever was computed from its day, directly or not."""
    lax = shop.using(lax_pipeline())
    lax.lose_sales(4, 1)
    assert lax.backfill().exit_code == 0
    lax.deliver_sales(4, 1)
    assert lax.stale() == {(SHOP_DAYS, 4), (COMPLETE_FEED, 4), *summary_from(4)}


def test_filled_hole_is_followed_to_the_end_by_one_run(shop: Shopkeeper) -> None:
    """F13: one run recomputes the day, its readers and every window that holds it, and no more."""
    lax = shop.using(lax_pipeline())
    lax.lose_sales(4, 1)
    lax.backfill()
    lax.deliver_sales(4, 1)
    report = lax.backfill()
    assert report.exit_code == 0
    assert touched(report) == {(SHOP_DAYS, 4), (COMPLETE_FEED, 4), *summary_from(4)}
    assert lax.stale() == set()
    assert shop.shops(DAILY_SUMMARY, 4) == list(range(1, 10))


def test_changed_window_changes_the_values(shop: Shopkeeper) -> None:
    """F13: the recomputed windows hold the late sale, as if it had never been late."""
    lax = shop.using(lax_pipeline())
    lax.lose_sales(4, 1)
    lax.backfill()
    usual = f"SELECT usual FROM {DAILY_SUMMARY} WHERE shop_id = 1 ORDER BY day"
    before = shop.rows(usual)
    lax.deliver_sales(4, 1)
    lax.backfill()
    after = [round(value, 6) for (value,) in shop.rows(usual)]
    assert after == [100.5, 101.0, 101.5, 102.0, 102.5, 103.0, 103.5, 104.0]
    assert before != shop.rows(usual)


def test_window_of_another_season_does_not_hold_it(shop: Shopkeeper) -> None:
    """F13: a season-to-date window ends with its season, so the next season is not stale."""
    shop.change(f"UPDATE raw.opening_hours SET season = '2025' WHERE day >= {sql(7)}")
    lax = shop.using(lax_pipeline())
    lax.lose_sales(4, 1)
    lax.backfill()
    lax.deliver_sales(4, 1)
    report = lax.backfill()
    assert touched(report) == {(SHOP_DAYS, 4), (COMPLETE_FEED, 4), *summary_from(4, 6)}


def test_changed_reference_makes_its_readers_stale(done: Shopkeeper) -> None:
    """A shop that moved to another region makes stale whatever was expected from that list."""
    done.change(f"UPDATE raw.opening_hours SET region = 'south' WHERE day = {sql(4)} AND shop_id=1")
    assert done.stale() == {(SHOP_DAYS, 4), (COMPLETE_FEED, 4), *summary_from(4)}
    assert done.backfill().exit_code == 0
    assert done.rows(f"SELECT region FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 1") == [
        ("south",)
    ]


def test_change_that_comes_to_the_same_is_not_published_again(done: Shopkeeper) -> None:
    """Recomputed rows that are the same are left alone; readers are not stale because of them."""
    done.change(
        f"UPDATE raw.opening_hours SET season = season, name = name || '!' "
        f"WHERE day = {sql(4)} AND closed_for_good"
    )
    before = done.table(SHOP_DAYS)
    report = done.backfill()
    assert touched(report) == {(SHOP_DAYS, 4)}
    found = result(report, SHOP_DAYS, 4)
    assert (found.outcome, found.state) == ("unchanged", State.COMPLETE)
    assert done.table(SHOP_DAYS) == before
    assert done.stale() == set()


def test_unchanged_is_a_verdict_of_its_own(done: Shopkeeper) -> None:
    """The ledger tells a partition that was recomputed in vain from one that was replaced."""
    done.change(f"UPDATE raw.opening_hours SET name = 'x' WHERE day = {sql(4)} AND closed_for_good")
    done.backfill()
    assert [attempt.verdict for attempt in done.attempts(SHOP_DAYS, 4)] == [
        Verdict.PUBLISHED,
        Verdict.UNCHANGED,
    ]


# -- 14: a definition changed ----------------------------------------------------------------


def test_changed_definition_makes_that_table_stale_and_its_readers(done: Shopkeeper) -> None:
    """F14: another SELECT makes every date of that table stale, and of what reads it."""
    changed = done.using(with_doubled_amounts(shop_pipeline()))
    dates = {(table, number) for table in (SHOP_DAYS, COMPLETE_FEED) for number in range(10)}
    assert changed.stale() == dates | summary_from(2)


def test_changed_definition_of_the_chosen_source_flows_on_in_one_run(done: Shopkeeper) -> None:
    """F14: what a choice was fed by counts, although a choice demands none of its sources."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(COMPLETE_FEED).statement.text
    doubled = redefined(
        pipeline, COMPLETE_FEED, text.replace("amount,", "2 * amount AS amount,", 1)
    )
    changed = done.using(doubled)
    assert {table for table, _ in changed.stale()} == {COMPLETE_FEED, DAILY_SUMMARY}
    assert changed.backfill().exit_code == 0
    assert shop_amounts(done, DAILY_SUMMARY) == [208.0, 408.0, 608.0]
    assert changed.stale() == set()


# -- what rests on something stale -----------------------------------------------------------


def test_unchanged_result_stops_the_change(done: Shopkeeper) -> None:
    """What rests on a partition that comes out as it was is complete again, and not rewritten."""
    done.change(f"UPDATE raw.opening_hours SET name = 'x' WHERE day = {sql(4)} AND closed_for_good")
    assert done.stale() == {(SHOP_DAYS, 4), (COMPLETE_FEED, 4), *summary_from(4)}
    report = done.backfill()
    assert report.exit_code == 0
    assert result(report, DAILY_SUMMARY, 7).outcome == "done"
    assert {where for where, versions in done.publications().items() if versions != [1]} == {
        (SHOP_DAYS, 4)
    }


def test_refused_root_leaves_what_rests_on_it_stale(done: Shopkeeper) -> None:
    """A run that cannot settle the root says so of everything that rests on it, and is not 0."""
    done.change(f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(4)} AND shop_id = 3")
    before = done.everything()
    report = done.backfill()
    assert report.exit_code == 1
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    found = result(report, DAILY_SUMMARY, 7)
    assert (found.outcome, found.state) == ("blocked", State.STALE)
    assert found.reason.startswith(f"rests on {SHOP_DAYS} of {day(4)}, which is stale: ")
    assert {name: rows for name, rows in done.everything().items() if "quarantine" not in name} == {
        name: rows for name, rows in before.items() if "quarantine" not in name
    }


def test_plan_without_what_is_stale_touches_nothing(done: Shopkeeper) -> None:
    """What rests on something stale is not computed again from it; the run says why."""
    done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill(DAILY_SUMMARY, dates=[day(6)])
    found = result(report, DAILY_SUMMARY, 6)
    assert (report.exit_code, found.outcome) == (1, "blocked")
    assert all(versions == [1] for versions in done.publications().values())


def test_upstream_closes_it_for_one_date(done: Shopkeeper) -> None:
    """With upstream only what this date rests on is brought up to date."""
    done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill(DAILY_SUMMARY, dates=[day(6)], with_upstream=True, chunk_size=1)
    assert report.exit_code == 0
    assert touched(report) == {(SHOP_DAYS, 4), (DAILY_SUMMARY, 6)}
    left = {(DAILY_SUMMARY, number) for number in (4, 5, 7, 8, 9)}
    assert done.stale() == {(COMPLETE_FEED, 4), *left}


def test_a_table_the_plan_leaves_is_looked_at_again_between(done: Shopkeeper) -> None:
    """A root that comes out as it was settles what lies between, planned or not."""
    done.change(f"UPDATE raw.opening_hours SET name = 'x' WHERE day = {sql(4)} AND closed_for_good")
    keeper = done.using(with_table_after_the_feed())
    assert keeper.backfill("mart.last", dates=[day(5)]).exit_code == 0
    report = keeper.backfill(SHOP_DAYS, "mart.last", dates=[day(4)])
    assert result(report, "mart.last", 4).outcome == "published"
    assert report.exit_code == 0


def test_forced_on_top_of_something_stale_is_waived(done: Shopkeeper) -> None:
    """Whoever takes responsibility for a stale input gets a waiver, never a complete partition."""
    done.change(f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill(DAILY_SUMMARY, dates=[day(6)], force="the old sale will do")
    found = result(report, DAILY_SUMMARY, 6)
    assert (found.outcome, found.state) == ("waived", State.WAIVED)
    standing = done.standing(DAILY_SUMMARY, 6)
    assert (standing.state, standing.outdated) == (State.WAIVED, False)


def test_changed_definition_flows_on(done: Shopkeeper) -> None:
    """F14: one run recomputes the table and everything that reads it."""
    changed = done.using(with_doubled_amounts(shop_pipeline()))
    report = changed.backfill()
    assert report.exit_code == 0
    assert {(found.table, found.outcome) for found in report.results} == {
        (SHOP_DAYS, "published"),
        (COMPLETE_FEED, "published"),
        (DAILY_SUMMARY, "published"),
        (DAILY_SUMMARY, "warm_up"),
    }
    assert shop_amounts(done, DAILY_SUMMARY) == [208.0, 408.0, 608.0]


def test_changed_definition_of_the_last_table_is_that_table_only(done: Shopkeeper) -> None:
    """F14: tables that do not read the changed one are not touched."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(DAILY_SUMMARY).statement.text
    changed = done.using(redefined(pipeline, DAILY_SUMMARY, text.replace("avg(", "max(")))
    assert {table for table, _ in touched(changed.backfill())} == {DAILY_SUMMARY}


def test_changed_comment_is_no_change(done: Shopkeeper) -> None:
    """F14: comments and spacing decide no row."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    commented = "-- the shops of the day\n" + text.replace(" FROM ", "\n   FROM ")
    changed = done.using(redefined(pipeline, SHOP_DAYS, commented))
    assert changed.stale() == set()


def test_changed_definition_with_the_same_rows_stops_there(done: Shopkeeper) -> None:
    """F14: a rewritten SELECT that yields the same rows makes no reader recompute."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    changed = done.using(redefined(pipeline, SHOP_DAYS, text + " AND TRUE"))
    report = changed.backfill()
    assert set(outcomes(report, SHOP_DAYS).values()) == {"unchanged"}
    assert {table for table, _ in touched(report)} == {SHOP_DAYS}


def test_changed_expected_set_is_a_changed_definition(done: Shopkeeper) -> None:
    """F14: who else is expected decides what complete means."""
    pipeline = one_table_pipeline(
        expected=keys_of(shop_pipeline().table("raw.opening_hours"), label="name")
    )
    assert (SHOP_DAYS, 4) in done.using(pipeline).stale()


def test_added_column_is_published_with_the_rows(done: Shopkeeper) -> None:
    """F14: a definition with one more column brings the column along, for all dates."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    wider = redefined(pipeline, SHOP_DAYS, text.replace("s.amount", "s.amount, s.closed", 1))
    assert done.using(wider).backfill().exit_code == 0
    assert done.rows(f"SELECT DISTINCT closed FROM {SHOP_DAYS}") == [(True,)]
    assert done.using(wider).status().exit_code == 0


def test_added_column_accuses_nobody(done: Shopkeeper) -> None:
    """F14: dates that do not have the new column yet are stale by definition, not by tampering."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    wider = done.using(
        redefined(pipeline, SHOP_DAYS, text.replace("s.amount", "s.amount, s.closed", 1))
    )
    assert wider.backfill(SHOP_DAYS, dates=[day(4)]).exit_code == 0
    standing = wider.standing(SHOP_DAYS, 5)
    assert (standing.state, "definition changed" in standing.reason) == (State.STALE, True)
    assert "rows_unaccounted" not in {found.code for found in wider.preflight(SHOP_DAYS).findings}


def test_added_column_leaves_waived_dates_waived(shop: Shopkeeper) -> None:
    """F14: a column that another date brought along does not void a waiver."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force="known")
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    wider = shop.using(
        redefined(pipeline, SHOP_DAYS, text.replace("s.amount", "s.amount, s.closed", 1))
    )
    assert wider.backfill(SHOP_DAYS, dates=[day(5)]).exit_code == 0
    assert wider.standing(SHOP_DAYS, 4).state is State.WAIVED


def test_column_that_is_gone_refuses_to_drop_it(done: Shopkeeper) -> None:
    """F14: a definition with a column less, or another type, changes no published table."""
    before = done.everything()
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    narrower = redefined(pipeline, SHOP_DAYS, text.replace("o.region, ", "", 1))
    report = done.using(narrower).backfill(SHOP_DAYS)
    assert set(outcomes(report, SHOP_DAYS).values()) == {"failed"}
    assert "column region is no longer computed" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 1
    assert done.everything() == before


def with_table_after_the_feed() -> Pipeline:
    """Declare the shop with one more table, which reads the complete feed alone."""
    pipeline = shop_pipeline()
    feed = pipeline.table(COMPLETE_FEED)
    pipeline.derived(
        "mart.last",
        key="shop_id",
        sql="SELECT day, shop_id, amount FROM feed",
        inputs={"feed": same_date(feed)},
        expected=keys_of(feed),
    )
    return pipeline


def shop_amounts(shop: Shopkeeper, table: str) -> list[float]:
    """The amounts of the first three shops on day 4."""
    query = f"SELECT amount FROM {table} WHERE day = {sql(4)} AND shop_id <= 3 ORDER BY shop_id"
    return [value for (value,) in shop.rows(query)]


def with_doubled_amounts(pipeline: Pipeline) -> Pipeline:
    """Compute twice the sales."""
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    return redefined(pipeline, SHOP_DAYS, text.replace("s.amount", "2 * s.amount AS amount", 1))


def test_a_column_that_a_reader_cannot_see_changes_nothing_for_it(shop: Shopkeeper) -> None:
    """A score that arrives after the games leaves alone what was computed from who plays whom."""
    amounts = {"sales": same_date(one_table_pipeline().table("raw.sales"), ["amount"])}
    keeper = shop.using(one_table_pipeline(inputs=amounts))
    keeper.backfill()
    keeper.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)}")
    assert keeper.stale() == set()
    keeper.change(f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(5)} AND shop_id = 3")
    assert keeper.stale() == {(SHOP_DAYS, 5)}
    assert touched(keeper.backfill()) == {(SHOP_DAYS, 5)}


def test_what_a_reader_sees_is_read_again_when_it_was_published(shop: Shopkeeper) -> None:
    """Tables of one run read what the run itself has just published, also cut to columns."""
    pipeline = one_table_pipeline()
    days = pipeline.derived_table(SHOP_DAYS)
    pipeline.derived(
        "mart.present",
        key="shop_id",
        sql="SELECT day, shop_id, amount FROM days",
        inputs={"days": same_date(days, ["amount"])},
        expected=keys_of(days),
    )
    keeper = shop.using(pipeline)
    keeper.backfill()
    assert keeper.status().exit_code == 0
    keeper.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    keeper.backfill()
    assert keeper.status().exit_code == 0
    assert touched(keeper.backfill()) == set()
