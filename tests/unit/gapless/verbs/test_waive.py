"""What can be waived, and what is refused before anything is recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gapless import Pipeline, check, keys_of, same_date
from gapless.errors import DeclarationError, UsageError
from gapless.verbs.selection import Selection
from gapless.verbs.waive import WaiveRequest, waivable_checks, waive
from support.shop import NOW, shop_pipeline
from support.shopkeeper import DAILY_SUMMARY, SHOP_DAYS, Shopkeeper, checked, day, every_row, gated
from support.waiving import WORD, grant, on_record, overview, revoke

SALES = "raw.sales"


class TestChecks:
    def test_of_a_computed_table(self) -> None:
        """Every rule that can refuse, and what concerns its inputs; no rule that cannot."""
        pipeline = checked(
            shop_pipeline(),
            SHOP_DAYS,
            every_row("strict", "TRUE"),
            every_row("lenient", "TRUE", blocking=False),
        )
        assert waivable_checks(pipeline.tables[SHOP_DAYS]) == (
            "coverage",
            "group_coverage",
            "unexpected_keys",
            "unique_keys",
            "never_less",
            "amount_at_least_0",
            "strict",
            "inputs_complete",
        )

    def test_of_a_table_with_a_choice(self) -> None:
        assert waivable_checks(shop_pipeline().tables[DAILY_SUMMARY])[-1] == "sufficient_source"

    def test_without_groups(self) -> None:
        pipeline = gated(shop_pipeline(), SHOP_DAYS, group_coverage=None)
        assert "group_coverage" not in waivable_checks(pipeline.tables[SHOP_DAYS])

    def test_of_sources(self) -> None:
        """A blocking check and having no rows; a trusted table is taken as the truth."""
        tables = shop_pipeline().tables
        assert waivable_checks(tables[SALES]) == ("till_closed", "missing")
        assert waivable_checks(tables["raw.opening_hours"]) == ()

    def test_of_an_optional_source(self) -> None:
        """It may hold no rows at all, so there is nothing to waive about that."""
        pipeline = Pipeline("shop", partition="day", timezone="UTC")
        tips = pipeline.source("raw.tips", key="shop_id", optional=True)
        assert waivable_checks(tips) == ()

    def test_any_is_the_gate_of_today(self, shop: Shopkeeper) -> None:
        """It becomes names, so that a rule of tomorrow is not waived; inputs are left out."""
        assert grant(shop, 4, checks=["any"]).checks == (
            "coverage",
            "group_coverage",
            "unexpected_keys",
            "unique_keys",
            "never_less",
            "amount_at_least_0",
        )

    def test_named_twice(self, shop: Shopkeeper) -> None:
        assert grant(shop, 4, checks=["coverage", "coverage"]).checks == ("coverage",)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"checks": []}, "Name what is waived with --check"),
        ({"checks": ["coverge"]}, "no check 'coverge' .* Did you mean 'coverage'"),
        ({"checks": ["required_columns"]}, "Waive coverage instead"),
        ({"checks": ["sufficient_source"]}, "no check 'sufficient_source'"),
        ({"reason": " \n"}, "needs a reason"),
        ({"selection": Selection()}, "for named dates"),
        ({"selection": Selection(start_date=day(4))}, "for named dates"),
        ({"selection": Selection(end_date=day(4))}, "for named dates"),
        ({"selection": Selection(season="2025")}, "no season '2025'"),
        ({"selection": Selection(dates=[day(4), day(400)])}, "nothing to waive .* 2025-02-04"),
        ({"days": 0}, "would expire at once"),
        ({"days": -3}, "would expire at once"),
        ({"days": 367}, "is too long"),
        ({"days": 10**12}, "is too long"),
        ({"until": date(2024, 12, 30)}, "has passed"),
        ({"until": date(2026, 1, 2)}, "is too long"),
        ({"days": 3, "until": date(2025, 1, 2)}, "give one of them"),
        ({"table": SALES, "checks": ["lenient"]}, "does not block"),
        ({"table": "raw.opening_hours", "checks": ["missing"]}, "has no check 'missing'"),
        ({"table": "raw.opening_hours", "checks": ["any"]}, "refuses anything"),
    ],
)
def test_refused_before_anything_is_recorded(
    shop: Shopkeeper, given: dict[str, Any], complaint: str
) -> None:
    """A waiver that would say too little, too much, or nothing is a usage error."""
    pipeline = checked(shop_pipeline(), SALES, every_row("lenient", "TRUE", blocking=False))
    usual: dict[str, Any] = {
        "table": SHOP_DAYS,
        "selection": Selection(dates=[day(4)]),
        "checks": ["coverage"],
        "reason": WORD,
    }
    with (
        shop.using(pipeline).opened() as workspace,
        pytest.raises(UsageError, match=complaint) as raised,
    ):
        waive(workspace, WaiveRequest(**usual | given))
    assert raised.value.exit_code == 2
    assert on_record(shop) == []


def test_unknown_table(shop: Shopkeeper) -> None:
    with pytest.raises(DeclarationError, match="Did you mean 'shop_days'"):
        grant(shop, 4, table="shop_dys")


def test_nothing_to_waive_on_a_closed_day(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A date on which the calendar has nothing is refused by name and left out of a range."""
    shop = Shopkeeper.on_new_shop(tmp_path_factory.mktemp("closed"), 6, closed=[3])
    with pytest.raises(UsageError, match="nothing to waive"):
        grant(shop, 3)
    request = WaiveRequest(
        SHOP_DAYS, Selection(start_date=day(2), end_date=day(4)), ["coverage"], WORD
    )
    with shop.opened() as workspace:
        report = waive(workspace, request)
    assert [waiver.partition for waiver in report.granted] == [day(2), day(4)]
    assert list(report.left_out) == [day(3)]


def test_nothing_to_waive_in_the_warm_up(shop: Shopkeeper) -> None:
    with pytest.raises(UsageError, match="nothing to waive"):
        grant(shop, 1, table=DAILY_SUMMARY, checks=["coverage"])


def test_a_season_is_a_named_range(shop: Shopkeeper) -> None:
    request = WaiveRequest(SHOP_DAYS, Selection(season="2024"), ["coverage"], WORD)
    with shop.opened() as workspace:
        assert len(waive(workspace, request).granted) == 10


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ({}, date(2025, 1, 30)),
        ({"days": 1}, date(2025, 1, 1)),
        ({"until": date(2025, 1, 5)}, date(2025, 1, 5)),
        ({"until": NOW.date()}, NOW.date()),
    ],
)
def test_it_holds_through_its_last_day(
    shop: Shopkeeper, given: dict[str, Any], until: date
) -> None:
    """Whatever the hour it was granted at, so that granting it twice a day is the same."""
    expected = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=UTC)
    assert grant(shop, 4, **given).expires_at == expected


def test_dry_run_records_nothing(shop: Shopkeeper) -> None:
    report = grant(shop, 4, dry_run=True)
    assert [waiver.partition for waiver in report.granted] == [day(4)]
    assert on_record(shop) == []


def test_the_same_again_is_left_as_it_is(shop: Shopkeeper) -> None:
    """Granted twice in the same words on one day, it is on record once."""
    grant(shop, 4)
    report = grant(shop.later(hours=3), 4, 5)
    assert [waiver.partition for waiver in report.kept] == [day(4)]
    assert [waiver.partition for waiver in report.granted] == [day(5)]
    assert len(on_record(shop)) == 2


def test_shorter_is_left_as_it_is(shop: Shopkeeper) -> None:
    """To end it sooner takes a revocation."""
    grant(shop, 4, days=30)
    assert grant(shop, 4, days=3).granted == ()


@pytest.mark.parametrize("more", [{"days": 40}, {"reason": "other"}, {"checks": ["coverage"]}])
def test_anything_else_is_recorded_beside_it(shop: Shopkeeper, more: dict[str, Any]) -> None:
    """A later expiry renews it; other words and other checks are another waiver."""
    grant(shop, 4)
    assert len(grant(shop, 4, **more).granted) == 1
    assert len(on_record(shop)) == 2


def test_revoked_is_granted_anew(shop: Shopkeeper) -> None:
    grant(shop, 4)
    revoke(shop, 4)
    assert len(grant(shop, 4).granted) == 1
    assert [use.in_force for use in overview(shop).uses].count(True) == 1


def test_who_why_and_how_long(shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPLESS_ACTOR", "ann@till")
    grant(shop, 4, reason="  tills stolen ")
    [waiver] = on_record(shop)
    assert (waiver.actor, waiver.reason, waiver.granted_at) == ("ann@till", "tills stolen", NOW)
    assert (waiver.table, waiver.partition, waiver.run_id) == (SHOP_DAYS, day(4), None)


def test_a_source_nobody_reads(shop: Shopkeeper) -> None:
    """It can be waived as well: what it lacks is looked at with it."""
    pipeline = shop_pipeline()
    tips = pipeline.source("raw.tips", key="shop_id")
    pipeline.require(
        tips,
        check(
            "tips_paid",
            "SELECT day, '' AS entity, TRUE AS ok, '' AS detail FROM tips",
            {"tips": same_date(tips)},
        ),
    )
    [standing] = grant(shop.using(pipeline), 4, table="tips", checks=["missing"]).standings
    assert standing.settled


class TestRevoking:
    @pytest.mark.parametrize(
        ("given", "complaint"),
        [
            ({"numbers": ()}, "Name the waivers"),
            ({"numbers": (5,)}, "Nothing was ever waived"),
            ({"numbers": (4,), "checks": ["coverge"]}, "Did you mean 'coverage'"),
            ({"numbers": (4,), "table": "shop_dys"}, "Did you mean 'shop_days'"),
            ({"numbers": (4,), "table": None}, "Name the waivers"),
            ({"numbers": (), "ids": ["nothing"]}, "There is no waiver 'nothing'"),
            ({"numbers": (4,), "ids": ["nothing"]}, "leave table, dates and --check out"),
        ],
    )
    def test_refused(self, shop: Shopkeeper, given: dict[str, Any], complaint: str) -> None:
        """What names no waiver, or none that there is, ends none."""
        grant(shop, 4)
        numbers = given.pop("numbers")
        with pytest.raises(UsageError, match=complaint):
            revoke(shop, *numbers, **given)
        assert all(waiver.is_valid(NOW) for waiver in on_record(shop))

    def test_by_id(self, shop: Shopkeeper) -> None:
        grant(shop, 4)
        grant(shop, 5)
        by_day = {waiver.partition: waiver for waiver in on_record(shop)}
        revoke(shop, ids=[by_day[day(5)].waiver_id])
        assert {w.partition for w in on_record(shop) if w.is_valid(NOW)} == {day(4)}

    def test_by_check(self, shop: Shopkeeper) -> None:
        """Only waivers of that check end, each as a whole."""
        grant(shop, 4, checks=["coverage", "never_less"])
        grant(shop, 4, checks=["group_coverage"])
        report = revoke(shop, 4, checks=["coverage"])
        assert [waiver.checks for waiver in report.revoked] == [("coverage", "never_less")]
        assert [w.checks for w in on_record(shop) if w.is_valid(NOW)] == [("group_coverage",)]

    def test_who_did_it(self, shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
        grant(shop, 4)
        monkeypatch.setenv("GAPLESS_ACTOR", "bob@till")
        revoke(shop.later(days=1), 4)
        [waiver] = on_record(shop)
        assert (waiver.revoked_by, waiver.revoked_at) == ("bob@till", NOW + timedelta(days=1))

    def test_twice(self, shop: Shopkeeper) -> None:
        """The second time nothing is in force; who ended it first stays on record."""
        grant(shop, 4)
        revoke(shop, 4)
        report = revoke(shop.later(days=1), 4)
        assert (report.revoked, len(report.ended_before)) == ((), 1)
        assert [waiver.revoked_at for waiver in on_record(shop)] == [NOW]

    def test_dry_run(self, shop: Shopkeeper) -> None:
        """It says what would need attention, and ends nothing."""
        shop.lose_sales(4, 1, 2, 3)
        grant(shop, 4)
        shop.backfill(SHOP_DAYS, dates=[day(4)])
        report = revoke(shop, 4, dry_run=True)
        assert (SHOP_DAYS, day(4)) in {(s.table, s.partition) for s in report.attention}
        assert [waiver.is_valid(NOW) for waiver in on_record(shop)] == [True]

    def test_unused(self, shop: Shopkeeper) -> None:
        """Ending what nothing stands on needs nobody's attention, where the date is complete."""
        shop.backfill()
        grant(shop, 4)
        assert revoke(shop, 4).attention == ()


class TestOverview:
    def test_nothing(self, shop: Shopkeeper) -> None:
        assert (overview(shop).uses, overview(shop).exit_code) == ((), 0)

    def test_by_table(self, shop: Shopkeeper) -> None:
        grant(shop, 4)
        grant(shop, 4, table=SALES, checks=["missing"])
        assert [use.waiver.table for use in overview(shop, "sales").uses] == [SALES]
        with pytest.raises(DeclarationError):
            overview(shop, "sails")

    def test_ended_and_unused_on_demand(self, shop: Shopkeeper) -> None:
        """What has ended and carries nothing is shown with --all only."""
        grant(shop, 4)
        grant(shop, 5, days=60)
        later = overview(shop.later(days=40))
        assert [use.waiver.partition for use in later.shown()] == [day(5)]
        assert [use.waiver.partition for use in later.shown(everything=True)] == [day(4), day(5)]
        assert later.exit_code == 0

    def test_of_a_table_that_is_gone(self, shop: Shopkeeper) -> None:
        """A waiver of a table that is declared no more is listed, and nothing stands on it."""
        grant(shop, 4, table=DAILY_SUMMARY, checks=["coverage"])
        smaller = Pipeline("shop", partition="day", timezone="UTC")
        hours = smaller.source("raw.opening_hours", key="shop_id", trusted=True)
        smaller.calendar(hours, season="season", unit="shop")
        sales = smaller.source(SALES, key="shop_id")
        smaller.derived(
            SHOP_DAYS,
            key="shop_id",
            sql="SELECT day, shop_id, amount FROM sales",
            inputs={"sales": same_date(sales)},
            expected=keys_of(hours),
        )
        [use] = overview(shop.using(smaller)).uses
        assert not use.in_use
