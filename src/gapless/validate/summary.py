"""Sums of a validation: cells by season and layer, and by season and table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from gapless.plan.picture import Picture
from gapless.validate.model import Cell, SeasonSummary, Tally


def tally(cells: Iterable[Cell]) -> Tally:
    """Sum up cells."""
    listed = list(cells)
    held = [cell.partition for cell in listed if cell.rows]
    return Tally(
        cells=len(listed),
        states=Counter(cell.state for cell in listed),
        rows=sum(cell.rows for cell in listed),
        expected=sum(cell.expected for cell in listed),
        present=sum(cell.present for cell in listed),
        measured=sum(cell.expected > 0 for cell in listed),
        unmeasured=sum(not cell.expected and not cell.is_sound for cell in listed),
        failing=sum(not cell.is_sound for cell in listed),
        warned=sum(bool(cell.warnings) for cell in listed),
        limited=sum(bool(cell.limitations) for cell in listed),
        first=min(held, default=None),
        last=max(held, default=None),
    )


def summarise(
    picture: Picture, cells: Sequence[Cell], days: Sequence[date]
) -> tuple[SeasonSummary, ...]:
    """Sum up every season that has validated dates, oldest first."""
    pipeline, calendar = picture.pipeline, picture.calendar
    scheduled: dict[str, list[date]] = {}
    for day in days:
        if day in calendar.dates:
            scheduled.setdefault(calendar.dates[day].season, []).append(day)
    first_days: dict[str, int] = {}
    for facts in calendar.dates.values():
        first_days.setdefault(facts.season, facts.day_of_season)
    by_season: dict[str, list[Cell]] = {}
    for cell in cells:
        by_season.setdefault(cell.season, []).append(cell)
    validated = {cell.table for cell in cells}
    names = [name for name in pipeline.tables if name in validated]
    layers = list(dict.fromkeys(pipeline.layer_of(pipeline.tables[name]) for name in names))
    found = []
    for season, season_days in scheduled.items():
        by_table: dict[str, list[Cell]] = {name: [] for name in names}
        by_layer: dict[str, list[Cell]] = {layer: [] for layer in layers}
        for cell in by_season.get(season, []):
            by_table[cell.table].append(cell)
            by_layer[pipeline.layer_of(pipeline.tables[cell.table])].append(cell)
        found.append(
            SeasonSummary(
                season=season,
                start=calendar.seasons[season].start,
                begins=first_days[season],
                dates=len(season_days),
                units=sum(calendar.dates[day].units for day in season_days),
                layers={layer: tally(held) for layer, held in by_layer.items()},
                tables={name: tally(held) for name, held in by_table.items()},
            )
        )
    return tuple(found)
