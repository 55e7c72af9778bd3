"""Relations: every statement of a pipeline with the names it may read; others are refused.

An undeclared table in a statement would be read although nobody checked that it is complete, and
its changes would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gapless.declare.expected import ExpectedByPath, ExpectedQuery
from gapless.declare.gates import Check
from gapless.declare.inputs import ByPath, Choice, Input, Query
from gapless.declare.pipeline import Pipeline
from gapless.declare.soundness import RELATION_CANDIDATE, RELATION_PARTITIONS, check_relations_read
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source
from gapless.errors import DeclarationError, QueryFailed


@dataclass(frozen=True)
class StatementUse:
    """One statement where it is used."""

    where: str
    """Table, and check where it is one."""
    statement: Statement
    bound: frozenset[str]
    """Relations the engine binds for it."""


def check_statements(pipeline: Pipeline, relations_read: Callable[[str], set[str]]) -> None:
    """Refuse a pipeline with a statement that cannot be read or reads what is not declared.

    Args:
        pipeline: The declarations.
        relations_read: Parses a SELECT and returns the relations it reads.

    Raises:
        DeclarationError: names table, file and relation, with the nearest declared input.
    """
    parsed: dict[str, set[str]] = {}
    for use in statements_of(pipeline):
        text = use.statement.text
        if text not in parsed:
            try:
                parsed[text] = relations_read(text)
            except QueryFailed as error:
                raise DeclarationError(
                    f"{use.where}: {use.statement.origin} cannot be read: {error.what}"
                ) from error
        check_relations_read(use.where, use.statement.origin, parsed[text], use.bound)


def statements_of(pipeline: Pipeline) -> Iterator[StatementUse]:
    """List every statement a pipeline declares."""
    for table in pipeline.tables.values():
        if isinstance(table, Source):
            for check in table.checks:
                yield _of_check(table.name, check)
        if isinstance(table, Derived):
            yield from _of_derived(table)
        for check in pipeline.cross_checks.get(table.name, ()):
            yield _of_check(table.name, check)


def _of_derived(table: Derived) -> Iterator[StatementUse]:
    yield _use(table.name, table.statement, table.inputs)
    for given in table.inputs.values():
        yield from _of_input(table.name, given)
    expected = table.expected
    plain = (
        (expected.historical, expected.upcoming)
        if isinstance(expected, ExpectedByPath)
        else (expected,)
    )
    for keys in plain:
        if isinstance(keys, ExpectedQuery):
            yield _use(f"{table.name}: expected", keys.statement, keys.inputs)
    for check in table.gate.checks:
        yield _of_check(table.name, check)


def _of_input(where: str, given: Input) -> Iterator[StatementUse]:
    match given:
        case ByPath(historical, upcoming):
            yield from _of_input(where, historical)
            yield from _of_input(where, upcoming)
        case Query(statement, inputs):
            yield _use(where, statement, inputs)
        case Choice(measured_on=ExpectedQuery(statement=statement, inputs=inputs)):
            yield _use(f"{where}: measured_on", statement, inputs)


def _of_check(table: str, check: Check) -> StatementUse:
    where = f"{table}: check {check.name!r}"
    return _use(where, check.statement, {**check.inputs, RELATION_CANDIDATE: None})


def _use(where: str, statement: Statement | str, inputs: Mapping[str, object]) -> StatementUse:
    read = statement if isinstance(statement, Statement) else Statement(statement, "inline")
    return StatementUse(where, read, frozenset({*inputs, RELATION_PARTITIONS}))
