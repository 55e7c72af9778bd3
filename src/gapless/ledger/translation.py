"""The one place where a driver's error becomes `LedgerUnavailable`, in words a user can act on."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from gapless.errors import LedgerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELSEWHERE = "or name another ledger."
_WRITABLE = f"Make it writable for this user {_ELSEWHERE}"
_WAIT = "Wait until that process has ended, then try again."
_SPACE = f"Make room {_ELSEWHERE}"

_SQLITE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_READONLY: ("it is read-only for this user", _WRITABLE),
    sqlite3.SQLITE_PERM: ("this user may not use it", _WRITABLE),
    sqlite3.SQLITE_CANTOPEN: (
        "this user cannot open the file or create it in its folder",
        _WRITABLE,
    ),
    sqlite3.SQLITE_BUSY: ("another process keeps it locked", _WAIT),
    sqlite3.SQLITE_LOCKED: ("another process keeps it locked", _WAIT),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database",
        f"Move the file away, if nothing else needs it, {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "Move it away: the next run starts a new ledger from the warehouse's publications.",
    ),
    sqlite3.SQLITE_FULL: ("the disk is full", _SPACE),
}
_PRIMARY = 0xFF
"""The part of SQLite's error code that says what happened; the rest says where."""
_READONLY_FOLDER = (
    "its folder is read-only for this user, and SQLite keeps a log next to the file",
    f"Make the folder writable for this user {_ELSEWHERE}",
)

_POSTGRESQL: dict[str, tuple[str, str]] = {
    "25006": ("the server accepts no writes (a standby?)", f"Name the primary server {_ELSEWHERE}"),
    "42501": ("this user lacks a permission there", f"Grant it to the user {_ELSEWHERE}"),
    "55P03": ("another process keeps it locked", _WAIT),
    "53100": ("the server's disk is full", _SPACE),
    "3D000": ("there is no such database", f"Create it (createdb) {_ELSEWHERE}"),
}


@contextmanager
def translated(shown: str, untouched: str) -> Iterator[None]:
    """Turn every error of the driver into `LedgerUnavailable`.

    A value that the ledger itself refuses (a time without a zone) is a mistake in the program and
    stays the error it is.
    """
    try:
        yield
    except DBAPIError as error:
        raise _unavailable(shown, error.orig, untouched) from error
    except StatementError as error:
        raise (error.orig or error) from None
    except SQLAlchemyError as error:
        raise _unavailable(shown, error, untouched) from error


def _unavailable(shown: str, error: BaseException | None, untouched: str) -> LedgerUnavailable:
    reason, advice = _explain(error)
    return LedgerUnavailable(
        f"The ledger {shown} is not available: {reason}.", untouched=untouched, advice=advice
    )


def _explain(error: BaseException | None) -> tuple[str, str]:
    """Return why, and what to do about it."""
    said = " ".join(str(error).split()).rstrip(".?")
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)  # absent when Python itself refused
        if code == sqlite3.SQLITE_READONLY_DIRECTORY:
            reason, advice = _READONLY_FOLDER
        else:
            reason, advice = _SQLITE.get(code & _PRIMARY, ("", f"Check the file {_ELSEWHERE}"))
    else:
        state = str(getattr(error, "sqlstate", ""))
        reason, advice = _POSTGRESQL.get(
            state, ("", f"Check the server and the address {_ELSEWHERE}")
        )
    return (f"{reason} ({said})" if reason else said), advice
