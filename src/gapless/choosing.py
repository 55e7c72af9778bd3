"""Choosing a source: a pure decision from measured sufficiency, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gapless.coverage import percent
from gapless.declare.inputs import Choice
from gapless.declare.tables import Table
from gapless.measure import SourceCoverage

EPSILON = 1e-12
NOTHING_EXPECTED = "the expected set is empty although the calendar has something on this date"


@dataclass(frozen=True)
class ChoiceMade:
    """Which source feeds an input of one partition, and why."""

    input: str
    place: int | None
    """Place of the chosen source; None when none is sufficient."""
    filled_from: tuple[str, ...]
    """Sources that fill the keys the chosen one lacks."""
    reason: str
    sources: tuple[SourceCoverage, ...]
    insufficient: bool = False
    """Whether no source covers enough; one is fed all the same where that was forced."""
    measured_on: str | None = None
    """The keys to cover, where they are not the table's own expected set."""

    @property
    def nothing_expected(self) -> bool:
        """Tell whether the expected set was empty, so that nothing could be measured."""
        return not any(source.expected for source in self.sources)

    @property
    def chosen(self) -> str | None:
        """Name of the chosen source."""
        return None if self.place is None else self.sources[self.place].source

    @property
    def passed_over(self) -> tuple[SourceCoverage, ...]:
        """Sources tried before the chosen one that hold rows, but too few."""
        before = self.sources if self.place is None else self.sources[: self.place]
        return tuple(source for source in before if source.rows)

    def as_evidence(self) -> dict[str, Any]:
        """Return what the publication and the ledger keep."""
        return {
            "chosen": self.chosen,
            "filled_from": list(self.filled_from),
            "reason": self.reason,
            "measured_on": self.measured_on,
            "sources": [
                {
                    "source": source.source,
                    "rows": source.rows,
                    "usable": source.usable,
                    "expected": source.expected,
                }
                for source in self.sources
            ],
        }


Unfit = Callable[[Table, date], str | None]
"""Says why a source must not feed a date whatever it holds; None when it may."""


def always_fit(source: Table, day: date) -> str | None:
    """Let every source be judged by what it holds alone."""
    del source, day
    return None


def with_unfit(
    choice: Choice, measured: Sequence[SourceCoverage], day: date, unfit: Unfit
) -> list[SourceCoverage]:
    """Mark the sources that must not feed a date."""
    return [
        replace(found, unfit=unfit(source, day))
        for source, found in zip(choice.sources, measured, strict=True)
    ]


def choose(
    name: str, choice: Choice, measured: Sequence[SourceCoverage], *, forced: bool = False
) -> ChoiceMade:
    """Take the first source whose usable rows cover enough of the expected keys.

    A source of which nothing is expected is never sufficient: nothing was measured.

    Args:
        name: The input.
        choice: How to choose.
        measured: What each source offers, in order of preference.
        forced: Where none is sufficient, take the one that offers most, on somebody's word.
    """
    for place, source in enumerate(measured):
        # Without a threshold (fill_missing) the first source there is leads, even when empty.
        leads = choice.at_least == 0 and source.exists and source.expected
        ratio = source.ratio
        if source.unfit is not None:
            continue
        if leads or (choice.at_least and ratio is not None and ratio >= choice.at_least - EPSILON):
            return _made(name, choice, measured, place, _reason(choice, measured, place))
    tried = "; ".join(_described(source) for source in measured)
    reason = f"no source covers {percent(choice.at_least)} of the expected keys: {tried}"
    if measured and not measured[0].expected:
        reason = NOTHING_EXPECTED
    best = max(range(len(measured)), key=lambda place: measured[place].usable)
    # Force is for too few rows; nobody can vouch for rows made from inputs that have changed.
    if forced and measured[best].usable and measured[best].unfit is None:
        return _made(name, choice, measured, best, f"waived; {reason}", insufficient=True)
    return ChoiceMade(
        name, None, (), reason, tuple(measured), insufficient=True, measured_on=_set_of(choice)
    )


def _made(
    name: str,
    choice: Choice,
    measured: Sequence[SourceCoverage],
    place: int,
    reason: str,
    *,
    insufficient: bool = False,
) -> ChoiceMade:
    fillers = _fillers(choice, measured, place)
    return ChoiceMade(name, place, fillers, reason, tuple(measured), insufficient, _set_of(choice))


def _set_of(choice: Choice) -> str | None:
    return None if choice.measured_on is None else str(choice.measured_on)


def _fillers(choice: Choice, measured: Sequence[SourceCoverage], place: int) -> tuple[str, ...]:
    lacking = measured[place].expected - measured[place].usable
    if not choice.fill_missing or not lacking:
        return ()
    later = measured[place + 1 :]
    return tuple(source.source for source in later if source.usable and source.unfit is None)


def _reason(choice: Choice, measured: Sequence[SourceCoverage], place: int) -> str:
    chosen, fillers = measured[place], _fillers(choice, measured, place)
    text = f"{_short(chosen.source)} covers {chosen.usable} of {chosen.expected}"
    text += f" ({percent(chosen.ratio)})"
    if fillers:
        lacking = chosen.expected - chosen.usable
        text += f", {lacking} filled from {', '.join(_short(name) for name in fillers)}"
    before = [_passed_over(choice, source) for source in measured[:place]]
    return "; ".join([*before, text])


def _passed_over(choice: Choice, source: SourceCoverage) -> str:
    described = _described(source)
    too_few = source.rows and source.unfit is None
    return f"{described}, below {percent(choice.at_least)}" if too_few else described


def _described(source: SourceCoverage) -> str:
    if source.unfit is not None:
        return f"{_short(source.source)} is {source.unfit}"
    if not source.rows:
        return f"{_short(source.source)} has no rows"
    return (
        f"{_short(source.source)} has {source.usable} usable of {source.expected} "
        f"({percent(source.ratio)})"
    )


def _short(name: str) -> str:
    return name.rsplit(".", maxsplit=1)[-1]
