"""The fingerprint of an attempt: all that decides what comes out of it, as one number.

An attempt that failed and has the same fingerprint when it is made again fails again.
"""

from __future__ import annotations

from datetime import date, timedelta

from gapless.declare.tables import Derived
from gapless.partitions import path_of
from gapless.plan.contents import mixed
from gapless.plan.derive import unfit_source
from gapless.plan.standings import Standings


def attempt_fingerprint(standings: Standings, table: Derived, day: date) -> str:
    """Hash what an attempt at a partition would start from; no query.

    Definition, gate, what is waived, the contents of everything that is read and of every source it
    could choose, whether these may be used, and what is published there now, which must not become
    less.

    Returns:
        Sixteen hexadecimal digits; empty for a date that the calendar does not have.
    """
    picture = standings.picture
    facts = picture.calendar.dates.get(day)
    if facts is None:
        return ""
    path = path_of(day, picture.today)
    parts: list[object] = [
        path,
        standings.definition(table, path),
        standings.gate(table),
        facts.season,
        facts.season_start,
        picture.contents[table.name].on(day),
        sorted(
            check
            for waiver in picture.waivers.of(table.name, day)
            if waiver.run_id is None and waiver.is_valid(picture.now)
            for check in waiver.checks
        ),
    ]
    for read in table.reads_on(path):
        first, last = day, day
        if read.window is not None:
            first, last = read.window.start(facts), day - timedelta(days=1)
        parts += [read.table.name, picture.read_by(read).digest(first, last)]
        if not read.required:
            parts.append(unfit_source(standings, read.table, day) is None)
    return f"{mixed(*parts):016x}"
