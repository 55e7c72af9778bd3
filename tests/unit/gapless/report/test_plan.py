"""A plan as text and data: what, and with `--because` how it follows from the root."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from gapless.plan.build import Plan, build_plan
from gapless.plan.standings import Standings
from gapless.report.plan import plan_data, plan_text
from gapless.verbs.selection import Selection, look
from support.shopkeeper import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Shopkeeper, day, sql


@pytest.fixture
def planned(tmp_path: Path) -> tuple[Plan, Standings]:
    """Plan a shop in which one sale changed after everything was published."""
    shop = Shopkeeper.on_new_shop(tmp_path / "shop", 7)
    shop.backfill()
    shop.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 3")
    with shop.opened() as workspace:
        standings, request = look(workspace, Selection())
        return build_plan(standings, request), standings


def text(planned: tuple[Plan, Standings], *, with_because: bool) -> list[str]:
    """Print a plan on a wide screen."""
    out = Console(file=io.StringIO(), width=300)
    for part in plan_text(*planned, with_because=with_because):
        out.print(part)
    assert isinstance(out.file, io.StringIO)
    return [line.strip() for line in out.file.getvalue().splitlines()]


def test_compact(planned: tuple[Plan, Standings]) -> None:
    """Without being asked it names what it computes, and no way to any root."""
    lines = [" ".join(line.split()) for line in text(planned, with_because=False)]
    reason = "its inputs changed (raw.sales) since it was published"
    assert f"compute shop_days: {day(4)} — {reason}" in lines
    assert not [line for line in lines if "←" in line]


def test_because(planned: tuple[Plan, Standings]) -> None:
    """Dates that follow from the same root in the same way share their lines."""
    lines = text(planned, with_because=True)
    place = next(n for n, line in enumerate(lines) if f"daily_summary: {day(5)} … {day(6)}" in line)
    assert lines[place].startswith("look again daily_summary")
    root, source = lines[place + 1 : place + 3]
    assert root.startswith(f"← shop_days {day(4)}  stale: its inputs changed (raw.sales) since")
    assert "v1 of 2024-12-31 12:00 UTC, run " in root
    assert source == f"← sales {day(4)}  changed since v1 of {SHOP_DAYS} was published"


def test_dates_that_move_along_share_their_lines(tmp_path: Path) -> None:
    """An input of the same date is one place, whichever date it is."""
    shop = Shopkeeper.on_new_shop(tmp_path / "shop", 7)
    shop.backfill(SHOP_DAYS, COMPLETE_FEED)
    shop.change("UPDATE raw.sales SET amount = amount + 1")
    with shop.opened() as workspace:
        standings, request = look(workspace, Selection([COMPLETE_FEED]))
        lines = text((build_plan(standings, request), standings), with_because=True)
    place = lines.index(f"blocked complete_feed: {day(0)} … {day(6)} — stale through its inputs")
    assert lines[place + 1].startswith(f"← shop_days {day(0)} … {day(6)}  stale: its inputs")
    assert lines[place + 2].startswith(f"← sales {day(0)} … {day(6)}  changed since v1")


def test_data(planned: tuple[Plan, Standings]) -> None:
    """As data every step has its way to the root, and what is left alone has none."""
    steps = {(step["table"], step["date"]): step for step in plan_data(*planned)["steps"]}
    assert [link["table"] for link in steps[DAILY_SUMMARY, str(day(6))]["because"]] == [
        DAILY_SUMMARY,
        SHOP_DAYS,
        "raw.sales",
    ]
    assert steps[DAILY_SUMMARY, str(day(2))]["because"] == []
