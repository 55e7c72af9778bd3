"""The morning of a date: what nobody can know yet."""

from __future__ import annotations

from datetime import date


def morning_of(day: date) -> str:
    """Return the time at which games of the day have not begun, as GAPLESS_NOW wants it."""
    return f"{day}T09:00:00-05:00"


def not_played_from(day: date) -> list[str]:
    """Statements that take away what nobody can know on the morning of a day."""
    scores = ", ".join(f"{side}_score = NULL" for side in ("home", "away"))
    return [
        f"DELETE FROM raw.player_box_scores WHERE game_date >= DATE '{day}'",
        f"DELETE FROM raw.shots WHERE game_date >= DATE '{day}'",
        f"UPDATE raw.schedule SET {scores} WHERE game_date >= DATE '{day}'",
    ]
