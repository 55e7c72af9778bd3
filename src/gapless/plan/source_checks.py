"""The checks of a source, asked where it is not known yet what they find."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from gapless.declare.calendar import DateFacts
from gapless.declare.fingerprints import checks_hash
from gapless.declare.gates import Check
from gapless.declare.inputs import Read, reads_of
from gapless.declare.statements import Statement
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
_OF_THE_MOMENT = re.compile(
    r"\b(now|today|age|current_\w+|local(time|timestamp)|get_current_\w+|transaction_timestamp"
    r"|random|setseed|uuid\w*|gen_random_uuid|nextval|currval)\b",
    re.IGNORECASE,
)
"""Words of SQL that let the same rows be judged differently another time."""


def check_source(warehouse: Warehouse, picture: Picture, source: Source, known: Known) -> None:
    """Let a picture know what the checks of a source find, in one query for each check.

    None is asked where every date was examined before and holds the same rows. One date that does
    not, and all are examined: a check may compare a date with others. What was found is noted in
    the picture as `examined`, for the ledger, where all the dates there are were examined together.
    A check that cannot be evaluated leaves its source unchecked.

    Args:
        warehouse: Where to ask.
        picture: What the warehouse holds.
        source: The source.
        known: What was found before.
    """
    ordered = picture.calendar.ordered
    # What happens is not asked of a date to come; what is planned is.
    due = [day for day in ordered if source.trusted or day <= picture.today]
    within = picture.needed[source.name]
    facts = [picture.calendar.dates[day] for day in due if day in within]
    if not facts or source.name not in picture.catalog:
        return
    fingerprints = _fingerprints(picture, source, facts)
    found = _as_before(source, fingerprints, known) if len(fingerprints) == len(facts) else None
    if found is None:
        scope = Scope(picture.pipeline.partition, tuple(facts))
        try:
            found = run_checks(warehouse, source.checks, scope, source.name)
        except GaplessError as error:
            # A check that cannot be evaluated is not a pass: its dates become unknown.
            picture.unchecked[source.name] = error.what
            return
        if len(facts) == len(due):
            picture.examined += [
                _examination(picture, source, day, fingerprint, found.get(day, ()))
                for day, fingerprint in fingerprints.items()
            ]
    picture.checked[source.name] = found


def _as_before(
    source: Source, fingerprints: Mapping[date, str], known: Known
) -> dict[date, list[CheckOutcome]] | None:
    """Return what was found of the same rows; None where any date has others or cannot be read."""
    found: dict[date, list[CheckOutcome]] = {}
    for day, fingerprint in fingerprints.items():
        before = known.get((source.name, day))
        if before is None or before.fingerprint != fingerprint:
            return None
        try:
            outcomes = [CheckOutcome(*outcome) for outcome in before.outcomes]
        except TypeError:
            return None
        if outcomes:
            found[day] = outcomes
    return found


def _examination(
    picture: Picture, source: Source, day: date, fingerprint: str, found: Iterable[CheckOutcome]
) -> Examination:
    outcomes = [[o.name, o.blocking, o.examined, o.failed, o.detail] for o in found]
    return Examination(source.name, day, fingerprint, picture.now, outcomes)


def _fingerprints(picture: Picture, source: Source, facts: Iterable[DateFacts]) -> dict[date, str]:
    """Hash what the checks of a source read on each date, as far as all of it was read.

    A date on which a check looks further back than this picture does gets none, and so does every
    date of a source with a check that asks for the moment.
    """
    if any(_OF_THE_MOMENT.search(_text(check)) for check in source.checks):
        return {}
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


def _text(check: Check) -> str:
    statement = check.statement
    return statement.text if isinstance(statement, Statement) else statement


def _read_digest(picture: Picture, read: Read, day: date) -> int | None:
    needed = picture.needed[read.table.name]
    first = day if read.window is None else picture.starts_of(read.window)[day]
    if first < needed.first or day > needed.last:
        return None
    held = picture.contents[read.table.name]
    return held.digest_on(day) if read.window is None else held.digest_between(first, day)
