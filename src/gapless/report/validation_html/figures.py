"""Figures: the answer for every season, seasons by layer, and tables by season."""

from __future__ import annotations

from collections.abc import Iterator

from htpy import Element, Node, div, li, span, strong, table, tbody, td, th, thead, tr, ul

from gapless.coverage import percent
from gapless.plan.states import State
from gapless.report.validation_html.glyphs import trust_mark
from gapless.report.validation_html.names import label
from gapless.report.validation_words import due, sound, starts, status_of
from gapless.validate.model import SeasonSummary, Tally, ValidationReport
from gapless.wording import plural

NONE = "–"


def answers(report: ValidationReport) -> Element:
    """Answer in one sentence for each season whether it can be trusted, newest first."""
    return ul(".answers")[
        (
            li(class_=f"t-{season.trust.name.lower()}")[
                trust_mark(season.trust),
                " ",
                span[
                    strong[f"{season.season}: {status_of(season)}."],
                    " ",
                    span(".sizes")[
                        f"{plural(season.dates, 'date')}, {plural(season.units, report.unit)}"
                    ],
                ],
            ]
            for season in reversed(report.seasons)
        )
    ]


def season_table(report: ValidationReport) -> Element:
    """Return seasons by layer: dates, units, coverage of each layer, status."""
    layers = list(dict.fromkeys(report.layers.values()))
    return _scrolling(
        "Seasons by layer",
        thead[
            tr[
                th(scope="col")["season"],
                (_number_head(name) for name in ("dates", f"{report.unit}s")),
                (_number_head(f"coverage of {layer}") for layer in layers),
                th(scope="col")["status"],
            ]
        ],
        tbody[(_season_row(season, layers) for season in report.seasons)],
    )


def _season_row(season: SeasonSummary, layers: list[str]) -> Element:
    return tr[
        th(scope="row")[season.season],
        _number(f"{season.dates:,}"),
        _number(f"{season.units:,}"),
        (_number(percent(season.layers[layer].coverage)) for layer in layers),
        td(".said")[trust_mark(season.trust), " ", status_of(season)],
    ]


def table_table(report: ValidationReport, season: SeasonSummary) -> Element:
    """Return the tables of one season: what was due, what is there, what stands against it."""
    return _scrolling(
        f"Tables in {season.season}",
        thead[
            tr[
                th(scope="col")["table"],
                th(".apart", scope="col")["layer"],
                (
                    _number_head(name)
                    for name in ("sound / due", "coverage", "rows", "failing", "limited", "warned")
                ),
                th(scope="col")["first date"],
            ]
        ],
        tbody[(_table_row(report, season, name) for name in report.layers)],
    )


def _table_row(report: ValidationReport, season: SeasonSummary, name: str) -> Element:
    tally = season.tables[name]
    idle = not due(tally)
    return tr(class_="idle" if idle else None)[
        th(scope="row", title=name)[None if idle else trust_mark(tally.trust), label(name)],
        td(".apart")[report.layers[name]],
        _number(NONE if idle else f"{sound(tally):,} / {due(tally):,}"),
        _number(percent(tally.coverage)),
        _number(f"{tally.rows:,}" if tally.rows else NONE),
        _number(_count(tally.failing), "failing" if tally.failing else ""),
        _number(_count(tally.limited)),
        _number(_count(tally.warned)),
        td(".said")[_first(report, name, tally)],
    ]


def _first(report: ValidationReport, name: str, tally: Tally) -> Iterator[Node]:
    yield str(tally.first) if tally.first else NONE
    notes = [starts(report, name)] if due(tally) else ["nothing due"]
    if waived := tally.states.get(State.WAIVED):
        notes.append(f"{waived} waived")
    if said := ", ".join(note for note in notes if note):
        yield span(".note")[f" {said}"]


def _count(count: int) -> str:
    return f"{count:,}" if count else NONE


def _number_head(name: str) -> Element:
    return th(".number", scope="col")[name]


def _number(shown: str, more: str = "") -> Element:
    return td(class_=f"number {more}".strip())[shown]


def _scrolling(label: str, *parts: Node) -> Element:
    """Let a table that is wider than the screen scroll in a box of its own."""
    return div(".scroll", tabindex="0", role="region", aria_label=label)[table(".figures")[parts]]
