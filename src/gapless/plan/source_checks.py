"""The checks of a source, asked of the dates of which it is not known yet what they find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from gapless.declare.calendar import DateFacts
from gapless.declare.fingerprints import checks_hash
from gapless.declare.inputs import Read, reads_of
from gapless.declare.tables import Source
from gapless.errors import GaplessError
from gapless.ledger.examinations import Examination
from gapless.measure import CheckOutcome, run_checks
from gapless.plan.contents import MODULUS, mixed
from gapless.plan.picture import Picture
from gapless.sql.binding import Scope
from gapless.version import __version__
from gapless.warehouse.interface import Warehouse

Known = Mapping[tuple[str, date], Examination]
"""What was found before, by source and date."""


def check_source(warehouse: Warehouse, picture: Picture, source: Source, known: Known) -> None:
    """Let a picture know what the checks of a source find, in one query for each check.

    Dates whose rows were examined before are not examined again. What was is noted in the picture
    as `examined`, for the ledger. A check that cannot be evaluated leaves its source unchecked.

    Args:
        warehouse: Where to ask.
        picture: What the warehouse holds.
        source: The source.
        known: What was found before.
    """
    facts = [
        picture.calendar.dates[day]
        for day in picture.calendar.between(picture.needed[source.name])
        # What happens is not asked of a date to come; what is planned is.
        if source.trusted or day <= picture.today
    ]
    if not facts or source.name not in picture.catalog:
        return
    fingerprints = _fingerprints(picture, source, facts)
    checked: dict[date, list[CheckOutcome]] = {}
    for day, fingerprint in fingerprints.items():
        found = known.get((source.name, day))
        if found is not None and found.fingerprint == fingerprint:
            checked[day] = [CheckOutcome(*outcome) for outcome in found.outcomes]
    scope = Scope(picture.pipeline.partition, tuple(f for f in facts if f.day not in checked))
    if scope.dates:
        try:
            anew = run_checks(warehouse, source.checks, scope, source.name)
        except GaplessError as error:
            # A check that cannot be evaluated is not a pass: its dates become unknown.
            picture.unchecked[source.name] = error.what
            return
        checked.update(anew)
        for day in (fact.day for fact in scope.dates):
            if day in fingerprints:
                picture.examined.append(
                    _examination(picture, source, day, fingerprints[day], anew.get(day, ()))
                )
    picture.checked[source.name] = checked


def _examination(
    picture: Picture, source: Source, day: date, fingerprint: str, found: Iterable[CheckOutcome]
) -> Examination:
    outcomes = [[o.name, o.blocking, o.examined, o.failed, o.detail] for o in found]
    return Examination(source.name, day, fingerprint, picture.now, outcomes)


def _fingerprints(picture: Picture, source: Source, facts: Iterable[DateFacts]) -> dict[date, str]:
    """Hash what the checks of a source read on each date, as far as all of it was read.

    A date on which a check looks further back than this picture does gets none.
    """
    reads = {Read(source, None, required=True)}
    for check in source.checks:
        for given in check.inputs.values():
            reads.update(reads_of(given))
    if not all(read.table.name in picture.contents for read in reads):
        return {}
    columns = {name: picture.catalog.get(name) for name in sorted(r.table.name for r in reads)}
    made_by = mixed(__version__, checks_hash(source.checks), columns)
    found = {}
    for fact in facts:
        total = made_by + mixed(fact)
        for read in reads:
            digest = _read_digest(picture, read, fact.day)
            if digest is None:
                break
            total += digest
        else:
            found[fact.day] = f"{total % MODULUS:016x}"
    return found


def _read_digest(picture: Picture, read: Read, day: date) -> int | None:
    needed = picture.needed[read.table.name]
    first = day if read.window is None else picture.starts_of(read.window)[day]
    if first < needed.first or day > needed.last:
        return None
    held = picture.contents[read.table.name]
    return held.digest_on(day) if read.window is None else held.digest_between(first, day)
