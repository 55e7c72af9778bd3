"""Promise 2: kill -9 anywhere leaves the old partition or the new one, with its publication.

The killed process is a real one. After each kill the warehouse is read without Gapless and
compared, row by row, with a shop that was never interrupted.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gapless.ledger.interface import Verdict
from gapless.ledger.liveness import is_dead
from gapless.plan.states import State
from gapless.verbs.selection import Selection
from gapless.verbs.status import last_known_status
from support.child import BOUNDARIES, finished
from support.shop import NOW, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    SHOP_DAYS,
    TABLES,
    Row,
    Shopkeeper,
    day,
    outcomes,
    touched,
)

DAYS = range(10)
Rows = dict[tuple[str, int], list[Row]]


@dataclass(frozen=True)
class Published:
    """What a shop holds, and in which versions."""

    rows: Rows = field(default_factory=dict)
    versions: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def in_shop(cls, shop: Shopkeeper) -> Published:
        """Read it."""
        return cls(shop.held(), latest(shop))


def kill(shop: Shopkeeper, boundary: str, times: int = 1, **options: int) -> None:
    """Backfill in a process of its own that is killed at a boundary."""
    workers, chunk_size = options.get("workers", 1), options.get("chunk_size", 1000)
    shuffled = (7, 2, 9, 0, 4, 1, 8, 3, 6, 5)
    done = finished("backfill", shop.folder, boundary, times, workers, chunk_size, *shuffled)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


def latest(shop: Shopkeeper) -> dict[tuple[str, int], int]:
    """Return the newest version of each partition."""
    return {slot: versions[-1] for slot, versions in shop.publications().items()}


def assert_old_or_new(shop: Shopkeeper, old: Published, new: Rows) -> None:
    """Every partition holds its old rows under its old publication, or its new ones under a new."""
    found, published = shop.held(), latest(shop)
    for slot in new:
        before = old.versions.get(slot, 0)
        if published.get(slot, 0) == before:
            assert found.get(slot) == old.rows.get(slot), f"{slot}: rows without a publication"
        else:
            assert published[slot] == before + 1
            assert found[slot] == new[slot], f"{slot}: a publication without its rows"
    assert set(found) <= set(new)


def assert_finished(shop: Shopkeeper, new: Rows) -> None:
    """The shop is as if nothing had happened, and the ledger knows every version."""
    assert shop.held() == new
    assert shop.status().exit_code == 0
    with shop.ledger() as ledger:
        recorded = {
            (table, (partition - day(0)).days): version
            for (table, partition), version in ledger.recorded_versions().items()
        }
        assert all(is_dead(lease.holder) for lease in ledger.leases())
    assert recorded == latest(shop)


@pytest.fixture(scope="session")
def uninterrupted(computed: Shopkeeper) -> Published:
    """What the shop holds after a run that nobody killed."""
    return Published.in_shop(computed)


@pytest.fixture(scope="session")
def corrected(computed: Shopkeeper, tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """A computed shop whose raw sales were corrected afterwards; copied, never used."""
    keeper = computed.copy(tmp_path_factory.mktemp("corrected") / "shop")
    keeper.change("UPDATE raw.sales SET amount = amount + 0.5")
    return keeper


@pytest.fixture(scope="session")
def recomputed(corrected: Shopkeeper, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What the corrected shop holds after a run that nobody killed."""
    keeper = corrected.copy(tmp_path_factory.mktemp("recomputed") / "shop")
    assert keeper.backfill().exit_code == 0
    return keeper.held()


FIRST_TIME = ("rows staged", "new rows inserted", "before the commit", "after the commit")
AGAIN = BOUNDARIES[BOUNDARIES.index("rows staged") : BOUNDARIES.index("in the ledger") + 1]


@pytest.mark.parametrize("boundary", FIRST_TIME)
def test_killed_while_publishing_for_the_first_time(
    shop: Shopkeeper, uninterrupted: Published, boundary: str
) -> None:
    """Nothing or everything of a chunk is there; the next run does exactly the rest."""
    kill(shop, boundary)
    survived = set(latest(shop))
    assert_old_or_new(shop, Published(), uninterrupted.rows)
    report = shop.backfill()
    assert report.exit_code == 0
    assert touched(report) == set(uninterrupted.rows) - survived
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}
    assert_finished(shop, uninterrupted.rows)


@pytest.mark.parametrize("boundary", AGAIN)
def test_killed_while_replacing(
    corrected: Shopkeeper,
    uninterrupted: Published,
    recomputed: Rows,
    tmp_path: Path,
    boundary: str,
) -> None:
    """Old rows stay until the very commit that brings the new ones, and then none is left."""
    shop = corrected.copy(tmp_path / "shop")
    kill(shop, boundary)
    assert_old_or_new(shop, uninterrupted, recomputed)
    survived = {slot for slot, version in latest(shop).items() if version > 1}
    report = shop.backfill()
    assert report.exit_code == 0
    assert touched(report).isdisjoint(survived)
    assert_finished(shop, recomputed)


@pytest.mark.parametrize("times", [2, 9])
def test_killed_in_parallel_and_out_of_order(
    shop: Shopkeeper, uninterrupted: Published, times: int
) -> None:
    """F6: several workers, small chunks, dates in any order, killed: the rest is done, once."""
    shop.backfill(dates=[day(0), day(1), day(2)])
    before = Published.in_shop(shop)
    kill(shop, "after the commit", times, workers=3, chunk_size=1)
    assert_old_or_new(shop, before, uninterrupted.rows)
    assert len(latest(shop)) >= len(before.versions) + times
    assert shop.backfill(workers=3, chunk_size=2).exit_code == 0
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}
    assert_finished(shop, uninterrupted.rows)


def test_killed_again_and_again(shop: Shopkeeper, uninterrupted: Published) -> None:
    """Whatever a run got done before it was killed is never done again."""
    published: set[tuple[str, int]] = set()
    for _ in range(2):
        kill(shop, "after the commit", chunk_size=3)
        assert_old_or_new(shop, Published(), uninterrupted.rows)
        assert set(latest(shop)) > published
        published = set(latest(shop))
    assert shop.backfill().exit_code == 0
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}
    assert_finished(shop, uninterrupted.rows)


def test_killed_while_reconciling(shop: Shopkeeper, uninterrupted: Published) -> None:
    """A run killed while it wrote down what an earlier killed run had done loses nothing."""
    kill(shop, "published, not in the ledger")
    kill(shop, "published, not in the ledger")
    assert shop.attempts() == []
    assert shop.backfill().exit_code == 0
    assert_finished(shop, uninterrupted.rows)


def test_publication_without_ledger_is_recovered(shop: Shopkeeper) -> None:
    """F7: what was published and not written down is found in the warehouse: the data wins."""
    kill(shop, "published, not in the ledger")
    assert shop.attempts() == []
    published = latest(shop)
    report = shop.backfill(SHOP_DAYS)
    assert set(outcomes(report, SHOP_DAYS).values()) == {"done"}
    recovered = {
        (attempt.table, (attempt.partition - day(0)).days): attempt.version
        for attempt in shop.attempts()
        if attempt.verdict is Verdict.RECOVERED
    }
    assert recovered == published


def test_recovered_attempt_carries_its_evidence(shop: Shopkeeper) -> None:
    """F7: the recovered attempt says what the publication says: run, counts, time, evidence."""
    kill(shop, "published, not in the ledger")
    shop.backfill(SHOP_DAYS)
    with shop.opened() as workspace:
        [publication] = workspace.warehouse.publication_log(SHOP_DAYS, day(4))
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    assert attempt.run_id == publication.run_id
    assert (attempt.expected, attempt.present, attempt.rows) == (9, 9, 9)
    assert attempt.finished_at == publication.published_at
    assert attempt.definition_hash == publication.definition


def test_recovered_partition_is_known_to_the_ledger(shop: Shopkeeper) -> None:
    """F7: `status` reads the ledger while the warehouse is busy; it must know what is recovered."""
    kill(shop, "published, not in the ledger")
    shop.backfill()
    with shop.ledger() as ledger:
        known = last_known_status(shop_pipeline(), ledger, Selection(tables=[SHOP_DAYS]), NOW)
    assert {found.partition: found.state for found in known.standings} == {
        day(number): State.COMPLETE for number in DAYS
    }


def test_recovered_partitions_nobody_asked_for_are_known_as_they_are(shop: Shopkeeper) -> None:
    """F7: a run over one date recovers the others, too, and does not call them anything else."""
    kill(shop, "published, not in the ledger")
    shop.backfill(SHOP_DAYS, dates=[day(4)])
    with shop.ledger() as ledger:
        known = {(state.table, state.partition): state.state for state in ledger.states()}
    assert set(known.values()) == {"complete"}


def test_lost_ledger_is_made_again_from_the_warehouse(done: Shopkeeper) -> None:
    """A ledger that is gone altogether is filled from the publications, and nothing is redone."""
    before = done.everything()
    for file in done.folder.glob("ledger.sqlite*"):
        file.unlink()
    assert touched(done.backfill()) == set()
    assert done.everything() == before
    assert {attempt.verdict for attempt in done.attempts()} == {Verdict.RECOVERED}
    assert len(done.attempts()) == len(latest(done))


def test_killed_run_stays_without_an_end(shop: Shopkeeper) -> None:
    """The ledger tells a killed run from one that ended: it has no exit code, for ever."""
    kill(shop, "rows staged")
    shop.backfill()
    with shop.ledger() as ledger:
        ends = {run.exit_code: run.finished_at is not None for run in ledger.runs()}
    assert ends == {0: True, None: False}


def test_leases_of_a_dead_process_block_nobody(shop: Shopkeeper) -> None:
    """F6: the leases of the killed run are still in the ledger, unexpired, and hold nobody up."""
    kill(shop, "leases taken", 3)
    with shop.ledger() as ledger:
        left = ledger.leases()
    assert {lease.table for lease in left} == set(TABLES)
    assert all(lease.holder.pid != os.getpid() for lease in left)
    report = shop.backfill()
    assert report.exit_code == 0
    assert "blocked" not in set(outcomes(report, COMPLETE_FEED).values())


def test_leases_of_a_dead_process_are_no_finding(shop: Shopkeeper) -> None:
    """Preflight does not tell anybody to wait for a process that is not there any more."""
    kill(shop, "leases taken", 3)
    assert "lease_held" not in {finding.code for finding in shop.preflight().findings}


def test_staged_rows_do_not_outlive_their_process(shop: Shopkeeper) -> None:
    """A killed run leaves nothing of what it had staged in the warehouse."""
    before = shop.everything()
    kill(shop, "before the commit")
    new = {name: rows for name, rows in shop.everything().items() if name not in before}
    assert set(new) <= {"gapless.publications", SHOP_DAYS}
    assert not any(new.values())
