"""The report of a run as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.ledger.interface import Verdict
from gapless.plan.stored import StoredPlan
from gapless.report.marks import covered, dates_text, mark, short
from gapless.run.report import Result, RunReport
from gapless.verbs.backfill import BackfillOutcome
from gapless.wording import plural

PROBLEMS_AT_MOST = 6
CHOICES_AT_MOST = 6
COLUMNS = (
    ("published", ("published",)),
    ("unchanged", ("unchanged",)),
    ("waived", ("waived",)),
    ("refused", ("refused",)),
    ("failed", ("failed",)),
    ("blocked", ("blocked",)),
    ("not yet", ("not_yet",)),
    ("given up", ("given_up",)),
    ("done before", ("done",)),
    ("nothing due", ("warm_up", "nothing_expected")),
    ("unknown", ("unknown",)),
)


def run_text(outcome: BackfillOutcome) -> Iterator[RenderableType]:
    """Account for every partition: a line for each table, then what needs a look."""
    report = outcome.report
    if outcome.stored is not None:
        yield from _resumed(outcome.stored, report)
    yield _summary(report)
    if fallbacks := fallback_lines(report.results):
        yield ""
        yield from fallbacks
    problems = [result for result in report.results if not result.succeeded]
    if problems:
        yield ""
        yield from _problems(problems, sorted({r.partition for r in report.results}))
    yield ""
    yield _conclusion(report)


def resumed_note(stored: StoredPlan, *, forced: bool) -> Iterator[Text]:
    """Say whose plan is gone on with, and what of it is not."""
    yield Text(f"The plan of run {stored.run_id}, for which today is {stored.today}.")
    if stored.forced and not forced:
        yield Text(
            "! That run was forced; this one is not: every gate holds. "
            'To force it again: --force --reason "…"',
            style="yellow",
        )


def _resumed(stored: StoredPlan, report: RunReport) -> Iterator[Text]:
    yield from resumed_note(stored, forced=report.plan.request.forced)
    earlier = Counter(result.done_by for result in report.results if result.done_by)
    if earlier:
        by_run = ", ".join(f"{count:,} by {run_id}" for run_id, count in earlier.most_common(4))
        yield Text(f"Done earlier: {by_run}{', …' if len(earlier) > 4 else ''}.")  # noqa: PLR2004


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
    """Name the dates for which a preferred source held rows, but too few."""
    passed_over = [
        (result, name, made)
        for result in results
        for name, made in _choices(result).items()
        if any(source["rows"] for source in _sources_before(made))
    ]
    lines: list[RenderableType] = []
    for result, name, made in passed_over[:CHOICES_AT_MOST]:
        attempt = result.attempt
        lines.append(
            Text.assemble(
                ("! ", "yellow"),
                (f"{result.partition}", "bold"),
                f"  {name} from ",
                (short(made["chosen"]) if made["chosen"] else "nothing", "green"),
                f"  {covered(attempt.present, attempt.expected) if attempt else ''}",
            )
        )
        lines += [
            Text(
                f"              passed over: {short(source['source'])} "
                f"{covered(source['usable'], source['expected'])}",
                style="dim",
            )
            for source in _sources_before(made)
            if source["rows"]
        ]
    if len(passed_over) > CHOICES_AT_MOST:
        lines.append(Text(f"  … and {len(passed_over) - CHOICES_AT_MOST} more", style="dim"))
    return lines


def _choices(result: Result) -> dict[str, Any]:
    evidence = result.attempt.evidence if result.attempt else {}
    choices: dict[str, Any] = evidence.get("choices", {})
    return choices


def _sources_before(made: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the sources that were preferred to the chosen one."""
    sources: list[Mapping[str, Any]] = made["sources"]
    return list(takewhile(lambda source: source["source"] != made["chosen"], sources))


def _problems(problems: Sequence[Result], calendar: Sequence[date]) -> Iterator[RenderableType]:
    # The cause first: what was refused or failed, then what that blocks.
    order = {"refused": 0, "failed": 1, "unknown": 2, "blocked": 3}
    grouped: dict[tuple[str, str, str], list[Result]] = {}
    for result in sorted(problems, key=lambda result: order.get(result.outcome, 4)):
        slot = (result.outcome, result.table, result.reason)
        grouped.setdefault(slot, []).append(result)
    for (outcome, table, reason), results in list(grouped.items())[:PROBLEMS_AT_MOST]:
        days = dates_text([result.partition for result in results], calendar)
        where = (f"  {short(table)} {days}", "bold")
        yield Text.assemble(mark(outcome), where)
        yield Padding(Text(reason), (0, 0, 0, 4))
    if len(grouped) > PROBLEMS_AT_MOST:
        yield Text(
            f"… and {len(grouped) - PROBLEMS_AT_MOST} more; all of them: gapless status",
            style="dim",
        )


def _conclusion(report: RunReport) -> Text:
    published = sum(
        result.attempt is not None and result.attempt.verdict in (Verdict.PUBLISHED, Verdict.WAIVED)
        for result in report.results
    )
    open_ones = sum(not result.succeeded for result in report.results)
    text = Text()
    text.append(*(("✗ not done", "red") if open_ones else ("● done", "green")))
    text.append(
        f"  {plural(len(report.results), 'partition')} accounted for, "
        f"{published:,} published, {open_ones:,} open; "
        f"{report.seconds:.1f} s, {plural(report.statements, 'statement')}; run {report.run_id}",
    )
    return text
