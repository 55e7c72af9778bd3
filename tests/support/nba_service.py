"""A stand-in for stats.nba.com: responses of the documented shape over real HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.nba_games import AVERAGE_HEADERS, FINAL, LOG_HEADERS, SHOT_HEADERS, Game


@dataclass(frozen=True)
class Trouble:
    """What is answered instead of the truth."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection is cut instead."""


class FakeStats:
    """The stand-in; what it was asked is in `asked`, what it is to answer first in `troubles`."""

    def __init__(self) -> None:
        self.games: list[Game] = []
        self.others: list[dict[str, Any]] = []
        """Further rows of the schedule."""
        self.asked: list[tuple[str, str]] = []
        """(endpoint, season or game id) of every request."""
        self.parameters: list[dict[str, str]] = []
        self.troubles: dict[tuple[str, str], list[Trouble]] = {}
        self.before: Callable[[int], None] = lambda _: None
        """Called with the number of each request before it is answered."""
        self.url = ""
        self._lock = threading.Lock()

    def trouble(self, endpoint: str, about: str, *troubles: Trouble) -> None:
        """Answer the next questions of that kind so; the one after them with the truth."""
        self.troubles[endpoint, about] = list(troubles)

    def answer(self, endpoint: str, sent: dict[str, str]) -> Trouble:
        """Take a question and return what to answer."""
        about = sent.get("GameID") or sent["Season"]
        with self._lock:
            self.asked.append((endpoint, about))
            self.parameters.append(sent)
            number = len(self.asked)
            waiting = self.troubles.get((endpoint, about))
            trouble = waiting.pop(0) if waiting else None
        self.before(number)
        return trouble or Trouble(body=json.dumps(self._truth(endpoint, sent)))

    def _truth(self, endpoint: str, sent: dict[str, str]) -> dict[str, Any]:
        if endpoint == "scheduleleaguev2":
            return self._schedule(sent["Season"])
        if endpoint == "leaguegamelog":
            season = f"002{sent['Season'][2:4]}"
            lines = [
                line
                for game in self.games
                if game.status == FINAL and game.game_id.startswith(season)
                for line in game.logged()
            ]
            return _legacy(("LeagueGameLog", LOG_HEADERS, lines))
        # The last one: a postponed game stands twice.
        game = [game for game in self.games if game.game_id == sent["GameID"]][-1]
        if endpoint == "boxscoretraditionalv3":
            return game.box_score
        assert endpoint == "shotchartdetail"
        shots = game.shots if sent["ContextMeasure"] == "FGA" else []
        return _legacy(
            ("Shot_Chart_Detail", SHOT_HEADERS, shots), ("LeagueAverages", AVERAGE_HEADERS, [])
        )

    def _schedule(self, season: str) -> dict[str, Any]:
        games = [g.scheduled() for g in self.games if g.game_id.startswith(f"002{season[2:4]}")]
        days: dict[str, list[dict[str, Any]]] = {}
        for game in [*self.others, *games]:
            days.setdefault(game["gameDateEst"], []).append(game)
        return {
            "meta": {"version": 1},
            "leagueSchedule": {
                "seasonYear": season,
                "leagueId": "00",
                "gameDates": [{"gameDate": d, "games": found} for d, found in days.items()],
                "weeks": [],
            },
        }


@contextmanager
def serving(stats: FakeStats) -> Iterator[FakeStats]:
    """Serve on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
            answer = stats.answer(parts.path.rpartition("/")[2], sent)
            try:
                self._send(answer)
            except ConnectionError:
                # The client was killed meanwhile.
                self.close_connection = True

        def _send(self, answer: Trouble) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (100 if answer.cut else 0)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = answer.cut

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stats.url = f"http://127.0.0.1:{server.server_address[1]}/stats"
    try:
        yield stats
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def two_games() -> FakeStats:
    """Return a stand-in with two games of 2022-23 on two dates."""
    stats = FakeStats()
    stats.games = [
        Game("0022200001", date(2022, 10, 18), "NYK", "BOS"),
        Game("0022200002", date(2022, 10, 20), "BOS", "NYK", neutral=True),
    ]
    return stats


def _legacy(*sets: tuple[str, list[str], list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "resource": "",
        "parameters": {},
        "resultSets": [
            {
                "name": name,
                "headers": headers,
                "rowSet": [[row[header] for header in headers] for row in rows],
            }
            for name, headers, rows in sets
        ],
    }
