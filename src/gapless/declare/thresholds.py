"""Thresholds: what a site may change of a gate in its configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gapless.declare.tables import Derived
from gapless.errors import DeclarationError, nearest
from gapless.partitions import Path

SITE_THRESHOLDS = ("coverage", "warn", "group_coverage")
"""Thresholds of a gate that a site may change in its configuration."""


def with_thresholds(table: Derived, name: str, thresholds: Mapping[str, float]) -> Derived:
    """Return a table whose gate has a site's own thresholds.

    Args:
        table: The table.
        name: As the site calls it.
        thresholds: Threshold → share.

    Raises:
        DeclarationError: an unknown threshold, or one that would measure nothing.
    """
    for threshold in thresholds:
        if threshold not in SITE_THRESHOLDS:
            raise DeclarationError(
                f"{name} has no threshold {threshold!r}. {nearest(threshold, SITE_THRESHOLDS)}"
            )
    if "group_coverage" in thresholds and not _has_groups(table):
        raise DeclarationError(
            f"{table.name}: its expected set names no group, so group_coverage would "
            "measure nothing."
        )
    coverage = thresholds.get("coverage", table.gate.coverage)
    gate = dataclasses.replace(
        table.gate,
        coverage=coverage,
        warn=thresholds.get("warn", max(table.gate.warn, coverage)),
        group_coverage=thresholds.get("group_coverage", table.gate.group_coverage),
    )
    return dataclasses.replace(table, gate=gate)


def _has_groups(table: Derived) -> bool:
    expected = [table.expected_on(path) for path in Path]
    return all(keys.group is not None for keys in expected if keys is not None)
