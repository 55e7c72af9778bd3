"""What loading files owes the engine, as tests to inherit."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gapless.errors import (
    LoadError,
)
from gapless.testing.warehouse_examples import (
    AWKWARD,
    COLUMNS,
    SOURCE,
    RawAccess,
    day,
    score,
)
from gapless.warehouse.interface import (
    LoadRequest,
    LoadResult,
    Warehouse,
)


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
