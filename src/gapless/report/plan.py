"""A plan as text and data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.partitions import DateRange
from gapless.plan.because import Link, because
from gapless.plan.build import Action, Plan, Step
from gapless.plan.standings import Standings
from gapless.plan.states import NOT_YET
from gapless.report.marks import dates_text, short
from gapless.wording import plural

WORDS: dict[str, str] = {
    Action.COMPUTE: "compute",
    Action.RECHECK: "look again",
    Action.LEAVE: "leave",
    Action.EMPTY: "nothing due",
    Action.BLOCK: "blocked",
    NOT_YET: "not yet",
    Action.GIVE_UP: "given up",
    Action.UNKNOWN: "unknown",
}


IN_THE_PLAN = (Action.COMPUTE, Action.RECHECK, Action.BLOCK, Action.GIVE_UP, Action.UNKNOWN)
"""Actions that somebody may ask the reason of; what is left is done or empty."""
CHAINS_AT_MOST = 24


def plan_data(plan: Plan, standings: Standings) -> dict[str, Any]:
    """Return what `--json` prints: every step with what it follows from, up to the root."""
    data = plan.as_data()
    for step, entry in zip(plan.all_steps, data["steps"], strict=True):
        links = because(standings, step.table, step.partition) if step.action in IN_THE_PLAN else ()
        entry["because"] = [link.as_data() for link in links]
    return data


def plan_text(
    plan: Plan, standings: Standings, *, dry_run: bool = False, with_because: bool = False
) -> Iterator[RenderableType]:
    """Say what a run would do, table by table, and why; with the way to each root if asked for."""
    request = plan.request
    scheduled = [day for day in request.dates if day in standings.picture.calendar.dates]
    yield (
        f"[bold]{request.span}[/bold]: {plural(len(request.dates), 'day')}, "
        f"{len(scheduled)} with {standings.picture.calendar.unit}s; "
        f"{plural(len(request.tables), 'table')}; today is {plan.today}"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    shown = Counter((step.table, step.shown) for step in plan.all_steps)
    # Most plans have none of these.
    rare = {NOT_YET, Action.GIVE_UP} - {key[1] for key in shown}
    words = [one for one in WORDS if one not in rare]
    for one in words:
        table.add_column(WORDS[one], justify="right")
    for name in dict.fromkeys(step.table for step in plan.all_steps):
        counts = [shown[name, one] for one in words]
        table.add_row(name, *(f"{count:,}" if count else "·" for count in counts))
    yield table
    yield ""
    yield from (_chains if with_because else _reasons)(plan, standings)
    computed = plan.count(Action.COMPUTE)
    if dry_run:
        yield f"Dry run: would compute {plural(computed, 'partition')}; nothing was changed."
    elif not computed:
        yield "Nothing to compute."


def _chains(plan: Plan, standings: Standings) -> Iterator[RenderableType]:
    """Give each step the way to its root; dates that share it, one place by one, share a line."""
    order = standings.picture.calendar.ordered
    grouped: dict[tuple[str, ...], list[tuple[Step, tuple[Link, ...]]]] = {}
    for action in IN_THE_PLAN:
        for step in plan.all_steps:
            if step.action is action:
                links = because(standings, step.table, step.partition)
                slot = (step.table, action, _head(step, links), *_places(step, links))
                grouped.setdefault(slot, []).append((step, links))
    for entries in list(grouped.values())[:CHAINS_AT_MOST]:
        (step, links), (_, last) = entries[0], entries[-1]
        days = dates_text([step.partition for step, _ in entries], order, most=2)
        verb = Text(WORDS[step.shown], style="red" if step.shown == Action.BLOCK else "bold")
        yield Text.assemble(verb, f" {short(step.table)}: {days} — {_head(step, links)}")
        for link, later in zip(links[1:], last[1:], strict=True):
            yield Padding(_link_text(link, later), (0, 0, 0, 4))
    if len(grouped) > CHAINS_AT_MOST:
        yield f"… and {len(grouped) - CHAINS_AT_MOST} more; all of them with --json"


def _head(step: Step, links: Sequence[Link]) -> str:
    """Say why, leaving to the way to the root what is told there."""
    return links[0].text if step.action is Action.BLOCK and links[1:] else step.reason


def _places(step: Step, links: Sequence[Link]) -> Iterator[str]:
    """Say where a way leads; dates that move along with the step are one place."""
    for link in links[1:]:
        day = "same date" if link.partition == step.partition else str(link.partition)
        yield f"{link.table} {day if link.since is None else link.since} {link.text}"


def _link_text(link: Link, later: Link) -> Text:
    last = max(link.partition, later.partition)
    first = link.since or min(link.partition, later.partition)
    text = Text.assemble("← ", (f"{short(link.table)} {DateRange(first, last)}", "bold"))
    text.append(f"  {link.text}")
    if link.version is not None and link == later:
        text.append(
            f"  v{link.version} of {link.published_at:%Y-%m-%d %H:%M} UTC, "
            f"run {link.run_id} by {link.actor}",
            style="dim",
        )
    return text


def _reasons(plan: Plan, standings: Standings) -> Iterator[RenderableType]:
    step_order = standings.picture.calendar.ordered
    for action in (Action.COMPUTE, Action.BLOCK, Action.GIVE_UP, NOT_YET, Action.UNKNOWN):
        grouped: dict[tuple[str, str], list[Step]] = {}
        for step in plan.all_steps:
            if step.shown == action:
                grouped.setdefault((step.table, step.reason), []).append(step)
        for (table, reason), steps in list(grouped.items())[:12]:
            days = dates_text([step.partition for step in steps], step_order, most=2)
            line = Table.grid(padding=(0, 1))
            calm = action in (Action.COMPUTE, NOT_YET)
            verb = Text(WORDS[action], style="bold" if calm else "red")
            line.add_row(verb, f"{short(table)}: {days} — {reason}")
            yield line
        if len(grouped) > 12:  # noqa: PLR2004 - a screen
            yield f"… and {len(grouped) - 12} more; all of them with --json"
