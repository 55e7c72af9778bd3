"""Running a plan: tables in dependency order, chunks of each side by side, leases around it all.

This is the only way anything gets published: the command line, the library, a repair and a
scheduler all end here.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import date, datetime

from gapless.clock import Clock
from gapless.declare.tables import Derived
from gapless.errors import LedgerLost, LedgerUnavailable
from gapless.events import AttemptFinished, ChunkStarted, Listener, RunFinished, RunStarted, ignore
from gapless.ledger.interface import (
    Attempt,
    Holder,
    Lease,
    Ledger,
    PartitionState,
    Run,
    Verdict,
)
from gapless.ledger.liveness import host_name
from gapless.partitions import Path, chunked, path_of
from gapless.plan.build import Action, Plan
from gapless.plan.standings import Standings, derive_table
from gapless.plan.states import Standing, State
from gapless.run.chunk import Chunk
from gapless.run.leases import LeaseKeeper
from gapless.run.process import ChunkProcess, ChunkResult
from gapless.run.records import RunFrame, bare_attempt
from gapless.run.report import RunReport, collect
from gapless.run.settings import RunSettings
from gapless.sql.binding import Scope
from gapless.warehouse.interface import Warehouse


class Runner:
    """Executes one plan.

    Args:
        warehouse: Where rows are staged and published.
        ledger: Where the run is recorded; must be open.
        clock: Time source.
        settings: Who, how wide, and what may be overridden.
        listener: Told about every event, from worker threads too.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        ledger: Ledger,
        clock: Clock,
        settings: RunSettings,
        listener: Listener = ignore,
    ) -> None:
        self.warehouse = warehouse
        self.ledger = ledger
        self.clock = clock
        self._settings = settings
        self.listener = listener
        self.lock = threading.RLock()
        self._attempts: list[Attempt] = []
        self._began = 0.0

    def run(self, plan: Plan, standings: Standings) -> RunReport:
        """Do what the plan says and account for every partition of it.

        Raises:
            LedgerUnavailable: before anything is written to the warehouse.
        """
        self._began = time.monotonic()
        started = self.clock.now()
        before = self.warehouse.statements
        run_id = f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        frame = RunFrame(run_id, self._settings)
        self._begin(frame, plan, started)
        holder = Holder(run_id, host_name(), os.getpid(), self._settings.actor)
        try:
            with LeaseKeeper(self.ledger, holder, self.clock, self._settings.lease_ttl) as leases:
                refused = leases.acquire(_wanted(plan))
                work = _Work(self, frame, plan, standings, leases, refused)
                work.run_all()
            report = self._report(run_id, plan, standings, started, before)
            self.ledger.finish_run(
                run_id, finished_at=report.finished_at, exit_code=report.exit_code
            )
        except LedgerUnavailable as error:
            raise LedgerLost(
                f"The ledger failed while run {run_id} was at work: {error.what}",
                untouched="What was published stays; part of it may not be in the ledger yet.",
                advice="Mend the ledger and run the same command again: it reconciles both.",
            ) from error
        self.listener(RunFinished(run_id, report.exit_code))
        return report

    def _begin(self, frame: RunFrame, plan: Plan, started: datetime) -> None:
        self.ledger.begin_run(
            Run(
                run_id=frame.run_id,
                pipeline=plan.pipeline,
                command=self._settings.command,
                actor=self._settings.actor,
                code_version=self._settings.code_version,
                started_at=started,
                plan=plan.as_data(),
            )
        )
        self.listener(RunStarted(frame.run_id, plan))

    def _report(
        self, run_id: str, plan: Plan, standings: Standings, started: datetime, before: int
    ) -> RunReport:
        final = {
            (step.table, step.partition): standings.of(step.table, step.partition)
            for step in plan.all_steps
        }
        return RunReport(
            run_id=run_id,
            plan=plan,
            results=collect(plan, self._attempts, final),
            started_at=started,
            finished_at=self.clock.now(),
            seconds=time.monotonic() - self._began,
            statements=self.warehouse.statements - before,
        )

    def record(self, result: ChunkResult, standings: Standings) -> None:
        """Write what became of a chunk to the ledger and tell the listener."""
        now = self.clock.now()
        with self.lock:
            self._attempts += result.attempts
        self.ledger.record_attempts(result.attempts)
        self.ledger.record_states(
            [
                known_state(standings.of(attempt.table, attempt.partition), now)
                for attempt in result.attempts
            ]
        )
        for attempt in result.attempts:
            made = result.choices.get(attempt.partition, ())
            self.listener(AttemptFinished(attempt, tuple(made)))


class _Work:
    """The work of one run: which tables are ready, which chunks are open."""

    def __init__(
        self,
        runner: Runner,
        frame: RunFrame,
        plan: Plan,
        standings: Standings,
        leases: LeaseKeeper,
        refused: Mapping[tuple[str, date], Lease],
    ) -> None:
        self.runner = runner
        self.frame = frame
        self.plan = plan
        self.standings = standings
        self.refused = refused
        self.leases = leases
        self.settings = frame.settings
        self.open: dict[str, int] = {}
        """Table → chunks of it that are still being worked on."""

    def run_all(self) -> None:
        """Work through every table, each as soon as the tables it reads are finished."""
        waiting = [
            table
            for table in self.standings.picture.pipeline.derived_tables
            if self.plan.of(table.name, Action.COMPUTE, Action.RECHECK, Action.BLOCK)
        ]
        futures: set[Future[ChunkResult]] = set()
        finished: list[ChunkResult] = []
        with ThreadPoolExecutor(self.settings.workers, "gapless-worker") as pool:
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
                        self.runner.record(result, self.standings)
                    finished = []
                    if futures:
                        done, futures = wait(futures, return_when=FIRST_COMPLETED)
                        finished = [future.result() for future in done]
                        for result in finished:
                            self.open[result.table] -= 1
                for result in finished:
                    self.runner.record(result, self.standings)
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

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
        scheduled = [day for day in days if day in self.standings.picture.calendar.dates]
        with self.runner.lock:
            derive_table(self.standings, table, scheduled, {})
            due = self._due(table, [step.partition for step in steps])
        chunks: list[Chunk] = []
        today = self.standings.picture.today
        for path in Path:
            expected = table.expected_on(path)
            of_path = [day for day in due if path_of(day, today) is path]
            if expected is None or not of_path:
                continue
            for number, piece in enumerate(chunked(of_path, self.settings.chunk_size)):
                facts = tuple(self.standings.picture.calendar.dates[day] for day in piece)
                scope = Scope(self.standings.picture.pipeline.partition, facts)
                slot = f"{table.schema}__{table.short_name}_{path.value}_{number}"
                guarded = self._guarded(table, path, piece)
                chunks.append(Chunk(table, path, expected, scope, guarded, slot))
        return chunks

    def _guarded(self, table: Derived, path: Path, days: Sequence[date]) -> tuple[date, ...]:
        """Return the dates whose published keys must not be lost.

        What was published for a date to come listed everybody who might play; once it has been
        played out, those who did not are no loss.
        """
        published = self.standings.picture.publications
        before = {day: published.get((table.name, day)) for day in days}
        return tuple(
            day
            for day, publication in before.items()
            if publication is None or publication.evidence.get("path", path) == path
        )

    def _due(self, table: Derived, days: Sequence[date]) -> list[date]:
        """Return the dates to compute; record those that are blocked or leased by another run."""
        due: list[date] = []
        stopped: list[Attempt] = []
        now = self.runner.clock.now()
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
            elif standing.state is State.BLOCKED and not self._forced(day):
                reason = standing.reason
            elif standing.settled and not (
                standing.outdated or (standing.state is State.NOTHING_EXPECTED and day in asked)
            ):
                continue
            else:
                due.append(day)
                continue
            path = path_of(day, self.standings.picture.today)
            stopped.append(
                bare_attempt(self.frame, table.name, day, path, Verdict.BLOCKED, reason, (now, now))
            )
        if stopped:
            self.runner.record(ChunkResult(table.name, stopped), self.standings)
        return due

    def _forced(self, day: date) -> bool:
        force = self.settings.force
        return force is not None and day in force.dates

    def _work_on(self, chunk: Chunk) -> ChunkResult:
        self.runner.listener(ChunkStarted(chunk.table.name, len(chunk.days)))
        session = self.runner.warehouse.session()
        try:
            process = ChunkProcess(
                session,
                self.runner.ledger,
                self.runner.clock,
                self.frame,
                self.standings,
                self.leases,
                self.runner.lock,
            )
            return process.run(chunk)
        finally:
            session.close()


def known_state(standing: Standing, now: datetime) -> PartitionState:
    """Return a standing as the ledger keeps it."""
    return PartitionState(
        table=standing.table,
        partition=standing.partition,
        state=standing.state.value,
        measured_at=now,
        expected=standing.expected,
        present=standing.present,
        version=standing.version,
        reason=standing.reason,
    )


def _wanted(plan: Plan) -> dict[str, list[date]]:
    wanted: dict[str, list[date]] = {}
    for step in plan.all_steps:
        if step.action in (Action.COMPUTE, Action.RECHECK):
            wanted.setdefault(step.table, []).append(step.partition)
    return wanted
