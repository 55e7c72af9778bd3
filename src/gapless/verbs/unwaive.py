"""Revoking waivers before they expire; nothing published is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source
from gapless.errors import UsageError, nearest
from gapless.ledger.interface import Ledger, Waiver
from gapless.plan.reading import read_calendar
from gapless.plan.states import Standing
from gapless.plan.waivers import Waivers
from gapless.run.settings import default_actor
from gapless.verbs.known import known_standings
from gapless.verbs.selection import Selection, chosen_dates, look
from gapless.verbs.workspace import Workspace


@dataclass(frozen=True)
class UnwaiveRequest:
    """Which waivers are to end: those of a table's dates, or single ones by their id."""

    table: str | None = None
    selection: Selection = field(default_factory=Selection)
    """The dates; they have to be named."""
    checks: Sequence[str] = ()
    """Only waivers of one of these checks; each ends as a whole."""
    ids: Sequence[str] = ()


@dataclass(frozen=True)
class UnwaiveReport:
    """Which waivers were ended, and what needs attention because of it."""

    revoked: tuple[Waiver, ...]
    ended_before: tuple[Waiver, ...]
    attention: tuple[Standing, ...]
    """Partitions that are not settled without them: their own, and those that these hold up."""
    dry_run: bool
    measured: bool = True
    """False: the warehouse is in use; what needs attention is what the ledger last knew."""

    exit_code = 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "dry_run": self.dry_run,
            "measured": self.measured,
            "revoked": [_waiver_data(waiver) for waiver in self.revoked],
            "ended_before": [_waiver_data(waiver) for waiver in self.ended_before],
            "attention": [
                {
                    "table": standing.table,
                    "date": standing.partition.isoformat(),
                    "state": standing.state.value,
                    "reason": standing.reason,
                }
                for standing in self.attention
            ],
        }


def unwaive(
    workspace: Workspace, request: UnwaiveRequest, *, dry_run: bool = False
) -> UnwaiveReport:
    """End waivers now, and say which partitions need attention without them.

    It takes no reason: to go back to the gate needs none.

    Raises:
        UsageError: neither ids nor a table with dates, or nothing was ever waived there.
        DeclarationError: there is no such table.
        LedgerUnavailable: it cannot be recorded.
    """
    pipeline, clock, ledger = workspace.pipeline, workspace.clock, workspace.open_ledger
    days: list[date] | None = None
    if request.selection.names_dates:
        catalog = workspace.warehouse.catalog()
        calendar = read_calendar(workspace.warehouse, pipeline, catalog)
        days = chosen_dates(request.selection, calendar, workspace.today)
    report, kept = _revoke(pipeline, ledger, clock, request, days, dry_run=dry_run)
    if not report.revoked:
        return report
    ended = {(waiver.table, waiver.partition) for waiver in report.revoked}
    touched = sorted({day for _, day in ended})
    # What was computed from them may lie on any later date.
    last = max(touched[-1], workspace.today - timedelta(days=1))
    names = {table for table, _ in ended}
    also = [s for s in pipeline.tables.values() if isinstance(s, Source) and s.name in names]
    selection = Selection(dates=[touched[0], last])
    standings, _ = look(workspace, selection, also, waivers=Waivers(kept))
    looked_at = [found for by_day in standings.by_table.values() for found in by_day.values()]
    attention = tuple(
        found
        for found in looked_at
        if not found.settled and ((found.table, found.partition) in ended or found.cause in ended)
    )
    return replace(report, attention=attention)


def unwaive_unseen(
    pipeline: Pipeline,
    ledger: Ledger,
    clock: Clock,
    request: UnwaiveRequest,
    *,
    dry_run: bool = False,
) -> UnwaiveReport:
    """Do the same while another process owns the warehouse; a run at work heeds it.

    Raises:
        UsageError: also for a season, which only the warehouse's calendar knows.
    """
    selection = request.selection
    if selection.season is not None:
        raise UsageError(
            "The warehouse is in use, and only there is written which dates season "
            f"{selection.season!r} has; name --start-date and --end-date."
        )
    days = None
    if selection.names_dates:
        known = {waiver.partition for waiver in ledger.waivers()}
        first = selection.start_date or date.min
        last = selection.end_date or date.max
        days = list(selection.dates) or [day for day in known if first <= day <= last]
    report, _ = _revoke(pipeline, ledger, clock, request, days, dry_run=dry_run)
    ended = {(waiver.table, waiver.partition) for waiver in report.revoked}
    standings = known_standings(ledger, clock.now())
    attention = tuple(s for slot, s in standings.items() if slot in ended and not s.settled)
    return replace(report, attention=attention, measured=False)


def _revoke(
    pipeline: Pipeline,
    ledger: Ledger,
    clock: Clock,
    request: UnwaiveRequest,
    days: Sequence[date] | None,
    *,
    dry_run: bool,
) -> tuple[UnwaiveReport, list[Waiver]]:
    """End the selected waivers; return also every waiver as it is then."""
    now, actor = clock.now(), default_actor()
    known = ledger.waivers()
    chosen = _by_id(known, request) if request.ids else _by_date(pipeline, known, request, days)
    valid = [waiver for waiver in chosen if waiver.is_valid(now)]
    if valid and not dry_run:
        ledger.revoke_waivers([waiver.waiver_id for waiver in valid], now=now, actor=actor)
    revoked = {waiver.waiver_id: _ended(waiver, now, actor) for waiver in valid}
    report = UnwaiveReport(
        revoked=tuple(sorted(revoked.values(), key=lambda w: (w.table, w.partition))),
        ended_before=tuple(waiver for waiver in chosen if not waiver.is_valid(now)),
        attention=(),
        dry_run=dry_run,
    )
    return report, [revoked.get(waiver.waiver_id, waiver) for waiver in known]


def _ended(waiver: Waiver, now: datetime, actor: str) -> Waiver:
    return replace(waiver, revoked_at=now, revoked_by=actor)


def _by_id(known: Sequence[Waiver], request: UnwaiveRequest) -> list[Waiver]:
    if request.table is not None or request.selection.names_dates or request.checks:
        raise UsageError("--id names a waiver by itself; leave table, dates and --check out.")
    by_id = {waiver.waiver_id: waiver for waiver in known}
    for wanted in request.ids:
        if wanted not in by_id:
            raise UsageError(
                f"There is no waiver {wanted!r}. {nearest(wanted, by_id)} Nothing was revoked."
            )
    return [by_id[wanted] for wanted in dict.fromkeys(request.ids)]


def _by_date(
    pipeline: Pipeline,
    known: Sequence[Waiver],
    request: UnwaiveRequest,
    days: Sequence[date] | None,
) -> list[Waiver]:
    if request.table is None or days is None:
        raise UsageError(
            "Name the waivers: a table with --dates, --start-date and --end-date or --season; or "
            "--id, which `gapless waivers` prints."
        )
    table, wanted = pipeline.table(request.table), set(days)
    found = [w for w in known if w.table == table.name and w.partition in wanted]
    if request.checks:
        names = sorted({check for waiver in found for check in waiver.checks})
        for check in request.checks:
            if found and not any(waiver.covers(check) for waiver in found):
                raise UsageError(
                    f"{check!r} is not waived for {table.name} on these dates. "
                    f"{nearest(check, names)} Nothing was revoked."
                )
        found = [w for w in found if any(w.covers(check) for check in request.checks)]
    if not found:
        raise UsageError(
            f"Nothing was ever waived for {table.name} on these dates; nothing was revoked. "
            "All there are: gapless waivers --all"
        )
    return found


def _waiver_data(waiver: Waiver) -> dict[str, Any]:
    return {
        "id": waiver.waiver_id,
        "table": waiver.table,
        "date": waiver.partition.isoformat(),
        "checks": list(waiver.checks),
        "reason": waiver.reason,
        "actor": waiver.actor,
        "expires_at": waiver.expires_at.isoformat(),
    }
