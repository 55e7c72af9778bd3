"""Lets the facts of the published contract explain themselves when they fail."""

import pytest

pytest.register_assert_rewrite("gapless.testing.warehouse_contract")
