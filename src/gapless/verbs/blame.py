"""Blame: every publication a partition has had, and whether its rows are those of the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gapless.declare.tables import Derived
from gapless.ledger.interface import Attempt, Ledger, Run
from gapless.plan.contents import Held
from gapless.plan.states import State
from gapless.run.difference import Difference
from gapless.sql.contents import contents_query
from gapless.sql.literals import literal
from gapless.verbs.explain import Story, explain
from gapless.verbs.history import SourceUsed, source_used, sources_used
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Publication, Warehouse


@dataclass(frozen=True)
class Chapter:
    """One publication of the partition, or an attempt that did not lead to one."""

    at: datetime
    publication: Publication | None
    attempt: Attempt | None
    """None: the ledger does not know it."""
    run: Run | None
    """None: the ledger does not know it."""

    @property
    def run_id(self) -> str:
        """The run that made it."""
        if self.publication is not None:
            return self.publication.run_id
        return self.attempt.run_id if self.attempt is not None else ""

    @property
    def why(self) -> str:
        """Why the partition was worked on, as the plan of the run had it; empty if unknown."""
        return self._step.get("reason", "")

    @property
    def state_before(self) -> str:
        """The state it was in then; empty if unknown."""
        return self._step.get("state", "")

    @property
    def _step(self) -> Mapping[str, str]:
        told = self.publication or self.attempt
        if self.run is None or told is None:
            return {}
        slot = (told.table, told.partition.isoformat())
        steps: Sequence[Mapping[str, str]] = self.run.plan.get("steps", ())
        return next((step for step in steps if (step["table"], step["date"]) == slot), {})

    @property
    def difference(self) -> Difference | None:
        """What the publication changed; None when it was not kept or there is none."""
        return Difference.of(self.publication) if self.publication is not None else None

    @property
    def sources(self) -> tuple[SourceUsed, ...]:
        """What fed each input that had a choice."""
        if self.publication is not None:
            choices = self.publication.evidence.get("choices", {})
            return tuple(source_used(name, made) for name, made in choices.items())
        return sources_used(self.attempt) if self.attempt is not None else ()

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        publication, attempt = self.publication, self.attempt
        told = publication or attempt
        found, run = self.difference, self.run
        return {
            "at": self.at.isoformat(),
            "version": publication.version if publication else None,
            "state": publication.state if publication else None,
            "verdict": attempt.verdict.value if attempt else None,
            "run_id": self.run_id,
            "actor": publication.actor if publication else run and run.actor,
            "command": run.command if run else None,
            "code_version": told.code_version if told else None,
            "expected": told.expected if told else None,
            "present": told.present if told else None,
            "rows": told.rows if told else None,
            "difference": found.as_evidence() if found else None,
            "sources": [
                {"input": one.input, "used": str(one), "reason": one.reason} for one in self.sources
            ],
            "waiver": publication.evidence.get("waiver") if publication else None,
            "state_before": self.state_before or None,
            "why": self.why or None,
            "reason": attempt.reason if attempt else None,
        }


@dataclass(frozen=True)
class Blame:
    """What is known of who wrote the rows of one partition."""

    story: Story
    """The partition as it is now."""
    chapters: tuple[Chapter, ...]
    """Oldest first."""
    intact: bool | None
    """Whether the live rows are those of the newest publication; None without one."""

    @property
    def newest(self) -> Publication | None:
        """The publication whose rows should be live."""
        return self.story.publications[-1] if self.story.publications else None

    @property
    def rows(self) -> int:
        """Rows that are live."""
        return self.story.live.rows if self.story.live is not None else 0

    @property
    def exit_code(self) -> int:
        """0: the rows are those of the newest publication; 1: they are not, or there is none.

        4: nothing can be said of the date. Of a table that is loaded: whether the date is done.
        """
        if self.newest is None and self.story.standing.state is State.UNKNOWN:
            return 4
        if not isinstance(self.story.table, Derived):
            return 0 if self.story.standing.settled else 1
        return 0 if self.intact else 1

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        standing = self.story.standing
        return {
            "table": self.story.table.name,
            "date": self.story.day.isoformat(),
            "loaded": not isinstance(self.story.table, Derived),
            "state": standing.state.value,
            "reason": standing.reason,
            "intact": self.intact,
            "rows": self.rows,
            "named": {
                kind: [str(name) for name in names] for kind, names in self.story.named.items()
            },
            "chapters": [chapter.as_data() for chapter in self.chapters],
            "exit_code": self.exit_code,
        }


def blame(workspace: Workspace, name: str, day: date) -> Blame:
    """List the publications a partition has had, and look whether its rows are the newest's.

    Raises:
        DeclarationError: there is no such table.
    """
    story = explain(workspace, name, day)
    newest = story.publications[-1] if story.publications else None
    return Blame(
        story=story,
        chapters=tuple(_chapters(story, workspace.ledger)),
        intact=None
        if newest is None
        else _is_intact(workspace.warehouse, newest, story.live, workspace.pipeline.partition),
    )


def _chapters(story: Story, ledger: Ledger | None) -> list[Chapter]:
    """Put publications and attempts in order; a publication tells more than its attempt."""
    run_ids = {one.run_id for one in story.publications} | {one.run_id for one in story.attempts}
    runs = {run_id: ledger.run(run_id) if ledger is not None else None for run_id in run_ids}
    left = {(p.run_id, p.version): p for p in story.publications}
    chapters = []
    for attempt in story.attempts:
        publication = left.pop((attempt.run_id, attempt.version or 0), None)
        chapters.append(Chapter(attempt.started_at, publication, attempt, runs.get(attempt.run_id)))
    chapters += [Chapter(p.published_at, p, None, runs.get(p.run_id)) for p in left.values()]
    return sorted(chapters, key=lambda chapter: chapter.at)


def _is_intact(
    warehouse: Warehouse, newest: Publication, live: Held | None, partition: str
) -> bool:
    held = live or Held(0, 0)
    if (held.rows, held.content) == (newest.rows, newest.content) or held.rows == newest.rows == 0:
        return True
    count = newest.evidence.get("columns")
    if held.rows != newest.rows or count is None:
        return False
    # Another date may have brought columns along since: compared is what was published then.
    schema, table = newest.table.split(".")
    names = [
        row[0]
        for row in warehouse.fetch(
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = {literal(schema)} AND table_name = {literal(table)} "
            "AND table_catalog = current_database() ORDER BY ordinal_position"
        )
    ]
    if count >= len(names):
        return False
    query = contents_query(
        newest.table, names[:count], partition, newest.partition, newest.partition
    )
    return [(row[1], int(row[2])) for row in warehouse.fetch(query)] == [
        (newest.rows, newest.content)
    ]
