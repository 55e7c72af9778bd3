"""The HTML report in a real browser, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from support.browser import chromium, complaints, need_browser, open_page, requests
from support.shopkeeper import SHOP_DAYS, Shopkeeper, day, sql

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    need_browser()
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A season as long as a real one, with a hole in it."""
    keeper = Shopkeeper.on_new_shop(tmp_path_factory.mktemp("report") / "shop", 170)
    assert keeper.backfill().exit_code == 0
    keeper.lose_sales(60, 3)
    keeper.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(90)}")
    file = keeper.folder / "report.html"
    assert keeper.command("validate", "--html", str(file)).exit_code != 0
    return file


@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_offline_and_never_scrolls_sideways(
    browser: Chrome, page: Path, width: int
) -> None:
    open_page(browser, page, width)
    assert requests(browser) == [page.as_uri()]
    assert complaints(browser) == []
    wide, inner = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert inner == width
    assert wide <= inner
    calendar = browser.find_element("css selector", ".calendar tbody svg[role=img]")
    assert calendar.is_displayed()
    assert calendar.size["height"] > 0


@pytest.mark.parametrize("width", WIDTHS)
def test_dates_do_not_run_into_what_is_said_of_them(
    browser: Chrome, page: Path, width: int
) -> None:
    open_page(browser, page, width)
    ranges, spilt = browser.execute_script("""
        for (const one of document.querySelectorAll("details")) one.open = true;
        const days = [...document.querySelectorAll(".facts strong")];
        return [document.querySelectorAll(".facts.ranges").length,
                days.filter((day) => day.scrollWidth > day.clientWidth).length];
    """)
    assert ranges > 0
    assert spilt == 0


def test_on_a_phone_the_calendar_scrolls_beside_its_labels(browser: Chrome, page: Path) -> None:
    open_page(browser, page, WIDTHS[1])
    before, after, moved = browser.execute_script("""
        const box = document.querySelector(".calendar .scroll");
        const label = box.querySelector("tbody tr:not(.layer) th");
        const before = label.getBoundingClientRect().left;
        box.scrollLeft = 500;
        return [before, label.getBoundingClientRect().left, box.scrollLeft];
    """)
    assert (after, moved) == (before, 500)


def test_arrow_keys_say_one_cell_after_the_other(browser: Chrome, page: Path) -> None:
    open_page(browser, page, WIDTHS[0])
    said = browser.execute_script("""
        const row = document.querySelectorAll(".calendar tbody svg[role=img]")[0];
        const probe = document.querySelector(".probe");
        const press = (key) => row.dispatchEvent(new KeyboardEvent("keydown", {key}));
        const said = [];
        row.focus(); said.push(probe.textContent);
        for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) {
            press(key); said.push(probe.textContent);
        }
        return said;
    """)
    days = [text.split(":")[0] for text in said]
    assert days == [f"opening_hours {day(number)}" for number in (0, 1, 2, 1)]
