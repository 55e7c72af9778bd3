"""Fetching: what a package offers to `gapless fetch`, which gets source files from a service.

A package offers a fetcher under the entry point group `gapless.fetchers`, by the name of its
pipeline. The engine asks it for a season or for dates and tells what became of every unit; the
fetcher alone knows the service. What it writes is what `gapless load` reads.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from gapless.clock import Clock

ENTRY_POINTS = "gapless.fetchers"
PAUSE = 0.6
"""Seconds between two requests, unless the user says otherwise."""
TIMEOUT = 30.0
"""Seconds after which a request has failed, unless the user says otherwise."""


class FetchOutcome(enum.StrEnum):
    """What became of one unit that was asked for, such as a game."""

    FETCHED = "fetched"
    """It was got from the service now, and is in the files."""
    KEPT = "kept"
    """It was there from an earlier fetch, and is in the files."""
    WAITING = "waiting"
    """There is nothing to get yet; it is to be asked for later."""
    FAILED = "failed"
    """It is not in the files, or not whole."""


@dataclass(frozen=True)
class FetchRequest:
    """What is to be fetched, where to, and how politely."""

    folder: Path
    """Where the files and the responses are kept."""
    season: str | None = None
    """A whole season; None when dates are given."""
    first: date | None = None
    last: date | None = None
    """Inclusive; None when a season is given."""
    pause: float = PAUSE
    timeout: float = TIMEOUT
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True)
class FetchProgress:
    """How far a fetch is."""

    what: str
    done: int
    total: int | None
    """None: not known yet."""


@dataclass(frozen=True)
class FetchedUnit:
    """One unit that was asked for."""

    name: str
    outcome: FetchOutcome
    reason: str = ""
    """Why it failed or waits; of a unit in the files, a fact worth knowing."""


@dataclass(frozen=True)
class FetchReport:
    """What was asked for, and what became of it."""

    unit: str
    """What a unit is called in sentences, e.g. `game`."""
    units: tuple[FetchedUnit, ...]
    requests: int
    """Requests sent to the service, retries included."""
    files: Mapping[str, int]
    """File → rows; empty when nothing was written."""

    def of(self, outcome: FetchOutcome) -> list[FetchedUnit]:
        """Return the units that ended so."""
        return [unit for unit in self.units if unit.outcome is outcome]

    @property
    def facts(self) -> list[FetchedUnit]:
        """Units that are in the files, with something worth knowing."""
        there = (FetchOutcome.FETCHED, FetchOutcome.KEPT)
        return [unit for unit in self.units if unit.reason and unit.outcome in there]

    @property
    def exit_code(self) -> int:
        """0: everything that was due is there; 1: some of it is not."""
        return 1 if self.of(FetchOutcome.FAILED) else 0


Listener = Callable[[FetchProgress], None]


class Fetcher(Protocol):
    """Gets the source files of one pipeline from a service."""

    def fetch(self, request: FetchRequest, listen: Listener) -> FetchReport:
        """Fetch what is missing, and write the files of everything that is there.

        Raises:
            UsageError: the season or the dates cannot be, or an extra is not installed.
            FolderBusy: another process fetches into the folder.
            FetchFailed: the service gave no answer that everything else depends on.
        """
        ...
