"""What the tests fork is what a user starts: the same outcome, from the same kind of process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.place import Place, environment
from support import forked

Finished = subprocess.CompletedProcess[str]


def started(words: list[str], folder: Path) -> Finished:
    """Run a command line to its end as a user would."""
    return subprocess.run(
        words,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def outcome(done: Finished) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["status"], 0),
        (["plan", "--json", "--force"], 2),
        (["nonsense"], 2),
        (["explain", "player_game_summary", "2022-10-18"], 0),
    ],
)
def test_installed_command(small_once: Place, words: list[str], code: int) -> None:
    """The installed command ends with the same code and prints the same to both streams."""
    real = started([forked.installed("gapless"), *words], small_once.folder)
    assert real.returncode == code, real.stderr
    process = forked.gapless(*words, folder=small_once.folder, variables=environment())
    assert outcome(forked.finished(process)) == outcome(real)


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("import sys; print(sys.argv, __name__); sys.exit(7)", 7),
        ("import sys; sys.exit('a reason')", 1),
        ("import os, sys; print(os.getcwd(), sys.path[0] in ('', os.getcwd()))", 0),
        ("import os; print(sorted(name for name in os.environ if name.startswith('GAPLESS')))", 0),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 15)", -signal.SIGTERM),
        ("import atexit; atexit.register(print, 'last')", 0),
        ("import threading, time\nthreading.Timer(0.2, print, ('late',)).start()", 0),
        ("import sys; print(sys.stdin.read() == '', sys.stdout.encoding)", 0),
        ("import os; os.setpgid(0, 0); print(os.getpgid(0) == os.getpid())", 0),
        ("import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('unheard')", None),
    ],
)
def test_interpreter(tmp_path: Path, code: str, ends: int | None) -> None:
    """Arguments, folder, variables, streams and end are those of an interpreter.

    Which exit code a lost output has depends on PYTHONUNBUFFERED.
    """
    real = started([sys.executable, "-c", code, "word"], tmp_path)
    assert real.returncode == ends or (ends is None and real.returncode), real.stderr
    process = forked.python("-c", code, "word", folder=tmp_path, variables=environment())
    done = forked.finished(process)
    assert (done.returncode, done.stdout) == (real.returncode, real.stdout)


def test_unforeseen_error(tmp_path: Path) -> None:
    """What nobody catches is printed with its traceback, and is exit code 1."""
    process = forked.python("-c", "1 / 0", folder=tmp_path, variables=environment())
    done = forked.finished(process)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_signals(tmp_path: Path) -> None:
    """A process is told, interrupted and killed on its own; others go on."""
    code = "print('here', flush=True); input()"
    one, other = (
        forked.python("-c", code, folder=tmp_path, variables=environment(), stdin=True)
        for _ in range(2)
    )
    with one, other:
        assert [process.stdout.readline() for process in (one, other)] == ["here\n"] * 2
        assert one.poll() is None
        one.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in one.communicate()[1]
        assert other.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.01)
        other.kill()
        assert other.wait() == -signal.SIGKILL


def test_variables_of_the_interpreter(tmp_path: Path) -> None:
    """What is read before the first import cannot be given, and is refused."""
    with pytest.raises(AssertionError, match="PYTHONHASHSEED"):
        forked.python("-c", "pass", folder=tmp_path, variables=environment(PYTHONHASHSEED="1"))
