"""Waivers: which are in force, which are in use, and which have ended under something published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source
from gapless.ledger.interface import Ledger, Waiver
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Waivers, WaiverUse, waiver_uses
from gapless.verbs.known import known_standings
from gapless.verbs.selection import Selection, known_waivers, look
from gapless.verbs.workspace import Workspace


@dataclass(frozen=True)
class WaiverReport:
    """Every waiver with what became of it."""

    uses: tuple[WaiverUse, ...]
    """Those that end soonest first."""
    now: datetime
    measured: bool = True
    """False: the warehouse is in use; whether one is in use is what the ledger last knew."""

    @property
    def exit_code(self) -> int:
        """1: one has ended although something published still needs it; 0: none has."""
        return 1 if any(use.needs_attention for use in self.uses) else 0

    def shown(self, *, everything: bool = False) -> tuple[WaiverUse, ...]:
        """Return those in force and those that need attention; the ended ones, too, on demand."""
        return tuple(use for use in self.uses if everything or use.in_force or use.needs_attention)

    def as_data(self, *, everything: bool = False) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "measured": self.measured,
            "waivers": [use.as_data() for use in self.shown(everything=everything)],
        }


def waivers(workspace: Workspace, tables: Sequence[str] = ()) -> WaiverReport:
    """Tell of every waiver whether it is in force and whether anything stands on it; reads only.

    Raises:
        DeclarationError: there is no such table.
        PreflightRefused: the calendar holds nothing.
    """
    names = {workspace.pipeline.table(name).name for name in tables}
    now = workspace.clock.now()
    kept = known_waivers(workspace)
    granted = _of(kept.granted, names)
    days = {waiver.partition for waiver in granted} | _waived_days(workspace, names)
    standings = _standings(workspace, kept, days) if days else []
    chosen = [s for s in standings if not names or s.table in names]
    return WaiverReport(waiver_uses(granted, chosen, now), now)


def last_known_waivers(
    pipeline: Pipeline, ledger: Ledger, now: datetime, tables: Sequence[str] = ()
) -> WaiverReport:
    """Tell the same as the ledger last knew it, for when another process owns the warehouse."""
    names = {pipeline.table(name).name for name in tables}
    granted = _of(ledger.waivers(), names)
    standings = known_standings(ledger, now)
    return WaiverReport(waiver_uses(granted, standings.values(), now), now, measured=False)


def _of(granted: Iterable[Waiver], names: Collection[str]) -> list[Waiver]:
    return [waiver for waiver in granted if not names or waiver.table in names]


def _waived_days(workspace: Workspace, names: Collection[str]) -> set[date]:
    return {
        day
        for (table, day), publication in workspace.warehouse.publications().items()
        if publication.state == State.WAIVED and (not names or table in names)
    }


def _standings(workspace: Workspace, kept: Waivers, days: Collection[date]) -> list[Standing]:
    """Measure every partition of the pipeline between the first and the last date."""
    pipeline = workspace.pipeline
    waived = {waiver.table for waiver in kept.granted}
    also = [s for s in pipeline.tables.values() if isinstance(s, Source) and s.name in waived]
    selection = Selection(dates=[min(days), max(days)])
    standings, _ = look(workspace, selection, also, waivers=kept)
    return [found for by_day in standings.by_table.values() for found in by_day.values()]
