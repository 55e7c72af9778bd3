"""What a user asks is understood, or refused in one sentence with the nearest right name."""

from __future__ import annotations

from typing import Any

import pytest

from gapless.errors import UsageError
from support.undeclared import PlainFile


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"table": "vists"}, r"has no table 'vists' \(from --table\). Did you mean 'visits'\?"),
        (
            {"reference": "booking"},
            r"has no table 'booking' \(from --reference\). Did you mean 'bookings'\?",
        ),
        (
            {"partition": "dy"},
            r"main.visits has no column 'dy' \(from --partition\). Did you mean 'day'\?",
        ),
        ({"partition": "day=dy"}, r"main.bookings has no column 'dy' .* Did you mean 'day'\?"),
        (
            {"key": ("gest",)},
            r"main.visits has no column 'gest' \(from --key\). Did you mean 'guest'\?",
        ),
        ({"key": ("guest=gast",)}, r"main.bookings has no column 'gast'"),
        (
            {"label": "nam"},
            r"Neither main.visits nor main.bookings has a column 'nam' .* Did you mean 'name'\?",
        ),
        ({"key": ()}, r"--reference needs --key: keys are compared, never counts"),
        ({"reference": None, "reference_where": "TRUE"}, r"--reference-where needs --reference"),
        ({"reference": None, "partition": "day=other"}, r"there is no --reference"),
        ({"reference": "visits"}, r"--reference is main.visits itself"),
        ({"at_least": 0.0}, r"--at-least 0.0 is no share"),
        ({"at_least": 90.0}, r"--at-least 90.0 is no share"),
        ({"names": -1}, r"--names -1"),
        ({"timezone": "America/Gotham"}, r"--timezone 'America/Gotham' is no time zone"),
        ({"table": " "}, r"--table is empty"),
        (
            {"partition": "fee"},
            r"main.visits.fee \(from --partition\) is DOUBLE; expected a date",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused(
    plain: PlainFile, options: dict[str, Any], sentence: str
) -> None:
    plain.change("ALTER TABLE visits ADD COLUMN fee DOUBLE")
    with pytest.raises(UsageError, match=sentence):
        plain.compared(**options)


def test_names_may_be_spelled_in_any_case(plain: PlainFile) -> None:
    report = plain.compared(table="VISITS", partition="Day", key=("GUEST",), label="Name")
    assert (report.subject.table, report.exit_code) == ("main.visits", 0)


def test_a_schema_may_be_left_out_where_that_is_unmistakable(plain: PlainFile) -> None:
    plain.change("CREATE SCHEMA mart", "CREATE TABLE mart.visits AS FROM visits")
    with pytest.raises(UsageError, match=r"may be main.visits or mart.visits; write which"):
        plain.compared()
    assert plain.compared(table="mart.visits").subject.table == "mart.visits"


def test_names_need_no_quotes(plain: PlainFile) -> None:
    plain.change(
        'CREATE SCHEMA "my mart"',
        'CREATE TABLE "my mart"."visits 2.0" AS SELECT day AS "the ""day""", guest FROM visits',
    )
    report = plain.compared(table="my mart.visits 2.0", partition='the "day"=day')
    assert report.exit_code == 0


def test_a_view_is_as_good_as_a_table(plain: PlainFile) -> None:
    plain.change("CREATE VIEW half AS FROM visits WHERE guest > 5")
    assert plain.compared(table="half").exit_code == 1


def test_tables_called_like_the_parts_of_the_query_are_not_mixed_up(plain: PlainFile) -> None:
    plain.change("CREATE TABLE found AS FROM visits", "CREATE TABLE wanted AS FROM bookings")
    assert plain.compared(table="found", reference="wanted").exit_code == 0


def test_a_table_can_be_compared_with_another_part_of_itself(plain: PlainFile) -> None:
    plain.change("INSERT INTO visits SELECT day, guest + 100 FROM visits WHERE guest < 10")
    report = plain.compared(reference="visits", where="guest > 100", reference_where="guest <= 100")
    assert report.exit_code == 1
