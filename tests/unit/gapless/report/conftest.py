"""Shops to report on."""

import pytest

from gapless.validate.model import ValidationReport
from support.shop_fixtures import computed, done, pristine
from support.shopkeeper import SHOP_DAYS, Shopkeeper, sql

__all__ = ["computed", "done", "pristine"]


@pytest.fixture
def broken(done: Shopkeeper) -> ValidationReport:
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3")
    return done.validate()
