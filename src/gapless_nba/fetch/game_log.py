"""The game log of a season: a second opinion on the dates and scores of games played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gapless_nba.fetch.reading import Contradiction, Row, needed_text, needed_whole
from gapless_nba.fetch.schedule import Game

GameLog = Mapping[str, Sequence[Row]]
"""Game id → the lines of its teams."""


def read_game_log(rows: Sequence[Row]) -> GameLog:
    """Group the lines by game."""
    lines: dict[str, list[Row]] = {}
    for row in rows:
        lines.setdefault(needed_text(row, "GAME_ID"), []).append(row)
    return lines


def check_game(game: Game, log: GameLog) -> None:
    """Compare a final game of the schedule with its two lines of the log.

    Raises:
        Contradiction: the log lacks the game, or has another date, other teams or another score.
    """
    lines = {needed_whole(row, "TEAM_ID"): row for row in log.get(game.game_id, ())}
    if not lines:
        raise Contradiction("the game log does not have it yet")
    if set(lines) != {game.home.team_id, game.away.team_id}:
        raise Contradiction(f"the game log has it with the teams {sorted(lines)}")
    for team in (game.away, game.home):
        line = lines[team.team_id]
        day = needed_text(line, "GAME_DATE")[:10]
        if day != game.game_date.isoformat():
            raise Contradiction(f"schedule: {game.game_date}, game log: {day}")
        points = needed_whole(line, "PTS")
        if points != team.score:
            raise Contradiction(
                f"{team.code} scored {team.score} in the schedule and {points} in the game log"
            )
