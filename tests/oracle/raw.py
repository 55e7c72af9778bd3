"""Layer 1: what one raw row holds, as far as the tables need it."""

from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number


@dataclass(frozen=True, kw_only=True)
class Game:
    """A row of raw.schedule."""

    game_id: str
    game_code: str
    season: str
    game_date: date
    home_team: str
    away_team: str
    home_score: int | None
    away_score: int | None

    @property
    def teams(self) -> tuple[str, str]:
        return self.home_team, self.away_team

    def opponent_of(self, team: str) -> str:
        return self.away_team if team == self.home_team else self.home_team

    def margin_of(self, team: str) -> int | None:
        """The team's score minus the other's, by the schedule."""
        if self.home_score is None or self.away_score is None:
            return None
        margin = self.home_score - self.away_score
        return margin if team == self.home_team else -margin


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """The counting statistics of a box score, under the names of player_game_summary."""

    minutes: Number
    points: Number
    fgm: Number
    fga: Number
    fg3m: Number
    fg3a: Number
    ftm: Number
    fta: Number
    oreb: Number
    dreb: Number
    reb: Number
    ast: Number
    stl: Number
    blk: Number
    tov: Number
    pf: Number
    plus_minus: Number


@dataclass(frozen=True, kw_only=True)
class Listing(Statistics):
    """A row of raw.player_box_scores: a player listed for a game, who appeared or did not."""

    game: Game
    player_id: int
    player_name: str
    team: str
    is_home: bool
    played: bool
    started: bool | None


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A row of raw.shots."""

    game_id: str
    player_id: int
    made: bool
    shot_type: str
    zone_basic: str
