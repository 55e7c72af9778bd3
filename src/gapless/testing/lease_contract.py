"""What the leases of every ledger must do; part of `LedgerContract`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest

from gapless.ledger.interface import Ledger
from gapless.testing.ledger_examples import DAY, MINE, NOON, OTHER_TABLE, TABLE, THEIRS, TTL, days


class LeaseContract:
    """The facts about leases, and the two fixtures that all facts about a ledger use."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """Provide an empty, opened ledger; close it afterwards."""
        raise NotImplementedError("Provide a fixture `ledger` in the subclass.")

    @pytest.fixture
    def again(self, ledger: Ledger) -> Ledger:
        """Provide the same store, opened a second time, where a store can be."""
        return ledger

    def test_free_leases_taken(self, ledger: Ledger, again: Ledger) -> None:
        """Free leases are taken, and say who has them since when and until when."""
        held = ledger.acquire_leases(TABLE, [days(2)[1], DAY], MINE, now=NOON, ttl=TTL)
        assert held == {}
        assert [
            (lease.table, lease.partition, lease.holder, lease.acquired_at, lease.expires_at)
            for lease in again.leases()
        ] == [(TABLE, day, MINE, NOON, NOON + TTL) for day in days(2)]

    def test_others_lease_stays(self, ledger: Ledger, again: Ledger) -> None:
        """Somebody else's lease is reported and stays; the others asked for are taken."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        [mine] = ledger.leases()
        now = NOON + timedelta(seconds=1)
        assert again.acquire_leases(TABLE, days(2), THEIRS, now=now, ttl=TTL) == {DAY: mine}
        assert [lease.holder for lease in again.leases()] == [MINE, THEIRS]

    def test_expired_lease_taken_over(self, ledger: Ledger, again: Ledger) -> None:
        """A lease is somebody's until the moment it expires, and from then on anybody's."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        end = NOON + TTL
        before = end - timedelta(microseconds=1)
        assert set(again.acquire_leases(TABLE, [DAY], THEIRS, now=before, ttl=TTL)) == {DAY}
        assert again.acquire_leases(TABLE, [DAY], THEIRS, now=end, ttl=TTL) == {}
        [lease] = ledger.leases()
        assert (lease.holder, lease.acquired_at, lease.expires_at) == (THEIRS, end, end + TTL)

    def test_own_lease_taken_again(self, ledger: Ledger) -> None:
        """Taking one's own lease again extends it and keeps since when it is held."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        now = NOON + timedelta(minutes=1)
        assert ledger.acquire_leases(TABLE, [DAY], MINE, now=now, ttl=TTL) == {}
        [lease] = ledger.leases()
        assert (lease.acquired_at, lease.expires_at) == (NOON, now + TTL)

    def test_own_expired_lease(self, ledger: Ledger) -> None:
        """An expired lease that its holder takes again is held since then: it was anybody's."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON + TTL, ttl=TTL)
        [lease] = ledger.leases()
        assert lease.acquired_at == NOON + TTL

    def test_renewed_lease_stays(self, ledger: Ledger, again: Ledger) -> None:
        """A renewed lease is not free when it would have expired."""
        ledger.acquire_leases(TABLE, days(3), MINE, now=NOON, ttl=TTL)
        assert ledger.renew_leases(MINE, now=NOON + TTL / 2, ttl=TTL) == 3
        held = again.acquire_leases(TABLE, days(3), THEIRS, now=NOON + TTL, ttl=TTL)
        assert set(held) == set(days(3))
        assert {lease.expires_at for lease in held.values()} == {NOON + TTL * 1.5}

    def test_expired_lease_not_renewed(self, ledger: Ledger) -> None:
        """An expired lease is not renewed and not counted, even when nobody took it."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        ledger.acquire_leases(TABLE, [days(2)[1]], MINE, now=NOON, ttl=2 * TTL)
        assert ledger.renew_leases(MINE, now=NOON + TTL, ttl=TTL) == 1
        assert [lease.expires_at for lease in ledger.leases()] == [NOON + TTL, NOON + 2 * TTL]

    def test_lost_lease_not_renewed(self, ledger: Ledger, again: Ledger) -> None:
        """A lease that somebody took over is not the former holder's to renew."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        again.acquire_leases(TABLE, [DAY], THEIRS, now=NOON + TTL, ttl=TTL)
        assert ledger.renew_leases(MINE, now=NOON + TTL, ttl=TTL) == 0
        assert again.renew_leases(THEIRS, now=NOON + TTL, ttl=TTL) == 1

    def test_own_leases_released(self, ledger: Ledger, again: Ledger) -> None:
        """Releasing gives back the leases of one's own run in every table, and no others."""
        ledger.acquire_leases(TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        ledger.acquire_leases(OTHER_TABLE, [DAY], MINE, now=NOON, ttl=TTL)
        again.acquire_leases(TABLE, [days(2)[1]], THEIRS, now=NOON, ttl=TTL)
        ledger.release_leases(MINE)
        assert [lease.holder for lease in again.leases()] == [THEIRS]
        assert again.acquire_leases(OTHER_TABLE, [DAY], THEIRS, now=NOON, ttl=TTL) == {}

    def test_lease_per_table(self, ledger: Ledger) -> None:
        """The same date of another table is another lease; leases come by table and date."""
        ledger.acquire_leases(TABLE, days(2), MINE, now=NOON, ttl=TTL)
        assert ledger.acquire_leases(OTHER_TABLE, days(2), THEIRS, now=NOON, ttl=TTL) == {}
        assert [(lease.table, lease.partition) for lease in ledger.leases()] == [
            (table, day) for table in (OTHER_TABLE, TABLE) for day in days(2)
        ]

    def test_no_lease_asked_for(self, ledger: Ledger) -> None:
        """Asking for no partition takes none."""
        assert ledger.acquire_leases(TABLE, [], MINE, now=NOON, ttl=TTL) == {}
        assert ledger.leases() == []

    def test_lease_between_asked_for(self, ledger: Ledger) -> None:
        """A lease that was not asked for is neither reported nor touched."""
        first, middle, last = days(3)
        ledger.acquire_leases(TABLE, [middle], MINE, now=NOON, ttl=TTL)
        assert ledger.acquire_leases(TABLE, [last, first], THEIRS, now=NOON, ttl=TTL) == {}
        assert [lease.holder for lease in ledger.leases()] == [THEIRS, MINE, THEIRS]

    def test_lease_of_dead_process(self, ledger: Ledger, again: Ledger) -> None:
        """The lease of a process of this host that is gone is free at once."""
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        gone = replace(MINE, host=socket.gethostname(), pid=process.pid)
        ledger.acquire_leases(TABLE, [DAY], gone, now=NOON, ttl=TTL)
        assert again.acquire_leases(TABLE, [DAY], THEIRS, now=NOON, ttl=TTL) == {}

    def test_lease_of_living_process(self, ledger: Ledger, again: Ledger) -> None:
        """The lease of a process of this host that is there is its own."""
        alive = replace(MINE, host=socket.gethostname(), pid=os.getpid())
        ledger.acquire_leases(TABLE, [DAY], alive, now=NOON, ttl=TTL)
        assert set(again.acquire_leases(TABLE, [DAY], THEIRS, now=NOON, ttl=TTL)) == {DAY}

    def test_lease_of_process_elsewhere(self, ledger: Ledger, again: Ledger) -> None:
        """Nothing is concluded about a process of another host: its lease runs out."""
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        ledger.acquire_leases(TABLE, [DAY], replace(MINE, pid=process.pid), now=NOON, ttl=TTL)
        assert set(again.acquire_leases(TABLE, [DAY], THEIRS, now=NOON, ttl=TTL)) == {DAY}

    def test_threads_race_for_leases(self, ledger: Ledger) -> None:
        """Of several threads asking for the same partitions each partition goes to exactly one."""
        wanted = days(40)
        start = Barrier(4)

        def take(number: int) -> set[date]:
            me = replace(MINE, run_id=f"run-{number}")
            order = wanted[number * 10 :] + wanted[: number * 10]
            start.wait(timeout=30)
            mine: set[date] = set()
            for position in range(0, len(order), 5):
                chunk = order[position : position + 5]
                mine |= set(chunk) - set(ledger.acquire_leases(TABLE, chunk, me, now=NOON, ttl=TTL))
            return mine

        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(take, range(4)))
        assert sum(map(len, taken)) == len(wanted)
        assert {lease.partition: lease.holder.run_id for lease in ledger.leases()} == {
            day: f"run-{number}" for number, mine in enumerate(taken) for day in mine
        }
