"""Shops for tests to break: ten days, ten shops, computed or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.shopkeeper import Shopkeeper


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """A shop in which nothing has been computed; copied, never used."""
    return Shopkeeper.on_new_shop(tmp_path_factory.mktemp("pristine"))


@pytest.fixture(scope="session")
def computed(pristine: Shopkeeper, tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """A shop in which everything is published; copied, never used."""
    keeper = pristine.copy(tmp_path_factory.mktemp("computed") / "shop")
    assert keeper.backfill().exit_code == 0
    return keeper


@pytest.fixture
def shop(pristine: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    """A shop of this test's own in which nothing has been computed."""
    return pristine.copy(tmp_path / "shop")


@pytest.fixture
def done(computed: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    """A shop of this test's own in which everything is published."""
    return computed.copy(tmp_path / "shop")
