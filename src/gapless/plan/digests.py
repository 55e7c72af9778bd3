"""Digests: what a partition reads, as one number over every input partition in its window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from gapless.declare.calendar import DateFacts
from gapless.declare.inputs import Choice, Read, reads_of
from gapless.declare.tables import Derived
from gapless.partitions import Path, path_of
from gapless.plan.contents import MODULUS, mixed
from gapless.plan.picture import Declared, Picture
from gapless.warehouse.interface import Publication

SEASON = "season"
"""What the place of a date in its season is called among the inputs."""


def required_digests(
    picture: Picture, table: Derived, path: Path, days: Iterable[date]
) -> dict[date, int]:
    """Hash what every partition of a path must read, its place in its season included.

    Everything that `inputs_hash` needs but the sources that fed the partition, for many dates in
    one go.
    """
    dates = picture.calendar.dates
    totals = {day: _season_digest(dates[day].season, dates[day].season_start) for day in days}
    for read in _declared(picture, table, path)[1]:
        held = picture.read_by(read)
        if read.window is None:
            for day in totals:
                totals[day] += held.digest_on(day)
        else:
            starts = picture.starts_of(read.window)
            for day in totals:
                totals[day] += held.digest_between(starts[day], day)
    return totals


def inputs_hash(
    picture: Picture,
    table: Derived,
    facts: DateFacts,
    publication: Publication,
    required: int,
) -> str:
    """Hash what a published partition reads; see `input_digests`.

    Args:
        picture: What the warehouse holds.
        table: The reader.
        facts: Its date.
        publication: Whose evidence says which sources were chosen.
        required: What `required_digests` says of the date.
    """
    total = required
    path = path_of(facts.day, picture.today)
    for alias, choice in _declared(picture, table, path)[0]:
        for _, digest in _choice_digests(picture, choice, alias, facts, publication, None):
            total += digest
    return f"{total % MODULUS:016x}"


def hash_of(digests: Mapping[str, str]) -> str:
    """Return what `inputs_hash` does, from the digests of the input tables."""
    return f"{sum(int(digest, 16) for digest in digests.values()) % MODULUS:016x}"


def input_digests(
    picture: Picture,
    table: Derived,
    facts: DateFacts,
    path: Path,
    publication: Publication | None = None,
    fed: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, str]:
    """Hash what a partition reads: the contents of every input partition in its window.

    Args:
        picture: What the warehouse holds.
        table: The reader.
        facts: Its date.
        path: Its path.
        publication: For a published partition: whose evidence says which sources were chosen.
        fed: For a partition about to be published: input → the sources chosen.

    Returns:
        Table → digest of all of it that is read, and `season` for the season's first date.
    """
    totals: dict[str, int] = {}
    for name, digest in _parts(picture, table, facts, path, publication, fed):
        totals[name] = totals.get(name, 0) + digest
    return {name: f"{total % MODULUS:016x}" for name, total in totals.items()}


def _parts(
    picture: Picture,
    table: Derived,
    facts: DateFacts,
    path: Path,
    publication: Publication | None,
    fed: Mapping[str, frozenset[str]] | None,
) -> Iterator[tuple[str, int]]:
    yield SEASON, _season_digest(facts.season, facts.season_start)
    choices, reads = _declared(picture, table, path)
    for alias, choice in choices:
        yield from _choice_digests(picture, choice, alias, facts, publication, fed)
    for read in reads:
        yield read.table.name, _read_digest(picture, read, facts.day)


@lru_cache(maxsize=64)
def _season_digest(season: str, start: date) -> int:
    return mixed("season", season, start)


def _declared(picture: Picture, table: Derived, path: Path) -> Declared:
    """Return the choices and the reads of a path, listed once for all of its dates."""
    slot = (table, path)
    if slot not in picture.declared:
        given = table.inputs_on(path)
        choices = [(alias, one) for alias, one in given.items() if isinstance(one, Choice)]
        reads = [read for one in given.values() for read in reads_of(one) if read.required]
        reads += table.expected_reads_on(path)
        picture.declared[slot] = (tuple(choices), tuple(reads))
    return picture.declared[slot]


def _read_digest(picture: Picture, read: Read, day: date) -> int:
    held = picture.read_by(read)
    if read.window is None:
        return held.digest_on(day)
    return held.digest_between(picture.starts_of(read.window)[day], day)


def _choice_digests(
    picture: Picture,
    choice: Choice,
    alias: str,
    facts: DateFacts,
    publication: Publication | None,
    fed: Mapping[str, frozenset[str]] | None,
) -> Iterator[tuple[str, int]]:
    """Hash the sources that fed a partition; one that retention took meanwhile, as it was then."""
    made = (publication.evidence.get("choices") or {}).get(alias, {}) if publication else {}
    recorded = made.get("contents", {})
    names = fed.get(alias, frozenset()) if fed is not None else frozenset(recorded)
    for source in choice.sources:
        if source.name not in names:
            continue
        held = picture.contents[source.name].on(facts.day)
        if held is not None:
            yield source.name, mixed(source.name, facts.day, held.rows, held.content)
        elif source.name in recorded:
            yield source.name, mixed(source.name, facts.day, *recorded[source.name])
