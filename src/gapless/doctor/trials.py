"""Trials: what becomes of bad copies, and of a check that is fed several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from gapless.declare.gates import Check
from gapless.declare.limitations import Limitation
from gapless.declare.statements import Statement
from gapless.doctor.model import Ability, GuardTried, Kind, Trial
from gapless.errors import GaplessError, QueryFailed
from gapless.findings import DatedFact
from gapless.sql.bad_copies import (
    FEWER_THAN_HALF,
    Original,
    doubled,
    none_left,
    replaced,
    thinned,
)
from gapless.sql.poison import Poison, Poisonable, distorted

SPOILED = "spoiled"
"""Text in the errors that are provoked, so that they can be told from others."""
HALF_GONE = "more than half of its keys removed"
JUST_BELOW = "as many keys removed as bring it just below the threshold"


@dataclass(frozen=True)
class Met:
    """What became of a bad copy on one date."""

    as_wanted: bool
    found: str


Outcomes = Mapping[date, Met]


@dataclass(frozen=True)
class BadRows:
    """One way to spoil rows."""

    copy: str
    """For people."""
    select: str
    otherwise: str | None = None
    """The same without types, where a column's type has no such value."""


def tried(
    copy: str, wanted: str, run: Callable[[], Outcomes], *, ability: Ability = Ability.ABLE
) -> Trial:
    """Feed a bad copy and say what became of it; what cannot be measured was not tried.

    Args:
        copy: How it was spoiled.
        wanted: What should become of it.
        run: Stages and measures it.
        ability: What it is worth when that became of it on every date.
    """
    try:
        outcomes = run()
    except GaplessError as error:
        return Trial(copy, wanted, Ability.UNTRIED, reason=error.what)
    let_through = tuple(
        DatedFact(day, met.found) for day, met in sorted(outcomes.items()) if not met.as_wanted
    )
    if not outcomes:
        return Trial(copy, wanted, Ability.UNTRIED, reason="nothing was measured")
    return Trial(copy, wanted, Ability.UNABLE if let_through else ability, let_through)


def tried_error(copy: str, wanted: str, run: Callable[[], object]) -> Trial:
    """Provoke an error and demand that it is not swallowed."""
    try:
        run()
    except GaplessError as error:
        if SPOILED in error.what:
            return Trial(copy, wanted, Ability.ABLE)
        return Trial(copy, wanted, Ability.UNTRIED, reason=error.what)
    return Trial(copy, wanted, Ability.UNABLE)


def staged_either(
    stage: Callable[[str], tuple[str, Mapping[str, str]]], rows: BadRows
) -> tuple[str, Mapping[str, str]]:
    """Stage bad rows; where a column cannot hold the value, with another type."""
    try:
        return stage(rows.select)
    except QueryFailed:
        if rows.otherwise is None:
            raise
        return stage(rows.otherwise)


def spoiled(original: Original, spoiled_by: Mapping[str, str]) -> BadRows:
    """Spoil rows by SQL expressions."""
    told = ", ".join(f"{name} = {value}" for name, value in spoiled_by.items())
    return BadRows(
        told, replaced(original, spoiled_by), replaced(original, spoiled_by, typed=False)
    )


def known_ways(original: Original, names: frozenset[str] = frozenset()) -> list[BadRows]:
    """List ways to spoil rows that some check should notice, when it does not name its own.

    Args:
        original: The rows.
        names: Columns that say what a row is about; they are not distorted.
    """
    poisonable = Poisonable(
        original.place, original.key, original.columns, original.partition, names, season=None
    )
    rows = f"SELECT * FROM {original.place}"
    return [
        BadRows("every number raised", distorted(poisonable, rows, Poison.RAISED)),
        BadRows(
            "numbers lowered, other values swapped between rows",
            distorted(poisonable, rows, Poison.TWISTED),
        ),
        BadRows(HALF_GONE, thinned(original, FEWER_THAN_HALF)),
        BadRows("rows repeated", doubled(original)),
        BadRows("all rows removed", none_left(original)),
    ]


def tried_check(
    check: Check,
    kind: Kind,
    ways: Sequence[BadRows],
    feed: Callable[[Check, BadRows | None], Outcomes],
    limitations: Iterable[Limitation],
) -> GuardTried:
    """Feed a check with bad rows until it finds something wrong, then break the check itself.

    Args:
        check: The check.
        kind: What its guard is called.
        ways: Bad rows to try, where it does not declare its own.
        feed: Measures bad rows, or the originals, with a check like this one. Of bad rows it
            is wanted that the check finds something wrong and stops the partition; of originals
            that what it says is unknown.
        limitations: Known limitations of this check.
    """
    known = ", ".join(limitation.name for limitation in limitations)
    trials = [_first_noticed(check, ways, feed, known)]
    if check.blocking:
        nothing = replace(check, statement=_wrapped(check, "SELECT * FROM ({0}) WHERE FALSE"))
        trials.append(
            tried("nothing to examine", "unknown, not passed", lambda: feed(nothing, None))
        )
    fails = (
        f"SELECT * REPLACE (CAST('{SPOILED} ' || coalesce(entity::VARCHAR, '') AS BOOLEAN) AS ok)"
    )
    broken = replace(check, statement=_wrapped(check, fails + " FROM ({0})"))
    trials.append(
        tried_error("an error in its query", "failed, not passed", lambda: feed(broken, None))
    )
    return GuardTried(check.name, kind, tuple(trials))


def _first_noticed(
    check: Check,
    ways: Sequence[BadRows],
    feed: Callable[[Check, BadRows | None], Outcomes],
    known: str,
) -> Trial:
    able = Ability.ABLE if check.blocking else Ability.REPORTS
    wanted = f"{check.name} finds something wrong"
    trials: list[Trial] = []
    for way in ways:
        trial = tried(way.copy, wanted, partial(feed, check, way), ability=able)
        if trial.ability is able:
            return trial if check.blocking else _only_reports(trial, known)
        trials.append(trial)
    if len(trials) == 1:
        return trials[0]
    unable = [trial for trial in trials if trial.ability is Ability.UNABLE]
    if not unable:
        return trials[0]
    return replace(unable[0], copy="; ".join(trial.copy for trial in unable))


def _only_reports(trial: Trial, known: str) -> Trial:
    """Nobody is stopped by it; that is right where a known limitation says why."""
    if known:
        return replace(trial, reason=f"declared blocking=False; known limitation {known}")
    return replace(
        trial,
        ability=Ability.UNABLE,
        wanted=f"{trial.wanted} and stops the partition",
        reason="declared blocking=False, and no known limitation says why",
    )


def _wrapped(check: Check, template: str) -> Statement:
    statement = check.statement
    text = statement.text if isinstance(statement, Statement) else statement
    origin = statement.origin if isinstance(statement, Statement) else "inline"
    return Statement(template.format(f"\n{text}\n"), origin)
