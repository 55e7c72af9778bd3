"""Processes of the program that a test starts, forked from one that has imported it already."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

SERVER = Path(__file__).with_name("fork_server.py")
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
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(_server()))
        asked = {**job, "folder": str(folder), "variables": dict(variables)}
        text = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(self._connection, [text], [reads, out, err])
        self._connection.sendall(text[sent:])
        for number in (reads, out, err):
            os.close(number)
        self.pid = self._told()

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
                    self.returncode = self._told()
                except (TimeoutError, BlockingIOError):
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
            return self.returncode

    def _told(self) -> int:
        return int(struct.unpack("!i", self._connection.recv(4, socket.MSG_WAITALL))[0])

    def communicate(self, text: str | None = None, timeout: float = SECONDS) -> tuple[str, str]:
        """Write to it, read what it prints until its end, and return that."""
        complaints: list[str] = []
        reader = threading.Thread(target=lambda: complaints.append(self.stderr.read()))
        reader.start()
        try:
            if self.stdin:
                self.stdin.write(text or "")
                self.stdin.close()
            # Ends what hangs, and with it the reading.
            watch = threading.Timer(timeout, self.kill)
            watch.start()
            said = self.stdout.read()
            self.wait()
        finally:
            watch.cancel()
            reader.join()
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
        self._connection.close()


def gapless(
    *arguments: str, folder: Path, variables: Mapping[str, str], stdin: bool = False
) -> Process:
    """Start what the installed command `gapless` starts."""
    job = {"script": "gapless", "arguments": [installed("gapless"), *arguments]}
    return Process(
        {**job, "first_path": str(Path(sys.executable).parent)}, folder, variables, stdin=stdin
    )


def python(
    *arguments: str, folder: Path, variables: Mapping[str, str], stdin: bool = False
) -> Process:
    """Start what `python -m …` or `python -c …` starts with these arguments."""
    option, what, *rest = arguments
    kind = {"-m": "module", "-c": "code"}[option]
    job = {kind: what, "arguments": [what if option == "-m" else option, *rest]}
    return Process({**job, "first_path": str(folder)}, folder, variables, stdin=stdin)


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
def _server() -> Path:
    """Start the server of this worker, which ends with it; return where it listens."""
    folder = Path(tempfile.mkdtemp(prefix="forked-"))
    address = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
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
    return address
