"""Unexpected keys: rows of sources for keys that nobody expects, by partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gapless.declare.inputs import Choice
from gapless.declare.soundness import RELATION_PARTITIONS
from gapless.sql.binding import Scope, on_dates, partitions_relation, with_clause
from gapless.sql.literals import identifier, relation, same


def unexpected_query(
    choice: Choice,
    scope: Scope,
    key: tuple[str, ...],
    expected: str,
    labels: Mapping[int, str | None],
    *,
    named: int,
) -> str:
    """Count and name the keys of every source that are not in an expected set, in one query.

    Keys that are left out of the set with a reason are not unexpected.

    Args:
        choice: The declared choice.
        scope: The dates.
        key: Key of the table that is fed.
        expected: Relation with the keys to cover.
        labels: Place of each source that exists → its column with a name for people.
        named: How many keys of a partition to name.

    Returns:
        A SELECT of (place, partition, keys, the first of them).
    """
    parts = [
        _of_source(choice, scope, key, expected, (place, label), named)
        for place, label in labels.items()
    ]
    dates = with_clause({RELATION_PARTITIONS: partitions_relation(scope)})
    return f"{dates}\n" + "\nUNION ALL\n".join(parts) + "\nORDER BY 1, 2"


def _of_source(
    choice: Choice,
    scope: Scope,
    key: Sequence[str],
    expected: str,
    source: tuple[int, str | None],
    named: int,
) -> str:
    place, label = source
    partition = identifier(scope.partition)
    text = " || ' ' || ".join(f"coalesce(held.{identifier(name)}::VARCHAR, 'NULL')" for name in key)
    if label is not None:
        shown = f"any_value(held.{identifier(label)})::VARCHAR"
        text = f"coalesce({shown} || ' (' || {text} || ')', {text})"
    grouped = ", ".join(f"held.{identifier(name)}" for name in key)
    agree = same((scope.partition, *key), "wanted", "held")
    return (
        f"SELECT {place} AS place, {partition}, count(*) AS keys, "
        f"list(name ORDER BY name)[:{named}] AS first FROM (\n"
        f"SELECT held.{partition}, {text} AS name\n"
        f"FROM {relation(choice.sources[place].name)} AS held\n"
        f"WHERE {on_dates(scope, 'held')} AND NOT EXISTS (SELECT 1 FROM {relation(expected)} "
        f"AS wanted WHERE {agree} AND {on_dates(scope, 'wanted')})\n"
        f"GROUP BY held.{partition}, {grouped}\n) GROUP BY ALL"
    )
