"""Judging: what measurements and standings say against a partition, as notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_MISSING,
    CHECK_REQUIRED,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
)
from gapless.declare.tables import Derived, Source, Table
from gapless.findings import Severity
from gapless.measure import Named
from gapless.partitions import Path, path_of
from gapless.plan.changes import DEFINITION_CHANGED
from gapless.plan.standings import Standings
from gapless.plan.states import NOT_YET, Standing, State
from gapless.sql.audit import DETAIL_DUPLICATE, DETAIL_MISSING, DETAIL_UNEXPECTED
from gapless.validate.checks import Checked, Violations
from gapless.validate.measured import Measured
from gapless.validate.notebook import Notebook
from gapless.verdicts import GateResult, Outcome

NAMED_AT_MOST = 3
RESTS_ON_STALE = "rests_on_stale"
"""A partition that is as it was published, while something further up has changed."""
LEFTOVER = "leftover_rows"
"""Rows of a table that nobody demands on a past date, too few to be of use."""

WAIVER_ENDED = "waiver_ended"
"""A partition that stood on somebody's word, which has ended."""

_NAMES_OF = {
    CHECK_COVERAGE: DETAIL_MISSING,
    CHECK_GROUP_COVERAGE: DETAIL_MISSING,
    CHECK_REQUIRED: DETAIL_MISSING,
    CHECK_UNEXPECTED: DETAIL_UNEXPECTED,
    CHECK_UNIQUE: DETAIL_DUPLICATE,
}


def judge_rows(
    notebook: Notebook, standings: Standings, table: Derived, measured: Measured
) -> None:
    """Note what the gate and the checks say of the published rows of a table."""
    today = standings.picture.today
    for day, error in measured.errors.items():
        notebook.note(Severity.ERROR, "unknown", table.name, day, f"not measurable: {error}")
    for day, results in measured.results.items():
        standing = standings.of(table.name, day)
        if path_of(day, today) in table.on_request:
            _judge_leftover(notebook, standing, results)
            continue
        for result in results:
            named = measured.named.get(day, {}).get(_NAMES_OF.get(result.check, ""), ())
            _note_result(notebook, standing, result, named)
    demanded = [d for d in measured.results if path_of(d, today) not in table.on_request]
    for checked in measured.checked:
        _note_checked(notebook, standings, table, checked, demanded, measured)


def _judge_leftover(notebook: Notebook, standing: Standing, results: Sequence[GateResult]) -> None:
    """Judge rows that nobody demands: nothing is wrong with too few, but they must not be used."""
    failed = [r for r in results if r.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]
    if failed:
        text = f"{failed[0].found} of the keys a whole partition would have"
        if failed[0].check != CHECK_COVERAGE:
            text = str(failed[0])
        notebook.note(Severity.WARNING, LEFTOVER, standing.table, standing.partition, text)


def _note_result(
    notebook: Notebook, standing: Standing, result: GateResult, named: Sequence[Named]
) -> None:
    if result.outcome is Outcome.PASS:
        return
    code = result.check
    severity = Severity.WARNING if result.outcome is Outcome.WARN else Severity.ERROR
    if result.outcome is Outcome.UNKNOWN:
        # Nobody can vouch for what nobody has seen.
        code = "unknown"
    elif covers(standing, result.check):
        severity = Severity.INFO
    text = f"{result.found}, expected {result.expected}"
    if named:
        listed = ", ".join(str(name) for name in named[:NAMED_AT_MOST])
        text += f"; first: {listed}"
    notebook.note(severity, code, standing.table, standing.partition, text)


def covers(standing: Standing, check: str) -> bool:
    """Tell whether somebody's word stands in for a check of a partition."""
    waived = standing.state is State.WAIVED
    return waived and any(waiver.covers(check) for waiver in standing.waivers)


def _note_checked(
    notebook: Notebook,
    standings: Standings,
    table: Table,
    checked: Checked,
    days: Sequence[date],
    measured: Measured,
) -> None:
    """Note the violations of one check; one that examined nothing is unknown, never passed."""
    gated = table.gate.checks if isinstance(table, Derived) else ()
    for day in days:
        if day not in checked.asked:
            continue
        coverage = measured.coverage.get(day)
        found = checked.by_date.get(day)
        if checked.error:
            _note_error(notebook, table.name, day, checked)
        elif found is not None and found.examined:
            standing = standings.of(table.name, day)
            waived = covers(standing, checked.check.name)
            if checked.check not in gated:
                # It stopped nothing when the partition was published, so nobody waived it.
                waived = standing.state is State.WAIVED
            note_violations(notebook, table.name, day, checked, found, waived=waived)
        elif checked.check.blocking and coverage is not None and coverage.expected:
            text = f"{checked.check.name} examined nothing"
            notebook.note(Severity.ERROR, "unknown", table.name, day, text)


def note_violations(
    notebook: Notebook,
    table: str,
    day: date,
    checked: Checked,
    found: Violations,
    *,
    waived: bool = False,
    is_fact: bool = False,
) -> None:
    """Note what a check found wrong on one date and no limitation explains.

    Args:
        notebook: Where to write.
        table: Whose partition.
        day: Its date.
        checked: The check.
        found: What it found there.
        waived: Whether the partition was published on somebody's word.
        is_fact: Whether it is a fact of a source. It stops no backfill where the check does not
            block, but a hole that nobody has declared is nothing to trust.
    """
    if not found.failed:
        return
    severity = Severity.ERROR if checked.check.blocking or is_fact else Severity.WARNING
    text = f"{found.failed} of {found.examined} wrong; first: {'; '.join(found.first)}"
    ratio = found.right / found.examined
    given = Severity.INFO if waived else severity
    notebook.note(given, checked.check.name, table, day, text, ratio)


def judge_source(
    notebook: Notebook, standings: Standings, source: Source, checks: Sequence[Checked]
) -> None:
    """Note what the checks of a source say of its dates; one that failed to run says nothing."""
    for checked in checks:
        for day in checked.asked if checked.error else ():
            _note_error(notebook, source.name, day, checked)
        for day, found in checked.by_date.items():
            waived = covers(standings.of(source.name, day), checked.check.name)
            note_violations(notebook, source.name, day, checked, found, waived=waived, is_fact=True)


def _note_error(notebook: Notebook, table: str, day: date, checked: Checked) -> None:
    text = f"{checked.check.name} could not be evaluated: {checked.error}"
    notebook.note(Severity.ERROR, "unknown", table, day, text)


def judge_standing(
    notebook: Notebook, standings: Standings, table: Table, standing: Standing, limited: bool
) -> None:
    """Note the state of a partition where it is not settled.

    Args:
        notebook: Where to write.
        standings: Of all tables.
        table: Whose partition.
        standing: What the data and its publication say.
        limited: Whether a known limitation says that no rows can be had on the date.
    """
    code = state_code(standings, table, standing)
    if standing.state is State.WAIVED:
        notebook.note(Severity.INFO, "waived", standing.table, standing.partition, standing.reason)
    if code is None or (code == CHECK_MISSING and limited):
        return
    if standing.waivers:
        notebook.note(Severity.ERROR, WAIVER_ENDED, table.name, standing.partition, standing.reason)
        return
    if standing.not_yet:
        notebook.note(Severity.INFO, NOT_YET, standing.table, standing.partition, standing.reason)
        return
    noted = notebook.codes(standing.table, standing.partition, Severity.ERROR)
    if code in ("partial", "unknown") and noted:
        # What is wrong with the rows has been said, rule by rule.
        return
    severity, reason = Severity.ERROR, standing.reason
    if code == CHECK_MISSING and isinstance(table, Source) and not is_required(standings, table):
        severity, reason = Severity.INFO, f"{reason}; other sources can take its place"
    notebook.note(severity, code, standing.table, standing.partition, reason)


def is_required(standings: Standings, source: Source) -> bool:
    """Tell whether any table cannot do without a source; a choice among several can."""
    if source.trusted:
        return True
    return any(
        read.required and read.table.name == source.name
        for reader in standings.picture.pipeline.derived_tables
        for path in Path
        for read in reader.reads_on(path)
    )


def state_code(standings: Standings, table: Table, standing: Standing) -> str | None:
    """Return what a partition's state is called as a finding; None where it is settled."""
    picture = standings.picture
    if standing.settled:
        return None
    publication = picture.publications.get((table.name, standing.partition))
    if isinstance(table, Derived) and standing.rows and standing.state is not State.BLOCKED:
        if publication is None:
            return "unaccounted_rows"
        changed = not picture.holds(publication)
        if changed and not standing.reason.startswith(DEFINITION_CHANGED):
            return "tampered_rows"
    if standing.inherited and standing.state is State.STALE:
        return RESTS_ON_STALE
    return str(standing.state.value)


def measured_state(standing: Standing, codes: Sequence[str]) -> State:
    """Return the state of a partition in the light of what was measured now."""
    if "unknown" in codes:
        return State.UNKNOWN
    not_of_rows = ("stale", RESTS_ON_STALE, "blocked", CHECK_MISSING)
    wrong_rows = [code for code in codes if code not in not_of_rows]
    if standing.settled and wrong_rows:
        return State.PARTIAL
    return standing.state


def explained(checked: Sequence[Checked], day: date) -> Mapping[str, int]:
    """Return limitation → violations it explains, over all checks of a date."""
    found: dict[str, int] = {}
    for one in checked:
        violations = one.by_date.get(day)
        for name, count in (violations.known if violations else {}).items():
            found[name] = found.get(name, 0) + count
    return found
