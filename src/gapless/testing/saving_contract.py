"""What saving, removing and restoring rows owe the engine, as tests to inherit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from gapless.errors import PublicationConflict, SchemaChanged
from gapless.testing.warehouse_examples import (
    AWKWARD,
    COLUMNS,
    NOON,
    TABLE,
    RawAccess,
    day,
    score,
)
from gapless.warehouse.interface import Removal, RestoreRequest, Row, SavedRows, Warehouse

ODD = {
    "day": "DATE",
    "share": "DOUBLE",
    "big": "HUGEINT",
    "words": "VARCHAR[]",
    "moment": "TIMESTAMP",
    "yes": "BOOLEAN",
}
"""Types of which some have no counterpart in Parquet."""


class SavingContract:
    """The facts about removing rows; part of `WarehouseContract`."""

    def saved(self, file: Path, *numbers: int) -> SavedRows:
        """Name the rows of some days and a file for them."""
        return SavedRows(TABLE, "day", [day(number) for number in numbers], str(file))

    def filled(self, raw: RawAccess) -> Sequence[Row]:
        """Create the table with rows of three days, one of them twice."""
        twice = score(1, 2, points=0.1 + 0.2)
        rows = [score(0, 1), score(0, 2, name=AWKWARD), score(1, 1, name=None), twice, twice]
        raw.create(TABLE, COLUMNS, [*rows, score(2, 1)])
        return [*rows, score(2, 1)]

    def test_saved_rows_are_the_same(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """Words, NULL and fractions come back as they were, and as often."""
        self.filled(raw)
        wanted = self.saved(tmp_path / "saved [1] 'x'.parquet", 0, 1)
        warehouse.save_rows(wanted)
        compared = warehouse.compare_saved(wanted, list(COLUMNS))
        assert [(one.live, one.saved, one.same) for one in compared.values()] == [
            (2, 2, True),
            (3, 3, True),
        ]

    def test_saved_rows_of_odd_types(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """A type that Parquet does not know is either kept or noticed, never rounded silently."""
        raw.create(TABLE, ODD, [])
        raw.execute(
            f"INSERT INTO {TABLE} SELECT DATE '{day(0)}', 'NaN', 7, ['a', NULL], "
            "'2024-01-01 00:00:00.123456', NULL UNION ALL "
            f"SELECT DATE '{day(1)}', 0, 170141183460469231731687303715884105727, [], NULL, TRUE"
        )
        wanted = self.saved(tmp_path / "saved.parquet", 0)
        warehouse.save_rows(wanted)
        assert warehouse.compare_saved(wanted, list(ODD))[day(0)].same

    def test_only_the_saved_days_go(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """And the warehouse says of each that it went."""
        self.filled(raw)
        wanted = self.saved(tmp_path / "saved.parquet", 0, 1)
        warehouse.save_rows(wanted)
        assert warehouse.removals() == []
        warehouse.remove_saved(wanted, "b1", NOON)
        assert raw.rows(TABLE) == [score(2, 1)]
        assert warehouse.removals() == [
            Removal("b1", TABLE, day(0), 2, NOON),
            Removal("b1", TABLE, day(1), 3, NOON),
        ]

    @pytest.mark.parametrize(
        "change",
        [
            f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE player = 1 AND day = '{day(0)}'",
            f"DELETE FROM {TABLE} WHERE player = 1 AND day = '{day(0)}'",
            f"UPDATE {TABLE} SET points = 2 WHERE player = 1 AND day = '{day(0)}'",
            f"UPDATE {TABLE} SET name = NULL WHERE player = 1 AND day = '{day(0)}'",
        ],
        ids=["doubled", "deleted", "changed", "emptied"],
    )
    def test_a_day_that_changed_stays(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path, change: str
    ) -> None:
        """As a whole; the others go."""
        self.filled(raw)
        wanted = self.saved(tmp_path / "saved.parquet", 0, 1)
        warehouse.save_rows(wanted)
        raw.execute(change)
        left = [row for row in raw.rows(TABLE) if row[0] != day(1)]
        compared = warehouse.remove_saved(wanted, "b1", NOON)
        assert [found for found, one in compared.items() if one.same] == [day(1)]
        assert raw.rows(TABLE) == left
        assert [one.partition for one in warehouse.removals()] == [day(1)]

    def test_restored_rows_are_the_same(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """Some of the days, and then into a table that is gone altogether."""
        rows = self.filled(raw)
        wanted = self.saved(tmp_path / "saved.parquet", 0, 1)
        warehouse.save_rows(wanted)
        warehouse.remove_saved(wanted, "b1", NOON)
        warehouse.restore_saved(RestoreRequest(self.saved(tmp_path / "saved.parquet", 1), COLUMNS))
        assert warehouse.compare_saved(wanted, list(COLUMNS))[day(1)].same
        assert len(raw.rows(TABLE)) == 4
        raw.execute(f"DROP TABLE {TABLE}")
        warehouse.restore_saved(RestoreRequest(wanted, COLUMNS))
        assert all(one.same for one in warehouse.compare_saved(wanted, list(COLUMNS)).values())
        assert len(raw.rows(TABLE)) == len(rows) - 1

    def test_live_rows_are_not_restored_over(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """Unless the request has a backup of exactly these."""
        self.filled(raw)
        wanted, newer = self.saved(tmp_path / "a.parquet", 0), self.saved(tmp_path / "b.parquet", 0)
        warehouse.save_rows(wanted)
        raw.execute(f"UPDATE {TABLE} SET points = 5 WHERE day = '{day(0)}'")
        before = raw.rows(TABLE)
        with pytest.raises(PublicationConflict):
            warehouse.restore_saved(RestoreRequest(wanted, COLUMNS))
        with pytest.raises(PublicationConflict):
            warehouse.restore_saved(RestoreRequest(wanted, COLUMNS, wanted, "b1", NOON))
        assert raw.rows(TABLE) == before
        warehouse.save_rows(newer)
        warehouse.restore_saved(RestoreRequest(wanted, COLUMNS, newer, "b2", NOON))
        assert warehouse.compare_saved(wanted, list(COLUMNS))[day(0)].same
        assert warehouse.removals() == [Removal("b2", TABLE, day(0), 2, NOON)]

    def test_a_column_that_is_new_is_empty_and_one_that_is_gone_is_named(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """Saved values are not dropped silently."""
        self.filled(raw)
        wanted = self.saved(tmp_path / "saved.parquet", 0)
        warehouse.save_rows(wanted)
        warehouse.remove_saved(wanted, "b1", NOON)
        raw.execute(f"ALTER TABLE {TABLE} ADD COLUMN more INTEGER")
        warehouse.restore_saved(RestoreRequest(wanted, COLUMNS))
        assert warehouse.compare_saved(wanted, list(COLUMNS))[day(0)].same
        raw.execute(f"DELETE FROM {TABLE} WHERE day = '{day(0)}'")
        raw.execute(f"ALTER TABLE {TABLE} DROP COLUMN name")
        with pytest.raises(SchemaChanged, match="no column name"):
            warehouse.restore_saved(RestoreRequest(wanted, COLUMNS))

    def test_a_column_that_is_computed_comes_back_by_itself(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """Nobody may write it; its values are compared with the saved ones all the same."""
        raw.create(TABLE, COLUMNS, [])
        raw.execute(f"DROP TABLE {TABLE}")
        raw.execute(
            f"CREATE TABLE {TABLE} (day DATE, player INTEGER, "
            "twice INTEGER GENERATED ALWAYS AS (2 * player))"
        )
        raw.execute(f"INSERT INTO {TABLE} (day, player) VALUES ('{day(0)}', 7)")
        before, columns = raw.rows(TABLE), raw.columns(TABLE)
        wanted = self.saved(tmp_path / "saved.parquet", 0)
        warehouse.save_rows(wanted)
        warehouse.remove_saved(wanted, "b1", NOON)
        warehouse.restore_saved(RestoreRequest(wanted, columns))
        assert raw.rows(TABLE) == before

    def test_files_are_merged(self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path) -> None:
        """A row is there as often as in the file with most of it; contradictions are named."""
        rows = self.filled(raw)
        first, second = self.saved(tmp_path / "a.parquet", 0, 1), self.saved(tmp_path / "b", 0, 1)
        warehouse.save_rows(first)
        changed = score(0, 1, points=-1.0)
        raw.execute(f"DROP TABLE {TABLE}")
        raw.create(TABLE, COLUMNS, [changed, score(1, 1, name=None), score(1, 2), score(1, 3)])
        warehouse.save_rows(second)
        merged, columns = self.saved(tmp_path / "merged.parquet", 0, 1), list(COLUMNS)
        clashing = warehouse.merge_saved([first, second], merged, columns, ["day", "player"])
        assert clashing == {day(0), day(1)}
        assert warehouse.merge_saved([first, second], merged, columns, []) == set()
        raw.execute(f"DELETE FROM {TABLE}")
        warehouse.restore_saved(RestoreRequest(merged, COLUMNS))
        expected = Counter([*rows[:-1], changed, score(1, 2), score(1, 3)])
        assert Counter(raw.rows(TABLE)) == expected

    def test_a_removal_is_recorded_once(
        self, warehouse: Warehouse, raw: RawAccess, tmp_path: Path
    ) -> None:
        """The same backup again finds nothing to remove."""
        self.filled(raw)
        wanted = self.saved(tmp_path / "saved.parquet", 0)
        warehouse.save_rows(wanted)
        found = [warehouse.remove_saved(wanted, "b1", NOON)[day(0)].same for _ in range(2)]
        assert found == [True, False]
        assert len(warehouse.removals()) == 1
