"""`gapless fetch` as a process of its own, against a stand-in of stats.nba.com on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acceptance.place import Place, environment
from acceptance.seasons import PGS
from support.nba_games import Game
from support.nba_service import FakeStats, Trouble, serving, two_games

ONE, TWO = "0022200001", "0022200002"
SEASON = ("fetch", "--data", "data", "--season", "2022-23")
HASTE = ("--pause", "0")


@pytest.fixture
def stats() -> Iterator[FakeStats]:
    """Two final games, served."""
    with serving(two_games()) as served:
        yield served


@pytest.fixture
def site(empty: Place) -> Place:
    """A folder with a configuration, and nothing loaded."""
    empty.run_within("init")
    return empty


def where(stats: FakeStats) -> dict[str, Any]:
    return {"GAPLESS_NBA_URL": stats.url, "NO_PROXY": "127.0.0.1"}


def without(module: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process in which a module cannot be imported."""
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from gapless.cli.app import run; sys.exit(run({list(arguments)!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_fetched_can_be_loaded_and_backfilled(site: Place, stats: FakeStats) -> None:
    answer = site.run(*SEASON, *HASTE, **where(stats))
    assert "2 games: 2 fetched; 6 requests" in answer.text
    assert "Next: gapless load --data data" in answer.text
    assert "schedule and game log of 2022-23" in answer.stderr, "progress, without a terminal"
    site.run("load", "--data", "data")
    site.run("backfill", "player_game_summary")
    [found] = site.rows(
        f"SELECT count(*), sum(points), bool_and(has_complete_shot_zones) FROM {PGS}"
    )
    assert found == (20, 2 * (110 + 104), True)
    states = site.json("status", "player_game_summary")["partitions"]
    assert {part["state"] for part in states} == {"complete"}
    dnp = (
        "SELECT count(*), count(pts), min(dnp_comment) FROM raw.player_box_scores WHERE NOT played"
    )
    assert site.rows(dnp) == [(4, 0, "DNP - Coach's Decision")]


def test_one_game_that_fails_is_named_and_its_gap_stays_visible(
    site: Place, stats: FakeStats
) -> None:
    stats.trouble("boxscoretraditionalv3", TWO, Trouble(404))
    answer = site.run(*SEASON, *HASTE, code=1, **where(stats))
    for words in (f"{TWO} (20221020_BOS_NYK)", "404", "1 game not whole", "asks for the rest only"):
        assert words in answer.text
    loaded = site.run("load", "--data", "data", code=1)
    assert "2022-10-20" in loaded.text, "the schedule knows of the game"
    report = site.json(*SEASON, *HASTE, **where(stats))
    assert (report["kept"], report["fetched"], report["requests"]) == (1, 1, 2)


def test_json_is_one_document_and_names_every_game(site: Place, stats: FakeStats) -> None:
    answer = site.run(*SEASON, *HASTE, "--json", **where(stats))
    report = json.loads(answer.stdout)
    assert answer.stderr == ""
    assert [unit["name"] for unit in report["units"]] == [
        f"{ONE} (20221018_NYK_BOS)",
        f"{TWO} (20221020_BOS_NYK)",
    ]
    assert report["files"]["shots.parquet"] == 360
    assert report["exit_code"] == 0


def test_a_terminal_gets_a_bar(site: Place, stats: FakeStats) -> None:
    answer = site.run(*SEASON, *HASTE, **where(stats), FORCE_COLOR="1", TERM="xterm")
    assert "20221020_BOS_NYK" in answer.stderr
    assert "1/2" in answer.stderr
    assert "━" in answer.stderr


@pytest.mark.parametrize("number", range(1, 9))
def test_a_fetch_that_is_killed_goes_on_where_it_was(
    site: Place, stats: FakeStats, number: int
) -> None:
    """Killed while request `number` is under way; the next run asks for that one and the rest."""
    stats.games.append(Game("0022200003", date(2022, 10, 22), "PHI", "MIA"))
    reached, go_on = threading.Event(), threading.Event()

    def stop_at(request: int) -> None:
        if request == number and not go_on.is_set():
            reached.set()
            go_on.wait(60)

    stats.before = stop_at
    process = site.started(*SEASON, *HASTE, **where(stats))
    assert reached.wait(60)
    process.kill()
    process.communicate()
    go_on.set()
    before = len(stats.asked)
    assert not (site.folder / "data" / "schedule.parquet").exists(), "no half of the files"
    site.run(*SEASON, *HASTE, **where(stats))
    # Nothing that was answered before is asked for again.
    assert before == number
    assert len(stats.asked) - before == 8 - (number - 1)
    assert sorted(set(stats.asked)) == sorted(stats.asked[: number - 1] + stats.asked[before:])
    report = site.json(*SEASON, *HASTE, **where(stats))
    assert (report["requests"], report["kept"]) == (0, 3)
    site.run("load", "--data", "data")


def test_without_a_service_nothing_is_written_and_the_code_is_4(
    site: Place, stats: FakeStats
) -> None:
    stats.trouble("scheduleleaguev2", "2022-23", Trouble(403))
    complaint = site.run(*SEASON, *HASTE, code=4, **where(stats)).complaint
    for words in ("scheduleleaguev2 of 2022-23", "403", "No game was asked for", "Try again"):
        assert words in complaint


USAGE = {
    "neither season nor dates": ((), "--season 2023-24"),
    "both": (("--season", "2022-23", "--start-date", "2022-10-18"), "either a season"),
    "one date": (("--start-date", "2022-10-18"), "--end-date"),
    "dates the wrong way round": (("--from", "2022-10-19", "--to", "2022-10-18"), "swap"),
    "no season": (("--season", "2022"), "is no season"),
    "a negative pause": (("--season", "2022-23", "--pause", "-1"), "--pause -1.0"),
    "no time at all": (("--season", "2022-23", "--timeout", "0"), "--timeout 0.0"),
    "no number": (("--season", "2022-23", "--pause", "nan"), "--pause nan"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(
    site: Place, stats: FakeStats, arguments: tuple[str, ...], said: str
) -> None:
    answer = site.run_within("fetch", "--data", "data", *arguments, code=2, **where(stats))
    assert said in answer.complaint
    assert stats.asked == []
    assert not (site.folder / "data").exists()


def test_a_pipeline_without_a_fetcher_is_told_so(site: Place) -> None:
    trusting = ("--pipeline", "gapless_nba.trusting:pipeline")
    complaint = site.run_within(*SEASON, *trusting, code=2).complaint
    assert "'nba_trusting' offers no fetcher. Known: 'nba'." in complaint


@pytest.mark.parametrize("module", ["nba_api", "requests", "filelock"])
def test_without_the_extra_one_sentence_says_what_to_install(site: Place, module: str) -> None:
    done = without(module, *SEASON, folder=site.folder)
    assert done.returncode == 2
    assert f"needs {module}, which is not installed" in done.stderr
    assert 'pip install "gapless[nba]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not (site.folder / "data").exists()


def test_every_other_command_does_without_the_extra(small: Place) -> None:
    for module in ("nba_api", "tenacity", "requests", "filelock", "pandas"):
        done = without(module, "backfill", folder=small.folder)
        assert done.returncode == 0, done.stderr
