"""Evidence as a warehouse stores it: JSON text that is read when somebody asks for it.

A plan looks at every publication there is, and at the evidence of few of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class StoredEvidence(Mapping[str, Any]):
    """The evidence of one publication.

    Args:
        text: A JSON object.

    Raises:
        json.JSONDecodeError: on first use, where the text is none.
    """

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - whatever was stored
        return self._parsed[name]

    def __contains__(self, name: object) -> bool:
        # A name is written as it is: those of evidence need no escapes.
        if self._read is None and f'"{name}"' not in self._text:
            return False
        return name in self._parsed

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever was stored
        """Return what is stored under a name, or the default."""
        if self._read is None and f'"{name}"' not in self._text:
            return default
        return self._parsed.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed)

    def __len__(self) -> int:
        return len(self._parsed)

    def __repr__(self) -> str:
        return f"StoredEvidence({self._text!r})"

    @property
    def _parsed(self) -> dict[str, Any]:
        if self._read is None:
            self._read = json.loads(self._text)
        return self._read
