"""Waivers as text: what was granted, what is in force, what was revoked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.plan.states import Standing
from gapless.plan.waivers import WaiverUse
from gapless.report.marks import dates_text, mark, short, waiver_mark
from gapless.verbs.unwaive import UnwaiveReport
from gapless.verbs.waive import WaiveReport
from gapless.verbs.waivers import WaiverReport
from gapless.wording import plural

LISTED_AT_MOST = 12


def waive_text(report: WaiveReport) -> Iterator[RenderableType]:
    """Echo what was granted as resolved, how the dates stand with it, and what comes next."""
    days = [standing.partition for standing in report.standings]
    verb = "would be permitted" if report.dry_run else "permitted"
    yield Text.assemble(
        (f"{report.table.name} {dates_text(days, days)}", "bold"),
        f"  {plural(len(days), 'date')} {verb} without {', '.join(report.checks)}",
    )
    yield Text(f"until {report.expires_at:%Y-%m-%d %H:%M:%S} UTC, by {report.actor}")
    yield Text(f"reason: {report.reason}")
    if report.kept:
        kept = dates_text([waiver.partition for waiver in report.kept], days)
        yield Text(f"{kept}: granted before in these words and at least as long; left as it is")
    for day, why in list(report.left_out.items())[:LISTED_AT_MOST]:
        yield Text(f"left out {day}: {why}", style="dim")
    yield ""
    yield from _standings(report.standings)
    yield ""
    if report.dry_run:
        yield "Dry run: nothing was recorded."
        return
    yield "Nothing was published; what fails any other check is still refused."
    if report.next_step:
        yield Text.assemble(("Next: ", "cyan"), (report.next_step, "bold"), no_wrap=True)


def waivers_text(report: WaiverReport, *, everything: bool = False) -> Iterator[RenderableType]:
    """List waivers, one line for those that differ in their date only."""
    if not report.measured:
        yield Text(
            "The warehouse is in use; whether a waiver is in use is what the ledger knew.",
            style="yellow",
        )
    shown = report.shown(everything=everything)
    if not shown:
        hidden = len(report.uses)
        yield "No waiver is in force." + (f" {hidden} have ended: --all" if hidden else "")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("waiver", "table", "dates", "until"):
        table.add_column(name, no_wrap=True)
    for uses in _alike(shown):
        first = uses[0]
        left = f" ({plural(first.days_left, 'day')} left)" if first.in_force else ""
        table.add_row(
            waiver_mark(first),
            short(first.waiver.table),
            dates_text([use.waiver.partition for use in uses], most=2),
            f"{first.waiver.expires_at:%Y-%m-%d}{left}",
        )
    yield table
    yield ""
    for uses in _alike(shown):
        waiver = uses[0].waiver
        which = waiver.waiver_id if len(uses) == 1 else f"{len(uses)} waivers"
        dates = dates_text([use.waiver.partition for use in uses], most=2)
        yield Text.assemble(
            (f"{which}  ", "cyan"),
            f"{short(waiver.table)} {dates} without {', '.join(waiver.checks)}, by {waiver.actor} "
            f"on {waiver.granted_at:%Y-%m-%d}: {waiver.reason}",
        )
    needing = [use.standing for use in shown if use.needs_attention and use.standing]
    yield from _attention(list({(s.table, s.partition): s for s in needing}.values()))


def unwaive_text(report: UnwaiveReport) -> Iterator[RenderableType]:
    """Say what was ended, and what needs attention without it."""
    verb = "would be revoked" if report.dry_run else "revoked"
    for waiver in report.revoked[:LISTED_AT_MOST]:
        yield Text.assemble(
            (f"{verb}  ", "magenta"),
            (f"{short(waiver.table)} {waiver.partition}", "bold"),
            f"  {', '.join(waiver.checks)} ({waiver.waiver_id} by {waiver.actor}, "
            f"until {waiver.expires_at:%Y-%m-%d}): {waiver.reason}",
        )
    if len(report.revoked) > LISTED_AT_MOST:
        yield f"… and {len(report.revoked) - LISTED_AT_MOST} more"
    if report.ended_before:
        yield f"{plural(len(report.ended_before), 'waiver')} had ended before."
    if not report.revoked:
        yield "Nothing was in force; nothing was revoked."
        return
    yield "Nothing published was touched."
    if report.attention:
        own = {(waiver.table, waiver.partition) for waiver in report.revoked}
        yield from _attention([s for s in report.attention if (s.table, s.partition) in own])
        yield from _held_up([s for s in report.attention if (s.table, s.partition) not in own])
    elif report.measured:
        yield "Nothing needs attention because of it."


def _attention(standings: Sequence[Standing]) -> Iterator[RenderableType]:
    if not standings:
        return
    first = standings[0]
    yield ""
    verb = "needs" if len(standings) == 1 else "need"
    yield Text(f"✗ {plural(len(standings), 'partition')} {verb} attention:", style="red")
    yield from _standings(standings)
    yield Text.assemble(
        ("Look: ", "cyan"),
        (f"gapless explain {short(first.table)} {first.partition}", "bold"),
        no_wrap=True,
    )


def _held_up(standings: Sequence[Standing]) -> Iterator[RenderableType]:
    """Say what cannot go on because of them, one line for each table."""
    if standings:
        yield Text(f"{plural(len(standings), 'partition')} cannot go on because of that:")
    by_table: dict[str, list[Standing]] = {}
    for standing in standings:
        by_table.setdefault(standing.table, []).append(standing)
    for name, found in by_table.items():
        days = [standing.partition for standing in found]
        yield Text.assemble(
            mark(found[0].state),
            (f"  {short(name)} {dates_text(days, days, most=1)}", "bold"),
            f"  {plural(len(days), 'date')}",
        )


def _standings(standings: Sequence[Standing]) -> Iterator[RenderableType]:
    for standing in standings[:LISTED_AT_MOST]:
        where = (f"  {short(standing.table)} {standing.partition}", "bold")
        yield Text.assemble(mark(standing.state), where)
        yield Padding(Text(standing.reason, style="dim"), (0, 0, 0, 4))
    if len(standings) > LISTED_AT_MOST:
        yield f"… and {len(standings) - LISTED_AT_MOST} more"


def _alike(uses: Sequence[WaiverUse]) -> list[list[WaiverUse]]:
    """Put together what differs in its date and id only, in the order given."""
    grouped: dict[tuple[object, ...], list[WaiverUse]] = {}
    for use in uses:
        waiver = use.waiver
        slot = (
            waiver.table,
            waiver.checks,
            waiver.reason,
            waiver.actor,
            waiver.granted_at,
            waiver.expires_at,
            use.how,
            use.needs_attention,
        )
        grouped.setdefault(slot, []).append(use)
    return list(grouped.values())
