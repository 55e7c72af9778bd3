"""Waiving: permitting what the gate would refuse, for named dates and checks. Publishes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_INPUTS,
    CHECK_MISSING,
    CHECK_REQUIRED,
    CHECK_SHRINK,
    CHECK_SOURCE,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
)
from gapless.declare.tables import Derived, Source, Table
from gapless.errors import UsageError, nearest
from gapless.ledger.interface import Waiver
from gapless.partitions import Path, path_of
from gapless.plan.derive import derive_standings
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Waivers
from gapless.run.settings import DEFAULT_WAIVER_DAYS, default_actor, waiver_lifetime
from gapless.validate.remedies import dates_of
from gapless.verbs.selection import Selection, look, some_reader
from gapless.verbs.workspace import Workspace

ANY_CHECK = "any"
"""Every rule of the gate that there is today; what concerns inputs has to be named."""
BEYOND_THE_GATE = (CHECK_INPUTS, CHECK_SOURCE, CHECK_MISSING)
NOTHING_DUE = (State.NOTHING_EXPECTED, State.WARM_UP)


@dataclass(frozen=True)
class WaiveRequest:
    """What is to be permitted."""

    table: str
    selection: Selection
    """The dates; they have to be named."""
    checks: Sequence[str]
    reason: str
    days: int | None = None
    """Days from today on that it holds; 30 when neither is given."""
    until: date | None = None
    """The last day on which it holds, UTC."""


@dataclass(frozen=True)
class WaiveReport:
    """What was permitted, and how the partitions stand with it."""

    table: Table
    checks: tuple[str, ...]
    reason: str
    actor: str
    expires_at: datetime
    granted: tuple[Waiver, ...]
    kept: tuple[Waiver, ...]
    """Granted before, word for word, and at least as long; nothing was recorded again."""
    left_out: Mapping[date, str]
    """Selected dates on which there is nothing to waive, and why."""
    standings: tuple[Standing, ...]
    """Of the dates it holds for; nothing published was touched."""
    dry_run: bool

    exit_code = 0

    @property
    def open_ones(self) -> list[Standing]:
        """Partitions that a run still has to publish, or that it does not help."""
        return [standing for standing in self.standings if not standing.settled]

    @property
    def next_step(self) -> str:
        """The command that makes use of it; empty when nothing is left to do."""
        if isinstance(self.table, Derived):
            days = [standing.partition for standing in self.open_ones]
            return f"gapless backfill {self.table.short_name} {dates_of(days)}" if days else ""
        days = [s.partition for s in self.standings if s.state is State.WAIVED]
        return f"gapless backfill {dates_of(days)}" if days else ""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        ids = {waiver.partition: waiver.waiver_id for waiver in (*self.kept, *self.granted)}
        new = {waiver.partition for waiver in self.granted}
        return {
            "exit_code": self.exit_code,
            "dry_run": self.dry_run,
            "table": self.table.name,
            "checks": list(self.checks),
            "reason": self.reason,
            "actor": self.actor,
            "expires_at": self.expires_at.isoformat(),
            "waivers": [
                {
                    "id": ids[standing.partition],
                    "date": standing.partition.isoformat(),
                    "granted": standing.partition in new,
                    "state": standing.state.value,
                    "why": standing.reason,
                }
                for standing in self.standings
            ],
            "left_out": {day.isoformat(): why for day, why in self.left_out.items()},
            "next": self.next_step,
        }


def waive(workspace: Workspace, request: WaiveRequest, *, dry_run: bool = False) -> WaiveReport:
    """Permit the named dates of one table to be published without the named checks.

    Nothing is published: the next backfill makes use of it. One waiver is recorded for each
    partition. What was granted before in the same words, and holds as long, is not recorded again;
    a later expiry renews it.

    Raises:
        UsageError: no dates, no reason, an unknown check, an expiry that has passed, or a date on
            which nothing could be waived.
        DeclarationError: there is no such table.
        LedgerUnavailable: it cannot be recorded.
    """
    table = workspace.pipeline.table(request.table)
    reason = _reason(request)
    checks = resolve_checks(table, request.checks)
    now = workspace.clock.now()
    expires_at = _expiry(request, now)
    standings, days, left_out = _looked_at(workspace, table, request.selection)
    ledger = workspace.ledger
    known = ledger.waivers() if ledger is not None else []
    actor = default_actor()
    kept = _same(known, table, checks, reason, expires_at, now)
    granted = tuple(
        Waiver(
            waiver_id=uuid.uuid4().hex[:12],
            table=table.name,
            partition=day,
            checks=checks,
            reason=reason,
            actor=actor,
            granted_at=now,
            expires_at=expires_at,
        )
        for day in days
        if day not in kept
    )
    if not dry_run:
        workspace.open_ledger.grant_waivers(granted)
    # Looked at with it, without asking the warehouse again: a permission more leaves no doubt more.
    standings.picture.waivers = Waivers([*granted, *known])
    after = derive_standings(standings.picture, standings.doubts)
    return WaiveReport(
        table=table,
        checks=checks,
        reason=reason,
        actor=actor,
        expires_at=expires_at,
        granted=granted,
        kept=tuple(kept[day] for day in days if day in kept),
        left_out=left_out,
        standings=tuple(after.of(table.name, day) for day in days),
        dry_run=dry_run,
    )


def resolve_checks(table: Table, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the checks to waive, as the table declares them.

    Raises:
        UsageError: none is named, or one is unknown or refuses nothing.
    """
    known = waivable_checks(table)
    listed = ", ".join(known) or "none"
    if not wanted:
        raise UsageError(
            f"Name what is waived with --check; {table.name} can be refused by: {listed}. "
            f"--check {ANY_CHECK} means every rule of its gate as it is today."
        )
    found: list[str] = []
    for name in wanted:
        if name == ANY_CHECK and name not in known:
            found += [check for check in known if check not in BEYOND_THE_GATE]
        elif name in known:
            found.append(name)
        else:
            raise UsageError(_unknown_check(table, name, known))
    if not found:
        raise UsageError(f"No check of {table.name} refuses anything; there is nothing to waive.")
    return tuple(dict.fromkeys(found))


def waivable_checks(table: Table) -> tuple[str, ...]:
    """Name everything that can keep a partition of a table from being published or used."""
    if isinstance(table, Source):
        blocking = [check.name for check in table.checks if check.blocking]
        # What a trusted table lacks does not exist; an optional one may lack everything.
        can_lack = not table.trusted and not table.optional
        return (*blocking, CHECK_MISSING) if can_lack else tuple(blocking)
    if not isinstance(table, Derived):
        return ()
    gate = table.gate
    grouped = (CHECK_GROUP_COVERAGE,) if gate.group_coverage is not None else ()
    chooses = any(table.choices_on(path) for path in Path)
    return (
        CHECK_COVERAGE,
        *grouped,
        CHECK_UNEXPECTED,
        CHECK_UNIQUE,
        CHECK_SHRINK,
        *(rule.name for rule in gate.rules),
        *(check.name for check in gate.checks if check.blocking),
        CHECK_INPUTS,
        *((CHECK_SOURCE,) if chooses else ()),
    )


def _unknown_check(table: Table, name: str, known: Sequence[str]) -> str:
    declared = table.gate.checks if isinstance(table, Derived) else ()
    declared = table.checks if isinstance(table, Source) else declared
    if name == CHECK_REQUIRED and isinstance(table, Derived):
        return (
            f"{CHECK_REQUIRED} refuses no date: rows that lack such a column count as missing. "
            f"Waive {CHECK_COVERAGE} instead."
        )
    if any(check.name == name for check in declared):
        return f"{name} of {table.name} does not block; there is nothing to waive."
    return f"{table.name} has no check {name!r} that could refuse a date. {nearest(name, known)}"


def _reason(request: WaiveRequest) -> str:
    reason = request.reason.strip()
    if not reason:
        raise UsageError(
            'A waiver needs a reason that others will understand: --reason "…". '
            "It is kept with the partition for ever."
        )
    selection = request.selection
    if not (selection.dates or selection.season or (selection.start_date and selection.end_date)):
        raise UsageError(
            "A waiver is for named dates; name them with --dates, with both --start-date and "
            "--end-date, or with --season."
        )
    return reason


def _expiry(request: WaiveRequest, now: datetime) -> datetime:
    """Return the last second of the last day."""
    if request.days is not None and request.until is not None:
        raise UsageError("--days and --until both say how long; give one of them.")
    until = request.until
    if until is None:
        days = DEFAULT_WAIVER_DAYS if request.days is None else request.days
        until = now.date() + waiver_lifetime(days, "--days")
    elif until < now.date():
        raise UsageError(f"--until {until} has passed; it is {now:%Y-%m-%d} (UTC).")
    else:
        waiver_lifetime(max(1, (until - now.date()) // timedelta(days=1)), "--until, in days:")
    return datetime.combine(until, time(23, 59, 59), UTC)


def _looked_at(
    workspace: Workspace, table: Table, selection: Selection
) -> tuple[Standings, list[date], dict[date, str]]:
    """Resolve the dates; those on which nothing could be waived are left out of ranges only."""
    reader = table if isinstance(table, Derived) else some_reader(workspace.pipeline, table)
    also = [table] if isinstance(table, Source) else []
    standings, request = look(workspace, replace(selection, tables=[reader.name]), also)
    days, left_out = [], {}
    for day in request.dates:
        standing = standings.of(table.name, day)
        scheduled = day in standings.picture.calendar.dates
        on_request = isinstance(table, Derived) and _path_of(standings, day) in table.on_request
        if not scheduled or (standing.state in NOTHING_DUE and not on_request):
            left_out[day] = standing.reason
        else:
            days.append(day)
    if left_out and (selection.dates or not days):
        day, why = next(iter(left_out.items()))
        raise UsageError(
            f"There is nothing to waive for {table.name} on {day}: {why}. No waiver was recorded."
        )
    return standings, days, left_out


def _path_of(standings: Standings, day: date) -> Path:
    return path_of(day, standings.picture.today)


def _same(
    known: Sequence[Waiver],
    table: Table,
    checks: Sequence[str],
    reason: str,
    expires_at: datetime,
    now: datetime,
) -> dict[date, Waiver]:
    """Return by date what says the same already, and holds at least as long."""
    return {
        waiver.partition: waiver
        for waiver in known
        if waiver.table == table.name
        and waiver.run_id is None
        and waiver.is_valid(now)
        and waiver.expires_at >= expires_at
        and waiver.reason == reason
        and set(waiver.checks) == set(checks)
    }
