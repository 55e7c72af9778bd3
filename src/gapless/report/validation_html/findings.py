"""What stands against the seasons: known limitations, and findings worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from gapless.report.validation_html.glyphs import severity_mark, trust_mark
from gapless.report.validation_html.names import breakable, coded, label
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
"""Dates of a finding that the page lists; `--json` has them all."""
OPEN_FINDINGS = 12
"""Findings that are shown in full; the milder ones unfold."""


def limitation_article(found: LimitationFound) -> Element:
    """Say what a known limitation is, why, and what follows downstream."""
    return article(".limitation")[
        h3[trust_mark(Trust.LIMITED), " ", span[breakable(found.name)]],
        p[f"{found.reason[:1].upper()}{found.reason[1:].rstrip('.')}."],
        p(".note")[
            coded(found.table),
            f", {found.check}: {found.entities:,} known on "
            f"{plural(found.partitions, 'date')}, {found.span}. ",
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
        th(scope="row", title=found.table)[label(found.table), " with ", coded(found.predicate)],
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
    if not counted:
        yield p["Nothing stands against what was selected."]
    yield [_finding(found) for found in counted[:OPEN_FINDINGS]]
    yield _folded(counted[OPEN_FINDINGS:], "more finding")
    yield _folded(known, "known fact")


def _folded(found: Sequence[ValidationFinding], noun: str) -> Node:
    if not found:
        return None
    return details(".more")[
        summary[plural(len(found), noun)], [_finding(finding) for finding in found]
    ]


def _finding(found: ValidationFinding) -> Element:
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
        _facts(found.facts),
        _reach(found),
        ul(".remedies")[(_remedy(remedy) for remedy in found.remedies)] if found.remedies else None,
    ]


def _facts(facts: Sequence[DatedFact]) -> Iterator[Node]:
    if facts:
        yield ol(".facts")[(_fact(fact) for fact in facts[:FIRST_FACTS])]
    rest = facts[FIRST_FACTS:FACTS_AT_MOST]
    if not rest:
        return
    left = len(facts) - FACTS_AT_MOST
    yield details[
        summary[f"{plural(len(facts) - FIRST_FACTS, 'more date')}, up to {facts[-1].date}"],
        ol(".facts")[(_fact(fact) for fact in rest)],
        p(".note")[f"{left:,} more; gapless validate --json lists them all."] if left > 0 else None,
    ]


def _fact(fact: DatedFact) -> Element:
    return li[strong[str(fact.date)], " ", span[fact.text]]


def _reach(found: ValidationFinding) -> Node:
    if not found.reach:
        return None
    return p(".reach")["Used by ", "; ".join(reach_text(reached) for reached in found.reach), "."]


def _remedy(remedy: Remedy) -> Element:
    return li[
        f"{remedy.what[:1].upper()}{remedy.what[1:]}",
        [":", div(".command")[code[remedy.command]]] if remedy.command else ".",
    ]
