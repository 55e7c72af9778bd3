"""Random walks through takings, renewals, releases and time, against a dict assumed right."""

from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from gapless.ledger.interface import Holder
from gapless.ledger.sql_ledger import SqlLedger
from gapless.testing.ledger_examples import NOON, days

TABLES = ("a", "b")
HOLDERS = tuple(Holder(f"run-{number}", "host", number, "walker") for number in range(1, 4))
TTLS = (timedelta(seconds=1), timedelta(seconds=10), timedelta(minutes=1))
holders = st.sampled_from(HOLDERS)
ttls = st.sampled_from(TTLS)
steps = st.sampled_from([timedelta(microseconds=1), *TTLS])

Known = dict[tuple[str, date], tuple[Holder, datetime, datetime]]
"""Who has which lease, since when, until when."""


class LeaseMachine(RuleBasedStateMachine):
    """A ledger and the dict that says what it should hold."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.dead: set[Holder] = set()
        self.ledger = SqlLedger(url, is_dead=self.dead.__contains__)
        self.ledger.open()
        for holder in HOLDERS:
            self.ledger.release_leases(holder)
        self.now = NOON
        self.known: Known = {}

    def teardown(self) -> None:
        self.ledger.close()

    def free_for(self, holder: Holder, key: tuple[str, date]) -> bool:
        """Tell whether the dict lets somebody have a lease."""
        if key not in self.known:
            return True
        owner, _, until = self.known[key]
        return owner == holder or until <= self.now or owner in self.dead

    @rule(
        table=st.sampled_from(TABLES),
        wanted=st.lists(st.sampled_from(days(5)), max_size=6),
        holder=holders,
        ttl=ttls,
    )
    def take(self, table: str, wanted: list[date], holder: Holder, ttl: timedelta) -> None:
        expected = {}
        for day in set(wanted):
            key = table, day
            if not self.free_for(holder, key):
                expected[day] = self.known[key]
                continue
            owner, since, until = self.known.get(key, (holder, self.now, self.now))
            kept = owner == holder and until > self.now
            self.known[key] = holder, since if kept else self.now, self.now + ttl
        held = self.ledger.acquire_leases(table, wanted, holder, now=self.now, ttl=ttl)
        found = {
            day: (lease.holder, lease.acquired_at, lease.expires_at) for day, lease in held.items()
        }
        assert expected == found

    @rule(holder=holders, ttl=ttls)
    def renew(self, holder: Holder, ttl: timedelta) -> None:
        mine = {
            key: (owner, since, self.now + ttl)
            for key, (owner, since, until) in self.known.items()
            if owner == holder and until > self.now
        }
        self.known |= mine
        assert len(mine) == self.ledger.renew_leases(holder, now=self.now, ttl=ttl)

    @rule(holder=holders)
    def release(self, holder: Holder) -> None:
        self.known = {key: kept for key, kept in self.known.items() if kept[0] != holder}
        self.ledger.release_leases(holder)

    @rule(step=steps)
    def wait(self, step: timedelta) -> None:
        self.now += step

    @rule(holder=holders)
    def die(self, holder: Holder) -> None:
        self.dead.add(holder)

    @rule(holder=holders)
    def come_back(self, holder: Holder) -> None:
        self.dead.discard(holder)

    @invariant()
    def same_leases(self) -> None:
        found = {
            (lease.table, lease.partition): (lease.holder, lease.acquired_at, lease.expires_at)
            for lease in self.ledger.leases()
        }
        assert self.known == found


def test_random_walk(any_url: str) -> None:
    """Whatever is done in whatever order, the ledger holds the leases that the dict does."""

    class Walk(LeaseMachine):
        def __init__(self) -> None:
            super().__init__(any_url)

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
