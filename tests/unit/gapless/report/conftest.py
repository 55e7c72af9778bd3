"""Shops to report on."""

from support.shop_fixtures import computed, done, pristine

__all__ = ["computed", "done", "pristine"]
