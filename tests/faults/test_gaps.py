"""Gaps: all of them, over the whole history, each beneath the one that explains it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gapless.ledger.interface import Verdict
from gapless.plan.giving_up import Patience
from gapless.plan.states import State
from gapless.verbs.gap_report import Gap, GapReport
from gapless.verbs.gaps import gaps
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from support.child import heard, running
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
)

SALES = "raw.sales"


def found(report: GapReport) -> list[tuple[str, str, int, int]]:
    """Return table, state, first and last day of each gap."""
    return [
        (gap.table, gap.state, (gap.span.first - day(0)).days, (gap.span.last - day(0)).days)
        for gap in report.gaps
    ]


def beneath(gap: Gap) -> dict[str, list[int]]:
    """Return what a gap explains, by table and number of the day."""
    return {one.table: [(d.partition - day(0)).days for d in one.dates] for one in gap.explains}


def every_partition(report: GapReport) -> set[tuple[str, int]]:
    dates = [
        d for gap in report.gaps for d in (*gap.dates, *(x for e in gap.explains for x in e.dates))
    ]
    listed = [(d.standing.table, (d.partition - day(0)).days) for d in dates]
    assert len(listed) == len(set(listed)), "a partition is told twice"
    return set(listed)


class TestRoots:
    def test_nothing_is_wrong_where_everything_is_done(self, done: Shopkeeper) -> None:
        report = done.gaps()
        assert (report.gaps, report.partitions, report.exit_code) == ((), 0, 0)

    def test_two_roots_and_not_seventeen_lines(self, shop: Shopkeeper) -> None:
        """A hole in the sales and a refused day explain everything else."""
        shop.change(f"DELETE FROM {SALES} WHERE day = '{day(7)}'")
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill()
        report = shop.gaps()
        assert found(report) == [
            (SHOP_DAYS, "missing", 4, 4),
            (SALES, "missing", 7, 7),
        ]
        refused, hole = report.gaps
        assert beneath(refused) == {COMPLETE_FEED: [4], DAILY_SUMMARY: [4, 5, 6, 7, 8, 9]}
        assert beneath(hole) == {SHOP_DAYS: [7], COMPLETE_FEED: [7]}
        assert report.partitions == 11
        assert report.exit_code == 1

    def test_every_unsettled_partition_is_told_once(self, shop: Shopkeeper) -> None:
        shop.change(f"DELETE FROM {SALES} WHERE day = '{day(7)}'")
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill()
        unsettled = {
            (s.table, (s.partition - day(0)).days) for s in shop.status().standings if not s.settled
        }
        assert every_partition(shop.gaps()) == unsettled | {(SALES, 7)}

    def test_a_partial_source_is_a_root_that_has_to_be_loaded(self, done: Shopkeeper) -> None:
        done.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = '{day(3)}' AND shop_id = 1")
        [gap] = [gap for gap in done.gaps().gaps if gap.table == SALES]
        assert (gap.state, gap.is_source) == ("partial", True)
        assert "a till is still open" in gap.reason
        assert "gapless load --data DIR" in done.command("gaps").out

    def test_a_source_that_others_can_take_the_place_of_is_no_gap(self, done: Shopkeeper) -> None:
        """The fast feed has never had a row; the complete one fed every date."""
        assert done.gaps("raw.fast_feed").gaps == ()

    def test_a_gap_upstream_is_shown_although_its_table_was_not_asked_for(
        self, done: Shopkeeper
    ) -> None:
        done.change(f"DELETE FROM {SALES} WHERE day = '{day(7)}'")
        report = done.gaps(COMPLETE_FEED)
        assert [gap.table for gap in report.gaps] == [SALES]
        assert beneath(report.gaps[0]) == {COMPLETE_FEED: [7]}

    def test_a_stale_day_explains_what_rests_on_it(self, done: Shopkeeper) -> None:
        done.change(f"UPDATE {SALES} SET amount = 5 WHERE day = '{day(8)}' AND shop_id = 1")
        report = done.gaps()
        assert found(report) == [(SHOP_DAYS, "stale", 8, 8)]
        assert beneath(report.gaps[0]) == {COMPLETE_FEED: [8], DAILY_SUMMARY: [8, 9]}

    def test_what_cannot_be_evaluated_makes_exit_code_4(self, done: Shopkeeper) -> None:
        broken = every_row("broken", "error('no such thing')")
        report = done.using(checked(shop_pipeline(), SHOP_DAYS, broken)).gaps()
        assert {gap.state for gap in report.gaps} == {State.UNKNOWN}
        assert report.exit_code == 4

    def test_a_date_the_calendar_does_not_know_is_the_calendars_gap(self, done: Shopkeeper) -> None:
        report = done.gaps(dates=[day(20)])
        assert found(report) == [("raw.opening_hours", "unknown", 20, 20)]
        assert report.exit_code == 4
        assert set(beneath(report.gaps[0])) > {SHOP_DAYS, COMPLETE_FEED, DAILY_SUMMARY}


class TestRanges:
    def test_dates_the_calendar_leaves_empty_do_not_break_a_range(self, tmp_path: Path) -> None:
        shop = Shopkeeper.on_new_shop(tmp_path / "shop", 10, closed=[3, 4])
        assert found(shop.gaps(SHOP_DAYS)) == [(SHOP_DAYS, "missing", 0, 9)]
        [gap] = shop.gaps(SHOP_DAYS).gaps
        assert len(gap.dates) == 8

    def test_the_whole_history_and_not_the_last_days(self, done: Shopkeeper) -> None:
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(0)}'")
        assert found(done.gaps())[0] == (SHOP_DAYS, "missing", 0, 0)

    def test_oldest_first_or_newest_first(self, done: Shopkeeper) -> None:
        done.change(f"DELETE FROM {COMPLETE_FEED} WHERE day IN ('{day(1)}', '{day(8)}')")
        assert [first for _, _, first, _ in found(done.gaps())] == [1, 8]
        assert [first for _, _, first, _ in found(done.gaps(newest_first=True))] == [8, 1]

    def test_the_reason_is_that_of_the_oldest_date(self, done: Shopkeeper) -> None:
        done.change(
            f"DELETE FROM {COMPLETE_FEED} WHERE day = '{day(5)}'",
            f"DELETE FROM {COMPLETE_FEED} WHERE day = '{day(6)}'",
        )
        [gap] = done.gaps(COMPLETE_FEED).gaps
        assert gap.reason == done.standing(COMPLETE_FEED, 5).reason

    def test_missing_keys_are_counted(self, done: Shopkeeper) -> None:
        done.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = '{day(5)}' AND shop_id < 4")
        [gap] = done.gaps(COMPLETE_FEED).gaps
        assert (gap.state, gap.keys_missing) == ("partial", 3)

    def test_only_the_dates_asked_for(self, shop: Shopkeeper) -> None:
        report = shop.gaps(SHOP_DAYS, dates=[day(2), day(5)])
        assert found(report) == [(SHOP_DAYS, "missing", 2, 2), (SHOP_DAYS, "missing", 5, 5)]


class TestPast:
    def test_since_when_and_by_which_run(self, done: Shopkeeper) -> None:
        with done.ledger() as ledger:
            [run] = ledger.runs()
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(5)}'")
        gap = done.gaps().gaps[0]
        published = gap.last_published
        assert published is not None
        assert (published.published_by, published.standing.version) == (run.run_id, 1)
        assert published.published_at == done.now

    def test_what_the_last_attempt_said(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        report = shop.backfill()
        gap = shop.gaps().gaps[0]
        last = gap.last_attempt
        assert last is not None
        assert (last.run_id, last.verdict) == (report.run_id, Verdict.REFUSED)
        assert gap.dates[0].tries.total == 1
        text = shop.command("gaps").out
        assert "last attempt refused" in text
        assert "coverage: 6 of 9" in text

    def test_it_ends_with_the_command_that_closes_them(self, shop: Shopkeeper) -> None:
        assert "gapless repair\n" in shop.command("gaps").out
        narrow = shop.command("gaps", "shop_days", "--dates", str(day(2))).out
        assert f"gapless repair shop_days --dates {day(2)}\n" in narrow


class TestOwnedByAnotherProcess:
    def test_the_ledger_answers_with_the_same_roots(self, shop: Shopkeeper) -> None:
        """Also for a root in a source table, of which it keeps nothing but what it blocked."""
        shop.change(f"DELETE FROM {SALES} WHERE day = '{day(7)}'")
        shop.lose_sales(4, 1, 2, 3)
        shop.backfill()
        measured = json.loads(shop.command("gaps", "--json").out)
        with running("hold", shop.folder) as process:
            assert heard(process) == "holding"
            known = shop.command("gaps", "--json")
            text = shop.command("gaps")
        told = json.loads(known.out)
        assert [shape(gap) for gap in told["gaps"]] == [shape(gap) for gap in measured["gaps"]]
        assert (known.exit_code, told["exit_code"]) == (1, 1)
        assert "The warehouse is in use" in text.out

    def test_what_the_ledger_does_not_know_is_unknown(self, shop: Shopkeeper) -> None:
        shop.backfill(SHOP_DAYS)
        with running("hold", shop.folder) as process:
            assert heard(process) == "holding"
            answer = shop.command("gaps")
        assert answer.exit_code == 4
        assert "the ledger knows nothing of it" in answer.out


def shape(gap: dict[str, object]) -> tuple[object, ...]:
    explains = gap["explains"]
    assert isinstance(explains, list)
    return (
        gap["table"],
        gap["state"],
        gap["first"],
        gap["last"],
        [(one["table"], one["partitions"], one["ranges"]) for one in explains],
    )


def test_statements_do_not_grow_with_the_dates(tmp_path: Path) -> None:
    """Ten days or two hundred, nothing done or all of it: as many statements."""
    counts = []
    for number in (10, 200):
        shop = Shopkeeper.on_new_shop(tmp_path / f"of-{number}", number)
        shop.change(f"DELETE FROM {SALES} WHERE day = '{day(7)}'")
        shop.backfill(SHOP_DAYS)
        with shop.opened() as workspace:
            before = workspace.warehouse.statements
            report = gaps(workspace, Selection())
            counts.append(workspace.warehouse.statements - before)
        assert report.partitions > number
    assert counts[0] == counts[1] < 20


def test_the_ledger_is_asked_once_for_all_attempts(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.backfill(SHOP_DAYS)
    asked = []
    with shop.opened() as workspace:
        ledger = workspace.open_ledger
        original = ledger.attempts

        def attempts(**options: object) -> object:
            asked.append(options)
            return original(**options)  # type: ignore[arg-type]

        monkeypatch.setattr(ledger, "attempts", attempts)
        gaps(workspace)
    assert len(asked) == 1


def test_looking_for_gaps_writes_nothing(shop: Shopkeeper) -> None:
    before = shop.everything()
    shop.gaps()
    assert shop.everything() == before
    assert shop.attempts() == []


def test_status_and_gaps_agree_on_what_is_given_up(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    for _ in range(Patience().attempts):
        shop.backfill(SHOP_DAYS, dates=[day(4)])
    with shop.opened() as workspace:
        assert status(workspace, Selection()).given_up == {(SHOP_DAYS, day(4))}
    assert [gap.table for gap in shop.gaps().gaps if gap.given_up] == [SHOP_DAYS]
    assert "1 partition given up on" in shop.command("status").out
