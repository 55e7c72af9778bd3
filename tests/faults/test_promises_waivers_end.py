"""Promise 10 when a waiver ends or is revoked (F16): nothing stands on it any longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gapless.plan.states import State
from gapless.verbs.backfill import preflight
from gapless.verbs.selection import Selection, look
from gapless.warehouse.interface import Warehouse
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    gated,
    outcomes,
    result,
)
from support.waiving import grant, on_day, on_record, overview, revoke, with_holes

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
