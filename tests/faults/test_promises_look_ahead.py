"""Promise 13 and F12: nothing of D hangs on rows of D or later, and a command proves it.

A proof must be able to fail: most statements here look ahead on purpose.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless import (
    Pipeline,
    check,
    days_of_season,
    expected_query,
    first_sufficient,
    history,
    same_date,
    season_to_date,
)
from gapless.clock import Clock
from gapless.errors import UsageError
from gapless.leaks.report import DateProof, Leak, LeakReport, Proof, TableProof
from gapless.sql.poison import Poison
from gapless.verbs.leaks import leaks
from gapless.verbs.selection import Selection
from support.leaky_shop import USUAL, usual
from support.shopkeeper import OPEN_SHOPS, SHOP_DAYS, Shopkeeper, checked, day, every_row, sql

DAYS = 20
TILL_CLOSED = check(
    "till_closed",
    "SELECT day, shop_id AS entity, closed AS ok, 'still open' AS detail FROM candidate",
)
PAST = "history of analytics.shop_days"
HOURS = "raw.opening_hours on other dates"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shopkeeper:
    """Twenty days with everything published; leaks only read, so the tests share it."""
    keeper = Shopkeeper.on_new_shop(tmp_path_factory.mktemp("leaks") / "shop", DAYS)
    keeper.change("ALTER TABLE raw.opening_hours ADD COLUMN visitors INTEGER DEFAULT 40")
    keeper = keeper.using(usual())
    assert keeper.backfill().exit_code == 0
    return keeper


@pytest.fixture
def own(shop: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    """A copy that a test may change."""
    return shop.copy(tmp_path / "shop")


def searched(
    shop: Shopkeeper,
    pipeline: Pipeline,
    *numbers: int,
    table: str = USUAL,
    samples: int | None = 4,
) -> LeakReport:
    """Search one table for look-ahead, on some days or on samples."""
    with shop.using(pipeline).opened() as workspace:
        selection = Selection(tables=[table], dates=[day(number) for number in numbers])
        return leaks(workspace, selection, samples=samples)


def found_on(shop: Shopkeeper, pipeline: Pipeline, number: int, table: str = USUAL) -> DateProof:
    """Return what was found on one day."""
    [table_proof] = searched(shop, pipeline, number, table=table).tables
    [found] = table_proof.dates
    return found


def leak_of(shop: Shopkeeper, pipeline: Pipeline, number: int = 10) -> Leak:
    """Return the one leak of one day."""
    found = found_on(shop, pipeline, number)
    assert found.proof is Proof.LEAK
    [leak] = found.leaks
    return leak


# -- Honest statements are proved --------------------------------------------------------------

WINDOWED = "(SELECT *, {} OVER (PARTITION BY shop_id ORDER BY day {}) AS so_far FROM past)"
HONEST: dict[str, Pipeline] = {
    "all before": usual(),
    "days before": usual(predicate="p.day BETWEEN w.day - 6 AND w.day - 3"),
    "a window that ends with its row": usual(
        value="arg_max(p.so_far, p.day)",
        past=WINDOWED.format("avg(amount)", "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"),
    ),
    "the last three, told by what comes after them": usual(
        predicate="p.day < w.day AND (p.so_far IS NULL OR p.so_far >= w.day)",
        past=WINDOWED.format("lead(day, 3)", ""),
    ),
    "names alone": usual(sql="SELECT day, shop_id FROM who WHERE NOT closed_for_good"),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_statement_that_looks_back_only_is_proved(shop: Shopkeeper, name: str) -> None:
    """Every sampled date is proved: the first, the last and some between."""
    report = searched(shop, HONEST[name])
    [found] = report.tables
    assert (report.exit_code, found.proof) == (0, Proof.PROVED)
    assert [one.day for one in found.dates] == [day(0), day(6), day(13), day(19)]
    assert {one.proof for one in found.dates} == {Proof.PROVED}
    assert {one.rows for one in found.dates} == {len(OPEN_SHOPS)}


def test_tables_that_describe_their_date_are_proved_against_later_dates(shop: Shopkeeper) -> None:
    """The sum of a day's sales is made of that day; it says so, and no later day moves it."""
    [found] = searched(shop, usual(), table=SHOP_DAYS).tables
    assert found.proof is Proof.PROVED
    assert found.facts is not None
    assert found.facts.chain == (SHOP_DAYS, "raw.sales")
    assert not found.exists_before


# -- Statements that look ahead ----------------------------------------------------------------

AHEAD: dict[str, Pipeline] = {
    "a mean without a limit": usual(predicate="TRUE"),
    "a mean up to the date itself": usual(predicate="p.day <= w.day"),
    "days after alone": usual(predicate="p.day BETWEEN w.day + 3 AND w.day + 5"),
    "a count": usual(predicate="p.day <= w.day", value="count(*)"),
    "a window with following rows": usual(
        value="arg_max(p.so_far, p.day)",
        past=WINDOWED.format("avg(amount)", "ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING"),
    ),
}


@pytest.mark.parametrize("name", AHEAD)
def test_a_statement_that_looks_ahead_is_found_and_its_input_named(
    shop: Shopkeeper, name: str
) -> None:
    """Every shop's value moves, in the column that looks ahead, by way of the history alone."""
    assert searched(shop, AHEAD[name], 10).exit_code == 1
    leak = leak_of(shop, AHEAD[name])
    assert leak.part == "rows"
    assert leak.culprits == (PAST,)
    assert leak.difference.columns == ("usual",)
    assert (leak.difference.changed, leak.difference.gone, leak.difference.new) == (9, 0, 0)


def test_a_leak_names_keys_and_columns_with_both_values(shop: Shopkeeper) -> None:
    """Shop 1 sold 100 … 109 on ten days; the rest of the month would make it more."""
    moved = leak_of(shop, AHEAD["a mean without a limit"]).difference.examples[0]
    assert (moved.key, moved.column, moved.without) == ("1", "usual", "104.5")
    assert moved.with_poison is not None
    assert float(moved.with_poison) > 109


@pytest.mark.parametrize("number", [0, DAYS - 1])
def test_the_first_and_the_last_date_can_leak_too(shop: Shopkeeper, number: int) -> None:
    """Before the first date there is nothing, after the last nothing is loaded."""
    pipeline = usual(predicate="p.day > w.day")
    assert leak_of(shop, pipeline, number).culprits == (PAST,)


@pytest.mark.parametrize(
    ("value", "poison"),
    [
        ("max(p.amount)", Poison.RAISED),
        ("min(p.amount)", Poison.TWISTED),
        ("bool_and(p.closed)", Poison.TWISTED),
        ("max_by(p.region, p.day)", Poison.TWISTED),
    ],
)
def test_each_kind_of_poison_finds_what_the_true_rows_hide(
    own: Shopkeeper, value: str, poison: Poison
) -> None:
    """The true rows of D and later would change nothing: a day's sales are between those before."""
    amount = "shop_id + CASE day(day) WHEN 1 THEN 0 WHEN 2 THEN 10 ELSE 5 END"
    own.change(f"UPDATE raw.sales SET amount = {amount}")
    assert own.backfill().exit_code == 0
    leak = leak_of(own, usual(predicate="p.day <= w.day", value=value))
    assert leak.poison is poison


def test_rows_of_another_date_of_the_chunk_are_found(shop: Shopkeeper) -> None:
    """A join without the date takes in whatever is computed together with D."""
    statement = (
        "SELECT w.day, w.shop_id, (SELECT count(*) FROM who AS o WHERE o.shop_id = w.shop_id) "
        "AS usual FROM who AS w WHERE NOT w.closed_for_good"
    )
    assert leak_of(shop, usual(sql=statement)).culprits == (HOURS,)


def test_an_expected_set_that_looks_ahead_is_found(shop: Shopkeeper) -> None:
    """Who is expected must not hang on who sells from D on."""
    pipeline = usual()
    hours = pipeline.table("raw.opening_hours")
    expected = expected_query(
        "SELECT w.day, w.shop_id, CASE WHEN (SELECT max(p.amount) FROM past AS p "
        "WHERE p.shop_id = w.shop_id) > 800 THEN 'sells_a_lot' END AS excluded FROM who AS w",
        {
            "who": same_date(hours, columns=()),
            "past": history(pipeline.table(SHOP_DAYS), season_to_date()),
        },
    )
    leak = leak_of(shop, usual(expected=expected))
    assert (leak.part, leak.culprits) == ("expected set", (PAST,))
    assert leak.difference.columns == ("excluded",)


def test_two_inputs_that_look_ahead_together_are_both_named(shop: Shopkeeper) -> None:
    """Each of them does it alone."""
    statement = (
        "SELECT w.day, w.shop_id, (SELECT count(*) FROM past) + (SELECT count(*) FROM who) "
        "AS usual FROM who AS w WHERE NOT w.closed_for_good"
    )
    assert set(leak_of(shop, usual(sql=statement)).culprits) == {PAST, HOURS}


@settings(max_examples=25, deadline=None)
@given(first=st.integers(-9, 6), length=st.integers(0, 8), number=st.integers(9, 13))
def test_a_window_leaks_exactly_when_it_holds_the_date_or_a_later_one(
    shop: Shopkeeper, first: int, length: int, number: int
) -> None:
    """Days D + first … D + last: looking ahead begins with last = 0."""
    last = first + length
    window = f"p.day BETWEEN w.day + ({first}) AND w.day + ({last})"
    found = found_on(shop, usual(predicate=window), number)
    assert found.proof is (Proof.LEAK if last >= 0 else Proof.PROVED)


# -- Facts of D itself -------------------------------------------------------------------------


def facts_found(shop: Shopkeeper, pipeline: Pipeline) -> TableProof:
    """Return what was found of `mart.usual`, which has to be a leak by declaration alone."""
    report = searched(shop, pipeline, 10)
    [found] = report.tables
    assert (report.exit_code, found.proof) == (1, Proof.LEAK)
    assert not any(one.leaks for one in found.dates)
    assert found.facts is not None
    return found


def test_whole_rows_of_the_calendar_are_facts_of_the_date(shop: Shopkeeper) -> None:
    """A schedule holds results, too: here the visitors who came."""
    statement = "SELECT day, shop_id, visitors AS usual FROM who WHERE NOT closed_for_good"
    found = facts_found(shop, usual(sql=statement, whole_hours=True))
    assert found.facts is not None
    assert found.facts.chain == (USUAL, "raw.opening_hours")


def test_a_table_that_exists_before_may_not_read_what_was_computed_of_the_date(
    shop: Shopkeeper,
) -> None:
    """The chain leads from the table to the source of the facts."""
    days = usual().table(SHOP_DAYS)
    statement = "SELECT day, shop_id, amount AS usual FROM who"
    found = facts_found(shop, usual(sql=statement, inputs={"who": same_date(days)}))
    assert found.facts is not None
    assert found.facts.chain == (USUAL, SHOP_DAYS, "raw.sales")


def test_sources_of_a_choice_may_not_describe_the_date_either(shop: Shopkeeper) -> None:
    """Whichever source is chosen, its rows of D are read whole."""
    pipeline = usual()
    choice = first_sufficient(pipeline.table(SHOP_DAYS), pipeline.table("raw.sales"), at_least=0.5)
    statement = "SELECT day, shop_id, amount AS usual FROM who"
    report = searched(shop, usual(sql=statement, inputs={"who": choice}))
    assert report.tables[0].reads_facts


def test_columns_that_were_not_declared_cannot_be_read(shop: Shopkeeper) -> None:
    """The visitors are out of reach of a statement that declares who is there and no more."""
    statement = "SELECT day, shop_id, visitors AS usual FROM who WHERE NOT closed_for_good"
    found = found_on(shop, usual(sql=statement), 10)
    assert found.proof is Proof.UNKNOWN
    assert "visitors" in found.reason


# -- What is not proved is not passed ----------------------------------------------------------


def test_a_statement_that_fails_is_unknown(shop: Shopkeeper) -> None:
    """A proof that could not be made ends with 4."""
    statement = "SELECT day, shop_id, nowhere AS usual FROM who"
    report = searched(shop, usual(sql=statement), 10)
    assert (report.exit_code, report.tables[0].proof) == (4, Proof.UNKNOWN)


def test_a_proof_that_compared_nothing_is_unknown(shop: Shopkeeper) -> None:
    """Neither rows nor expected keys: nothing is proved, however much poison there was."""
    hours = usual().table("raw.opening_hours")
    nobody = expected_query("SELECT day, shop_id FROM who WHERE FALSE", {"who": same_date(hours)})
    statement = "SELECT day, shop_id FROM who WHERE FALSE"
    report = searched(shop, usual(sql=statement, expected=nobody))
    assert report.exit_code == 4
    assert {one.proof for one in report.tables[0].dates} == {Proof.NOTHING}


def test_poison_that_could_not_have_moved_anything_proves_nothing(shop: Shopkeeper) -> None:
    """What is constant whatever the inputs hold would look honest in every proof."""
    statement = "SELECT day, shop_id, 1 AS usual FROM who WHERE shop_id < 10"
    found = found_on(shop, usual(sql=statement), 10)
    assert found.proof is Proof.UNKNOWN
    assert "would not have moved a later date" in found.reason


def test_an_input_that_holds_nothing_is_named(shop: Shopkeeper) -> None:
    """Without a row before and after D there is nothing to make poison of."""
    found = found_on(shop, usual(with_feed=True), 10)
    assert found.without_poison == ("history of raw.fast_feed",)


def test_no_date_that_can_be_computed_is_unknown(shop: Shopkeeper) -> None:
    """Where an input is not complete, the reason names it."""
    pipeline = checked(usual(), "raw.sales", every_row("never", "FALSE"))
    report = searched(shop, pipeline, table=SHOP_DAYS)
    assert (report.exit_code, report.tables[0].dates) == (4, ())
    assert report.tables[0].reason == (
        f"no date can be computed; {day(0)}: raw.sales of {day(0)} is not settled"
    )


def test_dates_that_cannot_be_computed_are_told_beside_those_that_can(own: Shopkeeper) -> None:
    """A proof of the others is no proof of these."""
    own.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(7)}")
    pipeline = checked(usual(), "raw.sales", TILL_CLOSED)
    [found] = searched(own, pipeline, 6, 7, 8, table=SHOP_DAYS).tables
    assert [one.day for one in found.dates] == [day(6), day(8)]
    assert found.held_up == (f"{day(7)}: raw.sales of {day(7)} is not settled",)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(0, "day 0 of the season is warm-up"), (DAYS + 9, "the calendar knows only")],
)
def test_dates_on_which_nothing_is_due_prove_nothing(
    shop: Shopkeeper, number: int, reason: str
) -> None:
    """A warm-up day, or one that the calendar does not know."""
    report = searched(shop, usual(warm_up=days_of_season(2)), number)
    assert report.exit_code == 4
    assert reason in report.tables[0].reason


def test_a_date_to_come_is_proved_like_a_past_one(own: Shopkeeper) -> None:
    """Nothing is loaded of it or after it; its poison is made of what came before."""
    own.change(
        *(
            f"DELETE FROM {table} WHERE day >= {sql(10)}"
            for table in ("raw.sales", SHOP_DAYS, USUAL)
        ),
        f"DELETE FROM gapless.publications WHERE partition_date >= {sql(10)}",
    )
    morning = Clock.fixed(datetime(2024, 1, 11, 8, tzinfo=UTC))
    for pipeline, proof in ((usual(), Proof.PROVED), (AHEAD["a count"], Proof.LEAK)):
        with own.using(pipeline).opened() as workspace:
            opened = replace(workspace, clock=morning)
            report = leaks(opened, Selection(tables=[USUAL], dates=[day(12)]))
        assert report.tables[0].proof is proof


def test_samples_below_one_are_a_mistake(shop: Shopkeeper) -> None:
    """A proof of no dates would be a pass of nothing."""
    with pytest.raises(UsageError, match="at least one date"):
        searched(shop, usual(), samples=0)


# -- What is published -------------------------------------------------------------------------


def test_published_rows_that_were_changed_are_no_leak(own: Shopkeeper) -> None:
    """They are reported with their standing, beside the proof."""
    own.change(f"UPDATE {USUAL} SET usual = -1 WHERE shop_id = 3 AND day = DATE '{day(10)}'")
    found = found_on(own, usual(), 10)
    assert found.proof is Proof.PROVED
    assert found.published is not None
    assert found.published.difference.moved == 1
    assert found.published.difference.columns == ("usual",)
    assert "changed behind publication" in found.published.standing


def test_published_rows_are_what_inputs_before_the_date_give(shop: Shopkeeper) -> None:
    """On every date, the first to the last."""
    [found] = searched(shop, usual(), samples=None).tables
    assert len(found.dates) == DAYS
    assert [one.day for one in found.dates if one.published is not None] == []


# -- The command -------------------------------------------------------------------------------


def test_the_command_writes_nothing(own: Shopkeeper) -> None:
    """Not a byte of the warehouse changes, and no file is added to it."""
    before = hashlib.sha256(own.file.read_bytes()).hexdigest()
    own.command("leaks", "shop_days", "--samples", "2")
    assert hashlib.sha256(own.file.read_bytes()).hexdigest() == before


def test_the_command_tells_programs_what_it_found(own: Shopkeeper) -> None:
    """With --json, and the exit code of the report."""
    answer = own.command("leaks", "daily_summary", "--dates", str(day(10)), "--json")
    told = json.loads(answer.out)
    assert told["exit_code"] == answer.exit_code == 1
    [table] = told["tables"]
    assert table["proof"] == "leak"
    assert table["reads_facts_of_its_date"] == ["mart.daily_summary", "raw.fast_feed"]


def test_the_command_tells_people_what_to_do(own: Shopkeeper) -> None:
    """Which read it is, and both ways to mend it."""
    answer = own.command("leaks", "daily_summary", "--dates", str(day(10)))
    said = " ".join(answer.out.split())
    assert "mart.daily_summary must be there before its date is played out" in said
    assert "reads raw.fast_feed of the date itself" in said
    assert "same_date(fast_feed, columns=(…)) in the inputs of mart.daily_summary" in said
    assert "expected_by_path(historical=…) for mart.daily_summary" in said


def test_all_and_samples_contradict_each_other(own: Shopkeeper) -> None:
    """One sentence, exit code 2."""
    answer = own.command("leaks", "--all", "--samples", "3")
    assert (answer.exit_code, answer.err.count("\n")) == (2, 1)


def test_dates_are_spread_the_same_way_every_time(shop: Shopkeeper) -> None:
    """A proof can be repeated."""
    assert searched(shop, usual()) == searched(shop, usual())
