"""Reading an HTML page element by element."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from gapless.report.validation_html.page import validation_html
from gapless.validate.model import ValidationReport

VOID = {"meta", "br", "wbr", "hr", "img", "link", "input"}


@dataclass
class Element:
    """An element as it was parsed."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Parser(HTMLParser):
    """Reads a page, and refuses one whose elements are not closed in order."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        parents = tuple(element.tag for element in self.open)
        element = Element(tag, {name: value or "" for name, value in attrs}, parents)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def parsed(report: ValidationReport) -> list[Element]:
    """Return the elements of a report's page, which is well-formed."""
    parser = Parser()
    parser.feed(validation_html(report))
    parser.close()
    assert parser.open == []
    return parser.elements
