"""A gate judges a measured partition rule by rule; what examined nothing is not a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.coverage import Coverage, WorstGroup
from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_REQUIRED,
    CHECK_SHRINK,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
    Gate,
    check,
    rule,
)
from gapless.measure import CheckOutcome
from gapless.verdicts import GateResult, Outcome, judge, worst

COMPLETE = Coverage(date(2023, 2, 23), expected=10, present=10, rows=10, groups=2)
SUMS = check("sums", "SELECT 1")
FACTS = check("facts", "SELECT 1", blocking=False)


def results(gate: Gate, coverage: Coverage, *checks: CheckOutcome) -> dict[str, GateResult]:
    """Judge a partition and return what each rule says."""
    judged = judge(gate, coverage, checks)
    by_name = {result.check: result for result in judged}
    assert len(by_name) == len(judged)
    return by_name


def said(gate: Gate, coverage: Coverage, name: str, *checks: CheckOutcome) -> Outcome:
    """Return what one rule says."""
    return results(gate, coverage, *checks)[name].outcome


class TestCoverage:
    def test_complete(self) -> None:
        """All of the expected keys pass."""
        assert said(Gate(), COMPLETE, CHECK_COVERAGE) is Outcome.PASS

    def test_exactly_at_the_threshold(self) -> None:
        """9 of 10 pass a gate of 0.90."""
        found = replace(COMPLETE, present=9)
        assert said(Gate(coverage=0.90, warn=0.90), found, CHECK_COVERAGE) is Outcome.PASS

    def test_one_below_the_threshold(self) -> None:
        """8 of 10 fail a gate of 0.90, and the result has the numbers."""
        result = results(Gate(coverage=0.90), replace(COMPLETE, present=8))[CHECK_COVERAGE]
        assert result.outcome is Outcome.FAIL
        assert str(result) == (
            "coverage: 8 of 10 (80 %), expected at least 90 % of the expected keys"
        )

    @given(st.integers(1, 100), st.integers(1, 500), st.integers(0, 500))
    def test_whole_percents(self, hundredths: int, expected: int, present: int) -> None:
        """A gate of whole percents decides as whole numbers would."""
        present = min(present, expected)
        found = replace(COMPLETE, expected=expected, present=present)
        passed = said(Gate(coverage=hundredths / 100), found, CHECK_COVERAGE) is not Outcome.FAIL
        assert passed == (present * 100 >= hundredths * expected)

    def test_warning(self) -> None:
        """Between refusal and warning a partition passes with a warning; at the latter, without."""
        gate = Gate(coverage=0.8, warn=0.9)
        assert said(gate, replace(COMPLETE, present=8), CHECK_COVERAGE) is Outcome.WARN
        assert said(gate, replace(COMPLETE, present=9), CHECK_COVERAGE) is Outcome.PASS

    def test_nothing_expected(self) -> None:
        """An empty expected set is unknown: somebody should have been there."""
        found = replace(COMPLETE, expected=0, present=0, rows=0)
        assert said(Gate(), found, CHECK_COVERAGE) is Outcome.UNKNOWN

    def test_nothing_expected_but_rows(self) -> None:
        """Rows do not make up for an empty expected set."""
        found = replace(COMPLETE, expected=0, present=0, rows=200, unexpected=200)
        assert said(Gate(), found, CHECK_COVERAGE) is Outcome.UNKNOWN


class TestGroups:
    GATE = Gate(coverage=0.5, group_coverage=0.8)

    def test_all_covered(self) -> None:
        """Without a group below the threshold they pass."""
        assert said(self.GATE, COMPLETE, CHECK_GROUP_COVERAGE) is Outcome.PASS

    def test_one_below(self) -> None:
        """One whole game missing fails, however high the coverage of the night."""
        found = replace(
            COMPLETE,
            expected=120,
            present=110,
            groups=12,
            groups_below=1,
            worst_group=WorstGroup("0022200123", 10, 0),
        )
        result = results(self.GATE, found)[CHECK_GROUP_COVERAGE]
        assert result.outcome is Outcome.FAIL
        assert result.found == "1 of 12 groups below, worst 0022200123 with 0 of 10"

    def test_below_without_a_name(self) -> None:
        """Groups below the threshold fail, also when none of them can be named."""
        found = replace(COMPLETE, groups=1, groups_below=1, worst_group=None)
        assert said(self.GATE, found, CHECK_GROUP_COVERAGE) is Outcome.FAIL

    def test_not_gated(self) -> None:
        """Without a threshold for groups nothing is said of them."""
        assert CHECK_GROUP_COVERAGE not in results(Gate(), COMPLETE)


class TestSets:
    @pytest.mark.parametrize(
        ("name", "changes", "found"),
        [
            (CHECK_UNEXPECTED, {"unexpected": 1}, "1 × key nobody expects"),
            (CHECK_UNIQUE, {"duplicates": 2}, "2 × row with the key of another"),
            (CHECK_SHRINK, {"lost": 3}, "3 × published key gone"),
        ],
    )
    def test_none_allowed(self, name: str, changes: dict[str, int], found: str) -> None:
        """One unexpected, repeated or lost key fails, whatever the coverage."""
        assert said(Gate(coverage=0.5), COMPLETE, name) is Outcome.PASS
        result = results(Gate(coverage=0.5), replace(COMPLETE, **changes))[name]  # type: ignore[arg-type]
        assert (result.outcome, result.expected, result.found) == (Outcome.FAIL, "none", found)


class TestRequired:
    GATE = Gate(coverage=0.9, required=("amount", "origin"))

    def test_all_filled(self) -> None:
        """Rows with every required column pass."""
        result = results(self.GATE, COMPLETE)[CHECK_REQUIRED]
        assert result.outcome is Outcome.PASS
        assert result.expected == "no NULL in amount, origin"

    def test_unusable_rows_are_named(self) -> None:
        """Rows that lack a required column are named; they count as missing, coverage decides."""
        found = replace(COMPLETE, present=9, unusable=1)
        assert said(self.GATE, found, CHECK_REQUIRED) is Outcome.WARN
        assert said(self.GATE, found, CHECK_COVERAGE) is not Outcome.FAIL
        assert said(self.GATE, replace(found, present=8), CHECK_COVERAGE) is Outcome.FAIL

    def test_nothing_required(self) -> None:
        """Without required columns nothing is said of them."""
        assert CHECK_REQUIRED not in results(Gate(), COMPLETE)


class TestRules:
    GATE = Gate(rules=(rule("sane", "amount > 0"), rule("known", "origin = 'till'")))

    def test_kept(self) -> None:
        """A rule that no row breaks passes."""
        assert said(self.GATE, COMPLETE, "sane") is Outcome.PASS

    def test_broken(self) -> None:
        """One row that breaks a rule fails it, and only it."""
        found = results(self.GATE, replace(COMPLETE, violations={"sane": 1}))
        assert found["sane"].outcome is Outcome.FAIL
        assert (found["sane"].expected, found["sane"].found) == ("amount > 0", "broken by 1 row")
        assert found["known"].outcome is Outcome.PASS


class TestChecks:
    def test_all_right(self) -> None:
        """A check that found everything right passes."""
        outcome = CheckOutcome("sums", blocking=True, examined=5, failed=0, detail=None)
        assert said(Gate(checks=(SUMS,)), COMPLETE, "sums", outcome) is Outcome.PASS

    def test_something_wrong(self) -> None:
        """A check that found something wrong fails, and names the first of it."""
        outcome = CheckOutcome("sums", blocking=True, examined=5, failed=2, detail="LAL: 3 short")
        result = results(Gate(checks=(SUMS,)), COMPLETE, outcome)["sums"]
        assert result.outcome is Outcome.FAIL
        assert result.found == "2 of 5 wrong, first LAL: 3 short"

    def test_examined_nothing(self) -> None:
        """A check that says nothing of a partition in which rows are expected is unknown."""
        assert said(Gate(checks=(SUMS,)), COMPLETE, "sums") is Outcome.UNKNOWN

    def test_examined_no_row(self) -> None:
        """A check that looked at nothing is unknown, though nothing failed."""
        outcome = CheckOutcome("sums", blocking=True, examined=0, failed=0, detail=None)
        assert said(Gate(checks=(SUMS,)), COMPLETE, "sums", outcome) is Outcome.UNKNOWN

    def test_facts_never_stop(self) -> None:
        """A check that blocks nothing warns, whether it found something wrong or nothing at all."""
        wrong = CheckOutcome("facts", blocking=False, examined=5, failed=5, detail="x")
        assert said(Gate(checks=(FACTS,)), COMPLETE, "facts", wrong) is Outcome.WARN
        assert said(Gate(checks=(FACTS,)), COMPLETE, "facts") is Outcome.WARN

    def test_other_outcomes_do_not_count(self) -> None:
        """The outcome of one check says nothing of another."""
        other = CheckOutcome("other", blocking=True, examined=5, failed=0, detail=None)
        assert said(Gate(checks=(SUMS,)), COMPLETE, "sums", other) is Outcome.UNKNOWN


def result(outcome: Outcome) -> GateResult:
    """Return a result with a given outcome."""
    return GateResult("c", outcome, "", "")


@given(st.lists(st.sampled_from(list(Outcome))))
def test_worst(outcomes: list[Outcome]) -> None:
    """Unknown beats fail, fail beats warn, warn beats pass, in whatever order they come."""
    order = [Outcome.UNKNOWN, Outcome.FAIL, Outcome.WARN, Outcome.PASS]
    expected = min(outcomes, key=order.index, default=Outcome.PASS)
    assert worst([result(outcome) for outcome in outcomes]) is expected


def test_evidence() -> None:
    """What the ledger keeps of a result is plain text."""
    kept = result(Outcome.FAIL).as_evidence()
    assert kept == {"check": "c", "outcome": "fail", "expected": "", "found": ""}
