"""A cleaning that did not run is found by its absence, and an unusual one by the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.due import Daily
from gapless.errors import UsageError
from gapless.ledger.cleanings import Cleaning, Purpose
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.check_schedule import GRACE, Punctuality, ScheduleReport, check_schedule
from support.cleanings import a_cleaning, every_day, forgetful_shop, partial
from support.shop import shop_pipeline

FOUR = Daily(time(4), "America/New_York")
SHOP = forgetful_shop()
TODAY = date(2026, 11, 27)
DUE = FOUR.on(TODAY)
NOON = DUE + timedelta(hours=8)
BEFORE = every_day(FOUR, TODAY - timedelta(days=40), 40)
"""Cleanings up to yesterday's."""

Check = Callable[..., ScheduleReport]


@pytest.fixture
def check(tmp_path: Path) -> Iterator[Check]:
    """Return a function that records cleanings and checks the schedule."""
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.open()

    def check(cleanings: list[Cleaning], now: datetime = NOON) -> ScheduleReport:
        for cleaning in cleanings:
            ledger.record_cleaning(cleaning)
        return check_schedule(SHOP, ledger, FOUR, now)

    yield check
    ledger.close()


class TestPunctuality:
    def test_done_today(self, check: Check) -> None:
        """After today's cleaning nobody has to look, until tomorrow."""
        report = check([*BEFORE, a_cleaning(DUE)])
        assert (report.punctuality, report.exit_code) == (Punctuality.ON_TIME, 0)
        assert not report.needed
        assert report.next_due == DUE + timedelta(days=1)
        assert report.warnings == ()

    def test_missed(self, check: Check) -> None:
        """Yesterday's is not today's."""
        report = check(BEFORE)
        assert (report.punctuality, report.exit_code) == (Punctuality.OVERDUE, 1)
        assert report.needed
        assert "due 2026-11-27 04:00 EST has not begun" in report.reason
        assert "the last that succeeded began 2026-11-26 04:00 EST" in report.reason

    def test_grace(self, check: Check) -> None:
        """Up to two hours after 04:00 it may still come; a second later it is overdue."""
        assert check(BEFORE, DUE + GRACE).punctuality is Punctuality.DUE
        assert check([], DUE + GRACE).exit_code == 0
        assert check([], DUE + GRACE + timedelta(seconds=1)).exit_code == 1

    def test_grace_does_not_excuse_an_earlier_one(self, check: Check) -> None:
        """At 04:01 the one that was missed yesterday is still missed."""
        report = check(BEFORE[:-1], DUE + timedelta(minutes=1))
        assert report.punctuality is Punctuality.OVERDUE

    def test_never(self, check: Check) -> None:
        """A cleanup that was never deployed is overdue."""
        report = check([])
        assert (report.punctuality, report.needed) == (Punctuality.OVERDUE, True)
        assert "none has ever succeeded" in report.reason

    def test_no_ledger(self) -> None:
        """Where nothing has been run, nothing has been cleaned."""
        assert check_schedule(SHOP, None, FOUR, NOON).exit_code == 1

    def test_failed(self, check: Check) -> None:
        """One that ran and left something undone is an alarm at once, with what was not done."""
        failed = a_cleaning(DUE, exit_code=1, problems=("mart.outlook 2026-11-20: no space",))
        report = check([*BEFORE, failed], DUE + timedelta(minutes=5))
        assert (report.punctuality, report.exit_code) == (Punctuality.FAILED, 1)
        assert "mart.outlook 2026-11-20: no space" in report.reason
        assert report.needed

    def test_done_in_spite_of_an_earlier_failure(self, check: Check) -> None:
        """What failed at 04:00 and succeeded at 05:00 is done."""
        hour = timedelta(hours=1)
        report = check([*BEFORE, a_cleaning(DUE, exit_code=1), a_cleaning(DUE + hour)])
        assert report.punctuality is Punctuality.ON_TIME

    def test_died(self, check: Check) -> None:
        """One that began and never ended is awaited during its grace, and then overdue."""
        cleanings = [*BEFORE, a_cleaning(DUE, exit_code=None)]
        assert check(cleanings, DUE + timedelta(hours=1)).punctuality is Punctuality.DUE
        report = check([])
        assert report.punctuality is Punctuality.OVERDUE
        assert "began and has not ended" in report.reason

    def test_before_it_is_due(self, check: Check) -> None:
        """At 03:59 yesterday's still counts."""
        report = check(BEFORE, DUE - timedelta(minutes=1))
        assert report.punctuality is Punctuality.ON_TIME


class TestWhatDoesNotCount:
    def test_some_tables(self, check: Check) -> None:
        """Cleaning one table, or with other days, is not the daily cleaning."""
        assert check([*BEFORE, partial(a_cleaning(DUE))]).exit_code == 1

    def test_another_pipeline(self, check: Check) -> None:
        """Several pipelines may share a ledger."""
        assert check([*BEFORE, replace(a_cleaning(DUE), pipeline="other")]).exit_code == 1

    def test_restore(self, check: Check) -> None:
        """A restore removes nothing."""
        assert check([*BEFORE, replace(a_cleaning(DUE), purpose=Purpose.RESTORE)]).exit_code == 1

    def test_the_future(self, check: Check) -> None:
        """A replay that recorded a cleaning of next year does not silence the alarm until then."""
        assert check([*BEFORE, a_cleaning(DUE + timedelta(days=365))]).exit_code == 1

    def test_nothing_to_clean(self, tmp_path: Path) -> None:
        """An alarm that could never ring is refused."""
        ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        with pytest.raises(UsageError, match="No table of the pipeline shop has a retention"):
            check_schedule(shop_pipeline(), ledger, FOUR, NOON)


class TestUnusual:
    def test_far_more(self, check: Check) -> None:
        """Three times the most is usual; a row more is a warning, and no failure."""
        assert check([*BEFORE, a_cleaning(DUE, deleted=300)]).warnings == ()
        report = check([a_cleaning(DUE, deleted=301)])
        assert report.exit_code == 0
        assert report.warnings == (
            "the newest cleaning removed 301 rows; the 30 earlier ones at most 100",
        )

    def test_not_in_its_own_baseline(self, check: Check) -> None:
        """A flood is compared with what came before it, and the day after with the flood."""
        flood = a_cleaning(DUE, deleted=100_000)
        assert check([*BEFORE, flood]).warnings
        following = a_cleaning(DUE + timedelta(days=1), deleted=100)
        assert check([following], NOON + timedelta(days=1)).warnings == ()

    def test_nothing_after_a_season(self, check: Check) -> None:
        """Out of season there is nothing to remove, and the first week of the next is usual."""
        summer = every_day(FOUR, TODAY - timedelta(days=100), 60, deleted=0)
        assert check([*summer, a_cleaning(DUE, deleted=0)]).warnings == ()
        assert check([*BEFORE, a_cleaning(DUE, deleted=110)]).warnings == ()

    def test_keeps_what_it_should_remove(self, check: Check) -> None:
        """A cleaning that finds the rows and leaves them shows by what it keeps."""
        report = check([*BEFORE, a_cleaning(DUE, deleted=0, kept=90)])
        assert report.warnings == (
            "the newest cleaning kept 90 rows past their retention; the 30 earlier ones none",
        )

    def test_too_few_to_compare(self, check: Check) -> None:
        """With four earlier ones nobody can say what is usual."""
        assert check([*BEFORE[-4:], a_cleaning(DUE, deleted=9999, kept=99)]).warnings == ()


@settings(max_examples=30, deadline=None)
@given(
    missed=st.sets(st.integers(0, 9)),
    now=st.datetimes(datetime(2026, 3, 5), datetime(2026, 3, 14), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_late_exactly_when_one_is_missing(
    tmp_path_factory: pytest.TempPathFactory, missed: set[int], now: datetime
) -> None:
    """Around a change of clocks: late if the newest due one was missed, its grace apart."""
    days = [date(2026, 3, 4) + timedelta(days=number) for number in range(10)]
    made = [FOUR.on(day) for number, day in enumerate(days) if number not in missed]
    ledger = SqlLedger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}")
    ledger.open()
    for due in made:
        ledger.record_cleaning(a_cleaning(due))
    report = check_schedule(SHOP, ledger, FOUR, now)
    ledger.close()
    dues = [FOUR.on(day) for day in days]
    past = max(due for due in [FOUR.on(date(2026, 3, 3)), *dues] if due <= now - GRACE)
    newest = max(due for due in dues if due <= now)
    # Within the grace of the newest one the one before it counts; done is done.
    assert report.late == (newest not in made and past not in made)
