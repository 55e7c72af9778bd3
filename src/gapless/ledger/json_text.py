"""Evidence and plans as JSON text that every store takes.

Evidence is written after the data is live, so nothing in it may stop the writing: what JSON has no
word for is kept as the nearest plain value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime


def dumps(value: object) -> str:
    """Return the JSON text of a value, whatever is in it."""
    try:
        return _encode(value)
    except (TypeError, ValueError):  # a key that is no text, or a number that is none
        return _encode(_plain(value))


def _nearest(value: object) -> object:
    """Return the nearest value that JSON has a word for."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, AbstractSet):
        return sorted(value, key=str)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray):
        return list(value)
    return str(value)


def _plain(value: object) -> object:
    """Return the value with text keys and finite numbers all the way down."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # PostgreSQL refuses a bare NaN
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain(_nearest(value))


_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_nearest).encode
"""Built once: `json.dumps` with options builds an encoder for every call."""
