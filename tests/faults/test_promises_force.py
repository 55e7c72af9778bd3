"""Promises 9 and 10: no other door, no silent override."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gapless import Pipeline
from gapless.errors import UsageError
from gapless.ledger.interface import Verdict, Waiver
from gapless.plan.states import State
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.selection import Selection
from support.shop import NOW, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    one_table_pipeline,
    outcomes,
    result,
    sql,
    touched,
)
from support.waiving import with_holes

WHY = "two tills were stolen; the owner knows"


def waivers(shop: Shopkeeper) -> list[Waiver]:
    """Return every waiver in the ledger."""
    with shop.ledger() as ledger:
        return ledger.waivers()


# -- 9: no other door ------------------------------------------------------------------------


def test_library_and_command_refuse_the_same(shop: Shopkeeper) -> None:
    """The same shop refused through the library is refused through the command, for one reason."""
    with_holes(shop, 4)
    library = shop.backfill()
    command = shop.command("backfill", "--json")
    told = {
        (found["table"], found["date"]): (found["outcome"], found["reason"])
        for found in json.loads(command.out)["results"]
    }
    assert (library.exit_code, command.exit_code) == (1, 1)
    for table, number in ((SHOP_DAYS, 4), (COMPLETE_FEED, 4), (DAILY_SUMMARY, 7)):
        found = result(library, table, number)
        outcome, reason = told[table, day(number).isoformat()]
        assert outcome == found.outcome
        assert reason.split(" staged rows")[0] == found.reason.split(" staged rows")[0]


def test_command_gates_a_single_date(shop: Shopkeeper) -> None:
    """One date, asked for by table and date through the command, meets the whole gate."""
    with_holes(shop, 4)
    found = shop.command("backfill", SHOP_DAYS, "--dates", day(4).isoformat())
    assert found.exit_code == 1
    assert shop.publications() == {}


@pytest.mark.parametrize("more", [[], ["--parallel"], ["--chunk-size", "1"], ["--with-upstream"]])
def test_no_flag_switches_a_gate_off(shop: Shopkeeper, more: list[str]) -> None:
    """However a backfill is cut and spread, a date below its gate is not published."""
    with_holes(shop, 4)
    dates = ["--dates", ",".join(day(number).isoformat() for number in (3, 4, 5))]
    found = shop.command("backfill", SHOP_DAYS, *dates, *more)
    assert found.exit_code == 1
    assert shop.table(SHOP_DAYS, 4) == []


@pytest.mark.parametrize("chunk_size", [1, 3, 1000])
def test_chunks_change_no_verdict(shop: Shopkeeper, chunk_size: int) -> None:
    """The same dates are published and refused, with the same rows, in chunks of any size."""
    with_holes(shop, 2, 7)
    shop.change(f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(5)} AND shop_id = 1")
    report = shop.backfill(SHOP_DAYS, chunk_size=chunk_size)
    assert outcomes(report, SHOP_DAYS) == {
        number: "refused" if number in (2, 5, 7) else "published" for number in range(10)
    }


# -- 10: no silent override ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "reason", "complaint"),
    [
        (Selection(dates=[day(4)]), "", "needs a reason"),
        (Selection(dates=[day(4)]), "  ", "needs a reason"),
        (Selection(), WHY, "named dates only"),
        (Selection(start_date=day(4)), WHY, "named dates only"),
        (Selection(season="2024"), WHY, "named dates only"),
    ],
)
def test_force_without_reason_or_dates_is_refused(
    shop: Shopkeeper, selection: Selection, reason: str, complaint: str
) -> None:
    """A force that would leave no trace, or reach further than meant, starts nothing."""
    with_holes(shop, 4)
    with shop.opened() as workspace, pytest.raises(UsageError, match=complaint):
        backfill(workspace, selection, BackfillOptions(force_reason=reason))
    assert shop.publications() == {}
    assert waivers(shop) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--force"],
        ["--force", "--dates", "2024-01-05"],
        ["--force", "--reason", " ", "--dates", "2024-01-05"],
        ["--force", "--reason", WHY],
        ["--reason", WHY, "--dates", "2024-01-05"],
    ],
)
def test_command_force_without_reason_or_dates_is_a_usage_error(
    shop: Shopkeeper, arguments: list[str]
) -> None:
    """The command refuses the same with exit code 2."""
    with_holes(shop, 4)
    assert shop.command("backfill", *arguments).exit_code == 2
    assert shop.publications() == {}


def test_forced_date_is_waived_and_never_complete(shop: Shopkeeper) -> None:
    """What was published on somebody's word is waived, in the report and in the status."""
    with_holes(shop, 4)
    report = shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    assert outcomes(report, SHOP_DAYS) == {4: "waived"}
    standing = shop.standing(SHOP_DAYS, 4)
    assert (standing.state, standing.reason) == (State.WAIVED, f"waived: {WHY}")
    assert (standing.expected, standing.present) == (9, 6)


def test_waived_stays_waived(shop: Shopkeeper) -> None:
    """Later runs neither touch a waived date nor call it complete."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    report = shop.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "done"
    assert result(report, SHOP_DAYS, 4).state is State.WAIVED
    assert shop.standing(SHOP_DAYS, 4).state is State.WAIVED
    assert shop.publications()[SHOP_DAYS, 4] == [1]


def test_waived_rows_changed_behind_the_back_are_not_waived(shop: Shopkeeper) -> None:
    """A waiver vouches for the rows that were published under it, not for any others."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    shop.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 5")
    assert shop.standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_waived_date_becomes_complete_once_its_cause_is_mended(shop: Shopkeeper) -> None:
    """When the missing sales have arrived, the run that `explain` advises publishes them all."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    shop.deliver_sales(4, 1, 2, 3)
    report = shop.backfill(SHOP_DAYS, dates=[day(4)])
    assert outcomes(report, SHOP_DAYS) == {4: "published"}
    assert shop.standing(SHOP_DAYS, 4).state is State.COMPLETE


def test_waived_date_that_is_tried_again_meets_its_gate(shop: Shopkeeper) -> None:
    """A waived date whose inputs changed is tried again without its waiver; the old rows stay."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    before = shop.table(SHOP_DAYS)
    shop.change(f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(4)}")
    report = shop.backfill(SHOP_DAYS, dates=[day(4)])
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert report.exit_code == 1
    assert shop.table(SHOP_DAYS) == before
    assert shop.standing(SHOP_DAYS, 4).state is State.WAIVED


def test_other_dates_stay_gated(shop: Shopkeeper) -> None:
    """F25: a waiver for one date leaves every other date at its gate, in the same run and later."""
    with_holes(shop, 4, 6, 8)
    forced = shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    assert forced.exit_code == 0
    report = shop.backfill(SHOP_DAYS)
    assert {
        number for number, found in outcomes(report, SHOP_DAYS).items() if found == "refused"
    } == {
        6,
        8,
    }
    assert {waiver.partition for waiver in waivers(shop)} == {day(4)}


def test_other_tables_stay_gated(shop: Shopkeeper) -> None:
    """A force names its tables as well: upstream partitions on the way are not waived along."""
    with_holes(shop, 4)
    shop.backfill(DAILY_SUMMARY, dates=[day(4)], with_upstream=True, force=WHY)
    assert SHOP_DAYS not in {waiver.table for waiver in waivers(shop)}
    assert shop.table(SHOP_DAYS, 4) == []


def test_other_dates_on_the_way_stay_gated(shop: Shopkeeper) -> None:
    """F25: earlier dates of a named table that are completed on the way are not waived along."""
    with_holes(shop, 4, 5)
    shop.backfill(SHOP_DAYS, DAILY_SUMMARY, dates=[day(5)], with_upstream=True, force=WHY)
    assert day(4) not in {waiver.partition for waiver in waivers(shop)}
    assert shop.table(SHOP_DAYS, 4) == []


def test_date_that_passes_needs_no_waiver(shop: Shopkeeper) -> None:
    """A forced date that meets its gate is published as complete, and no waiver is granted."""
    with_holes(shop, 4)
    report = shop.backfill(SHOP_DAYS, dates=[day(3), day(4)], force=WHY)
    assert outcomes(report, SHOP_DAYS) == {3: "published", 4: "waived"}
    assert shop.standing(SHOP_DAYS, 3).state is State.COMPLETE
    assert [waiver.partition for waiver in waivers(shop)] == [day(4)]


def test_force_does_not_touch_what_is_complete(done: Shopkeeper) -> None:
    """A force over complete dates publishes nothing again."""
    assert touched(done.backfill(dates=[day(3), day(4)], force=WHY)) == set()
    assert waivers(done) == []


def test_waiver_is_recorded_with_who_why_and_how_long(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger keeps scope, checks, reason, actor and expiry of every permission."""
    monkeypatch.setenv("GAPLESS_ACTOR", "ann@till")
    with_holes(shop, 4)
    report = shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    [waiver] = waivers(shop)
    assert (waiver.table, waiver.partition, waiver.run_id) == (SHOP_DAYS, day(4), report.run_id)
    assert (waiver.actor, waiver.reason) == ("ann@till", WHY)
    assert (waiver.granted_at, waiver.expires_at) == (NOW, NOW + timedelta(days=30))
    assert set(waiver.checks) == {"coverage", "group_coverage"}


def test_waiver_is_kept_with_the_publication(shop: Shopkeeper) -> None:
    """The warehouse itself knows under which permission the rows are live."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    [waiver] = waivers(shop)
    with shop.opened() as workspace:
        [publication] = workspace.warehouse.publication_log(SHOP_DAYS, day(4))
    assert publication.state == "waived"
    assert publication.evidence["waiver"]["id"] == waiver.waiver_id
    assert publication.evidence["waiver"]["reason"] == WHY
    [attempt] = shop.attempts(SHOP_DAYS, 4)
    assert attempt.verdict is Verdict.WAIVED
    assert WHY in attempt.reason


def test_waiver_is_shown_in_status(shop: Shopkeeper) -> None:
    """`gapless status` shows who waived what, why and until when."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    [waiver] = waivers(shop)
    text = " ".join(shop.command("status", SHOP_DAYS, "--dates", day(4).isoformat()).out.split())
    assert "waived" in text
    assert WHY in text
    assert f"by {waiver.actor} on {NOW:%Y-%m-%d} until {waiver.expires_at:%Y-%m-%d}" in text
    data = json.loads(shop.command("status", SHOP_DAYS, "--json").out)
    assert [found["reason"] for found in data["waivers"]] == [WHY]


def test_readers_of_a_waived_date_proceed(shop: Shopkeeper) -> None:
    """A waived date lets the tables that read it be computed from what is there."""
    with_holes(shop, 4)
    assert shop.backfill(SHOP_DAYS, dates=[day(4)], force=WHY).exit_code == 0
    assert shop.backfill().exit_code == 0
    assert shop.shops(COMPLETE_FEED, 4) == [4, 5, 6, 7, 8, 9]


def test_forced_date_may_be_less_but_says_so(done: Shopkeeper) -> None:
    """A deliberate loss of keys is possible under a waiver that names the broken promise."""
    with_holes(done, 4)
    report = done.backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    assert outcomes(report, SHOP_DAYS) == {4: "waived"}
    [waiver] = waivers(done)
    assert "never_less" in waiver.checks


def test_forced_date_with_an_incomplete_input_says_so(shop: Shopkeeper) -> None:
    """Computing from an input that is not complete needs a waiver for exactly that."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    report = shop.using(one_table_pipeline_with_till()).backfill(dates=[day(4)], force=WHY)
    assert outcomes(report, SHOP_DAYS) == {4: "waived"}
    assert [waiver.checks for waiver in waivers(shop)] == [("inputs_complete",)]


def test_unknown_cannot_be_forced(shop: Shopkeeper) -> None:
    """A check that could not be evaluated blocks also a forced date."""
    broken = checked(shop_pipeline(), SHOP_DAYS, every_row("broken", "error('broken')"))
    report = shop.using(broken).backfill(SHOP_DAYS, dates=[day(4)], force=WHY)
    assert result(report, SHOP_DAYS, 4).state is State.UNKNOWN
    assert report.exit_code == 4
    assert shop.publications() == {}
    assert waivers(shop) == []


def one_table_pipeline_with_till() -> Pipeline:
    """One table over sales that are complete only when every till is closed."""
    pipeline = one_table_pipeline()
    return checked(pipeline, "raw.sales", every_row("till_closed", "closed"))
