"""The history as text: a line for each table, the worst dates, the longest chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import shorten

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.coverage import percent
from gapless.ledger.interface import Verdict
from gapless.report.marks import covered, dates_text, mark, short
from gapless.report.sparkline import sparkline
from gapless.verbs.flagging import Flagged
from gapless.verbs.history import HistoryReport, PartitionHistory
from gapless.wording import plural

DEFAULT_LIMIT = 10
TREND_WIDTH = 20
REASON_AT_MOST = 240
"""Characters of a reason; `gapless explain` tells it whole."""
SLOWEST_AT_MOST = 3
NO_LEDGER = "There is no ledger that can be read: nothing has been run here, or it is elsewhere."


def history_text(report: HistoryReport, limit: int = DEFAULT_LIMIT) -> Iterator[RenderableType]:
    """Show what was tried, by table, then what went wrong.

    Args:
        report: The history.
        limit: Worst dates to show.
    """
    if report.flagged is not None:
        yield flagged_text(report.flagged)
    if not report.is_known:
        yield NO_LEDGER
        return
    if not report.partitions:
        yield (
            f"Nothing that was asked for was tried in the last {plural(report.days, 'day')} "
            f"(since {report.since:%Y-%m-%d %H:%M} UTC)."
        )
        return
    yield _heading(report)
    yield ""
    yield _tables(report)
    yield from _worst(report, limit)
    yield from _slowest(report)
    yield ""
    yield _conclusion(report)


def flagged_text(flagged: Flagged) -> Text:
    """Say what flagging found and recorded."""
    if not flagged.incomplete:
        text = f"● {plural(flagged.partitions, 'partition')} looked at, none needs attention"
    else:
        text = (
            f"✗ {len(flagged.incomplete):,} of {plural(flagged.partitions, 'partition')} "
            f"need attention; {plural(flagged.recorded, 'failure')} recorded, "
            f"{flagged.known:,} known before"
        )
    if flagged.resolved:
        text += f"; {flagged.resolved:,} resolved"
    if flagged.nothing_missing:
        text += f"; {len(flagged.nothing_missing):,} of them lack no key"
    return Text(text, style="red" if flagged.incomplete else "green")


def _heading(report: HistoryReport) -> Text:
    attempts = sum(len(found.attempts) for found in report.partitions)
    runs = {attempt.run_id for found in report.partitions for attempt in found.attempts}
    return Text(
        f"The last {plural(report.days, 'day')}: {plural(attempts, 'attempt')} "
        f"at {plural(len(report.partitions), 'partition')} in {plural(len(runs), 'run')}, "
        f"about {report.dates[0]} … {report.dates[-1]}",
        style="bold",
    )


def _tables(report: HistoryReport) -> Table:
    choosing = any(report.fallback_share(name)[1] for name in report.tables)
    table = Table(box=None, pad_edge=False)
    table.add_column("table", no_wrap=True)
    table.add_column("coverage by date", no_wrap=True)
    table.add_column("tried", justify="right", no_wrap=True)
    table.add_column("")
    if choosing:
        table.add_column("fallback", justify="right", no_wrap=True)
    for name in report.tables:
        counts = report.counts(name)
        cells: list[RenderableType] = [
            short(name),
            sparkline(report.coverages(name), TREND_WIDTH),
            f"{sum(counts.values()):,}",
            _verdicts(counts),
        ]
        needed, chosen = report.fallback_share(name)
        share = percent(needed / chosen) if chosen else "·"
        table.add_row(*cells, *([share] if choosing else []))
    return table


def _verdicts(counts: Mapping[Verdict, int]) -> Text:
    parts = [
        Text.assemble(f"{counts[verdict]:,} ", mark(verdict))
        for verdict in Verdict
        if counts.get(verdict)
    ]
    return Text("  ").join(parts)


def _worst(report: HistoryReport, limit: int) -> Iterator[RenderableType]:
    worst = report.worst()
    if not worst or limit < 1:
        return
    yield ""
    yield Text("Worst dates", style="cyan")
    for found in worst[:limit]:
        yield _partition_line(found)
        yield Padding(Text(_why(found), style="dim"), (0, 0, 0, 4))
    if len(worst) > limit:
        yield Text(f"… and {len(worst) - limit:,} more; --limit shows them", style="dim")


def _partition_line(found: PartitionHistory) -> Text:
    tries = f"  {plural(len(found.attempts), 'attempt')}" if len(found.attempts) > 1 else ""
    line = Text.assemble(
        mark(found.last.verdict),
        (f"  {short(found.table)} {found.partition}", "bold"),
        f"  {covered(found.last.present, found.last.expected)}{tries}  ",
    )
    if not found.succeeded and found.known is not None:
        # What a refused attempt did not touch may be complete all the same.
        line.append("known as ", style="dim")
        line.append_text(mark(found.known.state))
    return line


def _why(found: PartitionHistory) -> str:
    actor = f" by {found.run.actor}" if found.run is not None else ""
    reason = shorten(found.last.reason, REASON_AT_MOST, placeholder=" …")
    return f"run {found.last.run_id}{actor}, {found.last.code_version}\n{reason}"


def _slowest(report: HistoryReport) -> Iterator[RenderableType]:
    slowest = [chunk for chunk in report.slowest() if chunk[0] > 0][:SLOWEST_AT_MOST]
    if not slowest:
        return
    yield ""
    yield Text("Slowest", style="cyan")
    for seconds, members in slowest:
        days = [found.partition for found in members]
        together = " together" if len(days) > 1 else ""
        yield Text(
            f"{seconds:,.1f} s  {short(members[0].table)} {dates_text(days, report.dates, 1)}  "
            f"({plural(len(days), 'date')}{together})"
        )


def _conclusion(report: HistoryReport) -> Text:
    open_ones = [found for found in report.partitions if not found.succeeded]
    if not open_ones:
        return Text("● the last attempt at each of them ended well", style="green")
    first = min(open_ones, key=lambda found: (found.last.verdict is Verdict.BLOCKED,))
    return Text.assemble(
        (f"✗ the last attempt at {plural(len(open_ones), 'partition')} did not", "red"),
        f"  Look: gapless explain {short(first.table)} {first.partition}",
        no_wrap=True,
    )
