"""Sufficiency: how much of a set of keys each source of a choice could serve, by partition."""

from __future__ import annotations

from collections.abc import Sequence

from gapless.declare.inputs import Choice
from gapless.declare.soundness import RELATION_PARTITIONS
from gapless.sql.binding import (
    COLUMN_EXCLUDED,
    Scope,
    on_dates,
    partitions_relation,
    usable_match,
    with_clause,
)
from gapless.sql.literals import columns, identifier, relation


def sufficiency_query(
    choice: Choice, scope: Scope, key: tuple[str, ...], expected: str, present: Sequence[int]
) -> str:
    """Measure every source of a choice on every date in one query.

    Args:
        choice: The declared choice.
        scope: The dates.
        key: Key of the table that is fed.
        expected: Relation with the keys to cover.
        present: Places of the sources whose tables exist.

    Returns:
        A SELECT of (partition, expected, then for each present source its rows and how many
        expected keys have a usable row there).
    """
    partition = identifier(scope.partition)
    relations = {
        RELATION_PARTITIONS: partitions_relation(scope),
        "due": (
            f"SELECT {partition}, count(*) AS keys FROM {relation(expected)} "
            f"WHERE {COLUMN_EXCLUDED} IS NULL AND {on_dates(scope)} GROUP BY 1"
        ),
    }
    selected = [f"dates.{partition}", "coalesce(due.keys, 0)"]
    joins = [f"LEFT JOIN due ON due.{partition} = dates.{partition}"]
    for place in present:
        source = choice.sources[place]
        held, usable = f"held_{place}", f"usable_{place}"
        relations[held] = (
            f"SELECT {partition}, count(*) AS row_count FROM {relation(source.name)} "
            f"WHERE {on_dates(scope)} GROUP BY 1"
        )
        relations[usable] = (
            f"SELECT source.{partition}, count(DISTINCT ({columns(key, 'wanted')})) AS keys "
            f"FROM {usable_match(source, choice, key, scope.partition, expected)} "
            f"WHERE {on_dates(scope, 'source')} GROUP BY 1"
        )
        selected += [f"coalesce({held}.row_count, 0)", f"coalesce({usable}.keys, 0)"]
        joins += [
            f"LEFT JOIN {name} ON {name}.{partition} = dates.{partition}" for name in (held, usable)
        ]
    return (
        f"{with_clause(relations)}\nSELECT {', '.join(selected)}\n"
        f"FROM {RELATION_PARTITIONS} AS dates\n"
        + "\n".join(joins)
        + f"\nORDER BY dates.{partition}"
    )
