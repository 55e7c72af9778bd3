"""What all peers have in common: an environment of their own, a project in a folder, commands."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

HERE = Path(__file__).parent
WAREHOUSE = "nba.duckdb"
RAW = ("raw.schedule", "raw.player_box_scores", "raw.shots")
QUIET = {
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
    "NO_COLOR": "1",
    # Wide enough that no name is broken across lines.
    "COLUMNS": "200",
}
Spent = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a project is laid out for.

    Attributes:
        first: The first date.
        last: The last date that the project ever fills.
        by_date: Every date is a unit of work and gated alone; otherwise the whole range is one.
    """

    first: str
    last: str
    by_date: bool


class Peer(ABC):
    """A system that fills the same tables, run as its users run it."""

    name: ClassVar[str]
    title: ClassVar[str]
    packages: ClassVar[Sequence[str]]

    def __init__(self, environments: Path) -> None:
        self._bin = environments / self.name / "bin"

    def install(self) -> None:
        """Make the environment, unless it is there with the same requirements."""
        requirements = HERE / "requirements" / f"{self.name}.txt"
        stamp = self._bin.parent / hashlib.sha256(requirements.read_bytes()).hexdigest()
        if not stamp.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", self._bin.parent], check=True)
            pip = [
                self.python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--requirement",
                str(requirements),
            ]
            subprocess.run(pip, check=True)
            stamp.touch()

    def versions(self) -> str:
        """Return the versions of what was installed."""
        listed = "', '".join(self.packages)
        code = f"from importlib.metadata import version as v; print(*map(v, ['{listed}']), sep=',')"
        done = subprocess.run([self.python, "-c", code], check=True, capture_output=True, text=True)
        found = done.stdout.strip().split(",")
        pairs = zip(self.packages, found, strict=True)
        return ", ".join(f"{package} {version}" for package, version in pairs)

    @property
    def python(self) -> str:
        """The interpreter of the environment."""
        return str(self._bin / "python")

    def lay_out(self, folder: Path, raw: Path, plan: Plan) -> None:
        """Write the project, and load the raw tables into its warehouse."""
        folder.mkdir(parents=True)
        loads = [
            f"CREATE TABLE {table} AS FROM read_parquet('{raw}/{table}.parquet')" for table in RAW
        ]
        upcoming = f"{raw}/analytics.upcoming_player_game_context.parquet"
        self.sql(
            folder,
            "CREATE SCHEMA raw",
            "CREATE SCHEMA analytics",
            *loads,
            "CREATE TABLE analytics.upcoming_player_game_context AS "
            f"FROM read_parquet('{upcoming}')",
        )
        for name, text in self.files(folder, plan).items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def sql(self, folder: Path, *statements: str) -> list[list[Any]]:
        """Run statements with the peer's own DuckDB; return the rows of the last one."""
        command = [self.python, str(HERE / "own_duckdb.py"), str(folder / WAREHOUSE), *statements]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{self.name}: a statement failed:\n{done.stderr[-2000:]}")
        rows: list[list[Any]] = json.loads(done.stdout)
        return rows

    def whole(self, folder: Path, *commands: Sequence[str]) -> Spent:
        """Run commands one after another as whole processes; return what they cost together."""
        spent: Spent = {"wall": 0.0, "cpu": 0.0, "peak": 0.0, "exit": 0, "said": ""}
        for command in commands:
            one = whole_process(folder, [str(self._bin / command[0]), *command[1:]])
            spent = {
                **{name: spent[name] + one[name] for name in ("wall", "cpu", "said")},
                "peak": max(spent["peak"], one["peak"]),
                "exit": spent["exit"] or one["exit"],
            }
        return spent

    @abstractmethod
    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Return the files of the project."""

    @abstractmethod
    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Fill the dates of a fresh project."""

    @abstractmethod
    def again(self, folder: Path, day: str) -> Spent:
        """Compute the last table of one date again, on demand."""

    @abstractmethod
    def later(self, folder: Path, day: str) -> Spent:
        """Do what a scheduler does: what the system itself thinks is due up to a date."""

    @abstractmethod
    def shown(self, folder: Path, day: str) -> str:
        """Return what the system says of the last table on a date."""


def next_day(day: str) -> str:
    """Return the day after."""
    return str(date.fromisoformat(day) + timedelta(days=1))


def whole_process(folder: Path, command: Sequence[str]) -> Spent:
    """Run a command as a process of its own; return its cost, exit code and output."""
    done = subprocess.run(
        [sys.executable, str(HERE / "whole_process.py"), *command],
        cwd=folder,
        env={**os.environ, **QUIET, "DAGSTER_HOME": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    spent: Spent = json.loads(done.stdout)
    return {**spent, "said": done.stderr}
