"""A reader who types everything a page says, in one folder, from top to bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import duckdb
import pytest

from docs.pages import Block
from support import forked
from support.built_once import built_once

SECONDS = 600
"""What takes longer hangs."""
WILDCARD = "…"
WILDCARD_AT_MOST = 400
"""Characters that one wildcard stands for."""
PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """A command of a console block and the output that the page shows."""

    text: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Memory:
    """Remembers what slow commands, typed first in an empty folder, leave there and say."""

    factory: pytest.TempPathFactory
    commands: tuple[str, ...]

    def of(self, command: str, type_in: Callable[[Path], str]) -> Path:
        """Return a folder that holds what the command left in `files` and said in `said`."""

        def build(folder: Path) -> None:
            (folder / "files").mkdir(parents=True)
            (folder / "said").write_text(type_in(folder / "files"), encoding="utf-8")

        return built_once(self.factory, re.sub(r"\W+", "-", command), build)


class Reader:
    """Runs the blocks of one page.

    Args:
        folder: An empty folder; the page starts in it.
        home: An empty folder to call home.
        memory: Shared by pages that begin with one of the same commands.
    """

    def __init__(self, folder: Path, home: Path, memory: Memory) -> None:
        self._folder = folder
        self._memory = memory
        self._place = home / "place"
        self._variables = home / "variables"
        commands = forked.commands(home / "commands")
        self._environment = {
            **{n: v for n, v in os.environ.items() if not n.startswith(("GAPLESS_", "PYTEST_"))},
            "PATH": os.pathsep.join(
                [str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            "HOME": str(home),
            "NO_COLOR": "1",
            "TERM": "dumb",
        }

    @property
    def here(self) -> Path:
        """The working folder, after every `cd` so far."""
        if not self._place.exists():
            return self._folder
        return Path(self._place.read_text(encoding="utf-8").strip())

    def read(self, block: Block) -> None:
        """Do what a block says; fails the test when the outcome is not what the page shows."""
        if block.excuse is not None:
            return
        if "file" in block.directives:
            self._write(block)
        elif block.language == "console":
            self._type(block)
        elif block.language == "python":
            self._run_python(block)
        elif block.language == "sql":
            self._query(block)
        elif block.language == "toml":
            tomllib.loads(block.text)
        else:
            raise AssertionError(
                f"{block.place}: a block of {block.language or 'no language'} cannot be run; "
                "say why above it: <!-- not run: reason -->"
            )

    def _write(self, block: Block) -> None:
        file = self.here / block.directives["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text + "\n", encoding="utf-8")
        if file.suffix == ".toml":
            tomllib.loads(block.text)

    def _type(self, block: Block) -> None:
        commands = commands_of(block)
        for number, command in enumerate(commands, start=1):
            wanted = block.exit_code if number == len(commands) else 0
            self._expect(block, command.text, command.text, wanted, command.shown)

    def _run_python(self, block: Block) -> None:
        script = self._place.with_name("block.py")
        script.write_text(block.text, encoding="utf-8")
        self._expect(block, block.text, f"python {script}", block.exit_code)

    def _query(self, block: Block) -> None:
        settings = tomllib.loads((self.here / "gapless.toml").read_text(encoding="utf-8"))
        file = self.here / str(settings["warehouse"]).removeprefix("duckdb:///")
        with duckdb.connect(str(file)) as connection:
            statements = connection.extract_statements(block.text)
            for statement in statements:
                rows = connection.execute(statement).fetchall()
            if statements[-1].type == duckdb.StatementType.SELECT:
                assert rows, f"{block.place}: the query finds nothing"

    def _expect(
        self, block: Block, said: str, typed: str, wanted: int, shown: Sequence[str] = ()
    ) -> None:
        code, output = self._remembered(typed) or self._bash(typed)
        told = f"{block.place}: {said}\n{output}\n[exit {code}]"
        assert code == wanted, f"exit {wanted} expected of {told}"
        absent = first_absent(shown, output)
        assert absent is None, f"the page shows {absent!r}, which is not in the output of {told}"

    def _remembered(self, typed: str) -> tuple[int, str] | None:
        """Take over what the command did on an earlier page; None when it is another command."""
        known = typed in self._memory.commands
        if not known or self._place.exists() or any(self._folder.iterdir()):
            return None

        def type_in(folder: Path) -> str:
            code, output = self._bash(typed, folder)
            self._place.unlink()
            assert code == 0, f"{typed}\n{output}\n[exit {code}]"
            return output

        left = self._memory.of(typed, type_in)
        shutil.copytree(left / "files", self._folder, dirs_exist_ok=True)
        return 0, (left / "said").read_text(encoding="utf-8")

    def _bash(self, typed: str, folder: Path | None = None) -> tuple[int, str]:
        script = (
            f'[ -f "{self._variables}" ] && . "{self._variables}"\n'
            f'trap \'pwd > "{self._place}"; export -p > "{self._variables}"\' EXIT\n{typed}'
        )
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607 - whichever bash the reader has
            cwd=folder or self.here,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            encoding="utf-8",
        )
        return done.returncode, done.stdout


def commands_of(block: Block) -> list[Command]:
    """Cut a console block into commands, each with the lines shown below it."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(PROMPT)]
    assert starts[:1] == [0], f"{block.place}: a console block starts with '{PROMPT}'"
    return [
        Command(
            lines[start].removeprefix(PROMPT),
            tuple(takewhile(lambda line: not line.startswith(PROMPT), lines[start + 1 :])),
        )
        for start in starts
    ]


def first_absent(shown: Sequence[str], output: str) -> str | None:
    """Return the first shown line that the output does not have, in the order of the page.

    Spacing does not count, so that wider columns and other line breaks change nothing; `…` stands
    for anything.
    """
    text, position = " ".join(output.split()), 0
    for line in shown:
        words = " ".join(line.split()).removesuffix(f" {WILDCARD}")
        if words in ("", WILDCARD):
            continue
        anything = f".{{0,{WILDCARD_AT_MOST}}}?"
        # Between two words the wildcard may stand for nothing, too.
        pattern = f"(?: {anything})? ".join(
            re.escape(part).replace(WILDCARD, anything) for part in words.split(f" {WILDCARD} ")
        )
        found = re.compile(rf"(?<!\S){pattern}(?!\S)").search(text, position)
        if found is None:
            return line
        position = found.end()
    return None
