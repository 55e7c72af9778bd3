"""Deriving the state of every partition from a picture; a pure function of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from gapless.declare.calendar import DateFacts, DayKind
from gapless.declare.gates import CHECK_INPUTS, CHECK_SOURCE
from gapless.declare.tables import Derived, Source, Table
from gapless.partitions import Path, path_of
from gapless.plan.digests import required_digests
from gapless.plan.doubts import Doubts
from gapless.plan.picture import Picture
from gapless.plan.published import published_standing
from gapless.plan.source_standing import source_standing
from gapless.plan.standings import Hindrance, Standings, hindrance_of
from gapless.plan.states import Standing, State
from gapless.plan.waivers import how_it_ended
from gapless.wording import plural


def derive_standings(picture: Picture, doubts: Doubts | None = None) -> Standings:
    """Derive the state of every partition of the picture.

    Args:
        picture: What the warehouse holds.
        doubts: Published partitions that were measured again.
    """
    standings = Standings(picture, doubts or {})
    for name, span in picture.needed.items():
        table = picture.pipeline.tables[name]
        if isinstance(table, Source):
            days = picture.calendar.between(span)
            standings.put(name, {day: source_standing(picture, table, day) for day in days})
            if not table.trusted:
                standings.put(name, _off_calendar_rows(standings, table))
    for table in picture.pipeline.derived_tables:
        if table.name in picture.needed:
            days = picture.calendar.between(picture.needed[table.name])
            derive_table(standings, table, days)
            standings.put(table.name, _off_calendar_rows(standings, table))
    return standings


def derive_table(standings: Standings, table: Derived, days: Sequence[date]) -> None:
    """Derive the states of some dates of one table; those of its inputs must be there already."""
    today = standings.picture.today
    found = {}
    for path in Path:
        on_path = [day for day in days if path_of(day, today) is path]
        if not on_path:
            continue
        required = required_digests(standings.picture, table, path, on_path)
        for day in on_path:
            found[day] = derived_standing(standings, table, path, day, required[day])
    standings.put(table.name, found)


def _off_calendar_rows(standings: Standings, table: Table) -> dict[date, Standing]:
    """Find rows on dates that the calendar proves empty, e.g. of a day that was moved.

    They would go on feeding history windows, so they are a state of their own, not nothing.
    """
    picture = standings.picture
    found = {}
    for day, held in picture.contents[table.name].held.items():
        if picture.calendar.kind(day) is DayKind.EMPTY:
            reason = (
                f"{picture.calendar.why_empty(day)}, but {held.rows} rows are there. If the date "
                f"was moved, remove them: DELETE FROM {table.name} "
                f"WHERE {picture.pipeline.partition} = DATE '{day}'"
            )
            found[day] = Standing(table.name, day, State.PARTIAL, reason, rows=held.rows)
    return found


def derived_standing(
    standings: Standings, table: Derived, path: Path, day: date, required: int
) -> Standing:
    """Derive the state of one partition of a computed table.

    Args:
        standings: Those of its inputs.
        table: The table.
        path: The path of the date.
        day: The date.
        required: What `required_digests` says of it.
    """
    picture = standings.picture
    facts = picture.calendar.dates[day]
    held = picture.contents[table.name].on(day)
    publication = picture.publications.get((table.name, day))
    quiet = _nothing_demanded(table, facts, path)
    if publication is None and quiet is not None:
        left = f"; it holds {plural(held.rows, 'row')} all the same" if held else ""
        return Standing(table.name, day, quiet[0], quiet[1] + left, rows=held.rows if held else 0)
    found = published_standing(standings, table, facts, path, required)
    obstacle = standings.in_the_way(table, facts, path, published=found.settled)
    if found.settled:
        found = found if obstacle is None else _resting_on(standings, found, obstacle)
    if path in table.on_request and not found.settled:
        reason = f"built for {path} dates only when asked for by name; {found.reason}"
        outdated = found.inherited or (
            found.state is State.STALE and _holds_its_publication(standings, table, day)
        )
        return replace(found, state=State.NOTHING_EXPECTED, reason=reason, outdated=outdated)
    if found.settled or found.inherited or obstacle is None:
        return found
    return _waiting_for(standings, found, obstacle)


def _holds_its_publication(standings: Standings, table: Derived, day: date) -> bool:
    publication = standings.picture.publications.get((table.name, day))
    return publication is not None and standings.picture.holds(publication)


def _nothing_demanded(table: Derived, facts: DateFacts, path: Path) -> tuple[State, str] | None:
    if table.expected_on(path) is None:
        reason = "nothing can be expected before the date has been played out"
        if path is Path.HISTORICAL:
            reason = "nothing is demanded of past dates"
        return State.NOTHING_EXPECTED, reason
    if table.warm_up is not None and table.warm_up.holds(facts):
        reason = (
            f"day {facts.day_of_season} of the season; expected from day {table.warm_up.days} on"
        )
        return State.WARM_UP, reason
    if path in table.on_request:
        return State.NOTHING_EXPECTED, f"built for {path} dates only when asked for by name"
    return None


def _resting_on(standings: Standings, found: Standing, obstacle: Standing) -> Standing:
    """Say how a partition stands that is as published, while an input of it is not settled.

    What was published on somebody's word stays on that word; where the word was given for the
    incomplete input itself, nothing has happened since.
    """
    root = standings.root_cause(obstacle.table, obstacle.partition)
    rests = f"rests on {root.table} of {root.partition}, which is {root.state}: {root.reason}"
    cause = (root.table, root.partition)
    if found.state is State.WAIVED:
        publication = standings.picture.publications[found.table, found.partition]
        waived = (publication.evidence.get("waiver") or {}).get("checks", ())
        if found.outdated or not {CHECK_INPUTS, CHECK_SOURCE}.isdisjoint(waived):
            return found
        reason = f"{found.reason}; {rests}"
        return replace(found, reason=reason, outdated=True, inherited=True, cause=cause)
    kind = hindrance_of(root if obstacle.settled else obstacle)
    state = State.STALE if kind is Hindrance.STALE else State.BLOCKED
    return replace(
        found, state=state, reason=rests, inherited=True, cause=cause, due_at=obstacle.due_at
    )


def _waiting_for(standings: Standings, found: Standing, obstacle: Standing) -> Standing:
    """Say how a partition stands that has to be computed, but not before one of its inputs."""
    root = standings.root_cause(obstacle.table, obstacle.partition)
    cause = (root.table, root.partition)
    if found.state is State.STALE and hindrance_of(obstacle) is Hindrance.STALE:
        return replace(found, cause=cause)
    reason = f"{root.table} of {root.partition} is {root.state}: {root.reason}"
    if found.waivers:
        reason = f"{how_it_ended(found.waivers[0])}; {reason}"
    return replace(found, state=State.BLOCKED, reason=reason, cause=cause, due_at=obstacle.due_at)


def unfit_source(standings: Standings, source: Table, day: date) -> str | None:
    """Say why a source must not feed a partition whatever it holds; None when it may.

    A computed source has to be settled itself. One that is kept for past dates without being
    demanded may be partial, which is measured, but not made from inputs that have changed since.
    """
    standing = standings.of(source.name, day)
    if not isinstance(standings.picture.pipeline.tables[source.name], Derived):
        return standing.reason if standing.not_yet else None
    if standing.settled and not standing.outdated:
        return None
    return f"{standing.state}: {standing.reason}"
