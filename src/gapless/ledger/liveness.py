"""Whether the process that holds a lease is still there.

Only a process of this host can be pronounced dead; about any other the answer is "not known to be
dead", and its lease runs until it expires.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gapless.ledger.interface import Holder

_FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""The namespace a Linux machine boots with; the number is fixed in the kernel."""


def host_name() -> str:
    """Name the place where this process' number means something: what `Holder.host` should say.

    The host's name, and in a container the process namespace as well: containers may share the
    host's name (`--network host`) while the same number means different processes in each.
    """
    name = socket.gethostname()
    with suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
        if namespace != _FIRST_PID_NAMESPACE:
            return f"{name}/{namespace}"
    return name


def is_dead(holder: Holder) -> bool:
    """Tell whether the holder is known to be gone: a process of this host that is not there.

    A number that a new process has taken over counts as alive, so its lease expires instead.
    """
    if holder.host not in (socket.gethostname(), host_name()) or holder.pid <= 0:
        return False
    if sys.platform == "win32":  # os.kill(pid, 0) is Ctrl-C there, not a question
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's process is a process
        return False
    return _is_zombie(holder.pid)


def _is_zombie(pid: int) -> bool:
    """Tell whether only the exit code is left: a container without an init never collects it."""
    with suppress(OSError):
        after_the_name = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2]
        return after_the_name.split()[:1] in ([b"Z"], [b"X"])
    return False
