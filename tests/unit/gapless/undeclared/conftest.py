"""Ten days of bookings of ten guests, and the same visits."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.undeclared import FIRST, PlainFile


@pytest.fixture
def plain(tmp_path: Path) -> PlainFile:
    """Every booking became a visit: 10 days of March 2024, 10 guests a day."""
    made = PlainFile(tmp_path / "house.duckdb")
    made.change(
        "CREATE TABLE bookings AS SELECT "
        f"DATE '{FIRST}' + n::INTEGER AS day, guest::INTEGER AS guest, 'Guest ' || guest AS name "
        "FROM range(10) AS days(n), range(1, 11) AS guests(guest)",
        "CREATE TABLE visits AS SELECT day, guest FROM bookings",
    )
    return made
