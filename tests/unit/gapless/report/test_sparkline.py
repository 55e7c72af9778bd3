"""Sparklines never show more than there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gapless.report.sparkline import BLOCKS, GAP, sparkline

shares = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=200)


def test_from_nothing_to_everything() -> None:
    assert sparkline([0.0, 0.5, None, 0.999, 1.0], 10) == "▁▄·▇█"


def test_one_bad_date_among_many_is_seen() -> None:
    drawn = sparkline([1.0] * 500 + [0.0] + [1.0] * 500, 20)
    assert len(drawn) == 20
    assert drawn.count("▁") == 1
    assert drawn.count("█") == 19


@given(shares, st.integers(1, 40))
def test_only_what_is_whole_is_drawn_whole(given_shares: list[float | None], width: int) -> None:
    """The line fits, and is all whole blocks only where every share is whole."""
    drawn = sparkline(given_shares, width)
    assert len(drawn) == min(len(given_shares), width)
    known = [share for share in given_shares if share is not None]
    assert (GAP * len(drawn) == drawn) == (not known)
    assert set(drawn) <= {*BLOCKS, GAP}
    assert (BLOCKS[-1] in drawn or not drawn or GAP in drawn) or min(known) < 1
    if all(share == 1 for share in known):
        assert set(drawn) <= {BLOCKS[-1], GAP}
    else:
        assert set(drawn) - {BLOCKS[-1], GAP}
