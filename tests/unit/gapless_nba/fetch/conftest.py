"""A stand-in for the service, a time that passes only when somebody waits, and a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fetching import Fetching, Waits
from support.nba_service import FakeStats, serving, two_games


@pytest.fixture
def stats(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStats]:
    """Two final games of 2022-23, served; nba_api is pointed there."""
    with serving(two_games()) as served:
        monkeypatch.setenv("GAPLESS_NBA_URL", served.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield served


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def fetching(tmp_path: Path, stats: FakeStats, waits: Waits) -> Fetching:
    return Fetching(tmp_path / "data", stats, waits)
