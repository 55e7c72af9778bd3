"""Explaining one partition: its whole story, from the calendar to what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from gapless.choosing import ChoiceMade, choose
from gapless.coverage import Coverage
from gapless.declare.calendar import DateFacts
from gapless.declare.expected import PlainExpected
from gapless.declare.inputs import Read, reads_of
from gapless.declare.tables import Derived, Table
from gapless.errors import QueryFailed
from gapless.ledger.cleanings import CleanedPartition, Fate
from gapless.ledger.interface import Attempt, Run
from gapless.measure import (
    CheckOutcome,
    Named,
    audit_request,
    choice_set_names,
    measure_choice,
    measure_coverage,
    name_details,
    run_checks,
    stage_choice_sets,
    stage_expected,
)
from gapless.partitions import Path, path_of
from gapless.plan.contents import Held
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import WaiverUse, waiver_uses
from gapless.verbs.selection import Selection, look, some_reader
from gapless.verbs.workspace import Workspace
from gapless.verdicts import GateResult, judge
from gapless.warehouse.interface import Publication

NAMES_AT_MOST = 1000
"""`explain` names every missing key; beyond this many nobody reads on."""
COVERED = "explained_covered"
"""What the relations begin with that hold the keys of source choices."""


@dataclass(frozen=True)
class InputState:
    """What one input contributes to the state of the partition."""

    table: str
    reads: str
    """`same date`, or the window."""
    state: State
    partition: date
    """The date itself, or the first that stands in the way."""
    reason: str


@dataclass(frozen=True)
class Story:
    """Everything that is known about one partition."""

    table: Table
    day: date
    path: Path
    facts: DateFacts | None
    why_empty: str
    """Why the calendar has nothing on this date, when it has nothing."""
    standing: Standing
    expected: PlainExpected | None = None
    coverage: Coverage | None = None
    """Of the published rows, measured now."""
    results: tuple[GateResult, ...] = ()
    named: Mapping[str, Sequence[Named]] = field(default_factory=dict)
    choices: tuple[ChoiceMade, ...] = ()
    """What would be chosen now."""
    inputs: tuple[InputState, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    """Of a source."""
    publications: tuple[Publication, ...] = ()
    live: Held | None = None
    """What the table holds on the date; None where it has no rows."""
    writer: Run | None = None
    """The run that wrote the newest publication, without its plan, if the ledger knows it."""
    attempts: tuple[Attempt, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    cleaned: tuple[CleanedPartition, ...] = ()
    """What cleanings removed, brought back or could not; that they kept rows is no news."""
    unmeasured: str = ""
    """Why the published rows could not be measured."""
    unit: str = "row"
    cause_is_source: bool = False
    """Whether what blocks it has to be loaded, not computed."""

    @property
    def next_step(self) -> str:
        """The command that would bring the partition forward; empty when it is done."""
        name = self.table.name
        if self.facts is None and self.standing.state is State.UNKNOWN:
            return "gapless load --data DIR  # with a schedule that covers the date"
        if self.standing.due_at is not None and self.standing.not_yet:
            return (
                f"gapless backfill {name} --dates {self.day} --with-upstream"
                f"  # from {self.standing.due_at:%Y-%m-%d %H:%M} UTC on"
            )
        match self.standing.state:
            case State.COMPLETE | State.WARM_UP | State.NOTHING_EXPECTED:
                return ""
            case State.WAIVED if not isinstance(self.table, Derived):
                return "gapless load --data DIR  # once there is more to load"
            case State.WAIVED:
                return f"gapless backfill {name} --dates {self.day}  # once its cause is mended"
            case State.BLOCKED if self.cause_is_source:
                return "gapless load --data DIR"
            case State.BLOCKED:
                return f"gapless backfill {name} --dates {self.day} --with-upstream"
            case State.STALE if self.standing.waits:
                return f"gapless backfill {name} --dates {self.day} --with-upstream"
        if not isinstance(self.table, Derived):
            return "gapless load --data DIR"
        return f"gapless backfill {name} --dates {self.day}"


def explain(workspace: Workspace, name: str, day: date) -> Story:
    """Tell the whole story of one partition; reads only.

    Raises:
        DeclarationError: there is no such table.
    """
    table = workspace.pipeline.table(name)
    reader = table if isinstance(table, Derived) else some_reader(workspace.pipeline, table)
    standings, _ = look(workspace, Selection(tables=[reader.name], dates=[day]))
    picture = standings.picture
    facts = picture.calendar.dates.get(day)
    path = path_of(day, picture.today)
    ledger = workspace.ledger
    contents = picture.contents.get(table.name)
    story = Story(
        table=table,
        day=day,
        path=path,
        facts=facts,
        why_empty="" if facts else picture.calendar.why_empty(day),
        standing=standings.of(table.name, day),
        publications=tuple(workspace.warehouse.publication_log(table.name, day))
        if isinstance(table, Derived)
        else (),
        attempts=tuple(ledger.attempts(table=table.name, first=day, last=day)) if ledger else (),
        waivers=waiver_uses(
            picture.waivers.of(table.name, day), [standings.of(table.name, day)], picture.now
        ),
        cleaned=tuple(
            one
            for one in ledger.cleaned(table=table.name, partition=day)
            if one.fate is not Fate.KEPT
        )
        if ledger
        else (),
        live=contents.on(day) if contents is not None else None,
        unit=picture.calendar.unit,
        cause_is_source=_is_caused_by_source(workspace, standings.of(table.name, day)),
    )
    if story.publications and ledger is not None:
        run_id = story.publications[-1].run_id
        story = replace(story, writer=ledger.runs_by_id([run_id]).get(run_id))
    if facts is None:
        return story
    if isinstance(table, Derived):
        return _measured(workspace, standings, table, facts, path, story)
    return replace(story, checks=tuple(picture.checked.get(table.name, {}).get(day, ())))


def _is_caused_by_source(workspace: Workspace, standing: Standing) -> bool:
    cause = standing.cause
    return cause is not None and cause[0] in {s.name for s in workspace.pipeline.sources}


def _measured(
    workspace: Workspace,
    standings: Standings,
    table: Derived,
    facts: DateFacts,
    path: Path,
    story: Story,
) -> Story:
    inputs = tuple(_input_states(standings, table, facts, path))
    story = replace(story, inputs=inputs)
    expected = table.expected_on(path)
    catalog = standings.picture.catalog
    references = {read.table.name for read in table.expected_reads_on(path)}
    for choice in table.choices_on(path).values():
        references |= {read.table.name for read in reads_of(choice) if read.required}
    quiet = story.standing.state is State.WARM_UP
    if expected is None or quiet or not references <= set(catalog):
        return replace(story, expected=expected)
    warehouse = workspace.warehouse
    scope = standings.picture.scope([facts.day])
    staged = "explained_expected"
    try:
        place = stage_expected(warehouse, table, expected, scope, staged)
        candidate, columns = table.name, catalog.get(table.name)
        if columns is None:
            # Never published: measured against nothing, so that everything is named as missing.
            names = ", ".join(f"NULL::VARCHAR AS {name}" for name in table.key)
            empty = f"SELECT NULL::DATE AS {scope.partition}, {names} WHERE FALSE"
            candidate, columns = warehouse.stage("explained_rows", empty)
        request = audit_request(
            table,
            expected,
            scope,
            candidate=candidate,
            columns=tuple(columns),
            expected_place=place,
            gate=None
            if table.name in catalog
            else replace(table.gate, required=(), rules=(), checks=()),
        )
        coverage = measure_coverage(warehouse, request)[facts.day]
        checked = run_checks(warehouse, request.gate.checks, scope, candidate)
        named = name_details(
            warehouse,
            request,
            label=expected.label,
            row_label=table.label,
            limit=NAMES_AT_MOST,
            coverages={facts.day: coverage},
        )
        covered = stage_choice_sets(
            warehouse, table, path, scope, expected=(expected, place), name=COVERED
        )
        choices = []
        for alias, given in table.choices_on(path).items():
            key, keys = table.key, covered[alias]
            measured = measure_choice(warehouse, given, scope, key, keys, catalog)
            choices.append(choose(alias, given, measured[facts.day]))
    except QueryFailed as error:
        # The rest of the story can be told all the same.
        return replace(story, expected=expected, unmeasured=error.what)
    finally:
        warehouse.unstage([staged, "explained_rows", *choice_set_names(table, path, COVERED)])
    return replace(
        story,
        expected=expected,
        coverage=coverage,
        results=tuple(judge(request.gate, coverage, checked.get(facts.day, []))),
        named=named.get(facts.day, {}),
        choices=tuple(choices),
    )


def _input_states(
    standings: Standings, table: Derived, facts: DateFacts, path: Path
) -> list[InputState]:
    states: dict[tuple[str, str], InputState] = {}
    for read in table.reads_on(path):
        reads = str(read.window) if read.window is not None else "same date"
        if (read.table.name, reads) not in states:
            states[(read.table.name, reads)] = _input_state(standings, read, reads, facts)
    return list(states.values())


def _input_state(standings: Standings, read: Read, reads: str, facts: DateFacts) -> InputState:
    name = read.table.name
    day = standings.first_unsettled(read, facts)
    if day is not None:
        found = standings.of(name, day)
        return InputState(name, reads, found.state, day, found.reason)
    if read.window is None:
        found = standings.of(name, facts.day)
        return InputState(name, reads, found.state, facts.day, found.reason)
    first = read.window.start(facts)
    last = facts.day - timedelta(days=1)
    days = [d for d in standings.by_table.get(name, {}) if first <= d <= last]
    return InputState(name, reads, State.COMPLETE, last, f"all {len(days)} dates settled")
