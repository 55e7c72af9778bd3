"""What a request means: seasons, or the dates of some."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gapless.errors import UsageError
from gapless.fetch import FetchRequest
from gapless_nba.fetch.asked import asked_by

FOLDER = Path()


@pytest.mark.parametrize(
    ("first", "last", "seasons"),
    [
        (date(2022, 10, 18), date(2023, 4, 9), ("2022-23",)),
        (date(2023, 4, 9), date(2023, 10, 24), ("2022-23", "2023-24")),
        (date(2020, 8, 14), date(2020, 8, 14), ("2019-20",)),
        (date(2020, 12, 22), date(2020, 12, 22), ("2020-21",)),
    ],
)
def test_dates_name_the_seasons_they_touch(
    first: date, last: date, seasons: tuple[str, ...]
) -> None:
    asked = asked_by(FetchRequest(FOLDER, first=first, last=last))
    assert (asked.seasons, asked.first, asked.last) == (seasons, first, last)


@pytest.mark.parametrize("wrong", ["2023", "2023-25", "23-24", "next"])
def test_what_is_no_season_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="is no season"):
        asked_by(FetchRequest(FOLDER, season=wrong))


def test_seasons_without_shot_charts_are_refused() -> None:
    with pytest.raises(UsageError, match="lies before 1996-97"):
        asked_by(FetchRequest(FOLDER, season="1995-96"))
