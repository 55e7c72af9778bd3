"""Asks a fork server for a process; as a script, stands in for the command that was typed.

It is started anew for every command that a shell finds, so it imports little.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from collections.abc import Sequence

ANSWER = struct.Struct("!i")
INTERPRETER = {"-m": "module", "-c": "code"}


def asked(address: str, job: dict[str, object], streams: Sequence[int]) -> socket.socket:
    """Ask for a process with these streams; the answers are its number and, later, its end."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    text = json.dumps(job).encode() + b"\n"
    connection.sendall(text[socket.send_fds(connection, [text], streams) :])
    return connection


def answer(connection: socket.socket) -> int:
    """Wait for the next answer."""
    return int(ANSWER.unpack(connection.recv(ANSWER.size, socket.MSG_WAITALL))[0])


def script(name: str, installed: str, *arguments: str) -> dict[str, object]:
    """Describe what an installed command runs."""
    words = [installed, *arguments]
    return {"script": name, "arguments": words, "first_path": os.path.dirname(installed)}  # noqa: PTH120


def interpreted(folder: str, *arguments: str) -> dict[str, object] | None:
    """Describe what an interpreter runs; None: only an interpreter can."""
    option, what, *rest = [*arguments, "", ""][: max(2, len(arguments))]
    if option in INTERPRETER and what:
        first = option if option == "-c" else what
        return {INTERPRETER[option]: what, "arguments": [first, *rest], "first_path": folder}
    if option.endswith(".py"):
        where = os.path.dirname(os.path.abspath(option))  # noqa: PTH100, PTH120
        return {"file": option, "arguments": list(arguments), "first_path": where}
    return None


def main(address: str, name: str, installed: str, *arguments: str) -> None:
    """Be what was typed, until it ends."""
    here = os.getcwd()  # noqa: PTH109
    if name == "python":
        job = interpreted(here, *arguments)
        if job is None:
            os.execv(installed, [installed, *arguments])  # noqa: S606
    else:
        job = script(name, installed, *arguments)
    connection = asked(address, {**job, "folder": here, "variables": dict(os.environ)}, (0, 1, 2))
    answer(connection)
    code = answer(connection)
    if code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
