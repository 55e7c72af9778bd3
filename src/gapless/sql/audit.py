"""The audit: one query that measures every partition of a chunk against its expected set.

Works on any relation, staged or published, so that what is checked before publishing and what is
measured afterwards is the same thing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

FACTS = ("expected", "present", "unusable", "unexpected", "distinct_keys", "excluded")
"""What is counted in each group and summed up for each partition."""
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
        "unpaired": _unpaired(request),
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


def _candidate_rows(request: AuditRequest, alias: str) -> str:
    # Written out wherever it is read: a common table expression used twice would be materialised
    # with all its columns.
    rows = f"SELECT * FROM {relation(request.candidate)} WHERE {on_dates(request.scope)}"
    return f"({rows}) AS {alias}"


def _wanted_keys(request: AuditRequest, alias: str) -> str:
    rows = f"SELECT * FROM {relation(request.expected)} WHERE {on_dates(request.scope)}"
    return f"({rows}) AS {alias}"


def _row_facts(request: AuditRequest) -> str:
    violations = "".join(
        f", count(*) FILTER (WHERE ({rule.predicate}) IS NOT TRUE) AS violation_{place}"
        for place, rule in enumerate(request.gate.rules)
    )
    return (
        f"SELECT {identifier(request.scope.partition)}, count(*) AS row_count, "
        f"{fingerprint(request.columns)} AS content{violations} "
        f"FROM {_candidate_rows(request, 'rows_now')} GROUP BY 1"
    )


def _usable(request: AuditRequest, alias: str = "") -> str:
    of = f"{alias}." if alias else ""
    filled = [f"{of}{identifier(name)} IS NOT NULL" for name in request.gate.required]
    return " AND ".join(filled) or "TRUE"


def _unpaired(request: AuditRequest) -> str:
    """Keys that are only expected, rows that are not, and rows that are not usable.

    Where all is well these are few, so that one join is all that a chunk costs: grouping its rows
    by their keys first, to have each of them once, would cost as much again. The columns beside
    the key have names that no declared column has.
    """
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    group = f"wanted.{identifier(request.group)}" if request.group else "NULL"
    there = (
        f"(SELECT {columns(names)}, {_usable(request)} AS gapless_usable "
        f"FROM {_candidate_rows(request, 'rows_now')}) AS found"
    )
    return (
        f"SELECT coalesce(wanted.{partition}, found.{partition}) AS {partition}, "
        f"{columns(request.key, 'found')}, {group} AS gapless_part, "
        f"wanted.{partition} IS NOT NULL AS gapless_wanted, "
        f"wanted.{COLUMN_EXCLUDED} IS NOT NULL AS gapless_excluded, "
        f"found.{partition} IS NOT NULL AS gapless_there "
        f"FROM {_wanted_keys(request, 'wanted')} FULL JOIN {there} "
        f"ON {same(names, 'wanted', 'found')} "
        f"WHERE wanted.{partition} IS NULL OR found.{partition} IS NULL OR NOT found.gapless_usable"
    )


def _group_facts(request: AuditRequest) -> str:
    """Take every expected key for usable, then take away those that are not.

    Strays belong to no group; they count in their partition.
    """
    partition = identifier(request.scope.partition)
    group = identifier(request.group) if request.group else "NULL"
    due, excluded = f"{COLUMN_EXCLUDED} IS NULL", f"{COLUMN_EXCLUDED} IS NOT NULL"
    taken = (
        f"SELECT {partition}, {group} AS gapless_part, count(*) FILTER (WHERE {due}) AS expected, "
        f"count(*) FILTER (WHERE {due}) AS present, 0 AS unusable, "
        f"count(*) FILTER (WHERE {excluded}) AS unexpected, count(*) AS distinct_keys, "
        f"count(*) FILTER (WHERE {excluded}) AS excluded "
        f"FROM {_wanted_keys(request, 'wanted')} GROUP BY ALL"
    )
    absent = (
        f"SELECT {partition}, gapless_part, 0, -count(*) FILTER (WHERE NOT gapless_excluded), 0, "
        "-count(*) FILTER (WHERE gapless_excluded), -count(*), 0 "
        "FROM unpaired WHERE NOT gapless_there GROUP BY ALL"
    )
    strays = (
        f"SELECT {partition}, NULL, 0, 0, 0, count(*), count(*), 0 "
        f"FROM (SELECT DISTINCT {columns((request.scope.partition, *request.key))} FROM unpaired "
        "WHERE NOT gapless_wanted) AS strays GROUP BY 1"
    )
    parts = [taken, absent, strays]
    if request.gate.required:
        parts.append(_barren_keys(request))
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in FACTS)
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT {partition}, gapless_part, {sums} FROM (\n{union}\n) AS counted GROUP BY ALL"


def _barren_keys(request: AuditRequest) -> str:
    """Expected keys that are there, but in no row with all that is required."""
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    return (
        f"SELECT {partition}, gapless_part, 0, -count(*), count(*), 0, 0, 0 "
        f"FROM (SELECT DISTINCT {columns(names, 'u')}, u.gapless_part FROM unpaired AS u "
        "WHERE u.gapless_wanted AND u.gapless_there AND NOT u.gapless_excluded AND NOT EXISTS "
        f"(SELECT 1 FROM {_candidate_rows(request, 'c')} "
        f"WHERE {_usable(request, 'c')} AND {same(names, 'c', 'u')})) AS barren GROUP BY ALL"
    )


def _partition_facts(request: AuditRequest) -> str:
    threshold = request.gate.group_coverage
    below = (
        f"count(*) FILTER (WHERE expected > 0 AND present < {threshold} * expected - {EPSILON})"
        if threshold is not None
        else "0"
    )
    worst = (
        "first({'name': gapless_part, 'expected': expected, 'present': present} "
        "ORDER BY present / expected, expected DESC, gapless_part) FILTER (WHERE expected > 0)"
        if request.group
        else "NULL"
    )
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in FACTS)
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
        f"WHERE NOT EXISTS (SELECT 1 FROM {_candidate_rows(request, 'found')} "
        f"WHERE {_usable(request, 'found')} AND {again})"
    )


def lost_due_query(request: AuditRequest) -> str:
    """Count the lost keys that are still expected: (partition, keys)."""
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    relations = {RELATION_PARTITIONS: partitions_relation(request.scope)}
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
DETAILS = frozenset({DETAIL_MISSING, DETAIL_UNEXPECTED, DETAIL_DUPLICATE, DETAIL_LOST})


def detail_query(
    request: AuditRequest,
    *,
    label: str | None,
    row_label: str | None,
    limit: int,
    kinds: Collection[str] = DETAILS,
) -> str:
    """Name the first `limit` keys behind each number: (partition, kind, key, label)."""
    partition = identifier(request.scope.partition)
    relations = {RELATION_PARTITIONS: partitions_relation(request.scope)}
    parts = _details(request, label, row_label)
    union = "\nUNION ALL\n".join(part for kind, part in parts.items() if kind in kinds)
    return (
        f"{with_clause(relations)}\nSELECT * FROM (\n{union}\n) "
        f"AS named({partition}, kind, entity, label)\n"
        f"QUALIFY row_number() OVER (PARTITION BY {partition}, kind ORDER BY label, entity) "
        f"<= {limit}\nORDER BY ALL"
    )


def _details(request: AuditRequest, label: str | None, row_label: str | None) -> dict[str, str]:
    """Return for each kind a SELECT of (partition, kind, key, label)."""
    partition = identifier(request.scope.partition)
    names = (request.scope.partition, *request.key)
    candidate, wanted = _candidate_rows(request, "c"), _wanted_keys(request, "w")
    filled = f"{_candidate_rows(request, 'f')} WHERE {_usable(request, 'f')}"
    wanted_label = f"w.{identifier(label)}" if label else "NULL"
    row_label = row_label if row_label in request.columns else None
    found_label = f"any_value(c.{identifier(row_label)})" if row_label else "NULL"
    lost_label = f"l.{identifier(row_label)}" if row_label in request.live_columns else "NULL"
    parts = {
        DETAIL_MISSING: f"SELECT w.{partition}, {literal(DETAIL_MISSING)}, "
        f"{key_text(request.key, 'w')}, {wanted_label}::VARCHAR FROM {wanted} "
        f"WHERE w.{COLUMN_EXCLUDED} IS NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {filled} AND {same(names, 'f', 'w')})",
        DETAIL_UNEXPECTED: f"SELECT c.{partition}, {literal(DETAIL_UNEXPECTED)}, "
        f"{key_text(request.key, 'c')}, "
        f"{found_label}::VARCHAR FROM {candidate} WHERE NOT EXISTS (SELECT 1 FROM {wanted} "
        f"WHERE w.{COLUMN_EXCLUDED} IS NULL AND {same(names, 'w', 'c')}) "
        f"GROUP BY c.{partition}, {columns(request.key, 'c')}",
        DETAIL_DUPLICATE: f"SELECT c.{partition}, {literal(DETAIL_DUPLICATE)}, "
        f"{key_text(request.key, 'c')}, "
        f"count(*)::VARCHAR || ' rows' FROM {candidate} "
        f"GROUP BY c.{partition}, {columns(request.key, 'c')} HAVING count(*) > 1",
    }
    if request.published is not None and request.guarded:
        parts[DETAIL_LOST] = (
            f"SELECT DISTINCT l.{partition}, {literal(DETAIL_LOST)}, {key_text(request.key, 'l')}, "
            f"{lost_label}::VARCHAR "
            f"FROM {_live_rows(request)} AS l WHERE NOT EXISTS "
            f"(SELECT 1 FROM {filled} AND {same(names, 'f', 'l', null_safe=True)})"
        )
    return parts
