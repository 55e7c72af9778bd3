"""stats.nba.com through nba_api: one question at a time, politely, and again where that can help.

The only module that knows nba_api and requests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from nba_api.stats.endpoints.boxscoretraditionalv3 import (  # type: ignore[import-untyped]
    BoxScoreTraditionalV3,
)
from nba_api.stats.endpoints.leaguegamelog import LeagueGameLog  # type: ignore[import-untyped]
from nba_api.stats.endpoints.scheduleleaguev2 import (  # type: ignore[import-untyped]
    ScheduleLeagueV2,
)
from nba_api.stats.endpoints.shotchartdetail import ShotChartDetail  # type: ignore[import-untyped]
from nba_api.stats.library.http import NBAStatsHTTP  # type: ignore[import-untyped]
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from gapless_nba.fetch.questions import Endpoint, Question
from gapless_nba.fetch.responses import DATA_SET, Response
from gapless_nba.fetch.rhythm import Rhythm

ATTEMPTS = 5
LONGEST_WAIT = 120.0
"""Seconds; when the service asks for more, the fetch ends instead of waiting."""
_backoff = wait_exponential_jitter(initial=1, max=60)


class NoAnswer(Exception):
    """A question got no usable answer, and asking again now cannot help.

    Args:
        reason: Why, in a clause.
        down: Whether the service as a whole seems to be the trouble, not this question.
    """

    def __init__(self, reason: str, *, down: bool) -> None:
        self.reason = reason
        self.down = down
        super().__init__(reason)


class _TryAgain(Exception):
    """A passing trouble; `wait` is what the service asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        self.reason = reason
        self.wait = wait
        super().__init__(reason)


class _Http(NBAStatsHTTP):  # type: ignore[misc] # nba_api has no types
    """nba_api's client with a session and an address of its own.

    nba_api keeps one session for all its clients; a hook in it would look at others' answers.
    """

    def __init__(self, session: requests.Session, url: str | None) -> None:
        self._own_session = session
        if url:
            self.base_url = url.rstrip("/") + "/{endpoint}"

    def get_session(self) -> requests.Session:
        """Return the session that asks."""
        return self._own_session


class Service:
    """Asks stats.nba.com.

    Args:
        pause: Seconds between the end of one request and the start of the next.
        timeout: Seconds after which a request has failed.
        rhythm: Its time.
    """

    def __init__(self, *, pause: float, timeout: float, rhythm: Rhythm) -> None:
        self._pause = pause
        self._timeout = timeout
        self._rhythm = rhythm
        self._free_at: float | None = None
        self.requests = 0
        self._session = requests.Session()
        self._session.hooks["response"].append(self._look_at)
        self._http = _Http(self._session, os.environ.get("GAPLESS_NBA_URL"))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(self, question: Question) -> Response:
        """Ask, and ask again while the trouble may pass.

        Raises:
            NoAnswer: it did not pass, or cannot.
        """
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgain),
            sleep=self._rhythm.sleep,
            reraise=True,
        )
        try:
            return retrying(self._ask_once, question)
        except _TryAgain as error:
            reason = f"{error.reason}, {ATTEMPTS} times in a row"
            raise NoAnswer(f"{question}: {reason}", down=True) from error
        except NoAnswer as error:
            raise NoAnswer(f"{question}: {error.reason}", down=error.down) from error

    def _ask_once(self, question: Question) -> Response:
        parameters = _parameters(question)
        self._wait_for_turn()
        self.requests += 1
        try:
            answer = self._http.send_api_request(
                endpoint=question.endpoint.value, parameters=parameters, timeout=self._timeout
            )
        except requests.RequestException as error:
            if isinstance(error, ValueError):
                # What requests cannot even send: an address or a proxy that is none.
                raise NoAnswer(str(error), down=True) from error
            raise _TryAgain(_trouble(error)) from error
        finally:
            self._free_at = self._rhythm.monotonic() + self._pause
        try:
            whole = json.loads(answer.get_response(), parse_constant=_no_json)
        except ValueError as error:
            raise _TryAgain("the answer is no JSON") from error
        try:
            sets = (
                _schedule_sets(whole)
                if question.endpoint is Endpoint.SCHEDULE
                else _data_sets(answer, question.endpoint)
            )
            columns, rows = _rows(sets)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise NoAnswer("the answer does not have its documented shape", down=False) from error
        sent = {name: value for name, value in parameters.items() if value not in ("", None)}
        return Response(question, sent, self._rhythm.now(), columns, rows)

    def _wait_for_turn(self) -> None:
        if self._free_at is not None:
            left = self._free_at - self._rhythm.monotonic()
            if left > 0:
                self._rhythm.sleep(left)

    def _look_at(self, response: requests.Response, **_: object) -> None:
        """Turn a status into one of the two kinds of trouble; nba_api does not look at it."""
        status = response.status_code
        if status < HTTPStatus.BAD_REQUEST:
            return
        # Nobody reads the rest; unread, it would hold the connection.
        response.close()
        reason = f"the service answered {status} {response.reason or ''}".rstrip()
        passing = status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
        if not passing and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
            raise NoAnswer(reason, down=refused)
        wait = _retry_after(response.headers, self._rhythm.now())
        if wait > LONGEST_WAIT:
            raise NoAnswer(f"{reason} and asks for a pause of {wait:,.0f} s", down=True)
        raise _TryAgain(reason, wait)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.wait if isinstance(error, _TryAgain) else 0.0
    return max(asked, _backoff(state))


def _retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Read Retry-After: seconds, or a moment."""
    given = headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return float(given)
    try:
        return max(0.0, (parsedate_to_datetime(given) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _trouble(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "the service did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return f"the request failed ({type(error).__name__})"


def _parameters(question: Question) -> dict[str, Any]:
    """Return what nba_api sends, with all its defaults."""
    season, game_id = question.season, question.game_id
    match question.endpoint:
        case Endpoint.SCHEDULE:
            asked = ScheduleLeagueV2(season=season, get_request=False)
        case Endpoint.GAME_LOG:
            asked = LeagueGameLog(season=season, player_or_team_abbreviation="T", get_request=False)
        case Endpoint.BOX_SCORE:
            asked = BoxScoreTraditionalV3(game_id=game_id, get_request=False)
        case Endpoint.SHOTS:
            # The default measure, PTS, leaves out every shot that missed.
            asked = ShotChartDetail(
                team_id=0,
                player_id=0,
                context_measure_simple="FGA",
                game_id_nullable=game_id,
                season_nullable=season,
                get_request=False,
            )
    return dict(asked.parameters)


def _data_sets(answer: Any, endpoint: Endpoint) -> Mapping[str, Any]:  # noqa: ANN401 - untyped
    nested = endpoint is Endpoint.BOX_SCORE
    sets: Mapping[str, Any] = answer.get_data_sets(endpoint.value if nested else None)
    return sets


def _schedule_sets(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten the schedule by name, with nba_api's column names.

    nba_api takes the columns of the first game for all of them; a game that has one field more or
    less would have its values shifted.
    """
    flat = [_flat(game) for day in whole["leagueSchedule"]["gameDates"] for game in day["games"]]
    names = list(dict.fromkeys(name for game in flat for name in game))
    rows = [[game.get(name) for name in names] for game in flat]
    return {"SeasonGames": {"headers": names, "data": rows}}


def _flat(game: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in game.items():
        if isinstance(value, Mapping) and name in ("homeTeam", "awayTeam"):
            found |= {f"{name}_{part}": inner for part, inner in value.items()}
        elif isinstance(value, Mapping | list):
            found[name] = json.dumps(value, ensure_ascii=False)
        else:
            found[name] = value
    return found


def _no_json(constant: str) -> None:
    """Refuse what only Python takes for JSON: NaN and the infinities."""
    raise ValueError(constant)


def _rows(sets: Mapping[str, Any]) -> tuple[tuple[str, ...], Sequence[Mapping[str, Any]]]:
    columns = tuple(dict.fromkeys(name for found in sets.values() for name in found["headers"]))
    rows = [
        {DATA_SET: name} | dict(zip(found["headers"], row, strict=True))
        for name, found in sets.items()
        for row in found["data"]
    ]
    return columns, rows
