"""Expected sets: which keys must be in a partition, and which are left out with what reason.

The relation an expected set yields has the partition column, the key columns of its table, the
group and label columns if declared, carried columns, and `excluded`: NULL for an expected key, else
the reason why the key is not expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gapless.declare.inputs import History, Read, SameDate, reads_of
from gapless.declare.statements import Statement

if TYPE_CHECKING:
    from gapless.declare.tables import Table


@dataclass(frozen=True)
class KeysOf:
    """The keys of another table on the same date."""

    reference: Table
    group: str | None
    label: str | None
    carry: tuple[str, ...]
    exclude: Mapping[str, str] = field(default_factory=dict)
    """Reason → predicate over the reference's rows; the first that holds gives the reason."""

    def reads(self) -> Iterator[Read]:
        """List the tables that decide which keys are expected."""
        yield Read(self.reference, None)

    def __str__(self) -> str:
        return f"keys of {self.reference.name}"


@dataclass(frozen=True)
class ExpectedQuery:
    """The keys a SELECT yields over reference tables."""

    statement: Statement | str
    inputs: Mapping[str, SameDate | History]
    group: str | None
    label: str | None
    carry: tuple[str, ...]

    def reads(self) -> Iterator[Read]:
        """List the tables that decide which keys are expected."""
        for inner in self.inputs.values():
            yield from reads_of(inner)

    def __str__(self) -> str:
        origin = self.statement.origin if isinstance(self.statement, Statement) else "query"
        names = ", ".join(sorted({given.table.name for given in self.inputs.values()}))
        return f"{origin} over {names}"


@dataclass(frozen=True)
class ExpectedByPath:
    """What happened is expected of past dates, what is scheduled of upcoming ones."""

    historical: KeysOf | ExpectedQuery | None
    """None: nothing is demanded of past dates."""
    upcoming: KeysOf | ExpectedQuery | None
    """None: nothing can be expected before the date has been played out."""


Expected = KeysOf | ExpectedQuery | ExpectedByPath
PlainExpected = KeysOf | ExpectedQuery


def keys_of(
    reference: Table,
    *,
    group: str | None = None,
    label: str | None = None,
    carry: Sequence[str] = (),
    exclude: Mapping[str, str] | None = None,
) -> KeysOf:
    """Expect the keys of `reference` on the same date.

    Args:
        reference: A table with the same key columns.
        group: Column that splits a partition into parts gated one by one, e.g. `game_id`.
        label: Column with a name for people, shown beside missing keys.
        carry: Further columns of the reference that source choices compare.
        exclude: Reason → SQL predicate; a key for which it holds is not expected.
    """
    return KeysOf(reference, group, label, tuple(carry), dict(exclude or {}))


def expected_query(
    sql: str,
    inputs: Mapping[str, SameDate | History],
    *,
    group: str | None = None,
    label: str | None = None,
    carry: Sequence[str] = (),
) -> ExpectedQuery:
    """Expect the keys a SELECT (text or a `.sql` file) yields; see the module for its columns."""
    return ExpectedQuery(sql, dict(inputs), group, label, tuple(carry))


def expected_by_path(
    *, historical: PlainExpected | None = None, upcoming: PlainExpected | None = None
) -> ExpectedByPath:
    """Expect different keys of past and of upcoming dates."""
    return ExpectedByPath(historical, upcoming)
