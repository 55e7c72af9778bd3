"""Repairing: closing gaps through the ordinary path, roots first, and knowing when to stop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gapless.declare.tables import Derived
from gapless.errors import UsageError
from gapless.events import Listener, ignore
from gapless.ledger.interface import Attempt, Retry, Verdict
from gapless.plan.build import Plan, Request, build_plan, resolve_request
from gapless.plan.giving_up import Patience, earlier_tries
from gapless.plan.standings import Standings
from gapless.plan.states import NOT_YET, Standing, State
from gapless.run.report import GIVEN_UP, Result
from gapless.verbs.backfill import BackfillOptions, BackfillOutcome, execute
from gapless.verbs.gap_report import GapDate, Slot
from gapless.verbs.gaps import find_gaps, looked_at
from gapless.verbs.selection import Selection, look_at
from gapless.verbs.workspace import Workspace

WAIT = 2.0
"""Seconds before the first retry; each further one waits twice as long."""
LONGEST_WAIT = 60.0
CUT_BY = 32
"""By how much smaller the chunks of each further retry are: what takes its neighbours along when
memory runs out is alone in the end."""

REPAIRED = "repaired"
RENEWED = "renewed"
"""It was no gap; what it is made from was repaired."""
TO_LOAD = "to_load"
BLOCKED = "blocked"
CLOSED = frozenset({REPAIRED, RENEWED})


@dataclass(frozen=True)
class RepairOptions:
    """How a repair is done."""

    backfill: BackfillOptions = field(default_factory=lambda: BackfillOptions(command="repair"))
    """How each of its runs is done; never forced."""
    patience: Patience = field(default_factory=Patience)
    wait: float = WAIT
    retry_given_up: bool = False
    """Try also what was given up on."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds."""


@dataclass(frozen=True)
class Repaired:
    """What became of one gap."""

    table: str
    partition: date
    before: State
    """Its state when the repair began."""
    state: State
    outcome: str
    reason: str
    attempts: int = 0
    """Attempts of this repair."""
    given_up: bool = False
    """Whether the next repair will leave it alone unless something changes."""
    cause: Slot | None = None
    """For a blocked one, the partition that stands in the way."""

    @property
    def closed(self) -> bool:
        """Tell whether nothing remains to be done about it."""
        return self.outcome in CLOSED

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "table": self.table,
            "date": self.partition.isoformat(),
            "before": self.before.value,
            "state": self.state.value,
            "outcome": self.outcome,
            "reason": self.reason,
            "attempts": self.attempts,
            "given_up": self.given_up,
            "blocked_by": (
                None
                if self.cause is None
                else {"table": self.cause[0], "date": self.cause[1].isoformat()}
            ),
        }


@dataclass(frozen=True)
class RepairReport:
    """Every gap is in here once, with what became of it."""

    gaps: tuple[Repaired, ...]
    """By table in dependency order, then by date."""
    run_ids: tuple[str, ...] = ()
    scheduled: tuple[date, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: every gap is closed; 4: something is unknown; 1: some are left."""
        left = [gap for gap in self.gaps if not gap.closed]
        if not left:
            return 0
        return 4 if any(gap.state is State.UNKNOWN for gap in left) else 1

    @property
    def counts(self) -> Counter[str]:
        """Outcome → partitions."""
        return Counter(gap.outcome for gap in self.gaps)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "runs": list(self.run_ids),
            "counts": dict(self.counts),
            "gaps": [gap.as_data() for gap in self.gaps],
        }


@dataclass(frozen=True)
class RepairPlan:
    """What a repair would do."""

    plan: Plan | None
    """None: there is nothing to compute."""
    standings: Standings
    gaps: Mapping[Slot, GapDate]
    """Every gap that is asked for or stands in the way."""
    to_load: tuple[GapDate, ...]
    """Gaps of tables that are loaded, not computed."""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "plan": self.plan.as_data() if self.plan is not None else None,
            "to_load": [
                {"table": found.standing.table, **found.as_data()} for found in self.to_load
            ],
        }


def plan_repair(
    workspace: Workspace, selection: Selection, options: RepairOptions | None = None
) -> RepairPlan:
    """Say what a repair of the selection would do; reads only.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
        PreflightRefused: the calendar holds nothing.
    """
    options = options or RepairOptions()
    tables = looked_at(workspace.pipeline, selection.tables)
    standings, days = look_at(workspace, tables, selection)
    sources = workspace.pipeline.sources
    everything = {day for known in standings.by_table.values() for day in known} | set(days)
    looked = [workspace.pipeline.tables[name] for name in standings.by_table]
    found = {
        (one.standing.table, one.partition): one
        for one in find_gaps(
            workspace,
            standings,
            looked,
            sorted(everything),
            options.patience,
            not_yet=selection.dates_named,
        )
    }
    derived = [table for table in tables if isinstance(table, Derived)]
    plan = None
    if derived:
        request = resolve_request(
            days,
            derived,
            named=bool(selection.tables),
            with_upstream=True,
            dates_named=selection.dates_named,
            span_named=selection.span_named,
        )
        if not options.retry_given_up:
            given_up = {slot: one.given_up for slot, one in found.items() if one.given_up}
            request = replace(request, given_up=given_up)
        plan = build_plan(standings, request)
    asked = {(table.name, day) for table in tables for day in days}
    asked |= {(step.table, step.partition) for step in plan.all_steps} if plan else set()
    asked |= {found[slot].root for slot in asked if slot in found}
    gaps = {slot: one for slot, one in found.items() if slot in asked}
    loaded = {source.name for source in sources}
    to_load = tuple(one for slot, one in sorted(gaps.items()) if slot[0] in loaded)
    computed = plan if len(gaps) > len(to_load) else None
    return RepairPlan(computed, standings, gaps, to_load)


def repair(
    workspace: Workspace,
    selection: Selection | None = None,
    options: RepairOptions | None = None,
    listener: Listener = ignore,
) -> RepairReport:
    """Close every gap of the selection that can be closed, with what stands in its way.

    All gaps are tried once, in the order of their dependencies. What failed for no fault of its own
    is then tried again, after a wait that doubles, in smaller chunks. What was tried often
    enough from the same inputs is left alone, and said to be.

    Args:
        workspace: Where to work.
        selection: Tables and dates; everything up to yesterday when None.
        options: How to do it.
        listener: Told about every event of every run.

    Raises:
        UsageError: an unknown table or season, dates that contradict each other, or a force.
        PreflightRefused: something makes the run pointless or dangerous; nothing was started.
        LedgerUnavailable: the ledger cannot be written; nothing was started.
    """
    options = options or RepairOptions()
    if options.backfill.force_reason is not None:
        raise UsageError(
            "A repair overrides nothing. Publish named dates below their gate with "
            'gapless backfill --dates … --force --reason "…"'
        )
    workspace.open_ledger.open()
    made = plan_repair(workspace, selection or Selection(), options)
    rounds = _Rounds(workspace, options, listener)
    if made.plan is not None:
        rounds.run_all(made.standings, made.plan.request)
    return _report(workspace, made, rounds, options)


class _Rounds:
    """The runs of one repair: all gaps once, then what failed for no fault of its own."""

    def __init__(self, workspace: Workspace, options: RepairOptions, listener: Listener) -> None:
        self.workspace = workspace
        self.options = options
        self.listener = listener
        self.outcomes: list[BackfillOutcome] = []
        self.today: date | None = None
        """The first date to come; a retry after midnight keeps that of the repair."""

    def run_all(self, standings: Standings, request: Request) -> None:
        """Run until nothing is worth a retry, or it was tried often enough."""
        import tenacity  # noqa: PLC0415 - most commands do without

        self.today = standings.picture.today

        looked: list[Standings] = [standings]
        asked: list[Request] = [request]

        def run_once() -> bool:
            outcome = self._execute(looked.pop() if looked else self._look(asked[-1]), asked[-1])
            again = self._worth_retrying(outcome)
            if again:
                asked.append(self._ask_again(outcome, request, again))
            return bool(again)

        tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.options.patience.attempts),
            wait=tenacity.wait_exponential(multiplier=self.options.wait, max=LONGEST_WAIT),
            retry=tenacity.retry_if_result(bool),
            sleep=self.options.sleep,
            retry_error_callback=lambda _: None,
        )(run_once)

    def _execute(self, standings: Standings, request: Request) -> BackfillOutcome:
        chunk_size = max(1, self.options.backfill.chunk_size // CUT_BY ** len(self.outcomes))
        options = replace(self.options.backfill, chunk_size=chunk_size)
        outcome = execute(self.workspace, standings, request, options, self.listener)
        self.outcomes.append(outcome)
        return outcome

    def _look(self, request: Request) -> Standings:
        tables = [self.workspace.pipeline.tables[name] for name in request.wanted()]
        span = Selection(start_date=request.span.first, end_date=request.span.last)
        return look_at(self.workspace, tables, span, today=self.today)[0]

    def _worth_retrying(self, outcome: BackfillOutcome) -> set[Slot]:
        """Return what failed for no fault of its own and is not given up on by now."""
        failed = {
            (result.table, result.partition)
            for result in outcome.report.results
            if result.attempt is not None and result.attempt.retry is Retry.TRANSIENT
        }
        if self.options.retry_given_up:
            return failed
        tries = earlier_tries(self.workspace.ledger, outcome.standings, failed)
        now, patience = self.workspace.clock.now(), self.options.patience
        return {slot for slot in failed if patience.given_up(tries[slot], now) is None}

    def _ask_again(self, outcome: BackfillOutcome, request: Request, again: set[Slot]) -> Request:
        """Ask for what failed, and for what was blocked by it; for nothing that was refused."""
        wanted: dict[str, list[date]] = {}
        for result in outcome.report.results:
            slot = (result.table, result.partition)
            blocked = result.attempt is not None and result.attempt.verdict is Verdict.BLOCKED
            if slot in again or (blocked and outcome.standings.of(*slot).cause in again):
                wanted.setdefault(result.table, []).append(result.partition)
        days = [day for listed in wanted.values() for day in listed]
        return replace(
            request,
            partitions={table: tuple(listed) for table, listed in wanted.items()},
            span=replace(request.span, first=min(days), last=max(days)),
            with_upstream=False,
        )


def _report(
    workspace: Workspace, made: RepairPlan, rounds: _Rounds, options: RepairOptions
) -> RepairReport:
    """Account for every gap, and for what had to be looked at again because of one."""
    results: dict[Slot, Result] = {}
    result: Result | None
    attempts: Counter[Slot] = Counter()
    standings = made.standings
    for outcome in rounds.outcomes:
        standings = outcome.standings
        for result in outcome.report.results:
            slot = (result.table, result.partition)
            results[slot] = result
            tried = result.attempt is not None and result.attempt.verdict is not Verdict.BLOCKED
            attempts[slot] += tried
    touched = {slot for slot, found in results.items() if found.attempt is not None}
    left = [slot for slot, found in results.items() if not found.succeeded]
    tries = earlier_tries(workspace.ledger, standings, left)
    now = workspace.clock.now()
    order = {name: place for place, name in enumerate(workspace.pipeline.tables)}
    planned = made.plan.all_steps if made.plan is not None else ()
    before = {(step.table, step.partition): step.state for step in planned}
    gaps = []
    for slot in sorted(made.gaps.keys() | touched, key=lambda slot: (order[slot[0]], slot[1])):
        result = results.get(slot)
        if result is None:
            gaps.append(_unplanned(made.gaps[slot], slot, made.to_load))
            continue
        given_up = slot in tries and options.patience.given_up(tries[slot], now) is not None
        gaps.append(
            Repaired(
                table=slot[0],
                partition=slot[1],
                before=before[slot],
                state=result.state,
                outcome=_outcome(result, standings.of(*slot), is_gap=slot in made.gaps),
                reason=result.reason,
                attempts=attempts[slot],
                given_up=given_up,
                cause=None if result.succeeded else standings.of(*slot).cause,
            )
        )
    return RepairReport(
        gaps=tuple(gaps),
        run_ids=tuple(outcome.report.run_id for outcome in rounds.outcomes),
        scheduled=tuple(made.standings.picture.calendar.ordered),
    )


def _unplanned(gap: GapDate, slot: Slot, to_load: Iterable[GapDate]) -> Repaired:
    """Account for a gap that no run could do anything about."""
    standing = gap.standing
    outcome = TO_LOAD if gap in to_load and not standing.not_yet else standing.shown
    return Repaired(
        *slot, standing.state, standing.state, outcome, standing.reason, cause=standing.cause
    )


def _outcome(result: Result, standing: Standing, *, is_gap: bool) -> str:
    attempt: Attempt | None = result.attempt
    blocked = attempt is not None and attempt.verdict is Verdict.BLOCKED
    if result.outcome == NOT_YET or (blocked and standing.not_yet):
        return NOT_YET
    if result.succeeded:
        return REPAIRED if is_gap else RENEWED
    if attempt is None:
        return GIVEN_UP if result.outcome == GIVEN_UP else result.state.value
    if blocked:
        return NOT_YET if "held_by" in attempt.evidence else BLOCKED
    return attempt.verdict.value
