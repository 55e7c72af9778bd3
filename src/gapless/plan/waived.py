"""What is left of the permission that a waived partition was published under."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from gapless.coverage import percent
from gapless.declare.calendar import DateFacts
from gapless.declare.gates import CHECK_INPUTS, CHECK_SOURCE
from gapless.declare.tables import Derived
from gapless.partitions import Path, path_of
from gapless.plan.changes import Change
from gapless.plan.doubts import Doubt
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Permission
from gapless.warehouse.interface import Publication

NO_WAIVER = "no waiver is recorded"


@dataclass(frozen=True)
class Left:
    """What is left of a permission."""

    permission: Permission
    unmeasured: str = ""
    """What it had permitted that no gate measures, and that still stands; empty when nothing."""

    @property
    def lapsed(self) -> str:
        """Say why nobody vouches for the partition any more; empty while somebody does."""
        if self.permission.holds:
            return ""
        return self.permission.shortfall or NO_WAIVER


def permission_left(
    standings: Standings,
    table: Derived,
    facts: DateFacts,
    path: Path,
    publication: Publication,
    doubt: Doubt | None,
) -> Left:
    """Say how far somebody still vouches for a partition that was published below its gate.

    Args:
        standings: Those of its inputs are there already.
        table: Whose partition.
        facts: Its date.
        path: Its path.
        publication: In state `waived`.
        doubt: What measuring its rows again came to, where they had to be.
    """
    found = _unmeasured(standings, table, facts, path, publication)
    checks = [*doubt.failed, *found] if doubt is not None else []
    picture = standings.picture
    permission = picture.waivers.standing_of(publication, picture.now, checks)
    text = "; ".join(f"{check}: {said}" for check, said in found.items())
    return Left(permission, text)


def _unmeasured(
    standings: Standings, table: Derived, facts: DateFacts, path: Path, publication: Publication
) -> dict[str, str]:
    """Return what was waived that the rows themselves cannot show → how it stands now."""
    given = publication.evidence.get("waiver") or {}
    waived = set(given.get("checks") or ())
    found: dict[str, str] = {}
    if CHECK_SOURCE in waived:
        choices = publication.evidence.get("choices") or {}
        found[CHECK_SOURCE] = "; ".join(str(made.get("reason")) for made in choices.values())
    if CHECK_INPUTS in waived:
        for read in standings.required_reads(table, path):
            day = standings.first_unsettled(read, facts)
            if day is not None:
                root = standings.root_cause(read.table.name, day)
                found[CHECK_INPUTS] = f"{root.table} of {root.partition} is {root.state}"
                break
    return found


def waived_standing(
    left: Left, doubt: Doubt | None, changed: Change | None, found: Standing
) -> Standing:
    """Say how a partition stands that was published below its gate.

    Waived, as long as somebody vouches for it. After that its rows have to pass by themselves.

    Args:
        left: What is left of its permission.
        doubt: What measuring its rows again came to; None when they were not, or could not be.
        changed: What it depends on has changed since, if anything has.
        found: Its standing so far.
    """
    permission = left.permission
    if doubt is not None and doubt.unknown:
        reason = f"{left.lapsed or 'its gate changed since it was published'}: {doubt.failure}"
        return replace(found, state=State.UNKNOWN, reason=reason, waivers=permission.ended)
    if left.lapsed:
        state, reason = _lapsed(left, doubt, changed, found.rows)
        needed = permission.ended if state is not State.COMPLETE else ()
        return replace(found, state=state, reason=reason, waivers=needed)
    reason = f"waived: {permission.reason}"
    return replace(
        found,
        state=State.WAIVED,
        reason=f"{reason}; {changed.text} since" if changed else reason,
        outdated=changed is not None,
        waivers=permission.waivers,
    )


def _lapsed(
    left: Left, doubt: Doubt | None, changed: Change | None, rows: int
) -> tuple[State, str]:
    against = [said for said in (doubt.failure if doubt else None, left.unmeasured) if said]
    if doubt is not None and against:
        return State.PARTIAL if rows else State.MISSING, f"{left.lapsed}: {'; '.join(against)}"
    if changed is not None:
        return State.STALE, f"{left.lapsed}, and {changed.text} since it was published"
    if doubt is None or doubt.coverage is None:
        waived = ", ".join(left.permission.checks)
        return State.PARTIAL, f"{left.lapsed}: published without {waived}, and not measurable now"
    coverage = doubt.coverage
    covered = f"{coverage.present} of {coverage.expected} ({percent(coverage.ratio)})"
    return State.COMPLETE, f"{covered}; {left.lapsed}, and the rows pass the gate"


def unknown_input(standings: Standings, table: Derived, day: date) -> str | None:
    """Name an input of which nothing can be said; nobody can vouch for that, not even by force.

    Args:
        standings: Those of its inputs are there already.
        table: The reader.
        day: A scheduled date.
    """
    picture = standings.picture
    path = path_of(day, picture.today)
    facts = picture.calendar.dates[day]
    reads = standings.required_reads(table, path)
    found = (standings.first_unknown(read, facts) for read in reads)
    root = next((standing for standing in found if standing is not None), None)
    return f"{root.table} of {root.partition} is {root.state}: {root.reason}" if root else None


def permits_incomplete_inputs(standings: Standings, table: Derived, day: date) -> bool:
    """Tell whether somebody permits a partition to be computed from incomplete inputs."""
    picture = standings.picture
    return picture.waivers.permission(table.name, day, [CHECK_INPUTS], picture.now).holds
