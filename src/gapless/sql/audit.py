"""The audit: one query that measures every partition of a chunk against its expected set.

Works on any relation, staged or published, so that what is checked before publishing and what is
measured afterwards is the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.coverage import Coverage, WorstGroup
from gapless.declare.gates import Gate
from gapless.declare.soundness import RELATION_PARTITIONS
from gapless.sql.binding import (
    COLUMN_EXCLUDED,
    Scope,
    date_filter,
    on_dates,
    partitions_relation,
    with_clause,
)
from gapless.sql.literals import columns, identifier, key_text, literal, relation, same

EPSILON = 1e-12
"""Guards shares such as 9/10 against the last bit when they meet a threshold."""


@dataclass(frozen=True)
class AuditRequest:
    """What is measured, against what."""

    scope: Scope
    key: tuple[str, ...]
    candidate: str
    """Relation with the rows under examination."""
    columns: tuple[str, ...]
    """All its columns."""
    expected: str
    """Relation with the expected set."""
    group: str | None
    gate: Gate
    published: str | None = None
    """Relation whose keys must not be lost; None: nothing published yet."""
    live_columns: tuple[str, ...] = ()
    """Columns of the published relation."""
    guarded: tuple[date, ...] = ()
    """Dates on which they must not; others had different keys by right, e.g. an upcoming roster."""


def fingerprint(names: Sequence[str], alias: str = "") -> str:
    """Order-independent hash over rows: the sum of the row hashes modulo 2^64."""
    listed = columns(sorted(names), alias)
    return f"(sum(hash({listed})) % 18446744073709551616)::UBIGINT"


def audit_query(request: AuditRequest) -> str:
    """One row for each partition of the scope; read it with `coverage_from_row`."""
    relations = {
        RELATION_PARTITIONS: partitions_relation(request.scope),
        "row_facts": _row_facts(request),
        "key_facts": _key_facts(request),
        "matched": _matched(request),
        "group_facts": _group_facts(request),
        "partition_facts": _partition_facts(request),
        "lost_keys": _lost_keys(request),
    }
    partition = identifier(request.scope.partition)
    violations = "".join(
        f", coalesce(rows_of.violation_{place}, 0)" for place in range(len(request.gate.rules))
    )
    return (
        f"{with_clause(relations)}\n"
        f"SELECT dates.{partition}, coalesce(facts.expected, 0), coalesce(facts.present, 0), "
        "coalesce(rows_of.row_count, 0), coalesce(facts.unexpected, 0), "
        "coalesce(rows_of.row_count, 0) - coalesce(facts.distinct_keys, 0), "
        "coalesce(facts.unusable, 0), coalesce(lost.lost, 0), "
        "coalesce(facts.excluded, 0), coalesce(facts.groups, 0), "
        "coalesce(facts.groups_below, 0), facts.worst, coalesce(rows_of.content, 0)"
        f"{violations}\n"
        f"FROM {RELATION_PARTITIONS} AS dates\n"
        f"LEFT JOIN partition_facts AS facts ON facts.{partition} = dates.{partition}\n"
        f"LEFT JOIN row_facts AS rows_of ON rows_of.{partition} = dates.{partition}\n"
        f"LEFT JOIN lost_keys AS lost ON lost.{partition} = dates.{partition}\n"
        f"ORDER BY dates.{partition}"
    )


def excluded_query(expected: str, partition: str) -> str:
    """Count the keys left out of an expected set by partition and reason."""
    return (
        f"SELECT {identifier(partition)}, {COLUMN_EXCLUDED}, count(*) FROM {relation(expected)} "
        f"WHERE {COLUMN_EXCLUDED} IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )


def coverage_from_row(
    row: Sequence[Any], gate: Gate, excluded: dict[str, int] | None = None
) -> Coverage:
    """Read one row of `audit_query`."""
    fixed, violations = row[:13], row[13:]
    worst = fixed[11]
    day: date = fixed[0]
    return Coverage(
        partition=day,
        expected=fixed[1],
        present=fixed[2],
        rows=fixed[3],
        unexpected=fixed[4],
        duplicates=fixed[5],
        unusable=fixed[6],
        lost=fixed[7],
        excluded=excluded or {},
        groups=fixed[9],
        groups_below=fixed[10],
        worst_group=(
            WorstGroup(str(worst["name"]), worst["expected"], worst["present"]) if worst else None
        ),
        content=int(fixed[12]),
        violations={
            rule.name: int(count)
            for rule, count in zip(gate.rules, violations, strict=True)
            if count
        },
    )


def _candidate_rows(request: AuditRequest) -> str:
    # Written out wherever it is read: a common table expression used twice would be materialised
    # with all its columns.
    return (
        f"(SELECT * FROM {relation(request.candidate)} WHERE {on_dates(request.scope)}) AS rows_now"
    )


def _row_facts(request: AuditRequest) -> str:
    violations = "".join(
        f", count(*) FILTER (WHERE ({rule.predicate}) IS NOT TRUE) AS violation_{place}"
        for place, rule in enumerate(request.gate.rules)
    )
    return (
        f"SELECT {identifier(request.scope.partition)}, count(*) AS row_count, "
        f"{fingerprint(request.columns)} AS content{violations} "
        f"FROM {_candidate_rows(request)} GROUP BY 1"
    )


def _usable(request: AuditRequest) -> str:
    filled = [f"{identifier(name)} IS NOT NULL" for name in request.gate.required]
    return " AND ".join(filled) or "TRUE"


def _key_facts(request: AuditRequest) -> str:
    usable = _usable(request)
    names = columns((request.scope.partition, *request.key))
    return (
        f"SELECT {names}, bool_or({usable}) AS usable FROM {_candidate_rows(request)} GROUP BY ALL"
    )


def _matched(request: AuditRequest) -> str:
    names = (request.scope.partition, *request.key)
    joined = ", ".join(
        f"coalesce(wanted.{identifier(name)}, found.{identifier(name)}) AS {identifier(name)}"
        for name in names[:1]
    )
    group = f"wanted.{identifier(request.group)}" if request.group else "NULL"
    return (
        f"SELECT {joined}, {group} AS part, "
        f"wanted.{identifier(names[0])} IS NOT NULL AND wanted.{COLUMN_EXCLUDED} IS NULL AS due, "
        f"wanted.{COLUMN_EXCLUDED} IS NOT NULL AS is_excluded, "
        f"found.{identifier(names[0])} IS NOT NULL AS is_there, "
        "coalesce(found.usable, FALSE) AS usable "
        f"FROM (SELECT * FROM {relation(request.expected)} "
        f"WHERE {on_dates(request.scope)}) AS wanted "
        f"FULL JOIN key_facts AS found ON {same(names, 'wanted', 'found')}"
    )


def _group_facts(request: AuditRequest) -> str:
    return (
        f"SELECT {identifier(request.scope.partition)}, part, "
        "count(*) FILTER (WHERE due) AS expected, "
        "count(*) FILTER (WHERE due AND usable) AS present, "
        "count(*) FILTER (WHERE due AND is_there AND NOT usable) AS unusable, "
        "count(*) FILTER (WHERE is_there AND NOT due) AS unexpected, "
        "count(*) FILTER (WHERE is_there) AS distinct_keys, "
        "count(*) FILTER (WHERE is_excluded) AS excluded "
        "FROM matched GROUP BY ALL"
    )


def _partition_facts(request: AuditRequest) -> str:
    threshold = request.gate.group_coverage
    below = (
        f"count(*) FILTER (WHERE expected > 0 AND present < {threshold} * expected - {EPSILON})"
        if threshold is not None
        else "0"
    )
    worst = (
        "arg_min({'name': part, 'expected': expected, 'present': present}, "
        "present / expected) FILTER (WHERE expected > 0)"
        if request.group
        else "NULL"
    )
    sums = ", ".join(
        f"sum({name})::BIGINT AS {name}"
        for name in (
            "expected",
            "present",
            "unusable",
            "unexpected",
            "distinct_keys",
            "excluded",
        )
    )
    # `expected` and `present` of a group are read before the sums of the same name exist.
    return (
        f"SELECT {identifier(request.scope.partition)}, {sums}, "
        f"count(*) FILTER (WHERE expected > 0) AS groups, {below} AS groups_below, "
        f"{worst} AS worst FROM group_facts GROUP BY 1"
    )


def _lost_keys(request: AuditRequest) -> str:
    partition = identifier(request.scope.partition)
    if request.published is None or not request.guarded:
        return f"SELECT NULL::DATE AS {partition}, 0 AS lost WHERE FALSE"
    return f"SELECT {partition}, count(*) AS lost FROM ({_gone(request)}) AS gone GROUP BY 1"


def _gone(request: AuditRequest) -> str:
    names = (request.scope.partition, *request.key)
    # NULL-safe: a key with a NULL in it is not lost while it is still there.
    again = same(names, "live", "found", null_safe=True)
    return (
        f"SELECT DISTINCT {columns(names, 'live')} FROM {_live_rows(request)} AS live "
        f"WHERE NOT EXISTS (SELECT 1 FROM key_facts AS found WHERE found.usable AND {again})"
    )


def lost_due_query(request: AuditRequest) -> str:
    """Count the lost keys that are still expected: (partition, keys)."""
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    relations = {
        RELATION_PARTITIONS: partitions_relation(request.scope),
        "key_facts": _key_facts(request),
    }
    return (
        f"{with_clause(relations)}\nSELECT gone.{partition}, count(*) "
        f"FROM ({_gone(request)}) AS gone "
        f"JOIN {relation(request.expected)} AS wanted ON {same(names, 'wanted', 'gone')} "
        f"AND wanted.{COLUMN_EXCLUDED} IS NULL GROUP BY 1"
    )


def _live_rows(request: AuditRequest) -> str:
    """Usable rows that are published; a key that is still there but not usable any more is lost."""
    usable = _usable(request) if set(request.gate.required) <= set(request.live_columns) else "TRUE"
    return (
        f"(SELECT * FROM {relation(str(request.published))} "
        f"WHERE {date_filter(request.scope, request.guarded)} AND {usable})"
    )


DETAIL_MISSING = "missing"
DETAIL_UNEXPECTED = "unexpected"
DETAIL_DUPLICATE = "duplicate"
DETAIL_LOST = "lost"


def detail_query(
    request: AuditRequest, *, label: str | None, row_label: str | None, limit: int
) -> str:
    """Name the first `limit` keys behind each number: (partition, kind, key, label)."""
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    relations = {
        RELATION_PARTITIONS: partitions_relation(request.scope),
        "candidate_rows": f"SELECT * FROM {_candidate_rows(request)}",
        "key_facts": _key_facts(request),
        "wanted": f"SELECT * FROM {relation(request.expected)} WHERE {on_dates(request.scope)}",
    }
    wanted_label = f"w.{identifier(label)}" if label else "NULL"
    row_label = row_label if row_label in request.columns else None
    found_label = f"any_value(c.{identifier(row_label)})" if row_label else "NULL"
    lost_label = f"l.{identifier(row_label)}" if row_label in request.live_columns else "NULL"
    parts = [
        f"SELECT w.{partition}, {literal(DETAIL_MISSING)} AS kind, "
        f"{key_text(request.key, 'w')} AS entity, "
        f"{wanted_label}::VARCHAR AS label FROM wanted AS w "
        f"WHERE w.{COLUMN_EXCLUDED} IS NULL AND NOT EXISTS (SELECT 1 FROM key_facts AS f "
        f"WHERE f.usable AND {same(names, 'f', 'w')})",
        f"SELECT c.{partition}, {literal(DETAIL_UNEXPECTED)}, {key_text(request.key, 'c')}, "
        f"{found_label}::VARCHAR FROM candidate_rows AS c WHERE NOT EXISTS (SELECT 1 FROM wanted "
        f"AS w WHERE w.{COLUMN_EXCLUDED} IS NULL AND {same(names, 'w', 'c')}) "
        f"GROUP BY c.{partition}, {columns(request.key, 'c')}",
        f"SELECT c.{partition}, {literal(DETAIL_DUPLICATE)}, {key_text(request.key, 'c')}, "
        f"count(*)::VARCHAR || ' rows' FROM candidate_rows AS c "
        f"GROUP BY c.{partition}, {columns(request.key, 'c')} HAVING count(*) > 1",
    ]
    if request.published is not None and request.guarded:
        parts.append(
            f"SELECT DISTINCT l.{partition}, {literal(DETAIL_LOST)}, {key_text(request.key, 'l')}, "
            f"{lost_label}::VARCHAR "
            f"FROM {_live_rows(request)} AS l WHERE NOT EXISTS "
            "(SELECT 1 FROM key_facts AS f WHERE f.usable "
            f"AND {same(names, 'f', 'l', null_safe=True)})"
        )
    union = "\nUNION ALL\n".join(parts)
    return (
        f"{with_clause(relations)}\nSELECT * FROM (\n{union}\n) AS named\n"
        f"QUALIFY row_number() OVER (PARTITION BY {partition}, kind ORDER BY label, entity) "
        f"<= {limit}\nORDER BY ALL"
    )
