"""A fetch at work: seasons, then games, then the files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from gapless.errors import FolderBusy, UsageError
from gapless.fetch import (
    FetchedUnit,
    FetchOutcome,
    FetchProgress,
    FetchReport,
    FetchRequest,
    Listener,
)
from gapless_nba.fetch.asked import Asked
from gapless_nba.fetch.files import RawFiles
from gapless_nba.fetch.games import GameRows, Games, name_of
from gapless_nba.fetch.questions import Endpoint, Question
from gapless_nba.fetch.responses import Responses
from gapless_nba.fetch.rhythm import Rhythm
from gapless_nba.fetch.schedule import Game
from gapless_nba.fetch.seasons import Season, asked_season, kept_season
from gapless_nba.fetch.service import Service

TIMEZONE = "America/New_York"
LOCK = ".gapless-fetch.lock"


def gather(request: FetchRequest, asked: Asked, rhythm: Rhythm, listen: Listener) -> FetchReport:
    """Ask for what is missing, keep it, and write the files of everything that is kept.

    Raises:
        UsageError: the folder cannot be made.
        FolderBusy: another process fetches into the folder.
        FetchFailed: there is no usable schedule or game log.
    """
    with ExitStack() as opened:
        opened.enter_context(_alone_in(request.folder))
        service = Service(pause=request.pause, timeout=request.timeout, rhythm=rhythm)
        opened.callback(service.close)
        responses = Responses(request.folder)
        opened.callback(responses.close)
        work = _Gathering(request, asked, responses, service, listen)
        seasons = list(work.seasons())
        files = RawFiles(request.folder)
        units = [*work.others(files), *work.asked_games(seasons, files)]
        for season in seasons:
            units += work.undated(season)
        return FetchReport("game", tuple(units), service.requests, files.put_in_place())


@dataclass(frozen=True)
class _Gathering:
    """What the parts of one fetch share."""

    request: FetchRequest
    asked: Asked
    responses: Responses
    service: Service
    listen: Listener

    def seasons(self) -> Iterator[Season]:
        """Yield the seasons that are asked for."""
        for name in self.asked.seasons:
            self.listen(FetchProgress(f"schedule and game log of {name}", 0, None))
            yield asked_season(name, self.asked, self.responses, self.service)

    def asked_games(self, seasons: list[Season], files: RawFiles) -> Iterator[FetchedUnit]:
        """Get the games that are asked for."""
        getter = Games(self.responses, self.service)
        asked = [
            (game, season.log)
            for season in seasons
            for game in season.schedule.games
            if self.asked.holds(game)
        ]
        for done, (game, log) in enumerate(asked):
            self.listen(FetchProgress(game.code, done, len(asked)))
            # Whatever becomes of the game, the schedule tells of it: that is how a gap is seen.
            files.add("schedule", [game.row()])
            if game.final:
                got = getter.get(game, log)
                _add(files, got)
                yield got.unit
            else:
                yield self._not_final(game)
        self.listen(FetchProgress("done", len(asked), len(asked)))

    def others(self, files: RawFiles) -> Iterator[FetchedUnit]:
        """Add the games of earlier fetches, without asking; yield those that cannot be used.

        Whole dates are added, because a load replaces whole dates.
        """
        getter = Games(self.responses, None)
        for name in self.responses.seasons():
            season = kept_season(name, self.responses)
            if season is None:
                continue
            games = season.schedule.games
            dates = {game.game_date for game in games if self._is_kept(game)}
            for game in games:
                if game.game_date not in dates or self.asked.holds(game):
                    continue
                files.add("schedule", [game.row()])
                if game.final:
                    got = getter.get(game, season.log)
                    _add(files, got)
                    if not got.box_score:
                        yield got.unit

    def undated(self, season: Season) -> Iterator[FetchedUnit]:
        """Name the games whose date is not known, so that they may be meant."""
        for game_id, why in sorted(season.schedule.problems.items()):
            yield FetchedUnit(game_id, FetchOutcome.FAILED, f"in the schedule: {why}")
        if self.asked.last == date.max:
            for game_id in sorted(season.schedule.postponed):
                why = "postponed; it has no new date yet"
                yield FetchedUnit(game_id, FetchOutcome.WAITING, why)

    def _is_kept(self, game: Game) -> bool:
        question = Question(Endpoint.BOX_SCORE, game.season, game.game_id)
        return self.responses.file_of(question).is_file()

    def _not_final(self, game: Game) -> FetchedUnit:
        if game.game_date < self.request.clock.today(TIMEZONE):
            why = "its date has passed, and the schedule does not call it final"
            return FetchedUnit(name_of(game), FetchOutcome.FAILED, why)
        why = f"to be played on {game.game_date}"
        return FetchedUnit(name_of(game), FetchOutcome.WAITING, why)


def _add(files: RawFiles, got: GameRows) -> None:
    files.add("player_box_scores", got.box_score)
    files.add("shots", got.shots)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other fetches out of a folder; two of them would also ask twice as fast."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made a folder: {error.strerror}.",
            untouched="Nothing was asked for.",
        ) from error
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise FolderBusy(
            f"Another process is fetching into {folder}.",
            untouched="Nothing was asked for.",
            advice="Wait for it, or name another folder with --data.",
        ) from None
    try:
        yield
    finally:
        lock.release()
