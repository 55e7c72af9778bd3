"""Every attempt says whether making it again could help, and what it was made from."""

from __future__ import annotations

import pytest

from gapless import errors
from gapless.errors import GaplessError
from gapless.ledger.interface import Retry
from gapless.run.retrying import retry_after

ALL_ERRORS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, GaplessError)
]


@pytest.mark.parametrize("kind", ALL_ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_that_a_retry_can_help_is_transient_and_any_other_permanent(
    kind: type[GaplessError],
) -> None:
    expected = Retry.TRANSIENT if kind.retryable else Retry.PERMANENT
    assert retry_after(kind("told")) is expected


def test_there_are_errors_of_both_kinds() -> None:
    assert {kind.retryable for kind in ALL_ERRORS} == {True, False}
