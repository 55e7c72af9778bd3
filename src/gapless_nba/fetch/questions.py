"""What can be asked of stats.nba.com, and under which name the response is kept."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Endpoint(enum.StrEnum):
    """The endpoints that are asked, by their names in the service.

    The older box score, boxscoretraditionalv2, publishes nothing since 2025-26, says nba_api.
    """

    SCHEDULE = "scheduleleaguev2"
    """All games of a season with dates, teams, scores, neutral sites and status; one request."""
    GAME_LOG = "leaguegamelog"
    """Every team's line of every game played; one request a season. A second opinion on dates
    and scores."""
    BOX_SCORE = "boxscoretraditionalv3"
    """Players of one game, with the comment of those who did not play."""
    SHOTS = "shotchartdetail"
    """Every attempt of one game."""


@dataclass(frozen=True)
class Question:
    """One request: an endpoint, and the season or game it is asked about."""

    endpoint: Endpoint
    season: str
    game_id: str | None = None

    @property
    def about(self) -> str:
        """The season or the game; with the endpoint it names the kept response."""
        return self.game_id or self.season

    def __str__(self) -> str:
        return f"{self.endpoint} of {self.about}"
