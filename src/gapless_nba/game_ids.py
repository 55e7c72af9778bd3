"""The two names of a game: the league's ten digits, and the code that people read.

`0022200886` is the *game id*: `002` for the regular season, `22` for the season that starts in
2022, and the number of the game. `20230223_DEN_CLE` is the *game code*: the league's own date, the
visitors, the hosts.

A code says when and who; only a schedule says which id belongs to it. A postponed game keeps its id
and gets the code of the date on which it is played.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from gapless.errors import UsageError, nearest

_ID = re.compile(r"[0-9]{10}")
_CODE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})_([A-Z]{3})_([A-Z]{3})")
_TEAM = re.compile(r"[A-Z]{3}")
_REGULAR_SEASON = "002"
_FIRST_SEASON = 46
"""The league started in 1946; two digits from there on mean the 20th century."""


class GameIdError(UsageError, ValueError):
    """A game id or game code is wrong, unknown, or of the other format."""


@dataclass(frozen=True, order=True)
class GameId:
    """The league's own name of a regular-season game."""

    season_start: int
    """The year in which the season starts, e.g. 2022."""
    number: int
    """The number of the game within the season, from 1."""

    def __str__(self) -> str:
        return f"{_REGULAR_SEASON}{self.season_start % 100:02}{self.number:05}"

    @property
    def season(self) -> str:
        """The season as tables name it, e.g. `2022-23`."""
        return f"{self.season_start}-{(self.season_start + 1) % 100:02}"


@dataclass(frozen=True, order=True)
class GameCode:
    """When and who: the name of a game that people read."""

    game_date: date
    away: str
    home: str

    def __str__(self) -> str:
        # Not strftime: some platforms leave out the zeros of a year.
        day = self.game_date.isoformat().replace("-", "")
        return f"{day}_{self.away}_{self.home}"


def parse_game_id(text: str) -> GameId:
    """Read the league's ten digits.

    Raises:
        GameIdError: they are no id of a regular-season game.
    """
    if not _ID.fullmatch(text):
        raise GameIdError(f"{text!r} is no game id{_other(text, _CODE, 'game code')}; {_ID_LOOKS}")
    if not text.startswith(_REGULAR_SEASON):
        raise GameIdError(
            f"{text!r} is no game of the regular season: those start with {_REGULAR_SEASON!r}."
        )
    year, number = int(text[3:5]), int(text[5:])
    if not number:
        raise GameIdError(f"{text!r} is no game id: games are numbered from 00001.")
    return GameId(year + (1900 if year >= _FIRST_SEASON else 2000), number)


def parse_game_code(text: str) -> GameCode:
    """Read `YYYYMMDD_AWAY_HOME`.

    Raises:
        GameIdError: it is none, or its date or teams cannot be.
    """
    match = _CODE.fullmatch(text)
    if match is None:
        raise GameIdError(f"{text!r} is no game code{_other(text, _ID, 'game id')}; {_CODE_LOOKS}")
    year, month, day, away, home = match.groups()
    try:
        game_date = date(int(year), int(month), int(day))
    except ValueError as error:
        raise GameIdError(f"{text!r} is no game code: {year}-{month}-{day} is no date.") from error
    return game_code(game_date, away, home)


def game_code(game_date: date, away: str, home: str) -> GameCode:
    """Name a game by its date and teams.

    Raises:
        GameIdError: a team is no three capital letters, or plays itself.
    """
    for team in (away, home):
        if not _TEAM.fullmatch(team):
            raise GameIdError(f"{team!r} is no team: write three capital letters, as in 'DEN'.")
    if away == home:
        raise GameIdError(f"{away!r} cannot play itself on {game_date}.")
    return GameCode(game_date, away, home)


@dataclass(frozen=True)
class GameIds:
    """Which id and which code name the same game, by a schedule."""

    _code_by_id: dict[str, str] = field(default_factory=dict)
    _id_by_code: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, games: Iterable[tuple[str, date, str, str]]) -> Self:
        """Take the games of a schedule.

        Args:
            games: Of each game its id, date, visitors and hosts.

        Raises:
            GameIdError: an id or code is wrong or names two games.
        """
        code_by_id: dict[str, str] = {}
        id_by_code: dict[str, str] = {}
        for text, game_date, away, home in games:
            game_id, code = str(parse_game_id(text)), str(game_code(game_date, away, home))
            if game_id in code_by_id:
                raise GameIdError(
                    f"Game {game_id} stands twice in the schedule: as {code_by_id[game_id]} and "
                    f"as {code}."
                )
            if code in id_by_code:
                raise GameIdError(
                    f"Game {code} stands twice in the schedule: as {id_by_code[code]} and as "
                    f"{game_id}."
                )
            code_by_id[game_id] = code
            id_by_code[code] = game_id
        return cls(code_by_id, id_by_code)

    def __len__(self) -> int:
        return len(self._code_by_id)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield each game as (game id, game code)."""
        return iter(self._code_by_id.items())

    def code_of(self, game_id: str) -> str:
        """Translate `0022200886` into `20230223_DEN_CLE`.

        Raises:
            GameIdError: it is no game id, or the schedule does not know it.
        """
        return _known(str(parse_game_id(game_id)), self._code_by_id)

    def id_of(self, code: str) -> str:
        """Translate `20230223_DEN_CLE` into `0022200886`.

        Raises:
            GameIdError: it is no game code, or the schedule does not know it.
        """
        return _known(str(parse_game_code(code)), self._id_by_code)


_ID_LOOKS = "it has ten digits, as in '0022200886'."
_CODE_LOOKS = "it is YYYYMMDD_AWAY_HOME, as in '20230223_DEN_CLE'."


def _other(text: str, other: re.Pattern[str], name: str) -> str:
    return f" but a {name}" if other.fullmatch(text) else ""


def _known(name: str, names: dict[str, str]) -> str:
    if name not in names:
        raise GameIdError(f"The schedule has no game {name!r}. {nearest(name, names)}")
    return names[name]
