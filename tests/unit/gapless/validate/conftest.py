"""Shops whose published rows are validated."""

from support.shop_fixtures import computed, done, pristine, shop

__all__ = ["computed", "done", "pristine", "shop"]
