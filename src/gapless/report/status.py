"""Status as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.plan.states import NOT_YET, State
from gapless.report.marks import covered, mark, short, waiver_mark
from gapless.report.schedule import late_text
from gapless.verbs.status import StatusReport
from gapless.wording import plural

DETAILED_AT_MOST = 40
"""Up to so many partitions each gets a line of its own."""
STRETCHES_AT_MOST = 12


def status_text(report: StatusReport) -> Iterator[RenderableType]:
    """Show a table by state, or each partition where there are few, then what needs a look."""
    if report.measured_at is not None:
        when = (
            f" at {report.measured_at:%Y-%m-%d %H:%M:%S} UTC" if report.measured_at.year > 1 else ""
        )
        yield Text(f"The warehouse is in use; this is what the ledger knew{when}.", style="yellow")
    if not report.standings:
        yield "Nothing is known yet."
        return
    if len(report.standings) <= DETAILED_AT_MOST:
        yield _by_partition(report)
    else:
        yield _by_state(report)
        yield from _stretches(report)
    yield from _waivers(report)
    if report.given_up:
        yield ""
        yield Text.assemble(
            (f"✗ {plural(len(report.given_up), 'partition')} given up on", "magenta"),
            " until something they read changes.  Which, and why: gapless gaps",
        )
    yield ""
    yield from late_text(report.cleaning)
    yield _conclusion(report)


def _by_partition(report: StatusReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("table", "date", "state", "coverage", "why"):
        table.add_column(
            name, justify="right" if name == "coverage" else "left", no_wrap=name != "why"
        )
    for standing in report.standings:
        table.add_row(
            short(standing.table),
            str(standing.partition),
            mark(standing.shown),
            covered(standing.present, standing.expected),
            Text(standing.reason if standing.state is not State.COMPLETE else "", style="dim"),
        )
    return table


def _by_state(report: StatusReport) -> Table:
    counts = {name: report.counts(name) for name in report.tables}
    states = [s for s in (*State, NOT_YET) if any(count[s] for count in counts.values())]
    table = Table(box=None, pad_edge=False)
    table.add_column("table", no_wrap=True)
    for state in states:
        table.add_column(mark(state), justify="right")
    for name in report.tables:
        table.add_row(name, *(f"{counts[name][s]:,}" if counts[name][s] else "·" for s in states))
    return table


def _stretches(report: StatusReport) -> Iterator[RenderableType]:
    stretches = report.stretches()
    if stretches:
        yield ""
    for stretch in stretches[:STRETCHES_AT_MOST]:
        yield Text.assemble(
            mark(stretch.state),
            (f"  {short(stretch.table)} {stretch.span}", "bold"),
            f"  {plural(stretch.partitions, 'date')}",
        )
        yield Padding(Text(stretch.reason, style="dim"), (0, 0, 0, 4))
    if len(stretches) > STRETCHES_AT_MOST:
        yield Text(f"… and {len(stretches) - STRETCHES_AT_MOST} more", style="dim")


def _waivers(report: StatusReport) -> Iterator[RenderableType]:
    shown = [use for use in report.waivers if use.in_force or use.needs_attention]
    if shown:
        yield ""
    for use in shown:
        waiver = use.waiver
        yield Text.assemble(
            waiver_mark(use),
            (f"  {short(waiver.table)} {waiver.partition}", "bold"),
            f"  by {waiver.actor} on {waiver.granted_at:%Y-%m-%d} until "
            f"{waiver.expires_at:%Y-%m-%d} ({', '.join(waiver.checks)}): {waiver.reason}",
        )


def _conclusion(report: StatusReport) -> Text:
    open_ones = report.open_ones
    if not open_ones:
        due = [s.due_at for s in report.standings if s.not_yet and s.due_at is not None]
        later = ""
        if due:
            waiting = plural(len(due), "partition")
            later = f"; {waiting} not due before {min(due):%Y-%m-%d %H:%M} UTC"
        return Text(f"● everything selected is done{later}", style="green")
    first = open_ones[0]
    loaded = [s for s in open_ones if s.cause is not None and s.cause[0] in report.sources]
    closing = "gapless load --data DIR" if loaded else "gapless backfill --with-upstream"
    return Text.assemble(
        (f"✗ {plural(len(open_ones), 'partition')} not done", "red"),
        f"  Look: gapless explain {short(first.table)} {first.partition}   Close: {closing}",
        no_wrap=True,
    )
