"""upcoming_player_game_context (UPCG): the context of the rosters, before the games of D."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from oracle.context import Context, Subject, contexts
from oracle.game_log import GameLog
from oracle.names import player_lookup
from oracle.raw import Listing

ROSTER_DAYS = 30


def upcoming(log: GameLog, day: date) -> dict[int, Context]:
    """Build the context of everyone on the roster of a team that plays on the day."""
    return contexts(log, day, _subjects(log, day), "upcoming")


def _subjects(log: GameLog, day: date) -> Iterator[Subject]:
    """Of those a team listed in its window, yield whoever's latest listing is with that team."""
    before = [listing for listing in log.league.listings if listing.game.game_date < day]
    latest = _latest_listings(before)
    for game in log.games_on(day):
        for team in game.teams:
            for player_id in _listed_in_window(log, team, day, before):
                listing = latest[player_id]
                if listing.team == team:
                    yield Subject(player_id, player_lookup(listing.player_name), team, game)


def _latest_listings(before: Iterable[Listing]) -> dict[int, Listing]:
    """Find each player's latest listing before the day: any team, any season, DNP too."""
    latest: dict[int, Listing] = {}
    for listing in before:
        known = latest.get(listing.player_id)
        if known is None or known.game.game_date < listing.game.game_date:
            latest[listing.player_id] = listing
    return latest


def _listed_in_window(log: GameLog, team: str, day: date, before: Iterable[Listing]) -> set[int]:
    """Collect everyone the team listed in its window, appeared or not."""
    last = _last_date_of_window(log, team, day)
    if last is None:
        return set()
    first = last - timedelta(days=ROSTER_DAYS - 1)
    return {
        listing.player_id
        for listing in before
        if listing.team == team and first <= listing.game.game_date <= last
    }


def _last_date_of_window(log: GameLog, team: str, day: date) -> date | None:
    """Pick D-1; before the team's first game the last date of the season before, if loaded."""
    season = log.calendar.season(day)
    has_played = any(
        team in game.teams and game.season == season and game.game_date < day
        for game in log.league.games
    )
    if has_played:
        return day - timedelta(days=1)
    return log.calendar.last_game_of_previous_season(day)
