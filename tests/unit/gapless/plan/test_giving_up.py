"""A partition is given up on when the same thing was tried often enough, and not for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gapless.errors import UsageError
from gapless.ledger.interface import Attempt, Retry, Verdict
from gapless.plan.giving_up import Patience, reckon

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)


def attempt(
    verdict: Verdict = Verdict.REFUSED,
    fingerprint: str = "a",
    retry: Retry = Retry.PERMANENT,
    at: datetime = NOON,
) -> Attempt:
    return Attempt(
        run_id=f"run at {at:%H:%M}",
        table="t",
        partition=date(2024, 5, 1),
        path="historical",
        verdict=verdict,
        started_at=at,
        finished_at=at,
        fingerprint=fingerprint,
        retry=retry,
        reason="1 of 9",
    )


def in_vain(*attempts: Attempt, fingerprint: str = "a") -> int:
    return len(reckon(attempts, fingerprint).in_vain)


class TestCounting:
    def test_only_the_newest_failures_in_a_row_count(self) -> None:
        good = attempt(Verdict.PUBLISHED, retry=Retry.NONE)
        assert in_vain(attempt(), attempt(), good, attempt()) == 1

    @pytest.mark.parametrize(
        "verdict", [Verdict.PUBLISHED, Verdict.WAIVED, Verdict.UNCHANGED, Verdict.RECOVERED]
    )
    def test_after_any_success_nothing_was_in_vain(self, verdict: Verdict) -> None:
        assert in_vain(attempt(), attempt(verdict, retry=Retry.NONE)) == 0

    def test_an_attempt_at_something_else_ends_the_row(self) -> None:
        """What was in vain with other inputs says nothing of these."""
        assert in_vain(attempt(), attempt(fingerprint="b"), attempt()) == 1

    def test_with_changed_inputs_the_count_starts_anew(self) -> None:
        assert in_vain(attempt(), attempt(), attempt(), fingerprint="b") == 0

    def test_being_blocked_is_no_attempt_and_no_success(self) -> None:
        blocked = attempt(Verdict.BLOCKED, "b", Retry.NOT_YET)
        assert in_vain(attempt(), blocked, attempt(), blocked) == 2

    def test_attempts_of_older_versions_without_fingerprint_do_not_count(self) -> None:
        assert in_vain(attempt(fingerprint=""), fingerprint="") == 0

    def test_the_total_leaves_out_what_was_blocked(self) -> None:
        good = attempt(Verdict.PUBLISHED, retry=Retry.NONE)
        found = reckon([good, attempt(), attempt(Verdict.BLOCKED)], "a")
        assert (found.total, found.last) == (2, attempt(Verdict.BLOCKED))


class TestPatience:
    def test_one_less_than_the_limit_is_tried_again(self) -> None:
        assert Patience(3).given_up(reckon([attempt()] * 2, "a"), NOON) is None

    def test_the_reason_names_the_last_run_and_what_it_said(self) -> None:
        given_up = Patience(3).given_up(reckon([attempt()] * 3, "a"), NOON)
        assert given_up is not None
        assert given_up.reason == (
            "given up on after 3 attempts at the same thing; the last one, run run at 12:00: 1 of 9"
        )

    def test_time_alone_does_not_bring_back_what_was_refused(self) -> None:
        tries = reckon([attempt()] * 3, "a")
        assert Patience(3).given_up(tries, NOON + timedelta(days=365)) is not None

    def test_what_failed_for_no_fault_of_its_own_is_tried_again_after_a_while(self) -> None:
        tries = reckon([attempt(Verdict.FAILED, retry=Retry.TRANSIENT)] * 3, "a")
        patience = Patience(3, HALF_A_DAY)
        assert patience.given_up(tries, NOON + HALF_A_DAY - timedelta(seconds=1)) is not None
        assert patience.given_up(tries, NOON + HALF_A_DAY) is None

    def test_patience_for_nothing_is_refused(self) -> None:
        with pytest.raises(UsageError, match="--attempts 0 would try nothing"):
            Patience(0)

    def test_waiting_backwards_is_refused(self) -> None:
        with pytest.raises(UsageError, match="--retry-after"):
            Patience(3, timedelta(hours=-1))


class Repairs(RuleBasedStateMachine):
    """Repairs of one partition that always fails, while its inputs change now and then.

    The model counts what happened since the inputs last changed; it never looks at attempts.
    """

    LIMIT = 3

    def __init__(self) -> None:
        super().__init__()
        self.patience = Patience(self.LIMIT, HALF_A_DAY)
        self.now = NOON
        self.history: list[Attempt] = []
        self.inputs = "a"
        self.failed_since_change = 0
        self.last_failure: tuple[Retry, datetime] | None = None

    def given_up(self) -> bool:
        tries = reckon(self.history, self.inputs)
        return self.patience.given_up(tries, self.now) is not None

    def model_gives_up(self) -> bool:
        if self.failed_since_change < self.LIMIT or self.last_failure is None:
            return False
        retry, at = self.last_failure
        return retry is Retry.PERMANENT or self.now - at < HALF_A_DAY

    @rule(retry=st.sampled_from([Retry.PERMANENT, Retry.TRANSIENT]))
    def repair(self, retry: Retry) -> None:
        """A repair tries it unless it is given up on."""
        if self.given_up():
            return
        verdict = Verdict.REFUSED if retry is Retry.PERMANENT else Verdict.FAILED
        self.history.append(attempt(verdict, self.inputs, retry, self.now))
        self.failed_since_change += 1
        self.last_failure = (retry, self.now)

    @rule()
    def blocked(self) -> None:
        """An input is not complete for a while."""
        self.history.append(attempt(Verdict.BLOCKED, "blocked", Retry.NOT_YET, self.now))

    @rule()
    def succeed(self) -> None:
        """Somebody publishes it under a waiver, and then the rows are lost again."""
        self.history.append(attempt(Verdict.WAIVED, self.inputs, Retry.NONE, self.now))
        self.failed_since_change, self.last_failure = 0, None

    @rule()
    def change(self) -> None:
        """An input changes to something that was never there before."""
        self.inputs += "+"
        self.failed_since_change, self.last_failure = 0, None

    @rule(hours=st.integers(min_value=1, max_value=13))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.given_up() == self.model_gives_up()

    @invariant()
    def never_more_refusals_than_the_limit(self) -> None:
        """From the same inputs, with no success between, it is never refused more often."""
        row = 0
        for one in self.history:
            if one.verdict is Verdict.BLOCKED:
                continue
            if one.verdict is Verdict.WAIVED:
                row = 0
            elif one.fingerprint == self.inputs and one.retry is Retry.PERMANENT:
                row += 1
        assert row <= self.LIMIT


TestRepairs = Repairs.TestCase
TestRepairs.settings = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck)
)
