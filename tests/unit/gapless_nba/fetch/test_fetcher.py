"""A fetch over real HTTP: what is asked, what is kept, what is written, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from gapless.errors import FetchFailed, FolderBusy, UsageError
from gapless.fetch import FetchOutcome
from gapless_nba.fetch.gather import LOCK
from gapless_nba.raw_columns import PLAYER_BOX_SCORES, SCHEDULE, SHOTS
from support.fetching import Fetching, Waits
from support.nba_games import IN_PROGRESS, SCHEDULED, Game
from support.nba_service import FakeStats, Trouble

ONE, TWO = "0022200001", "0022200002"
EVERYTHING = [
    "scheduleleaguev2 2022-23",
    "leaguegamelog 2022-23",
    f"boxscoretraditionalv3 {ONE}",
    f"shotchartdetail {ONE}",
    f"boxscoretraditionalv3 {TWO}",
    f"shotchartdetail {TWO}",
]


def rows(folder: Path, table: str, query: str = "FROM {} ORDER BY ALL") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        name = f"'{folder}/{table}.parquet'"
        return connection.execute(query.format(name)).fetchall()


def games_in(folder: Path, table: str) -> list[str]:
    found = rows(folder, table, "SELECT DISTINCT game_id FROM {} ORDER BY ALL")
    return [game_id for (game_id,) in found]


def outcomes(report: Any) -> dict[str, str]:
    return {unit.name[:10]: unit.outcome.value for unit in report.units}


def test_a_season_is_asked_for_once_and_written_with_the_columns_of_a_load(
    fetching: Fetching,
) -> None:
    report, asked = fetching.asked_by(fetching.season)
    assert asked == EVERYTHING
    assert (report.exit_code, report.requests) == (0, 6)
    assert outcomes(report) == {ONE: "fetched", TWO: "fetched"}
    assert report.facts == []
    assert report.files == {
        "schedule.parquet": 2,
        "player_box_scores.parquet": 24,
        "shots.parquet": 360,
    }
    for table, columns in (
        ("schedule", SCHEDULE),
        ("player_box_scores", PLAYER_BOX_SCORES),
        ("shots", SHOTS),
    ):
        described = rows(
            fetching.folder, table, "SELECT column_name, column_type FROM (DESCRIBE {})"
        )
        assert dict(described) == columns
    assert [step.total for step in fetching.progress][-1] == 2


def test_every_response_is_kept_with_what_was_asked_and_when(fetching: Fetching) -> None:
    fetching.season()
    kept = rows(
        fetching.folder / "responses" / "shotchartdetail",
        ONE,
        "SELECT DISTINCT data_set, endpoint, fetched_at, parameters->>'ContextMeasure', GAME_ID, "
        "count(*) FROM {} GROUP BY ALL",
    )
    assert kept == [
        ("Shot_Chart_Detail", "shotchartdetail", "2023-06-01T00:00:00+00:00", "FGA", ONE, 180)
    ]
    assert len(list((fetching.folder / "responses").rglob("*"))) == 4 + 6, "and nothing else"


def test_a_second_fetch_asks_for_nothing_and_writes_the_same(fetching: Fetching) -> None:
    fetching.season()
    before = {t: rows(fetching.folder, t) for t in ("schedule", "player_box_scores", "shots")}
    report, asked = fetching.asked_by(fetching.season)
    assert asked == []
    assert outcomes(report) == {ONE: "kept", TWO: "kept"}
    assert {table: rows(fetching.folder, table) for table in before} == before


def test_a_range_of_dates_holds_both_of_its_ends_and_no_other(fetching: Fetching) -> None:
    day = date(2022, 10, 18)
    report, asked = fetching.asked_by(lambda: fetching.dates(day, day))
    assert asked == EVERYTHING[:4]
    assert outcomes(report) == {ONE: "fetched"}
    assert games_in(fetching.folder, "schedule") == [ONE]


def test_the_next_range_leaves_the_games_of_the_first_in_the_files(fetching: Fetching) -> None:
    first, last = date(2022, 10, 18), date(2022, 10, 20)
    fetching.dates(first, first)
    report, asked = fetching.asked_by(lambda: fetching.dates(last, last))
    assert asked == EVERYTHING[4:], "schedule and game log are final and kept"
    assert outcomes(report) == {TWO: "fetched"}
    for table in ("schedule", "player_box_scores", "shots"):
        assert games_in(fetching.folder, table) == [ONE, TWO]


def test_a_date_on_which_nothing_is_scheduled_needs_no_file(fetching: Fetching) -> None:
    report = fetching.dates(date(2022, 10, 19), date(2022, 10, 19))
    assert (report.exit_code, report.units, dict(report.files)) == (0, (), {})
    assert not (fetching.folder / "schedule.parquet").exists()


def test_a_game_to_come_is_scheduled_without_a_score_and_asked_for_when_it_is_final(
    fetching: Fetching,
) -> None:
    game = fetching.stats.games[1]
    game.status, game.status_text = SCHEDULED, "7:30 pm ET"
    fetching.moment = datetime(2022, 10, 19, 12, tzinfo=UTC)
    report, asked = fetching.asked_by(fetching.season)
    assert asked == EVERYTHING[:4]
    assert outcomes(report) == {ONE: "fetched", TWO: "waiting"}
    assert report.exit_code == 0, "nothing that was due is missing"
    scores = "SELECT home_score, away_score FROM {} ORDER BY game_id"
    assert rows(fetching.folder, "schedule", scores) == [(110, 104), (None, None)]
    game.status = 3
    fetching.moment = datetime(2022, 10, 22, tzinfo=UTC)
    report, asked = fetching.asked_by(fetching.season)
    assert asked == [*EVERYTHING[:2], *EVERYTHING[4:]], "the finished game is not asked for again"
    assert outcomes(report) == {ONE: "kept", TWO: "fetched"}


def test_a_game_whose_date_has_passed_without_becoming_final_is_named(fetching: Fetching) -> None:
    fetching.stats.games[1].status = IN_PROGRESS
    report = fetching.season()
    assert report.exit_code == 1
    [failed] = report.of(FetchOutcome.FAILED)
    assert failed.name == f"{TWO} (20221020_BOS_NYK)"
    assert "does not call it final" in failed.reason


def test_a_postponed_game_has_no_row_until_it_has_a_new_date(fetching: Fetching) -> None:
    game = fetching.stats.games[1]
    game.status, game.status_text = SCHEDULED, "PPD"
    report = fetching.season()
    assert outcomes(report) == {ONE: "fetched", TWO: "waiting"}
    assert games_in(fetching.folder, "schedule") == [ONE]
    again = Game(TWO, date(2022, 12, 1), "BOS", "NYK")
    fetching.stats.games.append(again)
    assert outcomes(fetching.season()) == {ONE: "kept", TWO: "fetched"}
    codes = rows(fetching.folder, "schedule", "SELECT date_away_home_id FROM {} ORDER BY game_id")
    assert codes == [("20221018_NYK_BOS",), ("20221201_BOS_NYK",)]


Spoil = Callable[[FakeStats], None]


def points(stats: FakeStats) -> None:
    stats.games[0].players("BOS")[0]["statistics"]["points"] = 23


def score(stats: FakeStats) -> None:
    stats.games[0].scores = (104, 111)


def other_game(stats: FakeStats) -> None:
    stats.games[0].box_score["boxScoreTraditional"]["gameId"] = TWO


def no_box_score(stats: FakeStats) -> None:
    stats.games[0].box_score = {"boxScoreTraditional": None}


def stranger(stats: FakeStats) -> None:
    stats.games[0].shots[0]["PLAYER_ID"] = 99


def unknown_zone(stats: FakeStats) -> None:
    stats.games[0].shots[0]["SHOT_ZONE_BASIC"] = "Paint"


SPOILED: dict[str, tuple[Spoil, str]] = {
    "points that do not follow": (points, "the points of Player Ba do not follow"),
    "a score the players do not make": (score, "BOS: players 110 points, schedule 111"),
    "another game": (other_game, f"the box score is of game '{TWO}'"),
    "no box score at all": (no_box_score, "documented shape"),
    "a shot of somebody else": (stranger, "who did not play"),
    "an unknown zone": (unknown_zone, "SHOT_ZONE_BASIC is 'Paint'"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILED.values(), ids=SPOILED)
def test_a_game_that_contradicts_itself_is_named_scheduled_and_otherwise_left_out(
    fetching: Fetching, spoil: Spoil, said: str
) -> None:
    spoil(fetching.stats)
    report = fetching.season()
    assert report.exit_code == 1
    [failed] = report.of(FetchOutcome.FAILED)
    assert failed.name == f"{ONE} (20221018_NYK_BOS)"
    assert said in failed.reason
    assert games_in(fetching.folder, "schedule") == [ONE, TWO], "the gap must be seen"
    assert games_in(fetching.folder, "player_box_scores") == [TWO]
    assert games_in(fetching.folder, "shots") == [TWO]


def test_what_contradicted_itself_is_asked_for_again_and_may_be_right_then(
    fetching: Fetching,
) -> None:
    player = fetching.stats.games[0].players("BOS")[0]["statistics"]
    player["points"] = 23
    fetching.season()
    player["points"] = 22
    report, asked = fetching.asked_by(fetching.season)
    assert asked == EVERYTHING[2:4]
    assert report.exit_code == 0
    assert games_in(fetching.folder, "player_box_scores") == [ONE, TWO]


def test_a_game_without_shots_keeps_its_box_score_and_is_asked_for_again(
    fetching: Fetching,
) -> None:
    shots, fetching.stats.games[0].shots = fetching.stats.games[0].shots, []
    report = fetching.season()
    assert report.exit_code == 1
    assert [unit.reason for unit in report.units] == ["the service has no shots of it", ""]
    assert games_in(fetching.folder, "player_box_scores") == [ONE, TWO]
    assert games_in(fetching.folder, "shots") == [TWO]
    fetching.stats.games[0].shots = shots
    report, asked = fetching.asked_by(fetching.season)
    assert asked == [EVERYTHING[3]]
    assert report.exit_code == 0


def test_a_shot_that_is_missing_is_a_fact_to_report_not_a_failure(fetching: Fetching) -> None:
    fetching.stats.games[0].shots.pop()
    report = fetching.season()
    assert report.exit_code == 0
    [fact] = report.facts
    assert "shots differ from the box score: Player Ca 8/17 instead of 9/18" in fact.reason
    assert report.files["shots.parquet"] == 359


def test_a_torn_response_is_asked_for_again(fetching: Fetching) -> None:
    fetching.season()
    file = fetching.folder / "responses" / "boxscoretraditionalv3" / f"{ONE}.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    report, asked = fetching.asked_by(fetching.season)
    assert asked == [EVERYTHING[2]]
    assert outcomes(report) == {ONE: "fetched", TWO: "kept"}


def test_one_game_without_an_answer_leaves_the_others_alone(fetching: Fetching) -> None:
    fetching.stats.trouble("boxscoretraditionalv3", ONE, Trouble(404))
    report, asked = fetching.asked_by(fetching.season)
    assert asked == [*EVERYTHING[:3], *EVERYTHING[4:]], "404 is not asked again"
    assert outcomes(report) == {ONE: "failed", TWO: "fetched"}
    assert "404" in report.units[0].reason
    report, asked = fetching.asked_by(fetching.season)
    assert asked == EVERYTHING[2:4]
    assert report.exit_code == 0


def test_a_service_that_is_down_is_left_in_peace(fetching: Fetching) -> None:
    day = date(2022, 10, 21)
    more = [Game(f"002220000{n}", day, "PHI", "MIA") for n in (3,)]
    more += [Game("0022200004", date(2022, 10, 22), "MIA", "PHI")]
    fetching.stats.games += more
    for game in fetching.stats.games:
        fetching.stats.trouble("boxscoretraditionalv3", game.game_id, *[Trouble(403)] * 9)
    report, asked = fetching.asked_by(fetching.season)
    assert len(asked) == 2 + 3, "after three games in a row nothing more is asked"
    assert set(outcomes(report).values()) == {"failed"}
    assert "not asked for" in report.units[-1].reason


@pytest.mark.parametrize("endpoint", ["scheduleleaguev2", "leaguegamelog"])
def test_without_a_schedule_or_game_log_nothing_can_be_said(
    fetching: Fetching, endpoint: str
) -> None:
    fetching.stats.trouble(endpoint, "2022-23", Trouble(400))
    with pytest.raises(FetchFailed, match=f"{endpoint} of 2022-23: the service answered 400"):
        fetching.season()
    assert not (fetching.folder / "schedule.parquet").exists()


def test_what_the_schedule_and_the_game_log_disagree_about_is_not_believed(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = fetching.stats.games[0].logged()
    lines[1]["PTS"] = 111
    monkeypatch.setattr(fetching.stats.games[0], "logged", lambda: lines)
    report = fetching.season()
    [failed] = report.of(FetchOutcome.FAILED)
    assert "BOS scored 110 in the schedule and 111 in the game log" in failed.reason


def test_other_games_of_the_league_are_passed_over(fetching: Fetching) -> None:
    for game_id in ("0012200001", "0032200001", "0042200101", "0052200101", "0062200001"):
        other = Game("0022200009", date(2022, 10, 18), "PHI", "MIA").scheduled()
        fetching.stats.others.append(other | {"gameId": game_id})
    undecided = Game("0022201229", date(2022, 12, 9), "PHI", "MIA", status=SCHEDULED).scheduled()
    for side in ("homeTeam", "awayTeam"):
        undecided[side] = dict.fromkeys(undecided[side]) | {"teamId": 0}
    fetching.stats.others.append(undecided)
    assert outcomes(fetching.season()) == {ONE: "fetched", TWO: "fetched"}


def test_a_folder_at_work_is_left_to_the_one_who_works_there(fetching: Fetching) -> None:
    fetching.folder.mkdir()
    with FileLock(fetching.folder / LOCK), pytest.raises(FolderBusy, match="Another process"):
        fetching.season()
    assert fetching.stats.asked == []


def test_a_file_is_no_folder(fetching: Fetching) -> None:
    fetching.folder.write_text("a file")
    with pytest.raises(UsageError, match="cannot be made a folder"):
        fetching.season()


def test_between_two_requests_there_is_at_least_the_pause(fetching: Fetching, waits: Waits) -> None:
    fetching.season()
    assert waits.waits == pytest.approx([0.6] * 5), "none before the first"


def test_a_longer_pause_is_kept_too(fetching: Fetching, waits: Waits) -> None:
    fetching.season(pause=2.5)
    assert waits.waits == pytest.approx([2.5] * 5)
