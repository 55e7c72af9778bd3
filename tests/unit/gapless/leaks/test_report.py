"""A search for look-ahead passes only when something was proved of every table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gapless.declare.look_ahead import FactsRead
from gapless.leaks.report import DateProof, Difference, LeakReport, Proof, TableProof
from gapless.partitions import Path

FIRST = date(2024, 1, 1)
FACTS = FactsRead(Path.HISTORICAL, ("mart.form", "raw.schedule"))


def table(*proofs: Proof, facts: FactsRead | None = None, before: bool = False) -> TableProof:
    """Return a table with a date for each proof."""
    dates = tuple(
        DateProof(FIRST + timedelta(days=number), proof, "as told")
        for number, proof in enumerate(proofs)
    )
    return TableProof("mart.form", facts, before, dates)


@pytest.mark.parametrize(
    ("found", "proof"),
    [
        (table(Proof.PROVED, Proof.PROVED), Proof.PROVED),
        (table(Proof.NOTHING, Proof.PROVED), Proof.PROVED),
        (table(Proof.NOTHING), Proof.UNKNOWN),
        (table(), Proof.UNKNOWN),
        (table(Proof.PROVED, Proof.UNKNOWN), Proof.UNKNOWN),
        (table(Proof.PROVED, Proof.UNKNOWN, Proof.LEAK), Proof.LEAK),
        (table(Proof.PROVED, facts=FACTS), Proof.PROVED),
        (table(Proof.PROVED, facts=FACTS, before=True), Proof.LEAK),
        (table(facts=FACTS, before=True), Proof.LEAK),
        (table(Proof.PROVED, before=True), Proof.PROVED),
    ],
)
def test_a_table_is_as_good_as_its_worst_date(found: TableProof, proof: Proof) -> None:
    """Dates with nothing to compare prove nothing; a table that exists before reads no facts."""
    assert found.proof is proof


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ((), 4),
        ((table(Proof.PROVED),), 0),
        ((table(Proof.PROVED), table(Proof.NOTHING)), 4),
        ((table(Proof.LEAK), table(Proof.UNKNOWN)), 1),
    ],
)
def test_exit_codes(tables: tuple[TableProof, ...], code: int) -> None:
    """A leak is told before anything that is not known; no table at all is no pass."""
    report = LeakReport(tables)
    assert report.exit_code == report.as_data()["exit_code"] == code


def test_a_difference_is_true_when_something_moved() -> None:
    """Rows that were compared and are the same are no difference."""
    assert not Difference(rows=7)
    assert Difference(rows=7, gone=1)
    assert Difference(rows=7, gone=1, new=2, changed=3).moved == 6
