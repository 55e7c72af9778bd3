"""One player in one game: the row of the box score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gapless_nba.simulate.players import SeasonPlayer


@dataclass(slots=True, eq=False)
class PlayerLine:
    """One player listed for one game; statistics are counts and stay 0 when he did not play.

    Attributes:
        player: The player.
        seconds: Seconds on the court.
        start_position: G, F or C for a starter, else empty.
        dnp_comment: Why he did not play; empty when he did.
        plus_minus: Points by which his team outscored the other while he played.
    """

    player: SeasonPlayer
    seconds: int = 0
    start_position: str = ""
    dnp_comment: str = ""
    fgm: int = 0
    fga: int = 0
    fg3m: int = 0
    fg3a: int = 0
    ftm: int = 0
    fta: int = 0
    oreb: int = 0
    dreb: int = 0
    ast: int = 0
    stl: int = 0
    blk: int = 0
    tov: int = 0
    pf: int = 0
    plus_minus: int = 0

    @property
    def played(self) -> bool:
        """Whether he appeared, be it for no second."""
        return not self.dnp_comment

    @property
    def pts(self) -> int:
        """His points."""
        return 2 * self.fgm + self.fg3m + self.ftm
