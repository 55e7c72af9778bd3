"""Trying the rules of a gate: values that break them, declared or looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gapless.declare.gates import Rule
from gapless.doctor.bench import Bench
from gapless.doctor.feeding import Demand, Feed, fed
from gapless.doctor.model import Ability, GuardTried, Kind, Trial
from gapless.doctor.trials import spoiled
from gapless.errors import GaplessError, QueryFailed
from gapless.sql.bad_copies import broken_by_query, mentions, ways_to_break

_LOOKED_FOR = "values that would break it were looked for"
_NONE_FOUND = (
    "no value that was tried in the columns it mentions breaks it on every date; if there is one, "
    "name it: rule(…, spoiled_by={column: expression})"
)


def tried_rules(bench: Bench, feeds: Sequence[Feed]) -> Iterator[GuardTried]:
    """Feed the gate every value that its rules must refuse, together with other bad copies.

    Args:
        bench: Holds the originals.
        feeds: Bad copies for its built-in rules.
    """
    every, untried = list(feeds), list[GuardTried]()
    for rule in bench.table.gate.rules:
        try:
            ways = rule.spoiled_by or way_to_break(bench, rule)
        except GaplessError as error:
            untried.append(_untried(rule, Ability.UNTRIED, error.what))
            continue
        if not ways:
            untried.append(_untried(rule, Ability.UNABLE, _NONE_FOUND))
        # A rule that speaks of the date means the date of the originals.
        alone = mentions(rule.predicate, bench.scope.partition)
        every += [
            Feed(
                rule.name,
                Kind.RULE,
                spoiled(bench.original, way),
                Demand(rule.name),
                alone=alone,
            )
            for way in ways
        ]
    yield from fed(bench, every)
    yield from untried


def _untried(rule: Rule, ability: Ability, reason: str) -> GuardTried:
    trial = Trial(_LOOKED_FOR, str(Demand(rule.name)), ability, reason=reason)
    return GuardTried(rule.name, Kind.RULE, (trial,))


def way_to_break(bench: Bench, rule: Rule) -> list[dict[str, str]]:
    """Look for a value that breaks a predicate on every date, all of them in one query.

    Returns:
        The likeliest one; nothing when none does.
    """
    original, dates = bench.original, len(bench.scope.dates)
    ways = ways_to_break(original, rule.predicate)
    if not ways:
        return []
    try:
        found = dict(bench.warehouse.fetch(broken_by_query(original, rule.predicate, ways)))
    except QueryFailed:
        # One of them does not fit its column or the predicate: each is asked for by itself.
        found = {place: _dates_broken(bench, rule, way) for place, way in enumerate(ways)}
    return [way for place, way in enumerate(ways) if found.get(place) == dates][:1]


def _dates_broken(bench: Bench, rule: Rule, way: dict[str, str]) -> int:
    query = broken_by_query(bench.original, rule.predicate, [way])
    try:
        [(_, dates)] = bench.warehouse.fetch(query)
    except QueryFailed:
        return 0
    return int(dates)
