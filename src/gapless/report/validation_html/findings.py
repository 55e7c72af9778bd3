"""What stands against the seasons: known limitations, and findings worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from htpy import (
    Element,
    Node,
    article,
    code,
    details,
    div,
    h3,
    li,
    ol,
    p,
    span,
    strong,
    summary,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
    ul,
)

from gapless.coverage import percent
from gapless.findings import DatedFact, Remedy, Severity
from gapless.partitions import DateRange
from gapless.report.validation_html.glyphs import severity_mark, trust_mark
from gapless.report.validation_html.names import breakable, coded, dated, label
from gapless.report.validation_words import reach_text
from gapless.validate.model import (
    Consequence,
    LimitationFound,
    Trust,
    ValidationFinding,
    ValidationReport,
)
from gapless.wording import plural

FIRST_FACTS = 4
FACTS_AT_MOST = 400
"""Facts of a finding that the page lists; `--json` has those of every date."""
OPEN_FINDINGS = 12
"""Findings that are shown in full; the milder ones unfold."""


@dataclass(frozen=True)
class SharedFact:
    """What was found alike on dates that follow one another."""

    span: DateRange
    dates: int
    text: str


def limitation_article(found: LimitationFound) -> Element:
    """Say what a known limitation is, why, and what follows downstream."""
    return article(".limitation")[
        h3[trust_mark(Trust.LIMITED), " ", span[breakable(found.name)]],
        p[f"{found.reason[:1].upper()}{found.reason[1:].rstrip('.')}."],
        p(".note")[
            coded(found.table),
            dated(
                f", {found.check}: {found.entities:,} known on "
                f"{plural(found.partitions, 'date')}, {found.span}. "
            ),
            f"First: {', '.join(found.first[:3])}." if found.first else None,
        ],
        _consequences(found.consequences) if found.consequences else None,
    ]


def _consequences(found: Sequence[Consequence]) -> Element:
    heads = ("share", "rows", "of all within reach", "share elsewhere")
    return div(".scroll", tabindex="0", role="region", aria_label="Consequences")[
        table(".figures")[
            thead[
                tr[
                    th(scope="col")["table"],
                    (th(".number", scope="col")[name] for name in heads),
                    th(scope="col")["dates"],
                ]
            ],
            tbody[(_consequence(consequence) for consequence in found)],
        ]
    ]


def _consequence(found: Consequence) -> Element:
    elsewhere = "–" if found.elsewhere is None else _share(found.elsewhere)
    return tr[
        th(scope="row", title=found.table)[label(found.table)],
        td(".number")[_share(found.share)],
        td(".number")[f"{found.rows:,}"],
        td(".number")[f"{found.of_rows:,}"],
        td(".number")[elsewhere],
        td(".said")[f"{found.span} ", span(".note")[f"({plural(len(found.days), 'date')})"]],
    ]


def _share(share: float) -> str:
    return "0 %" if share <= 0 else percent(share)


def findings(report: ValidationReport) -> Iterator[Node]:
    """Say every finding, worst first; what is merely known unfolds."""
    counted = [found for found in report.findings if found.severity is not Severity.INFO]
    known = [found for found in report.findings if found.severity is Severity.INFO]
    days = sorted({cell.partition for cell in report.cells})
    places = {day: place for place, day in enumerate(days)}
    if not counted:
        yield p["Nothing stands against what was selected."]
    yield [_finding(found, places) for found in counted[:OPEN_FINDINGS]]
    yield _folded(counted[OPEN_FINDINGS:], places, "more finding")
    yield _folded(known, places, "known fact")


def _folded(found: Sequence[ValidationFinding], places: Mapping[date, int], noun: str) -> Node:
    if not found:
        return None
    return details(".more")[
        summary[plural(len(found), noun)], [_finding(finding, places) for finding in found]
    ]


def _finding(found: ValidationFinding, places: Mapping[date, int]) -> Element:
    return article(class_=f"finding s-{found.severity}")[
        h3[
            severity_mark(found.severity),
            " ",
            span(".severity")[found.severity.value],
            " ",
            span[breakable(found.code)],
            " ",
            span(".note")["in ", coded(found.table), f", {plural(len(found.facts), 'date')}"],
        ],
        p[found.message],
        _facts(shared_facts(found.facts, places)),
        _reach(found),
        ul(".remedies")[(_remedy(remedy) for remedy in found.remedies)] if found.remedies else None,
    ]


def shared_facts(facts: Sequence[DatedFact], places: Mapping[date, int]) -> list[SharedFact]:
    """Say once what is said of dates that follow one another on the calendar.

    Args:
        facts: By date, oldest first.
        places: Date → its place among the validated ones; a date without one stands alone.
    """

    def run(numbered: tuple[int, DatedFact]) -> tuple[str, int | date]:
        number, fact = numbered
        return fact.text, places[fact.date] - number if fact.date in places else fact.date

    runs = [[fact for _, fact in same] for _, same in groupby(enumerate(facts), key=run)]
    return [
        SharedFact(DateRange(same[0].date, same[-1].date), len(same), same[0].text) for same in runs
    ]


def _facts(facts: Sequence[SharedFact]) -> Iterator[Node]:
    if facts:
        yield _listed(facts[:FIRST_FACTS])
    rest = facts[FIRST_FACTS:]
    if not rest:
        return
    left = _dates(rest[FACTS_AT_MOST - FIRST_FACTS :])
    yield details[
        summary[f"{plural(_dates(rest), 'more date')}, up to ", dated(str(rest[-1].span.last))],
        _listed(rest[: FACTS_AT_MOST - FIRST_FACTS]),
        p(".note")[f"{left:,} more; gapless validate --json lists them all."] if left else None,
    ]


def _dates(facts: Sequence[SharedFact]) -> int:
    return sum(fact.dates for fact in facts)


def _listed(facts: Sequence[SharedFact]) -> Element:
    ranges = any(fact.dates > 1 for fact in facts)
    return ol(class_="facts ranges" if ranges else "facts")[(_fact(fact) for fact in facts)]


def _fact(fact: SharedFact) -> Element:
    many = span(".note")[f" ({plural(fact.dates, 'date')})"] if fact.dates > 1 else None
    return li[strong[str(fact.span)], " ", span[dated(fact.text), many]]


def _reach(found: ValidationFinding) -> Node:
    if not found.reach:
        return None
    used = "; ".join(reach_text(reached) for reached in found.reach)
    return p(".reach")[dated(f"Used by {used}.")]


def _remedy(remedy: Remedy) -> Element:
    return li[
        f"{remedy.what[:1].upper()}{remedy.what[1:]}",
        [":", div(".command")[code[remedy.command]]] if remedy.command else ".",
    ]
