"""What is due once a day is due once on every day, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.due import Daily

NEW_YORK = "America/New_York"
FOUR = Daily(time(4), NEW_YORK)
ZONES = [
    NEW_YORK,
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # had no 30 December 2011
    "America/Havana",  # clocks change at midnight
    "Asia/Kathmandu",
    "America/St_Johns",
]
times = st.times(timezones=st.none())
dailies = st.builds(Daily, at=times, timezone=st.sampled_from(ZONES))
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "due"),
    [
        # Clocks go forward at 02:00 of 8 March 2026.
        (date(2026, 3, 7), "04:00", "2026-03-07T09:00"),
        (date(2026, 3, 8), "04:00", "2026-03-08T08:00"),
        (date(2026, 3, 8), "02:30", "2026-03-08T07:30"),  # there is no 02:30: it is 03:30
        (date(2026, 3, 9), "02:30", "2026-03-09T06:30"),
        # Clocks go back at 02:00 of 1 November 2026.
        (date(2026, 10, 31), "04:00", "2026-10-31T08:00"),
        (date(2026, 11, 1), "04:00", "2026-11-01T09:00"),
        (date(2026, 11, 1), "01:30", "2026-11-01T05:30"),  # the first of the two
        (date(2026, 11, 2), "01:30", "2026-11-02T06:30"),
    ],
)
def test_clock_changes(day: date, at: str, due: str) -> None:
    """On the days of 23 and of 25 hours it is due at the same time of the clock."""
    assert Daily(time.fromisoformat(at), NEW_YORK).on(day) == utc(due)


def test_repeated_hour_is_due_once() -> None:
    """Where the clock shows 01:30 twice, nothing is due at the second."""
    daily = Daily(time(1, 30), NEW_YORK)
    assert daily.next(utc("2026-11-01T05:30")) == utc("2026-11-02T06:30")
    assert daily.last(utc("2026-11-01T06:30")) == utc("2026-11-01T05:30")


def test_the_moment_itself_is_the_last() -> None:
    """At 04:00 sharp it is due, and next due tomorrow."""
    now = utc("2026-11-27T09:00")
    assert FOUR.last(now) == now
    assert FOUR.next(now) == utc("2026-11-28T09:00")
    assert FOUR.last(now - timedelta(microseconds=1)) == utc("2026-11-26T09:00")


def test_a_year_has_365_due_moments() -> None:
    """Going from one to the next through a year meets every date once, always at 04:00."""
    moment, met = utc("2026-01-01T00:00"), []
    while moment < utc("2027-01-01T00:00"):
        moment = FOUR.next(moment)
        met.append(moment.astimezone(ZoneInfo(NEW_YORK)))
    in_year = [due for due in met if due.year == 2026]
    assert {due.time() for due in in_year} == {time(4)}
    assert [due.date() for due in in_year] == [
        date(2026, 1, 1) + timedelta(days=number) for number in range(365)
    ]


@given(dailies, moments)
def test_now_lies_between_last_and_next(daily: Daily, now: datetime) -> None:
    """last ≤ now < next, and nothing is due in between."""
    last, following = daily.last(now), daily.next(now)
    assert last <= now < following
    assert daily.next(last) == following
    assert daily.last(following - timedelta(microseconds=1)) == last
    assert daily.last(following) == following


@given(dailies, moments)
def test_two_due_moments_are_about_a_day_apart(daily: Daily, now: datetime) -> None:
    """No change of clocks skips a day, or fires twice on one."""
    apart = daily.next(now) - daily.last(now)
    assert timedelta(hours=22, minutes=59) < apart < timedelta(hours=25, minutes=1)


@given(st.times(min_value=time(3), max_value=time(23)), moments)
def test_apscheduler_agrees_where_a_clock_shows_every_time_once(at: time, now: datetime) -> None:
    """Outside the hours that clocks jump over or repeat, a cron trigger fires at the same time."""
    cron = pytest.importorskip("apscheduler.triggers.cron")
    at = at.replace(microsecond=0)
    fires = cron.CronTrigger(
        hour=at.hour, minute=at.minute, second=at.second, timezone=ZoneInfo(NEW_YORK)
    )
    fired = fires.get_next_fire_time(None, now + timedelta(microseconds=1))
    assert Daily(at, NEW_YORK).next(now) == fired.astimezone(UTC)
