"""Whether a lease's holder is known to be gone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gapless.ledger.interface import Holder
from gapless.ledger.liveness import host_name, is_dead


def holder(pid: int, host: str | None = None) -> Holder:
    return Holder("run", socket.gethostname() if host is None else host, pid, "ann")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Provide a process that waits to be ended."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


def test_living(process: subprocess.Popen[bytes]) -> None:
    """A process that is there is not dead."""
    assert not is_dead(holder(process.pid))
    assert not is_dead(holder(os.getpid()))


def test_gone(process: subprocess.Popen[bytes]) -> None:
    """A process that has ended is dead, under either name of this host."""
    process.kill()
    process.wait()
    assert is_dead(holder(process.pid))
    assert is_dead(holder(process.pid, host_name()))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_zombie(process: subprocess.Popen[bytes]) -> None:
    """A process whose exit code nobody has collected is dead."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(holder(process.pid))
    process.wait()


def test_elsewhere(process: subprocess.Popen[bytes]) -> None:
    """About a process of another host, or of another container on this one, nothing is known."""
    process.kill()
    process.wait()
    assert not is_dead(holder(process.pid, "elsewhere.example"))
    assert not is_dead(holder(process.pid, f"{socket.gethostname()}/pid:[1]"))


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_no_process_number(pid: int) -> None:
    """A number that cannot be a process is no proof of death."""
    assert not is_dead(holder(pid))


def test_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that we may not signal is there."""

    def forbidden(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    monkeypatch.setattr(os, "kill", forbidden)
    assert not is_dead(holder(os.getpid()))
