"""Digests over windows are those of brute force, and change with anything inside the window."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gapless.plan.contents import MODULUS, Contents, Held, Unsettled, mixed

FIRST = date(2024, 2, 20)
DAYS = st.dates(FIRST, FIRST + timedelta(days=20))
HELD = st.dictionaries(DAYS, st.builds(Held, st.integers(1, 500), st.integers(0, MODULUS - 1)))


def brute_force(held: dict[date, Held], first: date, last: date) -> int:
    """Add up every date of the window, one by one."""
    return (
        sum(
            mixed("raw.sales", day, has.rows, has.content)
            for day, has in held.items()
            if first <= day <= last
        )
        % MODULUS
    )


class TestDigest:
    @given(HELD, DAYS, DAYS)
    def test_any_window(self, held: dict[date, Held], first: date, last: date) -> None:
        """The digest of a window is that of its dates added up, also where it is empty."""
        first, last = min(first, last), max(first, last)
        assert Contents("raw.sales", dict(held)).digest(first, last) == brute_force(
            held, first, last
        )

    @given(HELD, HELD, DAYS, DAYS)
    def test_after_an_update(
        self, held: dict[date, Held], changed: dict[date, Held], first: date, last: date
    ) -> None:
        """What was just published counts at once, also when a digest was asked for before."""
        first, last = min(first, last), max(first, last)
        contents = Contents("raw.sales", dict(held))
        contents.digest(first, last)
        contents.update(changed)
        assert contents.digest(first, last) == brute_force({**held, **changed}, first, last)

    @given(HELD.filter(bool), st.data())
    def test_one_date_changed(self, held: dict[date, Held], data: st.DataObject) -> None:
        """A change of one date changes the windows that hold it, and no others."""
        day = data.draw(st.sampled_from(sorted(held)))
        before = Contents("raw.sales", dict(held))
        after = Contents("raw.sales", {**held, day: Held(held[day].rows, held[day].content ^ 1)})
        last = FIRST + timedelta(days=30)
        assert before.digest(FIRST, day) != after.digest(FIRST, day)
        assert before.digest(day, last) != after.digest(day, last)
        outside = day + timedelta(days=1)
        assert before.digest(outside, last) == after.digest(outside, last)

    def test_before_and_after_everything(self) -> None:
        """A window that reaches beyond the dates holds those that are there."""
        held = {FIRST: Held(1, 7)}
        contents = Contents("raw.sales", held)
        assert contents.digest(date.min, date.max) == contents.digest(FIRST, FIRST)
        assert contents.digest(date.min, FIRST - timedelta(days=1)) == 0

    def test_rows_count(self) -> None:
        """Another number of rows with the same fingerprint is another content."""
        one, two = (Contents("raw.sales", {FIRST: Held(rows, 0)}) for rows in (1, 2))
        assert one.digest(FIRST, FIRST) != two.digest(FIRST, FIRST)

    def test_same_rows_elsewhere(self) -> None:
        """The same rows in another table, or on another date, are another content."""
        later = FIRST + timedelta(days=1)
        digests = {
            Contents("raw.sales", {FIRST: Held(1, 7)}).digest(FIRST, later),
            Contents("raw.books", {FIRST: Held(1, 7)}).digest(FIRST, later),
            Contents("raw.sales", {later: Held(1, 7)}).digest(FIRST, later),
        }
        assert len(digests) == 3

    def test_exchanged_days(self) -> None:
        """The contents of two days exchanged are noticed in a window that holds both."""
        later = FIRST + timedelta(days=1)
        before = Contents("raw.sales", {FIRST: Held(1, 7), later: Held(2, 8)})
        after = Contents("raw.sales", {FIRST: Held(2, 8), later: Held(1, 7)})
        assert before.digest(FIRST, later) != after.digest(FIRST, later)

    def test_emptied_date(self) -> None:
        """A date that was published without rows counts like one that never had any."""
        contents = Contents("raw.sales", {FIRST: Held(1, 7)})
        contents.update({FIRST: Held(0, 0)})
        assert contents.digest(FIRST, FIRST) == Contents("raw.sales").digest(FIRST, FIRST)
        assert contents.on(FIRST) is None


def test_mixed_is_the_same_everywhere() -> None:
    """Digests stand in publications: when this changes, every partition is stale once."""
    assert mixed("raw.sales", FIRST, 10, 7) == 1924929688136808986
    assert mixed("a", "bc") != mixed("ab", "c")


class TestUnsettled:
    @given(st.lists(DAYS), DAYS, DAYS)
    def test_oldest_in_a_window(self, days: list[date], first: date, last: date) -> None:
        """The oldest date of the window is found, both ends included, or none."""
        inside = [day for day in days if first <= day <= last]
        assert Unsettled(days).first_in(first, last) == min(inside, default=None)
