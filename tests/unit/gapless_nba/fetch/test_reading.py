"""Values of responses: playing times, whole numbers, texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless_nba.fetch.reading import Contradiction, needed_text, seconds_of, text, whole


@given(st.integers(0, 999), st.integers(0, 59))
def test_both_ways_of_writing_a_playing_time_mean_the_same(minutes: int, seconds: int) -> None:
    expected = 60 * minutes + seconds
    assert seconds_of(f"{minutes}:{seconds:02}") == expected
    assert seconds_of(f"PT{minutes:02}M{seconds:02}.00S") == expected


def test_a_fraction_of_a_second_is_not_lost() -> None:
    assert seconds_of("PT34M12.50S") == 2052.5


@pytest.mark.parametrize("wrong", ["", "34", "34:60", "34:1", "-1:00", "PT34M", "PT1H02M03S", "x"])
def test_what_is_no_playing_time_is_refused(wrong: str) -> None:
    with pytest.raises(Contradiction, match="no playing time"):
        seconds_of(wrong)


@given(st.integers(-1000, 1000))
def test_a_whole_number_may_come_with_a_point(number: int) -> None:
    assert whole({"n": float(number)}, "n") == whole({"n": number}, "n") == number


@pytest.mark.parametrize("wrong", [1.5, "3", True, float("inf"), float("nan")])
def test_what_is_no_whole_number_is_refused(wrong: Any) -> None:
    with pytest.raises(Contradiction, match="no whole number"):
        whole({"n": wrong}, "n")


def test_what_is_empty_is_nothing_and_what_is_absent_is_told() -> None:
    assert text({"t": "  "}, "t") is None
    assert text({"t": None}, "t") is None
    assert whole({"n": None}, "n") is None
    with pytest.raises(Contradiction, match="no 't'"):
        text({}, "t")
    with pytest.raises(Contradiction, match="t is empty"):
        needed_text({"t": ""}, "t")
    with pytest.raises(Contradiction, match="t is 3, which is no text"):
        text({"t": 3}, "t")
