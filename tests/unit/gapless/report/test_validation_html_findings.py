"""What the page of a validation says of findings and their dates."""

from __future__ import annotations

from dataclasses import replace

from gapless.findings import DatedFact
from gapless.report.validation_html import page as page_module
from gapless.validate.model import ValidationReport
from support.html_page import parsed
from support.shopkeeper import day


def test_long_lists_unfold(broken: ValidationReport) -> None:
    finding = next(found for found in broken.findings if found.facts)
    fact = finding.facts[0]
    facts = tuple(replace(fact, date=day(number), text=f"no {number}") for number in range(500))
    elements = parsed(replace(broken, findings=(replace(finding, facts=facts),)))
    shown = [e for e in elements if e.tag == "li" and "article" in e.parents and "no " in e.text]
    assert sum("details" not in element.parents for element in shown) == 4
    assert len(shown) == 400
    assert any("100 more; gapless validate --json" in element.text for element in elements)


def test_what_is_said_of_dates_in_a_row_is_said_once(broken: ValidationReport) -> None:
    """A row ends where another thing is said, where a date is missing, and off the calendar."""
    texts = {0: "same", 1: "same", 2: "same", 3: "other", 4: "same", 6: "same", 99: "same"}
    facts = tuple(DatedFact(day(number), text) for number, text in texts.items())
    finding = replace(broken.findings[0], facts=facts)
    elements = parsed(replace(broken, findings=(finding,)))
    said = [e.text for e in elements if e.tag == "li" and e.text.startswith("20")]
    assert said == [
        f"{day(0)} … {day(2)} same (3 dates)",
        f"{day(3)} other",
        f"{day(4)} same",
        f"{day(6)} same",
        f"{day(99)} same",
    ]
    assert f"1 more date, up to {day(99)}" in [e.text for e in elements if e.tag == "summary"]


def test_dates_in_sentences_stay_in_one_piece(broken: ValidationReport) -> None:
    [alarm] = [e for e in parsed(broken) if e.tag == "strong" and "figcaption" in e.parents]
    assert alarm.text == f"Something fails on 1 date: {day(4)}."
    times = {e.text for e in parsed(broken) if e.tag == "time" and "figure" in e.parents}
    assert times == {str(day(4))}
    assert "time { white-space: nowrap; }" in page_module._resource("page.css")
