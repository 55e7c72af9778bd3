"""What goes wrong around a run: the ledger, Ctrl-C, a reader that leaves, another process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from acceptance.lying import DECLARATION, LYING, LYING_FILE
from acceptance.place import Place, same_tables
from acceptance.seasons import FEB_23, FEB_24, KEYS, PCF, PGS

FACTORS = "player_composite_factors"


# A ledger that cannot be written


def a_folder(place: Place) -> str:
    (place.folder / "taken").mkdir()
    return "sqlite:///taken"


def in_a_missing_folder(place: Place) -> str:
    del place
    return "sqlite:///no/such/ledger.sqlite"


def no_database(place: Place) -> str:
    (place.folder / "letter.sqlite").write_text("Dear ledger, " * 100)
    return "sqlite:///letter.sqlite"


def not_ours_to_write(place: Place) -> str:
    del place
    if not Path("/proc/self").is_dir():
        pytest.skip("no folder here that nobody may write to")
    return "sqlite:////proc/ledger.sqlite"


UNWRITABLE = [a_folder, in_a_missing_folder, no_database, not_ours_to_write]


@pytest.mark.parametrize("ledger", UNWRITABLE, ids=lambda function: function.__name__)
def test_a_ledger_that_cannot_be_written_stops_a_backfill_before_anything_is_written(
    small: Place, ledger: Callable[[Place], str]
) -> None:
    small.change(f"DELETE FROM {PGS} WHERE game_date = '2022-10-18'")
    url = ledger(small)
    before = small.content()
    answer = small.run("backfill", code=3, GAPLESS_LEDGER=url)
    assert "No run was started" in answer.complaint
    assert url.removeprefix("sqlite:///").lstrip("/") in answer.complaint
    assert small.content() == before


def test_a_ledger_that_cannot_be_written_stops_a_load_before_anything_is_written(
    small_once: Place, empty: Place
) -> None:
    empty.run("init")
    data = str(small_once.folder / "data")
    empty.run("load", "--data", data, code=3, GAPLESS_LEDGER="sqlite:///no/such/ledger.sqlite")
    assert [file.name for file in empty.folder.iterdir()] == ["gapless.toml"]


def test_before_anything_is_loaded_a_backfill_starts_nothing_and_leaves_nothing(
    empty: Place,
) -> None:
    empty.run("init")
    answer = empty.run("backfill", code=3)
    assert "gapless load --data DIR" in answer.complaint
    assert not empty.warehouse.exists(), "a warehouse with nothing in it"


# Ctrl-C


@dataclass(frozen=True)
class Interrupted:
    """A backfill that got SIGINT in the middle."""

    place: Place
    code: int
    stderr: str


@pytest.fixture(scope="session")
def interrupted(loaded_once: Place) -> Interrupted:
    place = loaded_once.copy_to(loaded_once.folder.with_name("interrupted"))
    process = place.started("backfill", "--chunk-size", "40")
    seen = []
    for line in process.stderr:
        seen.append(line)
        if '"event": "published"' in line:
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    return Interrupted(place, process.wait(), "".join(seen) + rest)


def test_ctrl_c_exits_130_without_a_traceback(interrupted: Interrupted) -> None:
    assert interrupted.code == 130
    assert "Traceback" not in interrupted.stderr


def test_ctrl_c_says_what_stays_and_what_to_do_next(interrupted: Interrupted) -> None:
    assert "What was published stays" in interrupted.stderr
    assert "run the same command again" in interrupted.stderr


def test_after_ctrl_c_some_dates_are_published_whole_and_the_rest_not_at_all(
    interrupted: Interrupted, whole_once: Place
) -> None:
    days = interrupted.place.rows(f"SELECT DISTINCT game_date FROM {PGS}")
    assert 0 < len(days) < 329
    listed = ", ".join(f"DATE '{day}'" for (day,) in days)
    where = f"game_date IN ({listed})"
    assert same_tables(interrupted.place, whole_once, (PGS,), where) == []


def test_after_ctrl_c_the_next_run_completes_exactly_the_rest(
    interrupted: Interrupted, whole_once: Place, copied: Callable[[Place], Place]
) -> None:
    place = copied(interrupted.place)
    already = len(place.rows("FROM gapless.publications"))
    report = place.json("backfill")
    assert report["counts"]["published"] == 2821 - already
    assert same_tables(place, whole_once, tuple(KEYS)) == []


# A reader that leaves


def left_alone(place: Place, *arguments: str) -> tuple[int, str]:
    """Run a command whose output nobody reads, like `| true`; return exit code and complaints."""
    process = place.started(*arguments)
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    return process.wait(timeout=60), complaints


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("status",),
        ("status", "--json"),
        ("plan",),
        ("explain", "player_game_summary", "2022-10-18"),
    ],
    ids=" ".join,
)
def test_a_reader_that_has_seen_enough_is_no_failure(
    small_once: Place, arguments: tuple[str, ...]
) -> None:
    code, complaints = left_alone(small_once, *arguments)
    assert (code, complaints) == (0, "")


def test_the_first_line_reaches_a_reader_that_wants_no_more(small_once: Place) -> None:
    process = small_once.started("status", "--json")
    first = process.stdout.readline()
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    assert (first, process.wait(timeout=60), complaints) == ("{\n", 0, "")


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_refused_backfill_whose_report_nobody_reads_still_exits_1(
    morning: Place, shape: str
) -> None:
    """A partial outcome is never 0."""
    (morning.folder / LYING_FILE).write_text(DECLARATION, encoding="utf-8")
    flags = ("--json",) if shape == "json" else ()
    code, complaints = left_alone(
        morning, "backfill", "--dates", str(FEB_23), "--pipeline", LYING, *flags
    )
    assert code == 1
    assert "Traceback" not in complaints


# Another process


def test_status_answers_from_the_ledger_while_another_process_holds_the_warehouse(
    whole_once: Place,
) -> None:
    with duckdb.connect(str(whole_once.warehouse)):
        found = whole_once.json("status", FACTORS, "--dates", f"{FEB_23},{FEB_24}")
        text = whole_once.run("status", FACTORS, "--dates", str(FEB_23)).text
    assert [(p["state"], p["present"]) for p in found["partitions"]] == [
        ("complete", 187),
        ("complete", 175),
    ]
    assert datetime.fromisoformat(found["measured_at"]) < datetime.now(UTC)
    assert "in use" in text
    assert "what the ledger knew" in text


def test_the_ledger_answers_for_the_season_that_was_asked_for(whole_once: Place) -> None:
    with duckdb.connect(str(whole_once.warehouse)):
        found = whole_once.json("status", "player_game_summary", "--season", "2022-23", code=None)
    assert {p["date"][:4] for p in found["partitions"]} == {"2022", "2023"}
    assert min(p["date"] for p in found["partitions"]) == "2022-10-18"


def test_a_date_the_ledger_knows_nothing_of_is_unknown_not_done(loaded_once: Place) -> None:
    """Nothing was ever run here: that is no reason to say that everything is done."""
    with duckdb.connect(str(loaded_once.warehouse)):
        answer = loaded_once.run("status", FACTORS, "--dates", str(FEB_23), code=None)
    assert answer.code != 0
    assert "everything selected is done" not in answer.text


def test_dates_without_an_attempt_are_not_left_out_of_what_the_ledger_knows(
    upstream_once: Place,
) -> None:
    """Every other table was built; nobody ever tried this one."""
    with duckdb.connect(str(upstream_once.warehouse)):
        answer = upstream_once.run("status", PGS, PCF, code=None)
    assert answer.code != 0
    assert "everything selected is done" not in answer.text


@pytest.mark.parametrize(
    "arguments",
    [("plan",), ("backfill",), ("explain", FACTORS, str(FEB_23))],
    ids=lambda arguments: arguments[0],
)
def test_everything_else_is_refused_meanwhile_and_names_who_holds_the_warehouse(
    whole_once: Place, arguments: tuple[str, ...]
) -> None:
    with duckdb.connect(str(whole_once.warehouse)):
        answer = whole_once.run(*arguments, code=3)
    for words in (f"process {os.getpid()}", "Nothing was started", "gapless status"):
        assert words in answer.complaint


def test_a_busy_warehouse_is_an_error_a_scheduler_may_retry(whole_once: Place) -> None:
    with duckdb.connect(str(whole_once.warehouse)):
        shape = whole_once.json("backfill", code=3)
    assert shape["error"]["kind"] == "WarehouseBusy"
    assert shape["error"]["retryable"] is True
