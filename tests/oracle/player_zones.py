"""player_shot_zone_analysis (PSZA): where each player of the league shoots from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number, ratio, settled
from oracle.game_log import GameLog
from oracle.player_games import PlayerGame
from oracle.shot_zones import ZONES, Zone, sum_of
from oracle.windows import last_games


@dataclass(frozen=True)
class Shares:
    """What one window of appearances says: shares of the attempts, accuracy, attempts."""

    rate: Mapping[Zone, Number]
    pct: Mapping[Zone, Number]
    total_shots: Number


_NO_SHARES = Shares(rate=dict.fromkeys(ZONES), pct=dict.fromkeys(ZONES), total_shots=None)


@dataclass(frozen=True, kw_only=True)
class PlayerZones:
    """A row of player_shot_zone_analysis."""

    game_date: date
    season: str
    player_id: int
    player_lookup: str
    last_10: Shares
    last_20: Shares
    games_in_window: int
    primary_scoring_zone: str | None

    def row(self) -> dict[str, object]:
        """Spell the row out under the column names."""
        columns: dict[str, object] = {
            "game_date": self.game_date,
            "season": self.season,
            "player_id": self.player_id,
            "player_lookup": self.player_lookup,
            "total_shots_last_10": self.last_10.total_shots,
            "games_in_window": self.games_in_window,
            "primary_scoring_zone": self.primary_scoring_zone,
        }
        for zone in ZONES:
            columns[f"{zone}_rate_last_10"] = self.last_10.rate[zone]
            columns[f"{zone}_pct_last_10"] = self.last_10.pct[zone]
            columns[f"{zone}_rate_last_20"] = self.last_20.rate[zone]
            columns[f"{zone}_pct_last_20"] = self.last_20.pct[zone]
        return columns


def player_zones(log: GameLog, day: date) -> dict[int, PlayerZones]:
    """Analyse the whole league before the day, not only the players of the day."""
    if not log.calendar.has_layer_4(day):
        return {}
    fewest = min(10, log.calendar.day_number(day) // 3)
    histories = (
        (player_id, log.appearances(player_id, day)) for player_id in sorted(log.player_ids)
    )
    return {
        player_id: _player_zones(day, history)
        for player_id, history in histories
        if len(history) >= fewest
    }


def _player_zones(day: date, history: Sequence[PlayerGame]) -> PlayerZones:
    latest = history[-1]
    window = last_games(history, 10)
    last_10 = _shares(window)
    return PlayerZones(
        game_date=day,
        season=latest.season,
        player_id=latest.player_id,
        player_lookup=latest.player_lookup,
        last_10=last_10,
        last_20=_shares(last_games(history, 20)) if len(history) >= 15 else _NO_SHARES,
        games_in_window=len(window),
        primary_scoring_zone=_primary_scoring_zone(last_10.rate),
    )


def _shares(window: Iterable[PlayerGame]) -> Shares:
    """Sum the window's shots, appearances without shots data left out."""
    counts = sum_of(window)
    return Shares(
        rate={zone: ratio(counts.attempts(zone), counts.all_attempts()) for zone in ZONES},
        pct={zone: ratio(counts.makes(zone), counts.attempts(zone)) for zone in ZONES},
        total_shots=counts.all_attempts(),
    )


def _primary_scoring_zone(rates: Mapping[Zone, Number]) -> str | None:
    """Name the first zone that reaches its threshold; NULL without attempts."""
    thresholds: tuple[tuple[Zone, float], ...] = (
        ("paint", 0.40),
        ("three", 0.40),
        ("mid_range", 0.35),
    )
    for zone, threshold in thresholds:
        rate = rates[zone]
        if rate is None:
            return None
        if settled(rate) >= threshold:
            return zone
    return "balanced"
