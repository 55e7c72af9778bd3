"""The work of a run: tables in dependency order, chunks of each side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gapless.declare.tables import Derived
from gapless.errors import LedgerUnavailable
from gapless.events import AttemptFinished, ChunkStarted
from gapless.failures import record
from gapless.ledger.interface import Attempt, Lease, PartitionState, Verdict
from gapless.partitions import Path, chunked, path_of
from gapless.plan.build import Action, Plan
from gapless.plan.derive import derive_table
from gapless.plan.fingerprint import attempt_fingerprint
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waived import permits_incomplete_inputs, unknown_input
from gapless.run.chunk import Chunk
from gapless.run.frame import RunFrame
from gapless.run.leases import LeaseKeeper
from gapless.run.process import ChunkProcess, ChunkResult
from gapless.run.records import bare_attempt
from gapless.run.retrying import classified


class Work:
    """The work of one run: which tables are ready, which chunks are open."""

    def __init__(
        self,
        frame: RunFrame,
        plan: Plan,
        standings: Standings,
        leases: LeaseKeeper,
        refused: Mapping[tuple[str, date], Lease],
    ) -> None:
        self.frame = frame
        self.plan = plan
        self.standings = standings
        self.refused = refused
        self.leases = leases
        self.open: dict[str, int] = {}
        """Table → chunks of it that are still being worked on."""
        self._looked_at: set[str] = set()

    def run_all(self) -> None:
        """Work through every table, each as soon as the tables it reads are finished."""
        waiting = [
            table
            for table in self.standings.picture.pipeline.derived_tables
            if self.plan.of(table.name, Action.COMPUTE, Action.RECHECK, Action.BLOCK)
        ]
        futures: set[Future[ChunkResult]] = set()
        finished: list[ChunkResult] = []
        with ThreadPoolExecutor(self.frame.settings.workers, "gapless-worker") as pool:
            try:
                while waiting or futures:
                    for table in self._ready(waiting):
                        waiting.remove(table)
                        chunks = self._chunks_of(table)
                        self.open[table.name] = len(chunks)
                        futures |= {pool.submit(self._work_on, chunk) for chunk in chunks}
                    # Recorded while the next chunks are already at work. What a crash keeps out
                    # of the ledger is recovered from the publications.
                    for result in finished:
                        self._record(result)
                    finished = []
                    if futures:
                        done, futures = wait(futures, return_when=FIRST_COMPLETED)
                        finished = [future.result() for future in done]
                        for result in finished:
                            self.open[result.table] -= 1
                for result in finished:
                    self._record(result)
            except BaseException:
                self._wind_up(futures)
                raise

    def _wind_up(self, futures: Collection[Future[ChunkResult]]) -> None:
        """Start nothing more, and record what was at work when an error or Ctrl-C came."""
        for future in futures:
            future.cancel()
        for future in wait(futures).done:
            if not future.cancelled() and future.exception() is None:
                with suppress(LedgerUnavailable):
                    self._record(future.result())

    def _ready(self, waiting: Sequence[Derived]) -> list[Derived]:
        """Return the tables none of whose upstream tables is still to be worked on."""
        busy = {table.name for table in waiting} | {n for n, count in self.open.items() if count}
        pipeline = self.standings.picture.pipeline
        return [
            table
            for table in waiting
            if not busy & {found.name for found in pipeline.upstream_of(table)}
        ]

    def _chunks_of(self, table: Derived) -> list[Chunk]:
        """Look at a table again now that its inputs are done, and cut what is due into chunks."""
        steps = self.plan.of(table.name, Action.COMPUTE, Action.RECHECK, Action.BLOCK)
        days = [step.partition for step in steps]
        with self.frame.lock:
            self._look_again(table, days)
            due = self._due(table, days)
        chunks: list[Chunk] = []
        today = self.standings.picture.today
        for path in Path:
            expected = table.expected_on(path)
            of_path = [day for day in due if path_of(day, today) is path]
            if expected is None or not of_path:
                continue
            for number, piece in enumerate(chunked(of_path, self.frame.settings.chunk_size)):
                scope = self.standings.picture.scope(piece)
                slot = f"{table.schema}__{table.short_name}_{path.value}_{number}"
                guarded = self._guarded(table, path, piece)
                tampered = self._tampered(table, piece)
                chunks.append(Chunk(table, path, expected, scope, guarded, tampered, slot))
        return chunks

    def _look_again(self, table: Derived, days: Sequence[date]) -> None:
        """Derive the states of a table again, now that everything it reads is finished.

        Partitions that this run leaves out may rest on what it has computed: those of the table,
        and those of tables further up that have not been looked at since.
        """
        scheduled = self.standings.picture.calendar.dates
        further_up = self.standings.picture.pipeline.upstream_of(table)
        for found in (*further_up, table):
            if not isinstance(found, Derived) or found.name in self._looked_at:
                continue
            known = self.standings.by_table.get(found.name, {})
            again = {day for day, standing in known.items() if standing.inherited}
            if found is table:
                again.update(day for day in days if day in scheduled)
            derive_table(self.standings, found, sorted(again))
            self._looked_at.add(found.name)

    def _guarded(self, table: Derived, path: Path, days: Sequence[date]) -> tuple[date, ...]:
        """Return the dates whose published keys must not be lost.

        What was published for a date to come listed everybody who might play; once it has been
        played out, those who did not are no loss.
        """
        picture = self.standings.picture
        published = {day: picture.publications.get((table.name, day)) for day in days}
        return tuple(
            day
            for day, found in published.items()
            if found is None or found.evidence.get("path", path) == path
        )

    def _tampered(self, table: Derived, days: Sequence[date]) -> dict[date, int]:
        """Return dates whose rows were changed behind a publication, with what it had expected."""
        picture = self.standings.picture
        found = {day: picture.publications.get((table.name, day)) for day in days}
        return {
            day: publication.expected
            for day, publication in found.items()
            if publication is not None and not picture.holds(publication)
        }

    def _due(self, table: Derived, days: Sequence[date]) -> list[date]:
        """Return the dates to compute; record those that are blocked or leased by another run."""
        due: list[date] = []
        stopped: list[Attempt] = []
        now = self.frame.clock.now()
        asked = {step.partition for step in self.plan.of(table.name, Action.COMPUTE)}
        for day in days:
            standing = self.standings.of(table.name, day)
            lease = self.refused.get((table.name, day))
            if lease is not None:
                reason = (
                    f"another run holds the lease: {lease.holder.run_id} of {lease.holder.actor}, "
                    f"process {lease.holder.pid} on {lease.holder.host}, until "
                    f"{lease.expires_at:%H:%M:%S} UTC"
                )
            elif day not in self.standings.picture.calendar.dates:
                reason = standing.reason
            elif self._stands_still(standing) and (why := self._held_up(table, day)):
                reason = why + self.plan.request.given_up_note(standing.cause)
            elif self._given_up(table, day) or (
                standing.settled
                and not (standing.outdated and not standing.inherited)
                and not (standing.state is State.NOTHING_EXPECTED and day in asked)
            ):
                continue
            else:
                due.append(day)
                continue
            if standing.not_yet and lease is None and not self.plan.request.dates_named:
                # Nobody asked for this very date, and nothing is wrong with it but the hour.
                continue
            path = path_of(day, self.standings.picture.today)
            attempt = bare_attempt(
                self.frame, table.name, day, path, Verdict.BLOCKED, reason, (now, now)
            )
            held_by = {"held_by": lease.holder.run_id} if lease is not None else {}
            stopped.append(replace(attempt, evidence={**attempt.evidence, **held_by}))
        if stopped:
            known = self._fingerprints(table, [attempt.partition for attempt in stopped])
            stopped = classified(stopped, self.standings, table, known)
            self._record(ChunkResult(table.name, stopped))
        return due

    def _stands_still(self, standing: Standing) -> bool:
        """Tell whether it is pointless to compute it now: something further up is in the way."""
        unused = standing.state is State.NOTHING_EXPECTED and standing.inherited
        return standing.waits or standing.state is State.BLOCKED or unused

    def _fingerprints(self, table: Derived, days: Sequence[date]) -> dict[date, str]:
        with self.frame.lock:
            return {day: attempt_fingerprint(self.standings, table, day) for day in days}

    def _given_up(self, table: Derived, day: date) -> bool:
        """Tell whether a partition would be made from what it was made from in vain."""
        given_up = self.plan.request.given_up.get((table.name, day))
        if given_up is None:
            return False
        return attempt_fingerprint(self.standings, table, day) == given_up.fingerprint

    def _held_up(self, table: Derived, day: date) -> str | None:
        """Say why a partition that stands still must wait; None where somebody permits not to."""
        force = self.frame.settings.force
        forced = force is not None and force.covers(table.name, day)
        if not forced and not permits_incomplete_inputs(self.standings, table, day):
            return self._what_stops(table.name, day)
        unknown = unknown_input(self.standings, table, day)
        return f"what is unknown cannot be waived: {unknown}" if unknown else None

    def _what_stops(self, table: str, day: date) -> str:
        """Name what stands in the way, also where the partition itself has a reason of its own."""
        standing = self.standings.of(table, day)
        if standing.cause is None or standing.inherited or standing.state is State.BLOCKED:
            return standing.reason
        root = self.standings.root_cause(table, day)
        return f"{root.table} of {root.partition} is {root.state}: {root.reason}"

    def _work_on(self, chunk: Chunk) -> ChunkResult:
        self.frame.listener(ChunkStarted(chunk.table.name, len(chunk.days)))
        before = self._fingerprints(chunk.table, chunk.days)
        session = self.frame.warehouse.session()
        try:
            process = ChunkProcess(session, self.frame, self.standings, self.leases)
            result = process.run(chunk)
        finally:
            session.close()
        result.attempts = classified(result.attempts, self.standings, chunk.table, before)
        return result

    def _record(self, result: ChunkResult) -> None:
        """Write what became of a chunk to the ledger and tell the listener."""
        frame = self.frame
        now = frame.clock.now()
        with frame.lock:
            frame.attempts.extend(result.attempts)
        frame.ledger.record_attempts(result.attempts)
        frame.ledger.record_states(
            [
                known_state(
                    self.standings.of(attempt.table, attempt.partition), now, self.standings
                )
                for attempt in result.attempts
            ]
        )
        record(frame.ledger, result.failures)
        for attempt in result.attempts:
            made = result.choices.get(attempt.partition, ())
            frame.listener(AttemptFinished(attempt, tuple(made)))


def known_state(standing: Standing, now: datetime, standings: Standings) -> PartitionState:
    """Return a standing as the ledger keeps it, with what stands in its way.

    Args:
        standing: What is to be kept.
        now: When it was measured.
        standings: Where its root cause is known.
    """
    return PartitionState(
        table=standing.table,
        partition=standing.partition,
        state=standing.state.value,
        measured_at=now,
        expected=standing.expected,
        present=standing.present,
        version=standing.version,
        reason=standing.reason,
        evidence=state_evidence(standing, standings),
    )


def state_evidence(standing: Standing, standings: Standings) -> dict[str, Any]:
    """Return what the ledger keeps beside a state: what stands in the way, and until when."""
    evidence: dict[str, Any] = {}
    if standing.cause is not None:
        root = standings.of(*standing.cause)
        evidence["cause"] = {
            "table": root.table,
            "date": root.partition.isoformat(),
            "state": root.state.value,
            "reason": root.reason,
        }
    if standing.due_at is not None:
        evidence["due_at"] = standing.due_at.isoformat()
    return evidence
