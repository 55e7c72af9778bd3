"""What the doctor found, as text: one line for what is sound, the rest in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.doctor.model import (
    Ability,
    DoctorReport,
    GuardTried,
    Status,
    TableTried,
    Trial,
)
from gapless.report.marks import dates_text
from gapless.wording import plural

STATUS_MARKS = {
    Status.OK: ("●", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.UNKNOWN: ("?", "red"),
    Status.FAIL: ("✗", "red"),
}
ABILITY_MARKS = {
    Ability.ABLE: ("●", "green"),
    Ability.REPORTS: ("i", "dim"),
    Ability.UNTRIED: ("?", "red"),
    Ability.UNABLE: ("✗", "red"),
}
FACTS_AT_MOST = 3


def doctor_text(report: DoctorReport, *, verbose: bool = False) -> Iterator[RenderableType]:
    """Say how the installation is, then what the guards did.

    Args:
        report: What was found.
        verbose: Tell every trial, not only those that went wrong.
    """
    yield "[bold]Installation[/bold]"
    yield _conditions(report)
    yield ""
    yield "[bold]Guards[/bold]"
    if report.untried:
        yield _marked(Ability.UNTRIED, f"none could be tried: {report.untried}")
    if report.tables:
        yield _by_table(report)
    yield from _excused(report)
    for ability in (Ability.REPORTS, Ability.UNTRIED, Ability.UNABLE):
        yield from _told(report, ability)
    if verbose:
        yield from _every_trial(report)
    yield ""
    yield _conclusion(report)


def _conditions(report: DoctorReport) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for part in report.parts:
        symbol, style = STATUS_MARKS[part.status]
        text = Text(part.text)
        if part.remedy:
            text.append(f"\n→ {part.remedy}", style="cyan")
        table.add_row(Text(symbol, style=style), part.name, text)
    return table


def _by_table(report: DoctorReport) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for found in report.tables:
        if not report.excused(found):
            symbol, style = ABILITY_MARKS[found.ability]
            table.add_row(Text(symbol, style=style), _name(report, found), _summary(found))
    return table


def _name(report: DoctorReport, found: TableTried) -> str:
    """Name the path only where guards were tried on both."""
    paths = [one for one in report.tables if one.table == found.table and not report.excused(one)]
    return f"{found.table} ({found.path})" if len(paths) > 1 else found.table


def _summary(found: TableTried) -> Text:
    if found.reason:
        return Text(f"not tried: {found.reason}")
    if not found.guards:
        return Text(found.note, style="dim")
    able = found.count(Ability.ABLE)
    all_able = ", all" if able == len(found.guards) else ""
    counts = [
        f"{found.count(ability)} {ability}"
        for ability in (Ability.UNABLE, Ability.UNTRIED, Ability.REPORTS)
        if found.count(ability)
    ]
    text = Text("; ".join([f"{plural(able, 'guard')}{all_able} able to fail", *counts]))
    return text.append(f"; {found.note}", style="dim") if found.note else text


def _excused(report: DoctorReport) -> Iterator[RenderableType]:
    """Say which paths were left out while the same gate was tried on the other path."""
    by_reason: dict[str, list[TableTried]] = {}
    for found in report.tables:
        if report.excused(found):
            by_reason.setdefault(f"{found.path} dates not tried: {found.reason}", []).append(found)
    for reason, tables in by_reason.items():
        which = tables[0].table if len(tables) == 1 else plural(len(tables), "table")
        yield Text(f"·  {which}: {reason}; the same gate was tried on the others", style="dim")


def _told(report: DoctorReport, ability: Ability) -> Iterator[RenderableType]:
    for found in report.tables:
        for guard in found.guards:
            trials = [trial for trial in guard.trials if trial.ability is ability]
            if trials:
                yield from _guard(_name(report, found), guard, trials)


def _guard(name: str, guard: GuardTried, trials: Sequence[Trial]) -> Iterator[RenderableType]:
    """Say what a guard did with some of its bad copies; the dates of the first of them."""
    first, *others = trials
    head = f"{first.ability}: {name}, {guard.kind} {guard.guard}"
    if first.ability is Ability.REPORTS:
        yield _marked(first.ability, f" {head}; {first.reason}")
        return
    yield ""
    yield _marked(first.ability, head)
    yield _line(f"bad copy: {first.copy}")
    yield _line(f"expected: {first.wanted}")
    if first.reason:
        yield _line(f"because:  {first.reason}")
    for fact in first.let_through[:FACTS_AT_MOST]:
        yield _line(f"{fact.date}: {fact.text}")
    for trial in others:
        yield _line(f"as well:  {trial.copy}{f'; {trial.reason}' if trial.reason else ''}")


def _every_trial(report: DoctorReport) -> Iterator[RenderableType]:
    for found in report.tables:
        if not found.guards:
            continue
        yield ""
        yield f"[bold]{_name(report, found)}[/bold], {found.basis} {dates_text(found.days)}"
        for guard in found.guards:
            for trial in guard.trials:
                yield _marked(trial.ability, f" {guard.guard}: {trial.copy} → {trial.wanted}")


def _marked(ability: Ability, text: str) -> Text:
    symbol, style = ABILITY_MARKS[ability]
    return Text.assemble((f"{symbol} ", style), text)


def _line(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 4))


def _conclusion(report: DoctorReport) -> Text:
    guards = [guard for found in report.tables for guard in found.guards]
    tables = len({found.table for found in report.tables})
    trials = sum(len(guard.trials) for guard in guards)
    tried = (
        f"{plural(len(guards), 'guard')} of {plural(tables, 'table')}, "
        f"{plural(trials, 'bad copy').replace('copys', 'copies')}; {report.seconds:.1f} s; "
        "nothing published was touched"
    )
    failing = [one.name for one in report.parts if one.status is Status.FAIL]
    unable = sum(guard.ability is Ability.UNABLE for guard in guards)
    if failing or unable:
        said = [f"{', '.join(failing)} not sound"] if failing else []
        said += [f"{plural(unable, 'guard')} could not fail"] if unable else []
        return Text.assemble(("✗ not well", "red"), f"  {'; '.join(said)}; {tried}")
    if report.exit_code:
        return Text.assemble(("? not known", "red"), f"  not everything could be tried; {tried}")
    return Text.assemble(("● well", "green"), f"  {tried}")
