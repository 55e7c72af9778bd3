"""The page of a validation says what its model says, and needs nothing but itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from gapless.findings import Severity
from gapless.plan.states import State
from gapless.report.marks import word
from gapless.report.validation_html import page as page_module
from gapless.report.validation_html.glyphs import (
    MEANINGS,
    SEVERITY_SHAPES,
    SHAPES,
    TRUST_SHAPES,
    Look,
    look_of,
    look_word,
)
from gapless.report.validation_html.page import validation_html
from gapless.validate.model import Cell, Trust, ValidationReport
from gapless.validate.summary import tally
from support.html_page import Element, parsed
from support.shopkeeper import SHOP_DAYS, Shopkeeper, day, sql

EVIL = "<script>alert(1)</script>&\"'"


def cells_of(elements: list[Element]) -> list[tuple[str, str]]:
    """Return glyph and words of every cell of the calendar."""
    return [
        (element.attributes["href"].removeprefix("#c-"), element.text)
        for element in elements
        if element.tag == "use"
        and "figure" in element.parents
        and "tbody" in element.parents
        and element.attributes["href"].startswith("#c-")
    ]


def in_every_state(report: ValidationReport) -> ValidationReport:
    """Spread all states, warnings and limitations over the cells."""
    changes = cycle(
        [
            *({"state": state} for state in State),
            {"state": State.PARTIAL, "failures": ("coverage",)},
            {"state": State.MISSING, "failures": ("missing",)},
            {"state": State.COMPLETE, "warnings": ("unlike_neighbours",)},
            {"state": State.COMPLETE, "limitations": ("no_shots",)},
        ]
    )
    cells = tuple(
        replace(cell, **change)  # type: ignore[arg-type]
        for cell, change in zip(report.cells, changes, strict=False)
    )
    [season] = report.seasons
    tables = {name: tally(c for c in cells if c.table == name) for name in report.layers}
    layers = {
        layer: tally(c for c in cells if report.layers[c.table] == layer) for layer in season.layers
    }
    return replace(report, cells=cells, seasons=(replace(season, tables=tables, layers=layers),))


def test_the_page_answers_for_each_season_and_names_the_repair(broken: ValidationReport) -> None:
    text = next(element.text for element in parsed(broken) if element.tag == "body")
    assert "2024: needs attention. 10 dates, 100 shops" in " ".join(text.split())
    assert "Shop 03 (3)" in text
    assert f"gapless backfill shop_days --dates {day(4)}" in text
    assert "Used by complete_feed 2024-01-05 (1 date)" in text


def test_every_cell_is_drawn_in_its_state(broken: ValidationReport) -> None:
    """Glyphs and words counted on the page are the cells of the model."""
    report = in_every_state(broken)
    cells = cells_of(parsed(report))
    assert Counter(glyph for glyph, _ in cells) == Counter(look_of(c).value for c in report.cells)
    states = Counter(re.split(": |;", words)[1] for _, words in cells)
    tallied: Counter[str] = Counter()
    for summed in report.seasons[0].tables.values():
        tallied.update({word(state): count for state, count in summed.states.items()})
    assert states == tallied
    assert set(states) == {word(state) for state in State}


def test_a_cell_says_what_stands_against_it(broken: ValidationReport) -> None:
    said = {words.split(":")[0]: words for _, words in cells_of(parsed(broken))}
    words = said[f"shop_days {day(4)}"]
    assert words.startswith(f"shop_days {day(4)}: partial; 8/9; fails ")
    assert "coverage" in words


def test_each_row_sums_itself_up_for_those_who_do_not_see_it(broken: ValidationReport) -> None:
    labels = [e.attributes["aria-label"] for e in parsed(broken) if "aria-label" in e.attributes]
    [row] = [label for label in labels if label.startswith(f"{SHOP_DAYS}, 2024")]
    assert "9 of 10 due dates sound" in row
    assert "1 partial" in row
    assert f"fails on {day(4)}" in row


def test_the_figures_are_those_of_the_model(broken: ValidationReport) -> None:
    rows = [
        " ".join(element.text.split())
        for element in parsed(broken)
        if element.tag == "tr" and "details" in element.parents
    ]
    assert any(row.startswith("shop_days") and "9 / 10" in row for row in rows)
    [season] = broken.seasons
    for name, summed in season.tables.items():
        short = name.split(".")[-1]
        assert any(row.startswith(short) and f"{summed.rows:,}" in row for row in rows)


def test_names_cannot_become_markup(done: Shopkeeper) -> None:
    """A shop, a table, a reason and a command that look like markup stay text."""
    quoted = EVIL.replace("'", "''")
    done.change(
        f"UPDATE raw.opening_hours SET name = '{quoted}' WHERE shop_id = 3",
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 3",
    )
    report = done.validate()
    cell = replace(report.cells[0], failures=(EVIL,))
    findings = tuple(replace(finding, table=EVIL, message=EVIL) for finding in report.findings)
    report = replace(report, pipeline=EVIL, findings=findings, cells=(cell, *report.cells[1:]))
    elements = parsed(report)
    assert sum(element.tag == "script" for element in elements) == 1
    assert EVIL in next(element.text for element in elements if element.tag == "h1")
    assert any(EVIL in words for _, words in cells_of(elements))
    facts = [e.text for e in elements if e.tag == "li" and "Shop" not in e.text]
    assert any(EVIL in fact for fact in facts)


def test_the_page_needs_nothing_but_itself(broken: ValidationReport) -> None:
    text = validation_html(broken)
    assert re.findall(r"https?:|url\(|@import|<link|<img|<iframe|//[a-z]", text) == []
    for element in parsed(broken):
        assert "src" not in element.attributes
        assert "style" not in element.attributes  # the policy would ignore it
        assert not any(name.startswith("on") for name in element.attributes)
        assert element.attributes.get("href", "#").startswith("#")


def test_only_this_style_and_this_script_may_run(broken: ValidationReport) -> None:
    [policy] = [
        element.attributes["content"]
        for element in parsed(broken)
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    elements = {element.tag: element for element in parsed(broken)}
    for tag in ("style", "script"):
        assert page_module._digest(elements[tag].text) in policy


def test_every_link_and_glyph_leads_somewhere(broken: ValidationReport) -> None:
    elements = parsed(in_every_state(broken))
    names = [element.attributes["id"] for element in elements if "id" in element.attributes]
    assert len(names) == len(set(names))
    targets = {e.attributes["href"][1:] for e in elements if "href" in e.attributes}
    assert targets <= set(names)


def test_everything_has_a_shape_of_its_own_and_stands_in_the_legend(
    broken: ValidationReport,
) -> None:
    assert {State(look.value) for look in Look if look.value in set(State)} == set(State)
    for shapes, members in (
        (SHAPES, Look),
        (TRUST_SHAPES, Trust),
        (SEVERITY_SHAPES, Severity),
    ):
        assert set(shapes) == set(members)
        assert len(set(shapes.values())) == len(shapes)
    assert set(MEANINGS) == set(Look)
    terms = Counter(e.text.strip() for e in parsed(broken) if e.tag == "dt")
    assert terms >= Counter(
        [
            *(look_word(look) for look in Look),
            *(trust.value for trust in Trust),
            *(severity.value for severity in Severity),
        ]
    )


def test_colours_stand_out_in_the_light_and_in_the_dark() -> None:
    """Marks have a contrast of 3 and text one of 4.5 at least, on paper and on what fails."""
    style = page_module._resource("page.css")
    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(schemes) == 2
    for colours in schemes:
        for name in ("calm", "limited", "amber", "waived", "bad", "unknown", "idle"):
            assert contrast(colours[name], colours["paper"]) >= 3, name
        for name in ("bad", "unknown"):
            assert contrast(colours[name], colours["flag"]) >= 3, name
        for name in ("ink", "soft", "link", "bad", "amber"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, name
        for name in ("ink", "soft", "link"):
            assert contrast(colours[name], colours["raised"]) >= 4.5, name


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_same_report_gives_the_same_bytes(broken: ValidationReport) -> None:
    assert validation_html(broken) == validation_html(replace(broken))


def test_a_source_that_others_replace_is_no_failure(done: Shopkeeper) -> None:
    """The fast feed holds nothing, the complete one took its place: all is sound, no alarm."""
    elements = parsed(done.validate())
    drawn = [glyph for glyph, words in cells_of(elements) if words.startswith("fast_feed")]
    assert drawn == ["spared"] * 10
    assert "Something fails" not in next(e.text for e in elements if e.tag == "body")
    assert not any(e.attributes.get("class") == "alarm" for e in elements)


def test_a_cell_that_only_fails_by_its_state_says_so_once(broken: ValidationReport) -> None:
    cell = replace(broken.cells[0], state=State.MISSING, failures=("missing",), present=0)
    alone = replace(broken, cells=(cell, *broken.cells[1:]))
    assert any(words.endswith(": missing; 0/10") for _, words in cells_of(parsed(alone)))


def test_a_cell_costs_little(broken: ValidationReport) -> None:
    """Two seasons of thirteen tables are 4,300 cells; at this price they stay below 600 kB."""
    [season] = broken.seasons
    names = [str(number) for number in range(2001, 2101)]
    cells = tuple(cell for name in names for cell in a_season(broken, int(name)))
    seasons = tuple(replace(season, season=name) for name in names)
    drawn = validation_html(replace(broken, cells=cells, seasons=seasons, findings=()))
    bare = [re.sub(r"<use [^>]*><title>.*?</use>", "", drawn), drawn]
    without, whole = (len(text.encode()) for text in bare)
    assert (whole - without) / len(cells) < 125


def test_nothing_selected_says_so(broken: ValidationReport) -> None:
    empty = replace(broken, cells=(), seasons=(), findings=(), limitations=())
    assert "Nothing was validated: no selected date is on the calendar." in validation_html(empty)


def a_season(report: ValidationReport, number: int) -> tuple[Cell, ...]:
    return tuple(replace(cell, season=str(number)) for cell in report.cells)


def test_of_many_seasons_the_newest_are_open(done: Shopkeeper) -> None:
    report = done.validate()
    names = [str(number) for number in range(2001, 2021)]
    cells = tuple(cell for name in names for cell in a_season(report, int(name)))
    seasons = tuple(replace(report.seasons[0], season=name) for name in names)
    elements = parsed(replace(report, cells=cells, seasons=seasons))
    assert len(cells_of(elements)) == len(cells)
    folds = [e for e in elements if e.tag == "details" and e.attributes.get("class") == "season"]
    opened = [fold.text[:4] for fold in folds if "open" in fold.attributes]
    assert opened == ["2020", "2019", "2018"] * 2


# -- the command ---------------------------------------------------------------------------------


def test_the_command_writes_the_page_and_still_prints(done: Shopkeeper) -> None:
    file = done.folder / "report.html"
    file.write_text("an older one")
    ran = done.command("validate", "--html", str(file))
    assert (ran.exit_code, ran.err) == (0, "")
    assert "Everything selected can be trusted" in ran.out
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(done.folder.glob("*.tmp")) + list(done.folder.glob(".*")) == []


def test_the_page_goes_with_json(done: Shopkeeper) -> None:
    file = done.folder / "report.html"
    ran = done.command("validate", "--json", "--html", str(file))
    assert ran.out.startswith("{")
    assert file.is_file()


def place_in_no_folder(folder: Path) -> tuple[Path, str]:
    return folder / "no" / "report.html", "there is no folder"


def place_of_a_folder(folder: Path) -> tuple[Path, str]:
    return folder, "is a folder; name a file in it"


def place_of_a_device(folder: Path) -> tuple[Path, str]:
    (folder / "nowhere").symlink_to("/dev/null")
    return folder / "nowhere", "is a device, not a file"


def place_that_cannot_be_written(folder: Path) -> tuple[Path, str]:
    return folder / f"{'x' * 300}.html", "cannot be written"


@pytest.mark.parametrize(
    "place",
    [place_in_no_folder, place_of_a_folder, place_of_a_device, place_that_cannot_be_written],
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(
    done: Shopkeeper, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], tuple[Path, str]]
) -> None:
    monkeypatch.setattr("gapless.cli.validate.validate_verb", pytest.fail)
    file, said = place(done.folder)
    ran = done.command("validate", "--html", str(file))
    assert (ran.exit_code, ran.out) == (2, "")
    assert "--html" in ran.err
    assert said in " ".join(ran.err.split())


def test_what_goes_wrong_leaves_the_older_page(done: Shopkeeper) -> None:
    file = done.folder / "report.html"
    file.write_text("an older one")
    ran = done.command("validate", "--season", "1999", "--html", str(file))
    assert ran.exit_code == 2
    assert file.read_text() == "an older one"
    assert list(done.folder.glob(".*")) == []


def test_markup_is_loaded_only_for_a_page() -> None:
    """Every other command starts without the library."""
    code = "import gapless.cli.app, sys; sys.exit('htpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
