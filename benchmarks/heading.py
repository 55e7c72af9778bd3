"""What stands at the top of every page of results: versions, machine, date and load."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from gapless.version import __version__

RESULTS = Path(__file__).parent / "results"


def heading(title: str, script: str) -> list[str]:
    """Return the first lines of a page.

    Args:
        title: What was measured.
        script: Name of the script that writes the page.
    """
    return [
        f"# {title}",
        "",
        f"Gapless {__version__}, DuckDB {version('duckdb')}, Python {platform.python_version()}, "
        f"{platform.system()} on {processor()}, {os.cpu_count()} cores, "
        f"{datetime.now(UTC):%Y-%m-%d}. Written by `{script}`.",
        "",
        f"Load of the machine when this was written: {os.getloadavg()[2]:.1f} over 15 minutes; "
        "with more than one, wall time says less than CPU time.",
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(line)} |" for line in (head, rule, *rows)]


def finish(lines: Sequence[str], name: str, *, write: bool) -> None:
    """Print a page, and write it beside the other results if that was asked for."""
    text = "\n".join(lines) + "\n"
    print(text)
    if write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")


def processor() -> str:
    """Return what the machine calls its processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()
