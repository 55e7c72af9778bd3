"""The renderings of a validation say the same facts."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from gapless.report.validation_data import validation_data
from gapless.report.validation_markdown import validation_markdown
from gapless.report.validation_text import validation_text
from gapless.validate.model import ValidationReport
from support.shopkeeper import SHOP_DAYS, Shopkeeper, day, sql


def text_of(report: ValidationReport) -> str:
    out = StringIO()
    console = Console(file=out, width=200, no_color=True, highlight=False)
    for part in validation_text(report):
        console.print(part)
    return out.getvalue()


@pytest.fixture
def broken(done: Shopkeeper) -> ValidationReport:
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3")
    return done.validate()


def test_the_text_says_season_finding_and_repair(broken: ValidationReport) -> None:
    text = text_of(broken)
    assert "✗ needs attention" in text
    assert "✗ error  coverage  analytics.shop_days lacks expected keys." in text
    assert "Shop 03 (3)" in text
    assert f"gapless backfill shop_days --dates {day(4)}" in text
    assert (
        "used by complete_feed 2024-01-05 (1 date); daily_summary 2024-01-05 … 2024-01-10" in text
    )


def test_markdown_says_the_same(broken: ValidationReport) -> None:
    text = validation_markdown(broken)
    assert "| 2024 | 10 | 100 |" in text
    assert "### error: coverage in analytics.shop_days" in text
    assert f"`gapless backfill shop_days --dates {day(4)}`" in text


def test_names_cannot_break_out_of_a_markdown_table(done: Shopkeeper) -> None:
    """A shop that calls itself like markup stays text."""
    done.change(
        "UPDATE raw.opening_hours SET name = 'a | <b>[x](y)`' WHERE shop_id = 3",
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3",
    )
    assert r"a \| \<b>\[x](y)\`" in validation_markdown(done.validate())


def test_json_holds_every_partition_and_finding(broken: ValidationReport) -> None:
    data = json.loads(json.dumps(validation_data(broken)))
    assert data["exit_code"] == 1
    assert len(data["partitions"]) == len(broken.cells)
    [season] = data["seasons"]
    assert season["tables"][SHOP_DAYS]["states"] == {"complete": 9, "partial": 1}
    finding = next(f for f in data["findings"] if f["code"] == "coverage")
    assert finding["dates"][0]["date"] == str(day(4))
    assert [reach["table"] for reach in finding["reach"]] == [
        "analytics.complete_feed",
        "mart.daily_summary",
    ]


def test_a_sound_shop_says_so_in_every_form(done: Shopkeeper) -> None:
    report = done.validate()
    assert "● Everything selected can be trusted" in text_of(report)
    assert "Everything selected can be trusted" in validation_markdown(report)
    assert validation_data(report)["exit_code"] == 0
