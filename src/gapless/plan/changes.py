"""Changes: what a publication depends on that is not as it was when it was published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Derived
from gapless.partitions import Path, path_of
from gapless.plan.digests import SEASON, input_digests, inputs_hash
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.warehouse.interface import Publication

DEFINITION_CHANGED = "its definition changed"
"""What the reason of a partition begins with whose definition did."""
NAMED_AT_MOST = 3
"""Of the dates that were published anew since, the first so many are named."""


@dataclass(frozen=True)
class Change:
    """What has changed since a partition was published."""

    text: str
    """A clause, e.g. `its inputs changed (raw.sales)`."""
    redefined: bool = False
    """Whether its definition has; then its rows are not what is meant any more."""
    inputs: tuple[str, ...] = ()
    """The input tables that hold something else now, as far as the publication tells."""


def changed_since(
    standings: Standings, table: Derived, facts: DateFacts, publication: Publication, required: int
) -> Change | None:
    """Say what a publication depends on has changed since; None when nothing has.

    Args:
        standings: Those of its inputs.
        table: The table.
        facts: The date.
        publication: What is published of it.
        required: What `required_digests` says of it now.
    """
    path = path_of(facts.day, standings.picture.today)
    if publication.definition != standings.definition(table, path):
        parts = _changed_parts(standings, table, path, publication)
        return Change(f"{DEFINITION_CHANGED}{_listed(parts)}", redefined=True)
    picture = standings.picture
    if publication.inputs != inputs_hash(picture, table, facts, publication, required):
        names = _changed_inputs(standings, table, facts, path, publication)
        return Change(f"its inputs changed{_listed(names)}", inputs=tuple(names))
    for read in standings.fed_by(table, facts.day):
        source = standings.of(read.table.name, facts.day)
        unused = source.state is State.NOTHING_EXPECTED and source.outdated
        if unused and not source.inherited:
            # Nobody brings it up to date, so another source has to take its place.
            text = f"inputs of {source.table}, which fed it, changed"
            return Change(text, inputs=(source.table,))
    return None


def _listed(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _changed_parts(
    standings: Standings, table: Derived, path: Path, publication: Publication
) -> list[str]:
    """Name the parts of a definition that changed; none for publications that did not keep them."""
    evidence = publication.evidence
    if evidence.get("path", path) != path:
        return [f"published while the date was {evidence['path']}"]
    then = evidence.get("definition") or {}
    now = standings.definition_parts(table, path)
    return [name for name, digest in now.items() if then and then.get(name) != digest]


def _changed_inputs(
    standings: Standings, table: Derived, facts: DateFacts, path: Path, publication: Publication
) -> list[str]:
    then = publication.evidence.get("inputs") or {}
    if not then:
        return []
    now = input_digests(standings.picture, table, facts, path, publication)
    names = [name for name in {**now, **then} if now.get(name) != then.get(name)]
    return ["the start of its season" if name == SEASON else name for name in names]


@dataclass(frozen=True)
class ChangedInput:
    """An input that holds something else than when its reader was published."""

    table: str
    first: date
    last: date
    """What the reader reads of it: a date, or its window."""
    republished: tuple[Publication, ...] = ()
    """The first partitions in there with rows that are newer than the reader."""


def changed_inputs(
    standings: Standings, table: Derived, facts: DateFacts, path: Path, change: Change
) -> list[ChangedInput]:
    """Follow a change to the dates that were published anew since the reader was.

    Publications that did not keep what they read, input by input, are judged by these alone.
    """
    publication = standings.picture.publications.get((table.name, facts.day))
    if publication is None:
        return []
    found = []
    for read in (*standings.required_reads(table, path), *standings.fed_by(table, facts.day)):
        if change.inputs and read.table.name not in change.inputs:
            continue
        first = last = facts.day
        if read.window is not None:
            first, last = read.window.start(facts), facts.day - timedelta(days=1)
        newer = _newer(standings, read.table.name, first, last, publication.published_at)
        found.append(ChangedInput(read.table.name, first, last, tuple(newer)))
    # Of a table that is read twice, only the read that holds something new has changed.
    known = {one.table for one in found if one.republished}
    named = [one for one in found if one.table not in known and change.inputs]
    return [one for one in found if one.republished or one in named]


def _newer(
    standings: Standings, table: str, first: date, last: date, moment: datetime
) -> list[Publication]:
    found = []
    for day in standings.by_table.get(table, {}):
        publication = standings.picture.publications.get((table, day))
        if publication is not None and first <= day <= last and rows_since(publication) > moment:
            found.append(publication)
            if len(found) == NAMED_AT_MOST:
                break
    return found


def rows_since(publication: Publication) -> datetime:
    """Return since when the rows of a partition are what they are, publications renewed or not."""
    recorded = publication.evidence.get("rows_since")
    return datetime.fromisoformat(recorded) if recorded else publication.published_at
