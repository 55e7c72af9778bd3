"""Validation of the shop: each way of being wrong has its name, its dates and its repair."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path as FilePath

import pytest

from gapless import check, same_date
from gapless.clock import Clock
from gapless.findings import Severity
from gapless.partitions import Path
from gapless.plan.states import State
from gapless.validate.model import Trust
from gapless.verbs.selection import Selection
from gapless.verbs.validate import validate
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    checked,
    day,
    every_row,
    one_table_pipeline,
    sql,
)
from support.validations import codes, findings_of

SALES = "raw.sales"


def test_a_sound_shop_can_be_trusted(done: Shopkeeper) -> None:
    report = done.validate()
    [season] = report.seasons
    assert (report.exit_code, codes(report), season.trust) == (0, set(), Trust.SOUND)
    assert codes(report, Severity.WARNING) == set()
    assert (season.season, season.dates, season.units) == ("2024", 10, 100)
    summary = season.tables[DAILY_SUMMARY]
    assert dict(summary.states) == {State.WARM_UP: 2, State.COMPLETE: 8}
    assert (summary.expected, summary.present, summary.first) == (72, 72, day(2))


def test_nothing_computed_is_missing_everywhere(shop: Shopkeeper) -> None:
    """Raw tables that are right do not make a season that can be trusted."""
    report = shop.validate()
    assert report.exit_code == 1
    assert {code for code, _ in codes(report)} == {"missing", "blocked"}
    assert report.seasons[0].trust is Trust.ATTENTION


@pytest.mark.parametrize("table", TABLES)
def test_rows_that_are_gone_are_missing(done: Shopkeeper, table: str) -> None:
    done.change(f"DELETE FROM {table} WHERE day = {sql(4)}")
    finding = findings_of(done.validate())["missing", table]
    assert finding.dates == [day(4)]
    name = table.split(".")[1]
    assert finding.remedies[0].command == f"gapless backfill {name} --dates {day(4)}"


def test_a_lost_row_is_named_with_what_used_it(done: Shopkeeper) -> None:
    """8 of 9 is below the gate: the shop is named, and so are the summaries computed from it."""
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3")
    report = done.validate()
    assert {("coverage", SHOP_DAYS), ("tampered_rows", SHOP_DAYS)} <= codes(report)
    finding = findings_of(report)["coverage", SHOP_DAYS]
    assert "8 of 9" in finding.facts[0].text
    assert "Shop 03 (3)" in finding.facts[0].text
    reached = {reach.table: (reach.span.first, reach.span.last) for reach in finding.reach}
    assert reached == {
        COMPLETE_FEED: (day(4), day(4)),
        # It reads the feed of the date, and the days of the season before.
        DAILY_SUMMARY: (day(4), day(9)),
    }


def test_the_right_number_of_wrong_keys_is_findings_of(done: Shopkeeper) -> None:
    done.change(f"UPDATE {SHOP_DAYS} SET shop_id = 77 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.validate()
    assert {("unexpected_keys", SHOP_DAYS), ("coverage", SHOP_DAYS)} <= codes(report)
    assert "77" in findings_of(report)["unexpected_keys", SHOP_DAYS].facts[0].text


def test_a_lost_group_is_findings_of(done: Shopkeeper) -> None:
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND region = 'south'")
    assert ("group_coverage", SHOP_DAYS) in codes(done.validate())


def test_the_same_key_twice_is_findings_of(done: Shopkeeper) -> None:
    done.change(f"INSERT INTO {SHOP_DAYS} FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3")
    finding = findings_of(done.validate())["unique_keys", SHOP_DAYS]
    assert "1 × row with the key of another" in finding.facts[0].text


def test_a_broken_rule_is_found_by_its_name(done: Shopkeeper) -> None:
    done.change(f"UPDATE {SHOP_DAYS} SET amount = -5 WHERE day = {sql(4)} AND shop_id = 3")
    assert ("amount_at_least_0", SHOP_DAYS) in codes(done.validate())


def test_a_lacking_required_column_counts_as_missing(done: Shopkeeper) -> None:
    done.change(f"UPDATE {SHOP_DAYS} SET amount = NULL WHERE day = {sql(4)} AND shop_id = 3")
    report = done.validate()
    assert ("coverage", SHOP_DAYS) in codes(report)
    assert ("required_columns", SHOP_DAYS) in codes(report, Severity.WARNING)


def test_rows_without_a_publication_are_findings_of(done: Shopkeeper) -> None:
    """Also such as are complete to the last key: nobody gated them."""
    done.change(
        f"DELETE FROM gapless.publications WHERE table_name = '{SHOP_DAYS}' "
        f"AND partition_date = {sql(4)}"
    )
    assert ("unaccounted_rows", SHOP_DAYS) in codes(done.validate())


def test_a_source_that_fails_its_check_is_found_by_its_name(done: Shopkeeper) -> None:
    """The reader is stale, and what reads the reader is blocked by the source."""
    done.change(f"UPDATE {SALES} SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 3")
    report = done.validate()
    finding = findings_of(report)["till_closed", SALES]
    assert finding.facts[0].text.startswith("1 of 1 wrong; first: 9 sales: a till is still open")
    assert finding.remedies[0].command == "gapless load --data DIR"
    assert ("blocked", SHOP_DAYS) in codes(report)


def test_a_changed_input_makes_its_readers_stale(done: Shopkeeper) -> None:
    done.change(f"UPDATE {SALES} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    assert codes(done.validate(SHOP_DAYS)) == {("stale", SHOP_DAYS)}


def test_a_check_that_fails_to_run_makes_its_dates_unknown(done: Shopkeeper) -> None:
    """What could not be examined is not sound, whatever else is."""
    poisoned = checked(
        shop_pipeline(), SALES, check("poisoned", "SELECT day, 1 / 0 AS entity FROM candidate")
    )
    report = done.using(poisoned).validate(SHOP_DAYS)
    assert report.exit_code == 4
    assert report.seasons[0].trust is Trust.UNKNOWN


def test_a_cross_check_that_examines_nothing_is_unknown(done: Shopkeeper) -> None:
    pipeline = shop_pipeline()
    nothing = check(
        "nothing", "SELECT day, 1 AS entity, TRUE AS ok, '' AS detail FROM candidate WHERE FALSE"
    )
    pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), nothing)
    report = done.using(pipeline).validate(SHOP_DAYS)
    assert report.exit_code == 4
    assert "nothing examined nothing" in findings_of(report)["unknown", SHOP_DAYS].facts[0].text


@pytest.mark.parametrize(
    ("blocking", "severity", "exit_code"),
    [(True, Severity.ERROR, 1), (False, Severity.WARNING, 0)],
)
def test_a_cross_check_speaks_of_published_rows(
    done: Shopkeeper, blocking: bool, severity: Severity, exit_code: int
) -> None:
    pipeline = shop_pipeline()
    every = every_row("never_right", "FALSE", blocking=blocking)
    pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), every)
    report = done.using(pipeline).validate(SHOP_DAYS)
    assert codes(report, severity) == {("never_right", SHOP_DAYS)}
    assert report.exit_code == exit_code


def test_a_cross_check_may_read_a_table_that_is_computed_later(done: Shopkeeper) -> None:
    pipeline = shop_pipeline()
    summary = pipeline.derived_table(DAILY_SUMMARY)
    pipeline.cross_check(
        pipeline.derived_table(SHOP_DAYS),
        check(
            "summed_up",
            "SELECT c.day, c.shop_id AS entity, s.amount = c.amount AS ok, 'differs' AS detail "
            "FROM candidate AS c JOIN summary AS s USING (day, shop_id)",
            {"summary": same_date(summary)},
            blocking=False,
        ),
    )
    assert done.using(pipeline).validate(SHOP_DAYS).findings == ()
    done.change(f"UPDATE {DAILY_SUMMARY} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    assert ("summed_up", SHOP_DAYS) in codes(
        done.using(pipeline).validate(SHOP_DAYS), Severity.WARNING
    )


def test_a_waived_date_is_no_failure_and_says_why(done: Shopkeeper) -> None:
    done.lose_sales(4, 3)
    done.backfill(SHOP_DAYS, dates=[day(4)], force="the till burnt down")
    report = done.validate(SHOP_DAYS, dates=[day(4)])
    assert report.exit_code == 0
    assert "the till burnt down" in findings_of(report)["waived", SHOP_DAYS].facts[0].text
    assert report.seasons[0].tables[SHOP_DAYS].states[State.WAIVED] == 1


# Rows where none can be


def test_rows_on_a_date_that_the_calendar_proves_empty_are_findings_of(tmp_path: FilePath) -> None:
    keeper = Shopkeeper.on_new_shop(tmp_path / "shop", closed=[5])
    keeper.backfill()
    keeper.change(
        f"INSERT INTO {SHOP_DAYS} SELECT * REPLACE ({sql(5)} AS day) FROM {SHOP_DAYS} "
        f"WHERE day = {sql(4)}"
    )
    finding = findings_of(keeper.validate())["off_calendar_rows", SHOP_DAYS]
    assert finding.dates == [day(5)]
    assert "DELETE FROM analytics.shop_days" in finding.remedies[0].command


def test_rows_of_dates_that_have_not_come_are_findings_of(done: Shopkeeper) -> None:
    """A history that holds tomorrow is a look-ahead waiting to happen."""
    done.change(f"INSERT INTO {SALES} VALUES (DATE '2025-01-02', 3, 1e9, TRUE)")
    finding = findings_of(done.validate())["future_rows", SALES]
    assert finding.dates == [date(2025, 1, 2)]
    assert "today is 2024-12-31" in finding.facts[0].text


def test_rows_before_the_calendar_begins_are_findings_of(done: Shopkeeper) -> None:
    done.change(f"INSERT INTO {SALES} VALUES (DATE '2023-06-01', 3, 1, TRUE)")
    assert ("outside_calendar_rows", SALES) in codes(done.validate())


def test_a_selection_of_dates_says_nothing_of_others(done: Shopkeeper) -> None:
    done.change(
        f"INSERT INTO {SALES} VALUES (DATE '2023-06-01', 3, 1, TRUE)",
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)}",
    )
    report = done.validate(dates=[day(1), day(3)])
    assert codes(report) == set()
    assert {cell.partition for cell in report.cells} == {day(1), day(3)}


# Rows that nobody demands


def test_leftover_rows_of_a_past_date_are_a_warning_with_a_way_to_clean_them(
    shop: Shopkeeper,
) -> None:
    """The table that began the incident: a few rows that nobody needs, kept from being used."""
    pipeline = one_table_pipeline(on_request=(Path.HISTORICAL,))
    keeper = shop.using(pipeline)
    keeper.backfill(SHOP_DAYS, dates=[day(3), day(4)])
    keeper.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id > 1")
    report = keeper.validate()
    finding = findings_of(report)["leftover_rows", SHOP_DAYS]
    assert (finding.severity, finding.dates, report.exit_code) == (Severity.WARNING, [day(4)], 0)
    assert "1 of 9" in finding.facts[0].text
    assert "quarantine" in finding.remedies[0].command
    # They are no part of what the season should hold: the complete one on the third day is.
    assert (report.seasons[0].tables[SHOP_DAYS].expected, report.exit_code) == (9, 0)


# Cost


def test_the_number_of_statements_does_not_grow_with_the_dates(tmp_path: FilePath) -> None:
    counts = []
    for days in (12, 60):
        keeper = Shopkeeper.on_new_shop(tmp_path / str(days), days)
        keeper.backfill()
        keeper.change(f"DELETE FROM {SHOP_DAYS} WHERE shop_id = 3")
        with keeper.opened() as workspace:
            before = workspace.warehouse.statements
            keeper_report = validate(workspace, Selection())
            counts.append(workspace.warehouse.statements - before)
        assert len(findings_of(keeper_report)["coverage", SHOP_DAYS].dates) == days
    assert counts[0] == counts[1]


def test_expected_keys_that_moved_are_measured_anew(done: Shopkeeper) -> None:
    """A reference that grew makes yesterday's complete partition lack a key today."""
    done.open_more(4, "north", 21)
    report = done.validate(SHOP_DAYS)
    cell = next(c for c in report.cells if c.table == SHOP_DAYS and c.partition == day(4))
    assert (cell.expected, cell.present) == (10, 9)
    assert not cell.is_sound


def test_a_source_that_others_can_replace_may_be_missing(done: Shopkeeper) -> None:
    """Nobody delivered the fast feed, and every summary was made from the complete one."""
    finding = findings_of(done.validate())["missing", "raw.fast_feed"]
    assert finding.severity is Severity.INFO
    assert "other sources can take its place" in finding.facts[0].text


# Dates with nothing on the calendar


def test_a_date_that_is_proved_empty_is_sound_and_says_why(tmp_path: FilePath) -> None:
    """Zero rows of a day on which nobody opened are right; the neighbours prove it."""
    keeper = Shopkeeper.on_new_shop(tmp_path / "shop", closed=[5])
    keeper.backfill()
    report = keeper.validate(dates=[day(5)])
    assert (report.exit_code, report.cells) == (0, ())
    assert report.nothing_due == {day(5): "no shops scheduled between 2024-01-05 and 2024-01-07"}


def test_of_a_date_beyond_the_calendar_nothing_can_be_said(done: Shopkeeper) -> None:
    """A calendar that was not loaded so far proves nothing, whatever else was selected."""
    report = done.validate(dates=[day(3), day(40)])
    assert report.exit_code == 4
    assert list(report.beyond_calendar) == [day(40)]


def test_a_half_built_season_is_not_covered(shop: Shopkeeper) -> None:
    """Dates that were never computed count, although nobody knows how much they should hold."""
    shop.backfill(dates=[day(number) for number in range(5)])
    season = shop.validate().seasons[0]
    assert season.tables[SHOP_DAYS].coverage == pytest.approx(0.5)
    assert season.tables[DAILY_SUMMARY].coverage == pytest.approx(3 / 8)
    assert season.layers["mart"].coverage == pytest.approx(3 / 8)


def test_today_may_still_be_filled(done: Shopkeeper) -> None:
    """Tills are open while shops are; that is no alarm before the day is over."""
    done.change(f"UPDATE {SALES} SET closed = FALSE WHERE day = {sql(9)}")
    with done.opened() as workspace:
        noon = datetime(2024, 1, 10, 12, tzinfo=UTC)
        today = replace(workspace, clock=Clock.fixed(noon))
        report = validate(today, Selection(dates=[day(8), day(9)]))
    assert ("till_closed", SALES) not in codes(report)


ON_DAY_4 = {
    (COMPLETE_FEED, day(4)),
    *((DAILY_SUMMARY, day(number)) for number in range(4, 10)),
}
"""What rests on the shop's day 4, directly or not."""


def test_what_was_computed_from_a_bad_partition_carries_a_warning(done: Shopkeeper) -> None:
    """Also where its state alone would not tell: a cross-check is no part of any state."""
    pipeline = shop_pipeline()
    odd = every_row("not_on_day_4", f"day <> {sql(4)}")
    pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), odd)
    report = done.using(pipeline).validate()
    suspects = [cell for cell in report.cells if "computed_from_bad" in cell.warnings]
    assert {(cell.table, cell.partition) for cell in suspects} == ON_DAY_4
    assert {cell.state for cell in suspects} == {State.COMPLETE}


def test_what_rests_on_something_stale_fails_under_a_name_of_its_own(done: Shopkeeper) -> None:
    """The root is one finding, with the dates of its readers; what rests on it another."""
    done.change(f"UPDATE {SALES} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    report = done.validate()
    failing = {
        (cell.table, cell.partition)
        for cell in report.cells
        if cell.failures == ("rests_on_stale",)
    }
    assert failing == ON_DAY_4
    resting = findings_of(report)["rests_on_stale", COMPLETE_FEED]
    assert resting.reach == ()
    assert resting.remedies[0].command == (
        f"gapless backfill complete_feed --dates {day(4)} --with-upstream"
    )
    commands = [remedy.command for remedy in findings_of(report)["stale", SHOP_DAYS].remedies]
    assert commands[:2] == [
        f"gapless backfill shop_days --dates {day(4)}",
        f"gapless backfill --start-date {day(4)} --end-date {day(9)}",
    ]


def test_a_cross_check_is_asked_of_played_dates_only(done: Shopkeeper) -> None:
    """Beside a date that has been played one to come is not unknown for want of it."""
    pipeline = shop_pipeline()
    pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), every_row("always", "TRUE"))
    with done.using(pipeline).opened() as workspace:
        noon = datetime(2024, 1, 8, 12, tzinfo=UTC)
        report = validate(
            replace(workspace, clock=Clock.fixed(noon)),
            Selection(tables=[SHOP_DAYS], dates=[day(3), day(8)]),
        )
    assert not [cell for cell in report.cells if cell.state is State.UNKNOWN]
