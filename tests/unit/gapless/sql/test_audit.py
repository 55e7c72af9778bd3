"""The audit finds in SQL what plain sets say: every number, and every key behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapless.coverage import Coverage
from gapless.declare.gates import Gate
from gapless.sql.audit import (
    DETAIL_DUPLICATE,
    DETAIL_LOST,
    DETAIL_MISSING,
    DETAIL_UNEXPECTED,
    AuditRequest,
    audit_query,
    coverage_from_row,
    detail_query,
    excluded_query,
    fingerprint,
)
from support.key_sets import (
    DAYS,
    Case,
    Due,
    Line,
    Live,
    ask,
    cases,
    fill_table,
    find,
    place,
    violations,
)

MODULUS = 1 << 64
DAY = DAYS[0]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of this module's own."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        yield connection


def measured(connection: duckdb.DuckDBPyConnection, request: AuditRequest) -> dict[date, Coverage]:
    """Run the audit and read its rows."""
    reasons: dict[date, dict[str, int]] = {}
    for day, reason, count in ask(connection, excluded_query(request.expected, "day")):
        reasons.setdefault(day, {})[reason] = count
    return {
        row[0]: coverage_from_row(row, request.gate, reasons.get(row[0]))
        for row in ask(connection, audit_query(request))
    }


def content(connection: duckdb.DuckDBPyConnection, request: AuditRequest, day: date) -> int:
    """Add up the hashes of the rows of one date, row by row."""
    names = ", ".join(sorted(request.columns))
    rows = ask(connection, f"SELECT hash({names}) FROM staged_lines WHERE day = DATE '{day}'")
    return sum(int(row[0]) for row in rows) % MODULUS


class TestNumbers:
    @settings(max_examples=100, deadline=None)
    @given(case=cases())
    def test_every_number(self, connection: duckdb.DuckDBPyConnection, case: Case) -> None:
        """Every field of the coverage of every measured date equals a count over plain sets."""
        place(connection, case)
        found = measured(connection, case.request)
        assert list(found) == list(case.measured)
        for day, coverage in found.items():
            sets = find(case, day)
            rows = sum(line.day == day for line in case.candidate)
            below = [
                part
                for part, (expected, present) in sets.groups.items()
                if case.threshold is not None and present < case.threshold * expected
            ]
            assert coverage == Coverage(
                partition=day,
                expected=len(sets.due),
                present=len(sets.due) - len(sets.missing),
                rows=rows,
                unexpected=len(sets.unexpected),
                duplicates=rows - len(sets.there),
                unusable=len(sets.unusable),
                lost=len(sets.lost),
                excluded=dict(sets.excluded),
                groups=len(sets.groups),
                groups_below=len(below),
                worst_group=coverage.worst_group,
                violations=violations(case, day),
                content=content(connection, case.request, day),
            )

    @settings(max_examples=40, deadline=None)
    @given(case=cases())
    def test_worst_group(self, connection: duckdb.DuckDBPyConnection, case: Case) -> None:
        """The worst group is one whose share nobody falls below, with its own numbers."""
        place(connection, case)
        for day, coverage in measured(connection, case.request).items():
            groups = find(case, day).groups
            worst = coverage.worst_group
            if worst is None:
                assert groups == {}
                continue
            by_name = {str(part): counts for part, counts in groups.items()}
            assert by_name[worst.name] == (worst.expected, worst.present)
            lowest = min(Fraction(present, expected) for expected, present in groups.values())
            assert Fraction(worst.present, worst.expected) == lowest

    @settings(max_examples=25, deadline=None)
    @given(case=cases())
    def test_without_groups(self, connection: duckdb.DuckDBPyConnection, case: Case) -> None:
        """Without a group column the numbers are the same, and there is no worst group."""
        place(connection, case)
        request = replace(case.request, gate=Gate(required=("amount",)))
        grouped = measured(connection, request)
        plain = measured(connection, replace(request, group=None))
        for day, coverage in plain.items():
            assert coverage.worst_group is None
            groups = {"groups": grouped[day].groups, "worst_group": grouped[day].worst_group}
            assert replace(coverage, **groups) == grouped[day]  # type: ignore[arg-type]

    @settings(max_examples=20, deadline=None)
    @given(case=cases())
    def test_staged_dates(self, connection: duckdb.DuckDBPyConnection, case: Case) -> None:
        """Where the dates are in a table already the numbers are the same."""
        place(connection, case)
        columns = "day DATE, season VARCHAR, season_start DATE, day_of_season INTEGER"
        rows = [(day, "2023-24", DAY, 0) for day in case.measured]
        fill_table(connection, "staged_dates", columns, rows)
        staged = replace(case.request, scope=replace(case.request.scope, place="staged_dates"))
        assert measured(connection, staged) == measured(connection, case.request)


def one_date(*expected: Due, rows: tuple[Line, ...] = (), **changes: Any) -> Case:
    """Return a case of one date."""
    case = Case(
        measured=(DAY,),
        expected=expected,
        candidate=rows,
        published=None,
        guarded=(DAY,),
        threshold=None,
    )
    return replace(case, **changes)


def due(player: int | None, *, part: str | None = None, excluded: str | None = None) -> Due:
    """Return an expected player of the Lakers."""
    return Due(DAY, ("LAL", player), part, excluded)


def line(player: int | None, amount: int | None = 1, note: int | None = 1) -> Line:
    """Return a row of a player of the Lakers."""
    return Line(DAY, ("LAL", player), amount, note)


class TestKnownBad:
    """Guards are fed known-bad data: each of these went unnoticed somewhere once."""

    def audit(self, connection: duckdb.DuckDBPyConnection, case: Case) -> Coverage:
        """Measure a case of one date."""
        place(connection, case)
        return measured(connection, case.request)[DAY]

    def test_right_number_of_wrong_players(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As many rows as expected, but of others, cover nothing."""
        found = self.audit(connection, one_date(due(1), due(2), rows=(line(3), line(4))))
        assert (found.rows, found.present, found.missing, found.unexpected) == (2, 0, 2, 2)

    def test_absent_group(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A group of which no row is there counts as a group below."""
        case = one_date(
            due(1, part="game-1"),
            due(2, part="game-2"),
            rows=(line(1),),
            threshold=Fraction(1, 10),
        )
        found = self.audit(connection, case)
        assert (found.groups, found.groups_below) == (2, 1)
        assert found.worst_group is not None
        assert (found.worst_group.name, found.worst_group.present) == ("game-2", 0)

    @pytest.mark.parametrize("tenths", range(1, 10))
    def test_group_at_the_threshold(
        self, connection: duckdb.DuckDBPyConnection, tenths: int
    ) -> None:
        """A group exactly at the threshold is not below it; with one row less it is."""
        players = range(1, 11)
        case = one_date(
            *(due(player, part="game-1") for player in players),
            rows=tuple(line(player) for player in players if player <= tenths),
            threshold=Fraction(tenths, 10),
        )
        assert self.audit(connection, case).groups_below == 0
        less = replace(case, candidate=case.candidate[1:])
        assert self.audit(connection, less).groups_below == 1

    def test_empty_date(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A date without any row is measured, not left out."""
        found = self.audit(connection, one_date(due(1)))
        assert (found.rows, found.expected, found.missing) == (0, 1, 1)

    def test_empty_expected_set(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A date of which nothing is expected has no ratio, and its rows are unexpected."""
        found = self.audit(connection, one_date(rows=(line(1),)))
        assert found.ratio is None
        assert found.unexpected == 1

    def test_excluded_key_that_is_there(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A key that was left out with a reason is not expected, so a row of it is too many."""
        case = one_date(due(1, excluded="rested"), due(2), rows=(line(1), line(2)))
        found = self.audit(connection, case)
        assert (found.expected, found.unexpected, found.excluded) == (1, 1, {"rested": 1})

    def test_repeated_key_with_one_usable_row(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A key is present when one of its rows is usable; the other one is a duplicate."""
        found = self.audit(connection, one_date(due(1), rows=(line(1), line(1, amount=None))))
        assert (found.present, found.unusable, found.duplicates) == (1, 0, 1)

    def test_published_key_without_a_part(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A published key with a NULL in it that is still there is not lost."""
        rows = (line(None),)
        case = one_date(due(1), rows=rows, published=(Live(DAY, ("LAL", None)),))
        assert self.audit(connection, case).lost == 0

    def test_lost_key_without_a_part(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A published key with a NULL in it that is gone is lost."""
        case = one_date(due(1), rows=(line(1),), published=(Live(DAY, ("LAL", None)),))
        assert self.audit(connection, case).lost == 1

    def test_lost_row_without_a_key(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A published row without a key is lost when it is gone, also with a key of one column."""
        case = one_date(due(1), rows=(line(1),), published=(Live(DAY, (None, None)),))
        place(connection, case)
        request = replace(case.request, key=("player",))
        assert measured(connection, request)[DAY].lost == 1

    def test_row_that_is_not_usable_any_more(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A published key that is still there, but without a required value now, is lost."""
        rows = (line(1, amount=None),)
        case = one_date(due(1), rows=rows, published=(Live(DAY, ("LAL", 1)),))
        assert self.audit(connection, case).lost == 1

    def test_row_that_never_was_usable(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A published row without a required value was nothing that could be lost."""
        rows = (line(2),)
        case = one_date(due(2), rows=rows, published=(Live(DAY, ("LAL", 1), None),))
        assert self.audit(connection, case).lost == 0

    def test_dates_that_are_not_guarded(self, connection: duckdb.DuckDBPyConnection) -> None:
        """On a date that is not guarded published keys may go."""
        held = (Live(DAY, ("LAL", 1)),)
        case = one_date(due(2), rows=(line(2),), published=held)
        assert self.audit(connection, case).lost == 1
        assert self.audit(connection, replace(case, guarded=())).lost == 0

    def test_only_some_dates_are_guarded(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Of two dates that lost a key each only the guarded one has lost it."""
        held = tuple(Live(day, ("LAL", 1)) for day in DAYS[:2])
        case = one_date(due(2), published=held, measured=DAYS[:2], guarded=DAYS[1:2])
        place(connection, case)
        found = measured(connection, case.request)
        assert (found[DAYS[0]].lost, found[DAYS[1]].lost) == (0, 1)
        assert list(detailed(connection, case)[DAYS[1]]) == [DETAIL_LOST]
        assert DETAIL_LOST not in detailed(connection, case)[DAYS[0]]

    def test_other_dates_do_not_count(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A row of the next day covers no key of this one."""
        tomorrow = Line(DAYS[1], ("LAL", 1), 1, 1)
        found = self.audit(connection, one_date(due(1), rows=(tomorrow,)))
        assert (found.present, found.rows) == (0, 0)

    def test_rule_on_a_missing_value(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A predicate that is NULL of a row is not true of it."""
        found = self.audit(connection, one_date(due(1), rows=(line(1, note=None),)))
        assert found.violations == {"not_three": 1}


def detailed(
    connection: duckdb.DuckDBPyConnection,
    case: Case,
    *,
    limit: int = 1000,
    labels: tuple[str | None, str | None] = ("label", "nick"),
) -> dict[date, dict[str, list[tuple[str, str | None]]]]:
    """Name what is behind the numbers: date → kind → keys with their labels."""
    label, row_label = labels
    query = detail_query(case.request, label=label, row_label=row_label, limit=limit)
    named: dict[date, dict[str, list[tuple[str, str | None]]]] = {}
    for day, kind, key, shown in ask(connection, query):
        named.setdefault(day, {}).setdefault(kind, []).append((key, shown))
    return named


def texts(keys: set[tuple[str | None, int | None]]) -> set[str]:
    """Write keys as the audit names them."""
    return {" ".join("NULL" if part is None else str(part) for part in key) for key in keys}


class TestNamedKeys:
    @settings(max_examples=70, deadline=None)
    @given(case=cases())
    def test_exactly_the_right_keys(
        self, connection: duckdb.DuckDBPyConnection, case: Case
    ) -> None:
        """Each kind names exactly the keys that plain sets find, and nothing of other dates."""
        place(connection, case)
        named = detailed(connection, case)
        assert set(named) <= set(case.measured)
        for day in case.measured:
            sets, kinds = find(case, day), named.get(day, {})
            keys = {kind: [key for key, _ in entries] for kind, entries in kinds.items()}
            for kind, wanted in (
                (DETAIL_MISSING, sets.missing),
                (DETAIL_UNEXPECTED, sets.unexpected),
                (DETAIL_DUPLICATE, sets.repeated),
                (DETAIL_LOST, sets.lost),
            ):
                assert sorted(keys.get(kind, [])) == sorted(texts(wanted))

    @settings(max_examples=20, deadline=None)
    @given(case=cases(), limit=st.integers(1, 3))
    def test_at_most_so_many(
        self, connection: duckdb.DuckDBPyConnection, case: Case, limit: int
    ) -> None:
        """Of each kind and date so many are named as there are, up to the limit."""
        place(connection, case)
        everything, few = detailed(connection, case), detailed(connection, case, limit=limit)
        assert {day: set(kinds) for day, kinds in few.items()} == {
            day: set(kinds) for day, kinds in everything.items()
        }
        for day, kinds in few.items():
            for kind, entries in kinds.items():
                assert set(entries) <= set(everything[day][kind])
                assert len(entries) == min(limit, len(everything[day][kind]))

    def test_labels(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Missing keys bear the name of the expected set, others that of their rows."""
        rows = (line(2), line(2), line(3))
        case = one_date(due(1), due(2), rows=rows, published=(Live(DAY, ("LAL", 4)),))
        place(connection, case)
        assert detailed(connection, case)[DAY] == {
            DETAIL_MISSING: [("LAL 1", "Player 1")],
            DETAIL_UNEXPECTED: [("LAL 3", "Nick 3")],
            DETAIL_DUPLICATE: [("LAL 2", "2 rows")],
            DETAIL_LOST: [("LAL 4", "Nick 4")],
        }

    def test_without_labels(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Without columns for names the keys alone are named."""
        case = one_date(due(1), rows=(line(3),), published=(Live(DAY, ("LAL", 4)),))
        place(connection, case)
        assert detailed(connection, case, labels=(None, None))[DAY] == {
            DETAIL_MISSING: [("LAL 1", None)],
            DETAIL_UNEXPECTED: [("LAL 3", None)],
            DETAIL_LOST: [("LAL 4", None)],
        }

    def test_published_rows_without_a_label(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A column with names that came later than the published rows does not stop the naming."""
        case = one_date(due(1), rows=(line(1),), published=(Live(DAY, ("LAL", 4)),))
        case = replace(case, live_columns=("day", "team", "player", "amount"))
        place(connection, case)
        assert detailed(connection, case)[DAY] == {DETAIL_LOST: [("LAL 4", None)]}

    def test_key_without_a_part(self, connection: duckdb.DuckDBPyConnection) -> None:
        """An unexpected key with a NULL in it is named by what is left of it."""
        case = one_date(due(1), rows=(line(1), line(None)))
        place(connection, case)
        [(key, _)] = detailed(connection, case)[DAY][DETAIL_UNEXPECTED]
        assert key is not None
        assert "LAL" in key


VALUES = st.tuples(
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.dates(),
)


class TestFingerprint:
    def of(self, connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> int | None:
        """Return the fingerprint of some rows."""
        fill_table(connection, "prints", "n BIGINT, t VARCHAR, f DOUBLE, d DATE", [])
        if rows:
            connection.executemany("INSERT INTO prints VALUES (?, ?, ?, ?)", rows)
        found: int | None = ask(
            connection, f"SELECT {fingerprint(['n', 't', 'f', 'd'])} FROM prints"
        )[0][0]
        return found

    @settings(max_examples=40, deadline=None)
    @given(rows=st.lists(VALUES, min_size=1, max_size=6), data=st.data())
    def test_order_of_rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: list[tuple[Any, ...]],
        data: st.DataObject,
    ) -> None:
        """Rows have no order, so it does not count."""
        shuffled = data.draw(st.permutations(rows))
        assert self.of(connection, shuffled) == self.of(connection, rows)

    @settings(max_examples=60, deadline=None)
    @given(rows=st.lists(VALUES, min_size=1, max_size=5), data=st.data())
    def test_any_single_change(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: list[tuple[Any, ...]],
        data: st.DataObject,
    ) -> None:
        """Another value in one place is another fingerprint."""
        row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 3))
        value = data.draw(VALUES)[column]
        changed = [list(one) for one in rows]
        changed[row][column] = value
        same = value == rows[row][column]
        after = self.of(connection, [tuple(one) for one in changed])
        assert (after == self.of(connection, rows)) is same

    @settings(max_examples=20, deadline=None)
    @given(rows=st.lists(VALUES, min_size=1, max_size=5))
    def test_repeated_rows(
        self, connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]
    ) -> None:
        """A row that is there twice counts twice."""
        print_of_all = self.of(connection, rows)
        assert self.of(connection, [*rows, rows[0]]) != print_of_all
        assert self.of(connection, rows[1:]) != print_of_all

    def test_exchanged_columns(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The same values in other columns are other rows."""
        names = fingerprint(["a", "b"])
        query = f"SELECT {names} FROM (SELECT 1 AS a, 2 AS b)"
        other = f"SELECT {names} FROM (SELECT 2 AS a, 1 AS b)"
        assert ask(connection, query) != ask(connection, other)

    def test_order_of_columns(self) -> None:
        """The order in which columns are listed does not count."""
        forth, back = fingerprint(["a", "b"]), fingerprint(["b", "a"])
        assert forth == back

    def test_exchanged_values_of_two_rows(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Values exchanged between two rows are noticed, though every column holds the same."""
        before = [(1, "a", 1.0, DAY), (2, "b", 2.0, DAY)]
        after = [(1, "b", 1.0, DAY), (2, "a", 2.0, DAY)]
        assert self.of(connection, before) != self.of(connection, after)
