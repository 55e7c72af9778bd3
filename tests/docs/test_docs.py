"""The documentation is true: its blocks run, its links lead somewhere, and nothing is left out."""

from __future__ import annotations

import enum
import re
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path as FilePath

import duckdb
import pytest
from rich.console import Console

import gapless
from docs.pages import (
    DIRECTIVES,
    DOCS,
    PAGES,
    REPOSITORY,
    Block,
    anchors_of,
    blocks_of,
    headings_of,
    links_of,
    name_of,
    prose_of,
    section_of,
    text_of,
)
from docs.reader import Memory, Reader
from gapless import errors
from gapless.cli.parser import app
from gapless.config.settings import _KNOWN
from gapless.declare.calendar import DateFacts, DayKind
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived
from gapless.declare.thresholds import SITE_THRESHOLDS
from gapless.declare.windows import WindowKind
from gapless.doctor.model import Ability, Status
from gapless.fetch import FetchOutcome
from gapless.findings import Severity
from gapless.leaks.report import Proof
from gapless.ledger.cleanings import Fate, Purpose
from gapless.ledger.interface import Category, Verdict
from gapless.partitions import Path
from gapless.plan.build import Action
from gapless.plan.states import State
from gapless.sql.binding import Bindings, Scope, compose
from gapless.sql.poison import Poison
from gapless.undeclared.guess import Hint
from gapless.undeclared.model import Condition
from gapless.validate.model import Trust
from gapless.verbs.check_schedule import Punctuality
from gapless.verbs.schedule import RoundOutcome
from gapless.verdicts import Outcome
from gapless_nba.pipeline import pipeline as nba

COMMANDS = [name for name in app if not name.startswith("-")]
COMMANDS_PAGE = DOCS / "reference" / "commands.md"
CONFIGURATION_PAGE = DOCS / "reference" / "configuration.md"
DECLARATIONS_PAGE = DOCS / "reference" / "declarations.md"
ERRORS_PAGE = DOCS / "reference" / "errors.md"
GLOSSARY_PAGE = DOCS / "glossary.md"
NBA_PAGE = DOCS / "nba" / "tables.md"
PROMISES_PAGE = DOCS / "explanation" / "promises.md"
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def by_place(block: Block) -> str:
    return block.place


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Memory:
    """Several pages begin with the demonstration, which takes seconds and is always the same."""
    return Memory(tmp_path_factory, ("gapless demo",))


# -- What the pages say is so ----------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(not b.excuse for b in blocks_of(page))], ids=name_of
)
def test_a_page_can_be_typed_from_top_to_bottom(
    page: FilePath, tmp_path: FilePath, demonstration: Memory
) -> None:
    """Every block of the page runs in one folder, in order, and shows what the page shows."""
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    reader = Reader(folder, home, demonstration)
    for block in blocks_of(page):
        reader.read(block)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.excuse is not None], ids=by_place)
def test_an_excuse_gives_a_reason(block: Block) -> None:
    """A block that is not run says why, in more than a word."""
    assert len((block.excuse or "").split()) > 2


@pytest.mark.parametrize("block", BLOCKS, ids=by_place)
def test_comments_above_blocks_are_understood(block: Block) -> None:
    """A misspelt comment would switch a check off without a word."""
    assert set(block.directives) <= set(DIRECTIVES)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: FilePath) -> None:
    """Every link between pages names a file that is there and a heading in it."""
    for target in links_of(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            assert anchor in anchors_of(file), f"{name_of(page)} links to {target}"


def test_every_page_is_in_the_index() -> None:
    """docs/README.md leads to every page of the documentation."""
    index = DOCS / "README.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in links_of(index)}
    pages = {page.resolve() for page in DOCS.rglob("*.md")} - {index.resolve()}
    assert sorted(pages - linked) == []


def test_commands_named_in_the_pages_exist() -> None:
    """Nobody is told to type `gapless` with a word that it does not know."""
    named = {
        (name_of(page), word)
        for page in PAGES
        for word in re.findall(r"[`$] ?gapless ([a-z][a-z-]*)", text_of(page))
    }
    assert sorted((page, word) for page, word in named if word not in COMMANDS) == []


def test_targets_named_in_the_pages_exist() -> None:
    """Every `make …` is a target of the Makefile."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"[`$] ?make ([a-z]+)", text_of(page))}
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_name_no_place_of_one_machine(page: FilePath) -> None:
    """Output was pasted without the paths of whoever pasted it."""
    assert re.findall(r"(?:/root|/home|/tmp|/work|/Users)/\S*", text_of(page)) == []


# -- What the program has is on the pages ----------------------------------------------------


def test_generated_pages_are_up_to_date() -> None:
    """`python docs/generate.py` would change nothing."""
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_documented(command: str) -> None:
    """Whatever `--help` of a command offers is in the reference of commands."""
    printed = StringIO()
    app.help_print([command], console=Console(file=printed, width=200, no_color=True))
    offered = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", printed.getvalue())) - {"--help"}
    assert f"gapless {command}" in headings_of(COMMANDS_PAGE)
    assert offered, "the help offers nothing, so nothing was examined"
    assert sorted(flag for flag in offered if f"`{flag}`" not in text_of(COMMANDS_PAGE)) == []


def error_classes() -> list[str]:
    found = vars(errors).values()
    return [e.__name__ for e in found if isinstance(e, type) and issubclass(e, Exception)]


@pytest.mark.parametrize("name", error_classes())
def test_every_error_is_documented(name: str) -> None:
    assert f"| `{name}` |" in text_of(ERRORS_PAGE)


@pytest.mark.parametrize("name", [*_KNOWN, "thresholds"])
def test_every_setting_is_documented(name: str) -> None:
    """A setting has a row that names it, its variable and its flag."""
    variable = f"GAPLESS_{name.upper()}"
    flag = "--" + name.removesuffix("s" if name == "thresholds" else "").replace("_", "-")
    rows = [line for line in text_of(CONFIGURATION_PAGE).splitlines() if f"| `{name}` |" in line]
    assert len(rows) == 1
    assert f"`{variable}`" in rows[0]
    assert f"`{flag}`" in rows[0]


@pytest.mark.parametrize("threshold", SITE_THRESHOLDS)
def test_every_threshold_is_documented(threshold: str) -> None:
    assert f"`{threshold}`" in section_of(CONFIGURATION_PAGE, "Thresholds")


def test_every_variable_is_documented() -> None:
    """Each GAPLESS_ variable that the source reads is on the page of the configuration."""
    read: set[str] = set()
    for file in (REPOSITORY / "src").rglob("*.py"):
        read |= set(re.findall(r"GAPLESS_[A-Z_]*[A-Z](?=\")", file.read_text(encoding="utf-8")))
    assert {"GAPLESS_ACTOR", "GAPLESS_DEBUG"} <= read
    assert sorted(name for name in read if f"`{name}`" not in text_of(CONFIGURATION_PAGE)) == []


def test_every_public_name_is_documented() -> None:
    """Each name of `gapless.__all__` stands at the head of a row or section, and no other does."""
    text = text_of(DECLARATIONS_PAGE)
    documented = set(re.findall(r"^\| `([A-Za-z_]+)(?:\(.*?\))?` \|", text, flags=re.MULTILINE))
    assert sorted(set(gapless.__all__) - documented) == []
    methods = {name for name in vars(Pipeline) if not name.startswith("_")}
    assert sorted(documented - set(gapless.__all__) - methods) == []


def test_every_method_that_declares_is_documented() -> None:
    text = text_of(DECLARATIONS_PAGE)
    methods = (
        "source",
        "require",
        "calendar",
        "derived",
        "cross_check",
        "known_limitation",
        "retain",
        "with_gates",
    )
    assert [name for name in methods if f"| `{name}(" not in text] == []


WORDS: list[type[enum.StrEnum]] = [
    Ability,
    Action,
    Category,
    Condition,
    DayKind,
    Fate,
    FetchOutcome,
    Hint,
    Outcome,
    Path,
    Poison,
    Proof,
    Purpose,
    Punctuality,
    RoundOutcome,
    Severity,
    State,
    Status,
    Trust,
    Verdict,
    WindowKind,
]


@pytest.mark.parametrize("family", WORDS, ids=lambda family: family.__name__)
def test_every_value_is_in_the_glossary(family: type[enum.StrEnum]) -> None:
    """A state, verdict or other value that a user may read has its entry."""
    text = text_of(GLOSSARY_PAGE)
    assert [member.value for member in family if f"`{member.value}`" not in text] == []


def test_glossary_is_sorted() -> None:
    """A reader finds a word where the alphabet has it, once."""
    words = re.findall(r"^\*\*(.+?)\*\*", text_of(GLOSSARY_PAGE), flags=re.MULTILINE)
    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)


def nba_columns() -> dict[str, list[str]]:
    """Build every NBA table without a row and return its columns."""
    facts = DateFacts(date(2023, 2, 23), "2022-23", date(2022, 10, 18), date(2021, 10, 19), 9)
    scope = Scope(nba.partition, (facts,))
    columns: dict[str, list[str]] = {}
    with duckdb.connect() as connection:
        for schema in {table.schema for table in nba.tables.values()}:
            connection.execute(f"CREATE SCHEMA {schema}")
        for source in nba.sources:
            listed = ", ".join(f"{name} {kind}" for name, kind in source.columns.items())
            connection.execute(f"CREATE TABLE {source.name} ({listed})")
            columns[source.name] = list(source.columns)
        for table in nba.derived_tables:
            # On the path to come nothing is chosen among sources; the columns are the same.
            inputs = table.inputs_on(Path.UPCOMING)
            text = compose(table.statement, inputs, Bindings(scope, key=table.key))
            connection.execute(f"CREATE TABLE {table.name} AS {text}")
            described = connection.execute(f"DESCRIBE {table.name}").fetchall()
            columns[table.name] = [row[0] for row in described]
    return columns


def test_every_nba_column_is_documented() -> None:
    """Each table has a section that names all its columns and its key."""
    for name, columns in nba_columns().items():
        section = section_of(NBA_PAGE, name)
        absent = [column for column in columns if f"`{column}`" not in section]
        assert absent == [], f"{name} in {name_of(NBA_PAGE)}"
        key = ", ".join(f"`{column}`" for column in nba.tables[name].key)
        assert f"Key: {key}." in section


def test_nba_sections_are_tables() -> None:
    """No section describes a table that is no longer declared."""
    described = {title for title in headings_of(NBA_PAGE) if re.fullmatch(r"[a-z]+\.\w+", title)}
    assert described == set(nba.tables)


@pytest.mark.parametrize(
    "table", [t for t in nba.derived_tables if t.warm_up], ids=lambda table: table.name
)
def test_warm_up_is_documented(table: Derived) -> None:
    assert "Warm-up" in section_of(NBA_PAGE, table.name)


def test_promises_name_folders_that_hold_tests() -> None:
    """Each promise says which tests show it, and they are there."""
    promises = [title for title in headings_of(PROMISES_PAGE) if re.match(r"\d+\. ", title)]
    assert len(promises) >= 13
    for title in promises:
        folders = re.findall(r"`(tests/[\w/]+)`", section_of(PROMISES_PAGE, title))
        assert folders, f"{title} names no tests"
        for folder in folders:
            assert list((REPOSITORY / folder).rglob("test_*.py")), f"{title}: {folder}"


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("*.md")), ids=name_of)
def test_a_decision_says_why_and_what_would_break_it(page: FilePath) -> None:
    """Every decision record has the same four parts."""
    assert headings_of(page)[1:] == [
        "Context",
        "Decision",
        "Consequences",
        "What a violating change looks like",
    ]
    assert re.match(r"\d{4}-", page.name)


def test_prose_is_not_empty() -> None:
    """A page that was cut by an unclosed fence would pass everything else."""
    assert [name_of(page) for page in PAGES if len(prose_of(page).split()) < 40] == []
