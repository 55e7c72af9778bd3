"""Guessing without a reference: what row counts suggest beside those of neighbouring dates.

Counts say nothing about which keys are there, so a guess is never a proof: a partition may hold the
usual number of the wrong rows, and a small one may be whole. Duplicates and rows without a date
or key are facts all the same.
"""

from __future__ import annotations

import enum
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from gapless.partitions import DateRange
from gapless.sql.row_counts import BASELINES, Neighbourhood, row_counts_query
from gapless.undeclared.compare import fetched, refuse_dateless, subject
from gapless.undeclared.model import EPSILON, Aside, Named, Subject, aside_from, named_from
from gapless.undeclared.question import Question, Resolved
from gapless.warehouse.interface import Row, Tables
from gapless.wording import plural

NEAR = Neighbourhood(around=14, weekday=6)
LEAST = {"around": 8, "weekday": 4}
"""With fewer neighbours nothing can be suggested."""
DEVIATIONS = 4.0
"""How many usual distances from the usual number is unusual."""
NORMAL = 1.4826
"""A standard deviation in median distances, for a normal distribution."""
WEEKS = 6
"""Weeks before and after dates without rows that say whether their weekday usually has any."""
LEAST_WEEKS = 3
USUAL = 0.5
"""A weekday usually has rows when it has them in more than this share of the weeks."""


class Hint(enum.StrEnum):
    """What row counts suggest."""

    NO_ROWS = "no rows"
    """On dates whose weekday usually has some."""
    FEWER = "fewer rows"
    """Than the neighbours of the date."""
    MORE = "more rows"


@dataclass(frozen=True)
class Usual:
    """What the neighbours of a date have."""

    neighbours: int
    rows: float
    """Median; NaN without neighbours."""
    spread: float
    """Median distance from it, of logarithms."""


@dataclass(frozen=True)
class Counted:
    """One date with rows."""

    day: date
    rows: int
    duplicates: int
    keyless: int
    duplicate_names: tuple[Named, ...]
    around: Usual
    """Of the dates around it."""
    weekday: Usual
    """Of the nearest dates of its weekday."""

    @property
    def can_be_compared(self) -> bool:
        """Tell whether there are enough neighbours."""
        return all(getattr(self, name).neighbours >= LEAST[name] for name in BASELINES)


@dataclass(frozen=True)
class Suspicion:
    """One thing that row counts suggest."""

    hint: Hint
    span: DateRange
    dates: int
    """Dates in it that are suspicious; between them may lie weekdays that never have rows."""
    rows: int
    why: str
    weight: float
    """Distance from the usual number, of logarithms; infinite without rows."""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "hint": self.hint.value,
            "first_date": self.span.first.isoformat(),
            "last_date": self.span.last.isoformat(),
            "dates": self.dates,
            "rows": self.rows,
            "why": self.why,
        }


@dataclass(frozen=True)
class GuessReport:
    """A table without a reference."""

    subject: Subject
    counted: tuple[Counted, ...]
    """Every date with rows, oldest first."""
    suspicions: tuple[Suspicion, ...]
    """Worst first."""
    later: int
    """Dates from today on that were left out."""
    table_aside: Aside

    @property
    def faulty(self) -> tuple[Counted, ...]:
        """Dates with duplicates, or with rows without a key: facts, no guess; worst first."""
        found = [one for one in self.counted if one.duplicates or one.keyless]
        return tuple(sorted(found, key=lambda one: (-one.duplicates - one.keyless, one.day)))

    @property
    def without_neighbours(self) -> int:
        """Dates of which nothing could be suggested."""
        return sum(not one.can_be_compared for one in self.counted)

    @property
    def exit_code(self) -> int:
        """1: something was found; else 4: without a reference nothing is known to be complete."""
        found = self.suspicions or self.faulty or self.table_aside.any
        return 1 if found else 4

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "guess": True,
            **self.subject.as_data(),
            "first_date": self.counted[0].day.isoformat() if self.counted else None,
            "last_date": self.counted[-1].day.isoformat() if self.counted else None,
            "dates": len(self.counted),
            "dates_without_neighbours": self.without_neighbours,
            "rows": sum(one.rows for one in self.counted),
            "suspicions": [suspicion.as_data() for suspicion in self.suspicions],
            "duplicates": [
                {
                    "date": one.day.isoformat(),
                    "duplicates": one.duplicates,
                    "without_key": one.keyless,
                    "duplicate_names": [name.as_data() for name in one.duplicate_names],
                }
                for one in self.faulty
            ],
            "table_rows_aside": self.table_aside.as_data(),
            "dates_left_out": self.later,
        }


def guess(tables: Tables, question: Question, resolved: Resolved) -> GuessReport:
    """Compare every date's number of rows with its neighbours', in one query.

    Raises:
        UsageError: the predicate is wrong, or the partition column holds no dates.
        QueryFailed: the query was refused for another reason.
    """
    before = question.today if question.last is None else None
    sql = row_counts_query(resolved.table, NEAR, before, question.names)
    *dated, last = fetched(tables, sql, {"--where": resolved.table})
    counted = [_counted(row) for row in dated]
    aside, later = aside_from(last[-1]["facts"]), last[-1]["later"]
    refuse_dateless(resolved.table_name, resolved.table, aside, dates=len(counted) + later)
    found = [*unusual(counted, question.at_least), *gaps([one.day for one in counted])]
    return GuessReport(
        subject=subject(tables, question, resolved),
        counted=tuple(counted),
        suspicions=tuple(sorted(found, key=lambda one: (-one.weight, -one.dates, one.span))),
        later=later,
        table_aside=aside,
    )


def _counted(row: Row) -> Counted:
    usual = {
        name: Usual(
            neighbours=row[start],
            rows=math.nan if row[start + 1] is None else row[start + 1],
            spread=row[start + 2] or 0.0,
        )
        for name, start in zip(BASELINES, (5, 8), strict=True)
    }
    return Counted(row[0], row[1], row[2], row[3], named_from(row[4]), **usual)


def unusual(counted: Sequence[Counted], at_least: float) -> Iterator[Suspicion]:
    """Find dates that have fewer or more rows than both kinds of neighbours.

    A date is unusual when it is farther from the usual number of both than `DEVIATIONS` usual
    distances, and farther than the threshold. Small dates among small and large ones are not.
    """
    for one in counted:
        if not one.can_be_compared:
            continue
        # The wider of both: few neighbours may be alike by chance.
        spread = DEVIATIONS * NORMAL * max(one.around.spread, one.weekday.spread)
        allowed = max(spread, -math.log(at_least)) + EPSILON
        distances = [math.log(one.rows / usual.rows) for usual in (one.around, one.weekday)]
        if max(distances) < -allowed:
            hint = Hint.FEWER
        elif min(distances) > allowed:
            hint = Hint.MORE
        else:
            continue
        why = (
            f"{plural(one.rows, 'row')}; {one.around.rows:,.0f} are usual on the "
            f"{one.around.neighbours} dates around it, {one.weekday.rows:,.0f} on the "
            f"{one.weekday.neighbours} nearest {one.day:%A}s"
        )
        weight = min(abs(distance) for distance in distances)
        yield Suspicion(hint, DateRange(one.day, one.day), 1, one.rows, why, weight)


def gaps(days: Sequence[date]) -> Iterator[Suspicion]:
    """Find dates without rows between dates with rows, on weekdays that usually have some.

    What is usual is taken from the weeks before and after all dates without rows that follow one
    another, so that a long gap does not make itself usual.

    Args:
        days: Dates with rows, oldest first.
    """
    # Numbers of days have no end; dates have, and a placeholder such as 9999-12-31 is at it.
    numbers = [day.toordinal() for day in days]
    for before, after in pairwise(numbers):
        if after == before + 1:
            continue
        first, last = before + 1, after - 1
        missed = {
            weekday: count
            for weekday in range(7)
            if (count := _count_of(weekday, first, last))
            and _is_usual(weekday, before, after, numbers)
        }
        if not missed:
            continue
        starts = min(first + (weekday - _weekday(first)) % 7 for weekday in missed)
        ends = max(last - (_weekday(last) - weekday) % 7 for weekday in missed)
        span = DateRange(date.fromordinal(starts), date.fromordinal(ends))
        dates = sum(missed.values())
        named = f"{span.first:%A}s" if dates == 1 else "these weekdays"
        why = f"no row, though {named} usually have some in the {WEEKS} weeks before and after"
        yield Suspicion(Hint.NO_ROWS, span, dates, 0, why, math.inf)


def _is_usual(weekday: int, before: int, after: int, numbers: Sequence[int]) -> bool:
    """Tell whether a weekday has rows in most of the weeks around a gap.

    Args:
        weekday: 0 for Monday.
        before: The last date with rows before the gap, as a number.
        after: The first one after it.
        numbers: All dates with rows.
    """
    reach = 7 * WEEKS - 1
    weeks = with_rows = 0
    for first, last in (
        (max(before - reach, numbers[0]), before),
        (after, min(after + reach, numbers[-1])),
    ):
        weeks += _count_of(weekday, first, last)
        near = numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]
        with_rows += sum(_weekday(number) == weekday for number in near)
    return weeks >= LEAST_WEEKS and with_rows > USUAL * weeks


def _weekday(number: int) -> int:
    """Return the weekday of the number of a day, 0 for Monday."""
    return (number - 1) % 7


def _count_of(weekday: int, first: int, last: int) -> int:
    """Count the dates of a weekday from first to last, inclusive."""
    return max(0, (last - first - (weekday - _weekday(first)) % 7) // 7 + 1)
