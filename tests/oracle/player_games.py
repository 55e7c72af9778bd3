"""player_game_summary (PGS): one row for each player who appeared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from oracle.arithmetic import Number, ratio, total
from oracle.names import player_lookup
from oracle.raw import Listing, Shot, Statistics
from oracle.shot_zones import NO_SHOTS_DATA, ZoneCounts, count


@dataclass(frozen=True, kw_only=True)
class PlayerGame(Statistics, ZoneCounts):
    """A row of player_game_summary, field names = column names."""

    game_date: date
    season: str
    game_id: str
    game_code: str
    player_id: int
    player_lookup: str
    player_name: str
    team: str
    opponent: str
    is_home: bool
    started: bool | None
    ts_pct: Number
    efg_pct: Number
    usage_rate: Number
    has_complete_shot_zones: bool


def games_of_team(
    listings: Iterable[Listing],
    shots: Sequence[Shot],
) -> list[PlayerGame]:
    """Summarise the players of one team in one game; shots = all shots of that game."""
    appeared = [listing for listing in listings if listing.played]
    return [_player_game(listing, appeared, shots) for listing in appeared]


def _player_game(
    listing: Listing,
    teammates: Sequence[Listing],
    shots: Sequence[Shot],
) -> PlayerGame:
    zones = _zones(listing.player_id, shots)
    game = listing.game
    return PlayerGame(
        game_date=game.game_date,
        season=game.season,
        game_id=game.game_id,
        game_code=game.game_code,
        player_id=listing.player_id,
        player_lookup=player_lookup(listing.player_name),
        player_name=listing.player_name,
        team=listing.team,
        opponent=game.opponent_of(listing.team),
        is_home=listing.is_home,
        started=listing.started,
        ts_pct=true_shooting(listing.points, listing.fga, listing.fta),
        efg_pct=_effective_field_goals(listing),
        usage_rate=_usage_rate(listing, teammates),
        has_complete_shot_zones=zones.has_shots and zones.all_attempts() == listing.fga,
        **vars(zones),
        **{field.name: getattr(listing, field.name) for field in fields(Statistics)},
    )


def true_shooting(points: Number, fga: Number, fta: Number) -> Number:
    """Points / (2 * (fga + 0.44 * fta)); of one game, or of sums over several."""
    if fga is None or fta is None:
        return None
    return ratio(points, 2 * (fga + 0.44 * fta))


def _effective_field_goals(line: Statistics) -> Number:
    if line.fgm is None or line.fg3m is None:
        return None
    return ratio(line.fgm + 0.5 * line.fg3m, line.fga)


def _usage_rate(player: Listing, teammates: Sequence[Listing]) -> Number:
    """Relate the player's plays per minute to his team's (teammates include himself)."""
    plays = _plays(player.fga, player.fta, player.tov)
    team_plays = _plays(
        total(mate.fga for mate in teammates),
        total(mate.fta for mate in teammates),
        total(mate.tov for mate in teammates),
    )
    team_minutes = total(mate.minutes for mate in teammates)
    if plays is None or team_plays is None or team_minutes is None or player.minutes is None:
        return None
    return ratio(plays * (team_minutes / 5), player.minutes * team_plays)


def _plays(fga: Number, fta: Number, tov: Number) -> Number:
    if fga is None or fta is None or tov is None:
        return None
    return fga + 0.44 * fta + tov


def _zones(player_id: int, shots: Sequence[Shot]) -> ZoneCounts:
    if not shots:
        return NO_SHOTS_DATA
    return count(shot for shot in shots if shot.player_id == player_id)
