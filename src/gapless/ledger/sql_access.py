"""What the parts of a ledger in a database share: connections to it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from gapless.ledger.interface import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection


class SqlAccess(Ledger):
    """A ledger in a database."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]:
        """Offer a connection whose errors are translated."""

    @abstractmethod
    def _writing(self, untouched: str) -> AbstractContextManager[Connection]:
        """Offer a transaction that is committed at the end, or leaves everything as it was."""

    @abstractmethod
    def _append(self, table: Table, records: Sequence[Any], *, untouched: str) -> None:
        """Insert records in one statement and one transaction."""
