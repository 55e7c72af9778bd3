"""One game at a time: its box score and its shots, from what is kept or else from the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapless.fetch import FetchedUnit, FetchOutcome
from gapless_nba.fetch.box_scores import box_score_rows
from gapless_nba.fetch.game_log import GameLog, check_game
from gapless_nba.fetch.questions import Endpoint, Question
from gapless_nba.fetch.reading import Contradiction
from gapless_nba.fetch.responses import Response, Responses
from gapless_nba.fetch.schedule import Game
from gapless_nba.fetch.service import NoAnswer, Service
from gapless_nba.fetch.shots import difference, shot_rows

PATIENCE = 3
"""Games in a row for which the service was down, before nothing more is asked."""
NO_SHOTS = "the service has no shots of it"

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class GameRows:
    """What became of a game, with its rows where it can be used."""

    unit: FetchedUnit
    box_score: Rows = ()
    shots: Rows = ()


class Games:
    """Gets games.

    Args:
        responses: What is kept.
        service: Whom to ask for the rest; None: nobody.
    """

    def __init__(self, responses: Responses, service: Service | None) -> None:
        self._responses = responses
        self._service = service
        self._down = 0

    def get(self, game: Game, log: GameLog) -> GameRows:
        """Return the rows of a final game; both its tables, or none of them.

        A kept response that contradicts itself is asked for again: the service corrects itself.
        """
        name = name_of(game)
        try:
            check_game(game, log)
            fetched, box_score, shots = self._rows(game)
        except (Contradiction, NoAnswer) as error:
            return GameRows(FetchedUnit(name, FetchOutcome.FAILED, str(error)))
        if not shots:
            unit = FetchedUnit(name, FetchOutcome.FAILED, NO_SHOTS)
        else:
            outcome = FetchOutcome.FETCHED if fetched else FetchOutcome.KEPT
            unit = FetchedUnit(name, outcome, difference(shots, box_score) or "")
        return GameRows(unit, box_score, shots)

    def _rows(self, game: Game) -> tuple[bool, Rows, Rows]:
        """Return whether anything was asked for, the box score and the shots."""
        question = Question(Endpoint.BOX_SCORE, game.season, game.game_id)
        kept = self._responses.read(question)
        box_score = _usable_box_score(game, kept)
        asked_box_score = box_score is None
        if box_score is None:
            box_score = box_score_rows(game, self._ask(question, kept).rows)
        question = Question(Endpoint.SHOTS, game.season, game.game_id)
        kept = self._responses.read(question)
        shots = _usable_shots(game, kept, box_score)
        if shots:
            return asked_box_score, box_score, shots
        return True, box_score, shot_rows(game, self._ask(question, kept).rows, box_score)

    def _ask(self, question: Question, kept: Response | None) -> Response:
        if self._service is None:
            if kept is None:
                raise Contradiction("it has not been fetched")
            return kept
        if self._down >= PATIENCE:
            raise NoAnswer("not asked for: the service does not answer", down=True)
        try:
            response = self._service.ask(question)
        except NoAnswer as error:
            self._down = self._down + 1 if error.down else 0
            raise
        self._down = 0
        self._responses.keep(response)
        # As it is read from now on, so that both ways give the same.
        return self._responses.read(question) or response


def name_of(game: Game) -> str:
    """Name a game for people: by both its ids."""
    return f"{game.game_id} ({game.code})"


def _usable_box_score(game: Game, kept: Response | None) -> Rows | None:
    try:
        return None if kept is None else box_score_rows(game, kept.rows)
    except Contradiction:
        return None


def _usable_shots(game: Game, kept: Response | None, box_score: Rows) -> Rows | None:
    try:
        return None if kept is None else shot_rows(game, kept.rows, box_score)
    except Contradiction:
        return None
