"""The calendar says which dates have anything, and proves why the others have not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from gapless.declare.calendar import Calendar, CalendarDeclaration, DayKind
from gapless.declare.tables import Source, days_of_season
from gapless.errors import PreflightRefused
from gapless.partitions import DateRange

ROOT = Source("raw.schedule", ("game_id",), trusted=True)
ROWS = [
    (date(2023, 4, 9), "2022-23", 15),
    (date(2022, 10, 18), "2022-23", 2),
    (date(2023, 10, 24), "2023-24", 2),
    (date(2022, 10, 20), "2022-23", 3),
    (date(2023, 10, 26), "2023-24", 7),
]
"""Two seasons, in no order."""


def calendar(starts: Mapping[str, date] | None = None, unit: str = "game") -> Calendar:
    """Return the calendar of `ROWS`."""
    declared = CalendarDeclaration(ROOT, "season", starts or {}, unit)
    return Calendar.from_rows(ROWS, declared)


EMPTY = Calendar.from_rows([], CalendarDeclaration(ROOT, "season"))


class TestSeasons:
    def test_dates_oldest_first(self) -> None:
        """The order of the rows does not matter."""
        assert calendar().ordered == sorted(day for day, _, _ in ROWS)

    def test_season_starts_on_its_first_date(self) -> None:
        """Without a declared start a season begins with its first date, which is its day 0."""
        facts = calendar().dates[date(2023, 10, 26)]
        assert facts.season_start == date(2023, 10, 24)
        assert facts.day_of_season == 2
        assert calendar().dates[date(2023, 10, 24)].day_of_season == 0

    def test_declared_start(self) -> None:
        """A declared start counts, also for the days of the season."""
        known = calendar({"2023-24": date(2023, 10, 20)})
        facts = known.dates[date(2023, 10, 24)]
        assert facts.season_start == date(2023, 10, 20)
        assert facts.day_of_season == 4

    def test_dates_before_the_declared_start(self) -> None:
        """A date before the declared start of its season proves nothing."""
        with pytest.raises(PreflightRefused, match="starts on 2023-10-26"):
            calendar({"2023-24": date(2023, 10, 26)})

    def test_previous_season(self) -> None:
        """A date knows when the season before its own began; the first season has none before."""
        known = calendar()
        assert known.dates[date(2023, 10, 24)].previous_season_start == date(2022, 10, 18)
        assert known.dates[date(2022, 10, 20)].previous_season_start is None

    def test_seasons_sum_up_their_dates(self) -> None:
        """A season knows its last date, its dates and its units."""
        season = calendar().seasons["2022-23"]
        assert (season.start, season.last) == (date(2022, 10, 18), date(2023, 4, 9))
        assert (season.dates, season.units) == (3, 20)

    def test_seasons_oldest_first(self) -> None:
        """Seasons are listed by time, not by name."""
        rows = [(date(2024, 1, 1), "a", 1), (date(2023, 1, 1), "b", 1)]
        known = Calendar.from_rows(rows, CalendarDeclaration(ROOT, "season"))
        assert list(known.seasons) == ["b", "a"]

    def test_units_of_a_date(self) -> None:
        """A date knows how many units it has."""
        assert calendar().dates[date(2022, 10, 20)].units == 3

    def test_date_in_two_seasons(self) -> None:
        """A date that two seasons claim proves nothing."""
        rows = [(date(2024, 1, 1), "cup", 2), (date(2024, 1, 1), "league", 3)]
        with pytest.raises(PreflightRefused, match="two seasons, cup and league"):
            Calendar.from_rows(rows, CalendarDeclaration(ROOT, "season"))


class TestKinds:
    @pytest.mark.parametrize(
        ("day", "kind"),
        [
            (date(2022, 10, 17), DayKind.OUTSIDE),
            (date(2022, 10, 18), DayKind.SCHEDULED),
            (date(2022, 10, 19), DayKind.EMPTY),
            (date(2023, 7, 1), DayKind.EMPTY),
            (date(2023, 10, 26), DayKind.SCHEDULED),
            (date(2023, 10, 27), DayKind.OUTSIDE),
        ],
    )
    def test_kind_of_a_date(self, day: date, kind: DayKind) -> None:
        """Between the first and the last known date emptiness is proved, beyond them it is not."""
        assert calendar().kind(day) is kind

    def test_empty_calendar_proves_nothing(self) -> None:
        """A calendar without dates calls no date empty."""
        assert EMPTY.kind(date(2023, 1, 1)) is DayKind.OUTSIDE
        assert EMPTY.extent is None

    def test_extent(self) -> None:
        """The extent reaches from the first to the last scheduled date."""
        assert calendar().extent == DateRange(date(2022, 10, 18), date(2023, 10, 26))


class TestWhyEmpty:
    def test_pause_within_a_season(self) -> None:
        """A pause is proved by its neighbours, in the calendar's own unit."""
        why = calendar().why_empty(date(2023, 2, 18))
        assert why == "no games scheduled between 2022-10-20 and 2023-04-09"

    def test_off_season(self) -> None:
        """Between two seasons it is the off-season."""
        why = calendar().why_empty(date(2023, 7, 4))
        assert why == "off-season between 2023-04-09 and 2023-10-24"

    @pytest.mark.parametrize("day", [date(2000, 1, 1), date(2030, 1, 1)])
    def test_outside(self, day: date) -> None:
        """Beyond the calendar nothing is said but how far it reaches."""
        why = calendar().why_empty(day)
        assert why == "the calendar knows only 2022-10-18 … 2023-10-26"

    def test_no_calendar(self) -> None:
        """An empty calendar says so."""
        assert EMPTY.why_empty(date(2023, 1, 1)) == "the calendar holds no dates at all"


def test_between_is_inclusive() -> None:
    """Both ends of a range belong to it, and empty dates do not."""
    found = calendar().between(DateRange(date(2022, 10, 18), date(2022, 10, 20)))
    assert found == [date(2022, 10, 18), date(2022, 10, 20)]
    inside = DateRange(date(2022, 10, 19), date(2022, 10, 19))
    assert calendar().between(inside) == []


@pytest.mark.parametrize(("day_of_season", "warm"), [(0, True), (13, True), (14, False)])
def test_warm_up(day_of_season: int, warm: bool) -> None:
    """Fourteen days of warm-up are the days 0 to 13."""
    start = date(2024, 1, 1)
    rows = [(start, "s", 1), (start + timedelta(days=day_of_season), "s", 1)]
    known = Calendar.from_rows(rows, CalendarDeclaration(ROOT, "season"))
    facts = known.dates[start + timedelta(days=day_of_season)]
    assert days_of_season(14).holds(facts) is warm


def test_days_back_to_the_date_before() -> None:
    """A pause is counted from one scheduled date to the next; before the first there is none."""
    back = {day: calendar().days_since_previous(day) for day in calendar().ordered}
    assert list(back.values()) == [None, 2, 171, 198, 2]
