"""Wordings of findings: a sentence and the remedies for each code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_MISSING,
    CHECK_REQUIRED,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
)
from gapless.declare.tables import Source, Table
from gapless.findings import Remedy
from gapless.plan.picture import Picture
from gapless.plan.states import NOT_YET
from gapless.sql.cleaning import clean_script
from gapless.validate.judging import LEFTOVER, RESTS_ON_STALE, WAIVER_ENDED
from gapless.validate.remedies import (
    compute_again,
    compute_readers,
    load_again,
    look_at,
    waive_again,
)
from gapless.validate.strays import FUTURE, OFF_CALENDAR, OUTSIDE

MESSAGES = {
    CHECK_MISSING: "{table} has no rows where some were expected.",
    "partial": "{table} holds rows, but not those that were expected.",
    "stale": "{table} was published before what it depends on changed.",
    RESTS_ON_STALE: "{table} is as it was published, but rests on what has changed since.",
    "blocked": "{table} cannot be complete before one of its inputs is.",
    NOT_YET: "{table} has dates that are not closed yet; nothing is wrong with them.",
    "unknown": "Nothing can be said about {table}: something could not be evaluated.",
    "waived": "{table} was published below its gate, on somebody's word.",
    WAIVER_ENDED: "{table} stood on somebody's word, and the waiver has ended.",
    "tampered_rows": "{table} no longer holds what was published: rows were changed behind it.",
    "unaccounted_rows": "{table} holds rows that no publication accounts for.",
    CHECK_COVERAGE: "{table} lacks expected keys.",
    CHECK_GROUP_COVERAGE: "{table} lacks most of a group.",
    CHECK_UNEXPECTED: "{table} holds keys that nobody expects.",
    CHECK_UNIQUE: "{table} holds the same key more than once.",
    CHECK_REQUIRED: "{table} has rows that lack a required column; they count as missing.",
    LEFTOVER: "{table} holds rows of past dates, too few to be of use; nobody needs them.",
    OFF_CALENDAR: "{table} holds rows on dates that the calendar proves empty.",
    OUTSIDE: "{table} holds rows on dates that the calendar does not know.",
    FUTURE: "{table} holds rows of dates that have not been played out.",
    "unlike_neighbours": "{table} looks unlike the dates before: no proof, but worth a look.",
}


def message_of(code: str, table: str) -> str:
    """Return the sentence of a finding; the checks of a pipeline share one."""
    return MESSAGES.get(code, "{table}: " + code + " does not hold.").format(table=table)


def remedies_of(
    picture: Picture,
    code: str,
    table: Table,
    days: Sequence[date],
    tampered: frozenset[date],
    last_reached: date | None = None,
) -> tuple[Remedy, ...]:
    """Return what can be done about a finding.

    Args:
        picture: Knows the partition column.
        code: Of the finding.
        table: Whose partitions.
        days: Their dates, oldest first.
        tampered: Dates whose rows were changed behind their publication.
        last_reached: The last date on which something was computed from the bad ones.
    """
    further = (compute_readers(days[0], last_reached),) if last_reached is not None else ()
    if code in (LEFTOVER, OFF_CALENDAR, OUTSIDE, FUTURE):
        retention = picture.pipeline.retentions.get(table.name)
        command = retention.clean_command(days, picture.today) if retention else ""
        script = clean_script(table.name, picture.pipeline.partition, days)
        return (Remedy("clean them, keeping a copy", command or script),)
    if code == NOT_YET:
        return ()
    if code == "waived":
        return (look_at(table, days),)
    if code == WAIVER_ENDED:
        mend = load_again() if isinstance(table, Source) else compute_again(table, days)
        return (mend, *further, waive_again(table, days), look_at(table, days))
    if isinstance(table, Source):
        return (load_again(), *further, look_at(table, days))
    if code in ("blocked", RESTS_ON_STALE):
        return (compute_again(table, days, with_upstream=True), look_at(table, days))
    if code in (CHECK_MISSING, "partial", "stale", "tampered_rows", "unaccounted_rows"):
        return (compute_again(table, days), *further, look_at(table, days))
    changed = [day for day in days if day in tampered]
    if changed:
        return (compute_again(table, changed), *further, look_at(table, days))
    return (look_at(table, days),)
