"""What every ledger must do, as a test class to subclass.

::

    class TestMyLedger(LedgerContract):
        @pytest.fixture
        def ledger(self) -> Iterator[Ledger]:
            ledger = MyLedger(...)
            ledger.open()
            yield ledger
            ledger.close()

Each fact is checked through `again`, a second opening of the same store, where that is more than
asking the writer what it remembers: override it when your store can be opened twice.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from gapless.errors import LedgerUnavailable
from gapless.ledger.interface import Attempt, Ledger, PartitionState, Verdict
from gapless.testing.cleaning_contract import CleaningContract
from gapless.testing.examination_contract import ExaminationContract
from gapless.testing.lease_contract import LeaseContract
from gapless.testing.ledger_examples import (
    DAY,
    NOON,
    OTHER_TABLE,
    TABLE,
    TTL,
    a_failure,
    a_finding,
    a_run,
    a_state,
    a_waiver,
    an_attempt,
    days,
)


class LedgerContract(LeaseContract, CleaningContract, ExaminationContract):
    """The facts; subclass it and provide `ledger`."""

    # Opening and closing

    def test_open_twice(self, ledger: Ledger) -> None:
        """Opening an open ledger changes nothing."""
        ledger.begin_run(a_run())
        ledger.open()
        assert ledger.runs() == [a_run()]

    def test_reopened(self, ledger: Ledger) -> None:
        """What was recorded is there after closing and opening."""
        ledger.begin_run(a_run())
        ledger.record_attempts([an_attempt()])
        ledger.close()
        ledger.open()
        assert ledger.runs() == [a_run()]
        assert ledger.attempts() == [an_attempt()]

    def test_close_twice(self, ledger: Ledger) -> None:
        """Closing a closed ledger is no error."""
        ledger.close()
        ledger.close()
        ledger.open()

    # Runs

    def test_run_as_begun(self, ledger: Ledger, again: Ledger) -> None:
        """A run is returned as it was begun, with its plan, before it has ended."""
        ledger.begin_run(a_run())
        assert again.runs() == [a_run()]

    def test_run_finished(self, ledger: Ledger, again: Ledger) -> None:
        """The end of a run is added to it and to no other."""
        ledger.begin_run(a_run("run-1"))
        ledger.begin_run(a_run("run-2", started_at=NOON + TTL))
        ledger.finish_run("run-1", finished_at=NOON + TTL, exit_code=1)
        assert again.runs() == [
            a_run("run-2", started_at=NOON + TTL),
            replace(a_run("run-1"), finished_at=NOON + TTL, exit_code=1),
        ]

    def test_unknown_run_finished(self, ledger: Ledger) -> None:
        """The end of a run that the ledger does not know is refused, not swallowed."""
        with pytest.raises(LedgerUnavailable, match="run-x"):
            ledger.finish_run("run-x", finished_at=NOON, exit_code=0)

    def test_run_begun_twice(self, ledger: Ledger, again: Ledger) -> None:
        """A second run of the same id is refused and leaves the first as it was."""
        ledger.begin_run(a_run())
        with pytest.raises(LedgerUnavailable):
            ledger.begin_run(replace(a_run(), command="something else"))
        assert again.runs() == [a_run()]

    def test_newest_runs(self, ledger: Ledger) -> None:
        """Runs come newest first, by their start and not by when they were recorded."""
        for minute in (2, 0, 1):
            ledger.begin_run(a_run(f"run-{minute}", started_at=NOON + minute * TTL))
        assert [run.run_id for run in ledger.runs()] == ["run-2", "run-1", "run-0"]
        assert [run.run_id for run in ledger.runs(limit=2)] == ["run-2", "run-1"]

    def test_moments_in_utc(self, ledger: Ledger, again: Ledger) -> None:
        """A moment given in another zone comes back as the same moment in UTC."""
        zone = timezone(timedelta(hours=-5))
        ledger.begin_run(a_run(started_at=NOON.astimezone(zone)))
        [run] = again.runs()
        assert run.started_at == NOON
        assert run.started_at.tzinfo is UTC

    def test_one_run(self, ledger: Ledger, again: Ledger) -> None:
        """One run can be asked for by its id; an unknown one is None, not an error."""
        ledger.begin_run(a_run("run-1"))
        ledger.begin_run(a_run("run-2", started_at=NOON + TTL))
        assert again.run("run-1") == a_run("run-1")
        assert again.run("run-x") is None

    def test_runs_by_id(self, ledger: Ledger, again: Ledger) -> None:
        """Some runs can be asked for by their ids, however many, and come without their plans."""
        for number in (1, 2, 3):
            ledger.begin_run(a_run(f"run-{number}"))
        ledger.finish_run("run-2", finished_at=NOON + TTL, exit_code=1)
        many = [f"unknown-{number}" for number in range(40_000)]
        assert again.runs_by_id(["run-1", "run-2", *many]) == {
            "run-1": replace(a_run("run-1"), plan={}),
            "run-2": replace(a_run("run-2"), plan={}, finished_at=NOON + TTL, exit_code=1),
        }
        assert again.runs_by_id([]) == {}

    # Attempts

    def test_attempt_as_recorded(self, ledger: Ledger, again: Ledger) -> None:
        """An attempt is returned with everything it said."""
        ledger.record_attempts([an_attempt()])
        assert again.attempts() == [an_attempt()]

    def test_attempt_without_numbers(self, ledger: Ledger, again: Ledger) -> None:
        """What was not measured stays unknown: None is neither 0 nor absent."""
        bare = Attempt("run-a", TABLE, DAY, "upcoming", Verdict.FAILED, NOON, NOON)
        ledger.record_attempts([bare])
        assert again.attempts() == [bare]

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_every_verdict(self, ledger: Ledger, verdict: Verdict) -> None:
        """Every verdict can be recorded and comes back as itself."""
        ledger.record_attempts([replace(an_attempt(), verdict=verdict)])
        [attempt] = ledger.attempts()
        assert attempt.verdict is verdict

    def test_attempts_append(self, ledger: Ledger, again: Ledger) -> None:
        """A second attempt at a partition stands beside the first."""
        ledger.record_attempts([an_attempt(version=None)])
        ledger.record_attempts([an_attempt(version=4, started_at=NOON + TTL)])
        assert [attempt.version for attempt in again.attempts()] == [None, 4]

    def test_attempts_in_order(self, ledger: Ledger) -> None:
        """Attempts come in the order they started; of one moment, in the order recorded."""
        later, first, second = (
            an_attempt(DAY, started_at=NOON + TTL),
            an_attempt(DAY + timedelta(days=9)),
            an_attempt(DAY + timedelta(days=5)),
        )
        ledger.record_attempts([later, first, second])
        assert ledger.attempts() == [first, second, later]

    def test_attempts_chosen(self, ledger: Ledger) -> None:
        """Attempts can be asked for by table, inclusive dates and run, alone and together."""
        ledger.record_attempts([an_attempt(day) for day in days(5)])
        ledger.record_attempts([an_attempt(day, table=OTHER_TABLE, run_id="b") for day in days(5)])

        def chosen(**by: object) -> list[tuple[str, int]]:
            return [(kept.run_id, kept.partition.day) for kept in ledger.attempts(**by)]  # type: ignore[arg-type]

        assert len(chosen()) == 10
        assert chosen(table=TABLE) == [("run-a", 23 + n) for n in range(5)]
        assert chosen(run_id="b", first=days(5)[3]) == [("b", 26), ("b", 27)]
        assert chosen(run_id="b", last=days(5)[1]) == [("b", 23), ("b", 24)]
        assert chosen(table=OTHER_TABLE, first=days(5)[1], last=days(5)[1]) == [("b", 24)]
        assert chosen(table=OTHER_TABLE, run_id="run-a") == []

    def test_attempts_without_evidence(self, ledger: Ledger) -> None:
        """Left out, the evidence is empty, and everything else is as it was recorded."""
        attempt = an_attempt()
        ledger.record_attempts([attempt])
        assert attempt.evidence
        assert ledger.attempts(evidence=False) == [replace(attempt, evidence={})]

    def test_attempts_since(self, ledger: Ledger) -> None:
        """Attempts can be asked for from a moment on; one of that very moment is among them."""
        ledger.record_attempts([an_attempt(started_at=NOON + n * TTL) for n in range(3)])
        found = [attempt.started_at for attempt in ledger.attempts(since=NOON + TTL)]
        assert found == [NOON + TTL, NOON + 2 * TTL]

    def test_nothing_to_record(self, ledger: Ledger) -> None:
        """Recording nothing is no error and records nothing."""
        ledger.record_attempts([])
        ledger.record_states([])
        ledger.record_findings([])
        ledger.grant_waivers([])
        ledger.record_failures([])
        assert ledger.revoke_waivers([], now=NOON, actor="ann@elsewhere") == 0
        assert ledger.failures() == []
        assert (ledger.attempts(), ledger.states(), ledger.waivers()) == ([], [], [])

    def test_odd_evidence(self, ledger: Ledger, again: Ledger) -> None:
        """No value in the evidence can stop an attempt from being recorded."""
        odd: dict[Any, Any] = {
            "day": DAY,
            "moment": NOON,
            "keys": {"b", "a"},
            "pair": (1, 2),
            "share": float("nan"),
            DAY: "a key",
            "driver": "\0",
            "cause": ValueError("x"),
        }
        ledger.record_attempts([replace(an_attempt(), evidence=odd)])
        [attempt] = again.attempts()
        assert attempt.evidence["day"] == "2024-02-23"
        assert attempt.evidence["keys"] == ["a", "b"]
        assert attempt.evidence["pair"] == [1, 2]
        assert attempt.evidence["share"] == "nan"
        assert attempt.evidence["2024-02-23"] == "a key"

    def test_odd_words(self, ledger: Ledger, again: Ledger) -> None:
        """Words that are no valid text (file names, driver messages) do not stop the recording."""
        ledger.record_attempts([replace(an_attempt(), reason="file \udcff and \0 byte é")])
        [attempt] = again.attempts()
        assert attempt.reason.startswith("file ")
        assert attempt.reason.endswith(" byte é")

    # Versions

    def test_highest_version(self, ledger: Ledger, again: Ledger) -> None:
        """The highest version of each table and partition is known, whenever it was recorded."""
        second = DAY + timedelta(days=1)
        ledger.record_attempts(
            [
                an_attempt(DAY, version=2),
                an_attempt(DAY, version=7),
                an_attempt(DAY, version=3),
                an_attempt(DAY, version=None),
                an_attempt(second, version=1),
                an_attempt(DAY, table=OTHER_TABLE, version=5),
            ]
        )
        assert again.recorded_versions() == {
            (TABLE, DAY): 7,
            (TABLE, second): 1,
            (OTHER_TABLE, DAY): 5,
        }

    def test_no_version(self, ledger: Ledger) -> None:
        """A partition that was tried and never published has no version."""
        ledger.record_attempts([an_attempt(version=None)])
        assert ledger.recorded_versions() == {}

    # Waivers

    def test_waiver_as_granted(self, ledger: Ledger, again: Ledger) -> None:
        """A waiver is returned as it was granted, with the checks it names."""
        free_standing = replace(a_waiver("w-0"), run_id=None, checks=("*",), granted_at=NOON - TTL)
        ledger.grant_waivers([free_standing, a_waiver()])
        assert again.waivers() == [a_waiver(), free_standing]

    def test_newest_waivers(self, ledger: Ledger) -> None:
        """Waivers come newest first, also expired ones, and can be asked for by table."""
        for number, age in enumerate((3, 400, 1)):
            granted_at = NOON - timedelta(days=age)
            ledger.grant_waivers([a_waiver(f"w-{number}", granted_at=granted_at)])
        ledger.grant_waivers([a_waiver("other", table=OTHER_TABLE)])
        assert [kept.waiver_id for kept in ledger.waivers()] == ["other", "w-2", "w-0", "w-1"]
        assert [kept.waiver_id for kept in ledger.waivers(table=TABLE)] == ["w-2", "w-0", "w-1"]

    def test_waivers_all_or_none(self, ledger: Ledger, again: Ledger) -> None:
        """When one of several waivers cannot be recorded, none is."""
        ledger.grant_waivers([a_waiver("w-1")])
        with pytest.raises(LedgerUnavailable):
            ledger.grant_waivers([a_waiver("w-2"), a_waiver("w-1")])
        assert [kept.waiver_id for kept in again.waivers()] == ["w-1"]

    def test_waiver_revoked(self, ledger: Ledger, again: Ledger) -> None:
        """A revoked waiver stays on record with who ended it when; the others stay in force."""
        ledger.grant_waivers([a_waiver("w-1"), a_waiver("w-2")])
        later = NOON + timedelta(hours=1)
        assert ledger.revoke_waivers(["w-1", "w-x"], now=later, actor="bob@elsewhere") == 1
        second, first = again.waivers()
        assert first == replace(a_waiver("w-1"), revoked_at=later, revoked_by="bob@elsewhere")
        assert not first.is_valid(later)
        assert second.is_valid(later)

    def test_ended_waivers_stay_ended(self, ledger: Ledger, again: Ledger) -> None:
        """Revoking what is revoked or expired already changes nothing and counts nothing."""
        ledger.grant_waivers([a_waiver("w-1"), a_waiver("old", granted_at=NOON - 99 * TTL * 99)])
        ledger.revoke_waivers(["w-1"], now=NOON, actor="ann@elsewhere")
        known = again.waivers()
        later = NOON + timedelta(hours=1)
        assert ledger.revoke_waivers(["w-1", "old"], now=later, actor="bob@elsewhere") == 0
        assert again.waivers() == known

    # Failures

    def test_failures_as_recorded(self, ledger: Ledger, again: Ledger) -> None:
        """Failures are returned with everything they said, by table, partition and entity."""
        second = DAY + timedelta(days=1)
        ledger.record_failures(
            [a_failure("9", second), a_failure("9"), a_failure("10"), a_failure(table=OTHER_TABLE)]
        )
        known = [a_failure(table=OTHER_TABLE), a_failure("10"), a_failure("9")]
        assert again.failures() == [*known, a_failure("9", second)]
        assert again.failures(table=TABLE, last=DAY) == known[1:]
        assert again.failures(first=second) == [a_failure("9", second)]

    def test_failure_resolved(self, ledger: Ledger, again: Ledger) -> None:
        """A failure recorded again is replaced; one that comes back later stands beside it."""
        ledger.record_failures([a_failure("1"), a_failure("2")])
        resolved = replace(a_failure("1"), resolved_at=NOON + 2 * TTL)
        back = a_failure("1", first_seen=NOON + 3 * TTL)
        ledger.record_failures([resolved, back])
        assert again.failures() == [resolved, back, a_failure("2")]
        assert again.failures(unresolved=True) == [back, a_failure("2")]
        assert again.failures(table=OTHER_TABLE, unresolved=True) == []

    # Findings

    def test_findings_in_order(self, ledger: Ledger, again: Ledger) -> None:
        """The findings of a run come in the order they were recorded, and of that run only."""
        ledger.record_findings([a_finding("z"), a_finding("a")])
        ledger.record_findings([a_finding("m"), a_finding("other", run_id="run-b")])
        assert again.findings("run-a") == [a_finding("z"), a_finding("a"), a_finding("m")]
        assert again.findings("run-x") == []

    def test_finding_without_dates(self, ledger: Ledger, again: Ledger) -> None:
        """A finding need not be about dates."""
        timeless = replace(a_finding(), first=None, last=None, dates=0)
        ledger.record_findings([timeless])
        assert again.findings("run-a") == [timeless]

    # Known states

    def test_state_as_recorded(self, ledger: Ledger, again: Ledger) -> None:
        """A state is returned with everything that was measured, and nothing that was not."""
        bare = PartitionState(TABLE, days(2)[1], "unknown", NOON)
        ledger.record_states([a_state(), bare])
        assert again.states() == [a_state(), bare]

    def test_state_replaced(self, ledger: Ledger, again: Ledger) -> None:
        """A partition has one known state, the last recorded; other partitions keep theirs."""
        ledger.record_states([a_state(day) for day in days(3)])
        newer = replace(a_state(days(3)[1], state="stale"), expected=None, reason="", evidence={})
        ledger.record_states([newer])
        assert again.states() == [a_state(DAY), newer, a_state(days(3)[2])]

    def test_state_twice_at_once(self, ledger: Ledger) -> None:
        """Of two states for one partition in one call the last counts."""
        ledger.record_states([a_state(state="partial"), a_state(state="complete")])
        assert ledger.states() == [a_state(state="complete")]

    def test_states_chosen(self, ledger: Ledger) -> None:
        """States come by table and partition and can be asked for by table and inclusive dates."""
        for table in (TABLE, OTHER_TABLE):
            ledger.record_states([a_state(day, table=table) for day in reversed(days(4))])
        assert [(state.table, state.partition) for state in ledger.states()] == [
            (table, day) for table in (OTHER_TABLE, TABLE) for day in days(4)
        ]
        chosen = ledger.states(table=TABLE, first=days(4)[1], last=days(4)[2])
        assert chosen == [a_state(day) for day in days(4)[1:3]]

    # Several threads

    def test_threads_record(self, ledger: Ledger, again: Ledger) -> None:
        """Attempts recorded by several threads at once are all there."""

        def record(number: int) -> None:
            for day in days(10):
                ledger.record_attempts([an_attempt(day, run_id=f"run-{number}")])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(record, range(4)))
        assert len(again.attempts()) == 40
        assert [kept.partition for kept in again.attempts(run_id="run-3")] == days(10)
