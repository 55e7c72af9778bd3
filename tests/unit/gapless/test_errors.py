"""Every error has an exit code and says what was not done; the drawn tree is the tree."""

from __future__ import annotations

import re

import pytest

from gapless import errors
from gapless.errors import GaplessError, nearest


def every_error() -> list[type[GaplessError]]:
    """Return all error classes."""
    return [
        found
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, GaplessError)
    ]


def test_tree_in_the_docstring() -> None:
    """The drawn tree has every class, with its parent, exit code and whether to retry."""
    drawn: dict[str, str] = {}
    codes: dict[str, int] = {}
    retryable: set[str] = set()
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        entry = re.match(r"^([ │├└─]*)([A-Z][A-Za-z]+)(?: {2,}(\d)?(.*))?$", line[4:])
        if not line.startswith("    ") or entry is None:
            continue
        depth = len(entry[1]) // 4
        path[depth:] = [entry[2]]
        drawn[entry[2]] = path[depth - 1] if depth else "Exception"
        codes[entry[2]] = int(entry[3]) if entry[3] else codes[path[depth - 1]]
        if "(retryable)" in (entry[4] or ""):
            retryable.add(entry[2])
    found = every_error()
    assert drawn == {error.__name__: error.__mro__[1].__name__ for error in found}
    assert codes == {error.__name__: error.exit_code for error in found}
    assert retryable == {error.__name__ for error in found if error.retryable}


def test_parts_of_an_error() -> None:
    """What failed, what was not done and what to do next are read together and apart."""
    error = GaplessError("It broke.", untouched="Nothing was published.", advice="Try again.")
    assert str(error) == "It broke. Nothing was published. Try again."
    assert (error.what, error.untouched, error.advice) == (
        "It broke.",
        "Nothing was published.",
        "Try again.",
    )
    assert str(GaplessError("It broke.")) == "It broke."


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("coverge", ["coverage", "warn"], "Did you mean 'coverage'?"),
        ("xyz", ["coverage", "warn"], "Known: 'coverage', 'warn'."),
        ("xyz", [], "There is none to choose from."),
        ("q", [f"t{n:02}" for n in range(13)], "'t11', …."),
    ],
)
def test_nearest(name: str, known: list[str], said: str) -> None:
    """A wrong name is answered with the nearest right one, or with those there are."""
    assert nearest(name, known).endswith(said)
