"""The one query against the same facts worked out in Python, on small random tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.sql.key_sets import key_sets_query
from gapless.sql.literals import rows_relation
from gapless.undeclared.compare import partition_from
from gapless.undeclared.model import Condition
from gapless.undeclared.question import Question, resolve
from gapless.warehouse.duckdb import DuckDBWarehouse
from gapless.warehouse.interface import Row
from gapless.warehouse.tables import WarehouseTables
from support.undeclared import FIRST, TODAY

Pair = tuple[date | None, int | None]
Facts = tuple[tuple[int, ...], list[Condition], list[str], list[str]]
days = st.sampled_from([None, *(FIRST + timedelta(days=n) for n in range(4))])
keys = st.sampled_from([None, 1, 2, 3, 4, 5])
tables = st.lists(st.tuples(days, keys), max_size=30)
shares = st.sampled_from([0.5, 0.75, 1.0])


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    opened = DuckDBWarehouse(f"duckdb:///{tmp_path_factory.mktemp('sets') / 'sets.duckdb'}")
    yield opened
    opened.close()


def filled(warehouse: DuckDBWarehouse, name: str, rows: list[Pair]) -> None:
    constant = rows_relation({"day": "DATE", "guest": "INTEGER"}, rows)
    warehouse.execute(f"CREATE OR REPLACE TABLE {name} AS {constant}")


def answered(warehouse: DuckDBWarehouse, question: Question) -> list[Row]:
    seen = WarehouseTables(warehouse, "sets")
    resolved = resolve(seen, question)
    assert resolved.reference is not None
    return seen.fetch(key_sets_query(resolved.table, resolved.reference, question.names))


def worked_out(rows: list[Pair], reference: list[Pair], share: float) -> dict[date, Facts]:
    """Return the counts, conditions and names of every date, in plain Python."""
    facts: dict[date, Facts] = {}
    for day in {d for d, _ in [*rows, *reference] if d is not None}:
        wanted = {k for d, k in reference if d == day and k is not None}
        found = Counter(k for d, k in rows if d == day and k is not None)
        nameless = sum(d == day and k is None for d, k in rows)
        total = sum(found.values()) + nameless
        if not (wanted or total):
            continue  # a reference row without a key expects nothing that could be compared
        missing, surplus = sorted(wanted - set(found)), sorted(set(found) - wanted)
        twice = sum(found.values()) - len(found)
        conditions = []
        if missing and not total:
            conditions.append(Condition.MISSING)
        elif missing:
            enough = (len(wanted) - len(missing)) / len(wanted) >= share
            conditions.append(Condition.NEARLY if enough else Condition.PARTIAL)
        if surplus:
            conditions.append(Condition.SURPLUS)
        if twice:
            conditions.append(Condition.DUPLICATE)
        if nameless:
            conditions.append(Condition.KEYLESS)
        counts = (
            len(wanted),
            len(wanted) - len(missing),
            total,
            len(surplus),
            twice,
            nameless,
        )
        facts[day] = (counts, conditions, [str(k) for k in missing], [str(k) for k in surplus])
    return facts


@given(rows=tables, reference=tables, share=shares)
@settings(max_examples=150, deadline=None)
def test_sets_are_what_python_makes_of_them(
    warehouse: DuckDBWarehouse, rows: list[Pair], reference: list[Pair], share: float
) -> None:
    filled(warehouse, "visits", rows)
    filled(warehouse, "bookings", reference)
    question = Question("visits", "day", TODAY, reference="bookings", key=("guest",), names=9)
    answer = answered(warehouse, question)
    dated = [partition_from(row, share) for row in answer if row[-1] is None]
    assert {
        p.day: (
            (p.expected, p.present, p.rows, p.unexpected, p.duplicates, p.keyless),
            list(p.conditions),
            [name.key for name in p.missing_names],
            [name.key for name in p.unexpected_names],
        )
        for p in dated
    } == worked_out(rows, reference, share)
    asides = {row[-1]["side"]: row[-1]["facts"] for row in answer if row[-1] is not None}
    for side, given_rows in (("table", rows), ("reference", reference)):
        assert asides[side]["row_count"] == len(given_rows)
        assert asides[side]["undated"] == sum(d is None for d, _ in given_rows)
        keyless = sum(d is not None and k is None for d, k in given_rows)
        assert asides[side]["keyless"] == keyless
