"""F20 and F21: a ledger that cannot be written, and disks that are full."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gapless.errors import LedgerUnavailable
from gapless.ledger.interface import Verdict
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.backfill import backfill
from gapless.verbs.selection import Selection
from support.child import finished
from support.shopkeeper import CONFIGURATION, SHOP_DAYS, Shopkeeper, outcomes

NOBODY = 65534
MEBIBYTE = 1024 * 1024

WORDY_SITE = f"""\
from support.shop import shop_pipeline
from support.shopkeeper import SHOP_DAYS, redefined

pipeline = redefined(
    shop_pipeline(),
    SHOP_DAYS,
    "SELECT s.day, s.shop_id, o.name, o.region, s.amount, "
    "array_to_string(list_transform(range({MEBIBYTE // 512}), "
    "lambda n: md5((n * s.shop_id)::VARCHAR)), '') AS receipt "
    "FROM sales AS s JOIN opening_hours AS o USING (day, shop_id) WHERE NOT o.closed_for_good",
)
"""
"""The shop pipeline with 64 kibibytes of receipt on every row, which nothing compresses."""


def sqlite(shop: Shopkeeper, statement: str) -> None:
    """Change the ledger as nobody should."""
    with closing(sqlite3.connect(shop.ledger_file)) as connection:
        connection.execute(statement)
        connection.commit()


# -- 20: the ledger cannot be written --------------------------------------------------------


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gapless-public-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("known", [True, False])
def test_read_only_ledger_stops_the_run_before_it_writes(
    done: Shopkeeper, public_folder: Path, *, known: bool
) -> None:
    """F20: a user who may write the warehouse but not the ledger changes neither."""
    shop = done.copy(public_folder / "shop")
    shop.change("UPDATE raw.sales SET amount = amount + 1")
    ledger_folder = public_folder / "ledger"
    ledger_folder.mkdir(mode=0o755)
    if known:
        shutil.copy(shop.ledger_file, ledger_folder)
    shop.command("plan")  # writes the configuration
    configuration = shop.folder / "gapless.toml"
    text = CONFIGURATION.replace("ledger.sqlite", f"/{ledger_folder}/ledger.sqlite")
    configuration.write_text(text)
    for file in (shop.folder, *shop.folder.iterdir()):
        file.chmod(0o777)
    for file in ledger_folder.iterdir():
        file.chmod(0o444)
    if os.getuid() != 0:
        ledger_folder.chmod(0o555)
    before = shop.everything()
    found = finished("command", "none", NOBODY, "backfill", "--config", configuration)
    ledger_folder.chmod(0o755)
    assert found.returncode == 3, found.stderr
    assert "ledger" in found.stderr
    assert shop.everything() == before


def test_unwritable_ledger_leaves_a_new_warehouse_as_it_was(shop: Shopkeeper) -> None:
    """F20: not even the table of publications is created when the history cannot be kept."""
    shop.ledger_file.mkdir()
    before = shop.everything()
    assert shop.command("backfill").exit_code == 3
    assert shop.everything() == before


def test_locked_ledger_stops_the_run_before_it_writes(done: Shopkeeper) -> None:
    """F20: a ledger that another process keeps locked is not waited for in the middle of a run."""
    done.change("UPDATE raw.sales SET amount = amount + 1")
    before = done.everything()
    impatient = SqlLedger(f"sqlite:///{done.ledger_file}", lock_timeout=0.1)
    with closing(sqlite3.connect(done.ledger_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="locked"), done.opened(ledger=impatient):
            pytest.fail("the ledger was opened")
    assert done.everything() == before


def test_ledger_that_fails_at_the_start_stops_the_run_before_it_writes(done: Shopkeeper) -> None:
    """F20: when the plan cannot be written down, nothing is computed."""
    done.change("UPDATE raw.sales SET amount = amount + 1")
    with breaking(done, "gapless_runs"):
        before = done.everything()
        found = done.command("backfill")
        assert found.exit_code == 3, found.err
        assert done.everything() == before
    assert done.command("backfill").exit_code == 0


def test_ledger_that_fails_under_way_is_not_nothing_started(done: Shopkeeper) -> None:
    """A ledger lost in the middle of a run is told as such: something was published."""
    done.change("UPDATE raw.sales SET amount = amount + 1")
    with breaking(done, "gapless_attempts"):
        found = done.command("backfill")
    assert found.exit_code == 4, found.err
    assert "ledger" in found.err


def test_ledger_that_failed_under_way_is_made_good(done: Shopkeeper) -> None:
    """What was published while the ledger failed is written down by the next run."""
    done.change("UPDATE raw.sales SET amount = amount + 1")
    with breaking(done, "gapless_attempts"):
        done.command("backfill")
    assert done.publications()[SHOP_DAYS, 4] == [1, 2]
    report = done.backfill()
    assert report.exit_code == 0
    assert outcomes(report, SHOP_DAYS)[4] == "done"
    assert done.attempts(SHOP_DAYS, 4)[-1].verdict is Verdict.RECOVERED
    with done.ledger() as ledger:
        assert ledger.leases() == []


def test_waiver_that_cannot_be_written_publishes_nothing(shop: Shopkeeper) -> None:
    """The permission is on record before anything is published under it, or nothing is."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill()
    with breaking(shop, "gapless_waivers"):
        found = shop.command(
            "backfill", SHOP_DAYS, "--dates", "2024-01-05", "--force", "--reason", "hurry"
        )
    assert found.exit_code != 0
    assert (SHOP_DAYS, 4) not in shop.publications()


@contextmanager
def breaking(shop: Shopkeeper, table: str) -> Iterator[None]:
    """Let the ledger refuse every new row of one table, as a full disk would."""
    sqlite(
        shop,
        f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    yield
    sqlite(shop, "DROP TRIGGER full_disk")


# -- 21: the disk is full --------------------------------------------------------------------


@pytest.fixture
def wordy(shop: Shopkeeper) -> Shopkeeper:
    """A shop whose first computed table takes six mebibytes."""
    shop.command("status")  # writes the configuration
    (shop.folder / "shop_site.py").write_text(WORDY_SITE)
    return shop


def test_full_disk_publishes_no_half(wordy: Shopkeeper) -> None:
    """F21: when a file cannot grow, the transaction is rolled back, and the exit code says so."""
    before = wordy.held()
    found = limited(wordy, 2 * MEBIBYTE)
    assert found.returncode not in (0, 3), found.stderr[-2000:]
    assert found.returncode > 0, "the program was killed"
    assert wordy.held() == before == {}
    assert wordy.publications() == {}


def test_full_disk_is_named(wordy: Shopkeeper) -> None:
    """F21: the user is told that space ran out and what to do, not what DuckDB calls it."""
    found = limited(wordy, 2 * MEBIBYTE)
    text = " ".join((found.stdout + found.stderr).split())
    assert "ran out of space" in text
    assert "Traceback" not in text


def test_run_after_a_full_disk_completes(wordy: Shopkeeper) -> None:
    """F21: once there is space again, the same command does everything."""
    limited(wordy, 2 * MEBIBYTE)
    found = limited(wordy, None)
    assert found.returncode == 0, found.stderr[-2000:]
    assert len(wordy.publications()) == 28
    assert len(wordy.held()) == 28


def test_full_disk_keeps_what_was_published_before(wordy: Shopkeeper) -> None:
    """F21: old partitions stay readable and published when new ones find no space."""
    assert limited(wordy, None, "--dates", "2024-01-01").returncode == 0
    before, versions = wordy.held(), wordy.publications()
    wordy.change("UPDATE raw.sales SET amount = amount + 1")
    found = limited(wordy, wordy.file.stat().st_size + MEBIBYTE)
    assert found.returncode not in (0, 3)
    assert {slot: rows for slot, rows in wordy.held().items() if slot in before} == before
    assert wordy.publications() == versions


def limited(shop: Shopkeeper, limit: int | None, *more: str) -> subprocess.CompletedProcess[str]:
    """Backfill the first table in a process none of whose files may grow beyond a limit."""
    configuration = shop.folder / "gapless.toml"
    return finished("command", limit or "none", "me", "backfill", *more, "--config", configuration)


@pytest.mark.skipif(os.getuid() != 0, reason="mounting takes root")
def test_nearly_full_disk_starts_nothing(done: Shopkeeper, tmp_path: Path) -> None:
    """F21: with less space than any run needs preflight refuses, with exit code 3."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or mounted(mount, disk):
        pytest.skip("this machine lets nobody mount")
    try:
        shop = done.copy(disk / "shop")
        shop.change("UPDATE raw.sales SET amount = amount + 1")
        before = shop.everything()
        found = shop.command("backfill")
        assert found.exit_code == 3
        assert "disk" in found.err
        assert shop.everything() == before
    finally:
        subprocess.run([umount, str(disk)], check=True)


def mounted(mount: str, disk: Path) -> int:
    """Put a small disk in memory there; return the exit code of `mount`."""
    command = [mount, "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_error_in_the_middle_gives_back_the_leases(shop: Shopkeeper) -> None:
    """A run that ends with an error holds nobody up afterwards."""
    shop.change("ALTER TABLE raw.sales RENAME COLUMN amount TO total")
    with shop.opened() as workspace:
        report = backfill(workspace, Selection(tables=[SHOP_DAYS])).report
        assert workspace.open_ledger.leases() == []
    assert report.exit_code == 4
    assert set(outcomes(report, SHOP_DAYS).values()) == {"failed"}
