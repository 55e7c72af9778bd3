"""Glyphs: every state, trust and severity has a shape of its own; colour only comes on top."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final

from htpy import Element, Node, g, path, svg, use

from gapless.findings import Severity
from gapless.plan.states import State
from gapless.report.marks import word
from gapless.validate.model import Cell, Trust

CELL: Final = 5
"""Width of a cell's glyph."""
HEIGHT: Final = 20
"""Height of a row of cells; a failing cell fills it, a sound one leaves room above and below."""


class Look(enum.StrEnum):
    """How a cell is drawn: its state, or what is to be said of a sound one."""

    COMPLETE = State.COMPLETE
    LIMITED = "limited"
    WARNED = "warned"
    WAIVED = State.WAIVED
    PARTIAL = State.PARTIAL
    MISSING = State.MISSING
    STALE = State.STALE
    UNKNOWN = State.UNKNOWN
    BLOCKED = State.BLOCKED
    SPARED = "spared"
    WARM_UP = State.WARM_UP
    NOTHING_EXPECTED = State.NOTHING_EXPECTED


ROOTS: Final = (Look.PARTIAL, Look.MISSING, Look.STALE, Look.UNKNOWN)
"""What has to be dealt with; a blocked cell only waits for one of these."""

MEANINGS: Final[dict[Look, str]] = {
    Look.COMPLETE: "every expected row is there and passes",
    Look.LIMITED: "sound, within a known limitation",
    Look.WARNED: "sound, with a warning",
    Look.WAIVED: "published below its gate, on somebody’s word",
    Look.PARTIAL: "rows are there, but not the right ones",
    Look.MISSING: "rows were expected, none are there",
    Look.STALE: "something it was made from has changed since",
    Look.UNKNOWN: "a check could not be evaluated",
    Look.BLOCKED: "waits for an input that is not complete",
    Look.SPARED: "empty, but other sources will do",
    Look.WARM_UP: "too early in the season to expect anything",
    Look.NOTHING_EXPECTED: "nothing was due",
}

SHAPES: Final[dict[Look, str]] = {
    Look.COMPLETE: "M0 3h5v14h-5z",
    Look.LIMITED: "M0 3h5v2h-5zM0 7h5v2h-5zM0 11h5v2h-5zM0 15h5v2h-5z",
    Look.WARNED: "M0 3h5v9h-5zM0 14h5v3h-5z",
    Look.WAIVED: "M0 3h5v14h-5zM1.5 7v6h2v-6z",
    Look.PARTIAL: "M0 2h5v16h-5zM1.2 3.2v6.8h2.6v-6.8z",
    Look.MISSING: "M0 2h5v16h-5zM1.2 3.2v13.6h2.6v-13.6z",
    Look.STALE: "M0 2L5 10L0 18z",
    Look.UNKNOWN: "M2.5 2L5 10L2.5 18L0 10z",
    Look.BLOCKED: "M0 4h5L0 16h5z",
    Look.SPARED: "M0 7.5h5v5h-5zM1.1 8.6v2.8h2.8v-2.8z",
    Look.WARM_UP: "M0 9.25h5v1.5h-5z",
    Look.NOTHING_EXPECTED: "M1.5 9h2v2h-2z",
}

_DISC = "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z"
TRUST_SHAPES: Final[dict[Trust, str]] = {
    Trust.SOUND: f"{_DISC}M6.9 11.4L12 6.2L10.9 5.1L6.9 9.2L5.1 7.4L4 8.5z",
    Trust.LIMITED: (
        "M3.6 3.2a6.5 6.5 0 0 1 8.8 0zM1.7 6.3a6.5 6.5 0 0 1 .5-1.3h11.6"
        "a6.5 6.5 0 0 1 .5 1.3zM1.6 8.1h12.8a6.5 6.5 0 0 1-.2 1.6h-12.4"
        "a6.5 6.5 0 0 1-.2-1.6zM2.6 11.5h10.8a6.5 6.5 0 0 1-1.6 1.6h-7.6a6.5 6.5 0 0 1-1.6-1.6z"
    ),
    Trust.ATTENTION: (
        "M1.5 1.5h13v13h-13zM5.2 4.1L4.1 5.2L6.9 8L4.1 10.8L5.2 11.9L8 9.1L10.8 11.9"
        "L11.9 10.8L9.1 8L11.9 5.2L10.8 4.1L8 6.9z"
    ),
    Trust.UNKNOWN: (
        "M8 .5L15.5 8L8 15.5L.5 8zM7.2 10.9v1.6h1.6v-1.6zM5.5 6.6h1.5a1 1 0 1 1 1.6.8"
        "c-.9.7-1.4 1.1-1.4 2.4h1.5c0-.8.3-1 .9-1.4a2.5 2.5 0 1 0-4.1-1.8z"
    ),
}
SEVERITY_SHAPES: Final[dict[Severity, str]] = {
    Severity.REFUSE: f"{_DISC}M4 7v2h8v-2z",
    Severity.ERROR: TRUST_SHAPES[Trust.ATTENTION],
    Severity.WARNING: "M8 1L15.5 14.5H.5zM7.2 5.5v4.5h1.6v-4.5zM7.2 11.2v1.6h1.6v-1.6z",
    Severity.INFO: f"{_DISC}M7.2 7v5h1.6v-5zM7.2 4v1.7h1.6v-1.7z",
}
SEVERITY_MEANINGS: Final[dict[Severity, str]] = {
    Severity.REFUSE: "nothing may be started",
    Severity.ERROR: "these dates cannot be trusted",
    Severity.WARNING: "somebody should have a look",
    Severity.INFO: "a known fact with consequences",
}


def look_of(cell: Cell) -> Look:
    """Return how a cell is drawn; what fails hides everything milder."""
    if not cell.is_sound:
        return Look(cell.state.value)
    if cell.warnings:
        return Look.WARNED
    if cell.limitations:
        return Look.LIMITED
    return Look.SPARED if cell.state is State.MISSING else Look(cell.state.value)


def look_word(look: Look) -> str:
    """Return the name of a look in words."""
    names = {Look.LIMITED: "known limitation", Look.WARNED: "warning", Look.SPARED: "not needed"}
    return names.get(look) or word(look.value)


def definitions() -> Element:
    """Return what `<use>` refers to; once for a page."""
    return svg(".defs", width="0", height="0", aria_hidden="true")[_definitions()]


def _definitions() -> Iterator[Node]:
    for look, shape in SHAPES.items():
        drawn = path(class_=f"k-{look}", fill_rule="evenodd", d=shape)
        flag = path(class_="flag", d=f"M-.5 0h6v{HEIGHT}h-6z") if look in ROOTS else None
        yield g(id=f"c-{look}")[flag, drawn]
    for trust, shape in TRUST_SHAPES.items():
        yield path(id=f"t-{trust.name.lower()}", fill_rule="evenodd", d=shape)
    for severity, shape in SEVERITY_SHAPES.items():
        yield path(id=f"s-{severity}", fill_rule="evenodd", d=shape)


def trust_mark(trust: Trust) -> Element:
    """Return the mark of a trust; the word stands beside it."""
    return _mark("t", trust.name.lower())


def severity_mark(severity: Severity) -> Element:
    """Return the mark of a severity; the word stands beside it."""
    return _mark("s", severity.value)


def look_mark(look: Look) -> Element:
    """Return three cells in a row, as they appear in the calendar."""
    cells = [use(href=f"#c-{look}", x=str(place * (CELL + 1))) for place in range(3)]
    return svg(".look", width="19", height=str(HEIGHT), viewBox=f"-1 0 19 {HEIGHT}", **HIDDEN)[
        cells
    ]


HIDDEN: Final = {"aria-hidden": "true"}


def _mark(kind: str, name: str) -> Element:
    return svg(f".mark.{kind}-{name}", width="16", height="16", viewBox="0 0 16 16", **HIDDEN)[
        use(href=f"#{kind}-{name}")
    ]
