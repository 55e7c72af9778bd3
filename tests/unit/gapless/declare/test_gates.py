"""Gates refuse shares that make no sense; rules are predicates that a NULL passes or breaks."""

from __future__ import annotations

import math

import duckdb
import pytest

from gapless.declare.fingerprints import gate_hash
from gapless.declare.gates import Gate, Rule, at_least, between, check, one_of, rule
from gapless.errors import DeclarationError


@pytest.mark.parametrize("share", [0, -0.1, 1.01, 90, math.nan])
@pytest.mark.parametrize("name", ["coverage", "warn", "group_coverage"])
def test_share_out_of_range(name: str, share: float) -> None:
    """Each threshold is a share above 0 and up to 1; the refusal names it and its value."""
    with pytest.raises(DeclarationError) as caught:
        Gate(**{name: share})  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"Gate({name}={share!r}): a share of the expected keys above 0 and up to 1."
    )


def test_warning_below_refusal() -> None:
    """A gate that refuses before it warns is refused itself."""
    with pytest.raises(DeclarationError, match=r"warn=0\.8\) is below coverage=0\.9"):
        Gate(coverage=0.9, warn=0.8)


def test_default_gate() -> None:
    """Unless told otherwise everything is expected, and there are no groups."""
    assert (Gate().coverage, Gate().warn, Gate().group_coverage) == (1.0, 1.0, None)


def holds(given: Rule, value: str) -> bool:
    """Tell whether DuckDB finds a rule true of one value of the column `it`."""
    found = duckdb.execute(f'SELECT ({given.predicate}) IS TRUE FROM (SELECT {value} AS "it")')
    return bool(found.fetchall()[0][0])


@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        (between("it", 0, 100), ["0", "100", "50.5", "NULL"], ["-0.001", "100.001"]),
        (at_least("it", 0), ["0", "7", "NULL"], ["-1"]),
        (at_least("it", 1e-07), ["1", "1e-7"], ["0"]),
        (one_of("it", ["PG", "it's"]), ["'PG'", "'it''s'", "NULL"], ["'pg'", "''"]),
        (rule("positive", '"it" > 0'), ["1"], ["0"]),
    ],
    ids=lambda given: given.name if isinstance(given, Rule) else "",
)
def test_rules_on_the_engine(given: Rule, right: list[str], wrong: list[str]) -> None:
    """Each rule holds of the values it should, NULL is left to `required`, and of no others."""
    assert [value for value in right if not holds(given, value)] == []
    assert [value for value in wrong if holds(given, value)] == []


@pytest.mark.parametrize(
    ("given", "ways"),
    [
        (between("it", 0, 100), 2),
        (between("it", -5, -1.5), 2),
        (at_least("it", 1e-07), 1),
        (at_least("it", 1e300), 1),
        (one_of("it", ["PG", "it's"]), 1),
    ],
    ids=lambda given: given.name if isinstance(given, Rule) else "",
)
def test_rules_know_what_breaks_them(given: Rule, ways: int) -> None:
    """On each side, whatever the bounds; and it makes no other rule of them."""
    values = [value for way in given.spoiled_by for value in way.values()]
    assert len(values) == ways
    assert [value for value in values if holds(given, value)] == []
    assert given == Rule(given.name, given.predicate)


def test_what_breaks_a_guard_is_no_part_of_the_gate() -> None:
    """Nothing that is published has to be measured again because somebody named it."""
    text = "SELECT 1 AS day"
    plain = Gate(rules=(rule("r", "a > 0"),), checks=(check("c", text),))
    told = Gate(
        rules=(rule("r", "a > 0", spoiled_by={"a": "0"}),),
        checks=(check("c", text, spoiled_by={"a": "0"}),),
    )
    assert gate_hash(told) == gate_hash(plain)


def test_own_predicate_and_null() -> None:
    """In a predicate of one's own NULL counts as a violation, for it is not true."""
    assert not holds(rule("positive", '"it" > 0'), "NULL::INTEGER")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (between("minutes", 0, 60), "minutes_between_0_and_60"),
        (at_least("minutes", 0), "minutes_at_least_0"),
        (one_of("position", ["G"]), "position_is_known"),
    ],
)
def test_names_of_rules(given: Rule, name: str) -> None:
    """A rule is called by column and bounds, so that a report can be read without the code."""
    assert given.name == name


def test_checks_block_unless_told_otherwise() -> None:
    """A check stops a partition, unless it is declared as a fact."""
    assert check("c", "SELECT 1").blocking
    assert not check("c", "SELECT 1", blocking=False).blocking
