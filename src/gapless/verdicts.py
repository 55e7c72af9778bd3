"""Verdicts: what a gate says of a measured partition; pure functions over measurements."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gapless.coverage import Coverage, percent
from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_REQUIRED,
    CHECK_SHRINK,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
    Gate,
)
from gapless.measure import CheckOutcome
from gapless.wording import plural

EPSILON = 1e-12


class Outcome(enum.StrEnum):
    """What one rule of a gate says."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class GateResult:
    """What one rule of a gate says of one partition."""

    check: str
    outcome: Outcome
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.check}: {self.found}, expected {self.expected}"

    def as_evidence(self) -> dict[str, Any]:
        """Return what the ledger keeps."""
        return {
            "check": self.check,
            "outcome": self.outcome.value,
            "expected": self.expected,
            "found": self.found,
        }


def judge(gate: Gate, coverage: Coverage, checks: Sequence[CheckOutcome]) -> list[GateResult]:
    """Apply every rule of a gate; a rule that examined nothing is unknown, never passed."""
    return [
        _coverage(gate, coverage),
        *_groups(gate, coverage),
        _none_of(CHECK_UNEXPECTED, coverage.unexpected, "key nobody expects"),
        _none_of(CHECK_UNIQUE, coverage.duplicates, "row with the key of another"),
        *_required(gate, coverage),
        _none_of(CHECK_SHRINK, coverage.lost, "published key gone"),
        *_rules(gate, coverage),
        *_checks(gate, coverage, checks),
    ]


def worst(results: Sequence[GateResult]) -> Outcome:
    """Return the most serious outcome: unknown, then fail, then warn, then pass."""
    found = {result.outcome for result in results}
    for outcome in (Outcome.UNKNOWN, Outcome.FAIL, Outcome.WARN):
        if outcome in found:
            return outcome
    return Outcome.PASS


def _coverage(gate: Gate, coverage: Coverage) -> GateResult:
    expected = f"at least {percent(gate.coverage)} of the expected keys"
    if gate.coverage >= 1:
        expected = "every expected key"
    ratio = coverage.ratio
    if ratio is None:
        found = "the expected set is empty although the calendar has something on this date"
        return GateResult(CHECK_COVERAGE, Outcome.UNKNOWN, expected, found)
    found = f"{coverage.present} of {coverage.expected} ({percent(ratio)})"
    if ratio < gate.coverage - EPSILON:
        return GateResult(CHECK_COVERAGE, Outcome.FAIL, expected, found)
    outcome = Outcome.WARN if ratio < gate.warn - EPSILON else Outcome.PASS
    return GateResult(CHECK_COVERAGE, outcome, expected, found)


def _groups(gate: Gate, coverage: Coverage) -> list[GateResult]:
    if gate.group_coverage is None or not coverage.expected:
        return []
    expected = f"at least {percent(gate.group_coverage)} of each group"
    if not coverage.groups_below:
        found = f"all {coverage.groups} groups covered"
        return [GateResult(CHECK_GROUP_COVERAGE, Outcome.PASS, expected, found)]
    found = f"{coverage.groups_below} of {coverage.groups} groups below"
    if coverage.worst_group is not None:
        group = coverage.worst_group
        found += f", worst {group.name} with {group.present} of {group.expected}"
    return [GateResult(CHECK_GROUP_COVERAGE, Outcome.FAIL, expected, found)]


def _none_of(check: str, count: int, what: str) -> GateResult:
    if not count:
        return GateResult(check, Outcome.PASS, "none", "none")
    return GateResult(check, Outcome.FAIL, "none", f"{count} × {what}")


def _required(gate: Gate, coverage: Coverage) -> list[GateResult]:
    if not gate.required:
        return []
    expected = f"no NULL in {', '.join(gate.required)}"
    if not coverage.unusable:
        return [GateResult(CHECK_REQUIRED, Outcome.PASS, expected, "none")]
    # Unusable rows already count as missing; here they are named, coverage decides.
    found = f"{coverage.unusable} rows not usable"
    return [GateResult(CHECK_REQUIRED, Outcome.WARN, expected, found)]


def _rules(gate: Gate, coverage: Coverage) -> list[GateResult]:
    results = []
    for rule in gate.rules:
        broken = coverage.violations.get(rule.name, 0)
        outcome = Outcome.FAIL if broken else Outcome.PASS
        found = f"broken by {plural(broken, 'row')}" if broken else "no row breaks it"
        results.append(GateResult(rule.name, outcome, rule.predicate, found))
    return results


def _checks(gate: Gate, coverage: Coverage, outcomes: Sequence[CheckOutcome]) -> list[GateResult]:
    by_name = {outcome.name: outcome for outcome in outcomes}
    results = []
    for check in gate.checks:
        outcome = by_name.get(check.name)
        if outcome is None or not outcome.examined:
            said = Outcome.UNKNOWN if check.blocking and coverage.expected else Outcome.WARN
            found = "it examined nothing"
        elif outcome.failed:
            said = Outcome.FAIL if check.blocking else Outcome.WARN
            found = f"{outcome.failed} of {outcome.examined} wrong, first {outcome.detail}"
        else:
            said, found = Outcome.PASS, f"all {outcome.examined} right"
        results.append(GateResult(check.name, said, "everything examined is right", found))
    return results
