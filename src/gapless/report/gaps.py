"""Gaps as text: what explains the others first, and beneath it what it explains."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapless.partitions import DateRange
from gapless.report.marks import mark, short
from gapless.verbs.gap_report import Explained, Gap, GapReport
from gapless.verbs.selection import Selection
from gapless.wording import plural

GAPS_AT_MOST = 20


def gaps_text(report: GapReport) -> Iterator[RenderableType]:
    """Show each gap that nothing explains with what it explains, then what closes them."""
    if report.measured_at is not None:
        when = (
            f" at {report.measured_at:%Y-%m-%d %H:%M:%S} UTC" if report.measured_at.year > 1 else ""
        )
        yield Text(f"The warehouse is in use; this is what the ledger knew{when}.", style="yellow")
    if not report.gaps:
        yield Text("● no gaps", style="green")
        return
    for gap in report.gaps[:GAPS_AT_MOST]:
        yield from _gap(gap)
    if len(report.gaps) > GAPS_AT_MOST:
        more = len(report.gaps) - GAPS_AT_MOST
        yield Text(f"… and {more} more; all of them with --json", style="dim")
    yield ""
    yield from _conclusion(report)


def _gap(gap: Gap) -> Iterator[RenderableType]:
    dates = plural(len(gap.dates), "date")
    missing = gap.keys_missing
    keys = f", {plural(missing, 'key')} missing" if missing else ""
    yield Text.assemble(
        mark(gap.state), (f"  {short(gap.table)} {gap.span}", "bold"), f"  {dates}{keys}"
    )
    yield _indented(gap.reason)
    if gap.explains:
        yield _indented(f"explains {', '.join(_explained(found) for found in gap.explains)}")
    past = list(_past(gap))
    if past:
        yield _indented("; ".join(past))
    if gap.given_up is not None:
        yield Padding(
            Text(f"{gap.given_up.short}; tried again once anything it reads changes", "magenta"),
            (0, 0, 0, 4),
        )


def _explained(found: Explained) -> str:
    first, last = found.spans[0].first, found.spans[-1].last
    return f"{short(found.table)} {plural(len(found.dates), 'date')} ({DateRange(first, last)})"


def _past(gap: Gap) -> Iterator[str]:
    published, last = gap.last_published, gap.last_attempt
    if published is not None and published.published_at is not None:
        yield (
            f"last published {published.published_at:%Y-%m-%d %H:%M} UTC as "
            f"v{published.standing.version} by {published.published_by}"
        )
    if last is not None and not (published and last.run_id == published.published_by):
        tries = max(found.tries.total for found in gap.dates)
        yield (
            f"last attempt {last.verdict} on {last.finished_at:%Y-%m-%d %H:%M} UTC by "
            f"{last.run_id} ({plural(tries, 'attempt')} so far): {in_short(last.reason)}"
        )


def in_short(reason: str) -> str:
    """Return the first sentence of a reason."""
    return reason.split(". ", maxsplit=1)[0]


def _indented(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 4))


def _conclusion(report: GapReport) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"✗ {plural(report.partitions, 'partition')} not as they should be", "red"),
        f", explained by {plural(len(report.gaps), 'gap')}",
    )
    scheduled = set(report.scheduled)
    # Where nothing is due, rows have to go; neither loading nor computing takes them away.
    strays = [gap for gap in report.gaps if scheduled and gap.span.first not in scheduled]
    others = [gap for gap in report.gaps if gap not in strays]
    given_up = [gap for gap in others if gap.given_up is not None]
    sources = [gap for gap in others if gap.is_source]
    for gap in sources:
        yield _command(f"load {short(gap.table)} {gap.span}", "gapless load --data DIR")
    for gap in strays:
        yield _command(
            f"rows where nothing is due, in {short(gap.table)} {gap.span}: see how to remove them",
            f"gapless explain {short(gap.table)} {gap.span.first}",
        )
    if any(not gap.is_source and gap.given_up is None for gap in others):
        what = "close the others" if sources or given_up or strays else "close them"
        yield _command(what, repair_command(report.selection))
    if given_up:
        first = given_up[0]
        yield _command(
            "look at what was given up on",
            f"gapless explain {short(first.table)} {first.span.first}",
        )


def _command(what: str, command: str) -> Text:
    return Text.assemble((f"    → {what}: ", "cyan"), (command, "bold"), no_wrap=True)


def repair_command(selection: Selection) -> str:
    """Return the command that closes the gaps of a selection."""
    words = ["gapless", "repair", *selection.tables]
    if selection.dates:
        words += ["--dates", ",".join(str(day) for day in selection.dates)]
    for flag, value in (
        ("--start-date", selection.start_date),
        ("--end-date", selection.end_date),
        ("--season", selection.season),
    ):
        if value is not None:
            words += [flag, str(value)]
    return shlex.join(words)
