"""A headless Chromium that looks at a page and tells what it noticed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing_browser() -> str | None:
    """Say what is not installed; None when everything is."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if not absent:
        return None
    return f"no {' and no '.join(absent)} on the path; apt-get install chromium chromium-driver"


def need_browser() -> None:
    """Skip the test where there is no browser; in CI that is a failure."""
    reason = missing_browser()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start a browser with an empty profile, and end it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def open_page(driver: Chrome, page: Path, width: int, height: int = 900, scale: float = 1) -> None:
    """Open a file on a screen of a width; forget what was noticed before."""
    resize(driver, width, height, scale)
    for log in ("browser", "performance"):
        _log(driver, log)
    driver.get(page.as_uri())


def resize(driver: Chrome, width: int, height: int, scale: float = 1) -> None:
    """Change the size of the screen, in points, and its pixels per point."""
    size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def requests(driver: Chrome) -> list[str]:
    """Return what was fetched since the page was opened."""
    messages: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in _log(driver, "performance")
    ]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def complaints(driver: Chrome) -> list[str]:
    """Return what stands in the console since the page was opened."""
    return [entry["message"] for entry in _log(driver, "browser")]


def _log(driver: Chrome, name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = driver.get_log(name)  # type: ignore[no-untyped-call]
    return entries
