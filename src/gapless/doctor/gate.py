"""Trying a gate: every rule of it is fed bad copies of real partitions that it must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gapless.declare.gates import (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_REQUIRED,
    CHECK_SHRINK,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
)
from gapless.declare.statements import Statement
from gapless.doctor.bench import Bench
from gapless.doctor.choices import tried_choices
from gapless.doctor.feeding import Demand, Feed, fed_alone
from gapless.doctor.model import GuardTried, Kind, Trial
from gapless.doctor.rules import tried_rules
from gapless.doctor.table_checks import tried_checks
from gapless.doctor.trials import HALF_GONE, JUST_BELOW, SPOILED, BadRows, tried_error
from gapless.sql.bad_copies import (
    FEWER_THAN_HALF,
    doubled,
    emptied,
    group_thinned,
    just_below,
    none_left,
    one_key_less,
    swapped,
    thinned,
)
from gapless.sql.literals import identifier, relation
from gapless.verdicts import Outcome


def tried_gate(bench: Bench) -> tuple[GuardTried, ...]:
    """Try every guard of a table on one path.

    Args:
        bench: Set up with the originals.
    """
    feeds = [
        Feed(guard, Kind.GATE, rows, demand)
        for guard, rows, demand in (*_coverage(bench), *_groups(bench), *_keys(bench))
    ]
    feeds += [*_unknown_and_lost(bench), *_required(bench)]
    return (
        *tried_rules(bench, feeds),
        *_ungated_group(bench),
        *tried_checks(bench),
        *tried_choices(bench),
        GuardTried("statement", Kind.STATEMENT, (_statement(bench),)),
    )


def _coverage(bench: Bench) -> Iterator[tuple[str, BadRows, Demand]]:
    original, demand = bench.original, Demand(CHECK_COVERAGE)
    below = thinned(original, just_below(bench.table.gate.coverage))
    yield CHECK_COVERAGE, BadRows(HALF_GONE, thinned(original, FEWER_THAN_HALF)), demand
    yield CHECK_COVERAGE, BadRows(JUST_BELOW, below), demand
    yield CHECK_COVERAGE, BadRows("all rows removed", none_left(original)), demand


def _groups(bench: Bench) -> Iterator[tuple[str, BadRows, Demand]]:
    original, name = bench.original, CHECK_GROUP_COVERAGE
    if original.group is None or bench.table.gate.group_coverage is None:
        return
    thin = group_thinned(original, FEWER_THAN_HALF)
    yield name, BadRows(f"more than half of one {original.group} removed", thin), Demand(name)
    gone = group_thinned(original)
    yield name, BadRows(f"one whole {original.group} removed", gone), Demand(name)


def _ungated_group(bench: Bench) -> Iterator[GuardTried]:
    """Without a threshold for groups, something else has to notice that one is gone."""
    original = bench.original
    if original.group is None or bench.table.gate.group_coverage is not None:
        return
    gone = BadRows(f"one whole {original.group} removed", group_thinned(original))
    feed = Feed(CHECK_GROUP_COVERAGE, Kind.GATE, gone, Demand(None))
    # The checks of the gate may be what notices.
    yield GuardTried(feed.guard, feed.kind, (fed_alone(bench, feed, bench.table),))


def _keys(bench: Bench) -> Iterator[tuple[str, BadRows, Demand]]:
    rows = BadRows("keys swapped for others that nobody expects", swapped(bench.original))
    yield CHECK_UNEXPECTED, rows, Demand(CHECK_UNEXPECTED)
    rows = BadRows("the rows of one key repeated", doubled(bench.original))
    yield CHECK_UNIQUE, rows, Demand(CHECK_UNIQUE)


def _unknown_and_lost(bench: Bench) -> Iterator[Feed]:
    original = bench.original
    as_they_are = BadRows("the expected set emptied", f"SELECT * FROM {relation(original.place)}")
    unknown = Demand(CHECK_COVERAGE, Outcome.UNKNOWN)
    yield Feed(CHECK_COVERAGE, Kind.GATE, as_they_are, unknown, without_expected=True)
    less = BadRows("one published key left out", one_key_less(original))
    yield Feed(CHECK_SHRINK, Kind.GATE, less, Demand(CHECK_SHRINK), guarded=True)


def _required(bench: Bench) -> Iterator[Feed]:
    demand = Demand(CHECK_COVERAGE, noticed=CHECK_REQUIRED)
    for name in bench.table.gate.required:
        rows = BadRows(f"{name} NULL for more than half of its keys", emptied(bench.original, name))
        yield Feed(CHECK_REQUIRED, Kind.GATE, rows, demand)


def _statement(bench: Bench) -> Trial:
    """Let the table's own statement fail on its rows."""
    statement, key = bench.table.statement, identifier(bench.table.key[0])
    fails = f"CAST('{SPOILED} ' || coalesce({key}::VARCHAR, '') AS INTEGER) AS {SPOILED}"
    text = f"SELECT *, {fails} FROM (\n{statement.text}\n)"
    table = replace(bench.table, statement=Statement(text, statement.origin))
    return tried_error(
        "an error in its query",
        "failed, not passed",
        lambda: bench.run_statement(table, "doctor_failing"),
    )
