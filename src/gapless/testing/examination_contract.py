"""What a ledger owes examinations, as tests to inherit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gapless.ledger.examinations import Examination
from gapless.ledger.interface import Ledger
from gapless.testing.ledger_examples import DAY, NOON, OTHER_TABLE, TABLE


def an_examination() -> Examination:
    """Return what two checks found on a date."""
    outcomes = [
        ["complete", True, 12, 1, "game 7: 'O''Neal' – 4 players"],
        ["facts", False, 3, 0, None],
    ]
    return Examination(TABLE, DAY, "00c0ffee00c0ffee", NOON, outcomes)


class ExaminationContract:
    """The facts about examinations; part of `LedgerContract`."""

    def test_examinations_come_back_whole(self, ledger: Ledger, again: Ledger) -> None:
        """Every outcome comes back as it was found, from another opening as well."""
        elsewhere = replace(an_examination(), table=OTHER_TABLE, outcomes=[])
        ledger.record_examinations([an_examination(), elsewhere])
        found = sorted(again.examinations(), key=lambda one: one.table)
        assert found == sorted([an_examination(), elsewhere], key=lambda one: one.table)

    def test_the_newest_examination_counts(self, ledger: Ledger, again: Ledger) -> None:
        """Of a partition that is examined again the older examination is forgotten."""
        newer = replace(
            an_examination(), fingerprint="1", examined_at=NOON + timedelta(days=1), outcomes=[]
        )
        ledger.record_examinations([an_examination()])
        ledger.record_examinations([newer])
        assert again.examinations() == [newer]

    def test_examinations_of_some_dates(self, ledger: Ledger) -> None:
        """Only those from … to are returned, both included."""
        found = [replace(an_examination(), partition=DAY + timedelta(days=n)) for n in range(4)]
        ledger.record_examinations(found)
        first, last = found[1].partition, found[2].partition
        asked = sorted(ledger.examinations(first=first, last=last), key=lambda e: e.partition)
        assert asked == found[1:3]

    def test_nothing_examined(self, ledger: Ledger) -> None:
        """Recording nothing is no error."""
        ledger.record_examinations([])
        assert ledger.examinations() == []

    def test_an_open_ledger_can_be_written(self, ledger: Ledger) -> None:
        """A ledger that was opened to record runs says so."""
        assert ledger.writable
