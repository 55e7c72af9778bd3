"""A partition that somebody holds is left alone, and what is at work is held until it is done."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from gapless.clock import Clock
from gapless.events import ChunkStarted, Event
from gapless.ledger.interface import Holder, Verdict
from gapless.ledger.liveness import host_name
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.selection import Selection
from support.shop import NOW
from support.shopkeeper import (
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    day,
    outcomes,
    result,
)

SOMEBODY = Holder("20241231T115959-bob", host_name(), os.getpid(), "bob@till")
"""A run of a living process: our own."""


def lease(shop: Shopkeeper, table: str, *numbers: int) -> None:
    """Have somebody else's run hold the leases of some days."""
    with shop.ledger() as ledger:
        days = [day(number) for number in numbers]
        ttl = timedelta(minutes=2)
        assert ledger.acquire_leases(table, days, SOMEBODY, now=NOW, ttl=ttl) == {}


def test_leased_partition_is_left_alone(shop: Shopkeeper) -> None:
    """A date that a living run holds is blocked with the holder's name; the others are done."""
    shop.backfill(dates=[day(0)])
    lease(shop, SHOP_DAYS, 4)
    report = shop.backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        0: "done",
        **{number: "blocked" if number == 4 else "published" for number in range(1, 10)},
    }
    reason = result(report, SHOP_DAYS, 4).reason
    assert SOMEBODY.run_id in reason
    assert f"process {os.getpid()}" in reason
    assert report.exit_code == 1
    assert (SHOP_DAYS, 4) not in shop.publications()


def test_leased_partition_is_written_down(shop: Shopkeeper) -> None:
    """The ledger knows that a date was asked for and left to somebody else."""
    lease(shop, SHOP_DAYS, 4)
    shop.backfill(SHOP_DAYS)
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    assert attempt.verdict is Verdict.BLOCKED


def test_leased_partition_is_told_before_the_run(shop: Shopkeeper) -> None:
    """Preflight says who holds the leases of how many of the dates."""
    lease(shop, SHOP_DAYS, 4, 5)
    [finding] = [f for f in shop.preflight(SHOP_DAYS).findings if f.code == "lease_held"]
    assert finding.dates == [day(4), day(5)]
    assert SOMEBODY.run_id in finding.message


def test_leased_partition_is_blocked_also_when_forced(shop: Shopkeeper) -> None:
    """A force overrides gates, not another run that is at work."""
    shop.lose_sales(4, 1, 2, 3)
    lease(shop, SHOP_DAYS, 4)
    report = shop.backfill(SHOP_DAYS, dates=[day(4)], force="hurry")
    assert outcomes(report, SHOP_DAYS) == {4: "blocked"}
    assert shop.publications() == {}


def test_leased_blocked_partition_is_blocked_also_when_forced(shop: Shopkeeper) -> None:
    """A date that is computed only because it is forced needs its lease like any other."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill()
    lease(shop, DAILY_SUMMARY, 5)
    report = shop.backfill(DAILY_SUMMARY, dates=[day(5)], force="hurry")
    assert outcomes(report, DAILY_SUMMARY) == {5: "blocked"}
    assert (DAILY_SUMMARY, 5) not in shop.publications()


def test_forced_blocked_partition_is_leased_while_at_work(shop: Shopkeeper) -> None:
    """Nobody else gets a lease on a forced partition while it is being computed."""
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill()
    held: set[tuple[str, int]] = set()
    with shop.opened() as workspace:

        def during(event: Event) -> None:
            if isinstance(event, ChunkStarted):
                held.update(
                    (found.table, (found.partition - day(0)).days)
                    for found in workspace.open_ledger.leases()
                )

        selection = Selection(tables=[DAILY_SUMMARY], dates=[day(5)])
        backfill(workspace, selection, BackfillOptions(force_reason="hurry"), during)
    assert held == {(DAILY_SUMMARY, 5)}


def test_leases_are_held_while_at_work_and_given_back(shop: Shopkeeper) -> None:
    """Every planned partition is leased under our process while chunks are at work, none after."""
    seen: list[set[Holder]] = []
    with shop.opened() as workspace:

        def during(event: Event) -> None:
            if isinstance(event, ChunkStarted):
                leases = workspace.open_ledger.leases()
                assert {found.table for found in leases} == set(TABLES)
                seen.append({found.holder for found in leases})

        report = backfill(workspace, Selection(), listener=during).report
        assert workspace.open_ledger.leases() == []
    assert all(len(holders) == 1 for holders in seen)
    [holder] = seen[0]
    assert (holder.run_id, holder.host, holder.pid) == (report.run_id, host_name(), os.getpid())


def test_lapsed_lease_publishes_nothing(shop: Shopkeeper) -> None:
    """A run that slept past its leases does not publish what somebody else may be at by now."""
    now = [NOW]
    with shop.opened() as workspace:
        sleepy = replace(workspace, clock=Clock(lambda: now[0]))

        def sleep(event: Event) -> None:
            if isinstance(event, ChunkStarted):
                now[0] += timedelta(minutes=3)

        report = backfill(sleepy, Selection(tables=[SHOP_DAYS]), listener=sleep).report
    assert set(outcomes(report, SHOP_DAYS).values()) == {"failed"}
    assert "lapsed" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 1
    assert shop.publications() == {}
    assert shop.backfill(SHOP_DAYS).exit_code == 0
