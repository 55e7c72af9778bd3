"""The calendar of one season: a row for each table, a column for each civil date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from htpy import (
    Element,
    Node,
    div,
    figcaption,
    figure,
    output,
    path,
    strong,
    svg,
    table,
    td,
    text,
    th,
    use,
)
from htpy import tbody as body
from htpy import thead as head
from htpy import title as hover
from htpy import tr as row

from gapless.coverage import percent
from gapless.partitions import DateRange
from gapless.report.marks import dates_text, short, word
from gapless.report.validation_html.glyphs import (
    CELL,
    HEIGHT,
    HIDDEN,
    ROOTS,
    Look,
    look_of,
    look_word,
    trust_mark,
)
from gapless.report.validation_html.names import dated, label
from gapless.report.validation_words import due, sound
from gapless.validate.model import Cell, SeasonSummary, Tally, ValidationReport
from gapless.wording import plural

STEP = CELL + 1
OFF = 2
"""Width of a civil date on which nothing is scheduled: a thin gap."""
NARROWEST = 60
"""Room for the name of a month, however few dates there are."""


@dataclass(frozen=True)
class Columns:
    """Where the dates of a season stand, from its first validated one to its last."""

    days: Sequence[date]
    """Scheduled dates, oldest first."""

    @cached_property
    def places(self) -> dict[date, int]:
        """Civil date → distance from the left."""
        scheduled = set(self.days)
        found, place = {}, 0
        for day in DateRange(self.days[0], self.days[-1]):
            found[day] = place
            place += STEP if day in scheduled else OFF
        return found

    @property
    def width(self) -> int:
        """Width of a row."""
        return max(self.places[self.days[-1]] + STEP, NARROWEST)

    @cached_property
    def months(self) -> dict[date, int]:
        """First shown date of each month → its place."""
        found: dict[tuple[int, int], date] = {}
        for day in self.places:
            found.setdefault((day.year, day.month), day)
        return {day: self.places[day] for day in found.values()}

    @property
    def weeks(self) -> list[int]:
        """Places of the Mondays."""
        return [place for day, place in self.places.items() if day.weekday() == 0]


def heatmap(report: ValidationReport, season: SeasonSummary, cells: Sequence[Cell]) -> Element:
    """Draw a season; the same facts stand in its table of figures."""
    columns = Columns(sorted({cell.partition for cell in cells}))
    failing = sorted(
        {cell.partition for cell in cells if not cell.is_sound and look_of(cell) in ROOTS}
    )
    by_table: dict[str, list[Cell]] = {}
    for cell in cells:
        by_table.setdefault(cell.table, []).append(cell)
    return figure(".calendar")[
        figcaption[
            f"{DateRange(columns.days[0], columns.days[-1])}, dates with {report.unit}s. ",
            strong(".failing")[dated(f"{_alarm(failing, columns.days)}.")] if failing else None,
        ],
        div(".scroll", tabindex="0", role="region", aria_label=f"Calendar of {season.season}")[
            table[
                head[_axis(columns), _failing_dates(columns, failing)],
                (
                    body[
                        row(".layer")[th(scope="rowgroup")[layer], td],
                        [_row(columns, season, name, by_table[name]) for name in names],
                    ]
                    for layer, names in _grouped(report.layers, by_table).items()
                ),
            ]
        ],
        output(".probe", hidden=True),
    ]


def _grouped(layers: Mapping[str, str], shown: Mapping[str, object]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, layer in layers.items():
        if name in shown:
            found.setdefault(layer, []).append(name)
    return found


def _axis(columns: Columns) -> Element:
    ticks = "".join(f"M{place} 15v5" for place in columns.weeks)
    return row(".axis")[
        th,
        td[
            _drawing(columns, **HIDDEN)[
                path(".week", d=ticks),
                [
                    text(x=str(place), y="11")[f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"]
                    for day, place in _spaced(columns)
                ],
            ]
        ],
    ]


def _spaced(columns: Columns) -> Iterator[tuple[date, int]]:
    """Leave out a month whose name would run into the next."""
    months = list(columns.months.items())
    for (day, place), (_, following) in zip(months, [*months[1:], (None, 10**9)], strict=True):
        if following - place >= STEP * 4:
            yield day, place


def _alarm(failing: Sequence[date], days: Sequence[date]) -> str:
    return f"Something fails on {plural(len(failing), 'date')}: {dates_text(failing, days)}"


def _failing_dates(columns: Columns, failing: Sequence[date]) -> Node:
    """Point at the dates that have to be dealt with; nothing where there are none."""
    if not failing:
        return None
    marks = "".join(f"M{columns.places[day] - 1} 8h7l-3.5 9z" for day in failing)
    said = _alarm(failing, columns.days)
    return row(".alarm")[
        th(scope="row")["fails"],
        td[_drawing(columns, role="img", aria_label=said)[path(".k-partial", d=marks)]],
    ]


def _row(columns: Columns, season: SeasonSummary, name: str, cells: Sequence[Cell]) -> Element:
    tally = season.tables[name]
    months = "".join(f"M{place - 0.5} 0v{HEIGHT}" for place in columns.months.values())
    said = f"{name}, {season.season}: {_summary(tally, cells)}"
    return row[
        th(scope="row", title=name)[trust_mark(tally.trust) if due(tally) else None, label(name)],
        td[
            _drawing(columns, role="img", aria_label=said)[
                path(".month", d=months),
                [
                    use(href=f"#c-{look_of(cell)}", x=str(columns.places[cell.partition]))[
                        hover[cell_text(cell)]
                    ]
                    for cell in cells
                ],
            ]
        ],
    ]


def _drawing(columns: Columns, **attributes: str) -> Element:
    size = {"width": str(columns.width + 1), "height": str(HEIGHT)}
    return svg(viewBox=f"-1 0 {columns.width + 1} {HEIGHT}", **size, **attributes)


def cell_text(cell: Cell) -> str:
    """Say one cell: table, date, state, present of expected, and what stands against it."""
    parts = [f"{short(cell.table)} {cell.partition}: {word(cell.state)}"]
    if cell.expected:
        parts.append(f"{cell.present:,}/{cell.expected:,}")
    # A code that is the state's own name has just been said.
    if failures := [code for code in cell.failures if code != cell.state]:
        parts.append(f"fails {', '.join(failures)}")
    if cell.warnings:
        parts.append(f"warning {', '.join(cell.warnings)}")
    if cell.limitations:
        parts.append(f"limited by {', '.join(cell.limitations)}")
    return "; ".join(parts)


def _summary(tally: Tally, cells: Sequence[Cell]) -> str:
    """Sum a row up for those who do not see it."""
    counts = Counter(look_of(cell) for cell in cells)
    parts = [f"{sound(tally)} of {due(tally)} due dates sound"]
    if tally.coverage is not None:
        parts.append(f"coverage {percent(tally.coverage)}")
    parts += [f"{counts[look]} {look_word(look)}" for look in Look if counts[look]]
    failing = [cell.partition for cell in cells if not cell.is_sound]
    if failing:
        step = [cell.partition for cell in cells]
        parts.append(f"fails on {dates_text(failing, step)}")
    return "; ".join(parts)
