"""The story of one partition as text and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.choosing import ChoiceMade
from gapless.coverage import percent
from gapless.declare.tables import Derived
from gapless.ledger.cleanings import CleanedPartition
from gapless.ledger.interface import Attempt
from gapless.plan.states import State
from gapless.report.marks import covered, mark, short
from gapless.verbs.explain import Story
from gapless.verdicts import Outcome
from gapless.wording import plural

NAMES_SHOWN = 30
OUTCOME_MARKS = {
    Outcome.PASS: ("●", "green"),
    Outcome.WARN: ("!", "yellow"),
    Outcome.FAIL: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "red"),
}


def story_text(story: Story) -> Iterator[RenderableType]:
    """Tell the story from the calendar to what to do next."""
    head = Text(f"{story.table.name} ", style="bold")
    head.append(f"{story.day}  ", style="bold")
    head.append_text(mark(story.standing.state))
    yield head
    yield Text(story.standing.reason, style="dim")
    yield ""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="cyan", no_wrap=True)
    rows.add_column()
    for title, content in _sections(story):
        rows.add_row(title, content)
    yield rows
    if story.next_step:
        yield ""
        yield Text.assemble(("Next: ", "cyan"), (story.next_step, "bold"), no_wrap=True)


def _sections(story: Story) -> Iterator[tuple[str, RenderableType]]:
    yield "calendar", _calendar(story)
    if story.checks:
        yield (
            "checks",
            "\n".join(
                f"{check.name}: {check.failed} of {check.examined} wrong"
                + (f", first {check.detail}" if check.detail else "")
                for check in story.checks
            ),
        )
    if story.inputs:
        yield "inputs", _inputs(story)
    if story.expected is not None:
        yield "expected", _expected(story)
    for made in story.choices:
        yield f"source: {made.input}", _choice(made)
    if isinstance(story.table, Derived):
        yield "published", _published(story)
        if story.publications:
            yield "written by", written_by(story)
    if story.unmeasured:
        yield "gate now", Text(f"cannot be evaluated: {story.unmeasured}", style="red")
    if story.results and story.standing.rows:
        yield "gate now", _gate(story)
    yield from _named(story)
    if story.attempts:
        yield "attempts", Group(*(_attempt(attempt) for attempt in story.attempts))
    yield from _cleanings(story)
    yield from _waivers(story)


def _cleanings(story: Story) -> Iterator[tuple[str, RenderableType]]:
    if story.cleaned:
        yield "cleaned", "\n".join(_cleaned(one) for one in story.cleaned)


def _cleaned(one: CleanedPartition) -> str:
    backup = f", backup {one.backup_id}" if one.backup_id else ""
    return (
        f"{one.recorded_at:%Y-%m-%d %H:%M} UTC  {plural(one.rows, 'row')} {one.fate}{backup}: "
        f"{one.reason}"
    )


def _named(story: Story) -> Iterator[tuple[str, RenderableType]]:
    for kind, names in story.named.items():
        shown = ", ".join(str(name) for name in names[:NAMES_SHOWN])
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        yield kind, f"{len(names)}: {shown}{more}"


def _waivers(story: Story) -> Iterator[tuple[str, RenderableType]]:
    for use in story.waivers:
        waiver = use.waiver
        yield (
            "waiver",
            (
                f"{', '.join(waiver.checks)} by {waiver.actor} on {waiver.granted_at:%Y-%m-%d} "
                f"until {waiver.expires_at:%Y-%m-%d} ({use.how}): {waiver.reason}"
            ),
        )


def _calendar(story: Story) -> str:
    facts = story.facts
    if facts is None:
        return story.why_empty
    return (
        f"{plural(facts.units, story.unit)}; season {facts.season}, day {facts.day_of_season} "
        f"(since {facts.season_start}); {story.path} date"
    )


def _inputs(story: Story) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in ("state", "table", "reads"):
        table.add_column(no_wrap=True)
    table.add_column()
    for found in story.inputs:
        table.add_row(
            mark(found.state), short(found.table), found.reads, Text(found.reason, style="dim")
        )
    return table


def _expected(story: Story) -> str:
    text = str(story.expected)
    coverage = story.coverage
    if coverage is None:
        return text
    excluded = ", ".join(f"{count} {why}" for why, count in sorted(coverage.excluded.items()))
    text = f"{plural(coverage.expected, 'key')} ({text})"
    if coverage.groups > 1:
        text += f" in {coverage.groups} groups"
    return f"{text}; excluded: {excluded}" if excluded else text


def _choice(made: ChoiceMade) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for place, source in enumerate(made.sources):
        used = Text("→ used", style="green") if place == made.place else Text("")
        if source.source in made.filled_from:
            used = Text("→ fills the missing", style="green")
        table.add_row(
            short(source.source),
            plural(source.rows, "row"),
            f"{source.usable} usable of {source.expected}",
            percent(source.ratio),
            used,
        )
    reason = Text(made.reason)
    if made.measured_on is not None:
        reason.append(f"  measured on the {made.measured_on}", style="dim")
    return Group(reason, table)


def _published(story: Story) -> RenderableType:
    if not story.publications:
        rows = story.standing.rows
        return "never" if not rows else f"never; {plural(rows, 'row')} that nobody accounts for"
    lines = []
    for publication in story.publications[-5:]:
        line = Text()
        line.append(f"v{publication.version} ", style="bold")
        line.append(
            f"{publication.published_at:%Y-%m-%d %H:%M} UTC  "
            f"{covered(publication.present, publication.expected)}  "
        )
        if publication.state == State.WAIVED:
            line.append("waived  ", style="magenta")
        line.append(
            f"run {publication.run_id} by {publication.actor}, {publication.code_version}",
            style="dim",
        )
        for name, made in publication.evidence.get("choices", {}).items():
            line.append(f"\n   {name}: {made['reason']}")
        lines.append(line)
    return Group(*lines)


def written_by(story: Story) -> str:
    """Say which run wrote the newest publication: who, when, with which command and code."""
    newest, run = story.publications[-1], story.writer
    command = f": {run.command}" if run is not None else ", which the ledger does not know"
    return (
        f"run {newest.run_id} by {newest.actor} on {newest.published_at:%Y-%m-%d %H:%M} UTC, "
        f"{newest.code_version}{command}"
    )


def _gate(story: Story) -> Table:
    table = Table.grid(padding=(0, 2))
    for result in story.results:
        symbol, style = OUTCOME_MARKS[result.outcome]
        if result.outcome is Outcome.PASS and result.check not in _ALWAYS_SHOWN:
            continue
        table.add_row(Text(symbol, style=style), result.check, result.found)
    passed = sum(
        result.outcome is Outcome.PASS and result.check not in _ALWAYS_SHOWN
        for result in story.results
    )
    if passed:
        table.add_row(Text("●", style="green"), f"{passed} more", "pass")
    return table


_ALWAYS_SHOWN = frozenset({"coverage", "group_coverage"})


def _attempt(attempt: Attempt) -> RenderableType:
    head = Text(f"{attempt.started_at:%Y-%m-%d %H:%M} UTC  ")
    head.append_text(mark(attempt.verdict))
    head.append(f"  {covered(attempt.present, attempt.expected)}  run {attempt.run_id}")
    if attempt.verdict in ("published", "unchanged"):
        return head
    return Group(head, Padding(Text(attempt.reason, style="dim"), (0, 0, 0, 3)))


def story_data(story: Story) -> dict[str, Any]:
    """Return what `--json` prints."""
    facts, coverage, standing = story.facts, story.coverage, story.standing
    return {
        "table": story.table.name,
        "date": story.day.isoformat(),
        "path": story.path.value,
        "state": standing.state.value,
        "reason": standing.reason,
        "calendar": {"scheduled": False, "why": story.why_empty}
        if facts is None
        else {
            "scheduled": True,
            "season": facts.season,
            "day": facts.day_of_season,
            story.unit + "s": facts.units,
        },
        "expected": str(story.expected) if story.expected is not None else None,
        "coverage": None
        if coverage is None
        else {
            "expected": coverage.expected,
            "present": coverage.present,
            "missing": coverage.missing,
            "unexpected": coverage.unexpected,
            "duplicates": coverage.duplicates,
            "rows": coverage.rows,
            "ratio": coverage.ratio,
            "excluded": dict(coverage.excluded),
        },
        "gate": [result.as_evidence() for result in story.results],
        "named": {kind: [str(name) for name in names] for kind, names in story.named.items()},
        "choices": {made.input: made.as_evidence() for made in story.choices},
        "inputs": [
            {
                "table": found.table,
                "reads": found.reads,
                "state": found.state.value,
                "date": found.partition.isoformat(),
                "reason": found.reason,
            }
            for found in story.inputs
        ],
        "publications": [
            {
                "version": publication.version,
                "published_at": publication.published_at.isoformat(),
                "state": publication.state,
                "run_id": publication.run_id,
                "actor": publication.actor,
                "code_version": publication.code_version,
                "expected": publication.expected,
                "present": publication.present,
                "rows": publication.rows,
                "evidence": dict(publication.evidence),
            }
            for publication in story.publications
        ],
        "written_by": _writer_data(story),
        "attempts": [_attempt_data(attempt) for attempt in story.attempts],
        "waivers": [use.as_data() for use in story.waivers],
        "cleaned": [
            {
                "cleaning": one.cleaning_id,
                "fate": one.fate.value,
                "rows": one.rows,
                "at": one.recorded_at.isoformat(),
                "backup": one.backup_id,
                "reason": one.reason,
            }
            for one in story.cleaned
        ],
        "next": story.next_step,
    }


def _attempt_data(attempt: Attempt) -> Mapping[str, Any]:
    return {
        "run_id": attempt.run_id,
        "verdict": attempt.verdict.value,
        "started_at": attempt.started_at.isoformat(),
        "expected": attempt.expected,
        "present": attempt.present,
        "reason": attempt.reason,
        "evidence": dict(attempt.evidence),
    }


def _writer_data(story: Story) -> dict[str, Any] | None:
    if not story.publications:
        return None
    newest, run = story.publications[-1], story.writer
    return {
        "run_id": newest.run_id,
        "version": newest.version,
        "published_at": newest.published_at.isoformat(),
        "actor": newest.actor,
        "code_version": newest.code_version,
        "command": run.command if run is not None else None,
    }
