"""On the real seasons, through the installed command: gaps, repairs, and resuming after kill -9."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.lying import LYING, LYING_FILE
from acceptance.place import Place, outcomes, same_tables
from acceptance.seasons import FEB_23, FEB_24, KEYS, PCF, PGS

FACTORS = "player_composite_factors"
FIRST_NOW = "2023-05-01T12:00:00+00:00"
A_MONTH_LATER = "2023-06-01T12:00:00+00:00"
PUBLICATIONS = "SELECT table_name, partition_date, version FROM gapless.publications"


@dataclass(frozen=True)
class Killed:
    """A parallel backfill of both seasons that got SIGKILL in the middle."""

    place: Place
    run: dict[str, Any]
    """What the ledger knows of it."""
    published: frozenset[tuple[str, str]]

    def left_at(self, folder: Path) -> Place:
        """Copy what the kill left, with the write-ahead log that the next run has to replay.

        The process is dead, so nobody writes while it is copied.
        """
        return Place(Path(shutil.copytree(self.place.folder, folder)))


@pytest.fixture(scope="session")
def killed(loaded_once: Place) -> Killed:
    place = loaded_once.copy_to(loaded_once.folder.with_name("killed"))
    arguments = ("--parallel", "--workers", "2", "--chunk-size", "15")
    process = place.started("backfill", *arguments, GAPLESS_NOW=FIRST_NOW)
    assert process.stderr is not None
    for line in process.stderr:
        if '"event": "published"' in line and PCF in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    [run] = place.json("runs")["runs"]
    return Killed(place, run, published(place))


def published(place: Place) -> frozenset[tuple[str, str]]:
    return frozenset((table, str(day)) for table, day, _ in place.rows(PUBLICATIONS))


def test_a_killed_run_is_listed_as_died_with_its_command(killed: Killed) -> None:
    assert (killed.run["ended"], killed.run["exit_code"]) == ("died", None)
    assert killed.run["command"].startswith("gapless backfill --parallel --workers 2")


def test_f6_resume_does_exactly_the_rest_a_month_later(
    killed: Killed, whole_once: Place, tmp_path: Path
) -> None:
    """Parallel, out of order, kill -9: nothing twice, nothing left out, nothing else."""
    place = killed.left_at(tmp_path / "resumed")
    report = place.json("backfill", "--resume", GAPLESS_NOW=A_MONTH_LATER)
    results = {(r["table"], r["date"]): r for r in report["results"]}
    done = {slot for slot, found in results.items() if found["outcome"] == "done"}
    new = {slot for slot, found in results.items() if found["outcome"] == "published"}
    assert report["resumes"] == killed.run["run_id"]
    assert done == killed.published
    assert {results[slot]["done_by"] for slot in done} == {killed.run["run_id"]}
    assert new == published(place) - killed.published
    assert len(new) > 100
    assert {version for *_, version in place.rows(PUBLICATIONS)} == {1}
    assert same_tables(place, whole_once, tuple(KEYS)) == []


def test_after_that_nothing_is_left_to_resume(killed: Killed, tmp_path: Path) -> None:
    place = killed.left_at(tmp_path / "resumed")
    place.run("backfill", "--resume")
    assert "There is nothing to resume" in place.run("backfill", "--resume", code=2).complaint
    assert [run["ended"] for run in place.json("runs")["runs"]] == ["exit 0", "died"]


@pytest.fixture(scope="session")
def refused(lied_to_for_gaps: Place) -> Place:
    lied_to_for_gaps.run("backfill", FACTORS, "--dates", str(FEB_23), "--pipeline", LYING, code=1)
    return lied_to_for_gaps


@pytest.fixture(scope="session")
def lied_to_for_gaps(morning_once: Place) -> Place:
    """The morning of the incident, with a pipeline that takes the stale rows at their word."""
    from acceptance.lying import DECLARATION  # noqa: PLC0415

    place = morning_once.copy_to(morning_once.folder.with_name("lied-to-for-gaps"))
    (place.folder / LYING_FILE).write_text(DECLARATION, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    "again",
    [
        ("backfill", "--resume"),
        ("backfill", FACTORS, "--dates", str(FEB_23)),
        ("repair", FACTORS, "--dates", str(FEB_23)),
    ],
    ids=" ".join,
)
def test_f24_however_one_date_is_tried_again_every_gate_holds(
    refused: Place, copied: Callable[[Place], Place], again: tuple[str, ...]
) -> None:
    """The retry path of the incident skipped every check and exited 0."""
    place = copied(refused)
    before = published(place)
    answer = place.run(*again, "--pipeline", LYING, code=1)
    assert "coverage: 1 of 187" in answer.text
    assert published(place) == before
    assert PCF not in {table for table, _ in before}


def test_holes_far_apart_in_two_seasons_are_two_gaps(whole: Place) -> None:
    whole.change(
        f"DELETE FROM {PGS} WHERE game_date = DATE '2021-11-03'",
        f"DELETE FROM {PCF} WHERE game_date = DATE '{FEB_24}'",
    )
    report = whole.json("gaps", code=1)
    assert [(gap["table"], gap["state"], gap["first"]) for gap in report["gaps"]] == [
        (PGS, "missing", "2021-11-03"),
        (PCF, "missing", str(FEB_24)),
    ]
    assert report["partitions"] > 50
    assert whole.json("gaps", "--newest-first", code=1)["gaps"][0]["table"] == PCF


def test_a_repair_closes_them_and_leaves_the_rest_as_it_is(whole: Place, whole_once: Place) -> None:
    whole.change(
        f"DELETE FROM {PGS} WHERE game_date = DATE '2021-11-03'",
        f"DELETE FROM {PCF} WHERE game_date = DATE '{FEB_24}'",
    )
    report = whole.json("repair")
    assert {gap["outcome"] for gap in report["gaps"]} == {"repaired"}
    assert same_tables(whole, whole_once, tuple(KEYS)) == []
    versions = whole.rows(f"{PUBLICATIONS} WHERE version > 1")
    assert {(table, str(day)) for table, day, _ in versions} == {
        (PGS, "2021-11-03"),
        (PCF, str(FEB_24)),
    }
    assert whole.run("gaps").text == "● no gaps"


def test_what_a_backfill_reports_and_what_is_a_gap_agree(loaded: Place) -> None:
    """A table that was never built is a gap from the first date to the last."""
    loaded.run("backfill", PGS)
    report = loaded.json("gaps", "team_offense_game_summary", code=1)
    [gap] = report["gaps"]
    made = loaded.json("backfill", "team_offense_game_summary")
    built = outcomes(made, gap["table"])
    assert [one["date"] for one in gap["dates"]] == [
        day for day, outcome in built.items() if outcome == "published"
    ]
