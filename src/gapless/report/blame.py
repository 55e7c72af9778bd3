"""Blame as text: the publications of a partition, oldest first, then its rows as they are now."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapless.declare.tables import Derived
from gapless.plan.states import State
from gapless.report.marks import covered, mark, short
from gapless.run.difference import Difference
from gapless.sql.difference import CHANGED, GAINED, LOST
from gapless.verbs.blame import Blame, Chapter
from gapless.wording import plural

NAMES_SHOWN = 20


def blame_text(blame: Blame) -> Iterator[RenderableType]:
    """Tell who wrote what, and whether it is still there."""
    story = blame.story
    yield Text.assemble((f"{story.table.name} {story.day}  ", "bold"), mark(story.standing.state))
    yield ""
    if not isinstance(story.table, Derived):
        yield from _loaded(blame)
        return
    for chapter in blame.chapters:
        yield from _chapter(chapter)
    if blame.newest is None:
        yield "Nothing was published."
    yield ""
    yield from _live(blame)


def _loaded(blame: Blame) -> Iterator[RenderableType]:
    story = blame.story
    yield (
        f"It is loaded, not computed: whoever loads it replaces its dates by files, and no "
        f"publication is kept. It holds {plural(blame.rows, 'row')}."
    )
    yield Text(story.standing.reason, style="dim")
    for check in story.checks:
        detail = f", first {check.detail}" if check.detail else ""
        yield Text(f"{check.name}: {check.failed} of {check.examined} wrong{detail}", style="dim")


def _chapter(chapter: Chapter) -> Iterator[RenderableType]:
    publication, attempt = chapter.publication, chapter.attempt
    if publication is None:
        if attempt is not None:
            yield Text.assemble(
                (f"    {attempt.started_at:%Y-%m-%d %H:%M} UTC  {attempt.verdict}  ", "dim"),
                (f"{covered(attempt.present, attempt.expected)}  run {attempt.run_id}", "dim"),
            )
            yield Padding(Text(attempt.reason, style="dim"), (0, 0, 0, 6))
        return
    verdict = attempt.verdict if attempt is not None else "published"
    yield Text.assemble(
        (f"v{publication.version:<3}", "bold"),
        f"{publication.published_at:%Y-%m-%d %H:%M} UTC  ",
        mark(verdict),
        f"  {covered(publication.present, publication.expected)}  "
        f"{plural(publication.rows, 'row')}",
    )
    for line in _told(chapter):
        yield Padding(line, (0, 0, 0, 4))


def _told(chapter: Chapter) -> Iterator[RenderableType]:
    publication = chapter.publication
    if publication is None:
        return
    command = f": {chapter.run.command}" if chapter.run is not None else ""
    yield Text(
        f"run {publication.run_id} by {publication.actor}, {publication.code_version}{command}",
        style="dim",
    )
    if chapter.why:
        yield f"because: {chapter.why}"
    for source in chapter.sources:
        yield f"{source.input}: {source.reason}"
    if publication.state == State.WAIVED:
        waiver = publication.evidence.get("waiver") or {}
        yield Text(
            f"waived by {waiver.get('actor', 'somebody')}: {waiver.get('reason', 'no reason')} "
            f"({', '.join(waiver.get('checks', ()))})",
            style="magenta",
        )
    yield _difference(chapter.difference)


def _difference(found: Difference | None) -> Text:
    if found is None:
        return Text("what it changed was not recorded", style="dim")
    counts = {GAINED: found.gained, LOST: found.lost, CHANGED: found.changed}
    parts = []
    for kind, count in counts.items():
        names = found.names.get(kind, ())
        more = f" and {count - len(names):,} more" if names and count > len(names) else ""
        shown = f": {', '.join(names)}{more}" if names else ""
        if count:
            parts.append(f"{count:,} {kind}{shown}")
    return Text("; ".join(parts) or "the same rows as before")


def _live(blame: Blame) -> Iterator[RenderableType]:
    newest, rows = blame.newest, plural(blame.rows, "row")
    if newest is None:
        said = f"✗ {rows} that nobody accounts for" if blame.rows else "○ no rows"
        yield Text(said, style="red")
        return
    if blame.intact:
        yield Text(f"● live: {rows}, those of v{newest.version}", style="green")
        return
    was = f"{plural(newest.rows, 'row')} when v{newest.version} was published"
    values = "" if blame.rows != newest.rows else "; rows have other values"
    yield Text(
        f"✗ live: {rows}, {was}{values}; they were changed behind the publication", style="red"
    )
    for kind, names in blame.story.named.items():
        shown = ", ".join(str(name) for name in names[:NAMES_SHOWN])
        more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
        yield Padding(Text(f"{len(names):,} {kind}: {shown}{more}"), (0, 0, 0, 4))
    yield Text.assemble(
        ("Next: ", "cyan"),
        (f"gapless backfill {short(newest.table)} --dates {newest.partition}", "bold"),
        no_wrap=True,
    )
