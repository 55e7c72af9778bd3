"""What every warehouse must do, as a test class to subclass.

::

    class TestMyWarehouse(WarehouseContract):
        @pytest.fixture
        def warehouse(self) -> Iterator[Warehouse]:
            warehouse = MyWarehouse(...)
            yield warehouse
            warehouse.close()

        @pytest.fixture
        def raw(self, warehouse: Warehouse) -> RawAccess:
            return MyRawAccess(...)

What a test sets up and what it checks goes through `raw`, past the code under test, so that a fault
cannot hide behind its own inverse. It is longer than other modules because a subclass takes the
contract as a whole: an implementation that keeps half of it is not safe.
"""
# ruff: noqa: ANN401, S101, PLR2004 - these are tests

from __future__ import annotations

import csv
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gapless.errors import (
    GaplessError,
    LoadError,
    PublicationConflict,
    QueryFailed,
    SchemaChanged,
    WarehouseError,
)
from gapless.sql.contents import contents_query
from gapless.sql.literals import relation
from gapless.warehouse.interface import (
    LoadRequest,
    LoadResult,
    Publication,
    PublishRequest,
    QuarantineRequest,
    Row,
    Warehouse,
)

TABLE = "mart.scores"
SOURCE = "raw.scores"
DAY = date(2024, 2, 28)
"""Before a leap day."""
NOON = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
AWKWARD = 'O\'Neal "100 %" ŠĐ – 篮球 🏀\n\t\\ $1 {x}'
"""Words that quoting, formatting or encoding could spoil."""
COLUMNS = {"day": "DATE", "player": "INTEGER", "name": "VARCHAR", "points": "DOUBLE"}


class RawAccess(ABC):
    """The warehouse as anybody else sees it: no part of the code under test."""

    @abstractmethod
    def execute(self, sql: str) -> None:
        """Run a statement in the warehouse's own dialect."""

    @abstractmethod
    def rows(self, table: str) -> list[Row]:
        """Return the rows of a relation, sorted, with the columns in their own order."""

    @abstractmethod
    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a relation with their types."""

    @abstractmethod
    def create(self, table: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Create a table, and its schema, with rows in it."""

    @abstractmethod
    def published(self) -> list[tuple[str, date, int]]:
        """Return table, partition and version of every publication on record, sorted."""

    @abstractmethod
    def seen(self, table: str, day: date) -> tuple[int | None, set[float]]:
        """Return newest version and points of a partition, both as of the same moment."""

    @abstractmethod
    def poisoned(self, columns: Mapping[str, str], good: Row) -> str:
        """Return a staged relation that can be described, but fails while its rows are read."""

    @abstractmethod
    def write_parquet(self, file: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Write a Parquet file."""


def day(number: int) -> date:
    """Return a day; 0 is the first."""
    return DAY + timedelta(days=number)


def score(number: int, player: int, points: float = 1.0, name: str | None = "Ann") -> Row:
    """Return a row of one of the days."""
    return (day(number), player, name, points)


def values(columns: Mapping[str, str], rows: Sequence[Row]) -> str:
    """SELECT of constant rows, written here and not by the code under test."""

    def text(value: object) -> str:
        if value is None:
            return "NULL"
        return str(value) if isinstance(value, int | float) else "'" + _quoted(str(value)) + "'"

    def one(row: Row) -> str:
        parts = zip(columns.items(), row, strict=True)
        return ", ".join(
            f'CAST({text(value)} AS {kind}) AS "{name}"' for (name, kind), value in parts
        )

    if rows:
        return " UNION ALL ".join(f"SELECT {one(row)}" for row in rows)
    return f"SELECT {one([None] * len(columns))} WHERE 1 = 0"  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def publication(number: int, version: int = 1, **changes: Any) -> Publication:
    """Return a publication in which every field says something of its own."""
    whole = Publication(
        table=TABLE,
        partition=day(number),
        version=version,
        run_id="run-a",
        published_at=NOON,
        state="complete",
        rows=0,
        expected=7,
        present=6,
        content=0,
        definition="d1",
        gate="g1",
        inputs="i1",
        code_version="1.2.3",
        actor="ann@here",
        evidence={"path": "historical", "choices": {"feed": {"chosen": None, "n": [1, 2.5]}}},
    )
    return replace(whole, **changes)


class _Publishing:
    """Staging and publishing rows for the tests."""

    def staged(
        self,
        warehouse: Warehouse,
        rows: Sequence[Row],
        columns: Mapping[str, str] = COLUMNS,
        name: str = "scores",
    ) -> str:
        """Stage rows and return their relation."""
        place, _ = warehouse.stage(name, values(columns, rows))
        return place

    def request(
        self,
        warehouse: Warehouse,
        staged: str,
        versions: Mapping[int, int],
        *,
        rewrite: Sequence[int] | None = None,
        columns: Mapping[str, str] = COLUMNS,
    ) -> PublishRequest:
        """Ask to publish some days, each as a version, with what is staged of them on record."""
        names = tuple(columns)
        query = contents_query(staged, names, "day", date(1, 1, 1), date(9999, 12, 31))
        held = {row[0]: (row[1], int(row[2])) for row in warehouse.fetch(query)}
        publications = []
        for number, version in versions.items():
            rows, content = held.get(day(number), (0, 0))
            publications.append(publication(number, version, rows=rows, content=content))
        changed = versions if rewrite is None else rewrite
        return PublishRequest(TABLE, "day", staged, publications, [day(n) for n in changed])

    def publish(
        self, warehouse: Warehouse, rows: Sequence[Row], version: int = 1
    ) -> list[Publication]:
        """Publish rows, every day of them as a version."""
        numbers = sorted({(row[0] - DAY).days for row in rows})
        request = self.request(
            warehouse, self.staged(warehouse, rows), dict.fromkeys(numbers, version)
        )
        warehouse.publish(request)
        return list(request.publications)


class PublishContract(_Publishing):
    """The facts about publishing; part of `WarehouseContract`."""

    def test_rows_and_publication(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Publishing into nothing creates the table, with the rows and their publications."""
        rows = [score(0, 1), score(0, 2), score(1, 1, name=AWKWARD)]
        self.publish(warehouse, rows)
        assert raw.rows(TABLE) == sorted(rows)
        assert raw.columns(TABLE) == COLUMNS
        assert raw.published() == [(TABLE, day(0), 1), (TABLE, day(1), 1)]

    def test_only_its_dates(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Publishing replaces the rows of its dates, all of them, and no other row."""
        self.publish(warehouse, [score(0, 1), score(1, 1), score(1, 2), score(2, 1)])
        self.publish(warehouse, [score(1, 3)], version=2)
        assert raw.rows(TABLE) == [score(0, 1), score(1, 3), score(2, 1)]
        assert raw.published() == [
            (TABLE, day(0), 1),
            (TABLE, day(1), 1),
            (TABLE, day(1), 2),
            (TABLE, day(2), 1),
        ]

    def test_dates_between(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Dates between those that are published, and staged rows of others, are left alone."""
        self.publish(warehouse, [score(number, 1) for number in range(20)])
        staged = self.staged(warehouse, [score(number, 1, points=2.0) for number in range(20)])
        even = dict.fromkeys(range(0, 20, 2), 2)
        warehouse.publish(self.request(warehouse, staged, even))
        assert [row[3] for row in raw.rows(TABLE)] == [2.0, 1.0] * 10

    def test_no_rows(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """A partition may be published without rows; those it had are gone."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        warehouse.publish(self.request(warehouse, self.staged(warehouse, []), {0: 2}))
        assert raw.rows(TABLE) == [score(1, 1)]
        assert (TABLE, day(0), 2) in raw.published()

    def test_only_the_publication(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Without anything to rewrite the publication is renewed, and no row is touched."""
        rows = [score(0, 1), score(0, 2)]
        self.publish(warehouse, rows)
        staged = self.staged(warehouse, rows)
        warehouse.publish(self.request(warehouse, staged, {0: 2}, rewrite=[]))
        assert raw.rows(TABLE) == rows
        assert raw.published() == [(TABLE, day(0), 1), (TABLE, day(0), 2)]

    def test_rewritten_and_renewed(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """In one request some partitions may be rewritten and the others only renewed."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        staged = self.staged(warehouse, [score(0, 1), score(1, 2)])
        warehouse.publish(self.request(warehouse, staged, {0: 2, 1: 2}, rewrite=[1]))
        assert raw.rows(TABLE) == [score(0, 1), score(1, 2)]
        assert {entry[2] for entry in raw.published() if entry[1] == day(0)} == {1, 2}

    def test_version_taken(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """A version that somebody else published is a conflict, and nothing at all is changed."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        before = raw.rows(TABLE), raw.published()
        staged = self.staged(warehouse, [score(number, 9) for number in range(3)])
        with pytest.raises(PublicationConflict):
            warehouse.publish(self.request(warehouse, staged, {0: 2, 1: 1, 2: 1}))
        assert (raw.rows(TABLE), raw.published()) == before

    def test_failure_in_the_middle(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Rows that cannot be read fail the whole request: old rows and publications stay."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        before = raw.rows(TABLE), raw.published()
        poisoned = raw.poisoned(COLUMNS, score(0, 9))
        known = [publication(number, 2, rows=1, content=7) for number in (0, 1)]
        with pytest.raises(GaplessError):
            warehouse.publish(PublishRequest(TABLE, "day", poisoned, known, [day(0), day(1)]))
        assert (raw.rows(TABLE), raw.published()) == before

    def test_after_a_failure(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """After a failed request the session is as before: the next one goes through."""
        self.publish(warehouse, [score(0, 1)])
        poisoned = raw.poisoned(COLUMNS, score(0, 9))
        known = [publication(0, 2, rows=1, content=7)]
        with pytest.raises(GaplessError):
            warehouse.publish(PublishRequest(TABLE, "day", poisoned, known, [day(0)]))
        self.publish(warehouse, [score(0, 5)], version=2)
        assert raw.rows(TABLE) == [score(0, 5)]

    @pytest.mark.parametrize("change", [{"rows": 3}, {"content": 12345}])
    def test_not_what_was_staged(self, warehouse: Warehouse, change: dict[str, int]) -> None:
        """What is live in the end is read again, and must be what the publication says."""
        request = self.request(warehouse, self.staged(warehouse, [score(0, 1)]), {0: 1})
        wrong = [replace(known, **change) for known in request.publications]  # type: ignore[arg-type]
        with pytest.raises(WarehouseError, match=f"{TABLE}: .*first {day(0)}"):
            warehouse.publish(replace(request, publications=wrong))

    def test_statements_of_many_dates(self, warehouse: Warehouse) -> None:
        """Publishing a hundred dates takes as many statements as publishing two."""

        def sent(first: int, count: int) -> int:
            numbers = range(first, first + count)
            staged = self.staged(warehouse, [score(number, 1) for number in numbers])
            request = self.request(warehouse, staged, dict.fromkeys(numbers, 1))
            before = warehouse.statements
            warehouse.publish(request)
            return warehouse.statements - before

        sent(0, 1)
        assert sent(100, 100) == sent(10, 2)

    # Columns

    def test_column_added(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """A new column is added; rows published before have NULL in it."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        wider = {**COLUMNS, "team": "VARCHAR"}
        staged = self.staged(warehouse, [(*score(1, 2), "LAL")], wider)
        warehouse.publish(self.request(warehouse, staged, {1: 2}, columns=wider))
        assert raw.columns(TABLE) == wider
        assert raw.rows(TABLE) == [(*score(0, 1), None), (*score(1, 2), "LAL")]

    def test_order_of_columns(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Columns are told apart by their names, not by their places."""
        self.publish(warehouse, [score(0, 1)])
        turned = dict(reversed(COLUMNS.items()))
        staged = self.staged(warehouse, [tuple(reversed(score(0, 2)))], turned)
        warehouse.publish(self.request(warehouse, staged, {0: 2}, columns=turned))
        assert raw.rows(TABLE) == [score(0, 2)]

    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ({"day": "DATE", "player": "INTEGER", "points": "DOUBLE"}, "name"),
            ({**COLUMNS, "points": "VARCHAR"}, "points"),
            ({**COLUMNS, "player": "BIGINT"}, "player"),
        ],
        ids=["removed", "type changed", "type widened"],
    )
    def test_column_removed_or_changed(
        self, warehouse: Warehouse, raw: RawAccess, columns: dict[str, str], said: str
    ) -> None:
        """A column that is gone, or of another type, is refused by name; nothing is changed."""
        self.publish(warehouse, [score(0, 1)])
        before = raw.rows(TABLE), raw.published(), raw.columns(TABLE)
        sound = dict(zip(COLUMNS, score(0, 2), strict=True))
        row = tuple(sound[name] for name in columns)
        staged = self.staged(warehouse, [row], columns)
        request = self.request(warehouse, staged, {0: 2}, columns=columns)
        with pytest.raises(SchemaChanged, match=said) as caught:
            warehouse.publish(request)
        assert caught.value.untouched == "Nothing was published."
        assert (raw.rows(TABLE), raw.published(), raw.columns(TABLE)) == before

    # Several sessions

    def test_two_publish_the_same(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Of two sessions publishing the same version one wins, the other has a conflict."""
        for version in range(1, 6):
            start = threading.Barrier(2)

            def publish(
                player: int, start: threading.Barrier = start, version: int = version
            ) -> str:
                session = warehouse.session()
                try:
                    staged = self.staged(session, [score(0, player)], name=f"of_{player}")
                    request = self.request(session, staged, {0: version})
                    start.wait(timeout=30)
                    session.publish(request)
                except PublicationConflict:
                    return "conflict"
                finally:
                    session.close()
                return f"player {player}"

            with ThreadPoolExecutor(2) as pool:
                outcomes = sorted(pool.map(publish, (1, 2)))
            [row] = raw.rows(TABLE)
            assert outcomes == ["conflict", f"player {row[1]}"]
            assert raw.published() == [(TABLE, day(0), known + 1) for known in range(version)]

    def test_two_publish_side_by_side(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Sessions that publish different dates of a new table do not disturb each other."""
        start = threading.Barrier(4)

        def publish(number: int) -> None:
            session = warehouse.session()
            try:
                staged = self.staged(session, [score(number, 1)], name=f"of_{number}")
                request = self.request(session, staged, {number: 1})
                start.wait(timeout=30)
                session.publish(request)
            finally:
                session.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(publish, range(4)))
        assert raw.rows(TABLE) == [score(number, 1) for number in range(4)]

    def test_readers_see_one_or_the_other(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Whoever reads meanwhile sees the rows of the publication that is on record, always."""
        self.publish(warehouse, [score(0, player) for player in range(20)])
        done = threading.Event()
        seen: list[tuple[int | None, set[float]]] = []

        def read() -> None:
            while not done.is_set():
                seen.append(raw.seen(TABLE, day(0)))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for version in range(2, 12):
                rows = [score(0, player, points=float(version)) for player in range(20)]
                self.publish(warehouse, rows, version=version)
        finally:
            done.set()
            reader.join(timeout=30)
        assert seen
        assert [pair for pair in seen if pair[1] != {float(pair[0] or 0)}] == []


class RecordContract(_Publishing):
    """The facts about publications on record and refused rows; part of `WarehouseContract`."""

    def test_nothing_published(self, warehouse: Warehouse) -> None:
        """Where nothing was published there are no publications, of no partition."""
        assert warehouse.publications() == {}
        assert warehouse.publication_log(TABLE, day(0)) == []

    def test_every_field(self, warehouse: Warehouse) -> None:
        """A publication comes back with everything it said, evidence and moment included."""
        request = self.request(warehouse, self.staged(warehouse, [score(0, 1)]), {0: 1})
        [measured] = request.publications
        said = replace(
            measured,
            run_id=AWKWARD,
            state="waived",
            actor=AWKWARD,
            evidence={"waiver": {"reason": AWKWARD}, "none": None, "n": [1, 2.5, True]},
        )
        warehouse.publish(replace(request, publications=[said]))
        assert warehouse.publications() == {(TABLE, day(0)): said}
        assert warehouse.publication_log(TABLE, day(0)) == [said]

    def test_newest_and_log(self, warehouse: Warehouse) -> None:
        """The newest version of each partition counts; the log has all of them, oldest first."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        for version in range(2, 12):
            self.publish(warehouse, [score(0, version)], version=version)
        newest = {where[1]: known.version for where, known in warehouse.publications().items()}
        assert newest == {day(0): 11, day(1): 1}
        log = warehouse.publication_log(TABLE, day(0))
        assert [known.version for known in log] == list(range(1, 12))

    def test_moment_of_another_zone(self, warehouse: Warehouse) -> None:
        """A moment given in another zone comes back as the same moment in UTC."""
        moment = datetime.fromisoformat("2024-02-28T22:30:00-05:00")
        request = self.request(warehouse, self.staged(warehouse, [score(0, 1)]), {0: 1})
        known = [replace(one, published_at=moment) for one in request.publications]
        warehouse.publish(replace(request, publications=known))
        [found] = warehouse.publications().values()
        assert found.published_at == moment
        assert found.published_at.tzinfo is UTC

    def refuse(
        self,
        warehouse: Warehouse,
        rows: Sequence[Row],
        numbers: Sequence[int],
        run_id: str = "run-a",
        columns: Mapping[str, str] = COLUMNS,
    ) -> str:
        """Put refused rows into quarantine and return where they are."""
        staged = self.staged(warehouse, rows, columns)
        days = [day(number) for number in numbers]
        return warehouse.quarantine(QuarantineRequest(TABLE, "day", staged, days, run_id, NOON))

    def test_refused_rows_are_kept(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Refused rows are kept with the run and the moment; rows of other dates are not."""
        place = self.refuse(warehouse, [score(0, 1), score(1, 1), score(2, 1)], [0, 2])
        marks = ("run-a", NOON.replace(tzinfo=None))
        assert raw.rows(place) == [(*score(0, 1), *marks), (*score(2, 1), *marks)]

    def test_refused_again(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Rows that are refused later stand beside those refused before."""
        place = self.refuse(warehouse, [score(0, 1)], [0])
        assert self.refuse(warehouse, [score(0, 1)], [0], run_id="run-b") == place
        assert [row[4] for row in raw.rows(place)] == ["run-a", "run-b"]

    def test_refused_rows_are_not_published(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Refusing touches no published row and no publication."""
        self.publish(warehouse, [score(0, 1)])
        before = raw.rows(TABLE), raw.published()
        self.refuse(warehouse, [score(0, 2)], [0])
        assert (raw.rows(TABLE), raw.published()) == before

    @pytest.mark.parametrize(
        "columns",
        [
            {**COLUMNS, "team": "VARCHAR"},
            {"day": "DATE", "player": "INTEGER", "points": "DOUBLE"},
            {**COLUMNS, "points": "VARCHAR"},
            {**COLUMNS, "name": "INTEGER"},
        ],
        ids=["added", "removed", "type changed", "text no more"],
    )
    def test_refused_rows_of_another_shape(
        self, warehouse: Warehouse, raw: RawAccess, columns: dict[str, str]
    ) -> None:
        """Refused rows are kept, whatever the columns of those refused before."""
        self.refuse(warehouse, [score(0, 1)], [0])
        sound: dict[str, Any] = {"day": day(1), "player": 2, "points": 3, "team": "LAL"}
        row = tuple(sound.get(name, 4) for name in columns)
        place = self.refuse(warehouse, [row], [1], run_id="run-b", columns=columns)
        place_of = list(raw.columns(place)).index("player")
        assert [found[place_of] for found in raw.rows(place)] == [1, 2]

    def test_refusing_fails(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Rows that cannot be read are not kept by half, and the session goes on."""
        place = self.refuse(warehouse, [score(0, 1)], [0])
        before = raw.rows(place)
        poisoned = raw.poisoned(COLUMNS, score(0, 9))
        with pytest.raises(GaplessError):
            warehouse.quarantine(QuarantineRequest(TABLE, "day", poisoned, [day(0)], "run-b", NOON))
        assert raw.rows(place) == before
        self.refuse(warehouse, [score(0, 2)], [0])
        assert len(raw.rows(place)) == 2


class QueryContract(_Publishing):
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


class LoadContract:
    """The facts about loading files; part of `WarehouseContract`."""

    @pytest.fixture
    def write(self, tmp_path: Path) -> Callable[..., str]:
        """Return a function that writes a CSV file and returns its path."""

        def write(
            rows: Sequence[Sequence[object]],
            name: str = "scores.csv",
            header: Sequence[str] = tuple(COLUMNS),
        ) -> str:
            file = tmp_path / name
            with file.open("w", newline="", encoding="utf-8") as opened:
                writer = csv.writer(opened)
                writer.writerow(header)
                writer.writerows(rows)
            return str(file)

        return write

    def load(self, warehouse: Warehouse, *files: str, **options: Any) -> LoadResult:
        """Load files into the source table."""
        request = LoadRequest(SOURCE, "day", ("player",), COLUMNS, files)
        return warehouse.load_files(replace(request, **options))

    def refusal(self, warehouse: Warehouse, *files: str, **options: Any) -> str:
        """Return the reason for which files are refused."""
        with pytest.raises(LoadError) as caught:
            self.load(warehouse, *files, **options)
        assert caught.value.untouched == f"Nothing was loaded into {SOURCE}."
        return caught.value.what

    def test_first_load(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """The first load creates the table with the declared columns and adds every date."""
        rows = [score(0, 1, name=AWKWARD), score(0, 2, name=None), score(1, 1)]
        result = self.load(warehouse, write(rows))
        assert raw.columns(SOURCE) == COLUMNS
        assert raw.rows(SOURCE) == sorted(rows, key=lambda row: row[:2])
        assert result == LoadResult(SOURCE, rows=3, dates=2, replaced=0, added=2, unchanged=0)

    def test_loaded_again(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Loading the same file again changes nothing, and says so."""
        file = write([score(0, 1), score(1, 1)])
        self.load(warehouse, file)
        before = raw.rows(SOURCE)
        result = self.load(warehouse, file)
        assert result == LoadResult(SOURCE, rows=2, dates=2, replaced=0, added=0, unchanged=2)
        assert raw.rows(SOURCE) == before

    def test_only_what_differs(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Dates that differ are replaced, new ones added, and those not in the file stay."""
        self.load(warehouse, write([score(0, 1), score(1, 1), score(2, 1), score(2, 2)]))
        file = write([score(1, 1), score(2, 1, points=9.0), score(3, 1)])
        assert self.load(warehouse, file) == LoadResult(
            SOURCE, rows=3, dates=3, replaced=1, added=1, unchanged=1
        )
        assert raw.rows(SOURCE) == [
            score(0, 1),
            score(1, 1),
            score(2, 1, points=9.0),
            score(3, 1),
        ]

    def test_several_files(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Several files are one table, also when their columns stand in another order."""
        turned = [tuple(reversed(score(1, 1)))]
        files = [write([score(0, 1)]), write(turned, "more.csv", tuple(reversed(COLUMNS)))]
        self.load(warehouse, *files)
        assert raw.rows(SOURCE) == [score(0, 1), score(1, 1)]

    def test_other_columns_are_ignored(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Columns that are not declared are not loaded."""
        self.load(warehouse, write([(*score(0, 1), "x")], header=(*COLUMNS, "extra")))
        assert raw.columns(SOURCE) == COLUMNS

    def test_texts_stay_texts(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """A text that looks like a number keeps its zeros, and one with commas its commas."""
        rows = [score(0, 1, name="0022200123"), score(0, 2, name="a, b")]
        self.load(warehouse, write(rows))
        assert raw.rows(SOURCE) == rows

    def test_file_without_rows(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """A file without rows changes nothing."""
        self.load(warehouse, write([score(0, 1)]))
        result = self.load(warehouse, write([]))
        assert result == LoadResult(SOURCE, rows=0, dates=0, replaced=0, added=0, unchanged=0)
        assert raw.rows(SOURCE) == [score(0, 1)]

    def test_parquet(self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path) -> None:
        """Parquet files are loaded like CSV files, and are the same rows."""
        rows = [score(0, 1, name=AWKWARD), score(1, 2)]
        raw.write_parquet(tmp_path / "scores.parquet", COLUMNS, rows)
        file = str(tmp_path / "scores.parquet")
        assert self.load(warehouse, file).added == 2
        assert raw.rows(SOURCE) == rows
        assert self.load(warehouse, file).unchanged == 2

    # Files that are refused

    def test_missing_column(self, warehouse: Warehouse, write: Callable[..., str]) -> None:
        """A declared column that the file has not is refused with the nearest one it has."""
        file = write([score(0, 1)], header=("day", "players", "name", "points"))
        assert self.refusal(warehouse, file) == (
            "scores.csv has no column 'player', which raw.scores needs. Did you mean 'players'?"
        )

    @pytest.mark.parametrize(
        ("column", "value", "kind"),
        [
            ("points", "many", "DOUBLE"),
            ("player", "1.5", "INTEGER"),
            ("player", "99999999999", "INTEGER"),
            ("day", "2024-02-30", "DATE"),
            ("day", "yesterday", "DATE"),
        ],
    )
    def test_wrong_value(
        self,
        warehouse: Warehouse,
        raw: RawAccess,
        write: Callable[..., str],
        column: str,
        value: str,
        kind: str,
    ) -> None:
        """A value that does not fit its type is refused and shown, and nothing is loaded."""
        self.load(warehouse, write([score(0, 1)]))
        wrong = dict(zip(COLUMNS, score(1, 1), strict=True)) | {column: value}
        said = self.refusal(warehouse, write([score(0, 9), tuple(wrong.values())]))
        assert said == f"scores.csv: column {column!r} holds {value!r}, which is no {kind}."
        assert raw.rows(SOURCE) == [score(0, 1)]

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("INT", "1.5"),
            ("integer", "1.5"),
            ("UINTEGER", "1.5"),
            ("HUGEINT", "1.5"),
            ("DECIMAL(4,1)", "1.25"),
            ("DATE", "2024-02-28 19:30:00"),
        ],
    )
    def test_value_that_would_lose_a_part(
        self, warehouse: Warehouse, write: Callable[..., str], kind: str, value: str
    ) -> None:
        """A value that fits its type only by losing a part of it does not fit."""
        columns = {"day": "DATE", "player": "INTEGER", "value": kind}
        file = write([(day(0), 1, value)], header=tuple(columns))
        said = self.refusal(warehouse, file, columns=columns)
        assert said == f"scores.csv: column 'value' holds {value!r}, which is no {kind}."

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("INTEGER", "2.0"),
            ("BIGINT", "9007199254740993"),
            ("DECIMAL(4,1)", "1.50"),
            ("DATE", "0001-01-01"),
            ("DATE", "9999-12-31"),
            ("DATE", "2024-02-28 00:00:00"),
            ("DOUBLE", "1e300"),
            ("BOOLEAN", "true"),
        ],
    )
    def test_value_that_fits(
        self,
        warehouse: Warehouse,
        raw: RawAccess,
        write: Callable[..., str],
        kind: str,
        value: str,
    ) -> None:
        """A value that is only written in another way fits, and is what it says."""
        columns = {"day": "DATE", "player": "INTEGER", "value": kind}
        self.load(warehouse, write([(day(0), 1, value)], header=tuple(columns)), columns=columns)
        [expected] = warehouse.fetch(f"SELECT CAST('{value}' AS {kind}) AS value")
        assert [row[2:] for row in raw.rows(SOURCE)] == [expected]

    def test_wrong_value_in_parquet(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """A value of a typed file is held to the declared type as well."""
        typed = {**COLUMNS, "player": "DOUBLE"}
        raw.write_parquet(tmp_path / "scores.parquet", typed, [(day(0), 1.5, "Ann", 1.0)])
        said = self.refusal(warehouse, str(tmp_path / "scores.parquet"))
        assert "column 'player' holds '1.5', which is no INTEGER" in said

    def test_repeated_key(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Two rows of one key are refused with the key, and nothing is loaded."""
        self.load(warehouse, write([score(0, 1)]))
        rows = [score(0, 2), score(1, 7), score(1, 7, points=2.0)]
        said = self.refusal(warehouse, write(rows))
        assert said == f"scores.csv: 2 rows have the same key (day {day(1)}, player 7)."
        assert raw.rows(SOURCE) == [score(0, 1)]

    @pytest.mark.parametrize("place", [0, 1])
    def test_no_key(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str], place: int
    ) -> None:
        """A row without a date or without a key is refused, and nothing is loaded."""
        self.load(warehouse, write([score(0, 1)]))
        wrong = [None if number == place else value for number, value in enumerate(score(1, 1))]
        said = self.refusal(warehouse, write([score(0, 9), wrong]))
        assert said == "scores.csv: 1 rows lack one of day, player."
        assert raw.rows(SOURCE) == [score(0, 1)]

    def test_missing_file(self, warehouse: Warehouse, tmp_path: Path) -> None:
        """A file that is not there is refused by name."""
        assert "nothing.csv" in self.refusal(warehouse, str(tmp_path / "nothing.csv"))

    def test_refused_file_leaves_the_session(
        self, warehouse: Warehouse, write: Callable[..., str]
    ) -> None:
        """After a refused file the next one can be loaded."""
        self.refusal(warehouse, write([score(0, 1), score(0, 1)]))
        assert self.load(warehouse, write([score(0, 1)])).added == 1

    # Rows that move

    def test_moved_row(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Where keys are unique over all dates, a row that comes with another date has moved."""
        self.load(warehouse, write([score(0, 1), score(0, 2), score(1, 3)]), moves=True)
        result = self.load(warehouse, write([score(1, 3), score(5, 1)]), moves=True)
        assert (result.moved, result.added, result.unchanged) == (1, 1, 1)
        assert raw.rows(SOURCE) == [score(0, 2), score(1, 3), score(5, 1)]

    def test_moved_into_a_known_date(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """A row may move to a date that has others, from a date that is in the file as well."""
        self.load(warehouse, write([score(0, 1), score(0, 2), score(1, 3)]), moves=True)
        file = write([score(0, 2), score(1, 3), score(1, 1)])
        assert self.load(warehouse, file, moves=True).replaced == 2
        assert raw.rows(SOURCE) == [score(0, 2), score(1, 1), score(1, 3)]

    def test_moves_again(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Loading again what has moved changes nothing."""
        self.load(warehouse, write([score(0, 1)]), moves=True)
        file = write([score(5, 1)])
        self.load(warehouse, file, moves=True)
        result = self.load(warehouse, file, moves=True)
        assert (result.moved, result.unchanged) == (0, 1)
        assert raw.rows(SOURCE) == [score(5, 1)]

    def test_key_on_two_dates(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Where keys are unique over all dates, a file with one on two dates is refused."""
        self.load(warehouse, write([score(0, 1)]), moves=True)
        said = self.refusal(warehouse, write([score(0, 1), score(5, 1)]), moves=True)
        assert "player 1" in said
        assert raw.rows(SOURCE) == [score(0, 1)]

    def test_nothing_moves_unless_declared(
        self, warehouse: Warehouse, raw: RawAccess, write: Callable[..., str]
    ) -> None:
        """Elsewhere the same key on another date is another row."""
        self.load(warehouse, write([score(0, 1)]))
        assert self.load(warehouse, write([score(5, 1)])).moved == 0
        assert raw.rows(SOURCE) == [score(0, 1), score(5, 1)]


class WarehouseContract(PublishContract, RecordContract, QueryContract, LoadContract):
    """The facts; subclass it and provide `warehouse` and `raw`."""

    @pytest.fixture
    def warehouse(self) -> Warehouse:
        """Provide an empty warehouse, opened for writing; close it afterwards."""
        raise NotImplementedError("Provide a fixture `warehouse` in the subclass.")

    @pytest.fixture
    def raw(self, warehouse: Warehouse) -> RawAccess:
        """Provide access to the same warehouse past the code under test."""
        raise NotImplementedError("Provide a fixture `raw` in the subclass.")
