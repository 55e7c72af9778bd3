"""Resolving: `.sql` files that a declaration names are read when it is made; typos fail at once."""

from __future__ import annotations

import dataclasses
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

from gapless.declare.expected import Expected, ExpectedByPath, ExpectedQuery, PlainExpected
from gapless.declare.gates import Check, Gate
from gapless.declare.inputs import ByPath, Choice, Input, PlainInput, Query
from gapless.declare.statements import Statement, read_statement

Folder = Traversable | FilePath | None


def resolved_input(given: Input, folder: Folder) -> Input:
    """Return an input with its statements read."""
    match given:
        case Query(statement=str() as sql):
            return dataclasses.replace(given, statement=read_statement(sql, folder))
        case Choice(measured_on=ExpectedQuery()):
            keys = _resolved_keys(given.measured_on, folder)
            return dataclasses.replace(given, measured_on=keys)
        case ByPath(historical, upcoming):
            return ByPath(_resolved_plain(historical, folder), _resolved_plain(upcoming, folder))
    return given


def _resolved_plain(given: PlainInput, folder: Folder) -> PlainInput:
    resolved = resolved_input(given, folder)
    assert not isinstance(resolved, ByPath)  # noqa: S101 - narrows the type; nesting is untypable
    return resolved


def resolved_expected(given: Expected, folder: Folder) -> Expected:
    """Return an expected set with its statements read."""
    if isinstance(given, ExpectedByPath):
        return ExpectedByPath(
            historical=_resolved_keys(given.historical, folder),
            upcoming=_resolved_keys(given.upcoming, folder),
        )
    resolved = _resolved_keys(given, folder)
    assert resolved is not None  # noqa: S101 - only None comes back as None
    return resolved


def _resolved_keys(given: PlainExpected | None, folder: Folder) -> PlainExpected | None:
    if isinstance(given, ExpectedQuery) and isinstance(given.statement, str):
        return dataclasses.replace(given, statement=read_statement(given.statement, folder))
    return given


def resolved_gate(gate: Gate, folder: Folder) -> Gate:
    """Return a gate with the statements of its checks read."""
    return dataclasses.replace(
        gate, checks=tuple(resolved_check(given, folder) for given in gate.checks)
    )


def resolved_check(given: Check, folder: Folder) -> Check:
    """Return a check with its statement read."""
    if isinstance(given.statement, Statement):
        return given
    return dataclasses.replace(given, statement=read_statement(given.statement, folder))
