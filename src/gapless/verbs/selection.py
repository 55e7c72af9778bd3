"""Selections: which tables and dates a user means, resolved against declarations and calendar."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from gapless.declare.calendar import Calendar
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, Source, Table
from gapless.errors import LedgerUnavailable, UsageError, nearest
from gapless.partitions import DateRange
from gapless.plan.build import Request, resolve_request
from gapless.plan.derive import derive_standings
from gapless.plan.doubts import measure_doubts
from gapless.plan.picture import Picture
from gapless.plan.reading import read_calendar, read_picture
from gapless.plan.source_checks import Known
from gapless.plan.standings import Standings
from gapless.plan.waivers import Waivers
from gapless.verbs.workspace import Workspace


@dataclass(frozen=True)
class Selection:
    """Tables and dates as a user gives them; nothing given means everything there is."""

    tables: Sequence[str] = ()
    start_date: date | None = None
    end_date: date | None = None
    dates: Sequence[date] = ()
    season: str | None = None
    with_upstream: bool = False
    forced: bool = False

    @property
    def names_dates(self) -> bool:
        """Tell whether any dates were given."""
        return bool(self.dates or self.start_date or self.end_date or self.season)

    @property
    def dates_named(self) -> bool:
        """Tell whether these very dates were asked for, not a season or all there are."""
        return bool(self.dates or self.start_date or self.end_date)

    @property
    def span_named(self) -> bool:
        """Tell whether the dates are named from the first to the last; they may be forced then."""
        return bool(self.dates or (self.start_date and self.end_date))


def look(
    workspace: Workspace,
    selection: Selection,
    also: Sequence[Source] = (),
    waivers: Waivers | None = None,
) -> tuple[Standings, Request]:
    """Read the state of everything a selection depends on.

    Args:
        workspace: Where to look.
        selection: Tables and dates.
        also: Sources to look at on these dates, whether the tables read them or not.
        waivers: What is permitted; when None, what the ledger knows.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
        PreflightRefused: the calendar holds nothing.
    """
    tables = chosen_tables(workspace.pipeline, selection.tables)
    standings, dates = look_at(workspace, [*tables, *also], selection, waivers=waivers)
    request = resolve_request(
        dates,
        tables,
        named=bool(selection.tables),
        with_upstream=selection.with_upstream,
        forced=selection.forced,
        dates_named=selection.dates_named,
        span_named=selection.span_named,
    )
    return standings, request


def look_at(
    workspace: Workspace,
    tables: Sequence[Table],
    selection: Selection,
    *,
    today: date | None = None,
    waivers: Waivers | None = None,
) -> tuple[Standings, list[date]]:
    """Read the state of everything that tables, also loaded ones, depend on.

    Args:
        workspace: Where to look.
        tables: The tables.
        selection: Its dates; its tables do not matter.
        today: The first date to come, where a stored plan says which.
        waivers: What is permitted; when None, what the ledger knows.

    Returns:
        The standings, and the civil dates that the selection means.
    """
    pipeline, warehouse = workspace.pipeline, workspace.warehouse
    today = today or workspace.today
    catalog = warehouse.catalog()
    calendar = read_calendar(warehouse, pipeline, catalog)
    dates = chosen_dates(selection, calendar, today)
    picture = read_picture(
        warehouse,
        pipeline,
        catalog=catalog,
        calendar=calendar,
        today=today,
        now=workspace.clock.now(),
        tables=tables,
        span=DateRange(dates[0], dates[-1]),
        waivers=known_waivers(workspace) if waivers is None else waivers,
        known=partial(known_examinations, workspace),
    )
    remember_examined(workspace, picture)
    return derive_standings(picture, measure_doubts(warehouse, picture)), dates


def known_waivers(workspace: Workspace) -> Waivers:
    """Return what somebody permits, in one query of the ledger.

    Without a ledger that can be read nothing new is permitted, and publications say themselves
    until when they are waived.
    """
    if workspace.ledger is None:
        return Waivers()
    try:
        return Waivers(workspace.ledger.waivers())
    except LedgerUnavailable:
        return Waivers()


def known_examinations(workspace: Workspace, first: date, last: date) -> Known:
    """Return what the checks of sources found before on some dates, in one query of the ledger.

    Nothing where the ledger cannot be read, or not understood: then all is examined again.
    """
    if workspace.ledger is None:
        return {}
    try:
        found = workspace.ledger.examinations(first=first, last=last)
    except (LedgerUnavailable, ValueError):
        return {}
    return {(one.table, one.partition): one for one in found}


def remember_examined(workspace: Workspace, picture: Picture) -> None:
    """Keep what the checks of sources found, so that it is not asked for again.

    Where that is impossible nothing is lost: the next one to look asks again.
    """
    if workspace.ledger is not None and workspace.ledger.writable:
        with suppress(LedgerUnavailable):
            workspace.ledger.record_examinations(picture.examined)


def some_reader(pipeline: Pipeline, source: Table) -> Derived:
    """Return a table that reads a source: looking at its inputs measures the source, too."""
    for table in pipeline.derived_tables:
        if source in pipeline.upstream_of(table):
            return table
    return pipeline.derived_tables[0]


def chosen_tables(pipeline: Pipeline, names: Sequence[str]) -> list[Derived]:
    """Return the named computed tables in dependency order; all of them when none is named.

    Raises:
        DeclarationError: a name is unknown or a source.
    """
    if not names:
        return pipeline.derived_tables
    wanted = {pipeline.derived_table(name).name for name in names}
    return [table for table in pipeline.derived_tables if table.name in wanted]


def chosen_dates(selection: Selection, calendar: Calendar, today: date) -> list[date]:
    """Return the civil dates a selection means.

    Without dates: the whole calendar up to yesterday. With one end only: to the calendar's other
    end, again no further than yesterday.

    Raises:
        UsageError: the dates contradict each other, or the season is unknown.
    """
    if selection.dates:
        if selection.start_date or selection.end_date or selection.season:
            raise UsageError(
                "--dates cannot be combined with --start-date, --end-date or --season; "
                "name the dates or the range, not both."
            )
        return sorted(set(selection.dates))
    extent = calendar.extent
    assert extent is not None  # noqa: S101 - an empty calendar was refused before
    first, last = extent.first, min(extent.last, today - timedelta(days=1))
    if selection.season is not None:
        season = calendar.seasons.get(selection.season)
        if season is None:
            raise UsageError(
                f"There is no season {selection.season!r} in the calendar. "
                f"{nearest(selection.season, calendar.seasons)}"
            )
        # A season from its first scheduled date; it may be declared to start earlier.
        first, last = season.start, season.last
    first = selection.start_date or first
    last = selection.end_date or max(first, last)
    return list(DateRange(first, last))


def declared_season(pipeline: Pipeline, name: str, why: str) -> DateRange:
    """Return where a season lies as far as it is declared, for when the calendar is out of reach.

    Args:
        pipeline: The declarations.
        name: The season.
        why: Why the calendar cannot be asked, as the beginning of a sentence.

    Raises:
        UsageError: only the calendar knows.
    """
    starts = pipeline.calendar_declaration.season_starts
    if name not in starts:
        raise UsageError(
            f"{why}, and where season {name!r} begins is only written there; "
            "name --start-date and --end-date."
        )
    after = [start for start in starts.values() if start > starts[name]]
    last = min(after) - timedelta(days=1) if after else date.max
    return DateRange(starts[name], last)
