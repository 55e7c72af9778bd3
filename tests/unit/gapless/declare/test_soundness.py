"""Every wrong declaration is refused at once, with the reason and the nearest right name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gapless import (
    Gate,
    Pipeline,
    between,
    by_path,
    check,
    expected_by_path,
    expected_query,
    first_sufficient,
    history,
    keys_of,
    query,
    rule,
    same_date,
    season_to_date,
)
from gapless.declare.inputs import Input
from gapless.declare.soundness import check_derived, check_relations_read, check_source
from gapless.declare.tables import Derived, Source, Table
from gapless.errors import DeclarationError

STRANGER = Source("raw.stranger", ("shop_id",))
"""A table that no pipeline declares."""


@pytest.fixture
def pipeline() -> Pipeline:
    """Declare a pipeline with one source, `raw.sales`."""
    pipeline = Pipeline("shop", partition="sold_on")
    pipeline.source("raw.sales", key="shop_id")
    return pipeline


@pytest.fixture
def sales(pipeline: Pipeline) -> Table:
    return pipeline.tables["raw.sales"]


def derived(sales: Table, **changes: Any) -> Derived:
    """Return a sound table over sales, changed as told."""
    sound: dict[str, Any] = {
        "name": "mart.totals",
        "key": ("shop_id",),
        "inputs": {"sales": same_date(sales)},
        "expected": keys_of(sales),
    }
    return Derived(**{**sound, **changes})


def refusal(check: Callable[[], object]) -> str:
    """Return the reason for which a declaration is refused."""
    with pytest.raises(DeclarationError) as caught:
        check()
    return str(caught.value)


class TestNames:
    @pytest.mark.parametrize(
        "name", ["sales", "raw.Sales", "raw.sales.old", "raw.", "raw.my sales"]
    )
    def test_not_a_table_name(self, pipeline: Pipeline, name: str) -> None:
        """A name is `schema.table` in lower case; the refusal shows how to write one."""
        said = refusal(lambda: check_source(pipeline, Source(name, ("shop_id",))))
        assert said == (
            f"{name!r} is not a table name; write schema.table in lower case, "
            "e.g. 'analytics.player_game_summary'."
        )

    @pytest.mark.parametrize(
        "schema", ["gapless", "quarantine", "information_schema", "pg_catalog"]
    )
    def test_reserved_schema(self, pipeline: Pipeline, schema: str) -> None:
        """The engine's own schemas and the catalogs are nobody else's."""
        said = refusal(lambda: check_source(pipeline, Source(f"{schema}.sales", ("shop_id",))))
        assert said == f"{schema}.sales: the schema '{schema}' is reserved."

    @pytest.mark.parametrize("schema", ["memory", "temp", "system", "gapless_warehouse"])
    def test_schema_that_no_statement_can_name(self, pipeline: Pipeline, schema: str) -> None:
        """A schema called like one of DuckDB's databases could never be written to."""
        said = refusal(lambda: check_source(pipeline, Source(f"{schema}.sales", ("shop_id",))))
        assert f"the schema '{schema}' is reserved" in said

    def test_derived_names_too(self, pipeline: Pipeline, sales: Table) -> None:
        """Computed tables are named by the same rules."""
        assert "is reserved" in refusal(
            lambda: check_derived(pipeline, derived(sales, name="gapless.totals"))
        )


class TestKeys:
    def test_no_key(self, pipeline: Pipeline) -> None:
        """Rows without a key cannot be told apart."""
        said = refusal(lambda: check_source(pipeline, Source("raw.visits", ())))
        assert said == "raw.visits declares no key, so its rows cannot be told apart."

    def test_partition_in_key(self, pipeline: Pipeline) -> None:
        """The partition column is no part of the key within a partition."""
        said = refusal(lambda: check_source(pipeline, Source("raw.visits", ("sold_on", "shop_id"))))
        assert said == (
            "raw.visits: the key names entities within a partition; leave the partition column "
            "'sold_on' out of it."
        )

    def test_key_is_no_column(self, pipeline: Pipeline) -> None:
        """A key that is not among the declared columns is refused with the nearest column."""
        columns = {"sold_on": "DATE", "shop_id": "INTEGER"}
        source = Source("raw.visits", ("shop",), columns=columns)
        assert refusal(lambda: check_source(pipeline, source)) == (
            "raw.visits: the key column 'shop' is not among its declared columns. "
            "Did you mean 'shop_id'?"
        )

    def test_partition_is_no_column(self, pipeline: Pipeline) -> None:
        """Declared columns include the partition column."""
        columns = {"sold_at": "DATE", "shop_id": "INTEGER"}
        source = Source("raw.visits", ("shop_id",), columns=columns)
        said = refusal(lambda: check_source(pipeline, source))
        assert said.endswith("Did you mean 'sold_at'?")
        assert "'sold_on' is not among its declared columns" in said


class TestInputs:
    def test_no_inputs(self, pipeline: Pipeline, sales: Table) -> None:
        """A table without inputs cannot be computed."""
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs={})))
        assert said == "mart.totals declares no inputs, so nothing can be computed."

    @pytest.mark.parametrize("alias", ["Sales", "my sales", "1st", "sales;", ""])
    def test_alias_is_no_relation(self, pipeline: Pipeline, sales: Table, alias: str) -> None:
        """An input's name can be written in SQL without quotes."""
        inputs = {alias: same_date(sales)}
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs=inputs)))
        assert said == f"mart.totals: inputs: {alias!r} cannot be a relation's name in SQL."

    @pytest.mark.parametrize("alias", ["partitions", "candidate"])
    def test_alias_of_the_engine(self, pipeline: Pipeline, sales: Table, alias: str) -> None:
        """Names that the engine binds are taken."""
        inputs = {alias: same_date(sales)}
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs=inputs)))
        assert said == f"mart.totals: inputs: '{alias}' is bound by the engine; choose another."

    @pytest.mark.parametrize(
        "given",
        [
            same_date(Source("raw.sale", ("shop_id",))),
            history(Source("raw.sale", ("shop_id",)), season_to_date()),
            query("SELECT * FROM s", {"s": same_date(Source("raw.sale", ("shop_id",)))}),
            first_sufficient(
                Source("raw.sale", ("shop_id",)), Source("raw.sale", ("shop_id",)), at_least=0.9
            ),
        ],
        ids=["same_date", "history", "query", "choice"],
    )
    def test_undeclared_table(self, pipeline: Pipeline, sales: Table, given: Input) -> None:
        """A table that the pipeline does not declare is refused wherever an input names it."""
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs={"sales": given})))
        assert said == (
            "mart.totals: inputs: raw.sale is not declared in pipeline 'shop' "
            "(declare it before its readers). Did you mean 'raw.sales'?"
        )

    @pytest.mark.parametrize("path", ["historical", "upcoming"])
    def test_undeclared_on_one_path(self, pipeline: Pipeline, sales: Table, path: str) -> None:
        """Both paths of an input are looked at."""
        both = {"historical": same_date(sales), "upcoming": same_date(sales)}
        inputs = {"sales": by_path(**{**both, path: same_date(STRANGER)})}
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs=inputs)))
        assert "raw.stranger is not declared" in said

    def test_choice_by_another_key(self, pipeline: Pipeline, sales: Table) -> None:
        """Sources are compared key by key, so all have the key of the table they feed."""
        tills = pipeline.source("raw.tills", key=("shop_id", "till"))
        inputs = {"feed": first_sufficient(sales, tills, at_least=0.9)}
        assert refusal(lambda: check_derived(pipeline, derived(sales, inputs=inputs))) == (
            "mart.totals: inputs: 'feed' chooses among sources by the key of mart.totals "
            "(shop_id), but the key of raw.tills is (shop_id, till)."
        )

    def test_match_column_nobody_expects(self, pipeline: Pipeline, sales: Table) -> None:
        """A column in which sources must agree is one that the expected set has."""
        feed = pipeline.source("raw.feed", key="shop_id")
        inputs = {"feed": first_sufficient(feed, sales, at_least=0.9, match=("region",))}
        assert "region" in refusal(
            lambda: check_derived(
                pipeline, derived(sales, inputs=inputs, expected=keys_of(sales, carry=("area",)))
            )
        )

    def test_match_column_of_the_set_it_is_measured_on(
        self, pipeline: Pipeline, sales: Table
    ) -> None:
        """Sources are compared with the set that is measured, not with the table's own."""
        feed = pipeline.source("raw.feed", key="shop_id")
        inputs = {
            name: first_sufficient(feed, sales, at_least=0.9, match=("region",), measured_on=keys)
            for name, keys in (
                ("carried", keys_of(sales, carry=("region",))),
                ("bare", keys_of(sales)),
            )
        }
        check_derived(pipeline, derived(sales, inputs={"feed": inputs["carried"]}))
        own = keys_of(sales, carry=("region",))
        assert "'region', which the set they are measured on does not have" in refusal(
            lambda: check_derived(
                pipeline, derived(sales, inputs={"feed": inputs["bare"]}, expected=own)
            )
        )

    def test_choice_measured_on_a_stranger(self, pipeline: Pipeline, sales: Table) -> None:
        """What a choice is measured on is a declared table."""
        feed = pipeline.source("raw.feed", key="shop_id")
        choice = first_sufficient(feed, sales, at_least=0.9, measured_on=keys_of(STRANGER))
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs={"feed": choice})))
        assert "raw.stranger is not declared" in said

    def test_choice_measured_on_other_keys(self, pipeline: Pipeline, sales: Table) -> None:
        """Keys of another kind cannot be compared with those that are fed."""
        visitors = pipeline.source("raw.visitors", key="visitor")
        feed = pipeline.source("raw.feed", key="shop_id")
        choice = first_sufficient(feed, sales, at_least=0.9, measured_on=keys_of(visitors))
        assert "cannot be had from the keys of raw.visitors (visitor)" in refusal(
            lambda: check_derived(pipeline, derived(sales, inputs={"feed": choice}))
        )


class TestExpectedSets:
    def test_nothing_on_any_path(self, pipeline: Pipeline, sales: Table) -> None:
        """A table of which nothing is ever expected could never be found wanting."""
        said = refusal(lambda: check_derived(pipeline, derived(sales, expected=expected_by_path())))
        assert said == "mart.totals expects nothing on any path; declare expected=."

    def test_undeclared_reference(self, pipeline: Pipeline, sales: Table) -> None:
        """The reference of an expected set is a declared table."""
        said = refusal(lambda: check_derived(pipeline, derived(sales, expected=keys_of(STRANGER))))
        assert said.startswith("mart.totals: expected: raw.stranger is not declared")

    def test_undeclared_in_query(self, pipeline: Pipeline, sales: Table) -> None:
        """The tables that an expected query reads are declared ones."""
        expected = expected_query("SELECT * FROM s", {"s": same_date(STRANGER)})
        said = refusal(lambda: check_derived(pipeline, derived(sales, expected=expected)))
        assert said.startswith("mart.totals: expected: raw.stranger is not declared")

    def test_reference_without_the_key(self, pipeline: Pipeline, sales: Table) -> None:
        """A reference whose rows are named by other columns cannot say which keys to expect."""
        table = derived(sales, key=("shop_id", "till"))
        assert refusal(lambda: check_derived(pipeline, table)) == (
            "mart.totals: expected: the key of mart.totals (shop_id, till) cannot be had from the "
            "keys of raw.sales (shop_id)."
        )

    def test_key_from_carried_column(self, pipeline: Pipeline, sales: Table) -> None:
        """A carried column may be part of the key."""
        table = derived(sales, key=("shop_id", "till"), expected=keys_of(sales, carry=("till",)))
        check_derived(pipeline, table)

    def test_group_gate_without_groups(self, pipeline: Pipeline, sales: Table) -> None:
        """Groups can be gated only where the expected set has them."""
        table = derived(sales, gate=Gate(group_coverage=0.8))
        assert refusal(lambda: check_derived(pipeline, table)) == (
            "mart.totals: the gate has group_coverage, but its expected set names no group; "
            "add group='...' to it."
        )

    def test_group_gate_on_both_paths(self, pipeline: Pipeline, sales: Table) -> None:
        """Groups are needed on every path on which something is expected."""
        expected = expected_by_path(
            historical=keys_of(sales, group="region"), upcoming=keys_of(sales)
        )
        table = derived(sales, gate=Gate(group_coverage=0.8), expected=expected)
        assert "names no group" in refusal(lambda: check_derived(pipeline, table))
        only_past = expected_by_path(historical=keys_of(sales, group="region"))
        check_derived(pipeline, derived(sales, gate=Gate(group_coverage=0.8), expected=only_past))


class TestChecks:
    def test_undeclared_table_in_source_check(self, pipeline: Pipeline) -> None:
        """A check of a source reads declared tables; the refusal names the check."""
        asked = check("till_closed", "SELECT 1", {"s": same_date(STRANGER)})
        source = Source("raw.visits", ("shop_id",), checks=(asked,))
        said = refusal(lambda: check_source(pipeline, source))
        assert said.startswith("raw.visits: check 'till_closed': raw.stranger is not declared")

    def test_source_check_reads_itself(self, pipeline: Pipeline) -> None:
        """A check may read the table that it checks."""
        itself = Source("raw.visits", ("shop_id",))
        asked = check("till_closed", "SELECT 1", {"visits": same_date(itself)})
        check_source(pipeline, Source("raw.visits", ("shop_id",), checks=(asked,)))

    def test_undeclared_table_in_gate_check(self, pipeline: Pipeline, sales: Table) -> None:
        """A check of a gate reads declared tables; the refusal names the check."""
        asked = check("sums_agree", "SELECT 1", {"s": same_date(STRANGER)})
        table = derived(sales, gate=Gate(checks=(asked,)))
        said = refusal(lambda: check_derived(pipeline, table))
        assert said.startswith("mart.totals: check 'sums_agree': raw.stranger is not declared")

    def test_check_alias_of_the_engine(self, pipeline: Pipeline, sales: Table) -> None:
        """`candidate` is what a check examines, not an input of it."""
        asked = check("sums_agree", "SELECT 1", {"candidate": same_date(sales)})
        table = derived(sales, gate=Gate(checks=(asked,)))
        assert "'candidate' is bound by the engine" in refusal(
            lambda: check_derived(pipeline, table)
        )

    def test_two_rules_of_one_name(self, pipeline: Pipeline, sales: Table) -> None:
        """Two rules of one name could not be told apart in a report."""
        table = derived(sales, gate=Gate(rules=(rule("sane", "a > 0"), rule("sane", "b > 0"))))
        said = refusal(lambda: check_derived(pipeline, table))
        assert said == "mart.totals: two rules of its gate are called 'sane'."

    def test_rule_and_check_of_one_name(self, pipeline: Pipeline, sales: Table) -> None:
        """Rules and checks share their names."""
        asked = check("amount_between_0_and_9", "SELECT 1", {"s": same_date(sales)})
        gate = Gate(rules=(between("amount", 0, 9),), checks=(asked,))
        said = refusal(lambda: check_derived(pipeline, derived(sales, gate=gate)))
        assert said == "mart.totals: two rules of its gate are called 'amount_between_0_and_9'."

    def test_rule_called_like_a_built_in_check(self, pipeline: Pipeline, sales: Table) -> None:
        """A rule of one's own cannot be called like one that every gate has."""
        table = derived(sales, gate=Gate(rules=(rule("coverage", "amount > 0"),)))
        assert "'coverage'" in refusal(lambda: check_derived(pipeline, table))


class TestRelationsRead:
    def test_undeclared_relation(self) -> None:
        """A statement that reads what is not bound is refused with the nearest input."""
        said = refusal(
            lambda: check_relations_read("mart.totals", "totals.sql", {"sale"}, {"sales", "hours"})
        )
        assert said == (
            "mart.totals: totals.sql reads 'sale', which is not one of its declared inputs. "
            "Did you mean 'sales'? Declare it in inputs=, so that its completeness is checked and "
            "its changes are noticed."
        )

    def test_table_of_the_warehouse(self) -> None:
        """A table is read through an input, not by its full name."""
        said = refusal(
            lambda: check_relations_read("mart.totals", "inline", {"raw.sales"}, {"sales"})
        )
        assert "reads 'raw.sales'" in said

    def test_bound_relations(self) -> None:
        """What is bound may be read, and need not be."""
        check_relations_read("mart.totals", "inline", {"sales"}, {"sales", "hours"})


class TestProjections:
    @pytest.fixture
    def hours(self, pipeline: Pipeline) -> Table:
        """A source that declares its columns."""
        columns = {"sold_on": "DATE", "shop_id": "INTEGER", "region": "VARCHAR"}
        return pipeline.source("raw.hours", key="shop_id", columns=columns)

    @pytest.mark.parametrize(
        "wrapped",
        [
            lambda given: given,
            lambda given: query("SELECT * FROM h", {"h": given}),
            lambda given: by_path(historical=same_date(given.table), upcoming=given),
        ],
        ids=["plain", "in a query", "on one path"],
    )
    def test_column_that_is_not_declared(
        self, pipeline: Pipeline, sales: Table, hours: Table, wrapped: Callable[[Any], Input]
    ) -> None:
        """A projection on an unknown column is refused with the nearest one, wherever it stands."""
        inputs = {"sales": same_date(sales), "h": wrapped(same_date(hours, columns=("regoin",)))}
        said = refusal(lambda: check_derived(pipeline, derived(sales, inputs=inputs)))
        assert said == (
            "mart.totals: inputs: 'h' is to offer the column 'regoin' of raw.hours, which declares "
            "no such column. Did you mean 'region'?"
        )

    def test_columns_that_are_not_known(self, pipeline: Pipeline, sales: Table) -> None:
        """Where a table declares no columns, the warehouse has the word."""
        inputs = {"sales": same_date(sales, columns=("anything",))}
        check_derived(pipeline, derived(sales, inputs=inputs))


class TestSettle:
    """How long after the end of a date its rows may still come in."""

    def test_negative(self, pipeline: Pipeline) -> None:
        """A date cannot be closed before it has ended."""
        wrong = Source("raw.clicks", ("shop_id",), settle=timedelta(hours=-1))
        assert "cannot be closed before it has ended" in refusal(
            lambda: check_source(pipeline, wrong)
        )

    def test_trusted(self, pipeline: Pipeline) -> None:
        """What is trusted is read ahead of its dates, so nobody would wait."""
        assert "never be waited for" in refusal(
            lambda: pipeline.source(
                "raw.hours", key="shop_id", trusted=True, settle=timedelta(hours=1)
            )
        )
