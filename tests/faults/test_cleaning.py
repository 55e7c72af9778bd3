"""Promise 14: cleaning removes only rows that were saved, and restoring brings back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gapless.due import Daily
from gapless.errors import DeclarationError, GaplessError, TooMuch, UsageError
from gapless.ledger.cleanings import Fate, Purpose
from gapless.ledger.interface import Holder
from gapless.ledger.liveness import host_name
from gapless.plan.states import State
from gapless.verbs.check_schedule import Punctuality, check_schedule
from gapless.verbs.clean import CleanOptions, clean
from gapless.verbs.clean_script import script
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.cleanings import a_cleaning
from support.offers import (
    LIVING,
    MORNING,
    OFFERS,
    PROMISES,
    STALE,
    cleaned,
    listed,
    offers,
    offers_pipeline,
    opened,
    restored,
    rows_files,
    told,
)
from support.shopkeeper import COMPLETE_FEED, Shopkeeper, day, sql


@pytest.fixture
def shop(offered: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return offered.copy(tmp_path / "shop")


def outcomes(report: Any) -> dict[int, str]:
    return {(one.partition - day(0)).days: one.outcome for one in report.partitions}


def test_rows_that_outlived_their_retention_go_and_the_others_stay(shop: Shopkeeper) -> None:
    before = offers(shop)
    report = cleaned(shop)
    assert report.ok
    assert report.exit_code == 0
    assert offers(shop) == {number: before[number] for number in LIVING}
    assert report.deleted_rows == 9 * len(STALE)
    assert outcomes(report) == dict.fromkeys(STALE, "deleted")


def test_a_dry_run_says_the_same_and_writes_nothing(shop: Shopkeeper) -> None:
    everything = shop.everything()
    report = cleaned(shop, dry_run=True)
    assert outcomes(report) == dict.fromkeys(STALE, "would_delete")
    first = report.partitions[0]
    assert (first.rows, first.entities, first.age) == (9, 9, 14)
    assert first.rule == "lives 7 days after its date"
    assert shop.everything() == everything
    assert not (shop.folder / "backups").exists()
    assert not told(shop)


def test_the_day_ends_where_the_pipeline_lives(shop: Shopkeeper) -> None:
    """An hour before midnight a date is a day younger than an hour after it."""
    before_midnight = MORNING.replace(hour=23)
    late = shop.at(before_midnight)
    assert max(outcomes(cleaned(late, dry_run=True))) == 6
    assert max(outcomes(cleaned(late.later(hours=2), dry_run=True))) == 7
    abroad = offers_pipeline()
    abroad.timezone = "America/New_York"
    assert max(outcomes(cleaned(late.later(hours=2).using(abroad), dry_run=True))) == 6


def test_nothing_demands_what_was_removed(shop: Shopkeeper) -> None:
    """Neither the table nor what was made of it needs anything, and an old date is rebuilt."""
    cleaned(shop)
    report = shop.status()
    assert report.exit_code == 0
    assert shop.states(OFFERS)[0] is State.NOTHING_EXPECTED
    assert shop.states(PROMISES)[0] is State.COMPLETE
    assert shop.preflight(PROMISES).exit_code == 0
    shop.change(f"DELETE FROM {PROMISES} WHERE day = {sql(0)}")
    assert shop.backfill(PROMISES, dates=[day(0)]).exit_code == 0
    assert len(shop.table(PROMISES, 0)) == 9


def test_the_only_copy_is_kept_and_named(shop: Shopkeeper) -> None:
    """Of a date whose replacement is not complete the rows are all there is."""
    shop.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(3)} AND shop_id = 4")
    report = cleaned(shop)
    [kept] = report.kept
    assert kept.partition == day(3)
    assert kept.reason.startswith(f"the only copy: {COMPLETE_FEED} is partial")
    assert report.ok
    assert sorted(offers(shop)) == [3, *LIVING]


def test_a_calendar_that_lost_a_date_makes_nothing_dispensable(shop: Shopkeeper) -> None:
    """That a replacement has nothing due there proves nothing while it holds no rows."""
    before = offers(shop)
    shop.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(3)}")
    shop.change(f"DELETE FROM raw.opening_hours WHERE day = {sql(3)}")
    report = cleaned(shop)
    [kept] = report.kept
    assert kept.partition == day(3)
    assert kept.reason.startswith(f"the only copy: {COMPLETE_FEED} is nothing_expected")
    assert offers(shop) == {number: before[number] for number in (3, *LIVING)}


def test_what_somebody_works_with_is_kept(shop: Shopkeeper) -> None:
    """A lease on a date of the table, or of a reader, keeps the rows; one that lapsed does not."""
    holder = Holder("20240115T000000-aaaaaa", host_name(), 1, "somebody")
    with shop.ledger() as ledger:
        moment, hour = MORNING - timedelta(minutes=1), timedelta(hours=1)
        ledger.acquire_leases(PROMISES, [day(2)], holder, now=moment, ttl=hour)
        ledger.acquire_leases(OFFERS, [day(5)], holder, now=moment, ttl=hour)
        ledger.acquire_leases(COMPLETE_FEED, [day(6)], holder, now=moment, ttl=hour)
    report = cleaned(shop)
    assert {one.partition for one in report.kept} == {day(2), day(5)}
    assert all(holder.run_id in one.reason for one in report.kept)
    assert sorted(offers(shop)) == [2, 5, *LIVING]
    assert cleaned(shop.later(hours=2)).deleted_rows == 18


def test_what_an_open_plan_needs_is_kept_for_a_week(shop: Shopkeeper) -> None:
    """A run that died may be resumed; after a week nobody does that any more."""
    with shop.ledger() as ledger:
        [run] = ledger.runs(limit=1)
        plan = dict(run.plan) | {"partitions": {PROMISES: [[str(day(1)), str(day(2))]]}}
        dead = replace(run, run_id="20240115T010000-dead00", plan=plan, started_at=MORNING)
        ledger.begin_run(replace(dead, finished_at=None, exit_code=None))
    report = cleaned(shop)
    assert {one.partition for one in report.kept} == {day(1), day(2)}
    assert sorted(offers(shop)) == [1, 2, *LIVING]
    assert cleaned(shop.later(days=8)).deleted_rows == 9 * 5


def test_every_row_can_be_restored_identically(shop: Shopkeeper) -> None:
    before = shop.everything()
    cleaned(shop, batch_rows=20)
    assert len(rows_files(shop)) == 4
    report = restored(shop)
    assert report.exit_code == 0
    assert report.restored_rows == 9 * len(STALE)
    assert shop.table(OFFERS) == before[OFFERS]
    assert shop.status().exit_code == 0


def test_chosen_dates_are_restored_and_a_second_time_nothing_is(shop: Shopkeeper) -> None:
    before = offers(shop)
    cleaned(shop)
    assert restored(shop, 2, 4).restored_rows == 18
    assert offers(shop) == {number: before[number] for number in (2, 4, *LIVING)}
    again = restored(shop, 2, 4)
    assert again.exit_code == 0
    assert set(outcomes(again).values()) == {"already there"}


def test_restoring_is_tried_without_writing(shop: Shopkeeper) -> None:
    cleaned(shop)
    everything = shop.everything()
    report = restored(shop, 1, dry_run=True)
    assert outcomes(report) == {1: "would_restore"}
    assert shop.everything() == everything


def test_newer_rows_are_not_overwritten_unless_told(shop: Shopkeeper) -> None:
    """And then they are saved first, so that they can be had back by the id of that backup."""
    before = offers(shop)
    cleaned(shop)
    shop.change(f"INSERT INTO {OFFERS} VALUES ({sql(2)}, 1, 'north', 7.0, 'newer')")
    newer = offers(shop)[2]
    refused = restored(shop, 1, 2)
    assert refused.exit_code == 1
    assert outcomes(refused) == {1: "restored", 2: "refused"}
    assert "newer than the backup" in refused.problems[0]
    assert offers(shop)[2] == newer
    assert outcomes(restored(shop, 2, overwrite=True)) == {2: "restored"}
    assert offers(shop)[2] == before[2]
    [saved] = [
        one.manifest
        for one in listed(shop).backups
        if one.manifest is not None and one.manifest.purpose is Purpose.RESTORE
    ]
    assert outcomes(restored(shop, 2)) == {2: "already there"}
    restored(shop, backup=saved.backup_id, overwrite=True)
    assert offers(shop)[2] == newer


def test_rows_that_arrive_after_the_backup_survive(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their whole date stays, as it was not saved as it is; the next cleaning takes it."""
    before = offers(shop)
    save = DuckDBWarehouse.save_rows

    def saved_then_changed(self: DuckDBWarehouse, wanted: Any) -> None:
        save(self, wanted)
        self.execute(f"INSERT INTO {OFFERS} VALUES ({sql(4)}, 10, 'south', 1.0, 'late')")

    monkeypatch.setattr(DuckDBWarehouse, "save_rows", saved_then_changed)
    report = cleaned(shop)
    assert outcomes(report)[4] == "kept"
    assert len(offers(shop)[4]) == len(before[4]) + 1
    assert sorted(offers(shop)) == [4, *LIVING]
    monkeypatch.undo()
    assert cleaned(shop).deleted_rows == 10
    assert sorted(offers(shop)) == [*LIVING]


def test_rows_that_another_session_adds_during_the_delete_survive(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no part of what the transaction sees, so it neither counts nor deletes them."""
    fetch = DuckDBWarehouse.fetch
    added: list[int] = []

    def watched(self: DuckDBWarehouse, statement: str) -> Any:
        if statement.startswith("DELETE") and not added:
            added.append(1)
            other = self.session()
            fetch(other, f"INSERT INTO {OFFERS} VALUES ({sql(4)}, 10, 'south', 1.0, 'late')")
            other.close()
        return fetch(self, statement)

    monkeypatch.setattr(DuckDBWarehouse, "fetch", watched)
    assert cleaned(shop).ok
    assert [row[1] for row in offers(shop)[4]] == [10]


def test_a_full_or_forbidden_folder_stops_the_cleaning(shop: Shopkeeper) -> None:
    """Nothing goes whose backup cannot be written, and what was not tried is named, too."""
    before = offers(shop)
    (shop.folder / "backups").write_text("a file where the folder should be")
    report = cleaned(shop, batch_rows=20)
    assert report.exit_code == 1
    assert set(outcomes(report).values()) == {"failed"}
    assert len(report.problems) <= 2
    assert offers(shop) == before


def test_far_more_than_usual_is_refused(shop: Shopkeeper) -> None:
    before = offers(shop)
    with pytest.raises(TooMuch, match=r"63 rows .* --max-rows allows 20 at most"):
        cleaned(shop, max_rows=20)
    assert offers(shop) == before
    assert cleaned(shop, max_rows=63).ok


def test_what_is_usual_is_learnt_from_earlier_cleanings(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five small ones make a large one unusual, also when a quiet summer lies in between."""
    monkeypatch.setattr("gapless.retention.rules.NEVER_UNUSUAL", 20)
    now = MORNING - timedelta(days=7)
    for number in range(5):
        report = cleaned(shop.at(now + timedelta(days=number + 1)))
        assert report.deleted_rows == 9
    quiet = a_cleaning(MORNING - timedelta(days=1), deleted=0)
    with shop.ledger() as ledger:
        for number in range(50):
            ledger.record_cleaning(replace(quiet, cleaning_id=f"quiet{number}"))
    shop.change(
        f"INSERT INTO {OFFERS} SELECT {sql(6)}, i, 'north', 1.0, 'mistake' FROM range(500) AS t(i)"
    )
    with pytest.raises(TooMuch, match=r"518 rows of .* earlier cleanings make usual 90 at most"):
        cleaned(shop)
    assert cleaned(shop, max_rows=600).deleted_rows == 509 + 9


def test_each_cleaning_is_in_the_ledger(shop: Shopkeeper) -> None:
    shop.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(3)} AND shop_id = 4")
    report = cleaned(shop, command="clean --yes", actor="me")
    restored(shop.later(minutes=1), 1)
    with shop.ledger() as ledger:
        restore, clean_up = ledger.cleanings()
        assert (restore.purpose, restore.restored_rows) == (Purpose.RESTORE, 9)
        assert (clean_up.purpose, clean_up.actor) == (Purpose.CLEAN, "me")
        assert (clean_up.deleted_rows, clean_up.kept_rows) == (54, 9)
        assert clean_up.exit_code == 0
        assert clean_up.bytes == report.bytes > 0
        found = ledger.cleaned(cleaning_id=clean_up.cleaning_id)
    fates = {(one.partition - day(0)).days: one.fate for one in found}
    assert fates == dict.fromkeys(STALE, Fate.DELETED) | {3: Fate.KEPT}
    assert all(one.reason for one in found)


def test_a_refused_cleaning_is_in_the_ledger(shop: Shopkeeper) -> None:
    """With the reason, so that who watches over the schedule learns it; the next one is as ever."""
    with pytest.raises(TooMuch):
        cleaned(shop, max_rows=20)
    with shop.ledger() as ledger:
        [refused] = ledger.cleanings()
        report = check_schedule(shop.pipeline, ledger, Daily(time(4), "UTC"), MORNING)
    assert (refused.exit_code, refused.deleted_rows) == (3, 0)
    assert refused.finished_at is not None
    assert report.punctuality is Punctuality.FAILED
    assert "63 rows of 7 dates" in report.reason
    assert cleaned(shop).ok


def test_a_cleaning_that_cannot_go_on_is_in_the_ledger(shop: Shopkeeper) -> None:
    shop.change("ALTER TABLE analytics.offers RENAME COLUMN shop_id TO shop")
    with pytest.raises(GaplessError) as caught:
        cleaned(shop)
    with shop.ledger() as ledger:
        [failed] = ledger.cleanings()
    assert failed.exit_code == caught.value.exit_code
    assert caught.value.what in failed.problems[0]


def test_a_cleaning_asks_the_warehouse_no_more_for_more_dates(shop: Shopkeeper) -> None:
    def statements(days: int) -> int:
        with opened(shop) as workspace:
            clean(workspace, CleanOptions(days=days, dry_run=True))
            return workspace.warehouse.statements

    assert statements(13) == statements(7)


def test_an_unknown_table_or_one_without_a_retention_is_named(shop: Shopkeeper) -> None:
    with pytest.raises(UsageError, match=r"complete_feed declares no retention.*analytics.offers"):
        cleaned(shop, tables=("complete_feed",))
    with pytest.raises(DeclarationError, match="Did you mean"):
        cleaned(shop, tables=("ofers",))
    for wrong in ({"days": 0}, {"max_rows": 0}):
        with pytest.raises(UsageError, match="makes no sense"):
            cleaned(shop, **wrong)


def test_the_script_for_hand_work_does_the_same(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In DuckDB's dialect it is run here; it refuses to delete what was not saved."""
    before = offers(shop)
    with opened(shop) as workspace:
        written = script(workspace, (), None, "duckdb")
        bigquery = script(workspace, (), None, "bigquery")
    assert bigquery.index("ASSERT") < bigquery.index("CREATE TABLE")
    assert bigquery.rindex("ASSERT") < bigquery.index("DELETE") < bigquery.index("COMMIT")
    monkeypatch.chdir(shop.folder)
    comparing = written.rindex("SELECT CASE WHEN")
    late = f"INSERT INTO {OFFERS} VALUES ({sql(4)}, 10, 'south', 1.0, 'late');"
    with pytest.raises(Exception, match="saved rows are not those of the table"):
        shop.change(written[:comparing] + late + written[comparing:])
    assert offers(shop) == before
    with opened(shop.later(minutes=1)) as workspace:
        again = script(workspace, (), None, "duckdb")
    shop.change(again)
    assert offers(shop) == {number: before[number] for number in LIVING}
    with opened(shop) as workspace:
        assert script(workspace, (), None, "duckdb").startswith("-- Nothing")
        with pytest.raises(UsageError, match="--sql mysql is unknown"):
            script(workspace, (), None, "mysql")


@pytest.mark.parametrize("brought_back", [False, True])
def test_the_script_run_again_leaves_the_copy_alone(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch, brought_back: bool
) -> None:
    """Also where a program goes on after an error, and where as many other rows are there."""
    with opened(shop) as workspace:
        written = script(workspace, (), None, "duckdb")
    monkeypatch.chdir(shop.folder)
    shop.change(written)
    [file] = shop.folder.glob("*.parquet")
    saved = file.read_bytes()
    if brought_back:
        shop.change(f"INSERT INTO {OFFERS} BY NAME SELECT * REPLACE (0 AS amount) FROM '{file}'")
    left = offers(shop)
    complaints = []
    with duckdb.connect(str(shop.file)) as connection:
        for statement in connection.extract_statements(written):
            try:
                connection.execute(statement)
            except duckdb.Error as error:
                complaints.append(str(error))
    assert ("is there already" if brought_back else "it has not the 63 rows") in complaints[0]
    assert file.read_bytes() == saved
    assert offers(shop) == left
