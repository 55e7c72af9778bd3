"""The installation, part by part: what is sound, what is not, and what to do about it.

No part hides another: what one of them raises becomes its line, and the next one is looked at.
"""

from __future__ import annotations

import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TypeVar
from zoneinfo import ZoneInfo

from gapless.clock import Clock
from gapless.declare.calendar import Calendar
from gapless.declare.pipeline import Pipeline
from gapless.declare.relations import check_statements, statements_of
from gapless.doctor.model import PartHealth, Status
from gapless.errors import GaplessError, LedgerBehind, WarehouseBusy
from gapless.ledger.interface import Ledger
from gapless.plan.reading import read_calendar
from gapless.preflight.examine import LEAST_FREE_BYTES
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

T = TypeVar("T")

DISTRIBUTION = "gapless"
AHEAD_AT_MOST = timedelta(minutes=5)
"""How far clocks of several hosts may differ."""
MEBIBYTE = 1024**2


@dataclass(frozen=True)
class SettingFound:
    """One setting with where it comes from."""

    name: str
    value: str
    origin: str


class Site(ABC):
    """How the parts of an installation are had; every method may raise a `GaplessError`."""

    @abstractmethod
    def settings(self) -> Sequence[SettingFound]:
        """Resolve the settings."""

    @abstractmethod
    def pipeline(self) -> Pipeline:
        """Load the pipeline with the site's thresholds."""

    @abstractmethod
    def warehouse(self) -> Warehouse:
        """Open the warehouse for reading."""

    @abstractmethod
    def not_writable(self) -> str:
        """Say why a run could not write to the warehouse; empty when nothing is in the way."""

    @abstractmethod
    def ledger(self, *, read_only: bool) -> Ledger:
        """Return the ledger, not opened yet."""

    @abstractmethod
    def clock(self) -> Clock:
        """Return the clock runs go by."""

    @abstractmethod
    def clock_stands(self) -> bool:
        """Tell whether that clock stands still, for a replay."""


@dataclass(frozen=True)
class Said:
    """What was found of one part that works."""

    text: str
    status: Status = Status.OK
    remedy: str = ""


class _Skip(Exception):
    """A part cannot be examined because another one fails; the text names that one."""


@dataclass
class Examination:
    """Looks at every part of a site and keeps what could be opened.

    Args:
        site: The installation.
        opened: Closes what is opened here.
    """

    site: Site
    opened: ExitStack
    parts: list[PartHealth] = field(default_factory=list)
    pipeline: Pipeline | None = None
    warehouse: Warehouse | None = None
    calendar: Calendar | None = None
    ledger: Ledger | None = None
    """Opened for reading."""
    _configured: bool = False

    def run(self) -> None:
        """Look at every part."""
        self._part("versions", _versions)
        self._part("configuration", self._configuration)
        self._part("pipeline", self._load_pipeline)
        self._part("warehouse", self._open_warehouse)
        self._part("statements", self._statements)
        self._part("calendar", self._calendar)
        self._part("time zone", self._time_zone)
        self._part("clock", self._clock)
        self._part("ledger", self._ledger)
        self._part("disk", self._disk)

    def _part(self, name: str, probe: Callable[[], Said]) -> None:
        try:
            said = probe()
            found = PartHealth(name, said.status, said.text, said.remedy)
        except _Skip as skip:
            text = f"not examined, because of the {skip}"
            found = PartHealth(name, Status.UNKNOWN, text)
        except WarehouseBusy as error:
            found = PartHealth(name, Status.UNKNOWN, error.what, error.advice)
        except GaplessError as error:
            found = PartHealth(name, Status.FAIL, error.what, error.advice)
        except Exception as error:  # noqa: BLE001 - whatever a part raises, the others are looked at
            found = PartHealth(name, Status.FAIL, f"{type(error).__name__}: {error}")
        self.parts.append(found)

    def _configuration(self) -> Said:
        settings = self.site.settings()
        self._configured = True
        return Said("; ".join(f"{s.name} = {s.value} (from {s.origin})" for s in settings))

    def _load_pipeline(self) -> Said:
        self._need_configuration()
        self.pipeline = pipeline = self.site.pipeline()
        derived, sources = len(pipeline.derived_tables), len(pipeline.sources)
        return Said(
            f"{pipeline.name} version {pipeline.version}: {plural(sources, 'source')}, "
            f"{plural(derived, 'computed table')}"
        )

    def _open_warehouse(self) -> Said:
        self._need_configuration()
        warehouse = self.site.warehouse()
        self.opened.callback(warehouse.close)
        published = len(warehouse.publications())
        self.warehouse = warehouse
        text = f"{warehouse.url} opens for reading; {plural(published, 'partition')} published"
        if reason := self.site.not_writable():
            return Said(f"{text}; {reason}", Status.WARNING, "Give the user of the runs the right.")
        return Said(text)

    def _statements(self) -> Said:
        pipeline, warehouse = self._loaded(), self._opened()
        check_statements(pipeline, warehouse.relations_read)
        count = plural(len(list(statements_of(pipeline))), "statement")
        return Said(f"{count} can be read, and read what is declared")

    def _calendar(self) -> Said:
        pipeline, warehouse = self._loaded(), self._opened()
        self.calendar = calendar = read_calendar(warehouse, pipeline, warehouse.catalog())
        seasons = plural(len(calendar.seasons), "season")
        table = pipeline.calendar_declaration.table.name
        dates = plural(len(calendar.dates), "date")
        return Said(f"{table}: {dates} of {seasons}, {calendar.extent}")

    def _time_zone(self) -> Said:
        name = self._loaded().timezone
        zone = ZoneInfo(name)
        year = datetime.now(UTC).year
        offsets = {datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}
        shown = " and ".join(_offset(found) for found in sorted(filter(None, offsets)))
        return Said(f"{name} is known (UTC{shown or '+00:00'}), tzdata {_version_of('tzdata')}")

    def _clock(self) -> Said:
        pipeline = self._loaded()
        clock = self.site.clock()
        now = clock.now()
        text = (
            f"{now:%Y-%m-%d %H:%M} UTC, which is {clock.today(pipeline.timezone)} for the pipeline"
        )
        if self.site.clock_stands():
            remedy = "Leave out `now`, --now and GAPLESS_NOW outside of replays."
            return Said(f"it stands still at {text}", Status.WARNING, remedy)
        publications = self._opened().publications().values()
        newest = max((found.published_at for found in publications), default=None)
        # The warehouse keeps moments of UTC without saying so.
        newest = newest.replace(tzinfo=UTC) if newest and newest.tzinfo is None else newest
        if newest is not None and newest > now + AHEAD_AT_MOST:
            behind = f"{text}, but something was published at {newest:%Y-%m-%d %H:%M} UTC already"
            return Said(behind, Status.WARNING, "Set this host's clock, e.g. by NTP.")
        return Said(text)

    def _ledger(self) -> Said:
        self._need_configuration()
        ledger = self.site.ledger(read_only=True)
        self.opened.callback(ledger.close)
        try:
            ledger.open()
        except LedgerBehind as error:
            return Said(error.what, Status.WARNING, error.advice)
        runs = ledger.runs(limit=1)
        self.ledger = ledger
        writer = self.site.ledger(read_only=False)
        try:
            # What every run does first: a counter goes up, and nothing else.
            writer.open()
        finally:
            writer.close()
        last = f"last run {runs[0].run_id}" if runs else "no run yet"
        return Said(f"it opens, its tables are current, it can be written; {last}")

    def _disk(self) -> Said:
        free = self._opened().free_bytes()
        if free is None:
            return Said("how much is left for the warehouse cannot be known", Status.WARNING)
        text = f"{free // MEBIBYTE:,} MiB are left for the warehouse"
        if free < LEAST_FREE_BYTES:
            least = f"at least {LEAST_FREE_BYTES // MEBIBYTE} MiB are asked for"
            return Said(f"{text}; {least}", Status.FAIL, "Free some space; no run will start.")
        return Said(text)

    def _need_configuration(self) -> None:
        if not self._configured:
            raise _Skip("configuration")

    def _loaded(self) -> Pipeline:
        return _needed(self.pipeline, "pipeline")

    def _opened(self) -> Warehouse:
        return _needed(self.warehouse, "warehouse")


def _needed(part: T | None, name: str) -> T:
    if part is None:
        raise _Skip(name)
    return part


def _versions() -> Said:
    from packaging.requirements import Requirement  # noqa: PLC0415 - no other command needs it

    found = [f"Python {platform.python_version()}", f"{DISTRIBUTION} {version(DISTRIBUTION)}"]
    unfit = []
    for text in requires(DISTRIBUTION) or ():
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        there = _version_of(wanted.name)
        found.append(f"{wanted.name} {there}")
        if there == _ABSENT or not wanted.specifier.contains(there, prereleases=True):
            unfit.append(f"{wanted.name} {there}, which should be {wanted.specifier}")
    if unfit:
        return Said("; ".join(unfit), Status.FAIL, "pip install --upgrade gapless")
    shown = [text for text in found if text.split(" ")[0] in _SHOWN]
    return Said(", ".join(shown))


_ABSENT = "is not installed"
_SHOWN = ("Python", "gapless", "duckdb", "sqlalchemy", "alembic")


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _ABSENT


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
