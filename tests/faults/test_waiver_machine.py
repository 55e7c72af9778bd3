"""Random walks through holes, grants, revocations, forces, runs and time, against a small model.

One date of a real warehouse and ledger; the model says in a few lines what its state must be.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gapless import Gate, at_least
from gapless.plan.states import State
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from gapless.verbs.waivers import waivers
from support.shopkeeper import (
    OPEN_SHOPS,
    SHOP_DAYS,
    Shopkeeper,
    day,
    one_table_pipeline,
    outcomes,
    sql,
)
from support.waiving import grant, revoke

DATE = 4
COVERAGE, NEGATIVE, LESS = "coverage", "amount_at_least_0", "never_less"
CHECKS = (COVERAGE, NEGATIVE, LESS)
NEEDED = 0.9


@dataclass
class Word:
    """A waiver, as the model knows it."""

    checks: frozenset[str]
    until: datetime
    forced: bool = False
    revoked: bool = False

    def covers(self, check: str, now: datetime) -> bool:
        return check in self.checks and not self.revoked and now < self.until


@dataclass(frozen=True)
class Rows:
    """What the source holds, or what was published of it."""

    shops: frozenset[int]
    negative: bool = False

    def fails(self) -> set[str]:
        """Return the checks that the rows fail by themselves."""
        failed = {COVERAGE} if len(self.shops) / len(OPEN_SHOPS) < NEEDED else set()
        return failed | ({NEGATIVE} if self.negative else set())


@dataclass
class Published:
    """What is published, and on whose word."""

    rows: Rows
    waived: frozenset[str] = frozenset()
    own: list[Word] = field(default_factory=list)


class WaiverMachine(RuleBasedStateMachine):
    """A shop, and the model of what may be published of one date."""

    def __init__(self, template: Path, folder: Path) -> None:
        super().__init__()
        if folder.exists():
            shutil.rmtree(folder)
        pipeline = one_table_pipeline(
            gate=Gate(coverage=NEEDED, required=("amount",), rules=(at_least("amount", 0),))
        )
        self.shop = Shopkeeper(template).copy(folder).using(pipeline)
        self.source = Rows(frozenset(OPEN_SHOPS))
        self.published: Published | None = None
        self.words: list[Word] = []

    # -- the model ---------------------------------------------------------------------------

    def covered(self, checks: set[str], words: list[Word]) -> bool:
        now = self.shop.now
        return all(any(word.covers(check, now) for word in words) for check in checks)

    def granted(self) -> list[Word]:
        return [word for word in self.words if not word.forced]

    def against(self) -> set[str]:
        """Return what stands against publishing what the source holds now."""
        lost = self.published and self.published.rows.shops - self.source.shops
        return self.source.fails() | ({LESS} if lost else set())

    def state(self) -> tuple[State, bool]:
        """Return the state that the date must be in, and whether a run takes it up."""
        if self.published is None:
            return State.MISSING, True
        changed = self.published.rows != self.source
        if not self.published.waived:
            return (State.STALE, True) if changed else (State.COMPLETE, False)
        words = [*self.published.own, *self.granted()]
        if self.covered(set(self.published.waived), words):
            return State.WAIVED, changed
        failed = self.published.rows.fails()
        if failed and self.covered(failed, words):
            return State.WAIVED, changed
        if failed:
            return State.PARTIAL, True
        return (State.STALE, True) if changed else (State.COMPLETE, False)

    # -- what happens ------------------------------------------------------------------------

    @rule(shops=st.sampled_from([(), (1,), (1, 2), (1, 2, 3)]), negative=st.booleans())
    def the_source_changes(self, shops: tuple[int, ...], *, negative: bool) -> None:
        """Some shops report nothing, and one of the others may report nonsense."""
        source = Rows(frozenset(OPEN_SHOPS) - set(shops), negative)
        self.shop.change(f"DELETE FROM raw.sales WHERE day = {sql(DATE)}")
        self.shop.deliver_sales(DATE, *sorted(source.shops))
        if negative:
            self.shop.change(
                f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(DATE)} AND shop_id = 9"
            )
        self.source = source

    @rule(checks=st.sets(st.sampled_from(CHECKS), min_size=1), days=st.sampled_from([1, 5, 40]))
    def somebody_grants(self, checks: set[str], days: int) -> None:
        """A waiver is granted, or is there already."""
        report = grant(self.shop, DATE, checks=sorted(checks), days=days)
        if report.granted:
            self.words.append(Word(frozenset(checks), report.expires_at))

    @precondition(lambda self: self.words)
    @rule()
    def somebody_revokes(self) -> None:
        """Everything that is in force ends."""
        revoke(self.shop, DATE)
        for word in self.words:
            word.revoked = word.revoked or self.shop.now < word.until

    @rule(days=st.sampled_from([1, 4, 31]))
    def time_passes(self, days: int) -> None:
        self.shop = self.shop.later(days=days)

    @rule(forced=st.booleans())
    def a_run(self, *, forced: bool) -> None:
        """The date is backfilled, by force or not."""
        _, due = self.state()
        against = self.against()
        report = self.shop.backfill(
            SHOP_DAYS, dates=[day(DATE)], force="on my word" if forced else None
        )
        [outcome] = outcomes(report, SHOP_DAYS).values()
        if not due:
            assert outcome == "done"
            return
        used = [w for w in self.granted() if any(w.covers(c, self.shop.now) for c in against)]
        if not against:
            assert outcome in ("published", "unchanged")
            self.published = Published(self.source)
        elif self.covered(against, used):
            assert outcome == "waived"
            self.published = Published(self.source, frozenset(against))
        elif forced:
            assert outcome == "waived"
            until = self.shop.now + timedelta(days=30)
            word = Word(frozenset(against), until, forced=True)
            self.words.append(word)
            self.published = Published(self.source, frozenset(against), [word])
        else:
            assert outcome == "refused"

    @invariant()
    def it_stands_as_the_model_says(self) -> None:
        """State, rows and exit codes follow from what was granted, published and ended."""
        state, _ = self.state()
        with self.shop.opened() as workspace:
            [standing] = status(workspace, Selection((SHOP_DAYS,), dates=[day(DATE)])).standings
            listed = waivers(workspace, ())
        assert standing.state is state, standing.reason
        held = self.published.rows.shops if self.published else set()
        assert (self.shop.shops(SHOP_DAYS, DATE) if held else []) == sorted(held)
        needs_attention = (
            self.published is not None and bool(self.published.waived) and not standing.settled
        )
        assert listed.exit_code == (1 if needs_attention else 0)


def test_a_date_stands_as_its_waivers_say(pristine: Shopkeeper, tmp_path: Path) -> None:
    """Whatever is granted, revoked, forced, mended and outlived, model and program agree."""

    class Walk(WaiverMachine):
        def __init__(self) -> None:
            super().__init__(pristine.folder, tmp_path / "shop")

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
