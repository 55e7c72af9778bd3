"""Preflight finds what stands in the way of a plan, with dates, counts, names and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath

import pytest

from gapless import Pipeline, first_sufficient, keys_of, same_date
from gapless.clock import Clock
from gapless.declare.tables import Source
from gapless.findings import Finding, Severity
from gapless.partitions import Path
from gapless.preflight.examine import Preflight
from gapless.verbs.backfill import preflight
from gapless.verbs.selection import Selection
from support.shop import insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    redefined,
    sql,
)

SALES, FAST = "raw.sales", "raw.fast_feed"


def of_code(found: Preflight, code: str) -> list[Finding]:
    """Return the findings of one kind."""
    return [finding for finding in found.findings if finding.code == code]


def one(found: Preflight, code: str) -> Finding:
    """Return the only finding of a kind."""
    [finding] = of_code(found, code)
    return finding


# -- references ------------------------------------------------------------------------------


def with_roster(*, optional: bool = False) -> Pipeline:
    """Declare a shop in which who is expected stands in a table that is itself only loaded."""
    pipeline = shop_pipeline()
    roster = pipeline.source("raw.roster", key="shop_id", optional=optional)
    listed = pipeline.derived(
        "analytics.listed",
        key="shop_id",
        sql="SELECT day, shop_id FROM roster",
        inputs={"roster": same_date(roster)},
        expected=keys_of(roster),
    )
    pipeline.derived(
        "mart.called",
        key="shop_id",
        sql="SELECT day, shop_id FROM listed",
        inputs={"listed": same_date(listed)},
        expected=keys_of(listed),
    )
    return pipeline


@pytest.fixture
def roster(shop: Shopkeeper) -> Shopkeeper:
    """A shop with such a roster, without rows on day 4."""
    shop.change(
        "CREATE TABLE raw.roster AS SELECT day, shop_id FROM raw.opening_hours "
        f"WHERE day <> {sql(4)}"
    )
    return shop.using(with_roster())


def test_reference_without_rows(roster: Shopkeeper) -> None:
    """Who says who is expected says nothing: then nobody can know what is missing."""
    found = roster.preflight("listed", "called")
    finding = one(found, "reference_empty")
    assert (finding.severity, finding.table, finding.dates) == (
        Severity.ERROR,
        "raw.roster",
        [day(4)],
    )
    assert finding.message == (
        "raw.roster says what is expected of analytics.listed, mart.called, and holds no rows."
    )
    assert finding.facts[0].text == (
        "missing: no rows, although 10 shops are scheduled; blocks 2 partitions"
    )
    assert finding.remedies[0].command == "gapless load --data DIR"
    assert found.exit_code == 1


def test_reference_is_reported_once(roster: Shopkeeper) -> None:
    """What is told as a reference is not told again as an input."""
    assert of_code(roster.preflight("listed", "called"), "input_incomplete") == []


def test_reference_that_is_not_complete_itself(done: Shopkeeper) -> None:
    """A computed reference is followed to what is wrong with it, and completed with upstream."""
    done.change(
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id < 4",
        f"DELETE FROM {COMPLETE_FEED} WHERE day = {sql(4)}",
    )
    finding = one(done.preflight(COMPLETE_FEED), "reference_incomplete")
    assert (finding.table, finding.dates) == (SHOP_DAYS, [day(4)])
    assert "6 of 9 (66.7 %)" in finding.facts[0].text
    assert finding.remedies[0].command == (
        f"gapless backfill {COMPLETE_FEED} --start-date {day(0)} --end-date {day(9)} "
        "--with-upstream"
    )


def test_reference_that_waits_for_something_else_is_not_to_blame(shop: Shopkeeper) -> None:
    """Where a reference lacks another input, that input is the finding."""
    shop.change(f"DELETE FROM {SALES} WHERE day = {sql(4)}")
    found = shop.preflight()
    assert one(found, "input_incomplete").table == SALES
    assert {finding.code for finding in found.findings} == {"input_incomplete"}


def test_reference_that_this_plan_completes(shop: Shopkeeper) -> None:
    """What the run computes first is no finding."""
    assert shop.preflight().findings == ()


def test_reference_that_is_done_and_empty(roster: Shopkeeper) -> None:
    """An optional source may hold no rows; as a reference it makes computing vain."""
    finding = one(roster.using(with_roster(optional=True)).preflight("listed"), "reference_empty")
    assert (finding.table, finding.dates) == ("raw.roster", [day(4)])
    assert "computing it is in vain" in finding.facts[0].text


# -- sources of choices ----------------------------------------------------------------------


def test_source_made_from_changed_inputs(done: Shopkeeper) -> None:
    """A source that is not up to date is not used, and the finding says why and what helps."""
    shop = done.using(on_request())
    shop.backfill("mart.ahead", dates=[day(6)])
    shop.change(f"UPDATE raw.opening_hours SET name = 'x' WHERE day = {sql(6)} AND shop_id = 1")
    shop.backfill(SHOP_DAYS, "mart.after")
    found = shop.preflight("mart.told", dates=[day(6)])
    finding = one(found, "source_stale")
    assert (finding.severity, finding.table, finding.dates) == (
        Severity.WARNING,
        "mart.ahead",
        [day(6)],
    )
    assert finding.facts[0].text.startswith("9 rows; nothing_expected: built for historical dates")
    assert f"its inputs changed ({SHOP_DAYS})" in finding.facts[0].text
    assert finding.remedies[0].command == (
        f"gapless backfill mart.ahead --dates {day(6)} --with-upstream"
    )
    assert found.exit_code == 0


def on_request() -> Pipeline:
    """Declare a table written ahead that is preferred where it is up to date."""
    pipeline = shop_pipeline()
    days = pipeline.derived_table(SHOP_DAYS)
    same = "SELECT day, shop_id, region, amount, '{}' AS origin FROM days"
    ahead, after = (
        pipeline.derived(
            f"mart.{name}",
            key="shop_id",
            sql=same.format(name),
            inputs={"days": same_date(days)},
            expected=keys_of(days),
            on_request=paths,
        )
        for name, paths in (("ahead", [Path.HISTORICAL]), ("after", []))
    )
    pipeline.derived(
        "mart.told",
        key="shop_id",
        sql="SELECT day, shop_id, origin FROM feed",
        inputs={"feed": first_sufficient(ahead, after, at_least=0.9)},
        expected=keys_of(days),
    )
    return pipeline


def test_source_that_this_plan_brings_up_to_date(done: Shopkeeper) -> None:
    """A stale source that the run recomputes first is no alarm."""
    done.change(f"UPDATE {SALES} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    assert {finding.code for finding in done.preflight().findings} == set()


def test_source_with_keys_nobody_expects(done: Shopkeeper) -> None:
    """Rows for strangers feed nothing; preflight counts and names them."""
    done.change(
        *insert_fast_feed(day(4), [10]),
        *insert_fast_feed(day(5), range(1, 11)),
        f"INSERT INTO {FAST} SELECT {sql(5)}, id, 'north', 1, 'fast' FROM range(90, 95) AS r(id)",
        f"DELETE FROM {DAILY_SUMMARY}",
    )
    finding = one(done.preflight(DAILY_SUMMARY), "source_unexpected")
    assert (finding.severity, finding.table) == (Severity.INFO, FAST)
    assert {fact.date: fact.text for fact in finding.facts} == {
        day(4): "1 key too many, first: 10",
        day(5): "6 keys too many, first: 10, 90, 91",
    }
    assert finding.remedies[0].command == f"gapless explain {FAST} {finding.dates[0]}"


def test_sources_that_cannot_be_measured_are_a_finding(done: Shopkeeper) -> None:
    """A query that fails is told like everything else; the other tables are still looked at."""
    done.change(f"DELETE FROM {DAILY_SUMMARY}", f"ALTER TABLE {FAST} RENAME shop_id TO shop")
    found = done.preflight()
    finding = one(found, "check_failed")
    assert (finding.severity, finding.table) == (Severity.ERROR, DAILY_SUMMARY)
    assert "shop_id" in finding.message
    assert found.exit_code == 1


# -- schemas ---------------------------------------------------------------------------------


def declaring(**columns: str) -> Pipeline:
    """Declare the columns of the sales."""
    pipeline = shop_pipeline()
    source = pipeline.tables[SALES]
    assert isinstance(source, Source)
    pipeline.tables[SALES] = replace(source, columns={"day": "DATE", "shop_id": "INT", **columns})
    return pipeline


def test_columns_as_declared(done: Shopkeeper) -> None:
    """Another name of the same type is the same type."""
    shop = done.using(declaring(amount="FLOAT8", closed="BOOL"))
    assert of_code(shop.preflight(), "schema_differs") == []


def test_source_lacks_a_column(done: Shopkeeper) -> None:
    """A declared column that is not there is an error, by name."""
    finding = one(done.using(declaring(till="VARCHAR")).preflight(), "schema_differs")
    assert (finding.severity, finding.table) == (Severity.ERROR, SALES)
    assert "column till is missing" in finding.message


def test_source_has_a_column_of_another_type(done: Shopkeeper) -> None:
    """Another type is a warning: it may do, but somebody should know."""
    found = done.using(declaring(amount="DECIMAL(9,2)")).preflight()
    finding = one(found, "schema_differs")
    assert finding.severity is Severity.WARNING
    assert "amount is DOUBLE, declared as DECIMAL(9,2)" in finding.message
    assert found.exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("o.region, ", "", "column region is no longer computed"),
        ("s.amount", "s.amount::INTEGER AS amount", "amount is DOUBLE, and INTEGER would be"),
        ("s.amount", "s.no_such AS amount", "its statement cannot be evaluated: "),
    ],
)
def test_changed_definition_that_does_not_fit(
    done: Shopkeeper, old: str, new: str, said: str
) -> None:
    """What a run would refuse after staging, preflight says before it."""
    text = shop_pipeline().derived_table(SHOP_DAYS).statement.text
    shop = done.using(redefined(shop_pipeline(), SHOP_DAYS, text.replace(old, new, 1)))
    finding = one(shop.preflight(SHOP_DAYS), "schema_differs")
    assert (finding.severity, finding.table) == (Severity.ERROR, SHOP_DAYS)
    assert said in finding.message
    assert len(finding.dates) == 10


def test_changed_definition_that_fits(done: Shopkeeper) -> None:
    """Another formula, or one more column, is fine."""
    text = shop_pipeline().derived_table(SHOP_DAYS).statement.text
    wider = text.replace("s.amount", "2 * s.amount AS amount, s.closed", 1)
    shop = done.using(redefined(shop_pipeline(), SHOP_DAYS, wider))
    assert of_code(shop.preflight(SHOP_DAYS), "schema_differs") == []


# -- dates that are not closed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "severity", "code"),
    [
        (Selection(), Severity.INFO, 0),
        (Selection(dates=[day(9)]), Severity.ERROR, 1),
    ],
)
def test_date_that_is_not_closed(
    done: Shopkeeper, selection: Selection, severity: Severity, code: int
) -> None:
    """Told apart from what is wrong; an error only for who asked for this very date."""
    pipeline = shop_pipeline()
    source = pipeline.tables[SALES]
    assert isinstance(source, Source)
    pipeline.tables[SALES] = replace(source, settle=timedelta(hours=6))
    with done.using(pipeline).opened() as workspace:
        night = Clock.fixed(datetime(2024, 1, 11, 2, tzinfo=UTC))
        found = preflight(replace(workspace, clock=night), selection)
    finding = one(found, "not_closed")
    assert (finding.severity, finding.table, finding.dates) == (severity, SALES, [day(9)])
    assert finding.facts[0].text == (
        "not yet: not closed before 2024-01-11 06:00 UTC; holds up 3 partitions"
    )
    assert found.exit_code == code


# -- cost ------------------------------------------------------------------------------------


def test_statements_do_not_depend_on_the_number_of_dates(tmp_path: FilePath) -> None:
    """With something of every kind to find, on few dates and on many."""
    counts = []
    for days in (20, 200):
        shop = Shopkeeper.on_new_shop(tmp_path / str(days), days)
        shop.backfill()
        numbers = "(day - DATE '2024-01-01')"
        shop.change(
            *(s for number in range(3, days, 5) for s in insert_fast_feed(day(number), [1, 10])),
            f"DELETE FROM {SALES} WHERE {numbers} % 7 = 6",
            f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE {numbers} % 9 = 8",
            f"DELETE FROM {DAILY_SUMMARY} WHERE {numbers} < 5",
        )
        pipeline = declaring(amount="DECIMAL(9,2)")
        text = pipeline.derived_table(COMPLETE_FEED).statement.text
        changed = redefined(
            pipeline, COMPLETE_FEED, text.replace("amount,", "amount + 0 AS amount,")
        )
        with shop.using(changed).opened() as workspace:
            before = workspace.warehouse.statements
            found = preflight(workspace, Selection())
            counts.append(workspace.warehouse.statements - before)
        assert {"input_incomplete", "schema_differs", "source_partial", "source_unexpected"} <= {
            finding.code for finding in found.findings
        }
    assert counts[0] == counts[1]
