"""The audit counts the same whatever the key is called."""

from datetime import date

import duckdb
import pytest

from gapless.coverage import Coverage
from gapless.declare.calendar import DateFacts
from gapless.declare.gates import Gate
from gapless.sql.audit import AuditRequest, audit_query, coverage_from_row
from gapless.sql.binding import Scope

DAY = date(2024, 1, 1)
SCOPE = Scope("day", (DateFacts(DAY, "2024", DAY, None, 1),))
NAMES = (
    *("part", "is_there", "is_wanted", "is_excluded", "usable", "expected", "present", "unusable"),
    *("groups", "worst", "content", "row_count", "wanted", "found", "lost", "name"),
)


def measured(name: str) -> Coverage:
    """Measure a date of 100 keys in ten groups: one group is absent, one key is there twice."""
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE due AS SELECT DATE '{DAY}' AS day, i AS \"{name}\", "
            "'line ' || i // 10 AS line, NULL::VARCHAR AS excluded FROM range(100) AS keys(i)"
        )
        connection.execute(
            f'CREATE TABLE made AS SELECT day, "{name}", 1 AS amount FROM due WHERE line <> '
            f'\'line 0\' UNION ALL SELECT day, "{name}", 1 FROM due WHERE "{name}" = 50'
        )
        request = AuditRequest(
            scope=SCOPE,
            key=(name,),
            candidate="made",
            columns=("day", name, "amount"),
            expected="due",
            group="line",
            gate=Gate(coverage=0.9, group_coverage=0.8, required=("amount",)),
            published=None,
            live_columns=(),
            guarded=(),
        )
        [row] = connection.execute(audit_query(request)).fetchall()
        return coverage_from_row(row, request.gate)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_of_any_name(name: str) -> None:
    """An absent group is found also where the key is called like a column that the audit makes."""
    found = measured(name)
    assert (found.expected, found.present, found.rows, found.duplicates) == (100, 90, 91, 1)
    assert (found.groups, found.groups_below, found.unexpected) == (10, 1, 0)
    assert found.worst_group is not None
    assert found.worst_group.name == "line 0"
