"""The units in deploy/systemd are understood by systemd, and due at 04:00 in New York."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from gapless.due import Daily
from support.forked import installed

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
ANALYZE = shutil.which("systemd-analyze") or ""

pytestmark = pytest.mark.skipif(not ANALYZE, reason="needs systemd-analyze")


def test_units_are_understood(tmp_path: Path) -> None:
    """With a user, a folder and a program of this machine nothing is wrong with any of them."""
    for file in UNITS.glob("gapless-*"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("/srv/gapless/.venv/bin/gapless", installed("gapless"))
        text = text.replace("/srv/gapless", str(tmp_path)).replace("User=gapless", "User=root")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    units = sorted(str(file) for file in tmp_path.glob("gapless-*"))
    assert len(units) == 5
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("first", [date(2026, 3, 6), date(2026, 10, 30)])
def test_timer_is_due_when_gapless_says(first: date) -> None:
    """Through both changes of clocks the timer elapses at the very moments a cleaning is due."""
    timer = (UNITS / "gapless-clean.timer").read_text(encoding="utf-8")
    [calendar] = re.findall(r"^OnCalendar=(.*New_York)$", timer, flags=re.MULTILINE)
    done = subprocess.run(
        [ANALYZE, "calendar", "--iterations=4", f"--base-time={first} 00:00:00 UTC", calendar],
        env={"TZ": "UTC", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    elapses = [
        datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        for found in re.findall(r"(?:Next elapse|Iter\. #\d): \w+ (\S+ \S+) UTC", done.stdout)
    ]
    daily = Daily(time(4), "America/New_York")
    assert elapses == [daily.on(first + timedelta(days=number)) for number in range(4)]
