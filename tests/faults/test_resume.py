"""Resuming: the plan that was stored is read, whatever the clock says and whatever was done since.

The killed process is a real one.
"""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gapless.errors import UsageError, WarehouseFull
from gapless.ledger.interface import Run, Verdict
from gapless.verbs.resume import what_is_left
from gapless.verbs.runs import runs
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.child import finished, heard, running
from support.shop import NOW
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    one_table_pipeline,
    outcomes,
    result,
    touched,
)

A_MONTH_LATER = NOW + timedelta(days=31)
THREE_DAYS = (2, 0, 1)


def kill(shop: Shopkeeper, boundary: str, times: int = 1, *, days: tuple[int, ...]) -> str:
    """Backfill some days, one a chunk, in a process that is killed; return the run's id."""
    done = finished("backfill", shop.folder, boundary, times, 1, 1, *days)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    return newest(shop).run_id


def newest(shop: Shopkeeper) -> Run:
    with shop.ledger() as ledger:
        return ledger.runs()[0]


def published(shop: Shopkeeper) -> set[tuple[str, int]]:
    return set(shop.publications())


class TestAfterAKill:
    def test_exactly_the_rest_is_done_a_month_later(self, shop: Shopkeeper) -> None:
        """F6: neither what is done already, nor the days that nobody had asked for."""
        run_id = kill(shop, "after the commit", 4, days=THREE_DAYS)
        survived = published(shop)
        planned = {(table, number) for table in TABLES for number in THREE_DAYS}
        report = shop.at(A_MONTH_LATER).resume()
        assert report.exit_code == 0
        assert report.plan.request.resumes == run_id
        assert {(r.table, (r.partition - day(0)).days) for r in report.results} == planned
        assert touched(report) | survived >= published(shop)
        assert touched(report).isdisjoint(survived)
        assert published(shop) <= planned
        assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}

    def test_what_was_done_earlier_is_reported_with_the_run_that_did_it(
        self, shop: Shopkeeper
    ) -> None:
        run_id = kill(shop, "after the commit", 2, days=THREE_DAYS)
        survived = published(shop)
        report = shop.resume()
        earlier = {
            (r.table, (r.partition - day(0)).days): r.done_by
            for r in report.results
            if r.outcome == "done"
        }
        assert earlier == dict.fromkeys(survived, run_id)

    def test_also_when_it_was_killed_before_anything_was_published(self, shop: Shopkeeper) -> None:
        kill(shop, "run recorded", days=(1, 0))
        assert outcomes(shop.resume(), SHOP_DAYS) == {0: "published", 1: "published"}
        assert {number for _, number in published(shop)} == {0, 1}

    def test_a_resumed_run_that_failed_can_be_resumed(self, shop: Shopkeeper) -> None:
        """The plan goes from run to run."""
        run_id = kill(shop, "run recorded", days=THREE_DAYS)
        shop.lose_sales(1, 1, 2, 3)
        second = shop.at(NOW + timedelta(hours=1)).resume()
        assert second.exit_code == 1
        shop.deliver_sales(1, 1, 2, 3)
        third = shop.at(NOW + timedelta(hours=2)).resume()
        assert second.plan.request.resumes == run_id
        assert third.plan.request.resumes == second.run_id
        assert set(outcomes(third, SHOP_DAYS)) == set(THREE_DAYS)
        assert third.exit_code == 0

    def test_its_rows_are_those_of_a_run_that_nobody_killed(
        self, shop: Shopkeeper, computed: Shopkeeper
    ) -> None:
        kill(shop, "new rows inserted", 5, days=tuple(range(10)))
        assert shop.resume().exit_code == 0
        assert shop.held() == computed.held()


class TestToday:
    def test_today_is_that_of_the_plan_and_not_of_the_clock(self, shop: Shopkeeper) -> None:
        """What was to come stays to come; the first run would have computed the same."""
        on_day_5 = datetime(2024, 1, 6, 9, tzinfo=UTC)
        shop.lose_sales(3, 1, 2, 3)
        assert shop.at(on_day_5).backfill(dates=[day(3), day(4), day(6)]).exit_code == 1
        shop.deliver_sales(3, 1, 2, 3)
        with shop.at(A_MONTH_LATER).opened() as workspace:
            left = what_is_left(workspace)
        assert left.plan.today == day(5)
        assert {s.partition: s.path for s in left.plan.all_steps} == {
            day(3): "historical",
            day(4): "historical",
            day(6): "upcoming",
        }

    def test_days_that_have_come_since_are_not_taken_along(self, shop: Shopkeeper) -> None:
        """A backfill of everything up to yesterday means the yesterday of then."""
        on_day_5 = datetime(2024, 1, 6, 9, tzinfo=UTC)
        shop.lose_sales(3, 1, 2, 3)
        assert shop.at(on_day_5).backfill().exit_code == 1
        shop.deliver_sales(3, 1, 2, 3)
        report = shop.at(A_MONTH_LATER).resume()
        assert set(outcomes(report, SHOP_DAYS)) == {0, 1, 2, 3, 4}
        assert max(number for _, number in published(shop)) == 4


class TestGates:
    def test_what_was_refused_is_gated_again_and_exits_1(self, shop: Shopkeeper) -> None:
        """F24: the retry path skips no check."""
        shop.lose_sales(4, 1, 2, 3)
        assert shop.backfill().exit_code == 1
        before = shop.table(SHOP_DAYS)
        answer = shop.command("backfill", "--resume", "--log-level", "error")
        assert answer.exit_code == 1
        assert "coverage: 6 of 9" in answer.out
        assert shop.table(SHOP_DAYS) == before
        assert len([a for a in shop.attempts(SHOP_DAYS, 4) if a.verdict is Verdict.REFUSED]) == 2

    def test_days_after_a_refused_one_are_not_jumped_over(self, shop: Shopkeeper) -> None:
        """Resuming is no matter of the last success: the hole in the middle is tried again."""
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill(SHOP_DAYS)
        shop.deliver_sales(4, 1, 2, 3)
        report = shop.resume()
        assert touched(report) == {(SHOP_DAYS, 4)}
        assert report.exit_code == 0

    def test_the_exit_code_covers_what_the_first_run_had_done(self, shop: Shopkeeper) -> None:
        """Rows that were lost since are part of the plan, so they are made again."""
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill(SHOP_DAYS)
        shop.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(2)}'")
        shop.lose_sales(2, 1, 2, 3)
        shop.deliver_sales(4, 1, 2, 3)
        report = shop.resume()
        assert outcomes(report, SHOP_DAYS)[4] == "published"
        assert outcomes(report, SHOP_DAYS)[2] == "refused"
        assert report.exit_code == 1

    def test_a_force_is_not_inherited_and_that_is_said(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.lose_sales(4, 1, 2, 3)
        shop.lose_sales(5, 1, 2, 3)
        publish = DuckDBWarehouse.publish

        def failing(self: DuckDBWarehouse, request: Any) -> None:
            if day(5) in request.rewrite:
                raise WarehouseFull("no room left")
            publish(self, request)

        with monkeypatch.context() as patch:
            patch.setattr(DuckDBWarehouse, "publish", failing)
            both = [day(4), day(5)]
            report = shop.backfill(SHOP_DAYS, dates=both, force="the tills burnt", chunk_size=1)
        assert outcomes(report, SHOP_DAYS) == {4: "waived", 5: "failed"}
        answer = shop.command("backfill", "--resume", "--log-level", "error")
        assert answer.exit_code == 1
        assert "That run was forced; this one is not" in answer.out
        assert "refused  shop_days 2024-01-06" in answer.out
        assert shop.shops(SHOP_DAYS, 5) == []

    def test_it_may_be_forced_again_for_the_dates_that_were_named(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill(SHOP_DAYS, dates=[day(4)])
        report = shop.resume(force="the tills burnt down")
        assert result(report, SHOP_DAYS, 4).outcome == "waived"

    def test_a_force_for_all_history_stays_impossible(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill()
        with pytest.raises(UsageError, match="--force publishes below the gate for named dates"):
            shop.resume(force="the tills burnt down")

    def test_upstream_partitions_of_the_plan_are_not_forced_along(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill(COMPLETE_FEED, dates=[day(4)], with_upstream=True)
        report = shop.resume(force="the tills burnt down")
        assert result(report, SHOP_DAYS, 4).outcome == "refused"


class TestWhichRun:
    def test_the_newest_that_left_something_to_do(self, shop: Shopkeeper) -> None:
        run_id = kill(shop, "after the commit", days=(1, 0))
        later = shop.at(NOW + timedelta(hours=1))
        assert later.backfill(SHOP_DAYS, dates=[day(9)]).exit_code == 0
        assert later.resume().plan.request.resumes == run_id

    def test_a_run_that_was_resumed_to_its_end_is_finished(self, shop: Shopkeeper) -> None:
        kill(shop, "after the commit", days=(1, 0))
        assert shop.at(NOW + timedelta(hours=1)).resume().exit_code == 0
        with pytest.raises(UsageError, match="There is nothing to resume: every run of shop did"):
            shop.resume()

    def test_of_a_chain_of_resumed_runs_nothing_is_left(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill(SHOP_DAYS)
        shop.at(NOW + timedelta(hours=1)).resume()
        shop.deliver_sales(4, 1, 2, 3)
        assert shop.at(NOW + timedelta(hours=2)).resume().exit_code == 0
        with pytest.raises(UsageError, match="There is nothing to resume"):
            shop.resume()

    def test_one_by_its_id(self, shop: Shopkeeper) -> None:
        run_id = kill(shop, "after the commit", days=(1, 0))
        shop.lose_sales(4, 1, 2, 3)
        shop.at(NOW + timedelta(hours=1)).backfill(SHOP_DAYS, dates=[day(4)])
        answer = shop.command("backfill", "--resume", run_id, "--log-level", "error")
        assert answer.exit_code == 0
        assert f"The plan of run {run_id}, for which today is 2024-12-31." in answer.out

    def test_the_resumed_run_records_which_one_it_resumes(self, shop: Shopkeeper) -> None:
        run_id = kill(shop, "after the commit", days=(1, 0))
        report = shop.at(NOW + timedelta(hours=1)).resume()
        assert newest(shop).run_id == report.run_id
        assert newest(shop).plan["resumes"] == run_id
        assert report.as_data()["resumes"] == run_id

    def test_a_dry_run_changes_nothing(self, shop: Shopkeeper) -> None:
        kill(shop, "after the commit", days=(1, 0))
        before, attempts = shop.everything(), shop.attempts()
        answer = shop.command("backfill", "--resume", "--dry-run")
        assert answer.exit_code == 0
        assert "Dry run: would compute" in answer.out
        assert (shop.everything(), shop.attempts()) == (before, attempts)


class TestRefusals:
    def test_nothing_was_ever_run(self, shop: Shopkeeper) -> None:
        answer = shop.command("backfill", "--resume")
        assert answer.exit_code == 2
        assert "There is nothing to resume" in answer.err

    def test_no_such_run(self, shop: Shopkeeper) -> None:
        answer = shop.command("backfill", "--resume", "20240101T000000-abcdef")
        assert answer.exit_code == 2
        assert "The ledger knows no run 20240101T000000-abcdef" in answer.err
        assert "gapless runs" in answer.err

    def test_a_run_that_did_everything(self, done: Shopkeeper) -> None:
        run_id = newest(done).run_id
        answer = done.command("backfill", "--resume", run_id)
        assert answer.exit_code == 2
        assert f"run {run_id} did all it was asked for" in answer.err

    def test_tables_that_are_gone(self, shop: Shopkeeper) -> None:
        kill(shop, "after the commit", days=(1, 0))
        with pytest.raises(UsageError, match="shop does not compute any more"):
            shop.using(one_table_pipeline()).resume()

    def test_another_pipeline(self, shop: Shopkeeper) -> None:
        run_id = kill(shop, "after the commit", days=(1, 0))
        other = one_table_pipeline()
        other.name = "market"
        with pytest.raises(UsageError, match="belongs to the pipeline shop, not to market"):
            shop.using(other).resume(run_id)

    @pytest.mark.parametrize(
        "more",
        [("shop_days",), ("--dates", "2024-01-03"), ("--season", "2024"), ("--with-upstream",)],
        ids=" ".join,
    )
    def test_tables_and_dates_come_from_the_plan(
        self, shop: Shopkeeper, more: tuple[str, ...]
    ) -> None:
        answer = shop.command("backfill", "--resume", *more)
        assert answer.exit_code == 2
        assert "--resume takes tables and dates from the stored plan" in answer.err

    def test_a_plan_of_an_older_version(self, shop: Shopkeeper) -> None:
        with shop.ledger() as ledger:
            ledger.begin_run(Run("20240101T000000-abcdef", "shop", "backfill", "ann", "0", NOW))
        answer = shop.command("backfill", "--resume")
        assert answer.exit_code == 2
        assert "stored no plan that can be gone on with" in answer.err


class TestRuns:
    def test_how_each_ended(self, shop: Shopkeeper) -> None:
        kill(shop, "after the commit", days=(1, 0))
        shop.lose_sales(4, 1, 2, 3)
        shop.at(NOW + timedelta(hours=1)).backfill(SHOP_DAYS)
        shop.at(NOW + timedelta(hours=2)).backfill(SHOP_DAYS, dates=[day(9)])
        with shop.ledger() as ledger:
            report = runs(ledger, NOW)
        assert [line.ended for line in report.runs] == ["exit 0", "exit 1", "died"]
        assert report.runs[1].verdicts == {"published": 8, "refused": 1}
        assert report.unfinished == report.runs[1].run.run_id

    def test_one_at_work_is_told_from_one_that_died(self, shop: Shopkeeper) -> None:
        """Its leases are those of a process that is there."""
        with shop.ledger() as ledger:
            run = Run("20241231T120000-abcdef", "shop", "backfill", "ann", "0", NOW)
            ledger.begin_run(run)
            from gapless.testing.ledger_examples import THEIRS  # noqa: PLC0415

            holder = THEIRS.__class__(run.run_id, THEIRS.host, THEIRS.pid, THEIRS.actor)
            ledger.acquire_leases(SHOP_DAYS, [day(4)], holder, now=NOW, ttl=timedelta(minutes=5))
            [line] = runs(ledger, NOW).runs
            [lapsed] = runs(ledger, NOW + timedelta(minutes=6)).runs
        assert (line.ended, lapsed.ended) == ("at work", "died")
        answer = shop.command("backfill", "--resume", run.run_id)
        assert answer.exit_code == 2
        assert "is still at work" in answer.err

    def test_the_list_works_while_the_warehouse_is_busy(self, done: Shopkeeper) -> None:
        with running("hold", done.folder) as owner:
            assert heard(owner) == "holding"
            answer = done.command("runs")
        assert answer.exit_code == 0
        assert newest(done).run_id in answer.out

    def test_it_says_what_can_be_gone_on_with(self, shop: Shopkeeper) -> None:
        run_id = kill(shop, "after the commit", days=(1, 0))
        text = shop.command("runs").out
        assert "died" in text
        assert f"Run {run_id} left something to do" in text
        assert "gapless backfill --resume" in text

    def test_before_the_first_run_there_is_none(self, shop: Shopkeeper, tmp_path: Path) -> None:
        del tmp_path
        assert shop.command("runs").out == "Nothing has been run yet.\n"
        assert shop.command("runs", "--limit", "0").exit_code == 2


def test_resuming_takes_no_more_statements_than_the_run_itself(shop: Shopkeeper) -> None:
    kill(shop, "run recorded", days=tuple(range(10)))
    resumed = shop.resume()
    assert touched(resumed) == {(table, n) for table in TABLES for n in range(10)} - {
        (DAILY_SUMMARY, 0),
        (DAILY_SUMMARY, 1),
    }
    assert resumed.statements <= 110
