"""A process that has imported the program and forks one for each command that a test starts.

A command that starts in an interpreter of its own spends most of its time on imports. What is
forked here is a process of its own as well: its own arguments, variables, folder, streams, signals
and end. `forked.py` is the tests' side of it. Only the standard library is imported by name here,
and no thread is started, since a fork would lose it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.metadata
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any, NoReturn

IMPORTED = ("gapless", "gapless_nba")
LEFT_OUT = ("__main__", "migrations", "web")
"""Modules that do something when they are imported, or that no command of a test needs."""
FIRST = ("tzdata", "sqlalchemy.dialects.sqlite", "duckdb", "rich.progress", "rich.table")
STREAMS = 3
ERRORS = 2
"""The number of stderr."""
UNHEARD = 120
"""The exit code of an interpreter that could not print the last of its output."""


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork what is asked for until stdin ends; in a forked process, return what it is to do."""
    wake, woken = socket.socketpair()
    for end_of_pair in (wake, woken):
        end_of_pair.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: dict[int, socket.socket] = {}
    while True:
        asked, _, _ = select.select([listener, wake, sys.stdin, *waiting.values()], [], [])
        if sys.stdin in asked:
            return None
        if wake in asked:
            wake.recv(4096)
            _bury(waiting)
        _abandon({number: client for number, client in waiting.items() if client in asked})
        if listener in asked:
            client, _ = listener.accept()
            job, streams = _received(client)
            process = os.fork()
            if not process:
                for opened in (listener, wake, woken, client, *waiting.values()):
                    opened.close()
                _become(job, streams)
                return job
            for stream in streams:
                os.close(stream)
            client.sendall(struct.pack("!i", process))
            waiting[process] = client


def _abandon(left: dict[int, socket.socket]) -> None:
    """Kill the processes whose clients have gone away; they are buried like the others."""
    for process in left:
        os.kill(process, signal.SIGKILL)


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    text, streams, _, _ = socket.recv_fds(client, 65536, STREAMS)
    while not text.endswith(b"\n"):
        text += client.recv(65536)
    return json.loads(text), streams


def _bury(waiting: dict[int, socket.socket]) -> None:
    """Tell the client of each process that has ended how it ended."""
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not process:
            return
        with waiting.pop(process) as client, suppress(ConnectionError):
            client.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))


def _become(job: dict[str, Any], streams: list[int]) -> None:
    """Be in the state in which an interpreter starts a program."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    encodings = [(one.encoding, one.errors) for one in (sys.stdin, sys.stdout, sys.stderr)]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["variables"])
    time.tzset()
    through = bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        buffering = 0 if through and number else -1
        raw = open(number, "wb" if number else "rb", buffering, closefd=False)  # noqa: SIM115
        encoding, errors = encodings[number]
        by_line = number == ERRORS or raw.isatty()
        text = io.TextIOWrapper(raw, encoding, errors, None, by_line, through)
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)
    added = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = [job["first_path"], *added]
    importlib.invalidate_caches()
    sys.argv = job["arguments"]


def perform(job: dict[str, Any]) -> object:
    """Do what the forked process is for; like an interpreter, it may raise SystemExit."""
    if "code" in job:
        exec(compile(job["code"], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
        return None
    if "module" in job:
        runpy.run_module(job["module"], run_name="__main__", alter_sys=True)
        return None
    if "file" in job:
        runpy.run_path(job["file"], run_name="__main__")
        return None
    [script] = importlib.metadata.entry_points(group="console_scripts", name=job["script"])
    return script.load()()


def exit_code_of(job: dict[str, Any]) -> int:
    """Do the job, and return the exit code that an interpreter would end with."""
    try:
        code = perform(job)
    except SystemExit as asked:
        code = asked.code
    except BaseException:  # noqa: BLE001 - an interpreter says so as well, whatever it is
        sys.excepthook(*sys.exc_info())
        return 1
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def end(code: int) -> NoReturn:
    """End as an interpreter does, without taking apart what the server has imported.

    That alone would cost as much as a short command; `multiprocessing` ends its processes so too.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = UNHEARD
    os._exit(code)


def import_everything() -> None:
    """Import what commands import, also what they import late."""
    for name in FIRST:
        importlib.import_module(name)
    for name in IMPORTED:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not set(found.name.split(".")) & set(LEFT_OUT):
                # Something optional may be absent; the command that needs it says so.
                with suppress(ImportError):
                    importlib.import_module(found.name)


def main() -> None:
    """Serve on the socket that the caller has bound; then, in the forked process, do its job."""
    sys.path.pop(0)
    import_everything()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        job = serve(listener)
    if job is not None:
        end(exit_code_of(job))


if __name__ == "__main__":
    main()
