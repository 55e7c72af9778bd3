"""A repair as text: what became of every gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.plan.states import NOT_YET
from gapless.report.marks import dates_text, mark, short, word
from gapless.report.plan import plan_text
from gapless.verbs.gap_report import Slot
from gapless.verbs.repair import (
    BLOCKED,
    RENEWED,
    REPAIRED,
    TO_LOAD,
    Repaired,
    RepairPlan,
    RepairReport,
)
from gapless.wording import plural

OUTCOMES = (
    REPAIRED,
    RENEWED,
    "refused",
    "failed",
    "given_up",
    BLOCKED,
    NOT_YET,
    TO_LOAD,
    "unknown",
)
"""In this order; others come after them."""
GROUPS_AT_MOST = 12


def repair_text(report: RepairReport) -> Iterator[RenderableType]:
    """Count the gaps by table and outcome, then say of each that is left why."""
    if not report.gaps:
        yield Text("● no gaps; nothing was done", style="green")
        return
    yield _counts(report)
    left = [gap for gap in report.gaps if not gap.closed]
    if left:
        yield ""
        yield from _left(left, report.scheduled)
    yield ""
    yield _conclusion(report, left)


def repair_plan_text(made: RepairPlan) -> Iterator[RenderableType]:
    """Say what a repair would do."""
    if made.plan is not None:
        yield from plan_text(made.plan, made.standings, dry_run=True)
    elif not made.to_load:
        yield Text("● no gaps; there is nothing to do", style="green")
    scheduled = made.standings.picture.calendar.ordered
    by_table: dict[str, list[date]] = {}
    for found in made.to_load:
        by_table.setdefault(found.standing.table, []).append(found.partition)
    for table, days in by_table.items():
        yield Text.assemble(
            mark(TO_LOAD), (f"  {short(table)} {dates_text(days, scheduled)}", "bold")
        )
        yield _load_command()


def _counts(report: RepairReport) -> Table:
    found = report.counts
    used = [*(o for o in OUTCOMES if found[o]), *(o for o in found if o not in OUTCOMES)]
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for outcome in used:
        table.add_column(word(outcome), justify="right")
    for name in dict.fromkeys(gap.table for gap in report.gaps):
        counts = [
            sum(gap.table == name and gap.outcome == outcome for gap in report.gaps)
            for outcome in used
        ]
        table.add_row(name, *(f"{count:,}" if count else "·" for count in counts))
    return table


def _left(left: Sequence[Repaired], scheduled: Sequence[date]) -> Iterator[RenderableType]:
    """Say of each gap that is left why, and what it blocks; the blocked ones are not repeated."""
    roots = {(gap.table, gap.partition) for gap in left}
    blocked: dict[Slot, list[Repaired]] = {}
    grouped: dict[tuple[str, str, str, bool], list[date]] = {}
    for gap in left:
        if gap.outcome == BLOCKED and gap.cause in roots and gap.cause is not None:
            blocked.setdefault(gap.cause, []).append(gap)
        else:
            slot = (gap.outcome, gap.table, gap.reason, gap.given_up)
            grouped.setdefault(slot, []).append(gap.partition)
    for (outcome, table, reason, given_up), days in list(grouped.items())[:GROUPS_AT_MOST]:
        tail = "  given up on from now on" if given_up and outcome != "given_up" else ""
        yield Text.assemble(
            mark(outcome), (f"  {short(table)} {dates_text(days, scheduled)}", "bold"), tail
        )
        yield Padding(Text(reason), (0, 0, 0, 4))
        beneath = [gap for day in days for gap in blocked.get((table, day), ())]
        if beneath:
            yield Padding(Text(f"blocks {_blocked_text(beneath)}", style="dim"), (0, 0, 0, 4))
    if len(grouped) > GROUPS_AT_MOST:
        yield Text(f"… and {len(grouped) - GROUPS_AT_MOST} more; all of them: gapless gaps", "dim")
    if any(gap.outcome == TO_LOAD for gap in left):
        yield _load_command()
    hopeless = [gap for gap in left if gap.given_up]
    if hopeless:
        yield from _ways_out(hopeless[0])


def _blocked_text(gaps: Sequence[Repaired]) -> str:
    tables = Counter(gap.table for gap in gaps)
    return ", ".join(f"{short(table)} {plural(count, 'date')}" for table, count in tables.items())


def _ways_out(gap: Repaired) -> Iterator[Text]:
    """Say what can be done about something that was given up on."""
    name, day = short(gap.table), gap.partition
    for what, command in (
        ("look", f"gapless explain {name} {day}"),
        ("correct what it reads, then", "gapless repair"),
        ("publish it on your word", f'gapless backfill {name} --dates {day} --force --reason "…"'),
        ("try it all the same", f"gapless repair {name} --dates {day} --retry-given-up"),
    ):
        yield Text.assemble((f"    → {what}: ", "cyan"), (command, "bold"), no_wrap=True)


def _load_command() -> Text:
    return Text.assemble(
        ("    → load: ", "cyan"), ("gapless load --data DIR", "bold"), no_wrap=True
    )


def _conclusion(report: RepairReport, left: Sequence[Repaired]) -> Text:
    closed = len(report.gaps) - len(left)
    text = Text()
    text.append(*(("✗ not done", "red") if left else ("● done", "green")))
    text.append(f"  {plural(len(report.gaps), 'partition')} accounted for, ")
    text.append(f"{closed:,} closed, {len(left):,} open")
    if report.run_ids:
        text.append(f"; {'run' if len(report.run_ids) == 1 else 'runs'} ")
        text.append(", ".join(report.run_ids))
    return text
