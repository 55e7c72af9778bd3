"""DuckDB's errors in our words; the only place that looks at its texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from gapless.errors import (
    ConfigError,
    GaplessError,
    PublicationConflict,
    QueryFailed,
    WarehouseBusy,
    WarehouseFull,
)

_HOLDER = re.compile(r"held in (?P<program>.*?)\(PID (?P<pid>\d+)\)")
_WRONG_WHATEVER_THE_ROWS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.PermissionException,
    duckdb.NotImplementedException,
)
_IN_USE = ("could not set lock", "conflicting lock", "is already attached")
_NO_DATABASE = (
    "not a valid duckdb database file",
    # What DuckDB makes of a CSV or JSON file that is to be attached.
    "cannot launch in-memory database in read-only mode",
)
_OTHER_VERSION = "trying to read a database file with"
_NO_SPACE = ("no space left", "file too large", "disk quota", "enospc", "failed to offload")


@contextmanager
def translated(action: str, *, sql: str = "") -> Iterator[None]:
    """Raise DuckDB's errors as ours.

    Args:
        action: What was being done, for the message.
        sql: The statement, kept with the error for a look.
    """
    try:
        yield
    except duckdb.Error as error:
        raise translate(error, action, sql) from error


def translate(error: duckdb.Error, action: str, sql: str = "") -> GaplessError:
    """Return our error for one of DuckDB's."""
    text = str(error).strip()
    lowered = text.lower()
    if any(sign in lowered for sign in _IN_USE):
        return _busy(text)
    if any(sign in lowered for sign in (*_NO_DATABASE, _OTHER_VERSION)):
        return _unreadable(text, action)
    if isinstance(error, duckdb.OutOfMemoryException) or any(sign in lowered for sign in _NO_SPACE):
        return WarehouseFull(
            f"The warehouse ran out of space or memory while {action}: {_first_line(text)}.",
            untouched="The transaction was rolled back; published rows are as they were.",
            advice="Free disk space, or lower --chunk-size or raise memory_limit; then run again.",
        )
    if isinstance(error, duckdb.ConstraintException | duckdb.TransactionException) and (
        "conflict" in lowered or "duplicate key" in lowered
    ):
        return PublicationConflict(
            f"Another transaction published the same partitions while {action}.",
            untouched="Its rows are live; ours were rolled back.",
            advice="Run the same command again: what is complete by then is not touched.",
        )
    return QueryFailed(
        f"The warehouse refused a statement while {action}: {_first_line(text)}.",
        statement=sql,
        depends_on_rows=not isinstance(error, _WRONG_WHATEVER_THE_ROWS),
    )


def _busy(text: str) -> WarehouseBusy:
    holder = _HOLDER.search(text)
    who = f"process {holder['pid']} ({holder['program'].strip()})" if holder else "another process"
    return WarehouseBusy(
        f"The warehouse file is in use by {who}; a DuckDB file has one owner at a time.",
        untouched="Nothing was started.",
        advice="Wait for it or end it, then run the same command again. "
        "`gapless status` works meanwhile: it can read the ledger.",
    )


def _unreadable(text: str, action: str) -> ConfigError:
    if any(sign in text.lower() for sign in _NO_DATABASE):
        return ConfigError(
            f"{_sentence(action)} failed: it is no DuckDB database, or a damaged one.",
            untouched="Nothing was read.",
            advice="Name the file that a DuckDB program wrote.",
        )
    return ConfigError(
        f"{_sentence(action)} failed: another version of DuckDB wrote it, and the one installed "
        f"here, {duckdb.__version__}, cannot read it ({_first_line(text)}).",
        untouched="Nothing was read.",
        advice="Install the version that wrote it; a newer one: pip install --upgrade duckdb.",
    )


def _sentence(action: str) -> str:
    return action[0].upper() + action[1:]


def _first_line(text: str) -> str:
    return text.splitlines()[0].rstrip(".")
