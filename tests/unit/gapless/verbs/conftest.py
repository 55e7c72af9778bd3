"""The shops that tests of verbs copy."""

from support.shop_fixtures import computed, done, pristine, shop

__all__ = ["computed", "done", "pristine", "shop"]
