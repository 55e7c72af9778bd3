"""The state of a published partition: whether its rows are those audited, and up to date."""

from __future__ import annotations

from gapless.coverage import percent
from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Derived
from gapless.partitions import Path
from gapless.plan.changes import changed_since
from gapless.plan.contents import Held
from gapless.plan.doubts import Doubt
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waived import permission_left, waived_standing
from gapless.warehouse.interface import Publication


def published_standing(
    standings: Standings,
    table: Derived,
    facts: DateFacts,
    path: Path,
    required: int,
) -> Standing:
    """Say how a partition that should be published stands, its inputs left aside.

    Args:
        standings: Those of its inputs.
        table: The table.
        facts: The date.
        path: The path of the date.
        required: What `required_digests` says of it.
    """
    picture, day = standings.picture, facts.day
    held = picture.contents[table.name].on(day)
    publication = picture.publications.get((table.name, day))
    rows = held.rows if held else 0
    doubt = standings.doubts.get((table.name, day))
    if doubt is not None and (publication is None or publication.version != doubt.version):
        doubt = None
    coverage = doubt.coverage if doubt else None
    expected = coverage.expected if coverage else publication.expected if publication else None
    present = coverage.present if coverage else publication.present if publication else None
    if not rows and present is not None:
        present = 0

    def standing(state: State, reason: str) -> Standing:
        version = publication.version if publication else None
        return Standing(table.name, day, state, reason, expected, present, rows, version)

    intact = publication is not None and (
        picture.holds(publication) or _was_widened(standings, table, path, publication, rows)
    )
    wrong = _wrong_rows(held, publication, doubt, intact=intact)
    if wrong is not None:
        return standing(*wrong)
    assert publication is not None  # noqa: S101 - without one the rows are in doubt
    changed = changed_since(standings, table, facts, publication, required)
    # A gate of a new definition may speak of columns that only new rows have.
    doubt = None if changed is not None and changed.redefined else doubt
    if publication.state == State.WAIVED:
        left = permission_left(standings, table, facts, path, publication, doubt)
        return waived_standing(left, doubt, changed, standing(State.WAIVED, ""))
    if changed is not None and changed.redefined:
        return standing(State.STALE, f"{changed.text} since it was published")
    if doubt is not None and doubt.failure is not None:
        state = State.UNKNOWN if doubt.unknown else State.PARTIAL
        return standing(state, f"its gate changed since it was published: {doubt.failure}")
    if changed is not None:
        return standing(State.STALE, f"{changed.text} since it was published")
    ratio = publication.present / publication.expected if publication.expected else None
    covered = f"{publication.present} of {publication.expected} ({percent(ratio)})"
    return standing(State.COMPLETE, covered)


def _was_widened(
    standings: Standings, table: Derived, path: Path, publication: Publication, rows: int
) -> bool:
    """Tell whether a new definition has brought columns along that older rows do not have.

    Fingerprints cannot be compared then; the partition is stale by definition, not by tampering.
    """
    columns = publication.evidence.get("columns")
    now = len(standings.picture.catalog.get(table.name, ()))
    redefined = publication.definition != standings.definition(table, path)
    return redefined and columns is not None and now > columns and rows == publication.rows


def _wrong_rows(
    held: Held | None, publication: Publication | None, doubt: Doubt | None, *, intact: bool
) -> tuple[State, str] | None:
    """Say what is wrong with the rows themselves; None when they are those of the publication."""
    rows = held.rows if held else 0
    if publication is None:
        if not rows:
            return State.MISSING, "never published"
        return State.PARTIAL, f"{rows} rows that no publication accounts for"
    if publication.rows and not rows:
        return State.MISSING, f"its {publication.rows} published rows are gone"
    if not intact:
        changed = f"rows were changed behind publication v{publication.version}"
        if doubt is None or doubt.failure is None:
            return State.STALE, changed
        state = State.STALE if doubt.unknown else State.PARTIAL
        return state, f"{changed}: {doubt.failure}"
    return None
