"""The report of a run as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.ledger.interface import Verdict
from gapless.report.marks import covered, mark, plural, short
from gapless.run.report import Result, RunReport
from gapless.verbs.backfill import BackfillOutcome

PROBLEMS_AT_MOST = 6
CHOICES_AT_MOST = 6
COLUMNS = (
    ("published", ("published",)),
    ("unchanged", ("unchanged",)),
    ("waived", ("waived",)),
    ("refused", ("refused",)),
    ("failed", ("failed",)),
    ("blocked", ("blocked",)),
    ("done before", ("done",)),
    ("nothing due", ("warm_up", "nothing_expected")),
    ("unknown", ("unknown",)),
)


def run_text(outcome: BackfillOutcome) -> Iterator[RenderableType]:
    """Account for every partition: a line for each table, then what needs a look."""
    report = outcome.report
    yield _summary(report)
    fallbacks = fallback_lines(report.results)
    if fallbacks:
        yield ""
        yield from fallbacks
    problems = [result for result in report.results if not result.succeeded]
    if problems:
        yield ""
        yield from _problems(problems)
    yield ""
    yield _conclusion(report)


def _summary(report: RunReport) -> Table:
    used = [
        (title, outcomes)
        for title, outcomes in COLUMNS
        if any(result.outcome in outcomes for result in report.results)
    ]
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for title, _ in used:
        table.add_column(title, justify="right")
    for name in dict.fromkeys(result.table for result in report.results):
        counts = Counter(result.outcome for result in report.results if result.table == name)
        cells = [sum(counts[outcome] for outcome in outcomes) for _, outcomes in used]
        table.add_row(name, *(f"{cell:,}" if cell else "·" for cell in cells))
    return table


def fallback_lines(results: Sequence[Result]) -> list[RenderableType]:
    """Name the dates for which the preferred source held rows, but too few."""
    lines: list[RenderableType] = []
    passed_over = []
    for result in results:
        for name, made in (
            (result.attempt.evidence if result.attempt else {}).get("choices", {}).items()
        ):
            before = []
            for source in made["sources"]:
                if source["source"] == made["chosen"]:
                    break
                before.append(source)
            if any(source["rows"] for source in before):
                passed_over.append((result, name, made))
    for result, name, made in passed_over[:CHOICES_AT_MOST]:
        attempt = result.attempt
        chosen = short(made["chosen"]) if made["chosen"] else "nothing"
        text = Text("! ", style="yellow")
        text.append(f"{short(result.table)} {result.partition}", style="bold")
        text.append(f"  {name} from {chosen}: {made['reason']}")
        if attempt is not None and attempt.expected is not None:
            text.append(f"  → {covered(attempt.present, attempt.expected)}", style="green")
        lines.append(text)
    if len(passed_over) > CHOICES_AT_MOST:
        lines.append(Text(f"  … and {len(passed_over) - CHOICES_AT_MOST} more", style="dim"))
    return lines


def _problems(problems: Sequence[Result]) -> Iterator[RenderableType]:
    # The cause first: what was refused or failed, then what that blocks.
    order = {"refused": 0, "failed": 1, "unknown": 2, "blocked": 3}
    ranked = sorted(problems, key=lambda result: order.get(result.outcome, 4))
    for result in ranked[:PROBLEMS_AT_MOST]:
        head = mark(result.outcome)
        head.append(f"  {short(result.table)} {result.partition}", style="bold default")
        yield head
        yield Padding(Text(result.reason), (0, 0, 0, 4))
    if len(problems) > PROBLEMS_AT_MOST:
        yield Text(
            f"… and {len(problems) - PROBLEMS_AT_MOST} more; all of them: gapless status",
            style="dim",
        )


def _conclusion(report: RunReport) -> Text:
    published = sum(
        result.attempt is not None and result.attempt.verdict in (Verdict.PUBLISHED, Verdict.WAIVED)
        for result in report.results
    )
    open_ones = sum(not result.succeeded for result in report.results)
    text = Text()
    text.append("● done" if not open_ones else "✗ not done", "green" if not open_ones else "red")
    text.append(
        f"  {plural(len(report.results), 'partition')} accounted for, "
        f"{published:,} published, {open_ones:,} open; "
        f"{report.seconds:.1f} s, {plural(report.statements, 'statement')}; run {report.run_id}",
        style="default",
    )
    return text
