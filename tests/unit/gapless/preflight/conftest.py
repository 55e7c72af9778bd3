"""Shops to look at before a run."""

from __future__ import annotations

from support.shop_fixtures import computed, done, pristine, shop

__all__ = ["computed", "done", "pristine", "shop"]
