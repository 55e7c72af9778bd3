"""What querying and staging owe the engine, as tests to inherit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gapless.errors import (
    QueryFailed,
)
from gapless.sql.literals import relation
from gapless.testing.warehouse_examples import (
    AWKWARD,
    COLUMNS,
    SOURCE,
    TABLE,
    Publishing,
    RawAccess,
    score,
    values,
)
from gapless.warehouse.interface import (
    Warehouse,
)


class QueryContract(Publishing):
    """The facts about statements, staging and the catalog; part of `WarehouseContract`."""

    def test_rows_come_back(self, warehouse: Warehouse) -> None:
        """A query returns its rows as Python values."""
        assert warehouse.fetch(values(COLUMNS, [score(0, 1, name=AWKWARD)])) == [
            score(0, 1, name=AWKWARD)
        ]
        assert warehouse.fetch(values(COLUMNS, [])) == []

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT FROM WHERE",
            "SELECT * FROM no_such.table_anywhere",
            "SELECT no_such_column FROM (SELECT 1 AS a) AS t",
            "SELECT CAST('x' AS INTEGER)",
            "SELECT no_such_function(1)",
            "CREATE TABLE no_such_schema.t (a INTEGER)",
        ],
    )
    def test_refused_statements(self, warehouse: Warehouse, sql: str) -> None:
        """What the warehouse refuses is our error, and the next statement goes through."""
        for send in (warehouse.fetch, warehouse.execute):
            with pytest.raises(QueryFailed) as caught:
                send(sql)
            assert caught.value.__cause__ is not None
        assert warehouse.fetch("SELECT 1 AS one") == [(1,)]

    def test_statements_are_counted(self, warehouse: Warehouse) -> None:
        """Every statement is counted once, also one that fails and one of another session."""
        before = warehouse.statements
        warehouse.fetch("SELECT 1 AS one")
        session = warehouse.session()
        session.fetch("SELECT 1 AS one")
        with pytest.raises(QueryFailed):
            session.fetch("SELECT no_such_column AS one")
        session.close()
        assert warehouse.statements == session.statements == before + 3

    def test_session_closed(self, warehouse: Warehouse) -> None:
        """Closing a session leaves the warehouse, and its other sessions, open."""
        first, second = warehouse.session(), warehouse.session()
        first.close()
        assert second.fetch("SELECT 1 AS one") == warehouse.fetch("SELECT 1 AS one") == [(1,)]
        second.close()

    def test_closed_twice(self, warehouse: Warehouse) -> None:
        """Closing what is closed is no error."""
        session = warehouse.session()
        session.close()
        session.close()

    def test_sessions_in_threads(self, warehouse: Warehouse) -> None:
        """Each thread works on a session of its own at the same time as the others."""

        def count(number: int) -> int:
            session = warehouse.session()
            try:
                place = self.staged(session, [score(0, number)] * number, name=f"of_{number}")
                return int(session.fetch(f"SELECT count(*) FROM {relation(place)}")[0][0])
            finally:
                session.close()

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(count, range(1, 9))) == list(range(1, 9))

    # Staging

    def test_staged_rows(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Staging returns where the rows are, and their columns with their types."""
        place, columns = warehouse.stage("scores", values(COLUMNS, [score(0, 1)]))
        assert columns == COLUMNS
        assert raw.rows(place) == [score(0, 1)]

    def test_staged_rows_elsewhere(self, warehouse: Warehouse) -> None:
        """What one session staged every session sees, in both directions."""
        session = warehouse.session()
        here = self.staged(warehouse, [score(0, 1)], name="here")
        there = self.staged(session, [score(0, 2)], name="there")
        assert session.fetch(f"SELECT player FROM {relation(here)}") == [(1,)]
        session.close()
        assert warehouse.fetch(f"SELECT player FROM {relation(there)}") == [(2,)]

    def test_staged_again(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Staging under a name replaces what was there, its columns included."""
        self.staged(warehouse, [score(0, 1), score(0, 2)])
        place = self.staged(warehouse, [("x",)], {"only": "VARCHAR"})
        assert raw.rows(place) == [("x",)]

    def test_staged_rows_are_not_published(self, warehouse: Warehouse) -> None:
        """Readers of the warehouse do not see what is staged."""
        before = warehouse.catalog()
        self.staged(warehouse, [score(0, 1)])
        assert warehouse.catalog() == before

    def test_staging_fails(self, warehouse: Warehouse) -> None:
        """A statement that fails stages nothing new, and is our error."""
        with pytest.raises(QueryFailed):
            warehouse.stage("scores", "SELECT CAST('x' AS INTEGER) AS player")
        assert self.staged(warehouse, [score(0, 1)])

    def test_unstaged(self, warehouse: Warehouse) -> None:
        """What is unstaged is gone; what was never there may be unstaged, too."""
        place = self.staged(warehouse, [score(0, 1)])
        warehouse.unstage(["scores", "never_there"])
        with pytest.raises(QueryFailed):
            warehouse.fetch(f"SELECT * FROM {relation(place)}")

    # Catalog

    def test_catalog(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Tables and views are listed with their columns and types, in one statement."""
        raw.create(SOURCE, COLUMNS, [])
        raw.execute("CREATE VIEW raw.names AS SELECT day, name FROM raw.scores")
        before = warehouse.statements
        catalog = warehouse.catalog()
        assert warehouse.statements == before + 1
        assert catalog[SOURCE] == COLUMNS
        assert catalog["raw.names"] == {"day": "DATE", "name": "VARCHAR"}

    def test_catalog_after_publishing(self, warehouse: Warehouse) -> None:
        """What was just published is in the catalog of every session."""
        session = warehouse.session()
        self.publish(warehouse, [score(0, 1)])
        assert session.catalog()[TABLE] == COLUMNS
        session.close()

    def test_free_space(self, warehouse: Warehouse) -> None:
        """The space left is a number of bytes, or not known."""
        free = warehouse.free_bytes()
        assert free is None or free > 0

    # What a statement reads

    @pytest.mark.parametrize(
        ("sql", "read"),
        [
            ("SELECT * FROM sales", {"sales"}),
            ("FROM sales SELECT shop", {"sales"}),
            ("SELECT * FROM raw.sales AS s JOIN hours USING (day)", {"raw.sales", "hours"}),
            ("SELECT 1 AS one", set()),
            ("SELECT * FROM a UNION ALL SELECT * FROM b", {"a", "b"}),
            ("SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (SELECT 1 FROM c)", set("abc")),
            ("SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x) AS l", {"a", "b"}),
            ("WITH t AS (SELECT * FROM a) SELECT * FROM t JOIN b USING (x)", {"a", "b"}),
            ("WITH t AS (SELECT * FROM a), u AS (SELECT * FROM t) SELECT * FROM u", {"a"}),
            (
                "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t JOIN a "
                "USING (n)) SELECT * FROM t",
                {"a"},
            ),
            ("SELECT * FROM (WITH t AS (SELECT * FROM a) SELECT * FROM t) AS s", {"a"}),
            (
                "SELECT sum(x) OVER w FROM a WINDOW w AS (ORDER BY (SELECT max(y) FROM b))",
                {"a", "b"},
            ),
            ("SELECT * FROM a ORDER BY (SELECT max(x) FROM b) LIMIT 3", {"a", "b"}),
            ("SELECT * FROM a -- FROM c\n/* FROM d */", {"a"}),
        ],
    )
    def test_relations_read(self, warehouse: Warehouse, sql: str, read: set[str]) -> None:
        """The relations a statement reads are found wherever they stand; its own are left out."""
        assert warehouse.relations_read(sql) == read

    @pytest.mark.parametrize(
        "sql",
        [
            "WITH t AS (SELECT * FROM t) SELECT * FROM t",
            "SELECT * FROM t JOIN (WITH t AS (SELECT 1 AS x) SELECT * FROM t) AS s USING (x)",
        ],
        ids=["read by its own name", "beyond its scope"],
    )
    def test_relation_behind_a_name(self, warehouse: Warehouse, sql: str) -> None:
        """A relation is not hidden by a common table expression of its name in another scope."""
        assert warehouse.relations_read(sql) == {"t"}

    def test_names_in_any_case(self, warehouse: Warehouse) -> None:
        """A common table expression is its own however its name is written."""
        sql = "WITH Recent AS (SELECT * FROM a) SELECT * FROM recent"
        assert warehouse.relations_read(sql) == {"a"}

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT FROM WHERE",
            "DELETE FROM a",
            "INSERT INTO a SELECT * FROM b",
            "SELECT 1 AS one; SELECT 2 AS two",
            "",
            "-- nothing",
        ],
    )
    def test_not_one_select(self, warehouse: Warehouse, sql: str) -> None:
        """What is not one SELECT is refused."""
        with pytest.raises(QueryFailed):
            warehouse.relations_read(sql)
