"""A source is chosen by what it covers, never because it is not empty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.choosing import ChoiceMade, choose
from gapless.declare.inputs import Choice, fill_missing, first_sufficient
from gapless.declare.tables import Source
from gapless.measure import SourceCoverage

FAST, FULL, LAST = (Source(f"raw.{name}", ("id",)) for name in ("fast", "full", "last"))
FIRST = first_sufficient(FAST, FULL, at_least=0.9)
FILLED = first_sufficient(FAST, FULL, LAST, at_least=0.9, fill_missing=True)
SOURCES = ("raw.fast", "raw.full", "raw.last")


def made(choice: Choice, *usable: int, expected: int = 10, rows: int | None = None) -> ChoiceMade:
    """Choose among sources with so many usable rows each."""
    measured = [
        SourceCoverage(source, count if rows is None else rows, count, expected)
        for source, count in zip(SOURCES, usable, strict=False)
    ]
    return choose("feed", choice, measured)


class TestThreshold:
    def test_exactly_at_the_threshold(self) -> None:
        """9 of 10 is 90 %, whatever the last bit of the division says."""
        assert made(FIRST, 9, 10).chosen == "raw.fast"

    def test_one_below_the_threshold(self) -> None:
        """8 of 10 is too little when 90 % are asked for."""
        assert made(FIRST, 8, 10).chosen == "raw.full"

    @given(st.integers(1, 100), st.integers(1, 500), st.integers(0, 500))
    def test_whole_percents(self, hundredths: int, expected: int, usable: int) -> None:
        """A source is sufficient exactly when its keys reach the share, in whole numbers."""
        usable = min(usable, expected)
        choice = first_sufficient(FAST, FULL, at_least=hundredths / 100)
        found = made(choice, usable, 0, expected=expected)
        assert (found.place == 0) == (usable * 100 >= hundredths * expected)

    def test_partial_is_worse_than_empty(self) -> None:
        """The incident: one stale row of 187 does not win against the complete table."""
        assert made(FIRST, 1, 187, expected=187).chosen == "raw.full"

    def test_order_of_preference(self) -> None:
        """The first sufficient source is taken although a later one covers more."""
        assert made(FIRST, 9, 10).chosen == "raw.fast"

    def test_rows_do_not_count(self) -> None:
        """A source with many rows for other keys is not sufficient."""
        assert made(FIRST, 1, 10, rows=500).chosen == "raw.full"

    def test_none_sufficient(self) -> None:
        """Where no source is sufficient none is chosen, and the reason lists what was tried."""
        found = made(FIRST, 1, 8)
        assert (found.place, found.chosen, found.filled_from) == (None, None, ())
        assert found.reason == (
            "no source covers 90 % of the expected keys: fast has 1 usable of 10 (10 %); "
            "full has 8 usable of 10 (80 %)"
        )


class TestNothingExpected:
    def test_never_sufficient(self) -> None:
        """Where nothing is expected nothing was measured, so no source is sufficient."""
        assert made(FIRST, 0, 0, expected=0).place is None

    def test_rows_nobody_expects(self) -> None:
        """Rows do not make up for an empty expected set."""
        assert made(FIRST, 0, 0, expected=0, rows=50).place is None


class TestFilling:
    def test_filled_from_the_later_sources(self) -> None:
        """What the chosen source lacks is filled from those after it."""
        found = made(FILLED, 9, 10, 10)
        assert found.chosen == "raw.fast"
        assert found.filled_from == ("raw.full", "raw.last")

    def test_nothing_lacking(self) -> None:
        """A complete source is not filled."""
        assert made(FILLED, 10, 10, 10).filled_from == ()

    def test_never_from_an_earlier_source(self) -> None:
        """A source that was passed over fills nothing: it is stale where it is partial."""
        assert made(FILLED, 8, 9, 10).filled_from == ("raw.last",)

    def test_empty_sources_fill_nothing(self) -> None:
        """A source without usable rows is not named among those that filled."""
        assert made(FILLED, 9, 0, 10).filled_from == ("raw.last",)

    def test_not_asked_for(self) -> None:
        """Unless declared, the missing keys stay missing."""
        assert made(FIRST, 9, 10).filled_from == ()

    def test_first_always_leads(self) -> None:
        """Without a threshold the first source leads, even when it is empty."""
        found = made(fill_missing(FAST, FULL), 0, 10)
        assert (found.chosen, found.filled_from) == ("raw.fast", ("raw.full",))

    def test_first_that_exists_leads(self) -> None:
        """A source whose table does not exist leads nothing: the next one does."""
        absent = SourceCoverage("raw.fast", 0, 0, 10, exists=False)
        there = SourceCoverage("raw.full", 10, 10, 10)
        assert choose("feed", fill_missing(FAST, FULL), [absent, there]).chosen == "raw.full"

    def test_nothing_expected_without_a_threshold(self) -> None:
        """Without a threshold, too, nothing is chosen where nothing is expected."""
        found = made(fill_missing(FAST, FULL), 0, 0, expected=0, rows=5)
        assert (found.place, found.nothing_expected) == (None, True)


class TestForced:
    def force(self, *usable: int) -> ChoiceMade:
        """Choose on somebody's word."""
        measured = [
            SourceCoverage(source, count, count, 10)
            for source, count in zip(SOURCES, usable, strict=False)
        ]
        return choose("feed", FIRST, measured, forced=True)

    def test_source_that_offers_most(self) -> None:
        """Where none is sufficient the one that offers most is taken, and it shows."""
        found = self.force(3, 6)
        assert (found.chosen, found.insufficient) == ("raw.full", True)
        assert found.reason.startswith("waived; no source covers 90 %")

    def test_sufficient_all_the_same(self) -> None:
        """Where one is sufficient nothing is forced."""
        found = self.force(1, 9)
        assert (found.chosen, found.insufficient) == ("raw.full", False)

    def test_nothing_to_take(self) -> None:
        """Not even force makes something of nothing."""
        assert self.force(0, 0).chosen is None


class TestReasons:
    @pytest.mark.parametrize(
        ("choice", "usable", "reason"),
        [
            (FIRST, (10, 0), "fast covers 10 of 10 (100 %)"),
            (FIRST, (9, 10), "fast covers 9 of 10 (90 %)"),
            (
                FIRST,
                (1, 10),
                "fast has 1 usable of 10 (10 %), below 90 %; full covers 10 of 10 (100 %)",
            ),
            (FIRST, (0, 10), "fast has no rows; full covers 10 of 10 (100 %)"),
            (FILLED, (9, 10, 0), "fast covers 9 of 10 (90 %), 1 filled from full"),
        ],
    )
    def test_reason(self, choice: Choice, usable: tuple[int, ...], reason: str) -> None:
        """The reason names the chosen source with its numbers, and those passed over too."""
        assert made(choice, *usable).reason == reason

    def test_passed_over(self) -> None:
        """Sources with rows, but too few, are reported; empty ones are not worth a word."""
        assert [source.source for source in made(FILLED, 1, 10, 10).passed_over] == ["raw.fast"]
        assert made(FILLED, 0, 10, 10).passed_over == ()

    def test_evidence(self) -> None:
        """What is kept with the publication says what was chosen, why, and what each source had."""
        assert made(FIRST, 1, 10).as_evidence() == {
            "chosen": "raw.full",
            "filled_from": [],
            "reason": made(FIRST, 1, 10).reason,
            "measured_on": None,
            "sources": [
                {"source": "raw.fast", "rows": 1, "usable": 1, "expected": 10},
                {"source": "raw.full", "rows": 10, "usable": 10, "expected": 10},
            ],
        }
