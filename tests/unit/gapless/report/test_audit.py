"""What an audit of an undeclared table says to people."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gapless.report.audit import audit_text
from gapless.undeclared.guess import GuessReport
from gapless.undeclared.model import AuditReport
from support.undeclared import FIRST, PlainFile


@pytest.fixture
def plain(tmp_path: Path) -> PlainFile:
    """Forty days of bookings of ten guests, and the same visits."""
    made = PlainFile(tmp_path / "house.duckdb")
    made.change(
        f"CREATE TABLE bookings AS SELECT DATE '{FIRST}' + n::INTEGER AS day, "
        "guest::INTEGER AS guest, 'Guest ' || guest AS name "
        "FROM range(40) AS days(n), range(1, 11) AS guests(guest)",
        "CREATE TABLE visits AS SELECT day, guest FROM bookings",
    )
    return made


def text_of(report: AuditReport | GuessReport, limit: int = 20) -> str:
    out = StringIO()
    console = Console(file=out, width=200, no_color=True, highlight=False)
    for part in audit_text(report, limit):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_a_partial_date_is_shown_with_its_share_and_names(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day = '{FIRST}' AND guest > 3")
    assert text_of(plain.compared(label="name", names=2)) == (
        "main.visits beside main.bookings, 2024-03-01 … 2024-04-09\n"
        "by guest, as sets: 40 dates, 39 complete, 1 partial\n"
        "\n"
        "◐ partial  2024-03-01  3/10  30 %\n"
        "    7 missing: Guest 10 (10), Guest 4 (4) and 5 more\n"
        "\n"
        "✗ not complete  1 of 40 dates; nothing was written\n"
        "    → so that it is refused next time, declare the table: "
        "docs/how-to/your-own-pipeline.md"
    )


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            "DELETE FROM visits WHERE day < '2024-03-04'",
            ["○ missing  2024-03-01 … 2024-03-03  3 dates, 30 expected keys"],
        ),
        (
            "DELETE FROM bookings WHERE day < '2024-03-03'",
            ["+ surplus  2024-03-01 … 2024-03-02  2 dates, 20 unexpected keys"],
        ),
        (
            "DELETE FROM bookings WHERE day = '2024-03-01'",
            ["+ surplus  2024-03-01  no key expected", "    10 unexpected: 1, 10, 2, 3, 4 and 5 m"],
        ),
        (
            "INSERT INTO visits VALUES ('2024-03-01', 7), ('2024-03-01', 7), ('2024-03-01', NULL)",
            [
                "× duplicate  ∅ without key  2024-03-01  10/10  100 %",
                "    2 rows beyond the first of their key: 7 × 3\n",
                "    1 row with a NULL in the key",
            ],
        ),
        (
            "DELETE FROM visits WHERE guest = 5 AND day < '2024-03-03'",
            [
                "◕ nearly complete  no date is below 90 %, but 2 keys of 2 dates are missing; "
                "--at-least 1 takes that for a fault"
            ],
        ),
        (
            "INSERT INTO visits VALUES (NULL, 1)",
            ["main.visits has 1 row without a day; on no date"],
        ),
        (
            "INSERT INTO bookings VALUES (NULL, 1, 'x')",
            ["? unknown  main.bookings has 1 row without a day; what they stand for is not known"],
        ),
        (
            "INSERT INTO visits FROM visits",
            ["Most dates have duplicates; perhaps a column of the key was not named (--key)."],
        ),
        ("FROM visits", ["● complete  400 keys on 40 dates, none missing or surplus"]),
    ],
)
def test_every_finding_has_its_line(plain: PlainFile, change: str, lines: list[str]) -> None:
    plain.change(change)
    text = text_of(plain.compared())
    for line in lines:
        assert line in text


def test_only_the_worst_are_shown_and_the_rest_is_counted(plain: PlainFile) -> None:
    """Every second day lacks as many guests as its number says."""
    plain.change("DELETE FROM visits WHERE guest <= day(day) % 10 AND day(day) % 2 = 1")
    text = text_of(plain.compared(at_least=1.0), limit=3)
    assert text.count("◐ partial") == 3
    assert text.count("1/10  10 %") == 3
    assert "… and 18 more; --limit shows more, --json all" in text


def test_dates_that_were_left_out_are_counted(plain: PlainFile) -> None:
    text = text_of(plain.compared(today=FIRST))
    assert "40 dates from today on left out; --end-date takes them in." in text
    assert "? unknown" in text


@pytest.mark.parametrize(
    "spoil", [lambda plain: plain, lambda plain: plain.change("DELETE FROM visits")]
)
def test_a_guess_says_that_it_is_one(plain: PlainFile, spoil: Callable[[PlainFile], None]) -> None:
    spoil(plain)
    text = text_of(plain.guessed())
    assert "Only a guess: there is no --reference" in text
    assert "? unknown  counts suggest nothing, which proves nothing" in text
    assert "→ to know, name a table with the keys that are expected: --reference --key" in text


def test_a_guess_tells_facts_apart_from_suspicions(plain: PlainFile) -> None:
    plain.change(
        "INSERT INTO visits FROM visits WHERE day = '2024-03-05' AND guest = 2",
        "DELETE FROM visits WHERE day = '2024-03-15' AND guest > 1",
        "DELETE FROM visits WHERE day = '2024-03-20'",
    )
    text = text_of(plain.guessed(key=("guest",)))
    lines = [
        "× duplicate  2024-03-05  11 rows, and this is no guess",
        "1 row beyond the first of their key: 2 × 2",
        "○ no rows  2024-03-20",
        "no row, though Wednesdays usually have some in the 6 weeks before and after",
        "↓ fewer rows  2024-03-15",
        "1 row; 10 are usual on the 28 dates around it, 10 on the 5 nearest Fridays",
        "? unusual  2 suspicions, none of them proved; neither is the rest",
    ]
    places = [text.find(line) for line in lines]
    assert -1 not in places
    assert places == sorted(places)
