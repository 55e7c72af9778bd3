"""The pages of the documentation, cut into what can be checked: fenced blocks, links, anchors.

A fenced block may be preceded by comments that say how it is to be treated:

    <!-- file: my_pipeline.py -->     written to that file instead of run
    <!-- exit: 1 -->                  its last command ends with that exit code
    <!-- not run: the reason -->      neither
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    REPOSITORY / "CHANGELOG.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted((REPOSITORY / "deploy").rglob("*.md")),
]

DIRECTIVES = ("file", "exit", "not run")
_COMMENT = re.compile(r"<!-- (?P<name>[a-z ]+): (?P<value>.+?) -->")
_FENCE = re.compile(r"(?P<indent> *)```(?P<language>\S*)")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"#{1,6} (?P<title>.+)")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: Path
    line: int
    """Of its opening fence."""
    language: str
    text: str
    directives: dict[str, str]

    @property
    def place(self) -> str:
        """Where to look."""
        return f"{name_of(self.page)}:{self.line}"

    @property
    def excuse(self) -> str | None:
        """Why it is not run."""
        return self.directives.get("not run")

    @property
    def exit_code(self) -> int:
        """What its last command must end with."""
        return int(self.directives.get("exit", "0"))


def name_of(page: Path) -> str:
    """Return the page's path as the repository sees it."""
    return page.relative_to(REPOSITORY).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order, each with the comments right above it."""
    blocks: list[Block] = []
    directives: dict[str, str] = {}
    lines = text_of(page).splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if comment := _COMMENT.fullmatch(line.strip()):
            directives[comment["name"]] = comment["value"]
        elif fence := _FENCE.fullmatch(line):
            start, indent = number, len(fence["indent"])
            while lines[number].strip() != "```":
                number += 1
            inside = "\n".join(text[indent:] for text in lines[start:number])
            blocks.append(Block(page, start, fence["language"], inside, directives))
            number += 1
            directives = {}
        elif line.strip():
            directives = {}
    return blocks


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def links_of(page: Path) -> Iterator[str]:
    """Return the targets of every link that stays in the repository."""
    for found in _LINK.finditer(prose_of(page)):
        if "://" not in found["target"] and not found["target"].startswith("mailto:"):
            yield found["target"]


def headings_of(page: Path) -> list[str]:
    return [
        found["title"].strip()
        for line in prose_of(page).splitlines()
        if (found := _HEADING.fullmatch(line))
    ]


def anchors_of(page: Path) -> set[str]:
    """Return what a link to the page may name behind `#`, as the usual renderers make it."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings_of(page)}


def section_of(page: Path, title: str) -> str:
    """Return the text below one heading, up to the next of its level or a higher one."""
    lines = text_of(page).splitlines()
    starts = [n for n, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(title)}", line)]
    assert starts, f"{name_of(page)} has no heading {title!r}"
    level = len(lines[starts[0]]) - len(lines[starts[0]].lstrip("#"))
    below = lines[starts[0] + 1 :]
    ends = [n for n, line in enumerate(below) if re.match(rf"#{{1,{level}}} ", line)]
    return "\n".join(below[: ends[0]] if ends else below)
