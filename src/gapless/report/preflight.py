"""Preflight findings as text and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapless.findings import DatedFact, Finding, Severity
from gapless.plan.build import Action
from gapless.preflight.examine import Preflight
from gapless.wording import plural

SEVERITY_MARKS = {
    Severity.REFUSE: ("✗", "bold red"),
    Severity.ERROR: ("✗", "red"),
    Severity.WARNING: ("!", "yellow"),
    Severity.INFO: ("i", "dim"),
}
FACTS_AT_MOST = 4


def preflight_text(found: Preflight) -> Iterator[RenderableType]:
    """Say what was found, worst first, with the options there are."""
    plan = found.plan
    yield (
        f"[bold]Preflight[/bold] {plan.request.span}, {plural(len(plan.request.tables), 'table')}: "
        f"{plural(plan.count(Action.COMPUTE), 'partition')} to compute, "
        f"{plan.count(Action.LEAVE, Action.RECHECK)} done, "
        f"{plan.count(Action.EMPTY)} with nothing due, {plan.count(Action.BLOCK)} blocked"
    )
    for finding in found.findings:
        yield ""
        yield from finding_text(finding)
    yield ""
    yield _conclusion(found)


def finding_text(finding: Finding, *, with_remedies: bool = True) -> Iterator[RenderableType]:
    """Say one finding: what, on which dates, and what can be done."""
    symbol, style = SEVERITY_MARKS[finding.severity]
    count = plural(len(finding.facts), "date") if finding.facts else ""
    head = Text.assemble((f"{symbol} {finding.severity}  ", style), finding.message)
    if count:
        head.append(f"  ({count})", style="dim")
    yield head
    for fact in finding.facts[:FACTS_AT_MOST]:
        yield Padding(_fact(fact), (0, 0, 0, 4))
    if len(finding.facts) > FACTS_AT_MOST:
        last = finding.facts[-1].date
        yield Padding(
            Text(f"… {len(finding.facts) - FACTS_AT_MOST} more up to {last}", style="dim"),
            (0, 0, 0, 4),
        )
    for remedy in finding.remedies if with_remedies else ():
        parts = ((f"    → {remedy.what}: ", "cyan"), (remedy.command, "bold"))
        yield Text.assemble(*parts, no_wrap=True)


def preflight_data(found: Preflight) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "exit_code": found.exit_code,
        "plan": found.plan.as_data(),
        "findings": [finding.as_data() for finding in found.findings],
        "choices": [
            {"table": table, "date": day.isoformat(), "input": made.input, **made.as_evidence()}
            for (table, day), choices in sorted(found.foreseen.items())
            for made in choices
        ],
    }


def _fact(fact: DatedFact) -> Text:
    return Text.assemble((f"{fact.date}  ", "bold"), fact.text)


def _conclusion(found: Preflight) -> str:
    if found.refused:
        return "[bold red]Refused:[/bold red] nothing would be started."
    errors = sum(finding.severity is Severity.ERROR for finding in found.findings)
    if errors:
        return (
            "Some partitions cannot be completed as things stand; "
            f"a backfill would do the others and exit {found.exit_code}."
        )
    if found.plan.count(Action.COMPUTE):
        return "[green]●[/green] Nothing stands in the way."
    return "[green]●[/green] Nothing to do: everything asked for is done."
