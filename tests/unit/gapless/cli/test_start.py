"""What a command imports before it answers: the libraries that it needs, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gapless
from gapless.cli.commands import COMMANDS
from support.shopkeeper import Shopkeeper

TESTS = Path(__file__).parents[3]
PROGRAM = """
import sys
from gapless.cli.app import run
code = run(sys.argv[1:])
sys.stderr.write("".join(f"loaded: {name}\\n" for name in sys.modules))
sys.exit(code)
"""
NOTHING_HEAVY = (
    *("duckdb", "sqlalchemy", "alembic", "cyclopts", "rich", "attrs", "structlog", "tenacity"),
    *("apscheduler", "psycopg", "fsspec", "htpy", "jinja2", "packaging", "pyarrow", "pandas"),
    *("asyncio", "dataclasses", "inspect", "importlib.metadata"),
    *("gapless.declare", "gapless.verbs", "gapless.report", "gapless.config", "gapless.wiring"),
    *("gapless.ledger", "gapless.warehouse", "gapless_nba"),
)
NOT_FOR_STATUS = (
    *("alembic", "apscheduler", "psycopg", "fsspec", "htpy", "jinja2", "pyarrow", "pandas"),
    *("numpy", "requests", "structlog", "packaging", "functions_framework", "rich.markdown"),
    *("gapless.doctor", "gapless.leaks", "gapless.undeclared", "gapless.validate"),
    *("gapless.preflight", "gapless.verbs.backfill", "gapless.ledger.migrations", "gapless_nba"),
)


def loaded(*arguments: str) -> set[str]:
    """Run a command as a process of its own, and return every module it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = {line[8:] for line in done.stderr.splitlines() if line.startswith("loaded: ")}
    assert "gapless.cli.app" in found
    return found


def among(unwanted: tuple[str, ...], found: set[str]) -> list[str]:
    """Return those of the unwanted modules that were imported, or anything in them."""
    return sorted(
        name for name in found if any(f"{name}.".startswith(f"{one}.") for one in unwanted)
    )


@pytest.mark.parametrize("arguments", [("--help",), (), ("--version",)], ids=" ".join)
def test_help_needs_nothing_but_its_own_text(arguments: tuple[str, ...]) -> None:
    assert among(NOTHING_HEAVY, loaded(*arguments)) == []


def test_the_help_of_one_command_opens_no_driver() -> None:
    drivers = ("duckdb", "sqlalchemy", "alembic", "apscheduler", "psycopg", "fsspec", "gapless_nba")
    assert among(drivers, loaded("status", "--help")) == []


def test_status_needs_no_driver_that_it_does_not_use(done: Shopkeeper) -> None:
    assert done.command("status").exit_code == 0
    found = loaded("status", "--config", str(done.folder / "gapless.toml"))
    assert among(NOT_FOR_STATUS, found) == []


def test_status_is_answered_by_the_drivers_that_hold_the_data(done: Shopkeeper) -> None:
    """The list above could not tell a command that did nothing."""
    assert done.command("status").exit_code == 0
    found = loaded("status", "--config", str(done.folder / "gapless.toml"))
    assert {"duckdb", "sqlalchemy", "gapless.verbs.status"} <= found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_has_each_command_with_what_it_is_for(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gapless", "--help"], capture_output=True, text=True, check=True
    )
    [line] = [line for line in done.stdout.splitlines() if line.startswith(f"  {name} ")]
    assert COMMANDS[name].startswith(line.removeprefix(f"  {name} ").strip())


@pytest.mark.parametrize("name", gapless.__all__)
def test_every_public_name_is_imported_when_it_is_asked_for(name: str) -> None:
    assert getattr(gapless, name).__name__ == name


def test_a_name_that_is_not_public_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'expected_keys'"):
        getattr(gapless, "expected_keys")  # noqa: B009 - a type checker refuses it, too


def test_public_names_are_listed_before_they_are_imported() -> None:
    assert set(gapless.__all__) <= set(dir(gapless))


def test_help_that_nobody_can_read_is_no_error() -> None:
    """A program may be started with stdout closed."""
    command = ["sh", "-c", f"exec {sys.executable} -m gapless --help >&-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
