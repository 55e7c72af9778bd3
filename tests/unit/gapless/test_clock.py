"""Which date is today depends on where the pipeline lives, also on the days the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gapless.clock import Clock

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("moment", "zone", "today"),
    [
        ("2023-02-24T04:59:59+00:00", NEW_YORK, date(2023, 2, 23)),
        ("2023-02-24T05:00:00+00:00", NEW_YORK, date(2023, 2, 24)),
        ("2023-02-24T05:00:00+00:00", "UTC", date(2023, 2, 24)),
        ("2023-02-24T05:00:00+00:00", "Pacific/Honolulu", date(2023, 2, 23)),
        ("2023-02-23T12:00:00+00:00", "Pacific/Kiritimati", date(2023, 2, 24)),
    ],
)
def test_today_by_zone(moment: str, zone: str, today: date) -> None:
    """The same moment is another date elsewhere."""
    assert Clock.fixed(datetime.fromisoformat(moment)).today(zone) == today


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        # Clocks go forward at 02:00 of 12 March 2023: that day has 23 hours.
        ("2023-03-12T04:59:59+00:00", date(2023, 3, 11)),
        ("2023-03-12T05:00:00+00:00", date(2023, 3, 12)),
        ("2023-03-12T06:59:59+00:00", date(2023, 3, 12)),
        ("2023-03-12T07:00:00+00:00", date(2023, 3, 12)),
        ("2023-03-13T03:59:59+00:00", date(2023, 3, 12)),
        ("2023-03-13T04:00:00+00:00", date(2023, 3, 13)),
        # Clocks go back at 02:00 of 5 November 2023: that day has 25 hours.
        ("2023-11-05T03:59:59+00:00", date(2023, 11, 4)),
        ("2023-11-05T04:00:00+00:00", date(2023, 11, 5)),
        ("2023-11-05T05:59:59+00:00", date(2023, 11, 5)),
        ("2023-11-05T06:00:00+00:00", date(2023, 11, 5)),
        ("2023-11-06T04:59:59+00:00", date(2023, 11, 5)),
        ("2023-11-06T05:00:00+00:00", date(2023, 11, 6)),
    ],
)
def test_clock_changes(moment: str, today: date) -> None:
    """On the days of 23 and of 25 hours the date changes at midnight of New York."""
    assert Clock.fixed(datetime.fromisoformat(moment)).today(NEW_YORK) == today


def test_now_is_in_utc() -> None:
    """Whatever zone the clock shows, now is the same moment in UTC."""
    zone = timezone(timedelta(hours=-5))
    now = Clock.fixed(datetime(2023, 2, 23, 20, tzinfo=zone)).now()
    assert now == datetime(2023, 2, 24, 1, tzinfo=UTC)
    assert now.tzinfo is UTC


def test_system_clock() -> None:
    """Unless told otherwise the clock is the system's, and goes on."""
    before = datetime.now(UTC)
    clock = Clock()
    assert before <= clock.now() <= clock.now() <= datetime.now(UTC)
