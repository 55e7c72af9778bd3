"""nba.md's "Which context": upcoming rows where enough of them are usable, else synthetic."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from oracle.context import Context, synthetic
from oracle.game_log import GameLog
from oracle.roster import upcoming as expected_upcoming

UpcomingRows = Mapping[int, Mapping[str, Any]]
"""The rows present in upcoming_player_game_context on a date, by player_id."""


def chosen_contexts(log: GameLog, day: date, upcoming: UpcomingRows | None) -> dict[int, Context]:
    """Return one context for each player of the partition; no upcoming rows = an absent table."""
    present = {key: Context.from_row(row) for key, row in (upcoming or {}).items()}
    if is_played(log, day):
        return _for_a_played_date(log, day, present)
    return _for_a_future_date(log, day, present)


def is_played(log: GameLog, day: date) -> bool:
    """Call a date played when anybody appeared on it."""
    return bool(log.players_on(day))


def _for_a_played_date(
    log: GameLog, day: date, present: Mapping[int, Context]
) -> dict[int, Context]:
    """Use the usable rows when they cover 90 % of PGS, and fill the rest from the synthetic."""
    made = synthetic(log, day)
    usable = {
        player_id: present[player_id]
        for player_id, context in made.items()
        if player_id in present and present[player_id].team == context.team
    }
    enough = 10 * len(usable) >= 9 * len(made)
    return made | usable if enough else made


def _for_a_future_date(
    log: GameLog, day: date, present: Mapping[int, Context]
) -> dict[int, Context]:
    """Use the upcoming rows alone, complete, or nothing."""
    roster = expected_upcoming(log, day)
    complete = roster.keys() <= present.keys()
    return {player_id: present[player_id] for player_id in roster} if complete else {}
