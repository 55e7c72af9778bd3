"""The front door: every table of nba.md for a date, as rows by key."""

from datetime import date

from oracle.context import Context, synthetic
from oracle.context_choice import UpcomingRows, chosen_contexts
from oracle.daily_cache import CachedPlayer, cached_player, has_enough_games
from oracle.expected import Expected, expected
from oracle.factors import Factors, factors
from oracle.features import Inputs, feature_row
from oracle.game_log import GameLog
from oracle.player_zones import PlayerZones, player_zones
from oracle.read import League
from oracle.roster import upcoming
from oracle.team_zones import TeamZones, team_zones

Row = dict[str, object]

TABLES = (
    "player_game_summary",
    "team_offense_game_summary",
    "team_defense_game_summary",
    "upcoming_player_game_context",
    "synthetic_player_game_context",
    "player_shot_zone_analysis",
    "team_defense_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
    "ml_feature_store",
)


class Oracle:
    """The tables of a league; `upcoming` = the rows the upcoming table holds on the date."""

    def __init__(self, league: League) -> None:
        self._log = GameLog(league)
        self._player_zones: dict[date, dict[int, PlayerZones]] = {}
        self._team_zones: dict[date, dict[str, TeamZones]] = {}

    def expected(self, table: str, day: date) -> Expected:
        """Return the keys that must exist, and those excluded with a reason."""
        return expected(self._log, table, day)

    def player_game_summary(self, day: date) -> dict[int, Row]:
        return {key: dict(vars(row)) for key, row in self._log.players_on(day).items()}

    def team_offense_game_summary(self, day: date) -> dict[tuple[str, str], Row]:
        return {(row.game_id, row.team): dict(vars(row)) for row in self._log.offenses_on(day)}

    def team_defense_game_summary(self, day: date) -> dict[tuple[str, str], Row]:
        return {(row.game_id, row.team): row.row() for row in self._log.defenses_on(day)}

    def upcoming_player_game_context(self, day: date) -> dict[int, Row]:
        return {key: dict(vars(row)) for key, row in upcoming(self._log, day).items()}

    def synthetic_player_game_context(self, day: date) -> dict[int, Row]:
        return {key: dict(vars(row)) for key, row in synthetic(self._log, day).items()}

    def player_shot_zone_analysis(self, day: date) -> dict[int, Row]:
        return {key: row.row() for key, row in self._players_zones_on(day).items()}

    def team_defense_zone_analysis(self, day: date) -> dict[str, Row]:
        return {key: row.row() for key, row in self._teams_zones_on(day).items()}

    def player_composite_factors(
        self, day: date, upcoming: UpcomingRows | None = None
    ) -> dict[int, Row]:
        contexts = self._contexts(day, upcoming)
        return {key: dict(vars(self._factors(context))) for key, context in contexts.items()}

    def player_daily_cache(self, day: date, upcoming: UpcomingRows | None = None) -> dict[int, Row]:
        contexts = self._contexts_of_cache(day, upcoming)
        return {key: dict(vars(self._cached(context))) for key, context in contexts.items()}

    def ml_feature_store(self, day: date, upcoming: UpcomingRows | None = None) -> dict[int, Row]:
        contexts = self._contexts_of_cache(day, upcoming)
        return {key: feature_row(self._log, self._inputs(row)) for key, row in contexts.items()}

    def _contexts(self, day: date, upcoming: UpcomingRows | None) -> dict[int, Context]:
        if not self._log.calendar.has_layer_4(day):
            return {}
        return chosen_contexts(self._log, day, upcoming)

    def _contexts_of_cache(self, day: date, upcoming: UpcomingRows | None) -> dict[int, Context]:
        contexts = self._contexts(day, upcoming)
        return {k: row for k, row in contexts.items() if has_enough_games(self._log, k, day)}

    def _factors(self, context: Context) -> Factors:
        return factors(context, self._zones_of_player(context), self._zones_of_opponent(context))

    def _cached(self, context: Context) -> CachedPlayer:
        return cached_player(self._log, context, self._zones_of_player(context))

    def _inputs(self, context: Context) -> Inputs:
        return Inputs(
            context=context,
            cache=self._cached(context),
            factors=self._factors(context),
            player=self._zones_of_player(context),
            opponent=self._zones_of_opponent(context),
        )

    def _zones_of_player(self, context: Context) -> PlayerZones | None:
        return self._players_zones_on(context.game_date).get(context.player_id)

    def _zones_of_opponent(self, context: Context) -> TeamZones | None:
        return self._teams_zones_on(context.game_date).get(context.opponent)

    def _players_zones_on(self, day: date) -> dict[int, PlayerZones]:
        if day not in self._player_zones:
            self._player_zones[day] = player_zones(self._log, day)
        return self._player_zones[day]

    def _teams_zones_on(self, day: date) -> dict[str, TeamZones]:
        if day not in self._team_zones:
            self._team_zones[day] = team_zones(self._log, day)
        return self._team_zones[day]
