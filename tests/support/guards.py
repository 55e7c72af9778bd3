"""Trying the guards of a shop, and finding them in what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gapless import Pipeline
from gapless.clock import Clock
from gapless.doctor.model import Ability, GuardTried, TableTried
from gapless.partitions import Path
from gapless.verbs.doctor import try_guards
from support.shop import NOW
from support.shopkeeper import Shopkeeper


def tables_tried(
    keeper: Shopkeeper, *tables: str, pipeline: Pipeline | None = None, now: datetime = NOW
) -> tuple[TableTried, ...]:
    """Try guards with other declarations, or at another time, where given."""
    keeper = keeper if pipeline is None else keeper.using(pipeline)
    with keeper.opened() as workspace:
        return try_guards(replace(workspace, clock=Clock.fixed(now)), tables)


def table_tried(
    keeper: Shopkeeper, table: str, pipeline: Pipeline | None = None, path: Path | None = None
) -> TableTried:
    """Try the guards of one table; of past dates, for a computed one."""
    path = path or (None if table.startswith("raw.") else Path.HISTORICAL)
    [found] = [one for one in tables_tried(keeper, table, pipeline=pipeline) if one.path is path]
    return found


def guard(found: TableTried, name: str) -> GuardTried:
    """Return one guard; it is there exactly once."""
    [one] = [one for one in found.guards if one.guard == name]
    return one


def named(found: TableTried | Sequence[TableTried], ability: Ability = Ability.UNABLE) -> set[str]:
    """Name the guards of one ability."""
    tables = [found] if isinstance(found, TableTried) else found
    return {one.guard for table in tables for one in table.guards if one.ability is ability}
