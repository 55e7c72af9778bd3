"""Small leagues whose every value can be computed by hand, written as the files of `gapless load`.

The usual line of a player is 48 minutes, 18 attempts and 2 turnovers. Five such players make 240
minutes and 90 + 10 = 100 possessions, so a usual game has pace 100, and a usual player uses
(18 + 2) · 48 / (48 · 100) = 0.2 of his team's plays.

His 18 shots: 6 in the paint (4 made), 4 from mid-range (1 made), 8 threes (4 made); 18 + 4 = 22
points. The last player of the visitors makes two threes less: 16 points. It is 110 : 104 for the
hosts.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb

from acceptance.place import Place
from gapless_nba.raw_columns import PLAYER_BOX_SCORES, SCHEDULE, SHOTS

USUAL: dict[str, Any] = {
    "minutes": 48.0,
    "fga": 18,
    "fgm": 9,
    "fg3a": 8,
    "fg3m": 4,
    "fta": 0,
    "ftm": 0,
    "oreb": 0,
    "dreb": 5,
    "reb": 5,
    "ast": 4,
    "stl": 1,
    "blk": 0,
    "tov": 2,
    "pf": 2,
}
MAKES = {"paint": (6, 4), "mid_range": (4, 1), "three": (8, 4)}
"""Zone → attempts, makes of the usual line."""
KINDS = {
    "paint": ("2PT Field Goal", "Restricted Area"),
    "mid_range": ("2PT Field Goal", "Mid-Range"),
    "three": ("3PT Field Goal", "Above the Break 3"),
}
FEWER = 2
"""Threes the last visitor does not make."""

TEAMS = {"BOS": range(10, 15), "NYK": range(20, 25), "PHI": range(30, 35), "MIA": range(40, 45)}
"""Team → its players' ids, when a test does not say otherwise."""


class SmallLeague:
    """Raw rows under construction; methods return the league, so that calls chain."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {
            "schedule": [],
            "player_box_scores": [],
            "shots": [],
        }
        self._rosters: dict[str, list[int]] = {team: [*ids] for team, ids in TEAMS.items()}

    def roster(self, team: str, players: Sequence[int]) -> Self:
        """From here on the team plays with these players."""
        self._rosters[team] = list(players)
        return self

    def game(
        self,
        day: date,
        away: str,
        home: str,
        *,
        lines: Mapping[int, Mapping[str, Any]] | None = None,
        usual: Mapping[str, Any] | None = None,
        shots: bool = True,
    ) -> Self:
        """Play a game.

        Args:
            day: Its date.
            away: The visitors.
            home: The hosts.
            lines: Player → what differs from his usual line.
            usual: What differs for every player of the game.
            shots: Whether the source has the game's shots.
        """
        number = len(self._rows["schedule"]) + 1
        game_id = f"00222{number:05}"
        code = f"{day:%Y%m%d}_{away}_{home}"
        common = {"season": "2022-23", "game_id": game_id, "game_date": day}
        last_visitor = self._rosters[away][-1]
        scores = {}
        for team, opponent, place in ((away, home, "away"), (home, away, "home")):
            scores[team] = 0
            for player in self._rosters[team]:
                fewer = FEWER if player == last_visitor else 0
                line = USUAL | {"fgm": 9 - fewer, "fg3m": 4 - fewer} | dict(usual or {})
                line |= dict((lines or {}).get(player, {}))
                line["pts"] = 2 * line["fgm"] + line["fg3m"] + line["ftm"]
                scores[team] += line["pts"]
                self._rows["player_box_scores"].append(
                    common
                    | {"date_away_home_id": code, "team": team, "opponent": opponent}
                    | {"home_away": place, "player_id": player, "played": True, "starter": True}
                    | {"player_name": name_of(player), "neutral_site": False}
                    | line
                )
                if shots:
                    self._shoot(common, team, player, fewer)
        self._rows["schedule"].append(
            common
            | {"date_away_home_id": code, "home_team": home, "away_team": away}
            | {"home_score": scores[home], "away_score": scores[away], "neutral_site": False}
        )
        return self

    def _shoot(self, common: Mapping[str, Any], team: str, player: int, fewer: int) -> None:
        for zone, (attempts, makes) in MAKES.items():
            made = makes - fewer if zone == "three" else makes
            shot_type, zone_basic = KINDS[zone]
            for number in range(attempts):
                shot = {"team": team, "player_id": player, "player_name": name_of(player)}
                shot |= {"shot_type": shot_type, "zone_basic": zone_basic}
                seq = sum(row["game_id"] == common["game_id"] for row in self._rows["shots"][-200:])
                shot |= {"shot_seq": seq + 1, "shot_made_flag": int(number < made)}
                self._rows["shots"].append(dict(common) | shot)

    def write(self, folder: Path, kind: str = "csv") -> Path:
        """Write the files of a load into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, columns in (
            ("schedule", SCHEDULE),
            ("player_box_scores", PLAYER_BOX_SCORES),
            ("shots", SHOTS),
        ):
            file = folder / f"{table}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, fieldnames=list(columns))
                writer.writeheader()
                writer.writerows(self._rows[table])
            if kind == "parquet":
                _as_parquet(file, columns)
        return folder

    def built(self, folder: Path) -> Place:
        """Write, load and backfill the league in a new folder."""
        place = Place(folder)
        folder.mkdir(exist_ok=True)
        self.write(folder / "data")
        place.run_within("init")
        place.run_within("load", "--data", "data")
        place.run_within("backfill")
        return place


def name_of(player: int) -> str:
    """Return a name without digits, since lookups hold letters alone."""
    return f"Player {'abcdefghij'[player // 10]}{'abcdefghij'[player % 10]}"


def _as_parquet(file: Path, columns: Mapping[str, str]) -> None:
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (FROM read_csv('{file}', header = true, columns = {{{listed}}})) "
            f"TO '{file.with_suffix('.parquet')}'"
        )
    file.unlink()
