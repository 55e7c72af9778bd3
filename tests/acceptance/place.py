"""A working folder of Gapless, its command, and a look into its warehouse past it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from gapless.cli.app import run as run_command
from gapless.config.settings import load_settings
from gapless.verbs.workspace import Workspace
from gapless.wiring import open_workspace
from support import forked
from support.past_gapless import attached

WAREHOUSE = "nba.duckdb"
LEDGER = "nba-ledger.sqlite"


def environment(**variables: str) -> dict[str, str]:
    """Return this process's variables without any of Gapless', plus those given."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GAPLESS_")}
    return own | variables


@dataclass(frozen=True)
class Answer:
    """What one command answered."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Stdout as one line: where a narrow screen breaks a sentence does not matter."""
        return " ".join(self.stdout.split())

    @property
    def complaint(self) -> str:
        """Stderr as one line, without log lines."""
        lines = [line for line in self.stderr.splitlines() if not line.startswith("{")]
        return " ".join(" ".join(lines).split())


@dataclass(frozen=True)
class Place:
    """A working folder."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / WAREHOUSE

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER

    def run(self, *arguments: str, code: int | None = 0, **variables: str) -> Answer:
        """Run the command in a process of its own; code None: any exit code will do."""
        done = forked.finished(self.started(*arguments, **variables))
        return _checked(arguments, Answer(done.returncode, done.stdout, done.stderr), code)

    def run_within(self, *arguments: str, code: int | None = 0, **variables: str) -> Answer:
        """Run the same in this process: ten times faster, for long lists of mistakes."""
        out, err = io.StringIO(), io.StringIO()
        with (
            chdir(self.folder),
            patch.dict(os.environ, environment(**variables), clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            done = run_command(arguments)
        return _checked(arguments, Answer(done, out.getvalue(), err.getvalue()), code)

    def json(self, *arguments: str, code: int | None = 0, **variables: str) -> Any:
        """Run the command with --json; stdout must be one JSON document and nothing else."""
        return json.loads(self.run(*arguments, "--json", code=code, **variables).stdout)

    def started(self, *arguments: str, **variables: str) -> forked.Process:
        """Start the command and return at once."""
        variables = environment(**variables)
        return forked.gapless(*arguments, folder=self.folder, variables=variables)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Open the folder for writing through the library, as the command would."""
        settings = load_settings({}, environment={}, folder=self.folder)
        with open_workspace(settings, write=True) as opened:
            yield opened

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the warehouse without Gapless."""
        with attached(self.warehouse, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def records(self, table: str, day: date) -> list[dict[str, Any]]:
        """Return the rows of a table on a date, by column."""
        with attached(self.warehouse, read_only=True) as connection:
            found = connection.execute(f"FROM {table} WHERE game_date = DATE '{day}'")
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def change(self, *statements: str) -> None:
        """Change the warehouse behind Gapless' back, as another job would."""
        with attached(self.warehouse) as connection:
            for statement in statements:
                connection.execute(statement)

    def copy_to(self, folder: Path) -> Place:
        """Copy the folder; only when no process has anything open in it."""
        left = [file.name for file in self.folder.iterdir() if file.name.endswith(".wal")]
        assert not left, f"a .duckdb without its .wal is no copy: {left}"
        shutil.copytree(self.folder, folder)
        return Place(folder)

    def content(self) -> dict[str, str]:
        """Return every file with a hash of its bytes; SQLite's own lock files left out."""
        return {
            str(file.relative_to(self.folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.folder.rglob("*"))
            if file.is_file() and not file.name.endswith(("-shm", "-wal"))
        }


def _checked(arguments: Sequence[str], answer: Answer, code: int | None) -> Answer:
    said = f"gapless {' '.join(arguments)} → {answer.code}\n{answer.stdout}\n{answer.complaint}"
    assert "Traceback" not in answer.stdout + answer.stderr, said
    assert code is None or answer.code == code, said
    return answer


def outcomes(report: Mapping[str, Any], table: str) -> dict[str, str]:
    """Return date → outcome of one table, from a report of `backfill --json`."""
    return {
        result["date"]: result["outcome"]
        for result in report["results"]
        if result["table"] == table
    }


def listed(days: Sequence[date]) -> str:
    """Return dates as --dates wants them."""
    return ",".join(str(day) for day in days)


def same_tables(one: Place, other: Place, tables: Sequence[str], where: str = "TRUE") -> list[str]:
    """Name the tables whose rows differ in any bit between two warehouses."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one.warehouse}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other.warehouse}' AS other (READ_ONLY)")
        different = []
        for table in tables:
            left, right = (
                f"SELECT * FROM {name}.{table} WHERE {where}" for name in ("one", "other")
            )
            [(ours,)] = connection.execute(f"SELECT count(*) FROM ({left})").fetchall()
            [(extra,)] = connection.execute(
                f"SELECT count(*) FROM (({left}) EXCEPT ALL ({right}))"
            ).fetchall()
            [(lacking,)] = connection.execute(
                f"SELECT count(*) FROM (({right}) EXCEPT ALL ({left}))"
            ).fetchall()
            if extra or lacking or not ours:
                different.append(f"{table}: {extra} and {lacking} of {ours} rows differ")
    return different
