"""Promises 1 and 11: done means that the rows are there, and what is done is not touched."""

from __future__ import annotations

import pytest

from gapless import at_least, rule
from gapless.plan.build import Action
from gapless.plan.states import State
from gapless.verbs.backfill import backfill, plan
from gapless.verbs.explain import explain
from gapless.verbs.selection import Selection
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    checked,
    day,
    every_row,
    gated,
    outcomes,
    result,
    sql,
    touched,
)


def test_everything_published_is_complete(done: Shopkeeper) -> None:
    """After a run over sound data every partition is complete, the warm-up days say so."""
    assert done.status().exit_code == 0
    assert set(done.states(SHOP_DAYS).values()) == {State.COMPLETE}
    assert done.states(DAILY_SUMMARY) == {
        number: State.WARM_UP if number < 2 else State.COMPLETE for number in range(10)
    }


@pytest.mark.parametrize("table", TABLES)
def test_deleted_rows_are_not_complete(done: Shopkeeper, table: str) -> None:
    """A publication whose rows were all deleted is missing, whatever its record says."""
    done.change(f"DELETE FROM {table} WHERE day = {sql(4)}")
    assert done.standing(table, 4).state is State.MISSING
    assert (table, 4) in done.publications()


@pytest.mark.parametrize("table", TABLES)
def test_one_deleted_row_is_not_complete(done: Shopkeeper, table: str) -> None:
    """A publication that lacks one row is partial: the published rows are measured again."""
    done.change(f"DELETE FROM {table} WHERE day = {sql(4)} AND shop_id = 3")
    standing = done.standing(table, 4)
    assert (standing.state, standing.expected, standing.present) == (State.PARTIAL, 9, 8)


def test_exchanged_row_is_not_complete(done: Shopkeeper) -> None:
    """A count that is still right does not hide that one shop was exchanged for another."""
    done.change(f"UPDATE {SHOP_DAYS} SET shop_id = 77 WHERE day = {sql(4)} AND shop_id = 3")
    standing = done.standing(SHOP_DAYS, 4)
    assert (standing.state, standing.present, standing.rows) == (State.PARTIAL, 8, 9)


def test_changed_value_is_not_complete(done: Shopkeeper) -> None:
    """A value changed behind a publication makes it stale, although every key is there."""
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    assert done.standing(SHOP_DAYS, 4).state is State.STALE


def test_doubled_row_is_not_complete(done: Shopkeeper) -> None:
    """A row that is there twice breaks the gate of what is published, too."""
    done.change(
        f"INSERT INTO {SHOP_DAYS} FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3",
    )
    assert done.standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_rows_without_publication_are_not_complete(shop: Shopkeeper) -> None:
    """Rows that somebody else wrote into the table are nobody's word that the date is done."""
    shop.backfill(SHOP_DAYS)
    shop.change(f"DELETE FROM gapless.publications WHERE partition_date = {sql(4)}")
    standing = shop.standing(SHOP_DAYS, 4)
    assert (standing.state, standing.rows) == (State.PARTIAL, 9)
    assert shop.standing(SHOP_DAYS, 5).state is State.COMPLETE


def test_dropped_table_is_missing_and_comes_back(done: Shopkeeper) -> None:
    """A dropped table is missing on every date, and the next run brings it back as it was."""
    before = done.table(DAILY_SUMMARY)
    done.change(f"DROP TABLE {DAILY_SUMMARY}")
    assert set(done.states(DAILY_SUMMARY).values()) == {State.MISSING, State.WARM_UP}
    assert done.backfill().exit_code == 0
    assert done.table(DAILY_SUMMARY) == before


def test_dropped_column_is_noticed(done: Shopkeeper) -> None:
    """A column dropped behind Gapless' back is a state of that table, not the end of `status`."""
    done.change(f"ALTER TABLE {DAILY_SUMMARY} DROP COLUMN amount")
    states = done.states(DAILY_SUMMARY)
    assert all(states[number] not in (State.COMPLETE, State.WARM_UP) for number in range(2, 10))
    assert set(done.states(SHOP_DAYS).values()) == {State.COMPLETE}


def test_dropped_column_is_mended(done: Shopkeeper) -> None:
    """The next run computes a column again that somebody dropped."""
    before = done.rows(f"SELECT day, shop_id, amount FROM {DAILY_SUMMARY} ORDER BY ALL")
    done.change(f"ALTER TABLE {DAILY_SUMMARY} DROP COLUMN amount")
    assert done.backfill().exit_code == 0
    assert done.rows(f"SELECT day, shop_id, amount FROM {DAILY_SUMMARY} ORDER BY ALL") == before


def test_deleted_rows_are_mended(done: Shopkeeper) -> None:
    """The next run publishes again exactly the partition whose rows were deleted."""
    before = {table: done.table(table) for table in TABLES}
    done.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(4)}")
    report = done.backfill()
    assert report.exit_code == 0
    assert result(report, COMPLETE_FEED, 4).outcome == "published"
    assert {table: done.table(table) for table in TABLES} == before
    assert {table for table, _ in touched(report)} <= {COMPLETE_FEED, DAILY_SUMMARY}


def test_stray_row_is_replaced(done: Shopkeeper) -> None:
    """A row that nobody published nor expects is replaced by the next run, as preflight says."""
    before = done.table(SHOP_DAYS)
    done.change(
        f"INSERT INTO {SHOP_DAYS} SELECT * REPLACE (77 AS shop_id) FROM {SHOP_DAYS} "
        f"WHERE day = {sql(4)} AND shop_id = 3"
    )
    [finding] = [f for f in done.preflight().findings if f.code == "rows_unaccounted"]
    assert "are replaced by this run" in finding.message
    assert done.backfill().exit_code == 0
    assert done.table(SHOP_DAYS) == before


@pytest.mark.parametrize(
    "tampering",
    [
        f"UPDATE {SHOP_DAYS} SET shop_id = 77 WHERE day = {sql(4)} AND shop_id = 3",
        f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3",
        f"UPDATE {SHOP_DAYS} SET amount = NULL WHERE day = {sql(4)}",
    ],
    ids=["key", "value", "nothing left"],
)
def test_added_column_hides_no_tampering(done: Shopkeeper, tampering: str) -> None:
    """A column that somebody added does not make row counts enough to call a date complete."""
    done.change(f"ALTER TABLE {SHOP_DAYS} ADD COLUMN note VARCHAR", tampering)
    assert done.standing(SHOP_DAYS, 4).state is not State.COMPLETE


def test_tightened_gate_is_applied_to_what_is_published(shop: Shopkeeper) -> None:
    """What passed a laxer gate is partial under the new one, before a run and after it."""
    shop.lose_sales(4, 1)
    lax = shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    assert lax.backfill(SHOP_DAYS).exit_code == 0
    assert shop.standing(SHOP_DAYS, 4).state is State.PARTIAL
    report = shop.backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        number: "refused" if number == 4 else "done" for number in range(10)
    }
    assert report.exit_code == 1
    assert shop.standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_tightened_gate_that_is_met_changes_nothing(shop: Shopkeeper) -> None:
    """What also passes the new gate stays complete and is not computed again."""
    shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5)).backfill()
    before = shop.everything()
    assert touched(shop.backfill()) == set()
    assert shop.everything() == before


def test_added_check_is_applied_to_what_is_published(done: Shopkeeper) -> None:
    """A check added to a gate has not been passed by rows that it has never seen."""
    strict = done.using(checked(shop_pipeline(), SHOP_DAYS, every_row("never_right", "FALSE")))
    assert State.COMPLETE not in strict.states(SHOP_DAYS).values()


def test_added_rule_is_applied_to_what_is_published(done: Shopkeeper) -> None:
    """A rule added to a gate is measured on the published rows."""
    strict = done.using(gated(shop_pipeline(), SHOP_DAYS, rules=(at_least("amount", 101),)))
    assert strict.standing(SHOP_DAYS, 0).state is State.PARTIAL
    assert strict.standing(SHOP_DAYS, 1).state is State.COMPLETE


def test_broken_rule_is_not_the_end_of_status(done: Shopkeeper) -> None:
    """A rule that cannot be evaluated makes its own table unknown; the others are still shown."""
    broken = done.using(gated(shop_pipeline(), DAILY_SUMMARY, rules=(rule("broken", "nowhere"),)))
    assert broken.standing(DAILY_SUMMARY, 4).state is State.UNKNOWN
    assert broken.standing(SHOP_DAYS, 4).state is State.COMPLETE


def test_broken_rule_can_be_explained(done: Shopkeeper) -> None:
    """`gapless explain`, which every refusal points to, also explains what cannot be measured."""
    broken = done.using(gated(shop_pipeline(), DAILY_SUMMARY, rules=(rule("broken", "nowhere"),)))
    with broken.opened() as workspace:
        story = explain(workspace, DAILY_SUMMARY, day(4))
    assert story.standing.state is State.UNKNOWN
    assert "nowhere" in " ".join(map(str, (story.standing.reason, *story.results)))


def test_dropped_column_can_be_explained(done: Shopkeeper) -> None:
    """A partition whose table lost a column has a story, too."""
    done.change(f"ALTER TABLE {DAILY_SUMMARY} DROP COLUMN amount")
    with done.opened() as workspace:
        story = explain(workspace, DAILY_SUMMARY, day(4))
    assert story.standing.state is not State.COMPLETE


def test_second_run_does_nothing(done: Shopkeeper) -> None:
    """A run over complete dates publishes nothing and leaves every version as it was."""
    before = done.everything()
    report = done.backfill()
    assert (report.exit_code, touched(report)) == (0, set())
    assert {found.outcome for found in report.results} == {"done", "warm_up"}
    assert done.everything() == before


def test_plan_of_what_is_complete_is_to_leave_it(done: Shopkeeper) -> None:
    """A dry run over complete dates plans to compute nothing, and says so for every date."""
    with done.opened() as workspace:
        made, _ = plan(workspace, Selection())
    assert {step.action for step in made.all_steps} == {Action.LEAVE, Action.EMPTY}


def test_second_run_costs_a_handful_of_queries(done: Shopkeeper) -> None:
    """Looking at three complete tables and their sources takes fewer than twenty statements."""
    with done.opened() as workspace:
        before = workspace.warehouse.statements
        backfill(workspace, Selection())
        assert workspace.warehouse.statements - before < 20


def test_run_touches_only_what_is_open(done: Shopkeeper) -> None:
    """One open date among complete ones: only that partition and its readers are attempted."""
    done.change(f"DELETE FROM {DAILY_SUMMARY} WHERE day = {sql(4)}")
    report = done.backfill()
    assert touched(report) == {(DAILY_SUMMARY, 4)}
    assert done.publications()[DAILY_SUMMARY, 4] == [1, 2]
    assert done.publications()[DAILY_SUMMARY, 5] == [1]


def test_dates_of_a_report_are_the_requested_ones(done: Shopkeeper) -> None:
    """A complete date that was asked for is in the report as done, not left out of it."""
    report = done.backfill(SHOP_DAYS, dates=[day(7), day(2)])
    assert outcomes(report, SHOP_DAYS) == {2: "done", 7: "done"}


def test_exchanged_row_is_mended(done: Shopkeeper) -> None:
    """A shop that was exchanged for a stranger comes back, and the stranger goes."""
    before = done.table(SHOP_DAYS)
    done.change(f"UPDATE {SHOP_DAYS} SET shop_id = 77 WHERE day = {sql(4)} AND shop_id = 3")
    assert done.backfill().exit_code == 0
    assert done.table(SHOP_DAYS) == before
