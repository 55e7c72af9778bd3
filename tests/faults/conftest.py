"""Shops that faults are injected into."""

import pytest

from support.offers import with_offers
from support.shop_fixtures import computed, done, pristine, shop
from support.shopkeeper import SHOP_DAYS, Shopkeeper, outcomes
from support.waiving import grant, on_day, with_holes

__all__ = ["computed", "done", "pristine", "shop"]


@pytest.fixture
def waived(shop: Shopkeeper) -> Shopkeeper:
    """A shop with a hole on day 4, granted for 30 days and published by an ordinary run."""
    with_holes(shop, 4)
    grant(shop, 4)
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}
    return shop


@pytest.fixture(scope="session")
def offered(pristine: Shopkeeper, tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """A shop with everything computed, offers of past days too; copied, never used."""
    return with_offers(pristine.copy(tmp_path_factory.mktemp("offered") / "shop"))
