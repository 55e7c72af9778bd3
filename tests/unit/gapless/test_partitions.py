"""Dates: what a user types, inclusive ranges, chunks, and ranges joined for display."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.errors import UsageError
from gapless.partitions import DateRange, Path, chunked, parse_date, path_of, spans

DAYS = st.dates(date(2024, 2, 20), date(2024, 3, 10))


def day(number: int) -> date:
    """Return a day of January."""
    return date(2024, 1, number)


class TestPaths:
    def test_yesterday_has_been_played_out(self) -> None:
        """Dates before today are historical."""
        assert path_of(day(1), today=day(2)) is Path.HISTORICAL

    @pytest.mark.parametrize("number", [2, 3])
    def test_today_is_still_to_come(self, number: int) -> None:
        """Today may not be over yet, so it is upcoming like tomorrow."""
        assert path_of(day(number), today=day(2)) is Path.UPCOMING


class TestParsing:
    def test_iso_date(self) -> None:
        """A date is written as in ISO 8601, with spaces around it or not."""
        assert parse_date(" 2023-02-23 ") == date(2023, 2, 23)

    @pytest.mark.parametrize("text", ["2023-02-30", "23.02.2023", "yesterday", "", "2023-2-3"])
    def test_no_date(self, text: str) -> None:
        """What is no date of the calendar is refused with how to write one."""
        with pytest.raises(UsageError) as caught:
            parse_date(text)
        assert str(caught.value) == (
            f"{text!r} is not a date; write it as YYYY-MM-DD, e.g. 2023-02-23."
        )

    def test_where_it_was_given(self) -> None:
        """The refusal says where the text came from."""
        with pytest.raises(UsageError, match=r"'x' is not a date \(--start-date\);"):
            parse_date("x", where="--start-date")


class TestRanges:
    def test_inclusive_on_both_sides(self) -> None:
        """The first and the last date belong to a range."""
        span = DateRange(day(30), date(2024, 2, 1))
        assert list(span) == [day(30), day(31), date(2024, 2, 1)]
        assert len(span) == 3
        assert day(30) in span
        assert date(2024, 2, 1) in span
        assert day(29) not in span

    def test_one_date(self) -> None:
        """A range may be one date, and is then written as one."""
        assert str(DateRange(day(1), day(1))) == "2024-01-01"
        assert str(DateRange(day(1), day(2))) == "2024-01-01 … 2024-01-02"

    def test_backwards(self) -> None:
        """A range that ends before it begins is refused, not read as nothing."""
        with pytest.raises(UsageError, match=r"starts on 2024-01-02 and ends on 2024-01-01"):
            DateRange(day(2), day(1))

    def test_other_things_are_outside(self) -> None:
        """Something that is no date lies in no range."""
        assert "2024-01-01" not in DateRange(day(1), day(2))


class TestChunks:
    @given(st.lists(DAYS, unique=True).map(sorted), st.integers(1, 7))
    def test_nothing_lost(self, days: list[date], size: int) -> None:
        """Chunks hold every date once, in order, and only the last is smaller."""
        chunks = chunked(days, size)
        assert [one for chunk in chunks for one in chunk] == days
        assert all(len(chunk) == size for chunk in chunks[:-1])
        assert all(0 < len(chunk) <= size for chunk in chunks)


class TestSpans:
    @given(st.lists(DAYS))
    def test_cover_exactly_their_dates(self, days: list[date]) -> None:
        """Joined dates are the same dates, in as few ranges as there can be."""
        found = spans(days)
        assert [one for span in found for one in span] == sorted(set(days))
        gaps = [after.first - before.last for before, after in pairwise(found)]
        assert all(gap > timedelta(days=1) for gap in gaps)

    @given(st.sets(DAYS), st.sets(DAYS))
    def test_steps(self, days: set[date], others: set[date]) -> None:
        """With steps given, two neighbours among the steps are joined whatever lies between."""
        step = sorted(days | others)
        found = spans(sorted(days), step=step)
        covered = [one for span in found for one in step if one in span]
        assert covered == sorted(days)
        places = [(step.index(span.first), step.index(span.last)) for span in found]
        assert all(after[0] > before[1] + 1 for before, after in pairwise(places))

    def test_date_outside_the_steps(self) -> None:
        """A date that is no step is joined to the day before it."""
        assert spans([day(1), day(2)], step=[day(1), day(5)]) == [DateRange(day(1), day(2))]
