"""Who plays whom how often, and the rounds in which every team plays exactly once.

The numbers here are places in the league's structure (0 to 29), not yet teams: a season puts its
teams into these places, so that one set of rounds serves every season.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from gapless_nba.simulate.streams import pick, shuffled, stream
from gapless_nba.simulate.teams import TEAMS, TEAMS_PER_CONFERENCE, TEAMS_PER_DIVISION

if TYPE_CHECKING:
    from gapless_nba.simulate.streams import Draw

_ROUNDS = 82
_TEAMS = len(TEAMS)
_PATIENCE = 2_000  # steps of one search for a round before everything starts again


class Meeting(NamedTuple):
    """One game between two places of the league's structure."""

    away: int
    home: int


def all_meetings() -> list[Meeting]:
    """List the 1,230 games of a season: 82 for each place, 41 of them at home.

    Division rivals meet four times, six rivals of the other divisions of the conference four times
    and four of them three times, teams of the other conference twice.
    """
    meetings: list[Meeting] = []
    for one, other in combinations(range(_TEAMS), 2):
        one_hosts, other_hosts = _times_hosting(one, other)
        meetings += [Meeting(other, one)] * one_hosts
        meetings += [Meeting(one, other)] * other_hosts
    return meetings


def _times_hosting(one: int, other: int) -> tuple[int, int]:
    """Say how often each of two places hosts the other."""
    if one // TEAMS_PER_CONFERENCE != other // TEAMS_PER_CONFERENCE:
        return 1, 1
    if one // TEAMS_PER_DIVISION == other // TEAMS_PER_DIVISION:
        return 2, 2
    distance = (other - one) % TEAMS_PER_DIVISION
    return {0: (2, 1), 1: (1, 2)}.get(distance, (2, 2))


@cache
def rounds() -> tuple[tuple[Meeting, ...], ...]:
    """Split the games of a season into 82 rounds of 15 games; every place plays once a round."""
    draw = stream(0, "rounds")
    while True:
        found = _try_rounds(draw)
        if found is not None:
            return found


def _try_rounds(draw: Draw) -> tuple[tuple[Meeting, ...], ...] | None:
    """Take one round after the other out of all games; None when the rest has no round."""
    games: dict[tuple[int, int], list[Meeting]] = {}
    opponents: list[list[int]] = [[] for _ in range(_TEAMS)]
    for meeting in shuffled(draw, all_meetings()):
        games.setdefault((min(meeting), max(meeting)), []).append(meeting)
        opponents[meeting.away].append(meeting.home)
        opponents[meeting.home].append(meeting.away)
    result: list[tuple[Meeting, ...]] = []
    for _ in range(_ROUNDS):
        partners = _pair_everyone(opponents, draw)
        if partners is None:
            return None
        pairs = [(one, other) for one, other in enumerate(partners) if one < other]
        for one, other in pairs:
            opponents[one].remove(other)
            opponents[other].remove(one)
        result.append(tuple(games[pair].pop() for pair in pairs))
    return tuple(result)


def _pair_everyone(opponents: list[list[int]], draw: Draw) -> list[int] | None:
    """Pair all places with opponents they still have to meet, by a chain of changes of mind.

    Args:
        opponents: For each place the opponents it still has to meet, once for each game.
        draw: The stream.

    Returns:
        For each place its partner, or None when patience ran out.
    """
    nobody = -1
    partners = [nobody] * _TEAMS
    steps = 0
    for place in range(_TEAMS):
        single = place if partners[place] == nobody else nobody
        while single != nobody:
            steps += 1
            if steps > _PATIENCE:
                return None
            chosen = pick(draw, opponents[single])
            left_alone = partners[chosen]
            partners[single], partners[chosen] = chosen, single
            if left_alone != nobody:
                partners[left_alone] = nobody
            single = left_alone
    return partners
