"""Digests: what a partition reads, as one number over every input partition in its window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gapless.declare.calendar import DateFacts
from gapless.declare.inputs import Choice, Read, reads_of
from gapless.declare.tables import Derived
from gapless.partitions import Path
from gapless.plan.contents import MODULUS, mixed
from gapless.plan.picture import Picture
from gapless.warehouse.interface import Publication


def inputs_hash(
    picture: Picture,
    table: Derived,
    facts: DateFacts,
    path: Path,
    publication: Publication | None = None,
    fed: Mapping[str, frozenset[str]] | None = None,
) -> str:
    """Hash what a partition reads: the contents of every input partition in its window.

    Args:
        picture: What the warehouse holds.
        table: The reader.
        facts: Its date.
        path: Its path.
        publication: For a published partition: whose evidence says which sources were chosen.
        fed: For a partition about to be published: input → the sources chosen.
    """
    total = mixed("season", facts.season, facts.season_start)
    for alias, given in table.inputs_on(path).items():
        if isinstance(given, Choice):
            total += _choice_digest(picture, given, alias, facts, publication, fed)
        for read in reads_of(given):
            if read.required:
                total += _read_digest(picture, read, facts)
    for read in table.expected_reads_on(path):
        total += _read_digest(picture, read, facts)
    return f"{total % MODULUS:016x}"


def _read_digest(picture: Picture, read: Read, facts: DateFacts) -> int:
    held = picture.read_by(read)
    if read.window is None:
        return held.digest(facts.day, facts.day)
    return held.digest(read.window.start(facts), facts.day - timedelta(days=1))


def _choice_digest(
    picture: Picture,
    choice: Choice,
    alias: str,
    facts: DateFacts,
    publication: Publication | None,
    fed: Mapping[str, frozenset[str]] | None,
) -> int:
    """Hash the sources that fed a partition; one that retention took meanwhile, as it was then."""
    made = (publication.evidence.get("choices") or {}).get(alias, {}) if publication else {}
    recorded = made.get("contents", {})
    names = fed.get(alias, frozenset()) if fed is not None else frozenset(recorded)
    total = 0
    for source in choice.sources:
        if source.name not in names:
            continue
        held = picture.contents[source.name].on(facts.day)
        if held is not None:
            total += mixed(source.name, facts.day, held.rows, held.content)
        elif source.name in recorded:
            total += mixed(source.name, facts.day, *recorded[source.name])
    return total
