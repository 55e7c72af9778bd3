"""No statement of a pipeline reads what is not declared: nobody would check that it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gapless import (
    Gate,
    Pipeline,
    by_path,
    check,
    expected_by_path,
    expected_query,
    keys_of,
    query,
    same_date,
)
from gapless.declare.relations import StatementUse, check_statements, statements_of
from gapless.errors import DeclarationError, QueryFailed
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.shop import shop_pipeline


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    """Open an empty warehouse; it is only asked to parse."""
    file = tmp_path_factory.mktemp("relations") / "empty.duckdb"
    warehouse = DuckDBWarehouse(f"duckdb:///{file}")
    yield warehouse
    warehouse.close()


def everywhere() -> Pipeline:
    """Declare a pipeline with a statement in every place where one can stand."""
    pipeline = Pipeline("shop", partition="sold_on")
    sales = pipeline.source("raw.sales", key="shop_id")
    pipeline.require(sales, check("c0", "SELECT 0 FROM s, candidate", {"s": same_date(sales)}))
    pipeline.derived(
        "mart.totals",
        key="shop_id",
        sql="SELECT 1 FROM past, plain, partitions",
        inputs={
            "plain": query("SELECT 2 FROM s", {"s": same_date(sales)}),
            "past": by_path(
                historical=query("SELECT 3 FROM s", {"s": same_date(sales)}),
                upcoming=query("SELECT 4 FROM s", {"s": same_date(sales)}),
            ),
        },
        expected=expected_by_path(
            historical=keys_of(sales),
            upcoming=expected_query("SELECT 5 FROM s, partitions", {"s": same_date(sales)}),
        ),
        gate=Gate(checks=(check("c6", "SELECT 6 FROM s, candidate", {"s": same_date(sales)}),)),
    )
    return pipeline


def test_every_statement_is_listed() -> None:
    """Statements of checks, tables, inputs on both paths and expected sets are all found."""
    uses = {use.statement.text[7]: use for use in statements_of(everywhere())}
    assert sorted(uses) == list("0123456")
    assert uses["0"].where == "raw.sales: check 'c0'"
    assert uses["5"].where == "mart.totals: expected"
    assert uses["6"].where == "mart.totals: check 'c6'"


def bound(number: str) -> frozenset[str]:
    """Return what is bound for one of the numbered statements."""
    [use] = [use for use in statements_of(everywhere()) if use.statement.text[7] == number]
    return use.bound


def test_what_is_bound() -> None:
    """A statement may read its inputs and the dates; a check the rows under examination, too."""
    assert bound("1") == {"plain", "past", "partitions"}
    assert bound("5") == {"s", "partitions"}
    assert bound("6") == {"s", "partitions", "candidate"}


def test_dates_in_an_input(warehouse: DuckDBWarehouse) -> None:
    """An input that is a query of its own may read the dates: they are bound around it."""
    pipeline = Pipeline("shop", partition="sold_on")
    sales = pipeline.source("raw.sales", key="shop_id")
    rows = query("SELECT s.* FROM s JOIN partitions USING (sold_on)", {"s": same_date(sales)})
    inputs = {"rows": rows}
    sql = "SELECT * FROM rows"
    pipeline.derived("mart.totals", key="shop_id", sql=sql, inputs=inputs, expected=keys_of(sales))
    check_statements(pipeline, warehouse.relations_read)


def test_sound_pipelines(warehouse: DuckDBWarehouse) -> None:
    """Statements that read what they declare pass, on the real parser."""
    check_statements(everywhere(), warehouse.relations_read)
    check_statements(shop_pipeline(), warehouse.relations_read)


@pytest.mark.parametrize("number", list("0123456"))
def test_undeclared_relation_anywhere(number: str) -> None:
    """Wherever a statement stands, reading something undeclared refuses the pipeline."""

    def relations_read(sql: str) -> set[str]:
        return {"raw.sales"} if sql[7] == number else set()

    with pytest.raises(DeclarationError, match=r"reads 'raw\.sales', which is not one of its"):
        check_statements(everywhere(), relations_read)


def declared(sql: str, folder: Path | None = None) -> Pipeline:
    """Declare a table with one input, `sales`, and the given statement."""
    pipeline = Pipeline("shop", partition="sold_on", sql_folder=folder)
    sales = pipeline.source("raw.sales", key="shop_id")
    inputs = {"sales": same_date(sales)}
    pipeline.derived("mart.totals", key="shop_id", sql=sql, inputs=inputs, expected=keys_of(sales))
    return pipeline


def test_nearest_input_is_named(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    """The refusal names table, file and relation, and the nearest declared input."""
    (tmp_path / "totals.sql").write_text("WITH t AS (SELECT * FROM sale) SELECT * FROM t")
    with pytest.raises(DeclarationError) as caught:
        check_statements(declared("totals.sql", tmp_path), warehouse.relations_read)
    assert str(caught.value).startswith(
        "mart.totals: totals.sql reads 'sale', which is not one of its declared inputs. "
        "Did you mean 'sales'?"
    )


def test_unreadable_statement(warehouse: DuckDBWarehouse) -> None:
    """A statement that does not parse is a wrong declaration, and says where it stands."""
    with pytest.raises(DeclarationError, match=r"^mart\.totals: inline cannot be read: .*syntax"):
        check_statements(declared("SELECT FROM WHERE"), warehouse.relations_read)


def test_each_text_is_parsed_once() -> None:
    """However often a statement is used, it is parsed once."""
    parsed: list[str] = []

    def relations_read(sql: str) -> set[str]:
        parsed.append(sql)
        return set()

    check_statements(shop_pipeline(), relations_read)
    assert len(parsed) == len(set(parsed))


def test_cause_is_kept() -> None:
    """The warehouse's own error stays behind ours."""

    def relations_read(sql: str) -> set[str]:
        raise QueryFailed(f"no: {sql}")

    with pytest.raises(DeclarationError) as caught:
        check_statements(declared("SELECT 1"), relations_read)
    assert isinstance(caught.value.__cause__, QueryFailed)


def test_uses_are_values() -> None:
    """Two listings of the same pipeline are equal: they hold no state."""
    assert list(statements_of(everywhere())) == list(statements_of(everywhere()))
    assert all(isinstance(use, StatementUse) for use in statements_of(everywhere()))
