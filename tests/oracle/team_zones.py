"""team_defense_zone_analysis (TDZA): what each defence allows, against the league."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number, difference, mean, ratio, settled
from oracle.game_log import GameLog
from oracle.shot_zones import ZONES, Zone, sum_of
from oracle.team_games import TeamDefense
from oracle.windows import last_days, last_games

ZoneNumbers = Mapping[Zone, Number]


@dataclass(frozen=True, kw_only=True)
class TeamZones:
    """A row of team_defense_zone_analysis."""

    game_date: date
    season: str
    team: str
    pct_allowed: ZoneNumbers
    attempts_allowed_per_game: ZoneNumbers
    league_pct: ZoneNumbers
    vs_league: ZoneNumbers
    defensive_rating_last_15: Number
    points_allowed_per_game: Number
    games_in_window: int
    strongest_zone: str | None
    weakest_zone: str | None

    def row(self) -> dict[str, object]:
        """Spell the row out under the column names."""
        columns: dict[str, object] = {
            "game_date": self.game_date,
            "season": self.season,
            "team": self.team,
            "defensive_rating_last_15": self.defensive_rating_last_15,
            "points_allowed_per_game": self.points_allowed_per_game,
            "games_in_window": self.games_in_window,
            "strongest_zone": self.strongest_zone,
            "weakest_zone": self.weakest_zone,
        }
        for zone in ZONES:
            columns[f"{zone}_pct_allowed"] = self.pct_allowed[zone]
            columns[f"{zone}_attempts_allowed_per_game"] = self.attempts_allowed_per_game[zone]
            columns[f"league_{zone}_pct"] = self.league_pct[zone]
            columns[f"{zone}_vs_league"] = self.vs_league[zone]
        return columns


def team_zones(log: GameLog, day: date) -> dict[str, TeamZones]:
    """Analyse every team with enough games before the day."""
    if not log.calendar.has_layer_4(day):
        return {}
    fewest = min(15, log.calendar.day_number(day) // 3)
    league_pct = _league_pct(log, day)
    return {
        team: _team_zones(log, team, day, league_pct)
        for team in sorted(log.teams)
        if len(log.defenses(team, day)) >= fewest
    }


def _team_zones(log: GameLog, team: str, day: date, league_pct: ZoneNumbers) -> TeamZones:
    window = last_games(log.defenses(team, day), 15)
    allowed = sum_of(row.allowed for row in window)
    games_with_shots = len(_with_shots(window))
    pct_allowed = _accuracy(window)
    vs_league = {
        zone: _percentage_points(difference(pct_allowed[zone], league_pct[zone])) for zone in ZONES
    }
    return TeamZones(
        game_date=day,
        season=window[-1].season,
        team=team,
        pct_allowed=pct_allowed,
        attempts_allowed_per_game={
            zone: ratio(allowed.attempts(zone), games_with_shots) for zone in ZONES
        },
        league_pct=league_pct,
        vs_league=vs_league,
        defensive_rating_last_15=mean(row.defensive_rating for row in window),
        points_allowed_per_game=mean(row.points_allowed for row in window),
        games_in_window=len(window),
        strongest_zone=_zone_of_smallest(vs_league),
        weakest_zone=_zone_of_smallest(
            {zone: None if value is None else -value for zone, value in vs_league.items()}
        ),
    )


def _league_pct(log: GameLog, day: date) -> ZoneNumbers:
    """Average teams, unweighted: those with 10 games in 30 days, or all teams all season."""
    last_30 = [
        _with_shots(last_days(log.defenses(team, day), day, 30)) for team in sorted(log.teams)
    ]
    busy = [games for games in last_30 if len(games) >= 10]
    season = [log.defenses(team, day) for team in sorted(log.teams)]
    accuracies = [_accuracy(games) for games in (busy if len(busy) >= 10 else season)]
    return {zone: mean(accuracy[zone] for accuracy in accuracies) for zone in ZONES}


def _accuracy(games: Iterable[TeamDefense]) -> ZoneNumbers:
    """Makes over attempts allowed in each zone, sums over the games."""
    allowed = sum_of(game.allowed for game in games)
    return {zone: ratio(allowed.makes(zone), allowed.attempts(zone)) for zone in ZONES}


def _with_shots(games: Iterable[TeamDefense]) -> list[TeamDefense]:
    return [game for game in games if game.allowed.has_shots]


def _percentage_points(fraction: Number) -> Number:
    return None if fraction is None else 100 * fraction


def _zone_of_smallest(values: ZoneNumbers) -> str | None:
    """Name the zone of the smallest value, NULLs ignored; ties go to the first of ZONES."""
    smallest: Zone | None = None
    lowest = float("inf")
    for zone in ZONES:
        value = values[zone]
        if value is not None and settled(value) < lowest:
            smallest, lowest = zone, settled(value)
    return smallest
