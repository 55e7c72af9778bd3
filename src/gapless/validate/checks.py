"""Checks of a validation: violations by date, known ones apart, one query for each check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gapless.declare.gates import Check
from gapless.declare.limitations import Limitation
from gapless.errors import QueryFailed
from gapless.sql.binding import Bindings, Scope, compose
from gapless.sql.validation import Known, violations_query
from gapless.warehouse.interface import Warehouse


@dataclass(frozen=True)
class Violations:
    """What one check found in one partition."""

    examined: int
    failed: int
    """Violations that no limitation explains."""
    first: tuple[str, ...] = ()
    """The first of them, as `entity: detail`."""
    known: Mapping[str, int] = field(default_factory=dict)
    """Limitation → violations it explains."""
    known_first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Limitation → the first entities it explains."""

    @property
    def right(self) -> int:
        """Things that are right."""
        return self.examined - self.failed - sum(self.known.values())


@dataclass(frozen=True)
class Checked:
    """One check over all dates of a scope."""

    check: Check
    by_date: Mapping[date, Violations]
    asked: frozenset[date]
    """The dates it was asked about."""
    error: str = ""
    """Why it could not be evaluated; no date has violations then."""


def run_check(
    warehouse: Warehouse,
    check: Check,
    scope: Scope,
    candidate: str,
    limitations: Sequence[Limitation],
) -> Checked:
    """Run a check over a scope, in one query.

    Args:
        warehouse: Where to ask.
        check: What to ask.
        scope: The dates.
        candidate: Relation with the rows under examination.
        limitations: Those declared for this check.
    """
    known = [
        Known(given.where, tuple(f.day for f in scope.dates if given.holds_on(f)))
        for given in limitations
    ]
    asked = frozenset(facts.day for facts in scope.dates)
    text = compose(check.statement, check.inputs, Bindings(scope), candidate=candidate)
    try:
        rows = warehouse.fetch(violations_query(text, scope.partition, known))
    except QueryFailed as error:
        return Checked(check, {}, asked, error.what)
    names = [given.name for given in limitations]
    found: dict[date, Violations] = {}
    for day, examined, failed, first, *explained in rows:
        counts = dict(zip(names, explained[::2], strict=True))
        firsts = dict(zip(names, explained[1::2], strict=True))
        found[day] = Violations(
            examined=examined,
            failed=failed,
            first=tuple(first or ()),
            known={name: count for name, count in counts.items() if count},
            known_first={name: tuple(firsts[name]) for name, count in counts.items() if count},
        )
    return Checked(check, found, asked)
