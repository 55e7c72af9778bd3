"""What passes is tried again within one repair."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gapless.ledger.interface import Retry
from gapless.plan.giving_up import Patience
from gapless.verbs.repair import RepairOptions
from support.repairing import AT_ONCE, became, conflict, failing, full, gap_of, tried
from support.shop import NOW
from support.shopkeeper import (
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
)


class TestRetrying:
    def test_what_failed_for_no_fault_of_its_own_is_tried_again_in_the_same_call(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with failing(monkeypatch, conflict, times=2):
            report = shop.repair(options=AT_ONCE)
        assert report.exit_code == 0
        assert gap_of(report, SHOP_DAYS, 4).attempts == 3
        assert [a.retry for a in tried(shop, SHOP_DAYS, 4)] == [
            Retry.TRANSIENT,
            Retry.TRANSIENT,
            Retry.NONE,
        ]
        assert len(report.run_ids) == 3

    def test_what_it_blocked_meanwhile_follows_in_the_same_call(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with failing(monkeypatch, conflict, times=1):
            report = shop.repair(options=AT_ONCE)
        assert set(became(report, DAILY_SUMMARY).values()) == {"repaired"}
        assert shop.gaps().gaps == ()

    def test_what_was_refused_is_not_tried_again_in_the_same_call(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The retry of one day is no reason to refuse another one twice."""
        shop.lose_sales(7, 1, 2, 3)
        with failing(monkeypatch, conflict, times=2):
            shop.repair(options=AT_ONCE)
        assert len(tried(shop, SHOP_DAYS, 7)) == 1

    def test_the_waits_double(self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
        waits: list[float] = []
        patient = RepairOptions(patience=Patience(4), wait=3.0, sleep=waits.append)
        with failing(monkeypatch, conflict):
            shop.repair(SHOP_DAYS, options=patient)
        assert waits == [3.0, 6.0, 12.0]

    def test_it_is_tried_so_often_in_all_and_left_alone_for_a_while(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patience = Patience(3, timedelta(hours=12))
        options = replace(AT_ONCE, patience=patience)
        with failing(monkeypatch, conflict):
            first = shop.repair(SHOP_DAYS, options=options)
            soon = shop.at(NOW + timedelta(hours=11)).repair(SHOP_DAYS, options=options)
            later = shop.at(NOW + timedelta(hours=12)).repair(SHOP_DAYS, options=options)
        assert gap_of(first, SHOP_DAYS, 4).given_up
        assert gap_of(soon, SHOP_DAYS, 4).outcome == "given_up"
        assert gap_of(later, SHOP_DAYS, 4).attempts == 1
        assert len(tried(shop, SHOP_DAYS, 4)) == 4

    def test_mended_surroundings_are_noticed_after_a_while(
        self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with failing(monkeypatch, full):
            shop.repair(SHOP_DAYS, options=AT_ONCE)
        report = shop.at(NOW + timedelta(days=1)).repair(SHOP_DAYS)
        assert became(report, SHOP_DAYS) == {4: "repaired"}

    def test_nothing_is_slept_away_when_nothing_is_worth_it(self, shop: Shopkeeper) -> None:
        shop.lose_sales(4, 1, 2, 3)
        waits: list[float] = []
        shop.repair(options=RepairOptions(sleep=waits.append))
        assert waits == []
