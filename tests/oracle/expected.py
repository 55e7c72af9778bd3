"""Which keys must exist in a table on a date, and which are excluded for a reason."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date

from oracle.context_choice import is_played
from oracle.daily_cache import has_enough_games
from oracle.game_log import GameLog
from oracle.player_zones import player_zones
from oracle.roster import upcoming
from oracle.team_zones import team_zones

DID_NOT_PLAY = "did_not_play"
TOO_FEW_GAMES = "too_few_games"


@dataclass(frozen=True)
class Expected:
    """The keys of a partition; in the warm-up no keys, and no gap either."""

    keys: frozenset[Hashable] = frozenset()
    excluded: Mapping[Hashable, str] = field(default_factory=dict)
    warm_up: bool = False


def expected(log: GameLog, table: str, day: date) -> Expected:
    """Return the keys nba.md expects in the table on the date."""
    if table in _LAYER_3:
        return _LAYER_3[table](log, day)
    rule = _LAYER_4[table]
    if log.calendar.is_warm_up(day):
        return Expected(warm_up=True)
    return rule(log, day) if log.calendar.has_layer_4(day) else Expected()


def _player_games(log: GameLog, day: date) -> Expected:
    """Those who appeared; DNP rows are excluded."""
    listed = [listing for listing in log.league.listings if listing.game.game_date == day]
    return Expected(
        keys=frozenset(listing.player_id for listing in listed if listing.played),
        excluded={listing.player_id: DID_NOT_PLAY for listing in listed if not listing.played},
    )


def _team_games(log: GameLog, day: date) -> Expected:
    """Two rows for each scheduled game."""
    games = log.games_on(day)
    return Expected(frozenset((game.game_id, team) for game in games for team in game.teams))


def _upcoming(log: GameLog, day: date) -> Expected:
    return Expected(frozenset(upcoming(log, day)))


def _synthetic(log: GameLog, day: date) -> Expected:
    return Expected(frozenset(log.players_on(day)))


def _player_zones(log: GameLog, day: date) -> Expected:
    return Expected(frozenset(player_zones(log, day)))


def _team_zones(log: GameLog, day: date) -> Expected:
    return Expected(frozenset(team_zones(log, day)))


def _factors(log: GameLog, day: date) -> Expected:
    """The players of PGS; for a date not yet played, those of UPCG."""
    return _synthetic(log, day) if is_played(log, day) else _upcoming(log, day)


def _daily_cache(log: GameLog, day: date) -> Expected:
    """As PCF, without those who have too few games."""
    players = [key for key in _factors(log, day).keys if isinstance(key, int)]
    enough = frozenset(key for key in players if has_enough_games(log, key, day))
    return Expected(enough, {key: TOO_FEW_GAMES for key in players if key not in enough})


def _features(log: GameLog, day: date) -> Expected:
    """One row for each row of PDC."""
    return Expected(_daily_cache(log, day).keys)


_Rule = Callable[[GameLog, date], Expected]

_LAYER_3: dict[str, _Rule] = {
    "player_game_summary": _player_games,
    "team_offense_game_summary": _team_games,
    "team_defense_game_summary": _team_games,
    "upcoming_player_game_context": _upcoming,
    "synthetic_player_game_context": _synthetic,
}
_LAYER_4: dict[str, _Rule] = {
    "player_shot_zone_analysis": _player_zones,
    "team_defense_zone_analysis": _team_zones,
    "player_composite_factors": _factors,
    "player_daily_cache": _daily_cache,
    "ml_feature_store": _features,
}
