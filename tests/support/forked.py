"""Processes of the program that a test starts, forked from one that has imported it already."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from support import fork_client

SERVER = Path(__file__).with_name("fork_server.py")
CLIENT = Path(__file__).with_name("fork_client.py")
SECONDS = 600
"""What takes longer hangs."""


class Process:
    """A process of its own, with what `subprocess.Popen` offers of text streams.

    Args:
        job: What it runs; made by one of the functions below.
        folder: Where it works.
        variables: All of its environment.
        stdin: Whether the test writes to it; otherwise its input is empty.
    """

    def __init__(
        self,
        job: Mapping[str, object],
        folder: Path,
        variables: Mapping[str, str],
        *,
        stdin: bool = False,
    ) -> None:
        late = [name for name in variables if _is_read_at_the_start(name, variables[name])]
        assert not late, f"{late} would need an interpreter that starts; use subprocess"
        self.returncode: int | None = None
        self._lock = threading.Lock()
        self.stdin: IO[str] | None = None
        reads = os.open(os.devnull, os.O_RDONLY)
        if stdin:
            os.close(reads)
            reads, self.stdin = _pipe_to()
        self.stdout, out = _pipe_from()
        self.stderr, err = _pipe_from()
        asked = {**job, "folder": str(folder), "variables": dict(variables)}
        self._connection = fork_client.asked(str(address()), asked, (reads, out, err))
        for number in (reads, out, err):
            os.close(number)
        self.pid = fork_client.answer(self._connection)

    def poll(self) -> int | None:
        """Return how it ended; None while it is at work."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = SECONDS) -> int:
        """Wait for its end and return its exit code, negative for a signal."""
        with self._lock:
            if self.returncode is None:
                self._connection.settimeout(timeout)
                try:
                    self.returncode = fork_client.answer(self._connection)
                except (TimeoutError, BlockingIOError):
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
                self._connection.close()
            return self.returncode

    def communicate(self, text: str | None = None, timeout: float = SECONDS) -> tuple[str, str]:
        """Write to it, read what it prints until its end, and return that."""
        complaints: list[str] = []
        reader = threading.Thread(target=lambda: complaints.append(self.stderr.read()))
        # Ends what hangs, and with it the reading.
        watch = threading.Timer(timeout, self.kill)
        for thread in (reader, watch):
            thread.start()
        try:
            if self.stdin:
                self.stdin.write(text or "")
                self.stdin.close()
            said = self.stdout.read()
            self.wait()
        finally:
            watch.cancel()
            reader.join()
        for stream in (self.stdout, self.stderr):
            stream.close()
        return said, complaints[0]

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in (self.stdout, self.stderr, self.stdin):
            if stream:
                stream.close()
        self.wait()


def gapless(
    *arguments: str, folder: Path, variables: Mapping[str, str], stdin: bool = False
) -> Process:
    """Start what the installed command `gapless` starts."""
    job = fork_client.script("gapless", installed("gapless"), *arguments)
    return Process(job, folder, variables, stdin=stdin)


def python(
    *arguments: str, folder: Path, variables: Mapping[str, str], stdin: bool = False
) -> Process:
    """Start what `python -m …` or `python -c …` starts with these arguments."""
    job = fork_client.interpreted(str(folder), *arguments)
    assert job, f"{arguments} need an interpreter that starts; use subprocess"
    return Process(job, folder, variables, stdin=stdin)


def finished(process: Process, timeout: float = SECONDS) -> subprocess.CompletedProcess[str]:
    """Wait for the end of a process, however it ends."""
    with process:
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(f"process {process.pid}", process.wait(), out, err)


def installed(name: str) -> str:
    """Return the installed command that belongs to this interpreter."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    assert found, f"{name} is not installed; pip install -e ."
    return found


def commands(folder: Path) -> Path:
    """Fill a folder with `gapless` and `python` for a shell whose PATH it heads."""
    folder.mkdir()
    client = f"{sys.executable} -IS {CLIENT} {address()}"
    for name, real in (("gapless", installed("gapless")), ("python", sys.executable)):
        (folder / name).write_text(f'#!/bin/sh\nexec {client} {name} {real} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def _is_read_at_the_start(name: str, value: str) -> bool:
    """Tell whether an interpreter looks at a variable before the program does."""
    if name in ("PYTHONPATH", "PYTHONUNBUFFERED") or os.environ.get(name) == value:
        return False
    return name.startswith(("PYTHON", "LC_", "LANG"))


def _pipe_to() -> tuple[int, IO[str]]:
    reads, writes = os.pipe()
    return reads, os.fdopen(writes, "w", encoding="utf-8")


def _pipe_from() -> tuple[IO[str], int]:
    reads, writes = os.pipe()
    return os.fdopen(reads, encoding="utf-8"), writes


@cache
def address() -> Path:
    """Start the server of this worker, which ends with it; return where it listens."""
    folder = Path(tempfile.mkdtemp(prefix="forked-"))
    found = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(found))
        listener.listen()
        number = listener.fileno()
        server = subprocess.Popen(
            [sys.executable, str(SERVER), str(number)],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            pass_fds=[number],
        )

    def end() -> None:
        assert server.stdin
        server.stdin.close()
        server.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    return found
