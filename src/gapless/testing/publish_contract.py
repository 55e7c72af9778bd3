"""What publishing and its records owe the engine, as tests to inherit."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gapless.errors import (
    GaplessError,
    PublicationConflict,
    SchemaChanged,
    WarehouseError,
)
from gapless.testing.warehouse_examples import (
    AWKWARD,
    COLUMNS,
    NOON,
    TABLE,
    Publishing,
    RawAccess,
    day,
    publication,
    score,
)
from gapless.warehouse.interface import (
    PublishRequest,
    QuarantineRequest,
    Row,
    Warehouse,
)


class PublishContract(Publishing):
    """The facts about publishing; part of `WarehouseContract`."""

    def test_rows_and_publication(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Publishing into nothing creates the table, with the rows and their publications."""
        rows = [score(0, 1), score(0, 2), score(1, 1, name=AWKWARD)]
        self.publish(warehouse, rows)
        assert raw.rows(TABLE) == sorted(rows)
        assert raw.columns(TABLE) == COLUMNS
        assert raw.published() == [(TABLE, day(0), 1), (TABLE, day(1), 1)]

    def test_current_publications(self, warehouse: Warehouse, raw: RawAccess) -> None:
        """Rows join to the newest publication of their partition through one relation."""
        self.publish(warehouse, [score(0, 1), score(1, 1)])
        self.publish(warehouse, [score(1, 2)], version=2)
        newest = [(row[1], row[2]) for row in raw.rows("gapless.current_publications")]
        assert newest == [(day(0), 1), (day(1), 2)]

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


class RecordContract(Publishing):
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
