"""What the ledger last knew of partitions, in the light of waivers that have ended since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gapless.ledger.interface import Ledger, PartitionState
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Waivers

NOT_MEASURED = "the warehouse is in use, so its rows were not measured again"


def known_standings(ledger: Ledger, now: datetime) -> dict[tuple[str, date], Standing]:
    """Return the last known standing of every partition the ledger has heard of.

    One that was waived, and whose waiver has ended, needs attention until it has been measured.
    """
    states = {(state.table, state.partition): state for state in ledger.states()}
    found = {slot: _standing(state) for slot, state in states.items()}
    waived = [slot for slot, standing in found.items() if standing.state is State.WAIVED]
    if waived:
        kept = Waivers(ledger.waivers())
        given = _given(ledger, min(day for _, day in waived), max(day for _, day in waived))
        for slot in waived:
            found[slot] = _judged(found[slot], kept, given, now)
    return found


def _standing(state: PartitionState) -> Standing:
    return Standing(
        state.table,
        state.partition,
        State(state.state),
        state.reason,
        state.expected,
        state.present,
        version=state.version,
        cause=_cause_of(state),
        due_at=_due_at(state),
    )


def known_causes(ledger: Ledger) -> dict[tuple[str, date], Standing]:
    """Return what stood in the way of partitions, as the ledger last knew it.

    Also those of tables that are loaded, of which it keeps nothing else.
    """
    found = {}
    for state in ledger.states():
        slot, kept = _cause_of(state), state.evidence.get("cause", {})
        if slot is not None:
            found[slot] = Standing(*slot, State(kept["state"]), kept["reason"])
    return found


def _cause_of(state: PartitionState) -> tuple[str, date] | None:
    cause = state.evidence.get("cause")
    return (cause["table"], date.fromisoformat(cause["date"])) if cause else None


def _due_at(state: PartitionState) -> datetime | None:
    due_at = state.evidence.get("due_at")
    return datetime.fromisoformat(due_at) if due_at else None


def _given(
    ledger: Ledger, first: date, last: date
) -> dict[tuple[str, date, int | None], Mapping[str, Any]]:
    """Return what each publication was made under: table, date, version → its waiver."""
    return {
        (attempt.table, attempt.partition, attempt.version): attempt.evidence["waiver"]
        for attempt in ledger.attempts(first=first, last=last)
        if "waiver" in attempt.evidence
    }


def _judged(
    standing: Standing,
    kept: Waivers,
    given: Mapping[tuple[str, date, int | None], Mapping[str, Any]],
    now: datetime,
) -> Standing:
    slot = (standing.table, standing.partition, standing.version)
    permission = kept.left_of(standing.table, standing.partition, given.get(slot, {}), now)
    if permission.holds:
        return replace(standing, waivers=permission.waivers)
    lapsed = permission.shortfall or "its waiver is not on record"
    reason = f"{lapsed}; {NOT_MEASURED}"
    return replace(standing, state=State.PARTIAL, reason=reason, waivers=permission.ended)
