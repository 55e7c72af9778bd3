"""What a command costs as a whole process: wall and CPU seconds, the memory of its largest process.

Usage: whole_process.py COMMAND ...
Runs the command with its output to stderr, and prints the cost and the exit code as JSON. It is
a process of its own because the peak of a child begins with the size of its parent: this is small.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Run the command and wait for it and for all that it waited for."""
    begun = time.perf_counter()
    child = os.posix_spawnp(
        sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)]
    )
    _, status, usage = os.wait4(child, 0)
    spent = {
        "wall": time.perf_counter() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
        "exit": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
