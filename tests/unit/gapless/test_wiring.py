"""Wiring: a wrong setting is refused with the place that it came from."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from gapless.config.settings import CONFIG_FILE, Settings, load_settings
from gapless.errors import ConfigError, LedgerUnavailable, QueryFailed, WarehouseBusy
from gapless.warehouse.duckdb import DuckDBWarehouse
from gapless.wiring import open_tables, pipeline_of, readable_ledger, warehouse_of

FILE = """\
pipeline = "nba"
warehouse = "duckdb:///nba.duckdb"

[thresholds."analytics.no_such_table"]
coverage = 0.95
"""


def test_threshold_of_the_file_beside_a_flag(tmp_path: Path) -> None:
    """A threshold that fits no table is refused with its own origin, whatever else was given."""
    (tmp_path / CONFIG_FILE).write_text(FILE)
    flags = {"threshold": ["player_game_summary.coverage=0.95"]}
    settings = load_settings(flags, environment={}, folder=tmp_path)
    with pytest.raises(ConfigError, match="no_such_table") as caught:
        pipeline_of(settings)
    assert CONFIG_FILE in str(caught.value)
    assert "--threshold" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("hause.duckdb", r"there is no such file or folder. Did you mean 'house.duckdb'\?"),
        ("duckdb:///hause.duckdb", r"there is no such file or folder"),
        ("postgresql://host/house", r"this kind of warehouse is not known"),
        ("*.parquet", r"there is no Parquet file"),
        ("house.parquet", r"there is no Parquet file"),
    ],
)
def test_a_place_without_tables_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    duckdb.connect("house.duckdb").close()
    with pytest.raises(ConfigError, match=sentence) as caught, open_tables(location):
        pass
    assert caught.value.exit_code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["house.duckdb"]


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00" * 300, b"day,guest\n2024-03-01,1\n"]
)
def test_a_file_of_another_kind_is_refused_unread(tmp_path: Path, content: bytes) -> None:
    """DuckDB would look for an extension that reads it, on the network."""
    file = tmp_path / "house.db"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="this is no DuckDB database"), open_tables(str(file)):
        pass


@pytest.mark.parametrize("prefix", ["", "duckdb:///"])
def test_a_database_is_opened_by_file_or_url_for_reading_only(tmp_path: Path, prefix: str) -> None:
    file = tmp_path / "house.duckdb"
    duckdb.connect(str(file)).close()
    with (
        open_tables(f"{prefix}{file}") as tables,
        pytest.raises(QueryFailed, match="read-only"),
    ):
        tables.fetch("CREATE TABLE visits (day DATE)")


def test_a_database_that_somebody_writes_to_names_the_writer(tmp_path: Path) -> None:
    """Nobody declared its tables, so nobody is sent to a ledger."""
    file = tmp_path / "house.duckdb"
    hold = f"import duckdb, time; c = duckdb.connect({str(file)!r}); print('held', flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{hold}; time.sleep(60)"], stdout=subprocess.PIPE
    ) as holder:
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            with pytest.raises(WarehouseBusy, match=rf"process {holder.pid}") as caught:
                open_tables(str(file)).__enter__()
        finally:
            holder.kill()
    assert caught.value.untouched == "Nothing was read."
    assert "together with its .wal" in caught.value.advice
    assert "ledger" not in str(caught.value)


def with_ledger(file: Path) -> Settings:
    """Return the settings of a site with a ledger in that file."""
    flags = {
        "pipeline": "nba",
        "warehouse": "duckdb:///nba.duckdb",
        "ledger": f"sqlite:///{file}",
    }
    return load_settings(flags, environment={}, folder=file.parent)


def test_a_ledger_that_is_not_there_yet_is_none(tmp_path: Path) -> None:
    """Before the first run there is no history, and nothing is permitted."""
    assert readable_ledger(with_ledger(tmp_path / "none.sqlite")) is None


def test_a_ledger_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """What it permits or has revoked is unknown, so nothing is said instead of something false."""
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(b"no database at all, although it has the name of one" * 20)
    with pytest.raises(LedgerUnavailable, match=r"ledger\.sqlite"):
        readable_ledger(with_ledger(file))


def site(folder: Path, spill_folder: str) -> Settings:
    """Write a configuration with a folder to spill into."""
    line = f'spill_folder = "{spill_folder}"\n[thresholds'
    (folder / CONFIG_FILE).write_text(FILE.replace("[thresholds", line))
    return load_settings({}, environment={}, folder=folder)


def test_what_does_not_fit_in_memory_goes_where_the_site_says(tmp_path: Path) -> None:
    """The folder is relative to the file that names it, and holds what was too much."""
    (tmp_path / "fast").mkdir()
    settings = replace(site(tmp_path, "fast"), memory_limit="40MB")
    warehouse = warehouse_of(settings, read_only=False)
    warehouse.stage("much", "SELECT range AS n, hash(range) AS h FROM range(6000000)")
    spilled = [path.name for path in (tmp_path / "fast").iterdir()]
    warehouse.close()
    assert len(spilled) == 1
    assert re.fullmatch(r"nba\.duckdb\.[0-9a-f]{8}\.tmp", spilled[0])


def test_warehouses_of_one_name_do_not_spill_into_one_folder(tmp_path: Path) -> None:
    """Production and test may share a fast disk; their files are called alike."""
    (tmp_path / "fast").mkdir()
    places = set()
    for name in ("production", "test"):
        (tmp_path / name).mkdir()
        url = f"duckdb:///{tmp_path / name / 'nba.duckdb'}"
        warehouse = DuckDBWarehouse(url, spill_folder=tmp_path / "fast")
        places.add(warehouse.fetch("SELECT current_setting('temp_directory')")[0][0])
        warehouse.close()
    assert len(places) == 2


def test_a_folder_to_spill_into_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Nothing is opened: it would otherwise turn out in the middle of a run."""
    with pytest.raises(ConfigError, match=r"spill_folder = 'slow' .*is no folder") as caught:
        warehouse_of(site(tmp_path, "slow"), read_only=False)
    assert CONFIG_FILE in str(caught.value)
    assert "warehouse" not in caught.value.what
    assert caught.value.advice
    assert not (tmp_path / "nba.duckdb").exists()
