"""What row counts suggest without a reference, and what they must not suggest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from gapless.partitions import DateRange
from gapless.undeclared.guess import GuessReport, Hint, gaps
from gapless.undeclared.question import Question
from gapless.verbs.audit import audit
from gapless.wiring import open_tables
from support.undeclared import FIRST, TODAY, PlainFile, names

MONDAY = date(2024, 1, 1)
SUNDAY = 6


def days(count: int, *, leave: Callable[[date], bool] = lambda _: False) -> list[date]:
    """Return days from a Monday on, some left out."""
    listed = [MONDAY + timedelta(days=number) for number in range(count)]
    return [day for day in listed if not leave(day)]


def counted(plain: PlainFile, rows: str, dates: int = 100, where: str = "TRUE") -> GuessReport:
    """Guess of a table with so many rows on each of n days, from a Monday on."""
    plain.change(
        f"CREATE OR REPLACE TABLE visits AS SELECT DATE '{MONDAY}' + n::INTEGER AS day, guest "
        f"FROM range({dates}) AS days(n), range(400) AS guests(guest) "
        f"WHERE guest < ({rows}) AND ({where})"
    )
    return plain.guessed()


def found(report: GuessReport) -> list[tuple[Hint, str]]:
    return [(one.hint, str(one.span)) for one in report.suspicions]


def test_the_same_number_every_day_suggests_nothing_and_proves_nothing(plain: PlainFile) -> None:
    report = counted(plain, "100")
    assert (found(report), report.exit_code) == ([], 4)


def test_far_fewer_rows_than_the_neighbours_are_suspicious(plain: PlainFile) -> None:
    report = counted(plain, "if(n = 50, 1, 95 + n % 7)")
    assert found(report) == [(Hint.FEWER, str(MONDAY + timedelta(days=50)))]
    assert report.exit_code == 1
    assert report.suspicions[0].why == (
        "1 row; 98 are usual on the 28 dates around it, 96 on the 12 nearest Tuesdays"
    )


def test_far_more_rows_than_the_neighbours_are_suspicious(plain: PlainFile) -> None:
    report = counted(plain, "if(n = 50, 200, 95 + n % 7)")
    assert found(report) == [(Hint.MORE, str(MONDAY + timedelta(days=50)))]


def test_the_date_under_test_is_no_part_of_its_own_baseline(plain: PlainFile) -> None:
    """The median of an even number of neighbours; with the date itself they would be odd."""
    report = counted(plain, "if(n = 50, 390, if(n % 2 = 0, 90, 110))")
    [one] = [c for c in report.counted if c.rows == 390]
    assert (one.around.neighbours, one.weekday.neighbours) == (28, 12)
    others = [c.rows for c in report.counted if 0 < abs((c.day - one.day).days) <= 14]
    assert (min(others), max(others)) == (90, 110)
    # 14 dates of 90 and 14 of 110: the median of logarithms lies between them. With the date
    # itself it would be 110.
    assert one.around.rows == pytest.approx((90 * 110) ** 0.5)


def test_a_weekday_that_is_always_small_is_not_suspicious(plain: PlainFile) -> None:
    assert found(counted(plain, "if(n % 7 = 6, 10, 200 + n % 5)")) == []


def test_dates_that_differ_as_their_neighbours_do_are_not_suspicious(plain: PlainFile) -> None:
    assert found(counted(plain, "40 + n * 37 % 210")) == []


def test_the_threshold_is_what_little_difference_never_matters(plain: PlainFile) -> None:
    """Where all dates are alike to the row, 95 of 100 is unusual, but more than 0.9."""
    assert found(counted(plain, "if(n = 50, 95, 100)")) == []
    assert len(plain.guessed(at_least=0.99).suspicions) == 1


def test_a_short_table_has_too_few_neighbours(plain: PlainFile) -> None:
    report = counted(plain, "if(n = 4, 1, 100)", dates=8)
    assert (found(report), report.without_neighbours, report.exit_code) == ([], 8, 4)


def test_dates_without_rows_between_others_are_suspicious(plain: PlainFile) -> None:
    report = counted(plain, "100", where="n NOT IN (50, 51, 70)")
    assert found(report) == [
        (Hint.NO_ROWS, str(DateRange(MONDAY + timedelta(days=50), MONDAY + timedelta(days=51)))),
        (Hint.NO_ROWS, str(MONDAY + timedelta(days=70))),
    ]
    assert [one.dates for one in report.suspicions] == [2, 1]


def test_a_weekday_that_never_has_rows_is_not_missed() -> None:
    assert list(gaps(days(100, leave=lambda day: day.weekday() == SUNDAY))) == []


def test_around_such_a_weekday_only_the_others_are_missed() -> None:
    """Nothing from Saturday to Monday, in a table that never has anything on a Sunday."""
    hole = [MONDAY + timedelta(days=number) for number in (47, 48, 49)]
    [gap] = gaps(days(100, leave=lambda day: day.weekday() == SUNDAY or day in hole))
    assert (gap.span, gap.dates) == (DateRange(hole[0], hole[2]), 2)


def test_a_sunday_at_the_end_of_a_hole_is_no_part_of_it() -> None:
    hole = [MONDAY + timedelta(days=number) for number in (46, 47)]
    [gap] = gaps(days(100, leave=lambda day: day.weekday() == SUNDAY or day in hole))
    assert (gap.span, gap.dates) == (DateRange(*hole), 2)


def test_a_weekly_table_misses_a_week_not_the_days_between() -> None:
    mondays = [MONDAY + timedelta(weeks=week) for week in range(20) if week != 9]
    [gap] = gaps(mondays)
    assert gap.span == DateRange(MONDAY + timedelta(weeks=9), MONDAY + timedelta(weeks=9))
    assert "though Mondays usually have some" in gap.why


def test_a_long_hole_does_not_make_itself_usual() -> None:
    hole = range(50, 110)
    [gap] = gaps(days(160, leave=lambda day: (day - MONDAY).days in hole))
    assert gap.dates == 60


@pytest.mark.parametrize("listed", [[], [MONDAY], [MONDAY, MONDAY + timedelta(days=5)]])
def test_few_dates_say_nothing_about_what_is_usual(listed: list[date]) -> None:
    assert list(gaps(listed)) == []


def test_placeholders_at_the_ends_of_the_calendar_are_long_holes() -> None:
    """0001-01-01 and 9999-12-31 stand in real tables; what is beyond them is never asked for."""
    spans = [gap.span for gap in gaps([date.min, *days(100), date.max])]
    after = MONDAY + timedelta(days=100)
    assert spans == [
        DateRange(date.min + timedelta(days=1), MONDAY - timedelta(days=1)),
        DateRange(after, date.max - timedelta(days=1)),
    ]


def test_duplicates_are_a_fact_also_without_a_reference(plain: PlainFile) -> None:
    plain.change(
        f"INSERT INTO visits VALUES ('{FIRST}', 3), ('{FIRST}', NULL)",
        "INSERT INTO visits VALUES (NULL, 3)",
    )
    report = plain.guessed(key=("guest",))
    [one] = report.faulty
    assert (one.day, one.duplicates, one.keyless) == (FIRST, 1, 1)
    assert names(one.duplicate_names) == ["3 × 2"]
    assert (report.table_aside.undated, report.exit_code) == (1, 1)


def test_without_a_key_nothing_is_called_a_duplicate(plain: PlainFile) -> None:
    plain.change("INSERT INTO visits FROM visits", "INSERT INTO visits VALUES ('2024-03-01', NULL)")
    report = plain.guessed()
    assert (report.faulty, report.exit_code) == ((), 4)


def test_the_day_that_is_still_being_filled_is_left_out(plain: PlainFile) -> None:
    counted(plain, "if(n = 99, 1, 100)")
    last = MONDAY + timedelta(days=99)
    report = plain.guessed(today=last)
    assert (found(report), report.later, report.counted[-1].day) == (
        [],
        1,
        last - timedelta(days=1),
    )
    assert found(plain.guessed(today=last, last=last)) == [(Hint.FEWER, str(last))]


def test_an_empty_table_is_unknown(plain: PlainFile) -> None:
    plain.change("DELETE FROM visits")
    report = plain.guessed()
    assert (report.counted, report.exit_code) == ((), 4)
    assert report.as_data()["first_date"] is None


@pytest.mark.parametrize("dates", [10, 3000])
def test_one_query_counts_all_dates(plain: PlainFile, dates: int) -> None:
    counted(plain, "3", dates=dates)
    with open_tables(str(plain.file)) as tables:
        audit(tables, Question("visits", "day", TODAY))
        assert tables.statements == 2


def test_data_for_programs_says_that_it_is_a_guess(plain: PlainFile) -> None:
    data = counted(plain, "100", where="n <> 50").as_data()
    assert data["guess"] is True
    assert data["reference"] is None
    [suspicion] = data["suspicions"]
    assert (suspicion["hint"], suspicion["first_date"]) == ("no rows", "2024-02-20")
