"""What a search for look-ahead came to: tables, their dates, and every value that moved."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gapless.declare.look_ahead import FactsRead
from gapless.sql.poison import Poison


class Proof(enum.StrEnum):
    """What can be said of a table or of one of its dates."""

    PROVED = "proved"
    """Poison that moved a later date moved nothing here."""
    LEAK = "leak"
    """Something of D hangs on rows of D or later."""
    UNKNOWN = "unknown"
    """It could not be computed, or poison could not have moved anything."""
    NOTHING = "nothing"
    """There was nothing to compare; no proof of anything."""


@dataclass(frozen=True)
class Moved:
    """One value, or one row, that is not the same with poison."""

    key: str
    column: str | None
    """None: the row itself."""
    without: str | None
    """Value computed from inputs cut at D."""
    with_poison: str | None
    """Value with rows of D and later."""


@dataclass(frozen=True)
class Difference:
    """What differs between two computations of a date."""

    rows: int
    """Rows on either side."""
    gone: int = 0
    new: int = 0
    changed: int = 0
    columns: tuple[str, ...] = ()
    """Columns with another value in some row."""
    examples: tuple[Moved, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.moved)

    @property
    def moved(self) -> int:
        """Rows that are gone, new or changed."""
        return self.gone + self.new + self.changed


@dataclass(frozen=True)
class Leak:
    """One way in which a date hangs on what comes on it or after it."""

    part: str
    """`rows` or `expected set`."""
    poison: Poison
    difference: Difference
    culprits: tuple[str, ...]
    """The inputs whose poison alone does it; empty: only all of them together."""


@dataclass(frozen=True)
class PublishedDiffers:
    """The published rows are not what inputs before D give now."""

    difference: Difference
    standing: str
    """State and reason of the partition: a stale or tampered one is no leak."""


@dataclass(frozen=True)
class DateProof:
    """What was found on one date of one table."""

    day: date
    proof: Proof
    reason: str
    """One sentence."""
    rows: int = 0
    """Rows that were compared."""
    leaks: tuple[Leak, ...] = ()
    without_poison: tuple[str, ...] = ()
    """Inputs that held nothing before and after D, so that no poison could be made."""
    published: PublishedDiffers | None = None


@dataclass(frozen=True)
class TableProof:
    """What was found on all examined dates of one table."""

    table: str
    facts: FactsRead | None
    """How the table comes to describe D itself; None when it does not."""
    exists_before: bool
    """Whether it must be there before its date is played out."""
    dates: tuple[DateProof, ...] = ()
    held_up: tuple[str, ...] = ()
    """Selected dates that cannot be computed now, each with the reason."""
    reason: str = ""
    """Why no date could be examined."""

    @property
    def reads_facts(self) -> bool:
        """Tell whether it describes D itself although it must be there before D."""
        return self.facts is not None and self.exists_before

    @property
    def proof(self) -> Proof:
        """The worst of it; a table of which nothing was proved is unknown."""
        counts = Counter(found.proof for found in self.dates)
        if self.reads_facts or counts[Proof.LEAK]:
            return Proof.LEAK
        proved = counts[Proof.PROVED] and not counts[Proof.UNKNOWN]
        return Proof.PROVED if proved else Proof.UNKNOWN

    def count(self, proof: Proof) -> int:
        """Count the dates with one outcome."""
        return sum(found.proof is proof for found in self.dates)


@dataclass(frozen=True)
class LeakReport:
    """Everything a search for look-ahead found."""

    tables: tuple[TableProof, ...]
    """In dependency order."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def exit_code(self) -> int:
        """0: all proved; 1: a leak; 4: no leak, but not everything was proved."""
        proofs = {found.proof for found in self.tables}
        if Proof.LEAK in proofs:
            return 1
        return 0 if proofs == {Proof.PROVED} else 4

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "seconds": round(self.seconds, 3),
            "tables": [_table_data(found) for found in self.tables],
        }


def _table_data(found: TableProof) -> dict[str, Any]:
    return {
        "table": found.table,
        "proof": found.proof.value,
        "reason": found.reason,
        "held_up": list(found.held_up),
        "describes_its_date": found.facts is not None,
        "exists_before_its_date": found.exists_before,
        "reads_facts_of_its_date": list(found.facts.chain)
        if found.facts is not None and found.reads_facts
        else None,
        "dates": [_date_data(date_proof) for date_proof in found.dates],
    }


def _date_data(found: DateProof) -> dict[str, Any]:
    return {
        "date": found.day.isoformat(),
        "proof": found.proof.value,
        "reason": found.reason,
        "rows": found.rows,
        "inputs_without_poison": list(found.without_poison),
        "leaks": [
            {
                "part": leak.part,
                "poison": leak.poison.value,
                "culprits": list(leak.culprits),
                **_difference_data(leak.difference),
            }
            for leak in found.leaks
        ],
        "published_differs": {
            "standing": found.published.standing,
            **_difference_data(found.published.difference),
        }
        if found.published
        else None,
    }


def _difference_data(found: Difference) -> dict[str, Any]:
    return {
        "rows_gone": found.gone,
        "rows_new": found.new,
        "rows_changed": found.changed,
        "columns": list(found.columns),
        "examples": [
            {
                "key": moved.key,
                "column": moved.column,
                "without": moved.without,
                "with_poison": moved.with_poison,
            }
            for moved in found.examples
        ],
    }
