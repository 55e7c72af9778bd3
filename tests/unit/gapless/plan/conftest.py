"""Two shops to look at: one in which nothing is computed yet, one in which everything is."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.shop_look import Look

DAYS = 7
CLOSED = 3
"""The day on which no shop opens."""


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Look:
    """A shop in which nothing has been computed; copied, never used."""
    return Look.on_new_shop(tmp_path_factory.mktemp("pristine"), DAYS, closed=[CLOSED])


@pytest.fixture(scope="session")
def computed(pristine: Look, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """A shop in which everything is published; copied, never used."""
    shop = pristine.copy(tmp_path_factory.mktemp("computed") / "shop")
    assert shop.backfill().exit_code == 0
    return shop


@pytest.fixture
def fresh(pristine: Look, tmp_path: Path) -> Look:
    """A shop of this test's own in which nothing has been computed."""
    return pristine.copy(tmp_path / "shop")


@pytest.fixture
def done(computed: Look, tmp_path: Path) -> Look:
    """A shop of this test's own in which everything is published."""
    return computed.copy(tmp_path / "shop")
