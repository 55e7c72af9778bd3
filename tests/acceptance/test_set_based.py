"""Work is done in sets: statements do not grow with dates, and looking writes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from acceptance.place import WAREHOUSE, Place
from acceptance.seasons import FEB_23, KEYS
from gapless.events import ChunkStarted, Event
from gapless.verbs.backfill import BackfillOptions, backfill, preflight
from gapless.verbs.selection import Selection
from gapless.verbs.status import status

MONTH = Selection(start_date=date(2021, 10, 19), end_date=date(2021, 11, 17))
SEASON = Selection(season="2022-23")
BOTH_SEASONS = Selection()


@pytest.fixture(scope="session")
def month_report(loaded_once: Place) -> dict[str, Any]:
    """What a backfill of one month said."""
    place = loaded_once.copy_to(loaded_once.folder.with_name("month"))
    days = ("--start-date", str(MONTH.start_date), "--end-date", str(MONTH.end_date))
    report: dict[str, Any] = place.json("backfill", *days)
    return report


def published(report: dict[str, Any]) -> int:
    return sum(result["outcome"] == "published" for result in report["results"])


def test_two_seasons_take_no_more_statements_than_a_month(
    month_report: dict[str, Any], backfill_report: dict[str, Any]
) -> None:
    """Where somebody was left out a table asks once more who and why, whatever the dates."""
    assert published(backfill_report) > 10 * published(month_report)
    assert backfill_report["statements"] <= month_report["statements"] + len(KEYS)


def test_planning_and_preflight_included_two_seasons_take_no_more_statements_than_a_season(
    loaded: Place,
) -> None:
    counts = []
    for selection in (SEASON, BOTH_SEASONS):
        with loaded.workspace() as workspace:
            before = workspace.warehouse.statements
            preflight(workspace, selection)
            counts.append(workspace.warehouse.statements - before)
    assert counts[1] <= counts[0]


def test_a_whole_backfill_is_one_chunk_for_each_table(loaded: Place) -> None:
    started: list[tuple[str, int]] = []

    def listen(event: Event) -> None:
        if isinstance(event, ChunkStarted):
            started.append((event.table, event.partitions))

    with loaded.workspace() as workspace:
        outcome = backfill(workspace, BOTH_SEASONS, listener=listen)
        everything = workspace.warehouse.statements
    assert {table for table, _ in started} == set(KEYS)
    assert len(started) == len(KEYS)
    assert sum(partitions for _, partitions in started) == 2821
    # Opening, planning, preflight and reconciliation included.
    assert everything - outcome.report.statements < 60
    assert outcome.report.statements < 25 * len(started)


def test_smaller_chunks_cost_statements_by_the_chunk_not_by_the_date(loaded: Place) -> None:
    chunks = 0

    def listen(event: Event) -> None:
        nonlocal chunks
        chunks += isinstance(event, ChunkStarted)

    with loaded.workspace() as workspace:
        outcome = backfill(workspace, MONTH, BackfillOptions(chunk_size=10), listener=listen)
    assert chunks == 4 * 3 + 5 * 2  # 30 dates with games, 16 of them after the warm-up
    assert outcome.report.statements < 25 * chunks


def test_a_run_with_nothing_to_do_sends_nothing_and_leaves_the_warehouse_file_as_it_was(
    whole: Place,
) -> None:
    before = whole.content()[WAREHOUSE]
    report = whole.json("backfill")
    assert (report["exit_code"], published(report)) == (0, 0)
    assert report["statements"] < 30
    assert whole.content()[WAREHOUSE] == before


def test_a_run_with_nothing_to_do_plans_in_a_handful_of_queries(whole: Place) -> None:
    with whole.workspace() as workspace:
        before = workspace.warehouse.statements
        backfill(workspace, BOTH_SEASONS)
        assert workspace.warehouse.statements - before < 30


def test_status_of_two_seasons_takes_a_handful_of_queries(whole_once: Place) -> None:
    with whole_once.workspace() as workspace:
        before = workspace.warehouse.statements
        status(workspace, BOTH_SEASONS)
        assert workspace.warehouse.statements - before < 30


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "player_composite_factors", "--dates", str(FEB_23), "--with-upstream"),
        ("preflight",),
        ("backfill", "--dry-run"),
        ("status",),
        ("explain", "player_composite_factors", str(FEB_23)),
    ],
    ids=" ".join,
)
def test_looking_writes_nothing_and_needs_no_right_to(
    loaded_once: Place, arguments: tuple[str, ...]
) -> None:
    """While another process reads, DuckDB lets nobody in who could write."""
    before = loaded_once.content()
    times = [file.stat().st_mtime_ns for file in (loaded_once.warehouse, loaded_once.ledger)]
    with duckdb.connect(str(loaded_once.warehouse), read_only=True):
        loaded_once.run(*arguments, code=None)
    assert loaded_once.content() == before
    after = [file.stat().st_mtime_ns for file in (loaded_once.warehouse, loaded_once.ledger)]
    assert after == times


def test_a_backfill_is_refused_while_another_process_reads(loaded_once: Place) -> None:
    """Which is what makes the test above mean something."""
    with duckdb.connect(str(loaded_once.warehouse), read_only=True):
        assert "in use" in loaded_once.run("backfill", code=3).complaint


def test_a_plan_calls_nothing_blocked_that_it_is_going_to_compute(loaded_once: Place) -> None:
    answer = loaded_once.run("plan")
    assert "x blocked" not in answer.text, "after an upstream table of the same run, not blocked"
    assert len(answer.stdout.splitlines()) < 40


def test_a_dry_run_prints_the_plan_and_says_that_it_changed_nothing(loaded_once: Place) -> None:
    days = ("--start-date", str(MONTH.start_date), "--end-date", str(MONTH.end_date))
    planned = loaded_once.json("plan", *days)
    assert loaded_once.json("backfill", *days, "--dry-run") == planned
    text = loaded_once.run("backfill", *days, "--dry-run").text
    assert "would compute" in text
    assert "nothing was changed" in text
