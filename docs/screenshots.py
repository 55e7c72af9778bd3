"""Take the screenshots of the season report: `python docs/screenshots.py`.

Loads and backfills the real seasons into a folder that is thrown away, validates them, and looks
at the page in headless Chromium at the width of a desk and of a phone. Needs the folder that
GAPLESS_NBA_DATA names, or ../shared/data/nba; chromium and chromium-driver; the group `test`.
"""  # noqa: INP001 - a script beside the pages it writes for, no package

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.append(str(ROOT / "tests"))

from support.browser import chromium, missing_browser, open_page, resize  # noqa: E402
from support.real_data import DEFAULT, VARIABLE  # noqa: E402

# name → from the top of what, to the end of what, width, pixels per point
SHOTS = {
    "season-report-desktop": ("body", "#calendar", 1280, 1.0),
    "season-report-phone": ("#calendar", "#calendar figure", 390, 1.5),
}
MARGIN = 24
# The figures of each table are folded up, so that the calendar is in the picture.
FOLD = "for (const one of document.querySelectorAll('#tables details')) one.open = false;"
SCROLL = "document.querySelector(arguments[0]).scrollIntoView({behavior: 'instant'})"
HEIGHT = """
    const [top, end] = arguments;
    return Math.ceil(document.querySelector(end).getBoundingClientRect().bottom
        - document.querySelector(top).getBoundingClientRect().top);
"""
AT_MOST = 300_000


def main() -> int:
    """Write the images."""
    data = Path(os.environ.get(VARIABLE) or DEFAULT).resolve()
    absent = missing_browser()
    if absent is None and not (data / "schedule.parquet").is_file():
        absent = f"no real seasons in {data}; set {VARIABLE}"
    if absent is not None:
        sys.stderr.write(f"{absent}\n")
        return 2
    with TemporaryDirectory() as made:
        take(build(Path(made), data))
    return 0


def build(folder: Path, data: Path) -> Path:
    """Build the warehouse and return its report."""
    command = Path(sys.executable).with_name("gapless")
    for arguments in (
        ("init",),
        ("load", "--data", str(data)),
        ("backfill", "--log-level", "error"),
        ("validate", "--html", "report.html"),
    ):
        subprocess.run(  # noqa: S603 - our own command
            [command, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    return folder / "report.html"


def take(page: Path) -> None:
    """Look at a report and write what is seen."""
    images = DOCS / "images"
    images.mkdir(exist_ok=True)
    with chromium() as driver:
        for name, (top, end, width, scale) in SHOTS.items():
            open_page(driver, page, width, scale=scale)
            driver.execute_script(FOLD)
            height = MARGIN + driver.execute_script(HEIGHT, top, end)
            resize(driver, width, height, scale)
            driver.execute_script(SCROLL, top)
            image = images / f"{name}.png"
            driver.save_screenshot(str(image))
            size = image.stat().st_size
            sys.stdout.write(f"{image.relative_to(ROOT)}: {size:,} bytes\n")
            if size > AT_MOST:
                raise SystemExit(f"{image} is larger than {AT_MOST:,} bytes.")


if __name__ == "__main__":
    raise SystemExit(main())
