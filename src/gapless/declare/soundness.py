"""What makes a declaration wrong, found when it is declared, with the nearest right name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from gapless.declare.expected import ExpectedByPath, ExpectedQuery, KeysOf, PlainExpected
from gapless.declare.gates import BUILT_IN_CHECKS, CHECK_MISSING, Check
from gapless.declare.inputs import Choice, Input, PlainInput, Query, SameDate, on_path, reads_of
from gapless.declare.retention import MOST_DAYS
from gapless.errors import DeclarationError, nearest
from gapless.partitions import Path

if TYPE_CHECKING:
    from gapless.declare.limitations import Limitation
    from gapless.declare.pipeline import Pipeline
    from gapless.declare.retention import Retention
    from gapless.declare.tables import Derived, Source, Table

RELATION_PARTITIONS = "partitions"
"""The dates to compute, bound into every statement."""
RELATION_CANDIDATE = "candidate"
"""The rows under examination, bound into every check."""
RESERVED_SCHEMAS = frozenset(
    {
        "gapless",
        "gapless_warehouse",
        "information_schema",
        "memory",
        "pg_catalog",
        "quarantine",
        "system",
        "temp",
    }
)

_NAME = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


def check_source(pipeline: Pipeline, source: Source) -> None:
    """Refuse a wrong source declaration.

    Raises:
        DeclarationError: with what is wrong and the nearest right name.
    """
    _check_name(pipeline, source)
    if source.settle < timedelta(0):
        raise DeclarationError(
            f"{source.name}: a date cannot be closed before it has ended; settle is "
            f"{source.settle}, which is negative."
        )
    if source.settle and source.trusted:
        raise DeclarationError(
            f"{source.name} is trusted, so its dates are read before they have come; settle "
            "would never be waited for. Declare it on the tables that are filled afterwards."
        )
    if source.columns:
        _check_columns(source, (*source.key, pipeline.partition), source.columns, "key")
    for check in source.checks:
        _check_relations(pipeline, f"{source.name}: check {check.name!r}", check.inputs, source)


def check_derived(pipeline: Pipeline, table: Derived) -> None:
    """Refuse a wrong declaration of a derived table.

    Raises:
        DeclarationError: with what is wrong and the nearest right name.
    """
    _check_name(pipeline, table)
    if not table.inputs:
        raise DeclarationError(f"{table.name} declares no inputs, so nothing can be computed.")
    _check_relations(pipeline, f"{table.name}: inputs", table.inputs, table)
    _check_expected(pipeline, table)
    for check in table.gate.checks:
        _check_relations(pipeline, f"{table.name}: check {check.name!r}", check.inputs, table)
    _check_rule_names(table)


def check_cross_checks(pipeline: Pipeline, table: Derived, checks: Sequence[Check]) -> None:
    """Refuse checks of published rows that read what is not declared, or share a name.

    Raises:
        DeclarationError: with what is wrong and the nearest right name.
    """
    names = {*BUILT_IN_CHECKS, *(rule.name for rule in table.gate.rules)}
    names |= {check.name for check in table.gate.checks}
    for check in checks:
        if check.name in names:
            raise DeclarationError(f"{table.name} has a check {check.name!r} already.")
        names.add(check.name)
        where = f"{table.name}: check {check.name!r}"
        _check_relations(pipeline, where, check.inputs, table)


def check_limitation(pipeline: Pipeline, limitation: Limitation) -> None:
    """Refuse a limitation of a check or table that does not exist.

    Raises:
        DeclarationError: with what is wrong and the nearest right name.
    """
    where = f"Limitation {limitation.name!r}"
    if any(limitation.name == known.name for known in pipeline.limitations):
        raise DeclarationError(f"{where} is declared twice in pipeline {pipeline.name!r}.")
    if not limitation.reason.strip():
        raise DeclarationError(f"{where} gives no reason; it would hide failures without one.")
    for name in (limitation.table.name, *limitation.consequences):
        if name not in pipeline.tables:
            raise DeclarationError(
                f"{where}: {name} is not declared in pipeline {pipeline.name!r}. "
                f"{nearest(name, pipeline.tables)}"
            )
    known = _checks_of(pipeline, pipeline.tables[limitation.table.name])
    if limitation.check not in known:
        raise DeclarationError(
            f"{where}: {limitation.table.name} has no check {limitation.check!r}. "
            f"{nearest(limitation.check, known)}"
        )
    if limitation.first and limitation.last and limitation.first > limitation.last:
        raise DeclarationError(
            f"{where} ends on {limitation.last}, before it begins on {limitation.first}."
        )


def check_retention(pipeline: Pipeline, retention: Retention) -> None:
    """Refuse to let rows go that somebody demands.

    Raises:
        DeclarationError: with who demands them.
    """
    name = retention.table.name
    if name in pipeline.retentions:
        raise DeclarationError(f"{name} has a retention already.")
    table = pipeline.derived_table(name)
    if not 1 <= retention.days <= MOST_DAYS:
        raise DeclarationError(
            f"{name}: rows live 1 to {MOST_DAYS:,} days after their date, not {retention.days}."
        )
    if Path.HISTORICAL not in table.on_request:
        raise DeclarationError(
            f"{name} is demanded for past dates, so its rows cannot go. Declare it with "
            "on_request=(Path.HISTORICAL,) if nothing needs them afterwards."
        )
    for reader in pipeline.derived_tables:
        for path in Path:
            for read in reader.reads_on(path):
                past = path is Path.HISTORICAL or read.window is not None
                if read.table.name == name and read.required and past:
                    raise DeclarationError(
                        f"{name} cannot have a retention: {reader.name} reads its past dates and "
                        "has no other source for them."
                    )
    for other in retention.replaced_by:
        known = pipeline.derived_table(other.name)
        if Path.HISTORICAL in known.on_request or known.expected_on(Path.HISTORICAL) is None:
            raise DeclarationError(
                f"{name} cannot be replaced by {known.name}, of which no past date is demanded: "
                "it would count as complete where it holds nothing."
            )


def _checks_of(pipeline: Pipeline, table: Table) -> set[str]:
    declared = table.gate.checks if hasattr(table, "gate") else getattr(table, "checks", ())
    cross_checks = pipeline.cross_checks.get(table.name, ())
    return {CHECK_MISSING, *(check.name for check in (*declared, *cross_checks))}


def check_relations_read(
    where: str, origin: str, read: Iterable[str], bound: Iterable[str]
) -> None:
    """Refuse a statement that reads a relation nobody bound.

    Args:
        where: The table, for the message.
        origin: The SQL file.
        read: Relations the statement reads, common table expressions left out.
        bound: Relations the engine binds.

    Raises:
        DeclarationError: names the relation and the nearest declared input.
    """
    known = set(bound)
    for relation in sorted(set(read) - known):
        raise DeclarationError(
            f"{where}: {origin} reads {relation!r}, which is not one of its declared inputs. "
            f"{nearest(relation, known)} Declare it in inputs=, so that its completeness is "
            "checked and its changes are noticed."
        )


def _check_name(pipeline: Pipeline, table: Table) -> None:
    if not _NAME.fullmatch(table.name):
        raise DeclarationError(
            f"{table.name!r} is not a table name; write schema.table in lower case, "
            "e.g. 'analytics.player_game_summary'."
        )
    if table.schema in RESERVED_SCHEMAS:
        raise DeclarationError(f"{table.name}: the schema {table.schema!r} is reserved.")
    if not table.key:
        raise DeclarationError(f"{table.name} declares no key, so its rows cannot be told apart.")
    if pipeline.partition in table.key:
        raise DeclarationError(
            f"{table.name}: the key names entities within a partition; "
            f"leave the partition column {pipeline.partition!r} out of it."
        )


def _check_columns(
    table: Table, wanted: Iterable[str], known: Mapping[str, str], role: str
) -> None:
    for column in wanted:
        if column not in known:
            raise DeclarationError(
                f"{table.name}: the {role} column {column!r} is not among its declared columns. "
                f"{nearest(column, known)}"
            )


def _check_relations(
    pipeline: Pipeline, where: str, inputs: Mapping[str, Input], owner: Table
) -> None:
    for alias, given in inputs.items():
        if not _IDENTIFIER.fullmatch(alias):
            raise DeclarationError(f"{where}: {alias!r} cannot be a relation's name in SQL.")
        if alias in {RELATION_PARTITIONS, RELATION_CANDIDATE}:
            raise DeclarationError(f"{where}: {alias!r} is bound by the engine; choose another.")
        for path in Path:
            plain = on_path(given, path)
            _check_tables(pipeline, where, (read.table for read in reads_of(plain)), owner)
            _check_projection(where, alias, plain)
            if isinstance(plain, Choice):
                _check_choice(where, alias, plain, owner)
                if plain.measured_on is not None:
                    measured = f"{where}: {alias!r} is measured on"
                    _check_keys(pipeline, measured, plain.measured_on, owner)
                if hasattr(owner, "expected_on"):
                    _check_match(where, plain, plain.keys_to_cover(owner.expected_on(path)))


def _check_tables(pipeline: Pipeline, where: str, tables: Iterable[Table], owner: Table) -> None:
    for table in tables:
        if table.name != owner.name and table.name not in pipeline.tables:
            raise DeclarationError(
                f"{where}: {table.name} is not declared in pipeline {pipeline.name!r} "
                f"(declare it before its readers). {nearest(table.name, pipeline.tables)}"
            )


def _check_projection(where: str, alias: str, given: PlainInput) -> None:
    """Refuse a projection on columns that the table is known not to have."""
    match given:
        case Query(inputs=inputs):
            for name, inner in inputs.items():
                _check_projection(where, name, inner)
        case SameDate(table, columns):
            declared = getattr(table, "columns", None)
            for column in columns or ():
                if declared and column not in declared:
                    raise DeclarationError(
                        f"{where}: {alias!r} is to offer the column {column!r} of {table.name}, "
                        f"which declares no such column. {nearest(column, declared)}"
                    )


def _check_choice(where: str, alias: str, choice: Choice, owner: Table) -> None:
    for source in choice.sources:
        if source.key != owner.key:
            raise DeclarationError(
                f"{where}: {alias!r} chooses among sources by the key of {owner.name} "
                f"({', '.join(owner.key)}), but the key of {source.name} is "
                f"({', '.join(source.key)})."
            )


def _check_match(where: str, choice: Choice, expected: PlainExpected | None) -> None:
    if expected is None:
        return
    key = expected.reference.key if isinstance(expected, KeysOf) else ()
    known = {*key, *expected.carry, expected.group or "", expected.label or ""} - {""}
    covered = "the expected set" if choice.measured_on is None else "the set they are measured on"
    for column in choice.match:
        if column not in known:
            raise DeclarationError(
                f"{where}: sources are to agree in {column!r}, which {covered} does not "
                f"have. {nearest(column, known)} Add it with carry=({column!r},)."
            )


def _check_keys(pipeline: Pipeline, where: str, given: PlainExpected, owner: Table) -> None:
    if isinstance(given, ExpectedQuery):
        _check_relations(pipeline, where, given.inputs, owner)
        return
    _check_tables(pipeline, where, [given.reference], owner)
    if not set(owner.key) <= {*given.reference.key, *given.carry}:
        raise DeclarationError(
            f"{where}: the key of {owner.name} ({', '.join(owner.key)}) cannot be had from the "
            f"keys of {given.reference.name} ({', '.join(given.reference.key)})."
        )


def _check_expected(pipeline: Pipeline, table: Derived) -> None:
    expected = table.expected
    plain = (
        [expected.historical, expected.upcoming]
        if isinstance(expected, ExpectedByPath)
        else [expected]
    )
    if all(given is None for given in plain):
        raise DeclarationError(f"{table.name} expects nothing on any path; declare expected=.")
    for given in plain:
        if given is not None:
            _check_keys(pipeline, f"{table.name}: expected", given, table)
        if given is not None and table.gate.group_coverage is not None and given.group is None:
            raise DeclarationError(
                f"{table.name}: the gate has group_coverage, but its expected set names no group; "
                "add group='...' to it."
            )


def _check_rule_names(table: Derived) -> None:
    names = [rule.name for rule in table.gate.rules] + [check.name for check in table.gate.checks]
    for name in names:
        if name in BUILT_IN_CHECKS:
            raise DeclarationError(
                f"{table.name}: every gate has a check {name!r}; call yours something else."
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(f"{table.name}: two rules of its gate are called {twice[0]!r}.")
