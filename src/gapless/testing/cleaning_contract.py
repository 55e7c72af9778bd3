"""What a ledger owes cleanings, as tests to inherit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gapless.errors import LedgerUnavailable
from gapless.ledger.cleanings import CleanedPartition, Cleaning, Fate, Purpose
from gapless.ledger.interface import Ledger
from gapless.testing.ledger_examples import DAY, NOON, OTHER_TABLE, TABLE


def a_cleaning(cleaning_id: str = "20240301T120000-aaaaaa", minutes: int = 0) -> Cleaning:
    """Return a cleaning that has begun."""
    return Cleaning(
        cleaning_id=cleaning_id,
        pipeline="shop",
        purpose=Purpose.CLEAN,
        command="clean --yes",
        actor="ann@here",
        started_at=NOON + timedelta(minutes=minutes),
    )


def a_removed_date(cleaning_id: str = "20240301T120000-aaaaaa") -> CleanedPartition:
    """Return a date that was removed."""
    return CleanedPartition(
        cleaning_id=cleaning_id,
        table=TABLE,
        partition=DAY,
        fate=Fate.DELETED,
        rows=7,
        recorded_at=NOON,
        backup_id=f"{cleaning_id}.0001",
        reason="lives 7 days after its date",
    )


class CleaningContract:
    """The facts about cleanings; part of `LedgerContract`."""

    def test_cleaning_from_beginning_to_end(self, ledger: Ledger, again: Ledger) -> None:
        """Its end replaces its beginning, and keeps every number."""
        begun = a_cleaning()
        ledger.record_cleaning(begun)
        assert again.cleanings() == [begun]
        ended = replace(
            begun,
            finished_at=NOON + timedelta(seconds=3),
            exit_code=1,
            deleted_rows=2**40,
            kept_rows=3,
            restored_rows=4,
            bytes=5,
            problems=("one", "two"),
        )
        ledger.record_cleaning(ended)
        assert again.cleanings() == [ended]

    def test_cleanings_newest_first(self, ledger: Ledger) -> None:
        """As many as are asked for."""
        for number in range(3):
            ledger.record_cleaning(a_cleaning(f"c{number}", number))
        assert [one.cleaning_id for one in ledger.cleanings(limit=2)] == ["c2", "c1"]

    def test_cleanings_that_removed(self, ledger: Ledger) -> None:
        """Quiet ones, restores and those of other pipelines are passed over, however many."""
        removing = replace(a_cleaning(), deleted_rows=7)
        ledger.record_cleaning(removing)
        for number in range(1, 60):
            ledger.record_cleaning(a_cleaning(f"quiet{number}", number))
        ledger.record_cleaning(replace(removing, cleaning_id="other", pipeline="other"))
        ledger.record_cleaning(replace(removing, cleaning_id="back", purpose=Purpose.RESTORE))
        assert ledger.cleanings(removed_from="shop") == [removing]

    def test_cleaned_dates(self, ledger: Ledger, again: Ledger) -> None:
        """In the order they were recorded, by table or by cleaning."""
        first, second = a_removed_date(), replace(a_removed_date("other"), table=OTHER_TABLE)
        third = replace(first, fate=Fate.KEPT, backup_id="", reason="the only copy")
        ledger.record_cleaned([first, second])
        ledger.record_cleaned([third])
        ledger.record_cleaned([])
        assert again.cleaned() == [first, second, third]
        assert again.cleaned(table=OTHER_TABLE) == [second]
        assert again.cleaned(partition=first.partition) == [
            one for one in (first, second, third) if one.partition == first.partition
        ]
        assert again.cleaned(cleaning_id=first.cleaning_id) == [first, third]

    def test_cleanings_of_a_closed_ledger(self, ledger: Ledger) -> None:
        """Nothing is taken for recorded that was not."""
        ledger.close()
        with pytest.raises(LedgerUnavailable):
            ledger.record_cleaning(a_cleaning())
        with pytest.raises(LedgerUnavailable):
            ledger.record_cleaned([a_removed_date()])
