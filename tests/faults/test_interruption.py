"""A run that is interrupted, or ends for a reason nobody foresaw, says so and can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapless.ledger.interface import Verdict
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.child import finished
from support.shopkeeper import SHOP_DAYS, Shopkeeper, touched

INTERRUPTED = 130


def configuration(shop: Shopkeeper) -> Path:
    """Write the configuration of a shop and return its file."""
    shop.command("--version")
    return shop.folder / "gapless.toml"


def interrupt(shop: Shopkeeper, boundary: str, *more: str) -> None:
    """Backfill in a process of its own and press Ctrl-C at a boundary."""
    command = ("backfill", "--chunk-size", "3", *more, "--config", configuration(shop))
    done = finished("interrupted", boundary, 1, *command)
    assert done.returncode == INTERRUPTED, done.stderr[-2000:]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("boundary", ["rows staged", "before the commit", "after the commit"])
def test_ctrl_c_leaves_nothing_half_done(
    shop: Shopkeeper, computed: Shopkeeper, boundary: str
) -> None:
    """Whatever was published before Ctrl-C is in the ledger; the next run does the rest."""
    interrupt(shop, boundary)
    published = shop.publications()
    recorded = {
        (attempt.table, attempt.partition)
        for attempt in shop.attempts()
        if attempt.verdict is Verdict.PUBLISHED
    }
    assert len(recorded) == len(published)
    report = shop.backfill()
    assert report.exit_code == 0
    assert touched(report).isdisjoint(published)
    assert shop.held() == computed.held()


def test_ctrl_c_ends_the_run_in_the_ledger(shop: Shopkeeper) -> None:
    """An interrupted run has an end and no exit code 0, and gives its leases back."""
    interrupt(shop, "after the commit")
    with shop.ledger() as ledger:
        [run] = ledger.runs()
        assert run.finished_at is not None
        assert run.exit_code not in (None, 0)
        assert ledger.leases() == []


def test_ctrl_c_with_several_workers(shop: Shopkeeper, computed: Shopkeeper) -> None:
    """Chunks at work when Ctrl-C comes are finished and recorded, not cut off."""
    interrupt(shop, "after the commit", "--parallel")
    assert len(shop.attempts()) >= len(shop.publications()) > 0
    assert shop.backfill().exit_code == 0
    assert shop.held() == computed.held()


def test_messages_that_nobody_reads_stop_no_run(shop: Shopkeeper, computed: Shopkeeper) -> None:
    """`gapless backfill 2>&1 | head` either does everything or does not exit 0."""
    done = finished("unheard", "backfill", "--config", configuration(shop))
    assert done.returncode != 0 or shop.held() == computed.held()


def test_unforeseen_error_is_exit_code_4(shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is told in one line, with exit code 4, never as 0 or 1."""

    def broken(_warehouse: DuckDBWarehouse) -> int:
        raise RuntimeError("the disk has gone")

    monkeypatch.setattr(DuckDBWarehouse, "free_bytes", broken)
    found = shop.command("backfill")
    assert found.exit_code == 4
    assert "the disk has gone" in found.err


def test_unforeseen_error_under_way_keeps_what_was_done(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks done before an unforeseen error are in the ledger, and the run has an end."""
    quarantine = DuckDBWarehouse.quarantine

    def broken(_warehouse: DuckDBWarehouse, _request: object) -> str:
        raise RuntimeError("the disk has gone")

    shop.lose_sales(9, 1, 2, 3)
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBWarehouse, "quarantine", broken)
        with pytest.raises(RuntimeError, match="the disk has gone"):
            shop.backfill(SHOP_DAYS, chunk_size=3)
    assert DuckDBWarehouse.quarantine is quarantine
    with shop.ledger() as ledger:
        [run] = ledger.runs()
        assert (run.exit_code, run.finished_at is not None) == (4, True)
        assert ledger.leases() == []
    report = shop.backfill(SHOP_DAYS)
    assert {found.outcome for found in report.results} == {"done", "refused"}
