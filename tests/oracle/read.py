"""A league as loaded: all its games, box scores and shots, from files or from rows as dicts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb

from oracle.raw import Game, Listing, Shot, Statistics

Row = Mapping[str, Any]
"""A raw row under the column names of data/nba/*.parquet; an absent column is NULL."""

_NEEDED = {
    *("game_id", "date_away_home_id", "season", "game_date", "home_team", "away_team"),
    *("home_score", "away_score"),
    *("player_id", "player_name", "team", "home_away", "played", "starter", "pts"),
    *(field.name for field in fields(Statistics)),
    *("shot_made_flag", "shot_type", "zone_basic"),
}
"""The columns the tables are made from; reading only these keeps the shots in memory."""

_TEXT_IN_CSV = {"game_id": "VARCHAR", "season": "VARCHAR"}


@dataclass(frozen=True)
class League:
    """The raw layer: games in date order, listings and shots as they came."""

    games: tuple[Game, ...]
    listings: tuple[Listing, ...]
    shots: tuple[Shot, ...]

    @classmethod
    def from_rows(
        cls,
        schedule: Iterable[Row],
        player_box_scores: Iterable[Row],
        shots: Iterable[Row] = (),
    ) -> Self:
        """Build a league from rows named like the columns of the files."""
        games = {row["game_id"]: _game(row) for row in schedule}
        listings = tuple(_listing(row, games) for row in player_box_scores)
        _refuse_two_listings_on_a_date(listings)
        in_date_order = sorted(games.values(), key=lambda game: (game.game_date, game.game_id))
        return cls(tuple(in_date_order), listings, tuple(_shot(row) for row in shots))

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Read schedule, player_box_scores and shots, each as .parquet or .csv."""
        tables = ("schedule", "player_box_scores", "shots")
        return cls.from_rows(*(_read(folder, table) for table in tables))

    @property
    def dates(self) -> list[date]:
        """Every date with a scheduled game."""
        return sorted({game.game_date for game in self.games})


def _read(folder: Path, table: str) -> list[Row]:
    parquet = folder / f"{table}.parquet"
    with duckdb.connect() as connection:
        if parquet.exists():
            relation = connection.read_parquet(str(parquet))
        else:
            relation = connection.read_csv(
                str(folder / f"{table}.csv"),
                dtype=_TEXT_IN_CSV,
                sample_size=-1,  # starter is empty for a whole season: look at every row
            )
        names = [name for name in relation.columns if name in _NEEDED]
        relation = relation.project(", ".join(names))
        return [dict(zip(names, values, strict=True)) for values in relation.fetchall()]


def _game(row: Row) -> Game:
    return Game(
        game_id=row["game_id"],
        game_code=row["date_away_home_id"],
        season=row["season"],
        game_date=row["game_date"],
        home_team=row["home_team"],
        away_team=row["away_team"],
        home_score=row.get("home_score"),
        away_score=row.get("away_score"),
    )


def _listing(row: Row, games: Mapping[str, Game]) -> Listing:
    statistics = {field.name: row.get(field.name) for field in fields(Statistics)}
    statistics["points"] = row.get("pts")
    return Listing(
        game=games[row["game_id"]],
        player_id=row["player_id"],
        player_name=row["player_name"],
        team=row["team"],
        is_home=row["home_away"] == "home",
        played=bool(row["played"]),
        started=row.get("starter"),
        **statistics,
    )


def _shot(row: Row) -> Shot:
    return Shot(
        game_id=row["game_id"],
        player_id=row["player_id"],
        made=bool(row["shot_made_flag"]),
        shot_type=row["shot_type"],
        zone_basic=row["zone_basic"],
    )


def _refuse_two_listings_on_a_date(listings: Iterable[Listing]) -> None:
    """Every definition of nba.md takes for granted that a player has one game on a date."""
    seen: set[tuple[int, date]] = set()
    for listing in listings:
        key = (listing.player_id, listing.game.game_date)
        if key in seen:
            raise ValueError(f"player {key[0]} is listed twice on {key[1]}")
        seen.add(key)
