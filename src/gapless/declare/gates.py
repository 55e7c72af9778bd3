"""Gates: the rules a staged partition must pass before it may replace the published one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gapless.declare.inputs import History, SameDate
from gapless.declare.statements import Statement
from gapless.errors import DeclarationError

CHECK_COVERAGE = "coverage"
CHECK_GROUP_COVERAGE = "group_coverage"
CHECK_UNEXPECTED = "unexpected_keys"
CHECK_UNIQUE = "unique_keys"
CHECK_REQUIRED = "required_columns"
CHECK_SHRINK = "never_less"
CHECK_MISSING = "missing"
"""Not a rule of a gate: what a limitation or a waiver calls a date on which there are no rows."""
CHECK_INPUTS = "inputs_complete"
"""Not a rule of a gate: what is waived where a partition is computed from incomplete inputs."""
CHECK_SOURCE = "sufficient_source"
"""Not a rule of a gate: what is waived where a choice has no source that suffices."""
BUILT_IN_CHECKS = (
    CHECK_COVERAGE,
    CHECK_GROUP_COVERAGE,
    CHECK_UNEXPECTED,
    CHECK_UNIQUE,
    CHECK_REQUIRED,
    CHECK_SHRINK,
)


@dataclass(frozen=True)
class Rule:
    """A predicate that every row of a partition must satisfy; NULL counts as a violation."""

    name: str
    predicate: str
    spoiled_by: tuple[Mapping[str, str], ...] = field(default=(), compare=False)
    """Ways to break it, each column → SQL expression; `doctor` tries every one of them."""


@dataclass(frozen=True)
class Check:
    """A query that examines a partition and says of each thing it examined whether it is right.

    The SELECT yields the partition column, `entity` (what was examined, for people), `ok` and
    `detail`. It may read the declared inputs and `candidate`, the rows under examination.
    A partition in which it examined nothing although rows were expected is unknown, not passed.
    """

    name: str
    statement: Statement | str
    inputs: Mapping[str, SameDate | History]
    blocking: bool = True
    """False: violations are reported as facts and stop nothing."""
    spoiled_by: Mapping[str, str] = field(default_factory=dict, compare=False)
    """A way to break it, column → SQL expression, for `doctor`; empty: it tries what it knows."""


@dataclass(frozen=True)
class Gate:
    """What a staged partition is measured against."""

    coverage: float = 1.0
    """Share of the expected keys that must be present and usable, 0..1."""
    warn: float = 1.0
    """Below this share a passing partition is published with a warning."""
    group_coverage: float | None = None
    """The same for each group; None: groups are not gated."""
    required: tuple[str, ...] = ()
    """Columns without which a row is not usable."""
    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = field(default=())

    def __post_init__(self) -> None:
        shares = {"coverage": self.coverage, "warn": self.warn}
        if self.group_coverage is not None:
            shares["group_coverage"] = self.group_coverage
        for name, share in shares.items():
            if not 0 < share <= 1:
                raise DeclarationError(
                    f"Gate({name}={share!r}): a share of the expected keys above 0 and up to 1."
                )
        if self.warn < self.coverage:
            raise DeclarationError(
                f"Gate(warn={self.warn}) is below coverage={self.coverage}: "
                "it could never warn before it refuses."
            )


def between(column: str, low: float, high: float) -> Rule:
    """Require a column to lie in low..high; NULL is allowed (see `Gate.required`)."""
    return Rule(
        f"{column}_between_{low}_and_{high}",
        f'"{column}" IS NULL OR "{column}" BETWEEN {low} AND {high}',
        (_below(column, low), _above(column, high)),
    )


def at_least(column: str, low: float) -> Rule:
    """Require a column not to fall below `low`; NULL is allowed."""
    return Rule(
        f"{column}_at_least_{low}",
        f'"{column}" IS NULL OR "{column}" >= {low}',
        (_below(column, low),),
    )


def one_of(column: str, values: Sequence[str]) -> Rule:
    """Require a column to hold one of the given texts; NULL is allowed."""
    listed = ", ".join(_quoted(value) for value in values)
    # Longer than each of them, so it is none of them.
    other = _quoted(f"none of {' '.join(values)}")
    return Rule(
        f"{column}_is_known", f'"{column}" IS NULL OR "{column}" IN ({listed})', ({column: other},)
    )


def rule(name: str, predicate: str, *, spoiled_by: Mapping[str, str] | None = None) -> Rule:
    """Require a SQL predicate to be true on every row.

    Args:
        name: What reports call it.
        predicate: Over the columns of the row; NULL counts as a violation.
        spoiled_by: Column → SQL expression with which `gapless doctor` makes rows that must break
            it; it looks for values by itself where none is given.
    """
    return Rule(name, predicate, () if spoiled_by is None else (dict(spoiled_by),))


def check(
    name: str,
    sql: str,
    inputs: Mapping[str, SameDate | History] | None = None,
    *,
    blocking: bool = True,
    spoiled_by: Mapping[str, str] | None = None,
) -> Check:
    """Require a query (text or a `.sql` file) to find everything it examines right.

    Args:
        name: What reports call it.
        sql: The query; see `Check`.
        inputs: Relation name → what it reads.
        blocking: False: violations are reported as facts and stop nothing.
        spoiled_by: Column → SQL expression with which `gapless doctor` makes rows in which the
            check must find something wrong; it tries what it knows where none is given.
    """
    return Check(name, sql, dict(inputs or {}), blocking, dict(spoiled_by or {}))


def _below(column: str, low: float) -> dict[str, str]:
    return {column: repr(low - max(1, abs(low)))}


def _above(column: str, high: float) -> dict[str, str]:
    return {column: repr(high + max(1, abs(high)))}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
