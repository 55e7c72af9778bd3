"""The installation that settings name, for `gapless doctor`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from gapless.clock import Clock
from gapless.config.settings import Settings
from gapless.declare.pipeline import Pipeline
from gapless.doctor.installation import SettingFound, Site
from gapless.ledger.interface import Ledger
from gapless.warehouse.interface import Warehouse
from gapless.wiring import (
    clock_of,
    ledger_of,
    pipeline_of,
    placed,
    refuse_absent_warehouse,
    warehouse_of,
)


class ConfiguredSite(Site):
    """The installation that settings name.

    Args:
        load: Resolves the settings; called once, when the first part is asked for.
    """

    def __init__(self, load: Callable[[], Settings]) -> None:
        self._load = load

    @cached_property
    def _settings(self) -> Settings:
        return self._load()

    def settings(self) -> list[SettingFound]:
        """Resolve the settings."""
        found = self._settings
        named = {
            "pipeline": found.pipeline,
            "warehouse": found.warehouse,
            "ledger": found.ledger,
        }
        listed = [
            SettingFound(name, _without_password(str(setting.value)), setting.origin)
            for name, setting in named.items()
        ]
        return listed + [
            SettingFound(f"{table}.{threshold}", f"{share:g}", found.threshold_origins[table])
            for table, thresholds in found.thresholds.items()
            for threshold, share in thresholds.items()
        ]

    def pipeline(self) -> Pipeline:
        """Load the pipeline with the site's thresholds."""
        return pipeline_of(self._settings)

    def warehouse(self) -> Warehouse:
        """Open the warehouse for reading."""
        refuse_absent_warehouse(self._settings)
        return warehouse_of(self._settings, read_only=True)

    def not_writable(self) -> str:
        """Say why a run could not write to the warehouse; empty when nothing is in the way."""
        file = Path(placed(self._settings.warehouse).removeprefix("duckdb:///"))
        for place in (file, file.parent):
            if not os.access(place, os.W_OK):
                return f"{place} cannot be written, so no run can publish"
        return ""

    def ledger(self, *, read_only: bool) -> Ledger:
        """Return the ledger, not opened yet."""
        return ledger_of(self._settings, read_only=read_only)

    def clock(self) -> Clock:
        """Return the clock runs go by."""
        return clock_of(self._settings)

    def clock_stands(self) -> bool:
        """Tell whether that clock stands still, for a replay."""
        return self._settings.now is not None


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
