"""The state of a loaded partition, from its rows and its checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gapless.declare.tables import Source
from gapless.partitions import Path, path_of
from gapless.plan.picture import Picture
from gapless.plan.states import Standing, State


def source_standing(picture: Picture, source: Source, day: date) -> Standing:
    """Say whether a loaded partition is complete, from its checks."""
    held = picture.contents[source.name].on(day)
    rows = held.rows if held else 0

    def standing(state: State, reason: str) -> Standing:
        return Standing(source.name, day, state, reason, rows=rows)

    if path_of(day, picture.today) is Path.UPCOMING and not source.trusted:
        return standing(State.NOTHING_EXPECTED, "not played yet")
    open_until = _open_until(picture, source, day)
    if open_until is not None:
        local = open_until.astimezone(ZoneInfo(picture.pipeline.timezone))
        found = standing(State.BLOCKED, f"not closed before {local:%Y-%m-%d %H:%M %Z}")
        return replace(found, due_at=open_until)
    if not rows and not source.optional:
        unit = picture.calendar.unit
        units = picture.calendar.dates[day].units
        return standing(State.MISSING, f"no rows, although {units} {unit}s are scheduled")
    return standing(*_examined(picture, source, day))


def _open_until(picture: Picture, source: Source, day: date) -> datetime | None:
    """Return when a date is closed that still is not; None when it is, or nobody waits for it."""
    if not source.settle or source.trusted:
        return None
    closes_at = source.closes_at(day, picture.pipeline.timezone)
    return closes_at if picture.now < closes_at else None


def _examined(picture: Picture, source: Source, day: date) -> tuple[State, str]:
    """Say what the checks of a closed date come to."""
    if source.name in picture.unchecked:
        reason = f"its checks could not be evaluated: {picture.unchecked[source.name]}"
        return State.UNKNOWN, reason
    outcomes = {found.name: found for found in picture.checked.get(source.name, {}).get(day, [])}
    for check in source.checks:
        outcome = outcomes.get(check.name)
        if check.blocking and (outcome is None or not outcome.examined):
            return State.UNKNOWN, f"check {check.name} examined nothing"
        if outcome is not None and outcome.failed and check.blocking:
            reason = f"{check.name}: {outcome.failed} of {outcome.examined}: {outcome.detail}"
            return State.PARTIAL, reason
    facts = [found.detail for found in outcomes.values() if found.failed and found.detail]
    if facts:
        return State.COMPLETE, f"known fact: {facts[0]}"
    if source.trusted:
        return State.COMPLETE, "trusted"
    return State.COMPLETE, (
        "all checks right" if source.checks else "it has rows; no checks declared"
    )
