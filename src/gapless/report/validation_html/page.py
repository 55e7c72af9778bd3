"""The page: everything inlined, nothing fetched, readable without its script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

import htpy as h
from htpy import Element, Node
from markupsafe import Markup

from gapless.findings import Severity
from gapless.report.validation_html.figures import answers, season_table, table_table
from gapless.report.validation_html.findings import findings, limitation_article
from gapless.report.validation_html.glyphs import (
    MEANINGS,
    SEVERITY_MEANINGS,
    Look,
    definitions,
    look_mark,
    look_word,
    severity_mark,
    trust_mark,
)
from gapless.report.validation_html.heatmap import heatmap
from gapless.report.validation_words import conclusion, status_of
from gapless.validate.model import Cell, SeasonSummary, Trust, ValidationReport
from gapless.version import __version__

OPEN_SEASONS = 3
"""The newest seasons are open; of the others, those that fail."""


def validation_html(report: ValidationReport) -> str:
    """Return a validation as one HTML page; the same report gives the same bytes."""
    style, script = _resource("page.css"), _resource("page.js")
    page = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(http_equiv="Content-Security-Policy", content=_policy(style, script)),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.title[f"Validation of {report.pipeline}, {report.span}"],
            # Ours, from this folder; escaping would break it.
            h.style[Markup(style)],  # noqa: S704
        ],
        h.body[
            definitions(),
            h.header[_header(report)],
            h.main[_sections(report)],
            h.footer[_footer(report)],
            h.script[Markup(script)],  # noqa: S704
        ],
    ]
    return f"{page}\n"


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, and nothing else whatsoever."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _header(report: ValidationReport) -> Iterator[Node]:
    yield h.p(".kicker")["Can these seasons be trusted?"]
    yield h.h1[f"Validation of {report.pipeline}"]
    yield answers(report)
    yield h.p(".conclusion")[f"{conclusion(report).rstrip('.')}."]
    yield h.nav(aria_label="On this page")[
        (
            h.a(href=f"#{name}")[title]
            for name, title in (
                ("seasons", "Seasons"),
                ("tables", "Tables"),
                ("calendar", "Calendar"),
                ("limitations", f"Known limitations ({len(report.limitations)})"),
                ("findings", f"Findings ({_counted(report)})"),
            )
        )
    ]


def _counted(report: ValidationReport) -> int:
    return len(report.findings) - report.count(Severity.INFO)


def _sections(report: ValidationReport) -> Iterator[Node]:
    yield h.section(id="seasons")[
        h.h2["Seasons"], season_table(report), h.dl(".legend")[_trust_legend()]
    ]
    yield h.section(id="tables")[
        h.h2["Tables"],
        [_unfolding(report, season, table_table(report, season)) for season in _newest(report)],
    ]
    by_season: dict[str, list[Cell]] = {}
    for cell in report.cells:
        by_season.setdefault(cell.season, []).append(cell)
    yield h.section(id="calendar")[
        h.h2["Calendar"],
        h.dl(".legend")[_look_legend()],
        [
            _unfolding(report, season, heatmap(report, season, by_season[season.season]))
            for season in _newest(report)
            if season.season in by_season
        ],
    ]
    yield h.section(id="limitations")[
        h.h2["Known limitations"],
        [limitation_article(found) for found in report.limitations]
        or h.p["None is declared that the data shows."],
    ]
    yield h.section(id="findings")[
        h.h2["Findings"], h.dl(".legend")[_severity_legend()], findings(report)
    ]


def _newest(report: ValidationReport) -> Sequence[SeasonSummary]:
    return report.seasons[::-1]


def _unfolding(report: ValidationReport, season: SeasonSummary, content: Element) -> Element:
    fails = season.trust in (Trust.ATTENTION, Trust.UNKNOWN)
    return h.details(".season", open=season in report.seasons[-OPEN_SEASONS:] or fails)[
        h.summary[
            h.h3[season.season],
            " ",
            h.span(".status")[trust_mark(season.trust), " ", status_of(season)],
        ],
        content,
    ]


def _trust_legend() -> Iterator[Node]:
    meanings = {
        Trust.SOUND: "everything expected is there and passes every check",
        Trust.LIMITED: "the same, but for holes that are declared with a reason",
        Trust.ATTENTION: "something fails",
        Trust.UNKNOWN: "a check could not be evaluated",
    }
    for trust, meaning in meanings.items():
        yield h.div[h.dt[trust_mark(trust), " ", trust.value], h.dd[meaning]]


def _look_legend() -> Iterator[Node]:
    for look in Look:
        yield h.div[h.dt[look_mark(look), " ", look_word(look)], h.dd[MEANINGS[look]]]


def _severity_legend() -> Iterator[Node]:
    for severity, meaning in SEVERITY_MEANINGS.items():
        yield h.div[h.dt[severity_mark(severity), " ", severity.value], h.dd[meaning]]


def _footer(report: ValidationReport) -> Iterator[Node]:
    cells = len(report.cells)
    yield h.p[
        f"Measured by gapless {__version__} on what is published in the warehouse of the pipeline ",
        h.strong[report.pipeline],
        f": {len(report.layers)} tables, {cells:,} partitions, {report.span}. "
        f"Today is {report.today} by the pipeline’s clock. Nothing was changed.",
    ]
    yield h.p[
        "Coverage is the share of the expected keys that are there and usable; for a source table, "
        "of the things its checks examined that are right. It is never rounded up to 100 %."
    ]
