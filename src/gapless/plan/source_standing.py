"""The state of a loaded partition, from its rows, its checks and what somebody permits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gapless.declare.gates import CHECK_MISSING
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
        reason = f"no rows, although {units} {unit}s are scheduled"
        missing = standing(State.MISSING, reason)
        evaluated = source.name not in picture.unchecked
        return _vouched(picture, missing, {CHECK_MISSING: reason}) if evaluated else missing
    examined = standing(*_examined(picture, source, day))
    if examined.state is not State.PARTIAL:
        return examined
    return _vouched(picture, examined, _failed(picture, source, day))


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
    failed = _failed(picture, source, day)
    if failed:
        return State.PARTIAL, "; ".join(failed.values())
    facts = [found.detail for found in outcomes.values() if found.failed and found.detail]
    if facts:
        return State.COMPLETE, f"known fact: {facts[0]}"
    if source.trusted:
        return State.COMPLETE, "trusted"
    return State.COMPLETE, (
        "all checks right" if source.checks else "it has rows; no checks declared"
    )


def _failed(picture: Picture, source: Source, day: date) -> dict[str, str]:
    """Return what stands against a date: check → what it found."""
    return {
        found.name: f"{found.name}: {found.failed} of {found.examined}: {found.detail}"
        for found in picture.checked.get(source.name, {}).get(day, [])
        if found.blocking and found.failed
    }


def _vouched(picture: Picture, found: Standing, failed: Mapping[str, str]) -> Standing:
    """Let somebody's word stand in for what fails, where it covers all of it."""
    permission = picture.waivers.permission(
        found.table, found.partition, tuple(failed), picture.now
    )
    if permission.holds:
        reason = f"waived: {permission.reason} ({'; '.join(failed.values())})"
        return replace(found, state=State.WAIVED, reason=reason, waivers=permission.waivers)
    if permission.shortfall:
        reason = f"{permission.shortfall}: {found.reason}"
        return replace(found, reason=reason, waivers=permission.ended)
    return found
