"""The shot chart of a game: the rows of `raw.shots`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gapless_nba.fetch.reading import Contradiction, Row, needed_text, needed_whole, text, whole
from gapless_nba.fetch.schedule import Game

DATA_SET = "Shot_Chart_Detail"
THREE = "3PT Field Goal"
SHOT_TYPES = frozenset({"2PT Field Goal", THREE})
ZONES = frozenset(
    {
        "Restricted Area",
        "In The Paint (Non-RA)",
        "Mid-Range",
        "Left Corner 3",
        "Right Corner 3",
        "Above the Break 3",
        "Backcourt",
    }
)
"""A zone of another name would count as mid-range downstream, so it is refused."""


def shot_rows(
    game: Game, rows: Sequence[Row], box_score: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the shots of a final game in the order in which they were taken; none is possible.

    Raises:
        Contradiction: they are of another game, of nobody who played, or of an unknown kind.
    """
    teams = {player["player_id"]: player for player in box_score if player["played"]}
    shots = [_shot(game, row, teams) for row in rows if row["data_set"] == DATA_SET]
    events = Counter(shot["game_event_id"] for shot in shots)
    if shots and max(events.values()) > 1:
        raise Contradiction(f"event {events.most_common(1)[0][0]} stands twice among the shots")
    shots.sort(
        key=lambda shot: (
            shot["period"],
            -shot["minutes_remaining"],
            -shot["seconds_remaining"],
            shot["game_event_id"],
        )
    )
    return [shot | {"shot_seq": number} for number, shot in enumerate(shots, start=1)]


def difference(
    shots: Sequence[Mapping[str, Any]], box_score: Sequence[Mapping[str, Any]]
) -> str | None:
    """Say where the shots and the box score disagree; None where they do not.

    Real charts lack a shot now and then. It is a fact to report: `shots_agree` finds it, too.
    """
    tried = Counter(shot["player_id"] for shot in shots)
    made = Counter(shot["player_id"] for shot in shots if shot["shot_made_flag"])
    different = [
        f"{player['player_name']} {made[player['player_id']]}/{tried[player['player_id']]} "
        f"instead of {player['fgm']}/{player['fga']}"
        for player in box_score
        if player["played"]
        and (made[player["player_id"]], tried[player["player_id"]])
        != (player["fgm"], player["fga"])
    ]
    if not different:
        return None
    more = f" and {len(different) - 1} more" if len(different) > 1 else ""
    return f"shots differ from the box score: {different[0]}{more}"


def _shot(game: Game, row: Row, players: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    if text(row, "GAME_ID") != game.game_id:
        raise Contradiction(f"a shot is of game {row['GAME_ID']!r}")
    player_id, team_id = needed_whole(row, "PLAYER_ID"), needed_whole(row, "TEAM_ID")
    player = players.get(player_id)
    if player is None or player["team_id"] != team_id:
        raise Contradiction(f"a shot is of player {player_id}, who did not play for {team_id}")
    made = needed_whole(row, "SHOT_MADE_FLAG")
    if made not in (0, 1) or whole(row, "SHOT_ATTEMPTED_FLAG") != 1:
        raise Contradiction(f"a shot of player {player_id} was not attempted, or made {made} times")
    return {
        "season": game.season,
        "game_id": game.game_id,
        "game_date": game.game_date.isoformat(),
        "game_event_id": needed_whole(row, "GAME_EVENT_ID"),
        "team": player["team"],
        "team_id": team_id,
        "home_team": game.home.code,
        "away_team": game.away.code,
        "player_id": player_id,
        "player_name": text(row, "PLAYER_NAME"),
        "period": needed_whole(row, "PERIOD"),
        "minutes_remaining": needed_whole(row, "MINUTES_REMAINING"),
        "seconds_remaining": needed_whole(row, "SECONDS_REMAINING"),
        "shot_made_flag": made,
        "action_type": text(row, "ACTION_TYPE"),
        "shot_type": _known(row, "SHOT_TYPE", SHOT_TYPES),
        "zone_basic": _known(row, "SHOT_ZONE_BASIC", ZONES),
        "zone_area": text(row, "SHOT_ZONE_AREA"),
        "zone_range": text(row, "SHOT_ZONE_RANGE"),
        "shot_distance": whole(row, "SHOT_DISTANCE"),
        "loc_x": whole(row, "LOC_X"),
        "loc_y": whole(row, "LOC_Y"),
    }


def _known(row: Row, name: str, known: frozenset[str]) -> str:
    found = needed_text(row, name)
    if found not in known:
        raise Contradiction(f"{name} is {found!r}, which is not known")
    return found
