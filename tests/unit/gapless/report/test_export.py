"""Exports keep types, words of any kind, and what is not known."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gapless.errors import UsageError
from gapless.report.export import export_writer

COLUMNS = {
    "name": "VARCHAR",
    "day": "DATE",
    "count": "BIGINT",
    "share": "DOUBLE",
    "chosen": "BOOLEAN",
    "moment": "TIMESTAMP",
}
MOMENT = datetime(2024, 12, 31, 12, 0, 0, 250_000, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {
        "name": 'O\'Neal, "100 %" ŠĐ\n篮球',
        "day": date(2024, 2, 29),
        "count": 187,
        "share": 0.1,
        "chosen": True,
        "moment": MOMENT.astimezone(timezone(timedelta(hours=-5))),
    },
    dict.fromkeys(COLUMNS),
]
WANTED = [
    (
        ROWS[0]["name"],
        date(2024, 2, 29),
        187,
        0.1,
        True,
        datetime(2024, 12, 31, 12, 0, 0, 250_000),  # noqa: DTZ001 - UTC without saying so
    ),
    (None,) * 6,
]


def exported(file: Path, rows: list[dict[str, Any]]) -> Path:
    export_writer(file, where="--export")(file, COLUMNS, rows)
    return file


@pytest.mark.parametrize("suffix", ["csv", "parquet", "CSV"])
def test_an_engine_reads_back_what_was_written(tmp_path: Path, suffix: str) -> None:
    """Dates are dates, counts are whole numbers, and what is not known is NULL."""
    file = exported(tmp_path / f"history.{suffix}", ROWS)
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM '{file}'")
        kinds = [str(column[1]) for column in found.description or ()]
        assert found.fetchall() == WANTED
    assert kinds == list(COLUMNS.values())


def test_parquet_without_rows_has_its_columns(tmp_path: Path) -> None:
    file = exported(tmp_path / "history.parquet", [])
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM '{file}'").fetchall()
    assert {row[0]: row[1] for row in described} == COLUMNS


def test_csv_without_rows_has_its_header(tmp_path: Path) -> None:
    file = exported(tmp_path / "history.csv", [])
    with file.open(newline="", encoding="utf-8") as opened:
        assert list(csv.reader(opened)) == [list(COLUMNS)]


def test_json_is_a_list_and_json_lines_are_lines(tmp_path: Path) -> None:
    whole = json.loads(exported(tmp_path / "history.json", ROWS).read_text(encoding="utf-8"))
    lines = exported(tmp_path / "history.jsonl", ROWS).read_text(encoding="utf-8").splitlines()
    assert whole == [json.loads(line) for line in lines]
    assert (whole[0]["day"], whole[0]["count"], whole[1]["day"]) == ("2024-02-29", 187, None)
    assert datetime.fromisoformat(whole[0]["moment"]) == MOMENT


@pytest.mark.parametrize("name", ["history.xlsx", "history", ".csv"])
def test_an_unknown_suffix_is_refused_with_those_known(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.csv, \.parquet, \.json, \.jsonl"):
        export_writer(Path(name), where="--export")
