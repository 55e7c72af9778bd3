"""Seasons: where one starts, which came before, the day number and the warm-up."""

from datetime import date

from oracle.read import League

WARM_UP_DAYS = 14
"""Days 0 to 13 are the warm-up."""

FIRST_GAMES = {
    "2021-22": date(2021, 10, 19),
    "2022-23": date(2022, 10, 18),
    "2023-24": date(2023, 10, 24),
    "2024-25": date(2024, 10, 22),
    "2025-26": date(2025, 10, 21),
}
"""The first regular-season games by nba.md; any other season starts on its first loaded game."""


class Calendar:
    """The dates of a league and the seasons they belong to."""

    def __init__(self, league: League) -> None:
        self._season_of = {game.game_date: game.season for game in league.games}
        self._first_game: dict[str, date] = {}
        self._last_game: dict[str, date] = {}
        for game in league.games:  # in date order
            self._first_game.setdefault(game.season, game.game_date)
            self._last_game[game.season] = game.game_date

    @property
    def seasons(self) -> list[str]:
        """Every loaded season, oldest first."""
        return list(self._first_game)

    def season(self, day: date) -> str:
        """Return the season of the games scheduled on the day, which must have some."""
        return self._season_of[day]

    def day_number(self, day: date) -> int:
        """Count the days since the season's first game, which is day 0."""
        season = self._season_of[day]
        first = FIRST_GAMES.get(season, self._first_game[season])
        return (day - first).days

    def has_layer_4(self, day: date) -> bool:
        """Say whether layer 4 exists: a game is scheduled and the warm-up is over."""
        return day in self._season_of and not self.is_warm_up(day)

    def is_warm_up(self, day: date) -> bool:
        return day in self._season_of and self.day_number(day) < WARM_UP_DAYS

    def last_game_of_previous_season(self, day: date) -> date | None:
        """Return the last game date of the season before the day's; None if not loaded."""
        start = int(self._season_of[day][:4]) - 1
        return self._last_game.get(f"{start}-{(start + 1) % 100:02d}")
