"""Wiring: a wrong setting is refused with the place that it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapless.config.settings import CONFIG_FILE, load_settings
from gapless.errors import ConfigError
from gapless.wiring import pipeline_of

FILE = """\
pipeline = "nba"
warehouse = "duckdb:///nba.duckdb"

[thresholds."analytics.no_such_table"]
coverage = 0.95
"""


def test_threshold_of_the_file_beside_a_flag(tmp_path: Path) -> None:
    """A threshold that fits no table is refused with its own origin, whatever else was given."""
    (tmp_path / CONFIG_FILE).write_text(FILE)
    flags = {"threshold": ["player_game_summary.coverage=0.95"]}
    settings = load_settings(flags, environment={}, folder=tmp_path)
    with pytest.raises(ConfigError, match="no_such_table") as caught:
        pipeline_of(settings)
    assert CONFIG_FILE in str(caught.value)
    assert "--threshold" not in str(caught.value)
