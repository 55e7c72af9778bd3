"""Computable: whether a partition is due, and whether its inputs let it be computed now."""

from __future__ import annotations

from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Derived
from gapless.partitions import path_of
from gapless.plan.standings import Standings


def nothing_due(standings: Standings, table: Derived, facts: DateFacts) -> str:
    """Say why nothing is expected on a scheduled date; empty when something is."""
    path = path_of(facts.day, standings.picture.today)
    if table.expected_on(path) is None:
        return f"nothing is expected of {path} dates"
    if table.warm_up is not None and table.warm_up.holds(facts):
        return f"day {facts.day_of_season} of the season is warm-up"
    return ""


def in_the_way(standings: Standings, table: Derived, facts: DateFacts) -> str:
    """Say why a date cannot be computed now; empty when it can."""
    for read in table.reads_on(path_of(facts.day, standings.picture.today)):
        if not read.required:
            continue
        if read.table.name not in standings.picture.catalog:
            return f"{read.table.name} does not exist yet"
        unsettled = standings.first_unsettled(read, facts)
        if unsettled is not None:
            return f"{read.table.name} of {unsettled} is not settled"
    return ""
