"""The failures view as text: by partition and category, those with most open keys first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapless.ledger.interface import Failure
from gapless.report.history import NO_LEDGER, flagged_text
from gapless.report.marks import short
from gapless.verbs.failures import FailureGroup, FailuresReport, is_open
from gapless.wording import plural

NAMES_SHOWN = 10
WORDS = {
    "missing_upstream": "missing upstream",
    "not_computed": "not computed",
    "processing_error": "processing error",
}


def failures_text(report: FailuresReport, limit: int) -> Iterator[RenderableType]:
    """Show which keys were missing, why, and which of them are there again.

    Args:
        report: The failures.
        limit: Groups to show.
    """
    if report.flagged is not None:
        yield flagged_text(report.flagged)
    if not report.is_known:
        yield NO_LEDGER
        return
    if not report.failures:
        still = " is open" if report.only_open else f" was seen since {report.since:%Y-%m-%d}"
        yield f"No failure{still}."
        return
    groups = report.groups()
    for group in groups[:limit]:
        yield from _group(group)
    if len(groups) > limit:
        rest = sum(len(group.failures) for group in groups[limit:])
        yield Text(
            f"… and {plural(rest, 'failure')} of {plural(len(groups) - limit, 'group')} more; "
            "--limit shows them, --export has them all",
            style="dim",
        )
    yield ""
    yield _conclusion(report)


def _group(group: FailureGroup) -> Iterator[RenderableType]:
    style = "red" if group.open else "dim"
    end = ", open" if group.open else ", not due"
    if group.resolved_at is not None:
        end = f", resolved {group.resolved_at:%Y-%m-%d %H:%M}"
    since = min(found.first_seen for found in group.failures)
    yield Text.assemble(
        (f"{short(group.table)} {group.partition}", "bold"),
        (f"  {len(group.failures):,} {WORDS.get(group.category, group.category)}", style),
        (f"  since {since:%Y-%m-%d %H:%M}{end} UTC", "dim"),
    )
    by_reason: dict[str, list[str]] = {}
    for found in group.failures:
        by_reason.setdefault(found.reason, []).append(_named(found))
    for reason, names in by_reason.items():
        shown = ", ".join(name for name in names[:NAMES_SHOWN] if name)
        more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
        text = f"{shown}{more}: {reason}" if shown else reason
        yield Padding(Text(text, style="" if group.open else "dim"), (0, 0, 0, 4))


def _named(found: Failure) -> str:
    return f"{found.label} ({found.entity})" if found.label else found.entity


def _conclusion(report: FailuresReport) -> Text:
    still = sum(map(is_open, report.failures))
    counts = ", ".join(
        f"{count:,} {WORDS.get(category, category)}" for category, count in report.counts().items()
    )
    if not still:
        return Text(f"● nothing is open; {counts}", style="green")
    return Text(f"✗ {plural(still, 'failure')} open; {counts}", style="red")
