"""A validation as Markdown, for a pull request, a wiki page or a mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gapless.coverage import percent
from gapless.findings import Finding, Severity
from gapless.report.validation_words import (
    LEGEND,
    TRUST_MARKS,
    apart,
    conclusion,
    consequence_text,
    counted,
    limitation_text,
    reach_text,
    starts,
    status_of,
)
from gapless.validate.model import SeasonSummary, ValidationFinding, ValidationReport
from gapless.wording import plural

FACTS_AT_MOST = 10


def validation_markdown(report: ValidationReport) -> str:
    """Return the whole report as Markdown."""
    parts = [
        f"# Validation of {_escaped(report.pipeline)}",
        f"{report.span}; today is {report.today}. {conclusion(report)}.",
        _table(_season_rows(report)),
        _table(_table_rows(report)),
        LEGEND,
    ]
    if report.limitations:
        parts.append("## Known limitations")
    for limitation in report.limitations:
        lines = [f"- **{_escaped(limitation.name)}**: {_escaped(limitation_text(limitation))}"]
        lines += [f"  - {_escaped(consequence_text(c))}" for c in limitation.consequences]
        parts.append("\n".join(lines))
    findings = [f for f in report.findings if f.severity is not Severity.INFO]
    parts.append("## Findings" if findings else "## No findings")
    parts += ["\n".join(_finding(finding)) for finding in findings]
    return "\n\n".join(parts) + "\n"


def _season_rows(report: ValidationReport) -> Iterator[Sequence[str]]:
    layers = list(dict.fromkeys(report.layers.values()))
    yield ("season", "dates", f"{report.unit}s", *layers, "status")
    for season in report.seasons:
        yield (
            season.season,
            f"{season.dates:,}",
            f"{season.units:,}",
            *(percent(season.layers[layer].coverage) for layer in layers),
            f"{TRUST_MARKS[season.trust][0]} {status_of(season)}",
        )


def _table_rows(report: ValidationReport) -> Iterator[Sequence[str]]:
    yield ("table", "starts", *(season.season for season in report.seasons))
    for name in report.layers:
        yield (name, starts(report, name), *(_cell(season, name) for season in report.seasons))


def _cell(season: SeasonSummary, name: str) -> str:
    tally = season.tables[name]
    text = counted(tally)
    if text == "·":
        return text
    notes = apart(tally)
    return f"{TRUST_MARKS[tally.trust][0]} {text}" + (f" {notes}" if notes else "")


def _finding(finding: ValidationFinding) -> Iterator[str]:
    yield f"### {finding.severity}: {finding.code} in {_escaped(finding.table)}"
    yield ""
    yield f"{_escaped(finding.message)} ({plural(len(finding.facts), 'date')})"
    yield ""
    yield from _facts(finding)
    if finding.reach:
        reached = "; ".join(reach_text(reach) for reach in finding.reach)
        yield f"- used by {_escaped(reached)}"
    for remedy in finding.remedies:
        yield f"- {_escaped(remedy.what)}: `{remedy.command}`"


def _facts(finding: Finding) -> Iterator[str]:
    for fact in finding.facts[:FACTS_AT_MOST]:
        yield f"- {fact.date}: {_escaped(fact.text)}"
    more = len(finding.facts) - FACTS_AT_MOST
    if more > 0:
        yield f"- … {more} more up to {finding.facts[-1].date}"


def _table(rows: Iterator[Sequence[str]]) -> str:
    listed = list(rows)
    head, *body = listed
    lines = ["| " + " | ".join(_escaped(cell) for cell in head) + " |"]
    lines.append("|" + " --- |" * len(head))
    lines += ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in body]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Keep names and values from becoming markup."""
    escaped = text.replace("\\", "\\\\")
    for sign in ("|", "<", "*", "`", "["):
        escaped = escaped.replace(sign, f"\\{sign}")
    return " ".join(escaped.split())
