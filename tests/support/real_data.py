"""Where the real seasons are, and what it means when they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "GAPLESS_NBA_DATA"
REPOSITORY = Path(__file__).parents[2]
DEFAULT = REPOSITORY.parent / "shared" / "data" / "nba"


def real_data_folder() -> Path:
    """Return the folder of the real seasons; skip the test where there is none.

    In CI with the shared folder beside the project their absence is a failure, not a skip.
    """
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else DEFAULT
    if (folder / "schedule.parquet").is_file():
        return folder
    reason = f"no real seasons in {folder}; set {VARIABLE} to a folder with schedule.parquet"
    if os.environ.get("CI") == "true" and DEFAULT.parents[1].exists():
        pytest.fail(reason)
    pytest.skip(reason)
