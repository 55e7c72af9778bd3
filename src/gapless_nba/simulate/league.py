"""Simulates a whole league into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gapless_nba.raw_columns import TABLES
from gapless_nba.simulate.games import play_season
from gapless_nba.simulate.games_a_day import FEWEST, MOST
from gapless_nba.simulate.parquet import to_parquet
from gapless_nba.simulate.season_calendar import season_calendar, season_year
from gapless_nba.simulate.tables import write_games

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

DEFAULT_SEED = 20230223
FileFormat = Literal["csv", "parquet"]
MOST_SEASONS = 100  # a game id has two digits for the year


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
    games_a_day: float | None = None,
    file_format: FileFormat = "csv",
) -> SimulatedLeague:
    """Simulate seasons and write the files schedule, player_box_scores and shots.

    The same arguments give the same bytes on every Python version; a season is the same whichever
    others are simulated with it. Memory does not grow with the number of seasons.

    Args:
        folder: Where to write; made when missing, files of these names are replaced.
        seasons: Labels such as `2022-23`, in the order wanted in the files.
        seed: Any integer; another one gives other players and results.
        shots_missing_share: Share (0..1) of the first season's games, those with the highest ids,
            that have no shots at all.
        dnp: Whether listed players who did not play have rows.
        games_a_day: The mean number of games on a date, 1 to 15. The dates stay, so this makes a
            season larger or smaller: 164 dates of 10 games are 1,640 games, and every team plays
            109 or 110 of them. When not given, 1,230 games with 82 for each team: 7.5 a day.
        file_format: `csv`, or `parquet`: much smaller, but with the bytes of one version of DuckDB.
            The CSV files are written first and replaced one by one.

    Returns:
        A summary.

    Raises:
        ValueError: A label is no season, two seasons share their game ids, a number is wrong, or
            the folder has Parquet files that would be loaded instead of the CSV files.
    """
    _check(seasons, shots_missing_share, games_a_day)
    if file_format == "csv":
        _check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    played = (
        game
        for position, season in enumerate(seasons)
        for game in play_season(
            seed,
            season,
            shots_missing_share=0.0 if position else shots_missing_share,
            games_a_day=games_a_day,
        )
    )
    games, players = 0, set[int]()
    for game in write_games(folder, played, dnp=dnp):
        games += 1
        players.update(line.player.player_id for line in game.lines if line.played)
    if file_format == "parquet":
        to_parquet(folder)
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


def _check(seasons: Sequence[str], shots_missing_share: float, games_a_day: float | None) -> None:
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
    if games_a_day is not None and not FEWEST <= games_a_day <= MOST:
        raise ValueError(f"games_a_day is {games_a_day}; it must be within {FEWEST}..{MOST}")


def _check_folder(folder: Path) -> None:
    """Refuse a folder in which CSV files would never be read."""
    preferred = [f"{table}.parquet" for table in TABLES if (folder / f"{table}.parquet").exists()]
    if preferred:
        raise ValueError(
            f"{folder} holds {', '.join(preferred)}, which would be loaded instead of CSV files; "
            "name another folder"
        )
