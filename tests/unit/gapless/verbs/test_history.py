"""The history: attempts by partition, from the ledger alone."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from gapless.errors import UsageError
from gapless.ledger.interface import Attempt, Failure, Run, Verdict
from gapless.report.failures import failures_text
from gapless.report.history import history_text
from gapless.verbs.failures import FailuresReport
from gapless.verbs.failures import failures as failures_verb
from gapless.verbs.history import COLUMNS, HistoryReport, PartitionHistory
from gapless.verbs.history import history as history_verb
from gapless.verbs.selection import Selection
from support.shop import NOW, insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    redefined,
    sql,
)
from support.spoken import spoken


def history(keeper: Shopkeeper, *tables: str, days: int = 30, **selected: Any) -> HistoryReport:
    """Ask for the history with nothing but the ledger."""
    with keeper.ledger() as ledger:
        return history_verb(
            keeper.pipeline, ledger, Selection(tables=tables, **selected), now=NOW, days=days
        )


def failures(keeper: Shopkeeper, *, only_open: bool = False, **selected: Any) -> FailuresReport:
    with keeper.ledger() as ledger:
        return failures_verb(
            keeper.pipeline,
            ledger,
            Selection(**selected),
            since=NOW - timedelta(days=30),
            only_open=only_open,
        )


def partition(report: HistoryReport, table: str, number: int) -> PartitionHistory:
    [found] = [p for p in report.partitions if (p.table, p.partition) == (table, day(number))]
    return found


@pytest.fixture
def troubled(shop: Shopkeeper) -> Shopkeeper:
    """Day 4 was refused for three shops, then published; day 6 is refused; 3 has the fast feed."""
    shop.lose_sales(4, 1, 2, 3)
    shop.lose_sales(6, 1, 2, 3, 4)
    shop.change(*insert_fast_feed(day(3), range(1, 10)))
    shop.backfill()
    shop.deliver_sales(4, 1, 2, 3)
    shop.backfill()
    return shop


# -- By partition ----------------------------------------------------------------------------


def test_a_row_says_everything_about_a_partition(troubled: Shopkeeper) -> None:
    """Expected and actual, by whom, with which code, in how many attempts."""
    row = partition(history(troubled), SHOP_DAYS, 4).as_row()
    assert list(row) == list(COLUMNS)
    assert {name: row[name] for name in ("expected", "actual", "missing", "coverage", "rows")} == {
        "expected": 9,
        "actual": 9,
        "missing": 0,
        "coverage": 1.0,
        "rows": 9,
    }
    assert (row["status"], row["state"], row["attempts"], row["refused"]) == (
        "published",
        "complete",
        2,
        1,
    )
    assert (row["path"], row["code_version"], row["version"]) == ("historical", "test", 1)
    assert row["actor"]
    assert row["command"] == "backfill"
    assert row["first_attempt_at"] == row["last_attempt_at"] == NOW


def test_a_partition_that_was_refused_last_says_so(troubled: Shopkeeper) -> None:
    found = partition(history(troubled), SHOP_DAYS, 6)
    assert (found.last.verdict, found.succeeded, len(found.attempts)) == ("refused", False, 2)
    assert found.as_row()["actual"] == 5


def test_the_source_used_and_why(troubled: Shopkeeper) -> None:
    """On day 3 the preferred feed did; on day 4 the fallback was needed."""
    report = history(troubled, DAILY_SUMMARY)
    preferred, fallen_back = (partition(report, DAILY_SUMMARY, n) for n in (3, 4))
    [used] = preferred.sources
    assert (used.chosen, used.fallback) == ("raw.fast_feed", False)
    assert fallen_back.needed_fallback is True
    row = fallen_back.as_row()
    assert row["source"] == "feed: analytics.complete_feed"
    assert "fast_feed has no rows" in row["source_reason"]
    assert partition(history(troubled, SHOP_DAYS), SHOP_DAYS, 4).needed_fallback is None


def test_a_filled_source_is_a_fallback_too(shop: Shopkeeper) -> None:
    """Nine of ten keys from the preferred feed and one from the other: both are named."""
    shop.change(*insert_fast_feed(day(4), range(1, 10)))
    shop.open_more(4, "north", 11)
    shop.backfill()
    found = partition(history(shop), DAILY_SUMMARY, 4)
    assert found.needed_fallback is True
    assert found.as_row()["source"] == "feed: raw.fast_feed + analytics.complete_feed"


def test_share_of_dates_that_needed_the_fallback(troubled: Shopkeeper) -> None:
    """Of the dates 2 to 5, whose rows went live, day 3 did not need it."""
    report = history(troubled)
    assert report.fallback_share(DAILY_SUMMARY) == (3, 4)
    assert report.fallback_share(SHOP_DAYS) == (0, 0)


# -- Which attempts --------------------------------------------------------------------------


def test_attempts_are_chosen_by_when_they_were_made(troubled: Shopkeeper) -> None:
    """The dates are those of January; the attempts were made at the end of the year."""
    with troubled.ledger() as ledger:
        old = NOW - timedelta(days=40)
        ledger.record_attempts(
            [
                Attempt("old", SHOP_DAYS, day(1), "historical", Verdict.FAILED, old, old),
                Attempt("old", SHOP_DAYS, day(4), "historical", Verdict.FAILED, old, old),
            ]
        )
    assert len(partition(history(troubled), SHOP_DAYS, 4).attempts) == 2
    assert len(partition(history(troubled, days=41), SHOP_DAYS, 4).attempts) == 3
    assert partition(history(troubled, days=41), SHOP_DAYS, 1).attempts[0].verdict == "failed"


def test_dates_restrict_what_the_attempts_were_about(troubled: Shopkeeper) -> None:
    report = history(troubled, SHOP_DAYS, dates=[day(4), day(6)])
    assert [p.partition for p in report.partitions] == [day(4), day(6)]
    report = history(troubled, SHOP_DAYS, start_date=day(8))
    assert [p.partition for p in report.partitions] == [day(8), day(9)]


def test_a_season_that_only_the_calendar_knows_is_refused(troubled: Shopkeeper) -> None:
    """The calendar is in the warehouse, which the history does not open."""
    with pytest.raises(UsageError, match="name --start-date and --end-date"):
        history(troubled, season="2024")


def test_an_attempt_of_a_run_that_the_ledger_does_not_know(troubled: Shopkeeper) -> None:
    """Who it was is not known then, and nothing is invented."""
    with troubled.ledger() as ledger:
        ledger.record_attempts(
            [Attempt("gone", SHOP_DAYS, day(4), "historical", Verdict.RECOVERED, NOW, NOW)]
        )
    row = partition(history(troubled), SHOP_DAYS, 4).as_row()
    assert (row["status"], row["actor"], row["coverage"]) == ("recovered", None, None)


def test_without_a_ledger_nothing_is_known(shop: Shopkeeper) -> None:
    report = history_verb(shop.pipeline, None, Selection(), now=NOW)
    assert report.exit_code == 4
    assert "no ledger" in spoken(history_text(report))


def test_nothing_tried_is_a_sentence(shop: Shopkeeper) -> None:
    report = history(shop)
    assert report.exit_code == 0
    assert "was tried in the last 30 days" in spoken(history_text(report))


def test_a_hundred_thousand_days_ago_is_the_beginning(troubled: Shopkeeper) -> None:
    assert len(history(troubled, days=10**9).partitions) == len(history(troubled).partitions)


# -- Worst and slowest -----------------------------------------------------------------------


def attempt(table: str, on: date, verdict: Verdict, **facts: Any) -> Attempt:
    seconds = facts.pop("seconds", 0)
    return Attempt(
        "run", table, on, "historical", verdict, NOW, NOW + timedelta(seconds=seconds), **facts
    )


def test_worst_dates_come_first(shop: Shopkeeper) -> None:
    """What stopped by itself, by coverage; then what waits; then what lacks some keys."""
    with shop.ledger() as ledger:
        ledger.record_attempts(
            [
                attempt(SHOP_DAYS, day(0), Verdict.PUBLISHED, expected=9, present=8),
                attempt(SHOP_DAYS, day(1), Verdict.BLOCKED),
                attempt(SHOP_DAYS, day(2), Verdict.REFUSED, expected=9, present=4),
                attempt(SHOP_DAYS, day(3), Verdict.REFUSED, expected=9, present=0),
                attempt(SHOP_DAYS, day(4), Verdict.PUBLISHED, expected=9, present=9),
                attempt(SHOP_DAYS, day(5), Verdict.FAILED),
                attempt(SHOP_DAYS, day(6), Verdict.PUBLISHED, expected=9, present=0),
            ]
        )
    worst = [(p.partition - day(0)).days for p in history(shop).worst()]
    assert worst == [5, 3, 2, 1, 6, 0]


def test_chunks_are_timed_as_a_whole(shop: Shopkeeper) -> None:
    """Dates of one chunk took its time together; it is not counted for each."""
    with shop.ledger() as ledger:
        ledger.record_attempts(
            [
                *(attempt(SHOP_DAYS, day(n), Verdict.PUBLISHED, seconds=3) for n in range(3)),
                attempt(COMPLETE_FEED, day(0), Verdict.PUBLISHED, seconds=5),
            ]
        )
    report = history(shop)
    assert [(seconds, len(members)) for seconds, members in report.slowest()] == [(5, 1), (3, 3)]
    text = spoken(history_text(report))
    assert "5.0 s complete_feed 2024-01-01 (1 date)" in text
    assert "3.0 s shop_days 2024-01-01 … 2024-01-03 (3 dates together)" in text


def test_text_shows_the_trend_the_worst_dates_and_the_verdicts(troubled: Shopkeeper) -> None:
    text = spoken(history_text(history(troubled), limit=1))
    assert "██████▄███" in text
    assert "9 ● published 3 ✗ refused" in text
    assert "✗ refused shop_days 2024-01-07 5/9 55.6 % 2 attempts known as ○ missing" in text
    assert "more; --limit shows them" in text
    assert "gapless explain shop_days 2024-01-07" in text


def test_data_of_the_history_are_json(troubled: Shopkeeper) -> None:
    data = json.loads(json.dumps(history(troubled).as_data()))
    assert data["tables"][SHOP_DAYS]["verdicts"] == {"published": 9, "refused": 3}
    [row] = [p for p in data["partitions"] if (p["table"], p["date"]) == (SHOP_DAYS, "2024-01-05")]
    assert [tried["verdict"] for tried in row["tries"]] == ["refused", "published"]


# -- The failures view -----------------------------------------------------------------------


def test_failures_are_grouped_with_the_most_open_first(troubled: Shopkeeper) -> None:
    report = failures(troubled, tables=(SHOP_DAYS,))
    groups = [(g.partition, g.category.value, len(g.failures), g.open) for g in report.groups()]
    assert groups[0] == (day(6), "missing_upstream", 4, 4)
    assert (day(4), "missing_upstream", 3, 0) in groups
    assert (day(6), "excluded", 1, 0) in groups


def test_open_failures_are_neither_resolved_nor_exclusions(troubled: Shopkeeper) -> None:
    found = failures(troubled, only_open=True).failures
    assert {(one.partition, one.category.value) for one in found} == {(day(6), "missing_upstream")}


def test_old_failures_are_shown_while_they_are_open(troubled: Shopkeeper) -> None:
    """One that ended long ago is not; `--open` shows the others however old."""
    old = NOW - timedelta(days=400)
    with troubled.ledger() as ledger:
        known = [f for f in ledger.failures() if f.entity == "1"]
        ledger.record_failures(
            [
                Failure(
                    f.table, day(8 if f.resolved_at else 9), "77", old, old, f.category, True,
                    resolved_at=old if f.resolved_at else None,
                )
                for f in known
            ]
        )  # fmt: skip
    shown = {(one.partition, one.entity) for one in failures(troubled).failures}
    assert (day(9), "77") in shown
    assert (day(8), "77") not in shown


def test_text_names_the_keys_and_the_reason(troubled: Shopkeeper) -> None:
    text = spoken(failures_text(failures(troubled), 10))
    assert "shop_days 2024-01-07 4 missing upstream since 2024-12-31 12:00, open UTC" in text
    assert "Shop 01 (1), Shop 02 (2), Shop 03 (3), Shop 04 (4): no row of it in raw.sales" in text
    assert "3 missing upstream since 2024-12-31 12:00, resolved 2024-12-31 12:00 UTC" in text
    assert "Shop 10 (10): closed_for_good" in text
    assert "4 failures open" in text


def test_failures_of_a_date_that_failed_name_no_key(shop: Shopkeeper) -> None:
    poison = redefined(
        shop_pipeline(),
        SHOP_DAYS,
        "SELECT s.day, s.shop_id, o.name, o.region, error('x')::DOUBLE AS amount FROM sales AS s "
        f"JOIN opening_hours AS o USING (day, shop_id) WHERE s.day = {sql(4)}",
    )
    shop.using(poison).backfill(SHOP_DAYS, dates=[day(4)])
    text = spoken(failures_text(failures(shop), 10))
    assert "shop_days 2024-01-05 1 processing error" in text


def test_a_run_is_read_without_its_plan(troubled: Shopkeeper) -> None:
    """A plan of years is long, and the history needs none of it."""
    run = partition(history(troubled), SHOP_DAYS, 4).run
    assert isinstance(run, Run)
    assert run.plan == {}
