"""Every error Gapless raises on purpose, with its exit code and whether a retry can help.

::

    GaplessError                 4  something unforeseen; the default
    ├── UsageError               2  the words, the configuration or the declarations are wrong
    │   ├── ConfigError
    │   ├── DeclarationError
    │   └── LoadError               files that cannot be loaded as they are
    ├── NothingStarted           3  refused before anything was written
    │   ├── WarehouseBusy           another process owns the warehouse       (retryable)
    │   ├── FolderBusy              another process fetches into the folder  (retryable)
    │   ├── CleaningAtWork          another cleaning has the turn            (retryable)
    │   ├── LedgerUnavailable       the history cannot be written
    │   │   └── LedgerBehind        it is not there yet, or of an older version
    │   ├── TooMuch                 a cleaning would remove far more than usual
    │   └── PreflightRefused        findings that stop a run
    ├── PartitionError           1  one partition could not be done; others may have been
    │   ├── LeaseLost               the right to publish lapsed while working (retryable)
    │   ├── PublicationConflict     somebody else published meanwhile         (retryable)
    │   └── SchemaChanged           staged columns do not fit the published table
    ├── FetchFailed              4  a service gave no usable answer          (retryable)
    ├── LedgerLost               4  the ledger failed while a run was at work
    ├── BackupFailed             4  a backup could not be written or removed     (retryable)
    ├── BackupDamaged            4  a backup does not hold what was saved
    └── WarehouseError           4  the warehouse answered with an error
        ├── QueryFailed
        └── WarehouseFull           no space or memory left                  (retryable)

An error says what failed and where, what was expected and found, what was *not* done, and what to
do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class GaplessError(Exception):
    """Something unforeseen went wrong.

    Args:
        what: What failed and where, with expected and found.
        untouched: What was not done because of it.
        advice: What to do next, with the exact command where there is one.
    """

    exit_code: ClassVar[int] = 4
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, untouched: str = "", advice: str = "") -> None:
        self.what = what
        self.untouched = untouched
        self.advice = advice
        super().__init__(" ".join(part for part in (what, untouched, advice) if part))


class UsageError(GaplessError):
    """The call cannot be understood as it stands."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is wrong; the text names the file, variable or flag it came from."""


class DeclarationError(UsageError):
    """A pipeline's declarations contradict themselves or name what does not exist."""


class LoadError(UsageError):
    """A file to load is missing, or its columns are not what the pipeline declares."""


class NothingStarted(GaplessError):
    """The run was refused before anything was written."""

    exit_code = 3


class WarehouseBusy(NothingStarted):
    """Another process owns the warehouse."""

    retryable = True


class FolderBusy(NothingStarted):
    """Another process fetches into the same folder."""

    retryable = True


class CleaningAtWork(NothingStarted):
    """Another cleaning of the same pipeline is at work."""

    retryable = True


class LedgerUnavailable(NothingStarted):
    """The ledger cannot be written, so no run may begin."""


class LedgerBehind(LedgerUnavailable):
    """The ledger is not there yet, or of an older version; the next run brings it up to date."""


class FetchFailed(GaplessError):
    """A service gave no usable answer to a question that everything else depends on."""

    retryable = True


class LedgerLost(GaplessError):
    """The ledger could not be written any more while a run was at work."""


class BackupFailed(GaplessError):
    """A backup could not be written, so nothing was removed."""

    retryable = True


class BackupDamaged(GaplessError):
    """A backup does not hold what was saved."""


class TooMuch(NothingStarted):
    """A cleaning would have removed far more than usual."""


class PreflightRefused(NothingStarted):
    """Preflight found something that makes the run pointless or dangerous."""


class PartitionError(GaplessError):
    """A partition could not be done."""

    exit_code = 1


class LeaseLost(PartitionError):
    """The lease on a partition lapsed while it was being worked on."""

    retryable = True


class PublicationConflict(PartitionError):
    """Another transaction published the same partition first."""

    retryable = True


class SchemaChanged(PartitionError):
    """The staged columns do not fit the published table."""


class WarehouseError(GaplessError):
    """The warehouse answered with an error."""


class QueryFailed(WarehouseError):
    """A statement was refused by the warehouse.

    Args:
        what: What failed and where, with expected and found.
        statement: The statement, for a look; it is not part of the message.
        depends_on_rows: Whether other rows could have made it succeed, as with a failed cast;
            False for a statement that is wrong whatever the rows.
    """

    def __init__(
        self, what: str, *, statement: str = "", depends_on_rows: bool = False, untouched: str = ""
    ) -> None:
        self.statement = statement
        self.depends_on_rows = depends_on_rows
        super().__init__(what, untouched=untouched)


class WarehouseFull(WarehouseError):
    """The warehouse ran out of disk space or memory."""

    retryable = True


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known name, or the list of known ones."""
    import difflib  # noqa: PLC0415 - nobody waits for it who made no mistake

    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return "There is none to choose from."
    shown = ", ".join(repr(known_name) for known_name in names[:12])
    return f"Known: {shown}{', …' if len(names) > 12 else ''}."  # noqa: PLR2004 - a screen line
