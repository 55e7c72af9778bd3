"""Every incident of the simulator is found by validation, under its name and with its dates."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from acceptance.seasons import PCF, PGS, UPCOMING
from gapless.findings import Severity
from gapless_nba.simulate.incidents import INCIDENTS, WAREHOUSE
from support.real_data import REPOSITORY

SCHEDULE, BOX_SCORES, SHOTS = "raw.schedule", "raw.player_box_scores", "raw.shots"
NAMED = {
    "stale_upcoming_rows": ("leftover_rows", UPCOMING),
    "missing_game": ("games_complete", BOX_SCORES),
    "duplicate_game": ("teams_play_once", SCHEDULE),
    "wrong_players": ("unexpected_keys", PCF),
    "dnp_zeros": ("no_dnp_lines", BOX_SCORES),
    "team_not_sum": ("games_complete", BOX_SCORES),
    "usage_600": ("usage_adds_up", PGS),
    "late_game": ("games_complete", BOX_SCORES),
    "postponed_game": ("games_complete", BOX_SCORES),
    "poisoned_future": ("future_rows", BOX_SCORES),
}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes the page of the documentation."""
    spec = importlib.util.spec_from_file_location(
        "docs_incidents", REPOSITORY / "docs" / "incidents.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def noticed(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Each incident in a season of its own, and one season without any."""
    found = script.notice_all(tmp_path_factory.mktemp("incidents"))
    return {one.incident.name if one.incident else "": one for one in found}


def test_a_season_without_incident_has_no_finding(noticed: Mapping[str, Any]) -> None:
    clean = noticed[""]
    assert clean.findings == []
    assert (clean.open, clean.report.exit_code) == (0, 0)


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_is_named_with_its_dates(
    script: ModuleType, noticed: Mapping[str, Any], name: str
) -> None:
    one = noticed[name]
    dates = {(f.code, f.table): f.dates for f in one.findings}
    # Today may be being filled just now; only later dates are the future.
    happened = [day for day in one.injected.dates if day != script.TODAY]
    assert dates[NAMED[name]] == happened


@pytest.mark.parametrize("name", [i.name for i in INCIDENTS.values() if i.where != WAREHOUSE])
def test_an_incident_in_the_files_is_kept_out_of_what_speaks_of_its_dates(
    noticed: Mapping[str, Any], name: str
) -> None:
    """Nothing is published for them, neither complete nor partial; zones look at dates before."""
    one = noticed[name]
    days: set[date] = set(one.injected.dates)
    computed = [cell for cell in one.report.cells if cell.table.startswith(("analytics.", PCF))]
    assert computed
    assert [cell for cell in computed if cell.partition in days and cell.rows] == []


def test_what_was_spoilt_is_an_error_except_rows_that_nobody_needs(
    noticed: Mapping[str, Any],
) -> None:
    codes = {name for name, one in noticed.items() if one.report.exit_code == 0}
    assert codes == {"", "stale_upcoming_rows"}
    [finding] = noticed["stale_upcoming_rows"].findings
    assert finding.severity is Severity.WARNING


def test_the_page_says_what_was_found(script: ModuleType, noticed: Mapping[str, Any]) -> None:
    """docs/nba/incidents.md is what docs/incidents.py would write now."""
    known = script.PAGE.read_text(encoding="utf-8")
    assert script.page(list(noticed.values())) == known
