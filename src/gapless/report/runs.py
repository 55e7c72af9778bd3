"""Runs as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapless.verbs.runs import RunLine, RunsReport


def runs_text(report: RunsReport) -> Iterator[RenderableType]:
    """Show one run a line, newest first."""
    if not report.runs:
        yield "Nothing has been run yet."
        return
    table = Table(box=None, pad_edge=False)
    for name in ("run", "started", "by", "ended", "partitions", "command"):
        table.add_column(name, no_wrap=name in {"run", "started", "ended"})
    for line in report.runs:
        table.add_row(
            line.run.run_id,
            f"{line.run.started_at:%Y-%m-%d %H:%M}",
            line.run.actor,
            _ended(line),
            ", ".join(f"{count:,} {verdict}" for verdict, count in line.verdicts.items()) or "·",
            line.run.command,
        )
    yield table
    if report.unfinished is not None:
        yield ""
        yield Text.assemble(
            f"Run {report.unfinished} left something to do.  Go on with it: ",
            ("gapless backfill --resume", "bold"),
            no_wrap=True,
        )


def _ended(line: RunLine) -> Text:
    good = line.run.exit_code == 0
    return Text(line.ended, style="green" if good else "yellow" if line.at_work else "red")
