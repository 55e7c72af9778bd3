"""Staging a chunk: a statement yields every declared column, sources offer the same ones."""

from __future__ import annotations

from typing import Any

import pytest

from gapless.declare.inputs import fill_missing
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source
from gapless.errors import DeclarationError
from gapless.run.chunk import _offered_columns, check_staged_columns
from gapless.sql.binding import COLUMN_SOURCE
from support.shop import shop_pipeline

PLAIN = {"day": "DATE", "shop_id": "INTEGER", "amount": "DOUBLE"}
MARKED = {**PLAIN, COLUMN_SOURCE: "VARCHAR"}
FIRST, SECOND = (Source(f"raw.{name}", ("shop_id",)) for name in ("first", "second"))
TABLE = Derived("mart.totals", ("shop_id",), statement=Statement("SELECT 1", "totals.sql"))


class TestStagedColumns:
    def test_all_there(self) -> None:
        """A statement that yields every declared column passes, with others or without."""
        table = shop_pipeline().derived_table("shop_days")
        columns = {"day": "DATE", "shop_id": "INTEGER", "amount": "DOUBLE", "name": "VARCHAR"}
        check_staged_columns(table, {**columns, "extra": "INTEGER"}, "day")

    @pytest.mark.parametrize(
        ("lacking", "role"),
        [("day", "partition"), ("shop_id", "key"), ("amount", "required"), ("name", "label")],
    )
    def test_column_not_there(self, lacking: str, role: str) -> None:
        """A declared column that the statement does not yield is refused with the nearest one."""
        table = shop_pipeline().derived_table("shop_days")
        columns = {"day": "DATE", "shop_id": "INTEGER", "amount": "DOUBLE", "name": "VARCHAR"}
        columns[f"{lacking}_"] = columns.pop(lacking)
        with pytest.raises(DeclarationError) as caught:
            check_staged_columns(table, columns, "day")
        assert caught.value.what == (
            f"analytics.shop_days: inline yields no column {lacking!r}, which is its {role} "
            f"column. Did you mean '{lacking}_'?"
        )
        assert caught.value.untouched == "Nothing was published."


def offered(first: dict[str, str], second: dict[str, str]) -> tuple[str, ...]:
    """Return the columns that a choice of two sources offers."""
    catalog: dict[str, Any] = {FIRST.name: first, SECOND.name: second}
    return _offered_columns(TABLE, fill_missing(FIRST, SECOND), (0, 1), catalog)


class TestOfferedColumns:
    def test_the_same(self) -> None:
        """Sources with the same columns offer them, whatever their order."""
        assert offered(PLAIN, dict(reversed(PLAIN.items()))) == tuple(PLAIN)

    @pytest.mark.parametrize("turned", [False, True])
    def test_one_lacks_a_column(self, turned: bool) -> None:
        """A source that lacks a column would feed NULLs, so it is refused by name."""
        wider = {**PLAIN, "region": "VARCHAR"}
        sources = (wider, PLAIN) if turned else (PLAIN, wider)
        with pytest.raises(DeclarationError, match="only one of them has region") as caught:
            offered(*sources)
        assert caught.value.untouched == "Nothing was published."

    @pytest.mark.parametrize(
        "sources", [(MARKED, MARKED), (MARKED, PLAIN), (PLAIN, MARKED)], ids=["both", "1st", "2nd"]
    )
    def test_source_that_was_fed_itself(self, sources: tuple[dict[str, str], ...]) -> None:
        """A source that shows where its own rows came from offers its other columns."""
        assert offered(*sources) == tuple(PLAIN)
