"""Building a plan: which partitions are to be computed, and why each of the others is not.

The plan is data, made by reads only. A dry run prints it; a run executes that same object, looking
again at each table when its turn comes, because by then its inputs may have changed.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from gapless.declare.inputs import Read
from gapless.declare.tables import Derived
from gapless.partitions import DateRange, Path, path_of
from gapless.plan.contents import Unsettled
from gapless.plan.giving_up import GivenUp
from gapless.plan.standings import Standings
from gapless.plan.states import NOT_YET, Standing, State
from gapless.plan.waived import permits_incomplete_inputs, unknown_input


class Action(enum.StrEnum):
    """What a run does about one partition."""

    COMPUTE = "compute"
    """Stage, audit and publish it."""
    RECHECK = "recheck"
    """Done as it stands; looked at again after its inputs were recomputed."""
    LEAVE = "leave"
    """Done; not touched."""
    EMPTY = "empty"
    """Nothing is expected on this date, for the reason given."""
    BLOCK = "block"
    """An input is not complete and this plan does not complete it."""
    UNKNOWN = "unknown"
    """Nothing can be said about the date; it is not touched."""
    GIVE_UP = "give_up"
    """Tried often enough with the same result; left as it is until what it is made from changes."""


@dataclass(frozen=True)
class Step:
    """One requested partition and what the plan does about it."""

    table: str
    partition: date
    path: Path
    action: Action
    state: State
    reason: str
    cause: tuple[str, date] | None = None
    due_at: datetime | None = None
    """UTC; when a blocked one can be computed that only waits for the end of a date."""

    @property
    def shown(self) -> str:
        """Return its action as it is shown: `not_yet` where it only waits for its date's end."""
        return NOT_YET if self.due_at is not None else self.action.value

    def as_data(self) -> dict[str, Any]:
        """Return the step as the ledger and `--json` show it."""
        return {
            "table": self.table,
            "date": self.partition.isoformat(),
            "path": self.path.value,
            "action": self.action.value,
            "state": self.state.value,
            "reason": self.reason,
            "due_at": self.due_at.isoformat() if self.due_at else None,
        }


@dataclass(frozen=True)
class Request:
    """What was asked for, with its dates resolved."""

    tables: tuple[Derived, ...]
    """In dependency order."""
    dates: tuple[date, ...]
    """Civil dates, oldest first; also those the calendar leaves empty."""
    span: DateRange
    named: bool = True
    """Whether the tables were asked for by name; the whole pipeline otherwise."""
    with_upstream: bool = False
    dates_named: bool = True
    """Whether the dates were asked for; whatever there is up to yesterday otherwise. Who names a
    date wants to know that it is not closed yet; everybody else need not be alarmed."""
    forced: bool = False
    """Whether the named partitions are computed also from inputs that are not complete."""
    span_named: bool = False
    """Whether the dates were named from the first to the last, so that they may be forced."""
    partitions: Mapping[str, tuple[date, ...]] | None = None
    """Table → dates, where not every table is asked for on every date; also upstream ones."""
    given_up: Mapping[tuple[str, date], GivenUp] = field(default_factory=dict)
    """Partitions that are not tried again unless what they are made from changes."""
    resumes: str | None = None
    """The run whose plan is gone on with."""

    def wanted(self) -> dict[str, list[date]]:
        """Return the dates asked for by table."""
        if self.partitions is not None:
            return {table: sorted(days) for table, days in self.partitions.items()}
        return {table.name: list(self.dates) for table in self.tables}

    def given_up_note(self, cause: tuple[str, date] | None) -> str:
        """Return the end of a sentence on a partition in the way; empty while it is tried."""
        given_up = self.given_up.get(cause) if cause is not None else None
        return "" if given_up is None else f"; {given_up.short}"


@dataclass(frozen=True)
class Plan:
    """The steps of a run, in the order of execution."""

    pipeline: str
    today: date
    request: Request
    steps: tuple[Step, ...]
    upstream: tuple[Step, ...] = field(default=())
    """Steps added to close upstream gaps; not among the requested ones."""

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Upstream steps first."""
        return (*self.upstream, *self.steps)

    def of(self, table: str, *actions: Action) -> list[Step]:
        """Return the steps of one table with one of the given actions."""
        return [step for step in self._by_table.get(table, ()) if step.action in actions]

    @cached_property
    def _by_table(self) -> dict[str, list[Step]]:
        grouped: dict[str, list[Step]] = {}
        for step in self.all_steps:
            grouped.setdefault(step.table, []).append(step)
        return grouped

    def computes(self, table: str, day: date) -> bool:
        """Tell whether a partition is computed, or looked at again, by this plan."""
        return (table, day) in self._computed

    @cached_property
    def _computed(self) -> frozenset[tuple[str, date]]:
        computed = (Action.COMPUTE, Action.RECHECK)
        return frozenset((s.table, s.partition) for s in self.all_steps if s.action in computed)

    def count(self, *actions: Action) -> int:
        """Count the steps with one of the given actions."""
        return sum(step.action in actions for step in self.all_steps)

    def as_data(self, *, only_open: bool = False) -> dict[str, Any]:
        """Return the plan as `--json` shows it; the ledger keeps `only_open` steps, and counts."""
        quiet = (Action.LEAVE, Action.EMPTY) if only_open else ()
        return {
            "pipeline": self.pipeline,
            "today": self.today.isoformat(),
            "tables": [table.name for table in self.request.tables],
            "first": self.request.span.first.isoformat(),
            "last": self.request.span.last.isoformat(),
            "with_upstream": self.request.with_upstream,
            "counts": {action.value: self.count(action) for action in Action},
            "steps": [step.as_data() for step in self.all_steps if step.action not in quiet],
        }


def build_plan(standings: Standings, request: Request) -> Plan:
    """Decide for every requested partition what to do about it."""
    picture = standings.picture
    planner = _Planner(standings, request)
    if request.with_upstream:
        planner.add_upstream()
    for table in picture.pipeline.derived_tables:
        if table.name in picture.needed:
            planner.plan_table(table)
    asked = {table.name for table in request.tables}
    wanted = set(request.dates)
    order = {name: place for place, name in enumerate(picture.pipeline.tables)}
    steps = sorted(planner.steps, key=lambda step: (order[step.table], step.partition))
    return Plan(
        pipeline=picture.pipeline.name,
        today=picture.today,
        request=request,
        steps=tuple(s for s in steps if s.table in asked and s.partition in wanted),
        upstream=tuple(s for s in steps if s.table not in asked or s.partition not in wanted),
    )


_Decision = tuple[Action, str, tuple[str, date] | None]
"""What to do about a partition, why, and what stands in its way."""


def _is_left(standing: Standing) -> bool:
    """Tell whether a partition is done as it stands, as far as its own inputs say."""
    if standing.state is State.WAIVED:
        return standing.inherited or not standing.outdated
    return standing.state is State.COMPLETE


class _Planner:
    """Walks the tables in dependency order and remembers what will be settled afterwards."""

    def __init__(self, standings: Standings, request: Request) -> None:
        self.standings = standings
        self.request = request
        self.steps: list[Step] = []
        self.wanted: dict[str, list[date]] = request.wanted()
        self._remaining: dict[str, Unsettled] = {}
        self._not_yet: dict[str, Unsettled] = {}
        self._recomputed: dict[str, Unsettled] = {}

    def add_upstream(self) -> None:
        """Ask for every upstream partition that is not settled, too."""
        picture = self.standings.picture
        upstream = {
            found.name
            for table in self.request.tables
            for found in picture.pipeline.upstream_of(table)
        }
        for table in picture.pipeline.derived_tables:
            if table.name not in upstream:
                continue
            known = set(self.wanted.get(table.name, ()))
            gaps = [
                day
                for day, standing in self.standings.by_table.get(table.name, {}).items()
                if not standing.settled and day not in known
            ]
            self.wanted[table.name] = sorted({*known, *gaps})

    def plan_table(self, table: Derived) -> None:
        """Plan one table; those it reads come first."""
        computed: list[date] = []
        for day in self.wanted.get(table.name, ()):
            step = self._step(table, day)
            self.steps.append(step)
            if step.action in (Action.COMPUTE, Action.RECHECK):
                computed.append(day)
        planned = set(computed)
        self._recomputed[table.name] = Unsettled((*computed, *self._may_change(table, planned)))
        self._note_left(table.name, planned)

    def _note_left(self, name: str, planned: Collection[date] = ()) -> None:
        """Note what this plan leaves unsettled, and of that what only waits for its date's end."""
        left = {
            day: standing
            for day, standing in self.standings.by_table.get(name, {}).items()
            if not standing.settled and day not in planned
        }
        self._remaining[name] = Unsettled(day for day, found in left.items() if not found.not_yet)
        self._not_yet[name] = Unsettled(day for day, found in left.items() if found.not_yet)

    def _may_change(self, table: Derived, planned: set[date]) -> list[date]:
        """Return partitions that nobody demands, and whose inputs this plan computes.

        What was fed by them is looked at again: they may turn out to be of no use any more.
        """
        if not table.on_request:
            return []
        found = []
        for day, standing in self.standings.by_table.get(table.name, {}).items():
            if standing.inherited and standing.settled and day not in planned:
                path = path_of(day, self.standings.picture.today)
                reads = self.standings.required_reads(table, path)
                if self._first(self._recomputed, reads, day) is not None:
                    found.append(day)
        return found

    def _step(self, table: Derived, day: date) -> Step:
        picture = self.standings.picture
        path = path_of(day, picture.today)
        standing = self.standings.of(table.name, day)
        action, reason, cause = Action.EMPTY, standing.reason, None
        if day not in picture.calendar.dates:
            if standing.state is State.UNKNOWN:
                action = Action.UNKNOWN
            elif not standing.settled:
                action, cause = Action.BLOCK, (table.name, day)
        elif standing.state is not State.WARM_UP and not self._is_empty(table, standing, path):
            action, reason, cause = self._decide(table, standing, path)
        due_at = self.standings.of(*cause).due_at if cause is not None else None
        return Step(table.name, day, path, action, standing.state, reason, cause, due_at)

    def _decide(self, table: Derived, standing: Standing, path: Path) -> _Decision:
        """Decide about a partition that can be computed, or might have to be."""
        day = standing.partition
        reads = self.standings.required_reads(table, path)
        first = self._first(self._recomputed, (*reads, *self.standings.fed_by(table, day)), day)
        again = (Action.RECHECK, f"{first[0]} is recomputed first", None) if first else None
        if _is_left(standing):
            return again or (Action.LEAVE, standing.reason, None)
        given_up = self.request.given_up.get((table.name, day))
        if given_up is not None and again is None:
            return Action.GIVE_UP, given_up.reason, None
        remaining = self._first(self._remaining, reads, day)
        if remaining is None:
            waiting = standing.cause if standing.not_yet else None
            remaining = self._first(self._not_yet, reads, day) or waiting
        if remaining is not None or (standing.inherited and again is None):
            reason, cause = standing.reason, standing.cause
            if remaining is not None:
                reason, cause = self._in_the_way(remaining)
            return *self._although(table, day, reason), cause
        if standing.inherited and again is not None:
            return again
        if first is not None and standing.state is State.BLOCKED:
            return Action.COMPUTE, f"after {first[0]}, which this run computes first", None
        return Action.COMPUTE, standing.reason, None

    def _in_the_way(self, remaining: tuple[str, date]) -> tuple[str, tuple[str, date]]:
        """Say what stands in the way, and where; the root, unless this plan computes that."""
        root = self.standings.root_cause(*remaining)
        table, day = remaining
        if self._computes(root):
            standing = self.standings.of(table, day)
            reason = f"{table} of {day} is {standing.state}, and not part of this plan"
            return f"{reason}: {standing.reason}", remaining
        cause = (root.table, root.partition)
        reason = f"{root.table} of {root.partition} is {root.state}: {root.reason}"
        return reason + self.request.given_up_note(cause), cause

    def _computes(self, standing: Standing) -> bool:
        computed = self._recomputed.get(standing.table)
        day = standing.partition
        return computed is not None and computed.first_in(day, day) is not None

    def _although(self, table: Derived, day: date, reason: str) -> tuple[Action, str]:
        """Say whether a partition is computed on somebody's word, although it is blocked."""
        asked = {wanted.name for wanted in self.request.tables}
        forced = self.request.forced and table.name in asked and day in set(self.request.dates)
        if not forced and not permits_incomplete_inputs(self.standings, table, day):
            return Action.BLOCK, reason
        unknown = unknown_input(self.standings, table, day)
        if unknown is not None:
            return Action.BLOCK, f"what is unknown cannot be waived: {unknown}"
        return Action.COMPUTE, f"{'forced' if forced else 'waived'}, although {reason}"

    def _is_empty(self, table: Derived, standing: Standing, path: Path) -> bool:
        """Tell whether nothing is done about a scheduled date, as nothing is expected on it."""
        if standing.state is not State.NOTHING_EXPECTED:
            return False
        asked = self.request.named and path in table.on_request
        return not (asked and table.expected_on(path) is not None)

    def _first(
        self, index: dict[str, Unsettled], reads: Iterable[Read], day: date
    ) -> tuple[str, date] | None:
        facts = self.standings.picture.calendar.dates[day]
        for read in reads:
            name = read.table.name
            start = day if read.window is None else read.window.start(facts)
            last = day if read.window is None else day - timedelta(days=1)
            known = index.get(name)
            if known is None and index is not self._recomputed:
                self._note_left(name)
                known = index[name]
            found = known.first_in(start, last) if known is not None else None
            if found is not None:
                return name, found
        return None


def resolve_request(
    standings_dates: Sequence[date],
    tables: Iterable[Derived],
    *,
    named: bool,
    with_upstream: bool = False,
    forced: bool = False,
    dates_named: bool = True,
    span_named: bool = False,
) -> Request:
    """Put a request together from resolved civil dates."""
    dates = tuple(sorted(set(standings_dates)))
    return Request(
        tables=tuple(tables),
        dates=dates,
        span=DateRange(dates[0], dates[-1]),
        named=named,
        with_upstream=with_upstream,
        forced=forced,
        dates_named=dates_named,
        span_named=span_named,
    )
