"""What was found in a table that nobody declared: facts by date, worst first."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.partitions import DateRange
from gapless.wording import plural

EPSILON = 1e-12
"""Guards shares such as 9/10 against the last bit when they meet a threshold."""


class Condition(enum.StrEnum):
    """What is wrong with a partition; it may be several things at once."""

    MISSING = "missing"
    """Keys are expected, and there is no row."""
    PARTIAL = "partial"
    """Fewer expected keys are there than the threshold asks for."""
    NEARLY = "nearly complete"
    """Expected keys are missing, but the threshold is met."""
    SURPLUS = "surplus"
    """Keys are there that nobody expects."""
    DUPLICATE = "duplicate"
    """Rows are there beyond the first of their key."""
    KEYLESS = "without key"
    """Rows are there with a NULL in their key."""


FAULTS = tuple(condition for condition in Condition if condition is not Condition.NEARLY)
"""Conditions that end an audit with 1."""


@dataclass(frozen=True)
class Named:
    """A key by name."""

    key: str
    label: str | None = None
    rows: int | None = None
    """Of a duplicate."""

    def __str__(self) -> str:
        name = f"{self.label} ({self.key})" if self.label else self.key
        return f"{name} × {self.rows}" if self.rows else name

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        data: dict[str, Any] = {"key": self.key, "label": self.label}
        return data | ({"rows": self.rows} if self.rows else {})


def named_from(entries: Sequence[Mapping[str, Any]] | None) -> tuple[Named, ...]:
    """Read the names that a query returned."""
    return tuple(Named(str(e["key"]), e["label"], e["rows"]) for e in entries or ())


@dataclass(frozen=True)
class Partition:
    """One date of a table beside its reference."""

    day: date
    expected: int
    present: int
    rows: int
    unexpected: int
    duplicates: int
    """Rows beyond the first of their key."""
    keyless: int
    conditions: tuple[Condition, ...]
    missing_names: tuple[Named, ...] = ()
    """The first of them; the counts are exact."""
    unexpected_names: tuple[Named, ...] = ()
    duplicate_names: tuple[Named, ...] = ()

    @property
    def missing(self) -> int:
        """Expected keys that are not there."""
        return self.expected - self.present

    @property
    def wrong(self) -> int:
        """Everything that is not as it should be."""
        return self.missing + self.unexpected + self.duplicates + self.keyless

    @property
    def wrong_share(self) -> float:
        """Wrong ÷ everything that is expected or there."""
        return self.wrong / (self.expected + self.unexpected + self.duplicates + self.keyless)

    @property
    def whole(self) -> bool:
        """Tell whether nothing of the date is right: all of it is missing, or all unexpected."""
        return self.conditions in ((Condition.MISSING,), (Condition.SURPLUS,)) and not self.present

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "date": self.day.isoformat(),
            "conditions": [condition.value for condition in self.conditions],
            "expected": self.expected,
            "present": self.present,
            "missing": self.missing,
            "unexpected": self.unexpected,
            "duplicates": self.duplicates,
            "without_key": self.keyless,
            "rows": self.rows,
            "missing_names": [name.as_data() for name in self.missing_names],
            "unexpected_names": [name.as_data() for name in self.unexpected_names],
            "duplicate_names": [name.as_data() for name in self.duplicate_names],
        }


@dataclass(frozen=True)
class Stretch:
    """Consecutive dates that are missing or surplus as a whole, or a single date."""

    partitions: tuple[Partition, ...]

    @property
    def span(self) -> DateRange:
        """Its first and last date."""
        return DateRange(self.partitions[0].day, self.partitions[-1].day)

    @property
    def wrong(self) -> int:
        """Sum of what is wrong."""
        return sum(partition.wrong for partition in self.partitions)

    @property
    def order(self) -> tuple[float, int, date]:
        """Worst first: the largest share of wrong keys, then the most, then the oldest."""
        return -self.partitions[0].wrong_share, -self.wrong, self.partitions[0].day


@dataclass(frozen=True)
class Aside:
    """Rows of one table that cannot be compared."""

    rows: int
    """All that were read."""
    undated: int
    unreadable: int
    """Of the undated ones, those where something stands that is no date."""
    example: str | None
    keyless: int

    @property
    def any(self) -> bool:
        """Tell whether there are any."""
        return self.undated + self.keyless > 0

    def dateless(self, partition: str) -> Iterable[str]:
        """Say which have no date, in words that follow the name of the table."""
        empty = self.undated - self.unreadable
        if empty:
            yield f"{plural(empty, 'row')} without a {partition}"
        if self.unreadable:
            yield (
                f"{plural(self.unreadable, 'row')} whose {partition} is no date, "
                f"e.g. {self.example!r}"
            )

    def sentences(self, partition: str) -> Iterable[str]:
        """Say which have no date or no key."""
        yield from self.dateless(partition)
        if self.keyless:
            yield f"{plural(self.keyless, 'row')} with a NULL in the key"

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "rows": self.rows,
            "without_date": self.undated - self.unreadable,
            "unreadable_date": self.unreadable,
            "unreadable_example": self.example,
            "without_key": self.keyless,
        }


def aside_from(facts: Mapping[str, Any]) -> Aside:
    """Read what a query returned."""
    return Aside(
        rows=facts["row_count"],
        undated=facts["undated"],
        unreadable=facts["unreadable"],
        example=facts["example"],
        keyless=facts["keyless"],
    )


@dataclass(frozen=True)
class Subject:
    """What was asked, as it was understood."""

    location: str
    table: str
    reference: str | None
    partition: str
    reference_partition: str | None
    key: tuple[str, ...]
    at_least: float
    notes: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "location": self.location,
            "table": self.table,
            "reference": self.reference,
            "partition": self.partition,
            "reference_partition": self.reference_partition,
            "key": list(self.key),
            "at_least": self.at_least,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class AuditReport:
    """A table beside its reference."""

    subject: Subject
    partitions: tuple[Partition, ...]
    """Every date that either of them has, oldest first."""
    later: tuple[date, ...]
    """Dates from today on that were left out."""
    table_aside: Aside
    reference_aside: Aside

    @property
    def unknown(self) -> tuple[str, ...]:
        """Say why nothing certain can be said of what is expected; empty: it can."""
        reasons = []
        if not any(partition.expected for partition in self.partitions):
            reasons.append(
                f"{self.subject.reference} has no key on any of these dates, "
                "so nothing is known of what is expected"
            )
        named = self.subject.reference_partition or self.subject.partition
        reasons += [
            f"{self.subject.reference} has {sentence}; what they stand for is not known"
            for sentence in self.reference_aside.sentences(named)
        ]
        return tuple(reasons)

    @property
    def exit_code(self) -> int:
        """4: what is expected is not known; 1: a fault was found; 0: none was."""
        if self.unknown:
            return 4
        faulty = any(set(p.conditions) & set(FAULTS) for p in self.partitions)
        return 1 if faulty or self.table_aside.any else 0

    @property
    def counts(self) -> Counter[Condition]:
        """Dates by condition."""
        return Counter(found for partition in self.partitions for found in partition.conditions)

    @property
    def complete(self) -> int:
        """Dates with nothing wrong."""
        return sum(not partition.conditions for partition in self.partitions)

    def stretches(self) -> list[Stretch]:
        """Return everything that is wrong, worst first; whole dates in a row are one stretch."""
        found: list[list[Partition]] = []
        joins = False
        for partition in self.partitions:
            if joins and partition.whole and partition.conditions == found[-1][-1].conditions:
                found[-1].append(partition)
            elif partition.conditions:
                found.append([partition])
            joins = partition.whole
        return sorted((Stretch(tuple(one)) for one in found), key=lambda stretch: stretch.order)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints: every date with anything wrong, worst first."""
        totals = {
            name: sum(getattr(partition, name) for partition in self.partitions)
            for name in ("expected", "present", "missing", "unexpected", "duplicates", "rows")
        }
        return {
            "exit_code": self.exit_code,
            "guess": False,
            **self.subject.as_data(),
            "first_date": self.partitions[0].day.isoformat() if self.partitions else None,
            "last_date": self.partitions[-1].day.isoformat() if self.partitions else None,
            "dates": len(self.partitions),
            "complete": self.complete,
            "by_condition": {condition.value: self.counts[condition] for condition in Condition},
            "totals": totals,
            "unknown": list(self.unknown),
            "partitions": [
                partition.as_data()
                for stretch in self.stretches()
                for partition in stretch.partitions
            ],
            "table_rows_aside": self.table_aside.as_data(),
            "reference_rows_aside": self.reference_aside.as_data(),
            "dates_left_out": [day.isoformat() for day in self.later],
        }
