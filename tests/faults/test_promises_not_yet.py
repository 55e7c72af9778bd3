"""Traps of section 10: a date that is not closed yet raises no alarm and overwrites nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gapless import Pipeline, first_sufficient, keys_of, same_date
from gapless.clock import Clock
from gapless.declare.tables import Source
from gapless.plan.build import Action
from gapless.plan.states import Standing, State
from gapless.preflight.examine import Preflight
from gapless.report.status import status_text
from gapless.run.report import RunReport
from gapless.verbs.backfill import BackfillOptions, backfill, plan, preflight
from gapless.verbs.explain import explain
from gapless.verbs.selection import Selection, look
from gapless.verbs.status import StatusReport, status
from gapless.verbs.validate import validate
from gapless.verbs.workspace import Workspace
from support.shop import insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    outcomes,
    result,
    sql,
)

SALES = "raw.sales"
LAST = 9
NIGHT = datetime(2024, 1, 11, 2, tzinfo=UTC)
"""Two hours after day 9 has ended."""
MORNING = datetime(2024, 1, 11, 6, tzinfo=UTC)
"""The hour at which it is closed."""


def settling(pipeline: Pipeline, *names: str, hours: int = 6) -> Pipeline:
    """Let some tables be closed only hours after their date has ended."""
    for name in names:
        source = pipeline.tables[name]
        assert isinstance(source, Source)
        pipeline.tables[name] = replace(source, settle=timedelta(hours=hours))
    return pipeline


@dataclass
class Night:
    """The shop as it is seen at some hour of a night."""

    shop: Shopkeeper
    now: datetime = NIGHT

    @contextmanager
    def _opened(self) -> Iterator[Workspace]:
        with self.shop.opened() as workspace:
            yield replace(workspace, clock=Clock.fixed(self.now))

    def at(self, now: datetime) -> Night:
        return Night(self.shop, now)

    def standing(self, table: str, number: int) -> Standing:
        with self._opened() as workspace:
            return look(workspace, Selection())[0].of(table, day(number))

    def backfill(self, selection: Selection | None = None, force: str | None = None) -> RunReport:
        options = BackfillOptions(force_reason=force)
        with self._opened() as workspace:
            return backfill(workspace, selection or Selection(), options).report

    def status(self, selection: Selection | None = None) -> StatusReport:
        with self._opened() as workspace:
            return status(workspace, selection or Selection())

    def preflight(self, selection: Selection | None = None) -> Preflight:
        with self._opened() as workspace:
            return preflight(workspace, selection or Selection())


@pytest.fixture
def night(shop: Shopkeeper) -> Night:
    """Two hours after the end of the last day; its sales are coming in, nothing is computed."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(LAST)} AND shop_id > 4")
    return Night(shop.using(settling(shop_pipeline(), SALES)))


NAMED = Selection(dates=[day(LAST)])


def test_a_source_is_not_closed_before_its_delay_is_over(night: Night) -> None:
    """Rows or not, right or wrong: nothing is said of them before."""
    standing = night.standing(SALES, LAST)
    assert (standing.state, standing.due_at) == (State.BLOCKED, MORNING)
    assert standing.reason == "not closed before 2024-01-11 06:00 UTC"
    assert night.standing(SALES, LAST - 1).state is State.COMPLETE
    assert night.at(MORNING).standing(SALES, LAST).state is State.PARTIAL


def test_the_hour_at_which_it_closes_belongs_to_the_closed(night: Night) -> None:
    """One moment before it is open, at the hour it is closed."""
    before = night.at(MORNING - timedelta(microseconds=1))
    assert before.standing(SALES, LAST).due_at == MORNING
    assert night.at(MORNING).standing(SALES, LAST).due_at is None


def test_what_needs_it_is_not_yet_due_either(night: Night) -> None:
    """Through every table between, with the hour."""
    standing = night.standing(COMPLETE_FEED, LAST)
    assert (standing.state, standing.due_at) == (State.BLOCKED, MORNING)
    assert standing.cause == (SALES, day(LAST))
    assert (standing.not_yet, standing.shown) == (True, "not_yet")


def test_a_run_of_everything_does_the_rest_and_is_done(night: Night) -> None:
    """Nobody asked for the last day, so its hour is no failure; every other date is published."""
    report = night.backfill()
    assert report.exit_code == 0
    assert outcomes(report, SHOP_DAYS) == {
        **dict.fromkeys(range(LAST), "published"),
        LAST: "not_yet",
    }
    assert night.shop.attempts(SHOP_DAYS, LAST) == []
    assert night.shop.shops(SHOP_DAYS, LAST) == []


def test_a_run_that_names_the_date_is_not_done(night: Night) -> None:
    """Who asks for this very date wants to know that it was not computed, and why."""
    report = night.backfill(NAMED)
    found = result(report, SHOP_DAYS, LAST)
    assert (report.exit_code, found.outcome) == (1, "blocked")
    assert "not closed before 2024-01-11 06:00 UTC" in found.reason


def test_a_season_names_no_date(night: Night) -> None:
    """The nightly run of a season is no alarm either."""
    assert night.backfill(Selection(season="2024")).exit_code == 0
    assert night.status(Selection(season="2024")).exit_code == 0


def test_status_tells_not_yet_from_wrong(night: Night) -> None:
    """Apart from what is wrong, and 1 only where the date was named."""
    night.backfill()
    report = night.status()
    assert report.exit_code == 0
    assert report.counts(SHOP_DAYS) == {State.COMPLETE: LAST, "not_yet": 1}
    assert [(s.state, s.span.first) for s in report.stretches() if s.table == SHOP_DAYS] == [
        ("not_yet", day(LAST))
    ]
    assert night.status(NAMED).exit_code == 1
    *_, conclusion = status_text(report)
    assert str(conclusion) == (
        "● everything selected is done; 3 partitions not due before 2024-01-11 06:00 UTC"
    )
    shown = {(one["table"], one["date"]): one for one in report.as_data()["partitions"]}
    assert shown[SHOP_DAYS, str(day(LAST))]["due_at"] == MORNING.isoformat()


def test_something_wrong_is_not_hidden_by_the_hour(night: Night) -> None:
    """A hole in the window is reported as one, although the date itself is not closed."""
    night.backfill()
    night.shop.change(f"DELETE FROM raw.sales WHERE day = {sql(5)}")
    standing = night.standing(DAILY_SUMMARY, LAST)
    assert (standing.due_at, standing.cause) == (None, (SALES, day(5)))
    assert night.backfill().exit_code == 1


def test_what_is_published_is_kept_until_the_date_is_closed(night: Night) -> None:
    """A good partition is not replaced by what has come in so far, nor called wrong."""
    shop = night.shop
    shop.change("UPDATE raw.sales SET closed = TRUE")
    assert night.at(MORNING).backfill().exit_code == 0
    before = shop.table(SHOP_DAYS, LAST)
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(LAST)} AND shop_id > 1")
    report = night.backfill()
    assert (report.exit_code, result(report, SHOP_DAYS, LAST).outcome) == (0, "not_yet")
    assert shop.table(SHOP_DAYS, LAST) == before
    standing = night.standing(SHOP_DAYS, LAST)
    assert (standing.not_yet, standing.version) == (True, 1)


def test_it_is_computed_once_it_is_closed(night: Night) -> None:
    """The same command in the morning does exactly the rest."""
    night.backfill()
    night.shop.change("UPDATE raw.sales SET closed = TRUE")
    report = night.at(MORNING).backfill()
    assert report.exit_code == 0
    assert {(one.table, one.partition) for one in report.results if one.outcome == "published"} == {
        (table, day(LAST)) for table in (SHOP_DAYS, COMPLETE_FEED, DAILY_SUMMARY)
    }


def test_force_may_be_sooner_and_is_waived(night: Night) -> None:
    """Somebody may know that nothing more comes; the partition stays waived for that."""
    report = night.backfill(Selection([SHOP_DAYS], dates=[day(LAST)]), force="the tills are all in")
    assert result(report, SHOP_DAYS, LAST).state is State.WAIVED


def test_a_choice_waits_for_each_of_its_sources(shop: Shopkeeper) -> None:
    """A source that might still fill up is not passed over for want of an hour."""
    shop.change(*insert_fast_feed(day(LAST), [1, 2, 3]))
    night = Night(shop.using(settling(shop_pipeline(), "raw.fast_feed")))
    report = night.backfill()
    assert report.exit_code == 0
    assert result(report, SHOP_DAYS, LAST).outcome == "published"
    assert result(report, DAILY_SUMMARY, LAST).outcome == "not_yet"
    shop.change(*insert_fast_feed(day(LAST), range(4, 10)))
    night.at(MORNING).backfill()
    origins = shop.rows(f"SELECT DISTINCT origin FROM {DAILY_SUMMARY} WHERE day = {sql(LAST)}")
    assert origins == [("fast",)]


def test_a_plan_says_not_yet_and_from_when_on(night: Night) -> None:
    """As a step that is blocked, with the hour at which it can be computed."""
    with night._opened() as workspace:
        made, _ = plan(workspace, Selection())
    [step] = made.of(SHOP_DAYS, Action.BLOCK)
    assert (step.partition, step.due_at, step.shown) == (day(LAST), MORNING, "not_yet")
    assert json.loads(json.dumps(step.as_data()))["due_at"] == MORNING.isoformat()


def test_explain_says_from_when_on(night: Night) -> None:
    """The next step is the ordinary command, after the hour."""
    with night._opened() as workspace:
        story = explain(workspace, SHOP_DAYS, day(LAST))
    assert story.next_step.endswith("# from 2024-01-11 06:00 UTC on")


def test_validation_does_not_call_it_wrong(night: Night) -> None:
    """What is coming in is not measured; the date is reported as not closed."""
    night.backfill()
    with night._opened() as workspace:
        report = validate(workspace, Selection())
    assert report.exit_code == 0
    assert {(f.code, f.table) for f in report.findings if f.dates == [day(LAST)]} >= {
        ("not_yet", SALES),
        ("not_yet", SHOP_DAYS),
    }


@pytest.mark.parametrize(
    ("date_", "closes"),
    [
        (date(2023, 3, 10), "2023-03-11T11:00"),
        (date(2023, 3, 11), "2023-03-12T11:00"),
        (date(2023, 3, 12), "2023-03-13T10:00"),
        (date(2023, 11, 4), "2023-11-05T10:00"),
        (date(2023, 11, 5), "2023-11-06T11:00"),
    ],
)
def test_six_hours_are_six_hours_when_clocks_change(date_: date, closes: str) -> None:
    """The date ends by the clock on the wall; what passes after that is counted in hours."""
    source = Source("raw.x", ("x",), settle=timedelta(hours=6))
    found = source.closes_at(date_, "America/New_York")
    assert found == datetime.fromisoformat(closes).replace(tzinfo=UTC)


def test_without_a_delay_a_date_is_closed_when_it_ends(shop: Shopkeeper) -> None:
    """Sources that declare none are as they were."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(LAST)}")
    midnight = Night(shop, datetime(2024, 1, 11, tzinfo=UTC))
    assert midnight.standing(SALES, LAST).state is State.PARTIAL
    assert midnight.backfill().exit_code == 1


def test_a_site_of_its_own(tmp_path: Path) -> None:
    """The delay is declared with the source."""
    pipeline = Pipeline("own", partition="day", timezone="UTC")
    hours = pipeline.source("raw.opening_hours", key="shop_id", trusted=True)
    pipeline.calendar(hours, season="season")
    sales = pipeline.source("raw.sales", key="shop_id", settle=timedelta(hours=6))
    other = pipeline.source("raw.fast_feed", key="shop_id")
    pipeline.derived(
        SHOP_DAYS,
        key="shop_id",
        sql="SELECT day, shop_id FROM feed",
        inputs={"feed": first_sufficient(sales, other, at_least=0.9)},
        expected=keys_of(hours, exclude={"closed": "closed_for_good"}),
    )
    assert same_date(sales).table.settle == timedelta(hours=6)  # type: ignore[attr-defined]
    night = Night(Shopkeeper.on_new_shop(tmp_path / "shop").using(pipeline))
    assert night.standing(SHOP_DAYS, LAST).not_yet
