"""Sparklines: shares over dates as a line of blocks."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"


def sparkline(shares: Sequence[float | None], width: int) -> str:
    """Draw shares from 0 to 1 from left to right.

    Only a whole share is a whole block. Where there are more shares than room, a place shows the
    lowest of those it stands for, so that a single bad date is seen; None is a gap.

    Args:
        shares: In order; None where there is none.
        width: Places at most.
    """
    if len(shares) <= width:
        return "".join(map(_block, shares))
    drawn = []
    for place in range(width):
        start, end = place * len(shares) // width, (place + 1) * len(shares) // width
        known = [share for share in shares[start:end] if share is not None]
        drawn.append(_block(min(known, default=None)))
    return "".join(drawn)


def _block(share: float | None) -> str:
    if share is None:
        return GAP
    if share >= 1:
        return BLOCKS[-1]
    return BLOCKS[int(max(share, 0.0) * (len(BLOCKS) - 1))]
