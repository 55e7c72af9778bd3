"""Hashes of declarations: what must be recomputed, or measured again, when it changes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from gapless.declare.expected import ExpectedQuery, KeysOf, PlainExpected
from gapless.declare.gates import Check, Gate
from gapless.declare.inputs import Choice, History, PlainInput, Query, SameDate
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived
from gapless.partitions import Path


def definition_hash(table: Derived, path: Path) -> str:
    """Hash what decides the rows of a partition: statement, inputs, key and expected set."""
    inputs = sorted(f"{alias}={_input(given)}" for alias, given in table.inputs_on(path).items())
    expected = table.expected_on(path)
    return _digest(
        _normal(table.statement),
        *inputs,
        *table.key,
        _expected(expected) if expected is not None else "nothing",
    )


def definition_parts(table: Derived, path: Path) -> dict[str, str]:
    """Hash the parts of a definition one by one, to be able to say later which has changed."""
    expected = table.expected_on(path)
    inputs = sorted(f"{alias}={_input(given)}" for alias, given in table.inputs_on(path).items())
    return {
        "statement": _digest(_normal(table.statement)),
        "inputs": _digest(*inputs),
        "key": _digest(*table.key),
        "expected set": _digest(_expected(expected) if expected is not None else "nothing"),
    }


def gate_hash(gate: Gate) -> str:
    """Hash what a partition is measured against; a change asks for a new look, not for new rows."""
    return _digest(
        repr((gate.coverage, gate.group_coverage, gate.required)),
        *(f"{rule.name}:{rule.predicate}" for rule in gate.rules),
        *_checks(gate.checks),
    )


def checks_hash(checks: Sequence[Check]) -> str:
    """Hash some checks: their statements and what they read."""
    return _digest(*_checks(checks))


def _input(given: PlainInput) -> str:
    match given:
        case SameDate(table, columns):
            # Without columns as it was before there were any: nothing published becomes stale.
            return f"same date {table.name}" + ("" if columns is None else f" {columns}")
        case History(table, window):
            return f"history {table.name} {window}"
        case Choice(sources, at_least, fill_missing, match, measured_on):
            names = ", ".join(source.name for source in sources)
            measured = "" if measured_on is None else f" on {_expected(measured_on)}"
            return f"choice {names} {at_least} {fill_missing} {match}{measured}"
        case Query(statement, inputs):
            inner = sorted(f"{alias}={_input(read)}" for alias, read in inputs.items())
            return f"query {_normal(statement)} {inner}"


def _expected(expected: PlainExpected) -> str:
    match expected:
        case KeysOf(reference, group, label, carry, exclude):
            return f"keys of {reference.name} {group} {label} {carry} {sorted(exclude.items())}"
        case ExpectedQuery(statement, inputs, group, label, carry):
            inner = sorted(f"{alias}={_input(read)}" for alias, read in inputs.items())
            return f"query {_normal(statement)} {inner} {group} {label} {carry}"


_LITERAL_OR_NOISE = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:--[^\n]*|/\*.*?\*/|\s)+""", re.DOTALL
)


def _normal(statement: Statement | str) -> str:
    """Leave out comments and spacing, which change no row; texts and quoted names stay."""
    text = statement.text if isinstance(statement, Statement) else statement
    return _LITERAL_OR_NOISE.sub(lambda found: found[1] or " ", text).strip()


def _checks(checks: Sequence[Check]) -> list[str]:
    return [
        f"{check.name}:{_normal(check.statement)}:{check.blocking}:"
        f"{sorted(f'{alias}={_input(read)}' for alias, read in check.inputs.items())}"
        for check in checks
    ]


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x00")
    return digest.hexdigest()
