"""A table beside its reference: every kind of fault, and what cannot be compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gapless.errors import QueryFailed, UsageError
from gapless.undeclared.model import Condition
from gapless.undeclared.question import Question
from gapless.verbs.audit import audit
from gapless.wiring import open_tables
from support.undeclared import FIRST, TODAY, PlainFile, conditions, names, partition

DAY_3, DAY_4, DAY_5 = (FIRST + timedelta(days=n) for n in (2, 3, 4))


def test_a_whole_table_is_complete(plain: PlainFile) -> None:
    report = plain.compared()
    assert (report.complete, len(report.partitions), report.exit_code) == (10, 10, 0)


def test_a_date_below_the_threshold_is_partial(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day = '{DAY_3}' AND guest > 8")
    report = plain.compared(label="name")
    assert conditions(report) == {DAY_3: (Condition.PARTIAL,)}
    assert report.exit_code == 1
    found = partition(report, DAY_3)
    assert (found.present, found.expected, found.missing) == (8, 10, 2)
    assert names(found.missing_names) == ["Guest 10 (10)", "Guest 9 (9)"]


def test_a_date_at_the_threshold_is_nearly_complete_and_no_fault(plain: PlainFile) -> None:
    """9 of 10 is 0.9, and no rounding of the threshold makes it less."""
    plain.change(f"DELETE FROM visits WHERE day = '{DAY_3}' AND guest = 7")
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.NEARLY,)}
    assert (report.exit_code, report.complete) == (0, 9)


def test_with_at_least_1_every_missing_key_is_a_fault(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day = '{DAY_3}' AND guest = 7")
    report = plain.compared(at_least=1.0)
    assert conditions(report) == {DAY_3: (Condition.PARTIAL,)}
    assert report.exit_code == 1


def test_a_date_without_rows_is_missing(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day = '{DAY_3}'")
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.MISSING,)}
    assert report.exit_code == 1


def test_the_right_number_of_the_wrong_keys_is_found(plain: PlainFile) -> None:
    """Ten rows where ten are expected; three of them are of somebody else."""
    plain.change(f"UPDATE visits SET guest = guest + 100 WHERE day = '{DAY_3}' AND guest <= 3")
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.PARTIAL, Condition.SURPLUS)}
    found = partition(report, DAY_3)
    assert (found.rows, found.present, found.missing, found.unexpected) == (10, 7, 3, 3)
    assert names(found.missing_names) == ["1", "2", "3"]
    assert names(found.unexpected_names) == ["101", "102", "103"]


def test_rows_of_none_of_the_expected_keys_are_not_called_missing(plain: PlainFile) -> None:
    plain.change(f"UPDATE visits SET guest = guest + 100 WHERE day = '{DAY_3}'")
    assert conditions(plain.compared()) == {DAY_3: (Condition.PARTIAL, Condition.SURPLUS)}


def test_a_date_that_the_reference_does_not_have_is_surplus(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM bookings WHERE day = '{DAY_3}'")
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.SURPLUS,)}
    assert partition(report, DAY_3).unexpected == 10
    assert report.exit_code == 1


def test_duplicates_are_counted_beyond_the_first_and_do_not_fill_holes(plain: PlainFile) -> None:
    """Guest 1 three times, guest 2 not at all: eleven rows, nine of ten keys."""
    plain.change(
        f"INSERT INTO visits FROM visits WHERE day = '{DAY_3}' AND guest = 1",
        f"INSERT INTO visits VALUES ('{DAY_3}', 1)",
        f"DELETE FROM visits WHERE day = '{DAY_3}' AND guest = 2",
    )
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.NEARLY, Condition.DUPLICATE)}
    found = partition(report, DAY_3)
    assert (found.rows, found.present, found.duplicates) == (11, 9, 2)
    assert names(found.duplicate_names) == ["1 × 3"]
    assert report.exit_code == 1


def test_duplicates_in_the_reference_are_one_expectation(plain: PlainFile) -> None:
    plain.change("INSERT INTO bookings FROM bookings")
    assert plain.compared().exit_code == 0


def test_rows_with_null_in_the_key_are_a_fault_and_match_nothing(plain: PlainFile) -> None:
    plain.change(f"UPDATE visits SET guest = NULL WHERE day = '{DAY_3}' AND guest <= 2")
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.PARTIAL, Condition.KEYLESS)}
    assert (partition(report, DAY_3).keyless, partition(report, DAY_3).rows) == (2, 10)
    assert report.table_aside.keyless == 2


def test_rows_without_a_date_are_a_fault_of_no_date(plain: PlainFile) -> None:
    plain.change("INSERT INTO visits VALUES (NULL, 1), (NULL, 2)")
    report = plain.compared()
    assert (conditions(report), report.table_aside.undated, report.exit_code) == ({}, 2, 1)


@pytest.mark.parametrize("row", ["(NULL, 1, 'x')", f"('{DAY_3}', NULL, 'x')"])
def test_a_reference_row_without_date_or_key_leaves_it_unknown_what_is_expected(
    plain: PlainFile, row: str
) -> None:
    plain.change(f"INSERT INTO bookings VALUES {row}")
    report = plain.compared()
    assert report.exit_code == 4
    [reason] = report.unknown
    assert "main.bookings has 1 row" in reason


def test_such_rows_can_be_left_out_by_a_predicate(plain: PlainFile) -> None:
    plain.change(f"INSERT INTO bookings VALUES ('{DAY_3}', NULL, 'x')")
    assert plain.compared(reference_where="guest IS NOT NULL").exit_code == 0


def test_an_empty_reference_says_nothing_and_is_not_passed(plain: PlainFile) -> None:
    plain.change("DELETE FROM bookings")
    report = plain.compared()
    assert report.exit_code == 4
    assert "nothing is known of what is expected" in report.unknown[0]


def test_an_empty_table_lacks_every_date(plain: PlainFile) -> None:
    plain.change("DELETE FROM visits")
    report = plain.compared()
    assert report.counts == {Condition.MISSING: 10}
    assert [str(stretch.span) for stretch in report.stretches()] == ["2024-03-01 … 2024-03-10"]


def test_worst_comes_first_and_missing_dates_in_a_row_are_one_stretch(plain: PlainFile) -> None:
    """Nobody booked on 6 March, so 5 and 7 March follow one another."""
    plain.change(
        "DELETE FROM bookings WHERE day = '2024-03-06'",
        "DELETE FROM visits WHERE day IN ('2024-03-05', '2024-03-06', '2024-03-07', '2024-03-09')",
        "DELETE FROM visits WHERE day = '2024-03-02' AND guest > 5",
        "DELETE FROM visits WHERE day = '2024-03-03' AND guest > 1",
        "DELETE FROM visits WHERE day = '2024-03-01' AND guest > 9",
    )
    spans = [str(stretch.span) for stretch in plain.compared().stretches()]
    assert spans == [
        "2024-03-05 … 2024-03-07",
        "2024-03-09",
        "2024-03-03",
        "2024-03-02",
        "2024-03-01",
    ]


def test_a_missing_and_a_surplus_date_in_a_row_are_two_stretches(plain: PlainFile) -> None:
    plain.change(
        f"DELETE FROM visits WHERE day = '{DAY_3}'", f"DELETE FROM bookings WHERE day = '{DAY_4}'"
    )
    found = plain.compared().stretches()
    assert [(str(s.span), s.partitions[0].conditions) for s in found] == [
        (str(DAY_3), (Condition.MISSING,)),
        (str(DAY_4), (Condition.SURPLUS,)),
    ]


def test_predicates_cut_both_sides(plain: PlainFile) -> None:
    """Guest 10 never comes and is not expected; a cancelled visit is no visit."""
    plain.change(
        "ALTER TABLE visits ADD COLUMN cancelled BOOLEAN DEFAULT FALSE",
        f"UPDATE visits SET cancelled = TRUE WHERE day = '{DAY_3}' AND guest < 5",
        "DELETE FROM visits WHERE guest = 10",
    )
    report = plain.compared(where="NOT cancelled -- really", reference_where="guest <> 10")
    assert conditions(report) == {DAY_3: (Condition.PARTIAL,)}
    assert (partition(report, DAY_3).present, partition(report, DAY_3).expected) == (5, 9)


def test_a_wrong_predicate_is_named(plain: PlainFile) -> None:
    with pytest.raises(UsageError, match=r"--reference-where 'gest <> 10' cannot be evaluated"):
        plain.compared(where="guest <> 10", reference_where="gest <> 10")


def test_a_failing_view_is_no_fault_of_the_predicate(plain: PlainFile) -> None:
    plain.change("CREATE VIEW broken AS SELECT day, error('gone')::INTEGER AS guest FROM visits")
    with pytest.raises(QueryFailed, match="gone") as caught:
        plain.compared(table="broken", where="TRUE")
    assert caught.value.untouched == "Nothing was compared."


def test_dates_outside_the_range_are_not_compared(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day IN ('{DAY_3}', '{DAY_5}')")
    report = plain.compared(first=DAY_4, last=DAY_5)
    assert conditions(report) == {DAY_5: (Condition.MISSING,)}
    assert [p.day for p in report.partitions] == [DAY_4, DAY_5]


def test_the_day_that_is_still_being_filled_raises_no_alarm(plain: PlainFile) -> None:
    last = FIRST + timedelta(days=9)
    plain.change(f"DELETE FROM visits WHERE day = '{last}' AND guest > 2")
    report = plain.compared(today=last)
    assert (report.exit_code, report.later) == (0, (last,))
    asked_for = plain.compared(today=last, last=last)
    assert (asked_for.exit_code, asked_for.later) == (1, ())


def test_columns_may_be_called_otherwise_in_the_reference(plain: PlainFile) -> None:
    plain.change(
        "ALTER TABLE bookings RENAME day TO booked_for",
        "ALTER TABLE bookings RENAME guest TO person",
        f"DELETE FROM visits WHERE day = '{DAY_3}'",
    )
    report = plain.compared(partition="day=booked_for", key=("guest=person",))
    assert conditions(report) == {DAY_3: (Condition.MISSING,)}


def test_a_key_of_two_columns_is_compared_as_a_whole(plain: PlainFile) -> None:
    plain.change(
        "ALTER TABLE bookings ADD COLUMN room INTEGER DEFAULT 1",
        "ALTER TABLE visits ADD COLUMN room INTEGER DEFAULT 1",
        f"UPDATE visits SET room = 2 WHERE day = '{DAY_3}' AND guest = 4",
    )
    found = partition(plain.compared(key=("guest", "room")), DAY_3)
    assert names(found.missing_names) == ["4 1"]
    assert names(found.unexpected_names) == ["4 2"]


@pytest.mark.parametrize(
    "stored",
    [
        "guest::BIGINT",
        "guest::DOUBLE",
        "guest::DECIMAL(12, 2)",
        "guest::VARCHAR",
        "' 00' || guest || ' '",
        "guest || '.0'",
    ],
)
def test_numbers_and_texts_of_the_same_key_match(plain: PlainFile, stored: str) -> None:
    plain.change(
        f"CREATE OR REPLACE TABLE visits AS SELECT day, {stored} AS guest FROM visits",
        f"DELETE FROM visits WHERE day = '{DAY_3}' AND trim(guest::VARCHAR) ~ '^0*7([.]0+)?$'",
    )
    report = plain.compared()
    assert conditions(report) == {DAY_3: (Condition.NEARLY,)}
    assert names(partition(report, DAY_3).missing_names) == ["7"]


def test_it_is_said_when_keys_of_different_types_are_compared_as_text(plain: PlainFile) -> None:
    assert plain.compared().subject.notes == ()
    plain.change("ALTER TABLE visits ALTER guest TYPE VARCHAR")
    [note] = plain.compared().subject.notes
    assert "guest is VARCHAR in main.visits and INTEGER in main.bookings" in note


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("guest = 1", "if(guest = 1, 'true', 'false')"),
        ("md5(guest::VARCHAR)::UUID", "' ' || upper(md5(guest::VARCHAR)::UUID::VARCHAR)"),
        ("DATE '2000-01-01' + guest", "(DATE '2000-01-01' + guest)::TIMESTAMP"),
        ("to_days(guest)", "(TIME '00:00' + to_days(0))"),
        ("[guest]", "'[' || guest || ']'"),
    ],
)
def test_keys_of_any_two_types_can_be_compared(plain: PlainFile, ours: str, theirs: str) -> None:
    """An interval is no time of day: nothing matches, and nothing is refused."""
    plain.change(
        f"CREATE OR REPLACE TABLE visits AS SELECT day, {ours} AS guest FROM bookings",
        f"CREATE OR REPLACE TABLE bookings AS SELECT day, {theirs} AS guest FROM bookings",
    )
    counts = plain.compared().counts
    expected = {Condition.PARTIAL: 10, Condition.SURPLUS: 10} if "to_days" in ours else {}
    assert {c: n for c, n in counts.items() if c is not Condition.DUPLICATE} == expected


def test_large_numbers_do_not_become_equal_by_rounding(plain: PlainFile) -> None:
    """Beside a DOUBLE, two ids above 2^53 would be one number."""
    plain.change(
        "CREATE OR REPLACE TABLE bookings AS SELECT DATE '2024-03-01' AS day, "
        "9007199254740993 AS guest",
        "CREATE OR REPLACE TABLE visits AS SELECT DATE '2024-03-01' AS day, "
        "9007199254740992::DOUBLE AS guest",
    )
    assert plain.compared().counts == {Condition.PARTIAL: 1, Condition.SURPLUS: 1}


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ("day::TIMESTAMP + INTERVAL 23 HOUR", "TIMESTAMP"),
        ("day::VARCHAR", "VARCHAR"),
        ("day::VARCHAR || 'T23:30:00-05:00'", "VARCHAR"),
        ("strftime(day, '%Y%m%d')", "VARCHAR"),
        ("strftime(day, '%Y%m%d')::INTEGER", "INTEGER"),
    ],
)
def test_a_date_is_read_from_what_it_is_stored_as(plain: PlainFile, stored: str, kind: str) -> None:
    plain.change(
        f"CREATE OR REPLACE TABLE visits AS SELECT ({stored})::{kind} AS day, guest FROM bookings "
        f"WHERE day <> '{DAY_3}'"
    )
    assert conditions(plain.compared()) == {DAY_3: (Condition.MISSING,)}


def test_a_timestamp_with_zone_is_of_the_date_of_the_named_zone(plain: PlainFile) -> None:
    """22:00 in New York is the next day in UTC."""
    plain.change(
        "CREATE OR REPLACE TABLE visits AS SELECT "
        "(day + INTERVAL 22 HOUR) AT TIME ZONE 'America/New_York' AS day, guest FROM bookings"
    )
    report = plain.compared(timezone="America/New_York")
    assert report.exit_code == 0
    assert report.subject.notes == (
        "main.visits.day: dates are those of America/New_York (--timezone).",
    )
    assert plain.compared().counts == {Condition.MISSING: 1, Condition.SURPLUS: 1}


def test_texts_that_are_no_dates_are_counted_with_an_example(plain: PlainFile) -> None:
    plain.change(
        "ALTER TABLE visits ALTER day TYPE VARCHAR",
        "INSERT INTO visits VALUES ('yesterday', 1), ('2024-02-30', 1), (NULL, 1)",
    )
    aside = plain.compared().table_aside
    assert (aside.undated, aside.unreadable, aside.example) == (3, 2, "2024-02-30")


@pytest.mark.parametrize("value", ["'infinity'", "'44-03-15 (BC)'", "'294000-01-01'"])
def test_dates_that_no_calendar_has_are_none(plain: PlainFile, value: str) -> None:
    plain.change(f"INSERT INTO visits VALUES ({value}::DATE, 1)")
    report = plain.compared()
    assert (conditions(report), report.table_aside.unreadable) == ({}, 1)


def test_a_column_without_any_date_is_refused(plain: PlainFile) -> None:
    plain.change("ALTER TABLE visits ALTER day TYPE VARCHAR", "UPDATE visits SET day = 'Friday'")
    with pytest.raises(UsageError, match=r"main.visits.day .* holds no date in any of 100 rows"):
        plain.compared()


@pytest.mark.parametrize("days", [10, 1500])
def test_one_query_compares_all_dates(plain: PlainFile, days: int) -> None:
    """The catalog is the other one, whatever the number of dates."""
    plain.change(
        "CREATE OR REPLACE TABLE bookings AS SELECT DATE '2015-01-01' + n::INTEGER AS day, guest "
        f"FROM range({days}) AS days(n), range(20) AS guests(guest)",
        "CREATE OR REPLACE TABLE visits AS FROM bookings WHERE guest <> 3",
    )
    with open_tables(str(plain.file)) as tables:
        report = audit(
            tables,
            Question("visits", "day", TODAY, reference="bookings", key=("guest",)),
        )
        assert tables.statements == 2
    assert len(report.partitions) == days  # type: ignore[union-attr]


def test_names_are_as_many_as_asked_for(plain: PlainFile) -> None:
    plain.change(f"DELETE FROM visits WHERE day = '{DAY_3}'")
    assert [len(partition(plain.compared(names=n), DAY_3).missing_names) for n in (0, 3, 99)] == [
        0,
        3,
        10,
    ]


def test_data_for_programs_holds_every_date_with_a_fault(plain: PlainFile) -> None:
    plain.change(
        f"DELETE FROM visits WHERE day IN ('{DAY_3}', '{DAY_4}')",
        f"DELETE FROM visits WHERE day = '{FIRST}' AND guest = 2",
    )
    data = plain.compared(label="name").as_data()
    assert [(p["date"], p["conditions"]) for p in data["partitions"]] == [
        (str(DAY_3), ["missing"]),
        (str(DAY_4), ["missing"]),
        (str(FIRST), ["nearly complete"]),
    ]
    assert data["partitions"][-1]["missing_names"] == [{"key": "2", "label": "Guest 2"}]
    assert (data["exit_code"], data["dates"], data["complete"]) == (1, 10, 7)
    assert data["totals"]["missing"] == 21
    assert data["by_condition"]["missing"] == 2


def test_the_file_is_as_it_was(plain: PlainFile) -> None:
    before = {path.name: path.read_bytes() for path in plain.file.parent.iterdir()}
    plain.compared()
    assert {path.name: path.read_bytes() for path in plain.file.parent.iterdir()} == before
