"""Records: what an audited partition becomes in the warehouse's publications and in the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gapless.choosing import ChoiceMade
from gapless.coverage import percent
from gapless.declare.gates import CHECK_COVERAGE
from gapless.declare.tables import Derived
from gapless.ledger.interface import Attempt, Verdict, Waiver
from gapless.partitions import Path
from gapless.plan.changes import rows_since
from gapless.plan.contents import Held
from gapless.plan.digests import hash_of, input_digests
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Permission, how_it_ended
from gapless.run.chunk import Audited, Chunk
from gapless.run.difference import EVIDENCE, Difference
from gapless.run.frame import RunFrame
from gapless.run.settings import Force
from gapless.verdicts import Outcome
from gapless.warehouse.interface import Publication
from gapless.wording import plural


def publication_of(
    frame: RunFrame,
    standings: Standings,
    chunk: Chunk,
    audited: Audited,
    now: datetime,
    permission: Permission | None,
    staged_columns: Mapping[str, str],
    difference: Difference | None,
) -> Publication:
    """Return the publication that goes live with the staged rows of a partition.

    Args:
        frame: The run.
        standings: Those of its inputs.
        chunk: What it belongs to.
        audited: What was measured of it.
        now: When it is published.
        permission: What it is published under, where it is below its gate.
        staged_columns: Columns with their types.
        difference: What it changes; None where that could not be compared.
    """
    table, day = chunk.table, audited.day
    before = standings.picture.publications.get((table.name, day))
    fed = {
        made.input: frozenset([made.chosen or "", *made.filled_from]) for made in audited.choices
    }
    facts = standings.picture.calendar.dates[day]
    rows = rows_of(audited)
    inputs = input_digests(standings.picture, table, facts, chunk.path, fed=fed)
    evidence: dict[str, Any] = {
        "path": chunk.path.value,
        "columns": len(staged_columns),
        "rows_since": _rows_since(standings, table, day, rows, now).isoformat(),
        "definition": standings.definition_parts(table, chunk.path),
        "inputs": inputs,
    }
    if audited.choices:
        evidence["choices"] = {
            made.input: {**made.as_evidence(), "contents": _fed_contents(standings, made, day)}
            for made in audited.choices
        }
    if audited.coverage.excluded:
        evidence["excluded"] = dict(audited.coverage.excluded)
    if permission is not None:
        evidence["waiver"] = permission.as_evidence()
    if difference is not None:
        evidence[EVIDENCE] = difference.as_evidence()
    return Publication(
        table=table.name,
        partition=day,
        version=before.version + 1 if before else 1,
        run_id=frame.run_id,
        published_at=now,
        state=State.WAIVED if permission else State.COMPLETE,
        rows=audited.coverage.rows,
        expected=audited.coverage.expected,
        present=audited.coverage.present,
        content=audited.coverage.content,
        definition=standings.definition(table, chunk.path),
        gate=standings.gate(table),
        inputs=hash_of(inputs),
        code_version=frame.settings.code_version,
        actor=frame.settings.actor,
        evidence=evidence,
    )


def _rows_since(
    standings: Standings, table: Derived, day: date, rows: Held, now: datetime
) -> datetime:
    """Return since when the rows are what they are; renewing a publication changes none."""
    picture = standings.picture
    before = picture.publications.get((table.name, day))
    same = before is not None and picture.holds(before) and rows == held_of(before)
    return rows_since(before) if before is not None and same else now


def waiver_for(
    frame: RunFrame, force: Force, table: Derived, day: date, checks: Sequence[str], now: datetime
) -> Waiver:
    """Return the waiver that a forced publication is made under."""
    return Waiver(
        waiver_id=uuid.uuid4().hex[:12],
        table=table.name,
        partition=day,
        checks=tuple(checks),
        reason=force.reason,
        actor=frame.settings.actor,
        granted_at=now,
        expires_at=now + force.expires_after,
        run_id=frame.run_id,
    )


def audited_attempt(
    frame: RunFrame,
    chunk: Chunk,
    audited: Audited,
    verdict: Verdict,
    reason: str,
    times: tuple[datetime, datetime],
    *,
    version: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Attempt:
    """Return the attempt of a partition that got as far as its audit."""
    coverage = audited.coverage
    evidence: dict[str, Any] = {
        "choices": {made.input: made.as_evidence() for made in audited.choices},
        "gate": [
            result.as_evidence()
            for result in audited.results
            if result.check == CHECK_COVERAGE or result.outcome is not Outcome.PASS
        ],
        "passed": [r.check for r in audited.results if r.outcome is Outcome.PASS],
        "excluded": dict(coverage.excluded),
        "named": {kind: [str(name) for name in names] for kind, names in audited.named.items()},
        **(extra or {}),
    }
    return Attempt(
        run_id=frame.run_id,
        table=chunk.table.name,
        partition=audited.day,
        path=chunk.path.value,
        verdict=verdict,
        started_at=times[0],
        finished_at=times[1],
        expected=coverage.expected,
        present=coverage.present,
        missing=coverage.missing,
        unexpected=coverage.unexpected,
        duplicates=coverage.duplicates,
        rows=coverage.rows,
        version=version,
        code_version=frame.settings.code_version,
        reason=reason,
        evidence={name: value for name, value in evidence.items() if value},
    )


def bare_attempt(
    frame: RunFrame,
    table: str,
    day: date,
    path: Path,
    verdict: Verdict,
    reason: str,
    times: tuple[datetime, datetime],
    choices: Sequence[ChoiceMade] = (),
) -> Attempt:
    """Return the attempt of a partition that was never staged or whose staging failed."""
    return Attempt(
        run_id=frame.run_id,
        table=table,
        partition=day,
        path=path.value,
        verdict=verdict,
        started_at=times[0],
        finished_at=times[1],
        code_version=frame.settings.code_version,
        reason=reason,
        evidence=(
            {"choices": {made.input: made.as_evidence() for made in choices}} if choices else {}
        ),
    )


def refusal_reason(
    chunk: Chunk, audited: Audited, quarantine: str | None, permission: Permission | None
) -> str:
    """Say what failed, with the first names, what was not done and what to do next."""
    failed = "; ".join(str(result) for result in audited.failed)
    names = []
    for kind, found in audited.named.items():
        shown = ", ".join(str(name) for name in found[:3])
        names.append(f"{kind}, first: {shown}")
    detail = f" ({'; '.join(names)})" if names else ""
    rows = audited.coverage.rows
    kept = f"what was staged ({plural(rows, 'row')}) is in {quarantine}"
    if not rows:
        kept = "no rows were computed"
    elif quarantine is None:
        kept = f"what was staged ({plural(rows, 'row')}) could not be kept in quarantine"
    return (
        f"{failed}{detail}{_not_waived(permission)}. Nothing was published; {kept}. "
        f"Look: gapless explain {chunk.table.name} {audited.day}"
    )


def _not_waived(permission: Permission | None) -> str:
    """Say which checks a waiver would have had to cover, too; empty where there is none."""
    if permission is None or not (permission.waivers or permission.ended):
        return ""
    if permission.ended:
        return f"; {how_it_ended(permission.ended[0])}"
    if permission.holds:
        return "; what is unknown cannot be waived"
    covered = [check for check in permission.checks if check not in permission.lacking]
    return f"; waived is {', '.join(covered)}, but not {', '.join(permission.lacking)}"


def passed_reason(audited: Audited) -> str:
    """Say how well a published partition is covered, and what fed it."""
    coverage = audited.coverage
    text = f"{coverage.present} of {coverage.expected} ({percent(coverage.ratio)})"
    chosen = "; ".join(f"{made.input}: {made.reason}" for made in audited.choices)
    return f"{text}; {chosen}" if chosen else text


def standing_of(
    publication: Publication, reason: str, permission: Permission | None = None
) -> Standing:
    """Return the standing of a partition that has just been published."""
    return Standing(
        table=publication.table,
        partition=publication.partition,
        state=State(publication.state),
        reason=reason,
        expected=publication.expected,
        present=publication.present,
        rows=publication.rows,
        version=publication.version,
        waivers=permission.waivers if permission is not None else (),
    )


def rows_of(audited: Audited) -> Held:
    """Return what the table would hold on a date if its staged rows were published."""
    return Held(audited.coverage.rows, audited.coverage.content)


def held_of(publication: Publication) -> Held:
    """Return what the table holds on a date that has just been published."""
    return Held(publication.rows, publication.content)


def _fed_contents(standings: Standings, made: ChoiceMade, day: date) -> dict[str, list[int]]:
    contents = standings.picture.contents
    held = {name: contents[name].on(day) for name in (made.chosen or "", *made.filled_from) if name}
    return {name: [found.rows, found.content] for name, found in held.items() if found}
