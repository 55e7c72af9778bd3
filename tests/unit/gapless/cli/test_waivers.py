"""`gapless waive`, `waivers` and `unwaive`: what they print, and with which exit code they end."""

from __future__ import annotations

import json

import pytest

from support.shopkeeper import SHOP_DAYS, Shopkeeper, day
from support.waiving import on_record

DAY = str(day(4))
WAIVE = ("waive", "shop_days", "--dates", DAY, "--reason", "tills stolen")
BOTH = ("--check", "coverage", "--check", "group_coverage")


def words(text: str) -> str:
    """Return a text as one line."""
    return " ".join(text.split())


@pytest.fixture
def holed(shop: Shopkeeper) -> Shopkeeper:
    """A shop with a hole on one day."""
    shop.lose_sales(4, 1, 2, 3)
    return shop


def test_from_a_refusal_to_a_renewal(holed: Shopkeeper) -> None:
    """The whole way through the commands: refused, permitted, waived, expired, renewed."""
    backfill = ("backfill", "shop_days", "--dates", DAY, "--log-level", "error")
    assert holed.command(*backfill).exit_code == 1
    granted = holed.command(*WAIVE, *BOTH)
    assert granted.exit_code == 0
    assert "1 date permitted without coverage, group_coverage until 2025-01-30" in words(
        granted.out
    )
    assert f"Next: gapless backfill shop_days --dates {DAY}" in granted.out
    assert holed.command(*backfill).exit_code == 0
    listed = holed.command("waivers")
    assert listed.exit_code == 0
    assert f"! waived shop_days {DAY} 2025-01-30 (30 days left)" in words(listed.out)
    later = holed.later(days=31)
    expired = later.command("waivers", "shop_days")
    assert expired.exit_code == 1
    assert f"✗ expired shop_days {DAY} 2025-01-30" in words(expired.out)
    assert "1 partition needs attention" in expired.out
    assert later.command(*backfill).exit_code == 1
    renewed = later.command(*WAIVE, *BOTH)
    assert f"! waived shop_days {DAY}" in words(renewed.out)
    assert "Next:" not in renewed.out
    assert later.command("waivers").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (WAIVE, "Name what is waived with --check"),
        ((*WAIVE, "--check", "coverge"), "Did you mean 'coverage'"),
        (("waive", "shop_dys", *WAIVE[2:], *BOTH), "Did you mean 'shop_days'"),
        ((*WAIVE[:5], " ", *BOTH), "needs a reason"),
        ((*WAIVE[:4], *BOTH), "reason"),
        (("waive", "shop_days", "--reason", "x", *BOTH), "for named dates"),
        ((*WAIVE, *BOTH, "--days", "0"), "would expire at once"),
        ((*WAIVE, *BOTH, "--until", "soon"), "is not a date (--until)"),
        ((*WAIVE, *BOTH, "--until", "2024-12-30"), "has passed"),
        (("unwaive",), "Name the waivers"),
        (("unwaive", "shop_days"), "Name the waivers"),
        (("unwaive", "shop_days", "--dates", DAY), "Nothing was ever waived"),
        (("unwaive", "--id", "abc"), "There is no waiver 'abc'"),
        (("waivers", "shop_dys"), "Did you mean 'shop_days'"),
    ],
)
def test_usage_errors(holed: Shopkeeper, arguments: tuple[str, ...], complaint: str) -> None:
    """Bad input is one clear sentence, exit code 2, and nothing is recorded."""
    found = holed.command(*arguments)
    assert found.exit_code == 2
    assert complaint in words(found.err)
    assert found.out == ""
    assert on_record(holed) == []


def test_dry_run(holed: Shopkeeper) -> None:
    found = holed.command(*WAIVE, *BOTH, "--dry-run")
    assert found.exit_code == 0
    assert "1 date would be permitted" in words(found.out)
    assert "Dry run: nothing was recorded." in found.out
    assert not holed.ledger_file.exists()


def test_as_data(holed: Shopkeeper) -> None:
    """Each of them prints one JSON document that says the same."""
    granted = json.loads(holed.command(*WAIVE, *BOTH, "--json").out)
    assert granted["table"] == SHOP_DAYS
    assert granted["checks"] == ["coverage", "group_coverage"]
    assert granted["expires_at"] == "2025-01-30T23:59:59+00:00"
    assert [(w["date"], w["granted"], w["state"]) for w in granted["waivers"]] == [
        (DAY, True, "missing")
    ]
    listed = json.loads(holed.command("waivers", "--json").out)
    [waiver] = listed["waivers"]
    assert (waiver["id"], waiver["in_force"], waiver["in_use"], waiver["days_left"]) == (
        granted["waivers"][0]["id"],
        True,
        False,
        30,
    )
    revoked = json.loads(holed.command("unwaive", "--id", waiver["id"], "--json").out)
    assert [w["id"] for w in revoked["revoked"]] == [waiver["id"]]
    assert json.loads(holed.command("waivers", "--json").out)["waivers"] == []
    everything = json.loads(holed.command("waivers", "--all", "--json").out)
    assert [w["revoked_by"] is not None for w in everything["waivers"]] == [True]


def test_the_same_words_again(holed: Shopkeeper) -> None:
    """It says that they are on record, and records nothing."""
    holed.command(*WAIVE, *BOTH)
    again = holed.command(*WAIVE, *BOTH)
    assert f"{DAY}: granted before in these words" in words(again.out)
    assert len(on_record(holed)) == 1


def test_nothing_in_force(shop: Shopkeeper) -> None:
    """Before anything was waived, and after all of it has ended."""
    assert "No waiver is in force." in shop.command("waivers").out
    shop.command(*WAIVE, *BOTH)
    ended = shop.later(days=40).command("waivers")
    assert (ended.exit_code, "1 have ended: --all" in ended.out) == (0, True)


def test_alike_waivers_share_a_line(shop: Shopkeeper) -> None:
    """A whole range granted at once is one line, not ten."""
    shop.command("waive", "shop_days", "--season", "2024", "--reason", "strike", *BOTH)
    found = words(shop.command("waivers").out)
    assert f"{day(0)} … {day(9)} 2025-01-30" in found
    assert "10 waivers shop_days" in found


def test_the_story_of_a_date_names_them(holed: Shopkeeper) -> None:
    """`explain` tells of each waiver whether it is in use, has expired or was revoked."""
    holed.command(*WAIVE, *BOTH)
    assert "(not used): tills stolen" in words(holed.command("explain", SHOP_DAYS, DAY).out)
    holed.command("backfill", "shop_days", "--dates", DAY, "--log-level", "error")
    assert "(in use): tills stolen" in words(holed.command("explain", SHOP_DAYS, DAY).out)
    expired = words(holed.later(days=31).command("explain", SHOP_DAYS, DAY).out)
    assert "(expired): tills stolen" in expired
    holed.command("unwaive", "shop_days", "--dates", DAY)
    told = json.loads(holed.command("explain", SHOP_DAYS, DAY, "--json").out)
    assert [w["needs_attention"] for w in told["waivers"]] == [True]


def test_status_shows_what_counts(holed: Shopkeeper) -> None:
    """In use and not used yet, and what has ended under something published; no history."""
    holed.command(*WAIVE, *BOTH)
    assert "not used shop_days" in words(holed.command("status", "shop_days").out)
    holed.command("backfill", "shop_days", "--dates", DAY, "--log-level", "error")
    assert f"! waived shop_days {DAY} by" in words(holed.command("status", "shop_days").out)
    later = holed.later(days=31)
    assert f"✗ expired shop_days {DAY}" in words(later.command("status", "shop_days").out)
    holed.deliver_sales(4, 1, 2, 3)
    later.command("backfill", "shop_days", "--dates", DAY, "--log-level", "error")
    assert "tills stolen" not in later.command("status", "shop_days").out


def test_forced_waivers_have_a_longest_life(holed: Shopkeeper) -> None:
    """`--waive-days` knows the same bounds as `waive --days`."""
    force = ("backfill", "shop_days", "--dates", DAY, "--force", "--reason", "x", "--waive-days")
    for days in ("0", "367", "99999999999"):
        assert holed.command(*force, days).exit_code == 2
    assert holed.publications() == {}
