"""What a report of a fetch says of its units."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from gapless.fetch import FetchedUnit, FetchOutcome, FetchReport
from gapless.report.fetch import SHOWN, fetch_data, fetch_text


def report(*outcomes: FetchOutcome, reason: str = "because") -> FetchReport:
    units = tuple(FetchedUnit(f"unit {n}", found, reason) for n, found in enumerate(outcomes))
    return FetchReport("unit", units, 7, {"readings.parquet": 3} if units else {})


def told(found: FetchReport) -> str:
    console = Console(width=100)
    with console.capture() as printed:
        for part in fetch_text(found, Path("folder")):
            console.print(part)
    return " ".join(printed.get().split())


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((), 0),
        ((FetchOutcome.FETCHED, FetchOutcome.KEPT, FetchOutcome.WAITING), 0),
        ((FetchOutcome.FETCHED, FetchOutcome.FAILED), 1),
    ],
)
def test_a_unit_that_failed_is_never_0(outcomes: tuple[FetchOutcome, ...], code: int) -> None:
    assert report(*outcomes).exit_code == code


def test_only_units_that_are_there_have_facts() -> None:
    found = report(*FetchOutcome)
    assert [unit.outcome for unit in found.facts] == [FetchOutcome.FETCHED, FetchOutcome.KEPT]
    assert report(*FetchOutcome, reason="").facts == []


def test_text_names_what_failed_up_to_a_screen_and_data_names_all() -> None:
    found = report(*[FetchOutcome.FAILED] * (SHOWN + 2))
    text = told(found)
    assert f"unit {SHOWN - 1}: because" in text
    assert f"unit {SHOWN}: because" not in text
    assert "and 2 more" in text
    assert len(fetch_data(found, Path("folder"))["units"]) == SHOWN + 2


def test_a_reason_is_printed_as_it_is() -> None:
    assert "[red]a reason[/red]" in told(report(FetchOutcome.FAILED, reason="[red]a reason[/red]"))


def test_where_nothing_was_due_nothing_is_to_be_loaded() -> None:
    text = told(report())
    assert "nothing was scheduled" in text
    assert "Next" not in text
