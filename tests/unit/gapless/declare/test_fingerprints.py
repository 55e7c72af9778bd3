"""A definition's hash changes with what decides its rows, a gate's with what they are held against.

The one asks for new rows, the other for a new look at those that are there.
"""

from __future__ import annotations

from typing import Any

import pytest

from gapless.declare.expected import expected_by_path, expected_query, keys_of
from gapless.declare.fingerprints import definition_hash, gate_hash
from gapless.declare.gates import Gate, check, rule
from gapless.declare.inputs import (
    Input,
    by_path,
    fill_missing,
    first_sufficient,
    history,
    query,
    same_date,
)
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source, days_of_season
from gapless.declare.windows import last_days, season_to_date
from gapless.partitions import Path

SALES, HOURS = (Source(f"raw.{name}", ("shop_id",)) for name in ("sales", "hours"))
INPUTS: list[Input] = [
    same_date(SALES),
    same_date(HOURS),
    same_date(SALES, columns=()),
    same_date(SALES, columns=("region",)),
    same_date(SALES, columns=("region", "name")),
    history(SALES, season_to_date()),
    history(SALES, last_days(7)),
    history(SALES, last_days(8)),
    query("SELECT * FROM s", {"s": same_date(SALES)}),
    query("SELECT * FROM s", {"s": same_date(SALES, columns=("region",))}),
    query("SELECT * FROM t", {"t": same_date(SALES)}),
    query("SELECT * FROM s", {"s": history(SALES, last_days(7))}),
    first_sufficient(SALES, HOURS, at_least=0.9),
    first_sufficient(HOURS, SALES, at_least=0.9),
    first_sufficient(SALES, HOURS, at_least=0.8),
    first_sufficient(SALES, HOURS, at_least=0.9, fill_missing=True),
    first_sufficient(SALES, HOURS, at_least=0.9, match=("region",)),
    first_sufficient(SALES, HOURS, at_least=0.9, measured_on=keys_of(HOURS)),
    first_sufficient(SALES, HOURS, at_least=0.9, measured_on=keys_of(HOURS, carry=("region",))),
    fill_missing(SALES, HOURS),
]
SQL = "SELECT sold_on, shop_id, 'a - b' AS note\nFROM sales"


def table(sql: str = SQL, **changes: Any) -> Derived:
    """Return a table, changed as told."""
    parts: dict[str, Any] = {
        "name": "mart.totals",
        "key": ("shop_id",),
        "statement": Statement(sql, "inline"),
        "inputs": {"sales": same_date(SALES)},
        "expected": keys_of(HOURS),
    }
    return Derived(**{**parts, **changes})


def definition(sql: str = SQL, path: Path = Path.HISTORICAL, **changes: Any) -> str:
    """Return the hash of a definition, changed as told."""
    return definition_hash(table(sql, **changes), path)


class TestDefinition:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT sold_on, shop_id, 'a - c' AS note\nFROM sales",
            "SELECT sold_on, shop_id, 'A - B' AS note\nFROM sales",
            "SELECT sold_on, shop_id, 'a - b' AS note\nFROM sales WHERE TRUE",
        ],
    )
    def test_changed_statement(self, sql: str) -> None:
        """Another statement is another definition."""
        assert definition(sql) != definition()

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("SELECT replace(n, '--', 'x') FROM sales", "SELECT replace(n, '--', 'y') FROM sales"),
            ('SELECT 1 AS "a--b" FROM sales', 'SELECT 1 AS "a--c" FROM sales'),
            ("SELECT n = 'a  b' FROM sales", "SELECT n = 'a b' FROM sales"),
            ("SELECT n = '/* a */' FROM sales", "SELECT n = '/* b */' FROM sales"),
        ],
        ids=["dashes", "quoted name", "spaces", "block comment"],
    )
    def test_changed_inside_quotes(self, before: str, after: str) -> None:
        """Inside quotes nothing is a comment and every space counts."""
        assert definition(before) != definition(after)

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT sold_on, shop_id, 'a - b' AS note FROM sales",
            f"-- Totals by shop; don't ask\n{SQL}",
            "SELECT sold_on, -- the date\n\n\tshop_id, 'a - b' AS note\r\nFROM sales -- all",
            f"/* Totals by shop */ {SQL}",
        ],
        ids=["line breaks", "comment above", "comments and spacing", "block comment"],
    )
    def test_comments_and_spacing(self, sql: str) -> None:
        """Comments and spacing change no row, so they change no hash."""
        assert definition(sql) == definition()

    def test_changed_input(self) -> None:
        """Another table, window, statement, order, threshold or match is another definition."""
        hashes = [definition(inputs={"sales": given}) for given in INPUTS]
        assert len(set(hashes)) == len(INPUTS)

    def test_order_of_inputs(self) -> None:
        """The order in which inputs are written does not matter."""
        forth = {"a": same_date(SALES), "b": same_date(HOURS)}
        back = dict(reversed(forth.items()))
        assert definition(inputs=forth) == definition(inputs=back)

    def test_exchanged_inputs(self) -> None:
        """Which name reads which table does matter."""
        inputs = {"a": same_date(SALES), "b": same_date(HOURS)}
        exchanged = {"a": same_date(HOURS), "b": same_date(SALES)}
        assert definition(inputs=inputs) != definition(inputs=exchanged)

    @pytest.mark.parametrize(
        "expected",
        [
            keys_of(SALES),
            keys_of(HOURS, group="region"),
            keys_of(HOURS, exclude={"closed": "closed_for_good"}),
            keys_of(HOURS, exclude={"closed": "NOT open"}),
            expected_query("SELECT 1", {"h": same_date(HOURS)}),
            expected_query("SELECT 2", {"h": same_date(HOURS)}),
            expected_by_path(upcoming=keys_of(HOURS)),
        ],
        ids=str,
    )
    def test_changed_expected_set(self, expected: Any) -> None:
        """Another expected set is another definition."""
        assert definition(expected=expected) != definition()

    def test_changed_key(self) -> None:
        """Another key is another definition."""
        assert definition(key=("shop_id", "till")) != definition()

    def test_comments_of_an_expected_query(self) -> None:
        """Comments in the statement of an expected set change nothing either."""
        plain = expected_query("SELECT 1", {"h": same_date(HOURS)})
        explained = expected_query("SELECT 1 -- one", {"h": same_date(HOURS)})
        assert definition(expected=plain) == definition(expected=explained)

    @pytest.mark.parametrize(
        "changes",
        [
            {"gate": Gate(coverage=0.5, rules=(rule("sane", "TRUE"),))},
            {"warm_up": days_of_season(3)},
            {"label": "name"},
        ],
        ids=["gate", "warm-up", "label"],
    )
    def test_what_changes_no_row(self, changes: dict[str, Any]) -> None:
        """The gate, the warm-up and the label leave the rows of a partition as they are."""
        assert definition(**changes) == definition()

    def test_path_by_path(self) -> None:
        """A change on one path is none on the other."""
        before = {"sales": by_path(historical=same_date(SALES), upcoming=same_date(SALES))}
        after = {"sales": by_path(historical=same_date(SALES), upcoming=same_date(HOURS))}
        assert definition(inputs=before) == definition(inputs=after)
        upcoming = Path.UPCOMING
        assert definition(inputs=before, path=upcoming) != definition(inputs=after, path=upcoming)


SUMS = check("sums", "SELECT * FROM s", {"s": same_date(SALES)})

GATES = [
    Gate(),
    Gate(coverage=0.9),
    Gate(group_coverage=0.9),
    Gate(required=("amount",)),
    Gate(rules=(rule("sane", "amount > 0"),)),
    Gate(rules=(rule("sane", "amount > 1"),)),
    Gate(rules=(rule("right", "amount > 0"),)),
    Gate(checks=(SUMS,)),
    Gate(checks=(check("sums", "SELECT 2 FROM s", {"s": same_date(SALES)}),)),
    Gate(checks=(check("sums", "SELECT * FROM s", {"s": same_date(SALES)}, blocking=False),)),
]


class TestGate:
    def test_changed_gate(self) -> None:
        """Every rule that can refuse a partition is part of the hash."""
        assert len({gate_hash(gate) for gate in GATES}) == len(GATES)

    @pytest.mark.parametrize(
        "inputs",
        [{"s": same_date(HOURS)}, {"s": history(SALES, last_days(7))}],
        ids=["another table", "another window"],
    )
    def test_check_of_other_rows(self, inputs: dict[str, Any]) -> None:
        """A check that reads another table, or another window, is another check."""
        other = check("sums", "SELECT * FROM s", inputs)
        assert gate_hash(Gate(checks=(other,))) != gate_hash(Gate(checks=(SUMS,)))

    def test_comments_of_a_check(self) -> None:
        """Comments and spacing in a check change nothing."""
        explained = check("sums", "SELECT *\n-- all\nFROM s", {"s": same_date(SALES)})
        assert gate_hash(Gate(checks=(explained,))) == gate_hash(Gate(checks=(SUMS,)))

    def test_warning(self) -> None:
        """When a gate warns decides about no partition."""
        assert gate_hash(Gate(coverage=0.9, warn=0.95)) == gate_hash(Gate(coverage=0.9))

    def test_definition(self) -> None:
        """A change of the definition is no change of the gate: it is in the other hash."""
        assert gate_hash(table("SELECT 2").gate) == gate_hash(table().gate)
