"""Promise 10: a waiver permits what it names, where it names it, with a ledger or without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gapless.ledger.interface import Verdict
from gapless.ledger.sql_ledger import SqlLedger
from gapless.plan.states import State
from gapless.verbs.backfill import backfill
from gapless.verbs.gaps import gaps
from gapless.verbs.repair import repair
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from support.shop import insert_fast_feed, shop_pipeline
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
)
from support.waiving import FAILING, WORD, grant, on_day, on_record, overview, with_holes

SALES = "raw.sales"


# -- what a granted waiver permits -----------------------------------------------------------


def test_it_permits_and_publishes_nothing(shop: Shopkeeper) -> None:
    """Granting changes no row and no publication."""
    with_holes(shop, 4)
    before = shop.everything()
    report = grant(shop, 4)
    assert shop.everything() == before
    assert report.next_step == f"gapless backfill shop_days --dates {day(4)}"
    assert shop.standing(SHOP_DAYS, 4).state is State.MISSING


def test_an_ordinary_run_publishes_under_it(waived: Shopkeeper) -> None:
    """The date is waived, never complete, and its publication keeps the permission."""
    standing = waived.standing(SHOP_DAYS, 4)
    assert (standing.state, standing.reason) == (State.WAIVED, f"waived: {WORD}")
    [waiver] = on_record(waived)
    with waived.opened() as workspace:
        [publication] = workspace.warehouse.publication_log(SHOP_DAYS, day(4))
    assert publication.state == "waived"
    assert publication.evidence["waiver"] == {
        "id": waiver.waiver_id,
        "reason": WORD,
        "checks": list(FAILING),
        "actor": waiver.actor,
        "granted_at": waiver.granted_at.isoformat(),
        "expires_at": waiver.expires_at.isoformat(),
    }
    assert [a.verdict for a in waived.attempts(SHOP_DAYS, 4)] == [Verdict.WAIVED]


def test_no_second_waiver_is_made(waived: Shopkeeper) -> None:
    """A run under a granted waiver adds none of its own."""
    assert [waiver.run_id for waiver in on_record(waived)] == [None]


def test_f25_other_dates_stay_gated(shop: Shopkeeper) -> None:
    """F25: with a waiver for one date, the others with the same fault are refused."""
    with_holes(shop, 4, 6, 8)
    grant(shop, 4)
    found = outcomes(shop.backfill(SHOP_DAYS), SHOP_DAYS)
    assert {number for number, outcome in found.items() if outcome == "waived"} == {4}
    assert {number for number, outcome in found.items() if outcome == "refused"} == {6, 8}


def test_other_tables_stay_gated(shop: Shopkeeper) -> None:
    """A waiver for one table says nothing of another with the same fault on the same date."""
    with_holes(shop, 4)
    grant(shop, 4, table=COMPLETE_FEED, checks=["coverage"])
    report = on_day(shop, 4, SHOP_DAYS, COMPLETE_FEED)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert outcomes(report, COMPLETE_FEED) == {4: "blocked"}


def test_a_check_that_is_not_waived_refuses(shop: Shopkeeper) -> None:
    """Covering one of two failed checks is not enough, and the refusal names the other."""
    with_holes(shop, 4)
    grant(shop, 4, checks=["coverage"])
    before = shop.everything()
    report = on_day(shop, 4)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "waived is coverage, but not group_coverage" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 1
    after = shop.everything()
    assert {name: after[name] for name in before} == before


def test_two_waivers_may_cover_it_together(shop: Shopkeeper) -> None:
    """What fails may be permitted in two steps; the publication keeps both."""
    with_holes(shop, 4)
    grant(shop, 4, checks=["coverage"], reason="tills stolen", days=60)
    grant(shop, 4, checks=["group_coverage"], reason="the north is closed", days=10)
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}
    assert shop.standing(SHOP_DAYS, 4).reason == "waived: tills stolen; the north is closed"
    later = shop.later(days=12)
    assert later.standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_a_date_that_passes_does_not_use_it(shop: Shopkeeper) -> None:
    """With the hole filled before the run, the date is complete, and the waiver is not used."""
    with_holes(shop, 4)
    grant(shop, 4)
    shop.deliver_sales(4, 1, 2, 3)
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "published"}
    assert shop.standing(SHOP_DAYS, 4).state is State.COMPLETE
    [use] = overview(shop).uses
    assert (use.in_force, use.in_use) == (True, False)


def test_unknown_is_never_waived(shop: Shopkeeper) -> None:
    """A check that cannot be evaluated refuses, whatever is waived."""
    with_holes(shop, 4)
    broken = shop.using(checked(shop_pipeline(), SHOP_DAYS, every_row("broken", "error('broken')")))
    grant(broken, 4, checks=["any"])
    report = on_day(broken, 4)
    assert result(report, SHOP_DAYS, 4).state is State.UNKNOWN
    assert report.exit_code == 4
    assert shop.publications() == {}


def test_a_check_that_examined_nothing_is_never_waived(shop: Shopkeeper) -> None:
    """Nor is one that looked at nothing, and the refusal says why."""
    with_holes(shop, 4)
    blind = every_row("blind", "amount > 1e9")
    text = str(blind.statement).replace("FROM candidate", "FROM candidate WHERE amount > 1e9")
    nothing = shop.using(
        checked(shop_pipeline(), SHOP_DAYS, replace(blind, statement=text)),
    )
    grant(nothing, 4, checks=["any"])
    report = on_day(nothing, 4)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "what is unknown cannot be waived" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 4


def test_never_less_is_waived_by_name_only(done: Shopkeeper) -> None:
    """Losing published keys takes a waiver that says so."""
    with_holes(done, 4)
    grant(done, 4)
    refused = on_day(done, 4)
    assert "but not never_less" in result(refused, SHOP_DAYS, 4).reason
    assert done.standing(SHOP_DAYS, 4).present == 9
    grant(done, 4, checks=["never_less"])
    assert outcomes(on_day(done, 4), SHOP_DAYS) == {4: "waived"}
    assert done.shops(SHOP_DAYS, 4) == [4, 5, 6, 7, 8, 9]


def test_a_forced_waiver_permits_its_own_run_only(shop: Shopkeeper) -> None:
    """What came with --force vouches for what that run published, and for nothing later."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force="known")
    shop.change(f"UPDATE raw.sales SET amount = amount + 1 WHERE day = {sql(4)}")
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "refused"}
    grant(shop, 4)
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}


def test_a_revocation_stops_a_run_at_work(shop: Shopkeeper) -> None:
    """A waiver revoked after the plan was made permits nothing: the ledger is asked again."""
    with_holes(shop, 4)
    grant(shop, 4)
    [waiver] = on_record(shop)

    class Revoking(SqlLedger):
        """Revokes the waiver as soon as the run has begun, as another terminal would."""

        def acquire_leases(self, *args: object, **kwargs: object) -> dict[object, object]:  # type: ignore[override]
            self.revoke_waivers([waiver.waiver_id], now=shop.now, actor="ann@elsewhere")
            return super().acquire_leases(*args, **kwargs)  # type: ignore[arg-type,return-value]

    with shop.opened(ledger=Revoking(f"sqlite:///{shop.ledger_file}")) as workspace:
        selection = Selection([SHOP_DAYS], dates=[day(4)])
        report = backfill(workspace, selection).report
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "its waiver was revoked by ann@elsewhere" in result(report, SHOP_DAYS, 4).reason


def test_a_repair_publishes_under_it(shop: Shopkeeper) -> None:
    """What a repair gave up on is tried again once it is permitted, by the repair itself."""
    shop.backfill()
    with_holes(shop, 4)
    shop.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 4")
    selection = Selection([SHOP_DAYS], dates=[day(4)])

    def repaired() -> str:
        with shop.opened() as workspace:
            [gap] = repair(workspace, selection).gaps
        return gap.outcome

    assert [repaired() for _ in range(4)] == ["refused"] * 3 + ["given_up"]
    grant(shop, 4, checks=[*FAILING, "never_less"])
    assert repaired() == "repaired"
    assert shop.standing(SHOP_DAYS, 4).state is State.WAIVED


def test_an_ended_waiver_leaves_a_gap(waived: Shopkeeper) -> None:
    """While it holds there is no gap; the day after there is one, with its reason."""

    def found(shop: Shopkeeper) -> list[str]:
        with shop.opened() as workspace:
            report = gaps(workspace, Selection([SHOP_DAYS], dates=[day(4)]))
        return [one.standing.reason for gap in report.gaps for one in gap.dates]

    assert found(waived) == []
    [reason] = found(waived.later(days=31))
    assert reason.startswith("its waiver expired 2025-01-30: coverage: 6 of 9")


# -- inputs ----------------------------------------------------------------------------------


def test_incomplete_inputs_are_waived_by_name(shop: Shopkeeper) -> None:
    """A blocked date is computed when somebody permits exactly that, and only then."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    grant(shop, 4, checks=["any"])
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "blocked"}
    grant(shop, 4, checks=["inputs_complete"])
    report = on_day(shop, 4)
    assert outcomes(report, SHOP_DAYS) == {4: "waived"}
    later = shop.later(days=31).standing(SHOP_DAYS, 4)
    assert later.state is State.BLOCKED
    assert later.reason.startswith(f"its waiver expired 2025-01-30; raw.sales of {day(4)}")


def test_inputs_completed_since_leave_nothing_to_waive(shop: Shopkeeper) -> None:
    """When the input turned out right as it was, the rows need nobody's word any more."""
    pipeline = one_table_pipeline()
    checked(pipeline, SALES, every_row("till_closed", "closed"))
    strict = shop.using(pipeline)
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    grant(strict, 4, checks=["inputs_complete"])
    assert outcomes(on_day(strict, 4), SHOP_DAYS) == {4: "waived"}
    relaxed = shop.using(one_table_pipeline()).later(days=31)
    standing = relaxed.standing(SHOP_DAYS, 4)
    assert standing.state is State.COMPLETE
    assert "its waiver expired 2025-01-30, and the rows pass the gate" in standing.reason


@pytest.mark.parametrize("forced", [True, False])
def test_an_unknown_input_is_never_waived(shop: Shopkeeper, *, forced: bool) -> None:
    """Nobody can vouch for an input of which nothing can be said, not by force either."""
    broken = shop.using(checked(shop_pipeline(), SALES, every_row("broken", "error('broken')")))
    grant(broken, 4, checks=["any"])
    grant(broken, 4, checks=["inputs_complete"])
    force = "known" if forced else None
    report = broken.backfill(SHOP_DAYS, dates=[day(4)], force=force)
    assert outcomes(report, SHOP_DAYS) == {4: "blocked"}
    assert "what is unknown cannot be waived: raw.sales" in result(report, SHOP_DAYS, 4).reason
    assert shop.publications() == {}


def test_an_unknown_input_hides_behind_no_other(shop: Shopkeeper) -> None:
    """The oldest input that stands in the way is merely partial; a later one is unknown."""
    shop.backfill(SHOP_DAYS)
    shop.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(2)} AND shop_id < 4")
    pipeline = checked(
        shop_pipeline(), SHOP_DAYS, every_row("odd", f"if(day = {sql(4)}, error('odd'), TRUE)")
    )
    odd = shop.using(pipeline)
    grant(odd, 6, table=DAILY_SUMMARY, checks=["inputs_complete"])
    report = odd.backfill(DAILY_SUMMARY, dates=[day(6)])
    assert outcomes(report, DAILY_SUMMARY) == {6: "blocked"}
    assert "what is unknown cannot be waived" in result(report, DAILY_SUMMARY, 6).reason


def test_an_insufficient_source_is_waived_by_name(shop: Shopkeeper) -> None:
    """A date that no source suffices for is fed by the best one when somebody permits that."""
    thin = shop.using(shop_pipeline(fallback=True))
    with_holes(thin, 5)
    thin.change(*insert_fast_feed(day(5), [4, 5, 6, 7]))
    grant(thin, 5, checks=["any"])
    thin.backfill(SHOP_DAYS)
    first = thin.backfill(DAILY_SUMMARY, dates=[day(5)])
    assert result(first, DAILY_SUMMARY, 5).outcome in ("refused", "blocked")
    grant(thin, 5, table=DAILY_SUMMARY, checks=["any"])
    grant(thin, 5, table=DAILY_SUMMARY, checks=["sufficient_source", "inputs_complete"])
    report = thin.backfill(DAILY_SUMMARY, dates=[day(5)])
    assert outcomes(report, DAILY_SUMMARY) == {5: "waived"}
    with thin.opened() as workspace:
        [publication] = workspace.warehouse.publication_log(DAILY_SUMMARY, day(5))
    assert "sufficient_source" in publication.evidence["waiver"]["checks"]
    later = thin.later(days=31)
    grant(later, 5)
    lapsed = later.standing(DAILY_SUMMARY, 5)
    assert not lapsed.settled
    assert "its waiver expired 2025-01-30" in lapsed.reason


# -- without a ledger ------------------------------------------------------------------------


def test_publications_know_their_expiry_without_a_ledger(waived: Shopkeeper) -> None:
    """With the ledger gone the warehouse itself says until when somebody vouches."""
    waived.ledger_file.unlink()
    for days, state in ((30, State.WAIVED), (31, State.PARTIAL)):
        later = waived.later(days=days)
        with later.opened() as workspace:
            blind = replace(workspace, ledger=None)
            report = status(blind, Selection([SHOP_DAYS], dates=[day(4)]))
        [standing] = report.standings
        assert standing.state is state
        assert [use.waiver.reason for use in report.waivers] == [WORD]
    assert later.command("waivers").exit_code == 1


def test_a_new_ledger_does_not_unwaive(waived: Shopkeeper) -> None:
    """A ledger that was replaced knows nothing of the waiver; the publication still does."""
    waived.ledger_file.unlink()
    assert waived.standing(SHOP_DAYS, 4).state is State.WAIVED
    assert waived.later(days=31).standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_a_lost_ledger_permits_nothing_new(shop: Shopkeeper) -> None:
    """What was granted and not used yet is gone with the ledger."""
    with_holes(shop, 4)
    grant(shop, 4)
    shop.ledger_file.unlink()
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "refused"}


def test_a_publication_without_a_waiver_is_not_waived(waived: Shopkeeper) -> None:
    """A state that somebody wrote into the warehouse is nobody's word."""
    waived.ledger_file.unlink()
    waived.change("UPDATE gapless.publications SET evidence = '{}' WHERE state = 'waived'")
    standing = waived.standing(SHOP_DAYS, 4)
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("no waiver is recorded: coverage: 6 of 9")
