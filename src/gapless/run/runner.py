"""Running a plan: the frame of a run, from the ledger's first line to its last.

This is the only way anything gets published: the command line, the library, a repair and a
scheduler all end here.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime

from gapless.clock import Clock
from gapless.errors import GaplessError, LedgerLost, LedgerUnavailable
from gapless.events import Listener, RunFinished, RunStarted, ignore
from gapless.ledger.interface import Holder, Ledger, Run
from gapless.ledger.liveness import host_name
from gapless.plan.build import Action, Plan
from gapless.plan.standings import Standings
from gapless.plan.states import Standing
from gapless.plan.stored import stored_data
from gapless.run.failing import end_failures
from gapless.run.frame import RunFrame
from gapless.run.leases import LeaseKeeper
from gapless.run.report import RunReport, collect
from gapless.run.settings import RunSettings
from gapless.run.work import Work, known_state, state_evidence
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
        self._warehouse = warehouse
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._listener = listener

    def run(self, plan: Plan, standings: Standings) -> RunReport:
        """Do what the plan says and account for every partition of it.

        Raises:
            LedgerUnavailable: before anything is written to the warehouse.
        """
        began, started = time.monotonic(), self._clock.now()
        before = self._warehouse.statements
        frame = RunFrame(
            run_id=f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}",
            settings=self._settings,
            warehouse=self._warehouse,
            ledger=self._ledger,
            clock=self._clock,
            listener=self._listener,
        )
        self._begin(frame, plan, started)
        holder = Holder(frame.run_id, host_name(), os.getpid(), self._settings.actor)
        with self._ended_in_ledger(frame.run_id):
            with LeaseKeeper(self._ledger, holder, self._clock, self._settings.lease_ttl) as leases:
                refused = leases.acquire(_wanted(plan))
                Work(frame, plan, standings, leases, refused).run_all()
            report = RunReport(
                run_id=frame.run_id,
                plan=plan,
                results=collect(
                    plan, frame.attempts, _final(plan, standings), _published_by(standings)
                ),
                started_at=started,
                finished_at=self._clock.now(),
                seconds=time.monotonic() - began,
                statements=self._warehouse.statements - before,
            )
            self._remember(plan, standings, report.finished_at)
            end_failures(frame, plan, standings, report.finished_at)
            self._ledger.finish_run(
                frame.run_id, finished_at=report.finished_at, exit_code=report.exit_code
            )
        self._listener(RunFinished(frame.run_id, report.exit_code))
        return report

    def _remember(self, plan: Plan, standings: Standings, now: datetime) -> None:
        """Let the ledger know the state also of what was left alone, where it does not yet.

        While the warehouse is in use, the ledger answers for it.
        """
        known = {
            (s.table, s.partition): (s.state, s.version, s.evidence) for s in self._ledger.states()
        }
        news = []
        for step in plan.all_steps:
            found = standings.of(step.table, step.partition)
            facts = (found.state.value, found.version, state_evidence(found, standings))
            if known.get((step.table, step.partition)) != facts:
                news.append(known_state(found, now, standings))
        if news:
            self._ledger.record_states(news)

    @contextmanager
    def _ended_in_ledger(self, run_id: str) -> Iterator[None]:
        """Let the ledger know how a run ended, also when an error ended it."""
        try:
            yield
        except LedgerUnavailable as error:
            raise LedgerLost(
                f"The ledger failed while run {run_id} was at work: {error.what}",
                untouched="What was published stays; part of it may not be in the ledger yet.",
                advice="Mend the ledger and run the same command again: it reconciles both.",
            ) from error
        except BaseException as error:
            code = error.exit_code if isinstance(error, GaplessError) else GaplessError.exit_code
            with suppress(LedgerUnavailable):
                self._ledger.finish_run(run_id, finished_at=self._clock.now(), exit_code=code)
            raise

    def _begin(self, frame: RunFrame, plan: Plan, started: datetime) -> None:
        self._ledger.begin_run(
            Run(
                run_id=frame.run_id,
                pipeline=plan.pipeline,
                command=self._settings.command,
                actor=self._settings.actor,
                code_version=self._settings.code_version,
                started_at=started,
                plan=stored_data(plan),
            )
        )
        self._listener(RunStarted(frame.run_id, plan))


def _wanted(plan: Plan) -> dict[str, list[date]]:
    """Return the partitions that may be written."""
    wanted: dict[str, list[date]] = {}
    for step in plan.all_steps:
        if step.action in (Action.COMPUTE, Action.RECHECK):
            wanted.setdefault(step.table, []).append(step.partition)
    return wanted


def _final(plan: Plan, standings: Standings) -> dict[tuple[str, date], Standing]:
    return {
        (step.table, step.partition): standings.of(step.table, step.partition)
        for step in plan.all_steps
    }


def _published_by(standings: Standings) -> dict[tuple[str, date], str]:
    publications = standings.picture.publications
    return {slot: publication.run_id for slot, publication in publications.items()}
