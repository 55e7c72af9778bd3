"""Failures by key: which expected keys are not there and why, and when they were there again.

One query for each table, whatever the dates. A key is a failure from the attempt or the look that
missed it until a partition that is done holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from gapless.declare.inputs import Choice, PlainInput, Query, SameDate
from gapless.declare.tables import Derived, Table
from gapless.ledger.interface import Category, Failure, Ledger
from gapless.partitions import Path
from gapless.sql.binding import Bindings, Scope, bind, on_dates, usable_match
from gapless.sql.literals import columns, relation
from gapless.sql.missing import MissingRequest, missing_query, present_query
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

ENTITIES_AT_MOST = 500
"""How many keys of a category are named for a partition; one more entry counts the rest."""
THE_REST = "… "
"""What the entity of an entry begins with that counts keys instead of naming one."""
WHOLE_PARTITION = ""
"""Entity of an entry that concerns the partition as a whole."""

Catalog = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Sighting:
    """Who looks for missing keys, and when."""

    table: Derived
    path: Path
    now: datetime
    run_id: str | None = None
    """The run; None when somebody only looks."""


@dataclass(frozen=True)
class Rows:
    """What is there of some dates, and what should be."""

    scope: Scope
    days: Sequence[date]
    """The dates of the scope to look at."""
    expected: str
    """Relation with the expected set."""
    candidate: str | None
    """Relation with the rows; None when there are none."""
    columns: Collection[str] = ()
    """Of the candidate."""
    offers: Mapping[str, str] = field(default_factory=dict)
    """What each input offers, see `offers_of`."""
    lost_on: Collection[date] = ()
    """Dates that once had all their keys."""
    left_out: Mapping[date, str] = field(default_factory=dict)
    """Date → why a key that the inputs hold was not computed; else the statement left it out."""


def missing_keys(warehouse: Warehouse, seen: Sighting, rows: Rows) -> list[Failure]:
    """Name every expected key that is not there, with its category, and every excluded one."""
    expected = seen.table.expected_on(seen.path)
    request = MissingRequest(
        scope=rows.scope,
        days=rows.days,
        key=seen.table.key,
        expected=rows.expected,
        label=expected.label if expected is not None else None,
        candidate=rows.candidate,
        required=tuple(name for name in seen.table.gate.required if name in rows.columns),
        offers=rows.offers,
        lost_on=rows.lost_on,
    )
    found: list[Failure] = []
    named: dict[tuple[date, Category], int] = {}
    counted: dict[tuple[date, Category], int] = {}
    for day, kind, count, entity, label, detail in warehouse.fetch(
        missing_query(request, ENTITIES_AT_MOST)
    ):
        category = Category(kind)
        reason = _reason(category, detail, rows.left_out.get(day))
        found.append(failure(seen, day, category, reason, entity=entity, label=label or ""))
        named[day, category] = named.get((day, category), 0) + 1
        counted[day, category] = count
    for (day, category), count in counted.items():
        rest = count - named[day, category]
        if rest:
            reason = f"{plural(rest, 'more key')} of this category, not named"
            found.append(failure(seen, day, category, reason, entity=f"{THE_REST}{category}"))
    return found


def failure(
    seen: Sighting,
    day: date,
    category: Category,
    reason: str,
    *,
    entity: str = WHOLE_PARTITION,
    label: str = "",
) -> Failure:
    """Return one failure as it is seen now."""
    return Failure(
        table=seen.table.name,
        partition=day,
        entity=entity,
        first_seen=seen.now,
        last_seen=seen.now,
        category=category,
        correctable=category is not Category.EXCLUDED,
        label=label,
        reason=reason,
        run_id=seen.run_id,
    )


def _reason(category: Category, detail: str | None, left_out: str | None) -> str:
    match category:
        case Category.MISSING_UPSTREAM:
            return f"no row of it in {detail}"
        case Category.UNUSABLE:
            return f"NULL in {detail}"
        case Category.EXCLUDED:
            return str(detail)
        case Category.LOST:
            return "it was published, and its row is gone"
    return left_out or "its inputs hold it; the statement left it out"


def offers_of(
    table: Derived, path: Path, catalog: Catalog, bindings: Bindings, expected: str
) -> dict[str, str]:
    """Return what each input of the same date offers, as far as it can be asked for a key.

    Args:
        table: Whose inputs.
        path: On which path.
        catalog: Tables and columns of the warehouse.
        bindings: The dates, with the sources that were chosen; a choice that was not made offers
            what any of its sources holds.
        expected: Relation with the expected set.
    """
    offers: dict[str, str] = {}
    for alias, given in table.inputs_on(path).items():
        if isinstance(given, Choice):
            asked = [s for s in given.sources if _can_be_asked(s, table.key, catalog)]
            if asked:
                name = " or ".join(source.name for source in asked)
                chosen = alias in bindings.choices
                offers[name] = (
                    bind(alias, given, bindings)
                    if chosen
                    else _any_of(table, given, asked, catalog, bindings.scope, expected)
                )
            continue
        for read in _same_dates(given):
            if _can_be_asked(read, table.key, catalog):
                offers[read.name] = _keys_in(read, table.key, catalog, bindings.scope)
    return offers


def _same_dates(given: PlainInput) -> list[Table]:
    match given:
        case SameDate(table=table):
            return [table]
        case Query(inputs=inputs):
            return [inner.table for inner in inputs.values() if isinstance(inner, SameDate)]
    return []


def _can_be_asked(table: Table, key: Sequence[str], catalog: Catalog) -> bool:
    return set(key) <= set(catalog.get(table.name, table.key))


def _keys_in(table: Table, key: Sequence[str], catalog: Catalog, scope: Scope) -> str:
    names = columns((scope.partition, *key))
    if table.name not in catalog:
        nothing = ", ".join(f"NULL::VARCHAR AS {columns([name])}" for name in key)
        return f"SELECT NULL::DATE AS {columns([scope.partition])}, {nothing} WHERE FALSE"
    return f"SELECT {names} FROM {relation(table.name)} WHERE {on_dates(scope)}"


def _any_of(
    table: Derived,
    choice: Choice,
    sources: Sequence[Table],
    catalog: Catalog,
    scope: Scope,
    expected: str,
) -> str:
    parts = []
    for source in sources:
        # What it is measured on may carry other columns to match than the table's own set.
        if source.name in catalog and choice.measured_on is None:
            match = usable_match(source, choice, table.key, scope.partition, expected)
            names = columns((scope.partition, *table.key), "source")
            parts.append(f"SELECT {names} FROM {match} WHERE {on_dates(scope, 'source')}")
        else:
            parts.append(_keys_in(source, table.key, catalog, scope))
    return "\nUNION ALL\n".join(parts)


def seen_again(found: Sequence[Failure], known: Sequence[Failure]) -> list[Failure]:
    """Return what to record: a failure that is still open goes on, with what is known of it now."""
    open_ones = {_slot(one): one for one in known if one.resolved_at is None}
    recorded = []
    for one in found:
        before = open_ones.get(_slot(one))
        if before is not None:
            recorded.append(replace(one, first_seen=before.first_seen, run_id=before.run_id))
        else:
            recorded.append(one)
    return recorded


def record(ledger: Ledger, found: Sequence[Failure]) -> int:
    """Record the failures of one table; return how many of them nobody knew of.

    One read and one write; neither where nothing was found.
    """
    if not found:
        return 0
    days = [one.partition for one in found]
    known = ledger.failures(table=found[0].table, first=min(days), last=max(days), unresolved=True)
    recorded = seen_again(found, known)
    ledger.record_failures(recorded)
    slots = {_slot(one) for one in known}
    return sum(_slot(one) not in slots for one in recorded)


@dataclass(frozen=True)
class Done:
    """A partition that needs nothing more, as far as failures are concerned."""

    whole: bool
    """Whether every key that is expected now is there."""
    nothing_due: bool = False
    """Whether nothing is expected on the date any more."""


def resolved(
    warehouse: Warehouse,
    tables: Mapping[str, Derived],
    partition: str,
    known: Sequence[Failure],
    done: Mapping[tuple[str, date], Done],
    now: datetime,
) -> list[Failure]:
    """Return the open failures whose keys are there again, with the moment.

    One query for each table that has open failures in partitions that are done, else none.

    Args:
        warehouse: Where to look for the keys.
        tables: Name → declared table that exists.
        partition: Name of the partition column.
        known: Open failures.
        done: The partitions that are done.
        now: The moment.
    """
    ended: list[Failure] = []
    for name in dict.fromkeys(one.table for one in known):
        asked = [one for one in known if one.table == name and (name, one.partition) in done]
        keys = [(one.partition, one.entity) for one in asked if _names_a_key(one)]
        there: set[tuple[date, str]] = set()
        if keys and name in tables:
            table = tables[name]
            rows = warehouse.fetch(
                present_query(name, partition, table.key, table.gate.required, keys)
            )
            there = {(row[0], row[1]) for row in rows}
        ended += [
            replace(one, resolved_at=now)
            for one in asked
            if (one.partition, one.entity) in there or _is_over(one, done[name, one.partition])
        ]
    return ended


def _names_a_key(one: Failure) -> bool:
    return one.entity != WHOLE_PARTITION and not one.entity.startswith(THE_REST)


def _is_over(one: Failure, done: Done) -> bool:
    """Tell whether a failure has ended although its key is not there by itself."""
    if done.nothing_due:
        return True
    if one.category is Category.EXCLUDED:
        return False
    # A key that is not there and not missing is not expected any more.
    return done.whole or one.entity == WHOLE_PARTITION


def _slot(one: Failure) -> tuple[str, date, str]:
    return one.table, one.partition, one.entity
