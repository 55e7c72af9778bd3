"""Repairs: what can be closed is closed, what cannot starves nothing, and every gap is told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gapless.errors import UsageError
from gapless.ledger.interface import Retry, Verdict
from gapless.plan.giving_up import Patience
from gapless.plan.states import State
from gapless.verbs.backfill import BackfillOptions
from gapless.verbs.repair import RepairOptions, plan_repair
from gapless.verbs.selection import Selection
from support.repairing import AT_ONCE, became, failing, full, gap_of, tried
from support.shop import NOW, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    gated,
    sql,
)

SALES = "raw.sales"


def poison(shop: Shopkeeper, number: int) -> None:
    """Make the rows of a day such that the statement itself fails on them."""
    shop.change(
        "ALTER TABLE raw.sales ALTER amount TYPE VARCHAR",
        f"UPDATE raw.sales SET amount = 'a lot' WHERE day = {sql(number)} AND shop_id = 1",
    )


def casting() -> Any:
    """Declare the shop with a statement that fails on an amount that is no number."""
    table = shop_pipeline().derived_table(SHOP_DAYS)
    pipeline = shop_pipeline()
    text = table.statement.text.replace("s.amount", "s.amount::DOUBLE AS amount")
    pipeline.tables[SHOP_DAYS] = replace(table, statement=replace(table.statement, text=text))
    return pipeline


class TestClosing:
    def test_everything_that_is_missing_is_built_roots_first(self, shop: Shopkeeper) -> None:
        report = shop.repair()
        assert report.exit_code == 0
        assert set(report.counts) == {"repaired"}
        assert shop.gaps().gaps == ()
        assert len(report.run_ids) == 1

    def test_without_gaps_nothing_is_run(self, done: Shopkeeper) -> None:
        before = done.everything()
        report = done.repair()
        assert (report.gaps, report.run_ids, report.exit_code) == ((), (), 0)
        assert done.everything() == before

    def test_what_stands_in_the_way_is_repaired_too(self, done: Shopkeeper) -> None:
        """Nobody asked for the table further up; without it the one asked for stays blocked."""
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)}")
        report = done.repair(COMPLETE_FEED)
        assert became(report, SHOP_DAYS) == {4: "repaired"}
        assert became(report, COMPLETE_FEED) == {4: "repaired"}
        assert report.exit_code == 0

    def test_what_rests_on_a_repaired_day_is_brought_up_to_date(self, done: Shopkeeper) -> None:
        done.change(f"UPDATE {SALES} SET amount = 5 WHERE day = {sql(8)} AND shop_id = 1")
        report = done.repair()
        assert report.exit_code == 0
        assert done.status().exit_code == 0
        assert {g.table for g in report.gaps} == set(TABLES)

    def test_rows_are_gated_like_those_of_any_backfill(self, done: Shopkeeper) -> None:
        """F24: a repair of one date refuses what a backfill refuses, and exits 1."""
        before = done.table(SHOP_DAYS)
        done.lose_sales(4, 1, 2, 3)
        answer = done.command("repair", "shop_days", "--dates", str(day(4)))
        assert answer.exit_code == 1
        assert "coverage: 6 of 9" in answer.out
        assert done.table(SHOP_DAYS) == before

    def test_a_repair_is_never_forced(self, shop: Shopkeeper) -> None:
        forced = RepairOptions(backfill=BackfillOptions(force_reason="I say so"))
        with pytest.raises(UsageError, match="A repair overrides nothing"):
            shop.repair(options=forced)
        assert shop.command("repair", "--force", "--reason", "so").exit_code == 2

    def test_its_runs_are_in_the_ledger_with_their_plans(self, shop: Shopkeeper) -> None:
        report = shop.repair()
        with shop.ledger() as ledger:
            [run] = ledger.runs()
        assert (run.run_id, run.exit_code) == (report.run_ids[0], 0)
        assert set(run.plan["partitions"]) == set(TABLES)


class TestAccounting:
    def test_every_gap_is_told_of_with_what_became_of_it(self, shop: Shopkeeper) -> None:
        """Promise 15: also what nobody can compute."""
        shop.change(f"DELETE FROM {SALES} WHERE day = {sql(7)}")
        shop.lose_sales(4, 1, 2, 3)
        gaps = {
            (d.standing.table, d.partition)
            for gap in shop.gaps().gaps
            for d in (*gap.dates, *(x for e in gap.explains for x in e.dates))
        }
        report = shop.repair()
        assert {(g.table, g.partition) for g in report.gaps} == gaps
        assert became(report, SALES) == {7: "to_load"}
        assert became(report, SHOP_DAYS) == dict.fromkeys((0, 1, 2, 3, 5, 6, 8, 9), "repaired") | {
            4: "refused",
            7: "blocked",
        }
        assert became(report, DAILY_SUMMARY) == {2: "repaired", 3: "repaired"} | dict.fromkeys(
            range(4, 10), "blocked"
        )
        assert all(g.reason for g in report.gaps)
        assert report.exit_code == 1

    def test_what_blocks_is_named(self, shop: Shopkeeper) -> None:
        shop.change(f"DELETE FROM {SALES} WHERE day = {sql(7)}")
        report = shop.repair()
        assert gap_of(report, COMPLETE_FEED, 7).cause == (SALES, day(7))
        assert "raw.sales of 2024-01-08 is missing" in gap_of(report, COMPLETE_FEED, 7).reason

    def test_only_a_source_is_missing(self, done: Shopkeeper) -> None:
        """Nothing can be computed, and that is no success."""
        done.change(f"DELETE FROM {SALES} WHERE day = {sql(7)}")
        answer = done.command("repair", "raw.sales")
        assert answer.exit_code == 1
        assert "to be loaded" in answer.out
        assert "gapless load --data DIR" in answer.out

    def test_what_another_run_holds_is_not_yet(self, shop: Shopkeeper) -> None:
        with shop.ledger() as ledger:
            from gapless.testing.ledger_examples import THEIRS  # noqa: PLC0415

            ledger.acquire_leases(SHOP_DAYS, [day(4)], THEIRS, now=NOW, ttl=timedelta(minutes=5))
        report = shop.repair()
        assert became(report, SHOP_DAYS)[4] == "not_yet"
        assert became(report, SHOP_DAYS)[5] == "repaired"
        [attempt] = shop.attempts(SHOP_DAYS, 4)
        assert attempt.retry is Retry.NOT_YET
        assert report.exit_code == 1

    def test_a_dry_run_says_what_would_be_done_and_does_nothing(self, shop: Shopkeeper) -> None:
        shop.change(f"DELETE FROM {SALES} WHERE day = {sql(7)}")
        before = shop.everything()
        answer = shop.command("repair", "--dry-run")
        assert answer.exit_code == 0
        assert "to be loaded  sales 2024-01-08" in answer.out
        assert "would compute 23 partitions" in answer.out
        assert shop.everything() == before
        assert shop.attempts() == []


class TestGivingUp:
    def test_the_same_thing_is_refused_so_often_and_not_again(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        outcomes = [became(shop.repair(), SHOP_DAYS)[4] for _ in range(5)]
        assert outcomes == ["refused"] * 3 + ["given_up"] * 2
        assert len(tried(shop, SHOP_DAYS, 4)) == 3
        assert {a.retry for a in tried(shop, SHOP_DAYS, 4)} == {Retry.PERMANENT}

    def test_the_limit_is_the_users(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        once = replace(AT_ONCE, patience=Patience(1))
        assert became(shop.repair(options=once), SHOP_DAYS)[4] == "refused"
        assert became(shop.repair(options=once), SHOP_DAYS)[4] == "given_up"

    def test_attempts_of_backfills_count(self, shop: Shopkeeper) -> None:
        """Who tried in vain does not matter."""
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(3):
            shop.backfill(SHOP_DAYS, dates=[day(4)])
        assert became(shop.repair(), SHOP_DAYS)[4] == "given_up"

    def test_a_backfill_tries_what_a_repair_has_given_up_on(self, shop: Shopkeeper) -> None:
        """Who asks for a date gets an answer, through every gate."""
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        assert shop.backfill(SHOP_DAYS, dates=[day(4)]).exit_code == 1
        assert len(tried(shop, SHOP_DAYS, 4)) == 4

    def test_it_says_so_when_the_last_attempt_was_in_vain(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        assert [gap_of(shop.repair(), SHOP_DAYS, 4).given_up for _ in range(3)] == [
            False,
            False,
            True,
        ]

    def test_given_up_stays_a_gap_a_reason_and_exit_code_1(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(3):
            shop.repair()
        answer = shop.command("repair")
        assert answer.exit_code == 1
        for words in (
            "given up  shop_days 2024-01-05",
            "given up on after 3 attempts at the same thing",
            "coverage: 6 of 9",
            "gapless explain shop_days 2024-01-05",
            "--retry-given-up",
            "--force --reason",
        ):
            assert words in answer.out
        assert [g.table for g in shop.gaps().gaps if g.given_up] == [SHOP_DAYS]
        assert shop.standing(SHOP_DAYS, 4).state is State.MISSING

    def test_what_rests_on_it_is_blocked_and_told_why(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(3):
            shop.repair()
        found = gap_of(shop.repair(), COMPLETE_FEED, 4)
        assert (found.outcome, found.cause) == ("blocked", (SHOP_DAYS, day(4)))
        assert "given up on after 3 attempts" in found.reason

    def test_corrected_inputs_bring_it_back_by_themselves(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        shop.deliver_sales(4, 1, 2, 3)
        report = shop.repair()
        assert became(report, SHOP_DAYS) == {4: "repaired"}
        assert report.exit_code == 0

    def test_inputs_that_changed_for_nothing_get_as_many_attempts_again(
        self, shop: Shopkeeper
    ) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        shop.deliver_sales(4, 1)
        outcomes = [became(shop.repair(), SHOP_DAYS)[4] for _ in range(4)]
        assert outcomes == ["refused"] * 3 + ["given_up"]

    def test_another_gate_brings_it_back(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        lenient = gated(shop_pipeline(), SHOP_DAYS, coverage=0.5, group_coverage=None)
        assert became(shop.using(lenient).repair(), SHOP_DAYS)[4] == "repaired"

    def test_an_input_that_this_very_repair_changes_brings_it_back(self, done: Shopkeeper) -> None:
        """The summary was refused for its feed; the feed is repaired first, then it is tried."""
        strict = gated(shop_pipeline(), DAILY_SUMMARY, coverage=1.0, group_coverage=1.0)
        shop = done.using(strict)
        shop.change(
            f"DELETE FROM {DAILY_SUMMARY} WHERE day = {sql(9)}",
            f"DELETE FROM gapless.publications WHERE table_name = '{DAILY_SUMMARY}' "
            f"AND partition_date = {sql(9)}",
            f"INSERT INTO raw.fast_feed SELECT day, shop_id, region, -5, 'fast' "
            f"FROM {SHOP_DAYS} WHERE day = {sql(9)}",
        )
        outcomes = [became(shop.repair(), DAILY_SUMMARY)[9] for _ in range(4)]
        assert outcomes == ["refused"] * 3 + ["given_up"]
        shop.change(
            f"DELETE FROM raw.fast_feed WHERE day = {sql(9)}",
            f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(9)}",
        )
        report = shop.repair()
        assert became(report, COMPLETE_FEED)[9] == "repaired"
        assert became(report, DAILY_SUMMARY)[9] == "repaired"

    def test_on_request_it_is_tried_all_the_same(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        again = replace(AT_ONCE, retry_given_up=True)
        report = shop.repair(options=again)
        assert gap_of(report, SHOP_DAYS, 4).outcome == "refused"
        assert gap_of(report, SHOP_DAYS, 4).given_up
        assert len(tried(shop, SHOP_DAYS, 4)) == 4

    def test_being_blocked_is_never_given_up_on(self, shop: Shopkeeper) -> None:
        """Whatever waits for a load waits as long as it takes."""
        shop.change(f"DELETE FROM {SALES} WHERE day = {sql(4)}")
        for _ in range(5):
            assert became(shop.repair(), SHOP_DAYS)[4] == "blocked"
        shop.deliver_sales(4, *range(1, 10))
        assert shop.repair().exit_code == 0


class TestStarving:
    def test_one_poisoned_day_among_many(self, shop: Shopkeeper) -> None:
        """Its statement fails; all others are published in the same call, and it is given up on."""
        poison(shop, 4)
        spoilt = shop.using(casting())
        report = spoilt.repair(SHOP_DAYS)
        assert became(report, SHOP_DAYS) == dict.fromkeys(
            (0, 1, 2, 3, 5, 6, 7, 8, 9), "repaired"
        ) | {4: "failed"}
        assert report.exit_code == 4, "nobody can say what the day holds"
        for _ in range(3):
            spoilt.repair(SHOP_DAYS)
        assert len(tried(shop, SHOP_DAYS, 4)) == 3

    def test_new_gaps_are_closed_beside_one_that_was_given_up_on(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        for _ in range(4):
            shop.repair()
        shop.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(8)}")
        report = shop.repair()
        assert became(report, SHOP_DAYS) == {4: "given_up", 8: "repaired"}

    def test_what_takes_its_neighbours_along_is_alone_in_the_end(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One day that does not fit into memory fails the whole chunk; retries cut it smaller."""
        with failing(monkeypatch, full) as sizes:
            report = shop.repair(SHOP_DAYS, options=AT_ONCE)
        assert became(report, SHOP_DAYS) == dict.fromkeys(
            (0, 1, 2, 3, 5, 6, 7, 8, 9), "repaired"
        ) | {4: "failed"}
        assert sizes[0] == 10
        assert set(sizes[2:]) == {1}
        assert gap_of(report, SHOP_DAYS, 4).attempts == 3


def test_every_attempt_tells_what_it_was_made_from(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill()
    with shop.opened() as workspace:
        publications = workspace.warehouse.publications()
    for attempt in shop.attempts():
        assert attempt.fingerprint
        assert attempt.definition_hash
        publication = publications.get((attempt.table, attempt.partition))
        if publication is not None:
            assert attempt.definition_hash == publication.definition
    by_verdict = {a.verdict: a.retry for a in shop.attempts()}
    assert by_verdict == {
        Verdict.PUBLISHED: Retry.NONE,
        Verdict.REFUSED: Retry.PERMANENT,
        Verdict.BLOCKED: Retry.NOT_YET,
    }


def test_the_plan_of_a_repair_names_what_is_given_up_on(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    for _ in range(3):
        shop.repair()
    with shop.opened() as workspace:
        made = plan_repair(workspace, Selection())
    assert made.plan is not None
    assert [(s.table, s.partition) for s in made.plan.all_steps if s.action == "give_up"] == [
        (SHOP_DAYS, day(4))
    ]
    assert "given up shop_days: 2024-01-05" in shop.command("repair", "--dry-run").out
