"""An audit of a table that nobody declared, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapless.coverage import percent
from gapless.report.marks import covered
from gapless.undeclared.guess import Counted, GuessReport, Hint, Suspicion
from gapless.undeclared.model import AuditReport, Condition, Named, Partition, Stretch, Subject
from gapless.wording import plural

MARKS: dict[Condition | Hint, tuple[str, str]] = {
    Condition.MISSING: ("○", "red"),
    Condition.PARTIAL: ("◐", "red"),
    Condition.NEARLY: ("◕", "yellow"),
    Condition.SURPLUS: ("+", "red"),
    Condition.DUPLICATE: ("×", "red"),
    Condition.KEYLESS: ("∅", "red"),
    Hint.NO_ROWS: ("○", "yellow"),
    Hint.FEWER: ("↓", "yellow"),
    Hint.MORE: ("↑", "yellow"),
}
MOST = 0.5
"""Where a larger share of the dates has duplicates, the question is more likely wrong."""
HOW_TO_DECLARE = "docs/how-to/your-own-pipeline.md"


def audit_text(report: AuditReport | GuessReport, limit: int) -> Iterator[RenderableType]:
    """Show what is wrong, worst first, and what to do about it.

    Args:
        report: What was found.
        limit: How many lines of dates to show; the counts are always exact.
    """
    if isinstance(report, GuessReport):
        yield from _guess(report, limit)
    else:
        yield from _compared(report, limit)


def _compared(report: AuditReport, limit: int) -> Iterator[RenderableType]:
    subject = report.subject
    yield Text.assemble(
        (subject.table, "bold"), f" beside {subject.reference}{_span(report.partitions)}"
    )
    yield f"by {' and '.join(subject.key)}, as sets: {_by_condition(report)}"
    yield from _notes(subject)
    stretches = report.stretches()
    if stretches:
        yield ""
    for stretch in stretches[:limit]:
        yield from _stretch(stretch)
    yield from _more(len(stretches) - limit)
    yield ""
    yield from _aside(report)
    yield from _left_out(len(report.later))
    if report.counts[Condition.DUPLICATE] > MOST * len(report.partitions):
        yield "Most dates have duplicates; perhaps a column of the key was not named (--key)."
    yield _conclusion(report)
    if report.exit_code == 1:
        yield _remedy("so that it is refused next time, declare the table", HOW_TO_DECLARE)


def _span(dated: Sequence[Partition] | Sequence[Counted]) -> str:
    return f", {dated[0].day} … {dated[-1].day}" if dated else ""


def _by_condition(report: AuditReport) -> str:
    counts = report.counts
    parts = [f"{counts[condition]:,} {condition}" for condition in Condition if counts[condition]]
    dates = plural(len(report.partitions), "date")
    return f"{dates}, {', '.join([f'{report.complete:,} complete', *parts])}"


def _stretch(stretch: Stretch) -> Iterator[RenderableType]:
    first = stretch.partitions[0]
    if len(stretch.partitions) > 1:
        keys = "expected keys" if first.expected else "unexpected keys"
        told = f"{plural(len(stretch.partitions), 'date')}, {stretch.wrong:,} {keys}"
        yield _head(first.conditions, str(stretch.span), told)
        return
    told = covered(first.present, first.expected) if first.expected else "no key expected"
    yield _head(first.conditions, str(first.day), told)
    for what, count, names in (
        ("missing", first.missing, first.missing_names),
        ("unexpected", first.unexpected, first.unexpected_names),
        ("beyond the first of their key", first.duplicates, first.duplicate_names),
        ("with a NULL in the key", first.keyless, ()),
    ):
        if count:
            yield _indented(_names(what, count, names))


def _head(kinds: Sequence[Condition | Hint], dates: str, told: str) -> Text:
    parts = [(f"{MARKS[kind][0]} {kind}  ", MARKS[kind][1]) for kind in kinds]
    return Text.assemble(*parts, (dates, "bold"), f"  {told}" if told else "")


def _names(what: str, count: int, names: Sequence[Named]) -> str:
    noun = "key" if what in ("missing", "unexpected") else "row"
    head = f"{count:,} {what}" if noun == "key" else f"{plural(count, noun)} {what}"
    if not names:
        return head
    # Of duplicates the names are keys, and the count is of rows.
    more = count - sum((name.rows or 2) - 1 for name in names)
    listed = ", ".join(str(name) for name in names)
    return f"{head}: {listed}{f' and {more:,} more' if more > 0 else ''}"


def _aside(report: AuditReport | GuessReport) -> Iterator[RenderableType]:
    subject = report.subject
    for sentence in report.table_aside.dateless(subject.partition):
        yield Text.assemble(("✗ ", "red"), f"{subject.table} has {sentence}; on no date at all")


def _conclusion(report: AuditReport) -> Text:
    subject, dates = report.subject, plural(len(report.partitions), "date")
    if report.unknown:
        return Text.assemble(("? unknown", "red"), f"  {'; '.join(report.unknown)}.")
    if report.exit_code:
        faulty = len(report.partitions) - report.complete - _only_nearly(report)
        what = f"{faulty:,} of {dates}" if faulty else "some rows are on no date"
        return Text.assemble(("✗ not complete", "red"), f"  {what}; nothing was written")
    if report.complete < len(report.partitions):
        lacking = sum(partition.missing for partition in report.partitions)
        return Text.assemble(
            ("◕ nearly complete", "yellow"),
            f"  no date is below {percent(subject.at_least)}, but {plural(lacking, 'key')} of "
            f"{plural(report.counts[Condition.NEARLY], 'date')} are missing; "
            "--at-least 1 takes that for a fault",
        )
    keys = sum(partition.present for partition in report.partitions)
    return Text.assemble(
        ("● complete", "green"), f"  {plural(keys, 'key')} on {dates}, none missing or surplus"
    )


def _only_nearly(report: AuditReport) -> int:
    return sum(partition.conditions == (Condition.NEARLY,) for partition in report.partitions)


def _guess(report: GuessReport, limit: int) -> Iterator[RenderableType]:
    rows = plural(sum(one.rows for one in report.counted), "row")
    yield Text.assemble(
        (report.subject.table, "bold"),
        f" alone{_span(report.counted)}: {rows} on {plural(len(report.counted), 'date')}",
    )
    yield Text(
        "Only a guess: there is no --reference, and counts say nothing about which keys are there.",
        style="yellow",
    )
    yield from _notes(report.subject)
    lines = [*(_faulty(one) for one in report.faulty), *map(_suspicion, report.suspicions)]
    if lines:
        yield ""
    for line in lines[:limit]:
        yield from line
    yield from _more(len(lines) - limit)
    yield ""
    yield from _aside(report)
    if report.without_neighbours:
        alone = plural(report.without_neighbours, "date")
        yield f"{alone} had too few neighbours to be compared with."
    yield from _left_out(report.later)
    yield _guessed(report)
    yield _remedy("to know, name a table with the keys that are expected", "--reference --key")


def _faulty(one: Counted) -> Iterator[RenderableType]:
    kinds = [
        condition
        for condition, count in (
            (Condition.DUPLICATE, one.duplicates),
            (Condition.KEYLESS, one.keyless),
        )
        if count
    ]
    yield _head(kinds, str(one.day), f"{plural(one.rows, 'row')}, and this is no guess")
    if one.duplicates:
        what = "beyond the first of their key"
        yield _indented(_names(what, one.duplicates, one.duplicate_names))
    if one.keyless:
        yield _indented(_names("with a NULL in the key", one.keyless, ()))


def _suspicion(found: Suspicion) -> Iterator[RenderableType]:
    told = f"{plural(found.dates, 'date')}" if found.dates > 1 else ""
    yield _head([found.hint], str(found.span), told)
    yield _indented(found.why)


def _guessed(report: GuessReport) -> Text:
    found = len(report.suspicions)
    if found:
        return Text.assemble(
            ("? unusual", "red"),
            f"  {plural(found, 'suspicion')}, none of them proved; neither is the rest",
        )
    if report.exit_code == 1:
        return Text.assemble(("✗ wrong", "red"), "  see above; the rest is not proved")
    return Text.assemble(("? unknown", "red"), "  counts suggest nothing, which proves nothing")


def _notes(subject: Subject) -> Iterator[RenderableType]:
    for note in subject.notes:
        yield Text(note, style="dim")


def _more(count: int) -> Iterator[RenderableType]:
    if count > 0:
        yield Text(f"… and {count:,} more; --limit shows more, --json all", style="dim")


def _left_out(count: int) -> Iterator[RenderableType]:
    if count:
        yield f"{plural(count, 'date')} from today on left out; --end-date takes them in."


def _indented(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 4))


def _remedy(what: str, how: str) -> Text:
    return Text.assemble((f"    → {what}: ", "cyan"), (how, "bold"), no_wrap=True)
