"""Simulates a whole league into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gapless_nba.simulate.games import play_season
from gapless_nba.simulate.season_calendar import season_calendar, season_year
from gapless_nba.simulate.tables import write_games

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from gapless_nba.simulate.games import Game

GAMES_PER_SEASON = 1_230
DEFAULT_SEED = 20230223


@dataclass(frozen=True, slots=True)
class SimulatedLeague:
    """What was simulated.

    Attributes:
        seasons: Labels of the seasons, in the order of the files.
        games: Number of games.
        dates: Number of dates with games.
        players: Number of players who appeared in at least one game.
        first_dates_after_break: For each season its first date after the All-Star break.
    """

    seasons: tuple[str, ...]
    games: int
    dates: int
    players: int
    first_dates_after_break: tuple[date, ...]


def simulate_league(
    folder: Path,
    seasons: Sequence[str] = ("2022-23",),
    *,
    seed: int = DEFAULT_SEED,
    shots_missing_share: float = 0.0,
    dnp: bool = True,
) -> SimulatedLeague:
    """Simulate seasons and write schedule.csv, player_box_scores.csv and shots.csv.

    The same arguments give the same bytes on every Python version; a season is the same whichever
    others are simulated with it.

    Args:
        folder: Where to write; made when missing, files of these names are replaced.
        seasons: Labels such as `2022-23`, in the order wanted in the files.
        seed: Any integer; another one gives other players and results.
        shots_missing_share: Share (0..1) of the first season's games, those with the highest ids,
            that have no shots at all.
        dnp: Whether listed players who did not play have rows.

    Returns:
        A summary.

    Raises:
        ValueError: A label is no season, two seasons share their game ids, or the share is wrong.
    """
    _check(seasons, shots_missing_share)
    folder.mkdir(parents=True, exist_ok=True)
    without_shots = int(GAMES_PER_SEASON * shots_missing_share + 0.5)
    games, players = 0, set[int]()
    for game in write_games(folder, _play(seasons, seed, without_shots), dnp=dnp):
        games += 1
        players.update(line.player.player_id for line in game.lines if line.played)
    return _summary(seasons, games=games, players=len(players))


def _summary(seasons: Sequence[str], *, games: int, players: int) -> SimulatedLeague:
    """Sum up what was simulated."""
    calendars = [season_calendar(season) for season in seasons]
    return SimulatedLeague(
        seasons=tuple(seasons),
        games=games,
        dates=sum(len(calendar.dates) for calendar in calendars),
        players=players,
        first_dates_after_break=tuple(calendar.first_date_after_break for calendar in calendars),
    )


def _play(seasons: Sequence[str], seed: int, without_shots: int) -> Iterator[Game]:
    """Play the seasons; only the first can lack shots."""
    for position, season in enumerate(seasons):
        yield from play_season(seed, season, 0 if position else without_shots)


def _check(seasons: Sequence[str], shots_missing_share: float) -> None:
    """Refuse what cannot be simulated before a file is touched."""
    if not seasons:
        raise ValueError("no seasons were named; name at least one, as in '2022-23'")
    endings: dict[int, str] = {}
    for season in seasons:
        ending = season_year(season) % 100
        if ending in endings:
            raise ValueError(
                f"{endings[ending]} and {season} would have the same game ids; drop one"
            )
        endings[ending] = season
    if not 0 <= shots_missing_share <= 1:
        raise ValueError(f"shots_missing_share is {shots_missing_share}; it must be within 0..1")
