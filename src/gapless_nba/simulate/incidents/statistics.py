"""The columns of a box score that are NULL for who did not play."""

from __future__ import annotations

from gapless_nba.raw_columns import PLAYER_BOX_SCORES

_COLUMNS = tuple(PLAYER_BOX_SCORES)
STATISTICS = _COLUMNS[_COLUMNS.index("minutes") :]
"""From minutes to plus_minus."""
