"""The seasons of a fetch: their schedules and game logs, asked for again until they are final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from gapless.errors import FetchFailed
from gapless_nba.fetch.asked import Asked
from gapless_nba.fetch.game_log import GameLog, read_game_log
from gapless_nba.fetch.questions import Endpoint, Question
from gapless_nba.fetch.reading import Contradiction
from gapless_nba.fetch.responses import Response, Responses
from gapless_nba.fetch.schedule import Schedule, read_schedule
from gapless_nba.fetch.service import NoAnswer, Service

LEAGUE_TIME = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Season:
    """What is known of a season."""

    name: str
    schedule: Schedule
    log: GameLog


def asked_season(name: str, asked: Asked, responses: Responses, service: Service) -> Season:
    """Return a season that is asked for, after asking for what is not final in it.

    Raises:
        FetchFailed: there is no usable schedule or game log.
    """
    question = Question(Endpoint.SCHEDULE, name)
    kept = responses.read(question)
    schedule = _readable_schedule(kept)
    if kept is None or schedule is None or not _settled(schedule, asked, _day_of(kept)):
        schedule = _schedule(_ask(question, responses, service))
    question = Question(Endpoint.GAME_LOG, name)
    due = {game.game_id for game in schedule.games if game.final and asked.holds(game)}
    log = _readable_log(responses.read(question))
    if due - set(log):
        log = _log(_ask(question, responses, service))
    return Season(name, schedule, log)


def kept_season(name: str, responses: Responses) -> Season | None:
    """Return a season of an earlier fetch without asking; None where its schedule is torn."""
    schedule = _readable_schedule(responses.read(Question(Endpoint.SCHEDULE, name)))
    if schedule is None:
        return None
    return Season(name, schedule, _readable_log(responses.read(Question(Endpoint.GAME_LOG, name))))


def _ask(question: Question, responses: Responses, service: Service) -> Response:
    try:
        response = service.ask(question)
    except NoAnswer as error:
        raise _failed(str(error)) from error
    responses.keep(response)
    # As it is read from now on, so that both ways give the same.
    return responses.read(question) or response


def _failed(what: str) -> FetchFailed:
    return FetchFailed(
        f"{what}.",
        untouched="No game was asked for, and the files are as they were.",
        advice="Try again later. What was fetched before is kept.",
    )


def _schedule(response: Response) -> Schedule:
    try:
        return read_schedule(response.question.season, response.rows)
    except Contradiction as error:
        raise _failed(f"{response.question} cannot be understood: {error}") from error


def _log(response: Response) -> GameLog:
    try:
        return read_game_log(response.rows)
    except Contradiction as error:
        raise _failed(f"{response.question} cannot be understood: {error}") from error


def _readable_schedule(kept: Response | None) -> Schedule | None:
    try:
        return None if kept is None else read_schedule(kept.question.season, kept.rows)
    except Contradiction:
        return None


def _readable_log(kept: Response | None) -> GameLog:
    try:
        return {} if kept is None else read_game_log(kept.rows)
    except Contradiction:
        return {}


def _settled(schedule: Schedule, asked: Asked, fetched_on: date) -> bool:
    """Whether a kept schedule can no longer change where it is asked about."""
    if schedule.problems or schedule.postponed or not schedule.games:
        return False
    # A game may be moved to any date that has not passed.
    last = min(asked.last, schedule.games[-1].game_date)
    return fetched_on > last and all(g.final for g in schedule.games if asked.holds(g))


def _day_of(kept: Response) -> date:
    return kept.fetched_at.astimezone(LEAGUE_TIME).date()
