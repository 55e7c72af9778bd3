"""Binding: the relations a statement names, as common table expressions around its text.

::

    WITH partitions AS (…), schedule AS (…), box_scores AS (…)
    SELECT * FROM (
    <the user's SELECT, unchanged>
    )

Every relation is cut to the dates it may concern, so that scans stay as small as the chunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gapless.declare.calendar import DateFacts
from gapless.declare.expected import ExpectedQuery, KeysOf, PlainExpected
from gapless.declare.inputs import Choice, History, PlainInput, Query, SameDate
from gapless.declare.soundness import RELATION_CANDIDATE, RELATION_PARTITIONS
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source, Table
from gapless.partitions import Path
from gapless.sql.literals import (
    columns,
    date_list,
    identifier,
    literal,
    relation,
    rows_relation,
    same,
)

COLUMN_EXCLUDED = "excluded"
COLUMN_SOURCE = "gapless_source"
"""Column of a chosen input that names the table each row came from."""


@dataclass(frozen=True)
class Scope:
    """The dates one statement computes, and the name of the partition column."""

    partition: str
    dates: tuple[DateFacts, ...]
    """Oldest first, at least one."""
    place: str | None = None
    """Relation that holds exactly these dates already, where one was staged."""
    absent: frozenset[str] = frozenset()
    """Names of tables that do not exist yet; whoever reads one reads no rows."""

    @property
    def first(self) -> date:
        """Oldest date."""
        return self.dates[0].day

    @property
    def last(self) -> date:
        """Newest date."""
        return self.dates[-1].day

    def within(self, days: Sequence[date]) -> Scope:
        """Return the scope cut to some of its dates."""
        wanted = set(days)
        kept = tuple(facts for facts in self.dates if facts.day in wanted)
        return self if len(kept) == len(self.dates) else replace(self, dates=kept, place=None)


@dataclass(frozen=True)
class ChosenSource:
    """What a source choice came to: for each date the place of the chosen source."""

    by_date: Mapping[date, int]
    columns: tuple[str, ...]
    """Columns that every source offers."""
    present: tuple[int, ...]
    """Places of the sources whose tables exist."""
    expected: str
    """Relation with the keys to feed, those that the choice was measured on."""


@dataclass(frozen=True)
class Bindings:
    """Everything needed to bind a statement besides the declarations."""

    scope: Scope
    choices: Mapping[str, ChosenSource] = field(default_factory=dict)
    key: tuple[str, ...] = ()


def partitions_relation(scope: Scope) -> str:
    """SELECT of the dates to compute with their place in the season."""
    if scope.place is not None:
        return f"SELECT * FROM {relation(scope.place)}"
    types = {
        scope.partition: "DATE",
        "season": "VARCHAR",
        "season_start": "DATE",
        "day_of_season": "INTEGER",
    }
    rows = [
        (facts.day, facts.season, facts.season_start, facts.day_of_season) for facts in scope.dates
    ]
    return rows_relation(types, rows)


def on_dates(scope: Scope, alias: str = "") -> str:
    """Predicate that keeps the rows of the scope's dates; a range first, so scans are pruned."""
    column = f"{alias}.{identifier(scope.partition)}" if alias else identifier(scope.partition)
    if scope.first == scope.last:
        return f"{column} = {literal(scope.first)}"
    return (
        f"{column} BETWEEN {literal(scope.first)} AND {literal(scope.last)} AND {column} IN "
        f"(SELECT {identifier(scope.partition)} FROM {RELATION_PARTITIONS})"
    )


def compose(
    statement: Statement | str,
    inputs: Mapping[str, PlainInput],
    bindings: Bindings,
    *,
    candidate: str | None = None,
) -> str:
    """Wrap a SELECT into the relations it reads.

    Args:
        statement: The declared SELECT.
        inputs: Relation name → what it reads, already for one path.
        bindings: Dates and chosen sources.
        candidate: For checks, the relation with the rows under examination.
    """
    text = statement.text if isinstance(statement, Statement) else statement
    relations = {RELATION_PARTITIONS: partitions_relation(bindings.scope)}
    if candidate is not None:
        rows = f"SELECT * FROM {relation(candidate)} WHERE {on_dates(bindings.scope)}"
        relations[RELATION_CANDIDATE] = rows
    for alias, given in inputs.items():
        relations[alias] = bind(alias, given, bindings)
    return f"{with_clause(relations)}\nSELECT * FROM (\n{text}\n)"


def with_clause(relations: Mapping[str, str]) -> str:
    """Write relations as a WITH clause."""
    parts = ",\n".join(f"{identifier(name)} AS ({text})" for name, text in relations.items())
    return f"WITH {parts}"


def bind(alias: str, given: PlainInput, bindings: Bindings) -> str:
    """SELECT of the rows an input offers to the dates of the scope."""
    scope = bindings.scope
    match given:
        case SameDate(table, offered):
            names = "*"
            if offered is not None:
                names = columns(dict.fromkeys((scope.partition, *table.key, *offered)))
            return f"SELECT {names} FROM {rows_of(table, scope)} WHERE {on_dates(scope)}"
        case History(table, window):
            start = min(window.start(facts) for facts in scope.dates)
            column = identifier(scope.partition)
            until = f"{column} < {literal(scope.last)}"
            since = f"{column} >= {literal(start)} AND " if start > date.min else ""
            return f"SELECT * FROM {rows_of(table, scope)} WHERE {since}{until}"
        case Query(statement, inputs):
            text = statement.text if isinstance(statement, Statement) else statement
            inner = {name: bind(name, read, bindings) for name, read in inputs.items()}
            return f"{with_clause(inner)}\nSELECT * FROM (\n{text}\n)"
        case Choice(sources=sources) if alias not in bindings.choices:
            # Nothing was chosen: only the columns are asked for, see `rows_of`.
            rows = rows_of(sources[0], scope)
            return f"SELECT *, NULL::VARCHAR AS {COLUMN_SOURCE} FROM {rows} WHERE FALSE"
        case Choice():
            return _chosen_rows(given, bindings.choices[alias], bindings)


def rows_of(table: Table, scope: Scope) -> str:
    """Relation with the rows of a table; without rows where it does not exist yet.

    Nothing of it is due then, or its reader would be blocked: on opening day there is no history.
    Its columns are those its own statement would yield, or those declared for a source.
    """
    if table.name in scope.absent:
        if isinstance(table, Derived):
            inputs = table.inputs_on(Path.HISTORICAL)
            text = compose(table.statement, inputs, Bindings(scope))
            return f"(SELECT * FROM (\n{text}\n) AS yielded WHERE FALSE) AS absent"
        if isinstance(table, Source) and table.columns:
            return f"({rows_relation(table.columns, [])}) AS absent"
    return relation(table.name)


def expected_relation(table: Derived, expected: PlainExpected, scope: Scope) -> str:
    """SELECT of an expected set: partition, key, group, label, carried columns, `excluded`."""
    names = expected_columns(table, expected, scope.partition)
    if isinstance(expected, ExpectedQuery):
        text = compose(expected.statement, expected.inputs, Bindings(scope))
        found = _with_excluded(text)
    else:
        found = _keys_of(expected, names, scope)
    return _once_each(found, (scope.partition, *table.key), names)


def expected_columns(table: Derived, expected: PlainExpected, partition: str) -> list[str]:
    """List the columns of an expected set besides `excluded`, without repetition."""
    extra = [name for name in (expected.group, expected.label) if name is not None]
    return list(dict.fromkeys([partition, *table.key, *extra, *expected.carry]))


def _once_each(found: str, key: Sequence[str], names: Sequence[str]) -> str:
    """Make a set of keys of what a reference yields: one that it repeats is still one key.

    A key that is expected once and excluded once is expected.
    """
    carried = [
        f"min({identifier(name)}) AS {identifier(name)}" for name in names if name not in key
    ]
    excluded = (
        f"CASE WHEN count(*) = count({COLUMN_EXCLUDED}) THEN min({COLUMN_EXCLUDED}) END "
        f"AS {COLUMN_EXCLUDED}"
    )
    return (
        f"SELECT {', '.join([columns(key), *carried, excluded])} FROM (\n{found}\n) "
        f"GROUP BY {columns(key)}"
    )


def _with_excluded(text: str) -> str:
    # A query need not exclude anything; BY NAME adds the column where it is not there.
    return (
        f"SELECT * FROM (SELECT NULL::VARCHAR AS {COLUMN_EXCLUDED} WHERE FALSE) "
        f"UNION ALL BY NAME SELECT * FROM (\n{text}\n)"
    )


def _keys_of(expected: KeysOf, names: list[str], scope: Scope) -> str:
    reason = "NULL::VARCHAR"
    if expected.exclude:
        cases = " ".join(
            f"WHEN {predicate} THEN {literal(why)}" for why, predicate in expected.exclude.items()
        )
        reason = f"CASE {cases} END"
    relations = {RELATION_PARTITIONS: partitions_relation(scope)}
    return (
        f"{with_clause(relations)}\n"
        f"SELECT {columns(names)}, {reason} AS {COLUMN_EXCLUDED}\n"
        f"FROM {rows_of(expected.reference, scope)} WHERE {on_dates(scope)}"
    )


def usable_match(
    source: Table, choice: Choice, bindings_key: tuple[str, ...], partition: str, expected: str
) -> str:
    """Source rows joined to the expected keys they can serve; aliases `source` and `wanted`."""
    agree = same((partition, *bindings_key, *choice.match), "source", "wanted")
    return (
        f"{relation(source.name)} AS source JOIN {relation(expected)} AS wanted "
        f"ON {agree} AND wanted.{COLUMN_EXCLUDED} IS NULL"
    )


def _chosen_rows(choice: Choice, chosen: ChosenSource, bindings: Bindings) -> str:
    partition, key = bindings.scope.partition, bindings.key
    parts: list[str] = []
    for place in sorted(set(chosen.by_date.values())):
        days = [day for day, index in chosen.by_date.items() if index == place]
        parts.append(_source_rows(choice, chosen, bindings, place, days))
        if choice.fill_missing:
            earlier = [place]
            for filler in (index for index in chosen.present if index > place):
                lacking = " AND ".join(
                    f"NOT EXISTS (SELECT 1 FROM {relation(choice.sources[index].name)} AS better "
                    f"WHERE {same((partition, *key), 'better', 'wanted')} "
                    + "".join(
                        f"AND better.{identifier(name)} = wanted.{identifier(name)} "
                        for name in choice.match
                    )
                    + f"AND {date_filter(bindings.scope, days, 'better')})"
                    for index in earlier
                )
                rows = _source_rows(choice, chosen, bindings, filler, days)
                parts.append(f"{rows} AND {lacking}")
                earlier.append(filler)
    return "\nUNION ALL\n".join(parts)


def _source_rows(
    choice: Choice, chosen: ChosenSource, bindings: Bindings, place: int, days: Sequence[date]
) -> str:
    source = choice.sources[place]
    joined = usable_match(source, choice, bindings.key, bindings.scope.partition, chosen.expected)
    return (
        f"SELECT {columns(chosen.columns, 'source')}, "
        f"{literal(source.known_as)} AS {COLUMN_SOURCE}\nFROM {joined}\n"
        f"WHERE {date_filter(bindings.scope, days, 'source')}"
    )


def date_filter(scope: Scope, days: Sequence[date], alias: str = "") -> str:
    """Predicate that keeps the rows of some of the scope's dates."""
    column = f"{alias}.{identifier(scope.partition)}" if alias else identifier(scope.partition)
    if len(days) == len(scope.dates):
        return on_dates(scope, alias)
    return (
        f"{column} BETWEEN {literal(min(days))} AND {literal(max(days))} "
        f"AND {column} IN ({date_list(days)})"
    )
