"""The ledger: the history of runs and attempts, with evidence, and the right to work (leases).

The warehouse's own publications say what *is* published; the ledger says what was tried, by whom,
with which result, also for refused, failed and dry attempts. Where the two disagree the data wins.

Everything here is append-only except leases (taken, renewed, released), the end of a run, of a
waiver and of a failure, and the latest known state of each partition, which is a cache that
`status` can read while another process owns the warehouse.
"""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from gapless.ledger.cleanings import CleanedPartition, Cleaning
from gapless.ledger.examinations import Examinations


class Verdict(enum.StrEnum):
    """How one attempt at one partition ended."""

    PUBLISHED = "published"
    """Passed its gate; the rows are live."""
    WAIVED = "waived"
    """Published below its gate under a waiver."""
    UNCHANGED = "unchanged"
    """Recomputed with the same result; the rows were left alone, the publication renewed."""
    REFUSED = "refused"
    """Failed its gate; nothing published was touched, the rows are in quarantine."""
    BLOCKED = "blocked"
    """Not attempted: an input is not complete."""
    FAILED = "failed"
    """An error stopped the attempt; nothing published was touched."""
    RECOVERED = "recovered"
    """Found in the warehouse's publications; the process died before it could write it here."""


class Retry(enum.StrEnum):
    """Whether trying again can help an attempt that did not succeed."""

    NONE = ""
    """It succeeded; nothing remains to be tried."""
    TRANSIENT = "transient"
    """The surroundings failed (a lease, a lock, space); the same attempt may succeed later."""
    NOT_YET = "not_yet"
    """An input is not complete, or not closed yet; nothing was tried."""
    PERMANENT = "permanent"
    """From the same inputs and the same definition the same would come out."""


class Category(enum.StrEnum):
    """Why an expected key is not there."""

    MISSING_UPSTREAM = "missing_upstream"
    """An input that feeds the rows of its date does not hold the key."""
    UNUSABLE = "unusable"
    """It was computed, with NULL where a value is required."""
    EXCLUDED = "excluded"
    """The expected set itself says why it is not due, e.g. too few earlier dates."""
    NOT_COMPUTED = "not_computed"
    """The inputs hold the key and the statement left it out."""
    PROCESSING_ERROR = "processing_error"
    """An error stopped the whole partition."""
    LOST = "lost"
    """It was published, and its row is gone."""


@dataclass(frozen=True)
class Run:
    """One invocation that may publish."""

    run_id: str
    """Sortable by start: UTC timestamp and a random suffix."""
    pipeline: str
    command: str
    """The verb and its arguments, as the user would type them."""
    actor: str
    """Who: user@host, or what GAPLESS_ACTOR says."""
    code_version: str
    started_at: datetime
    """UTC, timezone-aware, like every timestamp here."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """The plan as data, stored before the first write."""
    finished_at: datetime | None = None
    exit_code: int | None = None
    """None while running, and for ever when the process died."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at one partition, with its evidence."""

    run_id: str
    table: str
    partition: date
    path: str
    """`historical` or `upcoming`, told apart once, in the plan."""
    verdict: Verdict
    started_at: datetime
    finished_at: datetime
    expected: int | None = None
    """Keys expected; None when the expected set could not be evaluated."""
    present: int | None = None
    """Expected keys present and usable."""
    missing: int | None = None
    unexpected: int | None = None
    duplicates: int | None = None
    rows: int | None = None
    """Rows staged."""
    version: int | None = None
    """Version of the publication this attempt wrote, if it wrote one."""
    definition_hash: str = ""
    fingerprint: str = ""
    """Hash of definition, gate and inputs: the same attempt again, if the next has the same."""
    retry: Retry = Retry.NONE
    code_version: str = ""
    reason: str = ""
    """One sentence: why this verdict."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Sources and choice, gate results, excluded by reason, first missing names (JSON)."""

    @property
    def coverage(self) -> float | None:
        """Present ÷ expected; None when nothing was expected or it is not known."""
        if not self.expected or self.present is None:
            return None
        return self.present / self.expected


@dataclass(frozen=True)
class PartitionState:
    """The latest known state of one partition, as measured by some run."""

    table: str
    partition: date
    state: str
    measured_at: datetime
    expected: int | None = None
    present: int | None = None
    version: int | None = None
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    run_id: str
    host: str
    pid: int
    actor: str


@dataclass(frozen=True)
class Lease:
    """The right to work on one partition until it expires."""

    table: str
    partition: date
    holder: Holder
    acquired_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Waiver:
    """A recorded permission to publish below the gate."""

    waiver_id: str
    table: str
    partition: date
    checks: tuple[str, ...]
    """Names of the checks waived; `*` means any check."""
    reason: str
    actor: str
    granted_at: datetime
    expires_at: datetime
    run_id: str | None = None
    """The run that was forced; None for a waiver granted by itself."""
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the waiver still permits anything."""
        return self.revoked_at is None and now < self.expires_at

    def covers(self, check: str) -> bool:
        """Tell whether `check` is among the waived ones."""
        return "*" in self.checks or check in self.checks


@dataclass(frozen=True)
class FindingRecord:
    """One preflight finding of one run."""

    run_id: str
    code: str
    severity: str
    table: str
    first: date | None
    last: date | None
    dates: int
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """One expected key that was found missing, until it is found there."""

    table: str
    partition: date
    entity: str
    """The key as text; empty where the whole partition failed before any key was known."""
    first_seen: datetime
    last_seen: datetime
    category: Category
    correctable: bool
    """Whether something can be done about it: load, compute or correct; not so for exclusions."""
    label: str = ""
    """The key's name for people."""
    reason: str = ""
    run_id: str | None = None
    """The run that saw it first; None when it was found by looking."""
    resolved_at: datetime | None = None
    """When the key was there again; None while it is not."""


class Ledger(Examinations):
    """Where runs, attempts, leases, waivers, findings, failures and known states are kept.

    Implementations translate their driver's errors to `LedgerUnavailable` and accept calls from
    several threads of one process. Every method that writes does so in one transaction.
    """

    @abstractmethod
    def open(self) -> None:
        """Bring the schema to the newest version and prove that it can be written.

        Raises:
            LedgerUnavailable: the store is missing, read-only, newer than this program, or locked.
        """

    @abstractmethod
    def close(self) -> None:
        """Release every connection."""

    @abstractmethod
    def begin_run(self, run: Run) -> None:
        """Record a run and its plan; durable when this returns, before anything is published."""

    @abstractmethod
    def finish_run(self, run_id: str, *, finished_at: datetime, exit_code: int) -> None:
        """Record how a run ended."""

    @abstractmethod
    def runs(self, *, limit: int = 50) -> list[Run]:
        """Return the newest runs, newest first."""

    @abstractmethod
    def run(self, run_id: str) -> Run | None:
        """Return one run with its plan; None when the ledger does not know it."""

    @abstractmethod
    def runs_by_id(self, run_ids: Collection[str]) -> dict[str, Run]:
        """Return those runs that the ledger knows, without their plans, which may be long."""

    @abstractmethod
    def record_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Append attempts, all of them or none."""

    @abstractmethod
    def attempts(
        self,
        *,
        table: str | None = None,
        first: date | None = None,
        last: date | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        evidence: bool = True,
    ) -> list[Attempt]:
        """Return attempts in the order they started; dates inclusive, none before `since`.

        Most of an attempt is its evidence; whoever asks for many of them leaves it out.
        """

    @abstractmethod
    def recorded_versions(self) -> dict[tuple[str, date], int]:
        """Return the highest publication version each (table, partition) has an attempt for."""

    @abstractmethod
    def acquire_leases(
        self,
        table: str,
        partitions: Collection[date],
        holder: Holder,
        *,
        now: datetime,
        ttl: timedelta,
    ) -> dict[date, Lease]:
        """Take the leases that are free, expired, or already the holder's own.

        Atomic: of two callers asking for the same partition at the same time exactly one gets it.
        A lease whose holder is a dead process on this host counts as expired.

        Returns:
            The leases that *somebody else* holds, by partition; those asked for and not in here
            are now the holder's.
        """

    @abstractmethod
    def renew_leases(self, holder: Holder, *, now: datetime, ttl: timedelta) -> int:
        """Extend every unexpired lease of the holder's run; return how many there are."""

    @abstractmethod
    def release_leases(self, holder: Holder) -> None:
        """Give back every lease of the holder's run."""

    @abstractmethod
    def leases(self) -> list[Lease]:
        """Return every lease, also expired ones, by table and partition."""

    @abstractmethod
    def grant_waivers(self, waivers: Sequence[Waiver]) -> None:
        """Record permissions, all of them or none."""

    @abstractmethod
    def revoke_waivers(self, waiver_ids: Collection[str], *, now: datetime, actor: str) -> int:
        """End permissions before they expire; return how many were still in force."""

    @abstractmethod
    def waivers(self, *, table: str | None = None) -> list[Waiver]:
        """Return waivers, also expired ones, newest first."""

    @abstractmethod
    def record_findings(self, findings: Sequence[FindingRecord]) -> None:
        """Append findings."""

    @abstractmethod
    def findings(self, run_id: str) -> list[FindingRecord]:
        """Return the findings of one run in the order they were recorded."""

    @abstractmethod
    def record_failures(self, failures: Sequence[Failure]) -> None:
        """Record failures; one known by table, partition, entity and first sight is replaced."""

    @abstractmethod
    def failures(
        self,
        *,
        table: str | None = None,
        first: date | None = None,
        last: date | None = None,
        unresolved: bool = False,
    ) -> list[Failure]:
        """Return failures, by table, partition and entity; dates inclusive.

        Resolved ones are among them unless only the `unresolved` are asked for.
        """

    @abstractmethod
    def record_states(self, states: Sequence[PartitionState]) -> None:
        """Replace the latest known state of the given partitions."""

    @abstractmethod
    def states(
        self, *, table: str | None = None, first: date | None = None, last: date | None = None
    ) -> list[PartitionState]:
        """Return the latest known states by table and partition; dates inclusive."""

    @abstractmethod
    def record_cleaning(self, cleaning: Cleaning) -> None:
        """Record a cleaning; one that is known by its id is replaced, as at its end."""

    @abstractmethod
    def cleanings(self, *, limit: int = 50, removed_from: str | None = None) -> list[Cleaning]:
        """Return the newest cleanings and restores, or those that removed rows of a pipeline."""

    @abstractmethod
    def record_cleaned(self, cleaned: Sequence[CleanedPartition]) -> None:
        """Append what became of partitions, all of them or none."""

    @abstractmethod
    def cleaned(
        self,
        *,
        table: str | None = None,
        partition: date | None = None,
        cleaning_id: str | None = None,
    ) -> list[CleanedPartition]:
        """Return what became of partitions, in the order it was recorded."""
