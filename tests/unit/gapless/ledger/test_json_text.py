"""Evidence becomes JSON whatever is in it."""

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.ledger.json_text import dumps

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_plain_values(value: object) -> None:
    """What JSON has words for comes back as it was."""
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2024, 2, 23), "2024-02-23"),
        (datetime(2024, 2, 23, 12, tzinfo=UTC), "2024-02-23T12:00:00+00:00"),
        (Decimal("0.90"), "0.90"),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, "a"), [1, "a"]),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        ({date(2024, 2, 23): {1: math.inf}}, {"2024-02-23": {"1": "inf"}}),
        ([math.nan, -math.inf, 1.5], ["nan", "-inf", 1.5]),
        ({"keys": (key for key in "ab")}, {"keys": ["a", "b"]}),
        ({(1, 2): frozenset({math.nan})}, {"(1, 2)": ["nan"]}),
        (b"\x00", "b'\\x00'"),
    ],
)
def test_nearest_values(value: object, expected: object) -> None:
    """What JSON has no word for becomes the nearest value, and never stops the writing."""
    assert json.loads(dumps(value)) == expected
