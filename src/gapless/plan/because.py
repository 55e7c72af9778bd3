"""Because: why a partition is in the plan, from itself through its inputs to the root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gapless.declare.tables import Derived
from gapless.partitions import Path, path_of
from gapless.plan.changes import ChangedInput, changed_inputs, changed_since
from gapless.plan.digests import required_digests
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.warehouse.interface import Publication


@dataclass(frozen=True)
class Link:
    """One partition, or one window of an input, on the way from a step to its root."""

    table: str
    partition: date
    """The date; of a window, its last."""
    text: str
    since: date | None = None
    """Of a window, its first date."""
    version: int | None = None
    """Of what is published, with the run that published it, its actor and when."""
    run_id: str | None = None
    actor: str | None = None
    published_at: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the link as `--json` shows it."""
        return {
            "table": self.table,
            "date": self.partition.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "text": self.text,
            "version": self.version,
            "run_id": self.run_id,
            "actor": self.actor,
            "published_at": self.published_at.isoformat() if self.published_at else None,
        }


def because(standings: Standings, table: str, day: date) -> tuple[Link, ...]:
    """Follow what is wrong with a partition to its root, and to what has changed there.

    The first link is the partition itself. A partition that is done has no other.
    """
    links: list[Link] = []
    seen: set[tuple[str, date]] = set()
    standing: Standing | None = standings.of(table, day)
    while standing is not None and (standing.table, standing.partition) not in seen:
        seen.add((standing.table, standing.partition))
        links.append(_link(standings, standing, f"{standing.state}{_own(standing)}"))
        obstacle = _obstacle(standings, standing)
        if obstacle is None:
            links += _changes(standings, standing)
        standing = obstacle
    return tuple(links)


def _own(standing: Standing) -> str:
    """Leave the root to its own link."""
    if standing.inherited or (standing.state is State.BLOCKED and standing.cause is not None):
        return " through its inputs"
    return f": {standing.reason}"


def _declared(standings: Standings, standing: Standing) -> tuple[Derived, Path] | None:
    """Return what a partition was computed by; None for loaded ones and off the calendar."""
    picture = standings.picture
    table = picture.pipeline.tables[standing.table]
    if not isinstance(table, Derived) or standing.partition not in picture.calendar.dates:
        return None
    return table, path_of(standing.partition, picture.today)


def _obstacle(standings: Standings, standing: Standing) -> Standing | None:
    declared = _declared(standings, standing)
    if declared is None or standing.cause is None:
        return None
    table, path = declared
    facts = standings.picture.calendar.dates[standing.partition]
    return standings.in_the_way(table, facts, path, published=standing.inherited)


def _changes(standings: Standings, standing: Standing) -> Iterator[Link]:
    """Follow the inputs of a root that hold something else than when it was published."""
    picture = standings.picture
    declared = _declared(standings, standing)
    publication = picture.publications.get((standing.table, standing.partition))
    if declared is None or publication is None or standing.state is State.COMPLETE:
        return
    table, path = declared
    facts = picture.calendar.dates[standing.partition]
    required = required_digests(picture, table, path, [facts.day])[facts.day]
    change = changed_since(standings, table, facts, publication, required)
    if change is None:
        return
    for changed in changed_inputs(standings, table, facts, path, change):
        if changed.republished:
            for newer in changed.republished:
                yield _published(newer, "published anew since")
        else:
            yield _changed(changed, publication)


def _changed(changed: ChangedInput, publication: Publication) -> Link:
    text = f"changed since v{publication.version} of {publication.table} was published"
    since = changed.first if changed.first != changed.last else None
    return Link(changed.table, changed.last, text, since)


def _link(standings: Standings, standing: Standing, text: str) -> Link:
    publication = standings.picture.publications.get((standing.table, standing.partition))
    if publication is None:
        return Link(standing.table, standing.partition, text)
    return _published(publication, text)


def _published(publication: Publication, text: str) -> Link:
    return Link(
        table=publication.table,
        partition=publication.partition,
        text=text,
        version=publication.version,
        run_id=publication.run_id,
        actor=publication.actor,
        published_at=publication.published_at,
    )
