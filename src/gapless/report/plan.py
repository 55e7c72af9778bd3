"""A plan as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapless.plan.build import Action, Plan, Step
from gapless.plan.standings import Standings
from gapless.report.marks import dates_text, short
from gapless.wording import plural

WORDS = {
    Action.COMPUTE: "compute",
    Action.RECHECK: "look again",
    Action.LEAVE: "leave",
    Action.EMPTY: "nothing due",
    Action.BLOCK: "blocked",
    Action.UNKNOWN: "unknown",
}


def plan_text(
    plan: Plan, standings: Standings, *, dry_run: bool = False
) -> Iterator[RenderableType]:
    """Say what a run would do, table by table, and why."""
    request = plan.request
    scheduled = [day for day in request.dates if day in standings.picture.calendar.dates]
    yield (
        f"[bold]{request.span}[/bold]: {plural(len(request.dates), 'day')}, "
        f"{len(scheduled)} with {standings.picture.calendar.unit}s; "
        f"{plural(len(request.tables), 'table')}; today is {plan.today}"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for action in WORDS.values():
        table.add_column(action, justify="right")
    for name in dict.fromkeys(step.table for step in plan.all_steps):
        counts = [len(plan.of(name, action)) for action in WORDS]
        table.add_row(name, *(f"{count:,}" if count else "·" for count in counts))
    yield table
    yield ""
    yield from _reasons(plan, standings)
    computed = plan.count(Action.COMPUTE)
    if dry_run:
        yield f"Dry run: would compute {plural(computed, 'partition')}; nothing was changed."
    elif not computed:
        yield "Nothing to compute."


def _reasons(plan: Plan, standings: Standings) -> Iterator[RenderableType]:
    step_order = standings.picture.calendar.ordered
    for action in (Action.COMPUTE, Action.BLOCK, Action.UNKNOWN):
        grouped: dict[tuple[str, str], list[Step]] = {}
        for step in plan.all_steps:
            if step.action is action:
                grouped.setdefault((step.table, step.reason), []).append(step)
        for (table, reason), steps in list(grouped.items())[:12]:
            days = dates_text([step.partition for step in steps], step_order, most=2)
            line = Table.grid(padding=(0, 1))
            verb = Text(WORDS[action], style="bold" if action is Action.COMPUTE else "red")
            line.add_row(verb, f"{short(table)}: {days} — {reason}")
            yield line
        if len(grouped) > 12:  # noqa: PLR2004 - a screen
            yield f"… and {len(grouped) - 12} more; all of them with --json"
