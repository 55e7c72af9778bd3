"""A request is understood completely, or refused with a sentence before anything is opened."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.errors import UsageError
from gapless.function import BAD_REQUEST, answer, read_options

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("tables", "days", "dry_run", "max_rows")


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_nothing_said(body: bytes) -> None:
    """Without a body everything is cleaned as declared."""
    options = read_options(body)
    assert (options.tables, options.days, options.dry_run, options.max_rows) == (
        (),
        None,
        False,
        None,
    )
    assert options.command == "POST {}"


def test_everything_said() -> None:
    """Each option arrives, and the ledger will say what was asked."""
    asked = {"tables": ["mart.outlook"], "days": 9, "dry_run": True, "max_rows": 50}
    options = read_options(json.dumps(asked).encode())
    assert options.tables == ("mart.outlook",)
    assert (options.days, options.dry_run, options.max_rows) == (9, True, 50)
    assert json.loads(options.command.removeprefix("POST ")) == asked


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"dry_run", "The body is not JSON"),
        (b"\xff", "The body is not JSON"),
        (b"[" * 100_000, "The body is not JSON"),
        (b"[]", "The body is a list"),
        (b"null", "The body is a null"),
        (b"7", "The body is a number"),
        (b'{"dryrun": true}', "Did you mean 'dry_run'?"),
        (b'{"dry_run": "yes"}', 'dry_run = "yes" should be true or false'),
        (b'{"dry_run": 1}', "dry_run = 1 should be true or false"),
        (b'{"days": 0}', "days = 0 should be a whole number of 1 to 36,500"),
        (b'{"days": true}', "days = true should be a whole number"),
        (b'{"days": 7.5}', "days = 7.5 should be a whole number"),
        (b'{"days": NaN}', "days = NaN should be a whole number"),
        (b'{"max_rows": -1}', "max_rows = -1 should be a whole number"),
        (b'{"tables": "mart.outlook"}', 'tables = "mart.outlook" should be a list of names'),
        (b'{"tables": []}', "tables = [] should be a list of names"),
        (b'{"tables": [""]}', 'tables = [""] should be a list of names'),
    ],
)
def test_refused(body: bytes, complaint: str) -> None:
    """What is not understood is named, and nothing is removed."""
    given = answer("POST", body)
    assert given.status == BAD_REQUEST
    assert given.data["done"] is False
    [told] = given.data["undone"]
    assert complaint in told


def test_query() -> None:
    """`?dry_run=true` is not overlooked: it would have removed rows."""
    given = answer("POST", b"", "dry_run=true")
    assert given.status == BAD_REQUEST
    assert "'dry_run=true' stands behind the ?" in given.data["undone"][0]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_method(method: str) -> None:
    """Whoever opens the address in a browser removes nothing."""
    given = answer(method, b"{}")
    assert (given.status, given.headers["Allow"]) == (405, "POST")


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), json_values, max_size=4))
def test_understood_or_refused(asked: dict[str, Any]) -> None:
    """Whatever the JSON: options that say exactly what was asked, or a refusal."""
    try:
        options = read_options(json.dumps(asked).encode())
    except UsageError:
        return
    assert set(asked) <= set(NAMES)
    assert type(options.dry_run) is bool
    for name, value in asked.items():
        read = getattr(options, name)
        assert (list(read) if name == "tables" else read) == value
