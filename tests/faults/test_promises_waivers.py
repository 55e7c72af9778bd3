"""Promise 10 over time: a waiver permits what it names, where it names it, until it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gapless.ledger.interface import Verdict
from gapless.ledger.sql_ledger import SqlLedger
from gapless.plan.states import State
from gapless.run.report import RunReport
from gapless.verbs.backfill import backfill, preflight
from gapless.verbs.gaps import gaps
from gapless.verbs.repair import repair
from gapless.verbs.selection import Selection, look
from gapless.verbs.status import status
from gapless.warehouse.interface import Warehouse
from support.shop import insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    gated,
    one_table_pipeline,
    outcomes,
    result,
    sql,
)
from support.waiving import FAILING, WORD, grant, on_record, overview, revoke

SALES = "raw.sales"


def with_holes(shop: Shopkeeper, *numbers: int) -> Shopkeeper:
    """Leave three of nine shops without sales on some days."""
    for number in numbers:
        shop.lose_sales(number, 1, 2, 3)
    return shop


def on_day(shop: Shopkeeper, number: int, *tables: str) -> RunReport:
    """Backfill one day."""
    return shop.backfill(*(tables or (SHOP_DAYS,)), dates=[day(number)])


@pytest.fixture
def waived(shop: Shopkeeper) -> Shopkeeper:
    """A shop with a hole on day 4, granted for 30 days and published by an ordinary run."""
    with_holes(shop, 4)
    grant(shop, 4)
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}
    return shop


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


# -- F16: a waiver ends ----------------------------------------------------------------------


def test_f16_an_expired_waiver_needs_attention(waived: Shopkeeper) -> None:
    """F16: the day after, the date is partial, and says since when and what is wrong with it."""
    assert waived.later(days=30).standing(SHOP_DAYS, 4).state is State.WAIVED
    standing = waived.later(days=31).standing(SHOP_DAYS, 4)
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("its waiver expired 2025-01-30: coverage: 6 of 9 (66.7 %)")
    assert (standing.expected, standing.present) == (9, 6)


def test_f16_it_ends_at_its_last_second(waived: Shopkeeper) -> None:
    """It holds until its expiry, and not at it."""
    [waiver] = on_record(waived)
    assert waived.at(waiver.expires_at - timedelta(seconds=1)).standing(SHOP_DAYS, 4).settled
    assert not waived.at(waiver.expires_at).standing(SHOP_DAYS, 4).settled


def test_f16_everybody_sees_it(waived: Shopkeeper) -> None:
    """Status, explain, preflight, validate and the overview say so, and none of them exits 0."""
    waived.backfill()
    later = waived.later(days=31)
    dates = ("--dates", str(day(4)))
    for command in ("status", "validate"):
        found = later.command(command, "shop_days", *dates)
        assert found.exit_code == 1, command
        assert "its waiver expired 2025-01-30" in " ".join(found.out.split()), command
    told = later.command("explain", "shop_days", str(day(4)))
    assert told.exit_code == 1
    assert "its waiver expired 2025-01-30" in " ".join(told.out.split())
    assert later.command("waivers").exit_code == 1
    assert [f.code for f in later.preflight().findings if f.table == SHOP_DAYS] == ["waiver_ended"]
    assert waived.command("validate", "shop_days", *dates).exit_code == 0


def test_f16_it_is_measured_in_two_queries(waived: Shopkeeper) -> None:
    """One date whose waiver has ended or many: the look sends the same number of statements."""
    with_holes(waived, 5, 6, 7, 8)
    grant(waived, 5, 6, 7, 8, days=60)
    assert waived.backfill(SHOP_DAYS).exit_code == 0

    def statements(shop: Shopkeeper) -> int:
        with shop.opened() as workspace:
            look(workspace, Selection([SHOP_DAYS]))
            return workspace.warehouse.statements

    nothing, one, many = (statements(waived.later(days=days)) for days in (0, 31, 61))
    assert one == many
    # Two questions, and the expected set is put aside before and away after.
    assert one - nothing == 4


def test_f16_what_reads_it_does_not_proceed(waived: Shopkeeper) -> None:
    """After its end the date blocks what is still to be computed from it."""
    later = waived.later(days=31)
    assert outcomes(later.backfill(COMPLETE_FEED), COMPLETE_FEED)[4] == "blocked"
    grant(later, 4)
    assert outcomes(later.backfill(COMPLETE_FEED, dates=[day(4)]), COMPLETE_FEED) == {
        4: "published"
    }


def test_f16_a_run_tries_it_again_and_leaves_it_as_it_is(waived: Shopkeeper) -> None:
    """It goes through the whole gate; refused, its published rows stay what they were."""
    before = waived.table(SHOP_DAYS)
    report = on_day(waived.later(days=31), 4)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "its waiver expired 2025-01-30" in result(report, SHOP_DAYS, 4).reason
    assert report.exit_code == 1
    assert waived.table(SHOP_DAYS) == before


def test_f16_mended_rows_are_complete(waived: Shopkeeper) -> None:
    """With the hole filled, the run after its end publishes the date as complete."""
    waived.deliver_sales(4, 1, 2, 3)
    later = waived.later(days=31)
    stale = later.standing(SHOP_DAYS, 4)
    assert stale.state in (State.PARTIAL, State.STALE)
    assert outcomes(on_day(later, 4), SHOP_DAYS) == {4: "published"}
    assert later.standing(SHOP_DAYS, 4).state is State.COMPLETE
    assert overview(later).exit_code == 0


def test_f16_rows_that_pass_by_themselves_are_complete(waived: Shopkeeper) -> None:
    """A lower gate lets the same rows pass: after its end nothing is wrong with them."""
    lower = waived.using(shop_pipeline(coverage=0.6, group_coverage=0.3))
    assert lower.standing(SHOP_DAYS, 4).state is State.WAIVED
    later = lower.later(days=31)
    standing = later.standing(SHOP_DAYS, 4)
    assert standing.state is State.COMPLETE
    assert standing.reason == (
        "6 of 9 (66.7 %); its waiver expired 2025-01-30, and the rows pass the gate"
    )
    assert overview(later).exit_code == 0


def test_f16_a_renewal_settles_it_without_a_run(waived: Shopkeeper) -> None:
    """Vouching again is enough: the same publication is waived again."""
    later = waived.later(days=31)
    report = grant(later, 4, reason="still nobody has them")
    assert report.next_step == ""
    standing = later.standing(SHOP_DAYS, 4)
    assert (standing.state, standing.reason) == (State.WAIVED, "waived: still nobody has them")
    assert later.publications()[SHOP_DAYS, 4] == [1]
    assert overview(later).exit_code == 0


def test_f16_a_renewal_of_half_is_none(waived: Shopkeeper) -> None:
    """A renewal that names one of the two failed checks leaves the date partial."""
    later = waived.later(days=31)
    report = grant(later, 4, checks=["coverage"])
    assert report.next_step == f"gapless backfill shop_days --dates {day(4)}"
    assert later.standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_forced_waivers_expire_too(shop: Shopkeeper) -> None:
    """What was published with --force needs attention when its 30 days are over."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force="known")
    assert shop.later(days=29).standing(SHOP_DAYS, 4).state is State.WAIVED
    assert shop.later(days=31).standing(SHOP_DAYS, 4).state is State.PARTIAL


def test_a_new_rule_is_not_waived(waived: Shopkeeper) -> None:
    """A check that joins the gate later, and fails, is not covered by what was granted before."""
    gate = shop_pipeline().derived_table(SHOP_DAYS).gate
    rules = (*gate.rules, replace(gate.rules[0], name="amount_is_huge", predicate="amount > 1e9"))
    stricter = waived.using(gated(shop_pipeline(), SHOP_DAYS, rules=rules))
    standing = stricter.standing(SHOP_DAYS, 4)
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("its waiver does not cover amount_is_huge: ")
    grant(stricter, 4, checks=["amount_is_huge"])
    assert stricter.standing(SHOP_DAYS, 4).state is State.WAIVED


def test_a_new_rule_that_cannot_be_evaluated_is_unknown(waived: Shopkeeper) -> None:
    """A waived date does not hide a check that fails to run."""
    broken = waived.using(
        checked(shop_pipeline(), SHOP_DAYS, every_row("broken", "error('broken')"))
    )
    assert broken.standing(SHOP_DAYS, 4).state is State.UNKNOWN
    assert broken.later(days=31).standing(SHOP_DAYS, 4).state is State.UNKNOWN


# -- revoking --------------------------------------------------------------------------------


def test_revoking_touches_nothing_published(waived: Shopkeeper) -> None:
    """The rows stay, and the date needs attention at once, with who revoked it."""
    before = waived.everything()
    report = revoke(waived, 4)
    assert waived.everything() == before
    # The date itself, and what it holds up: nothing else has been computed on that date yet.
    assert [(s.table, s.partition, s.state) for s in report.attention] == [
        (SHOP_DAYS, day(4), State.PARTIAL),
        (COMPLETE_FEED, day(4), State.BLOCKED),
    ]
    standing = waived.standing(SHOP_DAYS, 4)
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("its waiver was revoked by ")


def test_forced_waivers_can_be_revoked(shop: Shopkeeper) -> None:
    """Also what came with --force ends when somebody says so."""
    with_holes(shop, 4)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force="known")
    revoke(shop, 4)
    assert shop.standing(SHOP_DAYS, 4).state is State.PARTIAL


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


# -- sources ---------------------------------------------------------------------------------


def test_a_source_can_be_waived(shop: Shopkeeper) -> None:
    """A blocking check of a source is waived: what reads it proceeds, through its own gate."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "blocked"}
    report = grant(shop, 4, table=SALES, checks=["till_closed"], reason="lost till")
    [standing] = report.standings
    assert standing.state is State.WAIVED
    assert standing.reason.startswith("waived: lost till (till_closed: 1 of 1: ")
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "published"}
    assert shop.standing(SHOP_DAYS, 4).state is State.COMPLETE
    assert shop.validate(SHOP_DAYS, dates=[day(4)]).exit_code == 0
    [use] = overview(shop).uses
    assert use.in_use


def test_f16_a_source_that_is_not_waived_any_more_blocks(shop: Shopkeeper) -> None:
    """After its end the source is partial again, and what is still to be computed waits."""
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    grant(shop, 4, table=SALES, checks=["till_closed"])
    later = shop.later(days=31)
    report = on_day(later, 4)
    assert outcomes(report, SHOP_DAYS) == {4: "blocked"}
    assert "its waiver expired 2025-01-30: till_closed" in result(report, SHOP_DAYS, 4).reason
    assert later.validate(SHOP_DAYS, dates=[day(4)]).exit_code == 1
    assert overview(later).exit_code == 1


def test_another_check_of_a_source_is_not_waived(shop: Shopkeeper) -> None:
    """A source with a second fault stays partial, and says which check is not waived."""
    pipeline = checked(shop_pipeline(), SALES, every_row("paid", "amount < 0"))
    strict = shop.using(pipeline)
    shop.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(4)} AND shop_id = 1")
    [standing] = grant(strict, 4, table=SALES, checks=["till_closed"]).standings
    assert standing.state is State.PARTIAL
    assert standing.reason.startswith("its waiver does not cover paid: ")


def test_a_source_without_rows_is_waived_as_missing_only(shop: Shopkeeper) -> None:
    """No rows at all take a waiver that says `missing`; the check of the rows is not enough."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    [standing] = grant(shop, 4, table=SALES, checks=["any"]).standings
    assert standing.state is State.MISSING
    [standing] = grant(shop, 4, table=SALES, checks=["missing"], reason="strike").standings
    assert standing.state is State.WAIVED
    assert standing.reason == "waived: strike (no rows, although 10 shops are scheduled)"


def test_a_waived_hole_proves_nothing_empty(shop: Shopkeeper) -> None:
    """Promise 5: what is computed from a source without rows still has to hold what it must."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    grant(shop, 4, table=SALES, checks=["missing"])
    report = on_day(shop, 4, SHOP_DAYS, COMPLETE_FEED)
    assert outcomes(report, SHOP_DAYS) == {4: "refused"}
    assert "coverage: 0 of 9" in result(report, SHOP_DAYS, 4).reason


def test_an_expected_set_from_a_waived_hole_is_unknown(shop: Shopkeeper) -> None:
    """Promise 5: where the reference is empty on somebody's word, nothing can be expected."""
    shop.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    grant(shop, 4, table=SALES, checks=["missing"])
    grant(shop, 4, checks=["any"])
    assert outcomes(on_day(shop, 4), SHOP_DAYS) == {4: "waived"}
    grant(shop, 4, table=COMPLETE_FEED, checks=["any"])
    report = on_day(shop, 4, COMPLETE_FEED)
    assert result(report, COMPLETE_FEED, 4).state is State.UNKNOWN
    assert report.exit_code == 4


def test_an_unknown_source_is_never_waived(shop: Shopkeeper) -> None:
    """A source whose check cannot be evaluated stays unknown."""
    broken = shop.using(checked(shop_pipeline(), SALES, every_row("broken", "error('broken')")))
    for checks in (["any"], ["missing"]):
        [standing] = grant(broken, 4, table=SALES, checks=checks).standings
        assert standing.state is State.UNKNOWN


# -- before it ends --------------------------------------------------------------------------


def test_preflight_warns_before_the_end(waived: Shopkeeper) -> None:
    """Within three days of its end a waiver is worth a word, and none before."""

    def codes(shop: Shopkeeper) -> list[str]:
        with shop.opened() as workspace:
            return [f.code for f in preflight(workspace, Selection()).findings]

    assert "waiver_ends_soon" not in codes(waived.later(days=26))
    assert "waiver_ends_soon" in codes(waived.later(days=28))
    assert "waiver_ended" in codes(waived.later(days=31))


def test_known_states_heed_the_end(waived: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process owns the warehouse, the ledger alone says that the waiver ended."""
    assert waived.backfill(SHOP_DAYS).exit_code == 0
    _busy(monkeypatch)
    dates = ("--dates", str(day(4)))
    known = waived.command("status", "shop_days", *dates)
    assert (known.exit_code, "waived" in known.out) == (0, True)
    later = waived.later(days=31)
    told = later.command("status", "shop_days", *dates)
    assert told.exit_code == 1
    assert "its waiver expired 2025-01-30; the warehouse is in use" in " ".join(told.out.split())
    assert later.command("waivers").exit_code == 1


def test_revoking_works_while_a_run_owns_the_warehouse(
    waived: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to wait for a run to end before taking a permission back."""
    assert waived.backfill(SHOP_DAYS).exit_code == 0
    _busy(monkeypatch)
    told = waived.command("unwaive", "shop_days", "--dates", str(day(4)))
    assert told.exit_code == 0
    assert "1 partition needs attention" in told.out
    season = waived.command("unwaive", "shop_days", "--season", "2024")
    assert season.exit_code == 2
    monkeypatch.undo()
    assert waived.standing(SHOP_DAYS, 4).state is State.PARTIAL


def _busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every opening of the warehouse find that another process owns it."""
    from gapless.errors import WarehouseBusy  # noqa: PLC0415
    from gapless.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415

    def owned(self: Warehouse, *args: object, **kwargs: object) -> None:
        del self, args, kwargs
        raise WarehouseBusy("Process 1 owns the warehouse.")

    monkeypatch.setattr(DuckDBWarehouse, "__init__", owned)
