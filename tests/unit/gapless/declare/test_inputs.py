"""Inputs list what they read; choices are refused when there is nothing to choose."""

from __future__ import annotations

import pytest

from gapless.declare.expected import expected_query, keys_of
from gapless.declare.inputs import (
    PlainInput,
    Read,
    by_path,
    fill_missing,
    first_sufficient,
    history,
    on_path,
    query,
    reads_of,
    same_date,
)
from gapless.declare.tables import Source
from gapless.declare.windows import last_days
from gapless.errors import DeclarationError
from gapless.partitions import Path

A, B = Source("raw.a", ("id",)), Source("raw.b", ("id",))


@pytest.mark.parametrize("sources", [(), (A,)])
def test_nothing_to_choose_from(sources: tuple[Source, ...]) -> None:
    """A choice takes two sources."""
    with pytest.raises(DeclarationError, match="first_sufficient needs at least two sources"):
        first_sufficient(*sources, at_least=0.9)
    with pytest.raises(DeclarationError, match="fill_missing needs at least two sources"):
        fill_missing(*sources)


@pytest.mark.parametrize("share", [0, -1, 1.5, 90])
def test_share_out_of_range(share: float) -> None:
    """Sufficiency is a share above 0 and up to 1: a source that is merely there is not enough."""
    with pytest.raises(DeclarationError, match="at_least is a share of the expected keys"):
        first_sufficient(A, B, at_least=share)


def test_sources_of_a_choice_are_not_required() -> None:
    """What a choice reads is measured, not presumed to be complete."""
    assert list(reads_of(first_sufficient(A, B, at_least=0.9))) == [
        Read(A, None, required=False),
        Read(B, None, required=False),
    ]


def test_columns_are_a_list_of_names() -> None:
    """One text would be taken for a list of letters."""
    with pytest.raises(DeclarationError, match=r"write \('team',\)"):
        same_date(A, columns="team")
    assert same_date(A, columns=["team"]).columns == ("team",)
    assert same_date(A, columns=()).columns == ()
    assert same_date(A).columns is None


def test_what_a_choice_is_measured_on_is_required() -> None:
    """Against an incomplete set nothing can be measured."""
    for choice in (
        first_sufficient(A, B, at_least=0.9, measured_on=keys_of(A)),
        fill_missing(A, B, measured_on=expected_query("SELECT 1", {"a": same_date(A)})),
    ):
        assert [read for read in reads_of(choice) if read.required] == [Read(A, None)]


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        (same_date(A), [Read(A, None)]),
        (same_date(A, columns=("team",)), [Read(A, None, columns=("team",))]),
        (history(A, last_days(3)), [Read(A, last_days(3))]),
        (
            query("SELECT 1", {"a": same_date(A), "b": history(B, last_days(3))}),
            [Read(A, None), Read(B, last_days(3))],
        ),
    ],
    ids=["same_date", "same_date cut to columns", "history", "query"],
)
def test_what_is_read(given: PlainInput, reads: list[Read]) -> None:
    """Every other input lists the tables it needs, with their windows."""
    assert list(reads_of(given)) == reads


def test_input_by_path() -> None:
    """An input may differ between past and upcoming dates; others are the same on both."""
    given = by_path(historical=same_date(A), upcoming=same_date(B))
    assert on_path(given, Path.HISTORICAL) == same_date(A)
    assert on_path(given, Path.UPCOMING) == same_date(B)
    assert on_path(same_date(A), Path.UPCOMING) == same_date(A)
