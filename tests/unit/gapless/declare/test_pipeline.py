"""A pipeline holds its tables in dependency order and finds them by name."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest

from gapless import (
    Gate,
    Path,
    Pipeline,
    by_path,
    check,
    expected_query,
    history,
    keys_of,
    query,
    same_date,
    season_to_date,
)
from gapless.declare.expected import ExpectedQuery
from gapless.declare.inputs import ByPath, Query
from gapless.declare.statements import Statement
from gapless.declare.tables import Source
from gapless.declare.thresholds import SITE_THRESHOLDS
from gapless.errors import DeclarationError
from support.shop import shop_pipeline


@pytest.fixture
def shop() -> Pipeline:
    return shop_pipeline()


class TestDeclaring:
    def test_unknown_time_zone(self) -> None:
        """A time zone that does not exist is refused with how to write one."""
        with pytest.raises(
            DeclarationError, match=r"no time zone 'Mars/Olympus'.*America/New_York"
        ):
            Pipeline("shop", partition="day", timezone="Mars/Olympus")

    @pytest.mark.parametrize("partition", ["season", "season_start", "day_of_season"])
    def test_partition_called_like_a_fact(self, partition: str) -> None:
        """The facts that are bound with each date are not what a partition column can be called."""
        with pytest.raises(DeclarationError, match=f"'{partition}'"):
            Pipeline("shop", partition=partition)

    def test_declared_twice(self, shop: Pipeline) -> None:
        """A name is taken once, whether by a source or by a computed table."""
        with pytest.raises(
            DeclarationError, match=r"raw\.sales is declared twice in pipeline 'shop'"
        ):
            shop.source("raw.sales", key="shop_id")

    def test_key_of_one_column(self, shop: Pipeline) -> None:
        """A key may be written as one name or as several."""
        assert shop.source("raw.a", key="shop_id").key == ("shop_id",)
        assert shop.source("raw.b", key=["shop_id", "till"]).key == ("shop_id", "till")

    def test_calendar_from_an_untrusted_source(self, shop: Pipeline) -> None:
        """Only a trusted source can prove that a date is empty."""
        sales = shop.tables["raw.sales"]
        assert isinstance(sales, Source)
        with pytest.raises(DeclarationError, match=r"declare raw\.sales with trusted=True"):
            shop.calendar(sales, season="season")

    def test_calendar_of_another_pipeline(self, shop: Pipeline) -> None:
        """The calendar's table is one of the pipeline's own."""
        stranger = Pipeline("other", partition="day").source("raw.s", key="id", trusted=True)
        with pytest.raises(DeclarationError, match=r"raw\.s\b"):
            shop.calendar(stranger, season="season")

    def test_no_calendar(self) -> None:
        """Without a calendar no date can be expected; the refusal shows how to declare one."""
        with pytest.raises(DeclarationError, match=r"declares no calendar.*pipeline\.calendar\("):
            _ = Pipeline("shop", partition="day").calendar_declaration

    def test_requirements_add_up(self, shop: Pipeline) -> None:
        """A second requirement is added to the first."""
        sales = shop.tables["raw.sales"]
        assert isinstance(sales, Source)
        shop.require(sales, check("positive", "SELECT 1", {"sales": same_date(sales)}))
        required = shop.tables["raw.sales"]
        assert isinstance(required, Source)
        assert [one.name for one in required.checks] == ["till_closed", "positive"]

    def test_requirement_of_a_stranger(self, shop: Pipeline) -> None:
        """A source that the pipeline does not declare is refused with the nearest one."""
        stranger = Source("raw.sale", ("shop_id",))
        with pytest.raises(DeclarationError, match=r"raw\.sale\b.*Did you mean 'raw\.sales'"):
            shop.require(stranger, check("c", "SELECT 1"))


class TestFiles:
    def test_every_statement_is_read(self, tmp_path: FilePath) -> None:
        """Files are read where they are declared: in tables, inputs, expected sets and checks."""
        for name in "abcdef":
            (tmp_path / f"{name}.sql").write_text(f"SELECT '{name}'")
        pipeline = Pipeline("shop", partition="day", sql_folder=tmp_path)
        sales = pipeline.source("raw.sales", key="id")
        pipeline.require(sales, check("c", "a.sql", {"s": same_date(sales)}))
        found = pipeline.derived(
            "mart.totals",
            key="id",
            sql="b.sql",
            inputs={
                "x": query("c.sql", {"s": same_date(sales)}),
                "y": by_path(
                    historical=query("d.sql", {"s": same_date(sales)}), upcoming=same_date(sales)
                ),
            },
            expected=expected_query("e.sql", {"s": same_date(sales)}),
            gate=Gate(checks=(check("c", "f.sql", {"s": same_date(sales)}),)),
        )
        source, x, y = pipeline.sources[0], found.inputs["x"], found.inputs["y"]
        assert isinstance(x, Query)
        assert isinstance(y, ByPath)
        assert isinstance(y.historical, Query)
        assert isinstance(found.expected, ExpectedQuery)
        assert [
            source.checks[0].statement,
            found.statement,
            x.statement,
            y.historical.statement,
            found.expected.statement,
            found.gate.checks[0].statement,
        ] == [Statement(f"SELECT '{name}'", f"{name}.sql") for name in "abcdef"]


class TestFinding:
    def test_full_name(self, shop: Pipeline) -> None:
        """A table is found by its full name."""
        assert shop.table("analytics.shop_days").name == "analytics.shop_days"

    def test_short_name(self, shop: Pipeline) -> None:
        """The part after the dot is enough where only one table has it."""
        assert shop.table("shop_days").name == "analytics.shop_days"

    def test_ambiguous_short_name(self, shop: Pipeline) -> None:
        """A short name that two tables have finds neither."""
        shop.source("other.sales", key="shop_id")
        with pytest.raises(DeclarationError, match=r"no table 'sales'"):
            shop.table("sales")

    def test_unknown_name(self, shop: Pipeline) -> None:
        """An unknown name is refused with the nearest one."""
        with pytest.raises(DeclarationError) as caught:
            shop.table("shop_day")
        assert (
            str(caught.value)
            == "Pipeline 'shop' has no table 'shop_day'. Did you mean 'shop_days'?"
        )

    def test_source_is_not_computed(self, shop: Pipeline) -> None:
        """A source cannot be asked for as a computed table; those there are get named."""
        with pytest.raises(DeclarationError) as caught:
            shop.derived_table("sales")
        assert str(caught.value) == (
            "raw.sales is a source: it is loaded, not computed. Computed tables: "
            "analytics.shop_days, analytics.complete_feed, mart.daily_summary."
        )

    def test_order_of_declaration(self, shop: Pipeline) -> None:
        """Tables are listed as declared, sources apart from computed ones."""
        assert [table.short_name for table in shop.sources] == [
            "opening_hours",
            "sales",
            "fast_feed",
        ]
        assert [table.short_name for table in shop.derived_tables] == [
            "shop_days",
            "complete_feed",
            "daily_summary",
        ]


class TestUpstream:
    def test_everything_a_table_needs(self, shop: Pipeline) -> None:
        """Upstream are inputs, sources of choices and references, through every table between."""
        upstream = shop.upstream_of(shop.table("daily_summary"))
        assert [table.short_name for table in upstream] == [
            "opening_hours",
            "sales",
            "fast_feed",
            "shop_days",
            "complete_feed",
        ]

    def test_source_has_none(self, shop: Pipeline) -> None:
        """Nothing is upstream of a source."""
        assert shop.upstream_of(shop.table("sales")) == []

    def test_through_one_path(self) -> None:
        """What only one path reads is upstream, too."""
        pipeline = Pipeline("shop", partition="day")
        sales = pipeline.source("raw.sales", key="id")
        roster = pipeline.source("raw.roster", key="id")
        table = pipeline.derived(
            "mart.totals",
            key="id",
            sql="SELECT * FROM x",
            inputs={"x": by_path(historical=same_date(sales), upcoming=same_date(roster))},
            expected=keys_of(sales),
        )
        assert pipeline.upstream_of(table) == [sales, roster]
        assert {read.table.name for read in table.reads_on(Path.UPCOMING)} == {
            "raw.roster",
            "raw.sales",
        }

    def test_what_only_a_check_reads(self) -> None:
        """What a check of the gate reads decides about the table, so it is upstream."""
        pipeline = Pipeline("shop", partition="day")
        sales = pipeline.source("raw.sales", key="id")
        books = pipeline.source("raw.books", key="id")
        table = pipeline.derived(
            "mart.totals",
            key="id",
            sql="SELECT * FROM x",
            inputs={"x": same_date(sales)},
            expected=keys_of(sales),
            gate=Gate(checks=(check("c", "SELECT 1", {"b": history(books, season_to_date())}),)),
        )
        assert pipeline.upstream_of(table) == [sales, books]


class TestSiteThresholds:
    def test_threshold_is_taken_over(self, shop: Pipeline) -> None:
        """A site's threshold replaces the declared one and leaves the rest of the gate."""
        before = shop.derived_table("shop_days").gate
        shop.with_gates({"shop_days": {"coverage": 0.95, "group_coverage": 0.5}})
        gate = shop.derived_table("shop_days").gate
        assert (gate.coverage, gate.group_coverage) == (0.95, 0.5)
        assert (gate.required, gate.rules) == (before.required, before.rules)

    def test_other_tables_keep_theirs(self, shop: Pipeline) -> None:
        """Only the named table changes."""
        shop.with_gates({"shop_days": {"coverage": 0.95}})
        assert shop.derived_table("daily_summary").gate.coverage == 0.9

    def test_warning_rises_with_the_coverage(self, shop: Pipeline) -> None:
        """A coverage above the declared warning takes the warning along."""
        shop.with_gates({"shop_days": {"coverage": 0.5, "warn": 0.6}})
        shop.with_gates({"shop_days": {"coverage": 0.8}})
        assert shop.derived_table("shop_days").gate.warn == 0.8

    def test_unknown_threshold(self, shop: Pipeline) -> None:
        """Only thresholds can be set from outside, and the nearest is named."""
        with pytest.raises(DeclarationError) as caught:
            shop.with_gates({"shop_days": {"covrage": 0.9}})
        assert str(caught.value) == "shop_days has no threshold 'covrage'. Did you mean 'coverage'?"
        assert SITE_THRESHOLDS == ("coverage", "warn", "group_coverage")

    def test_unknown_table(self, shop: Pipeline) -> None:
        """A threshold of a table that does not exist is refused with the nearest one."""
        with pytest.raises(DeclarationError, match=r"no table 'shop_dayz'.*'shop_days'"):
            shop.with_gates({"shop_dayz": {"coverage": 0.9}})

    def test_group_threshold_without_groups(self, shop: Pipeline) -> None:
        """A site cannot gate groups that the expected set does not have."""
        with pytest.raises(DeclarationError, match="names no group"):
            shop.with_gates({"complete_feed": {"group_coverage": 0.8}})

    def test_wrong_share(self, shop: Pipeline) -> None:
        """A wrong share is refused, and the table keeps its gate."""
        before = shop.derived_table("shop_days").gate
        with pytest.raises(DeclarationError, match=r"coverage=1\.5"):
            shop.with_gates({"shop_days": {"coverage": 1.5}})
        assert shop.derived_table("shop_days").gate == before

    def test_dependents_see_the_new_gate(self, shop: Pipeline) -> None:
        """A gate is looked up by name, so no reader keeps an old one."""
        shop.with_gates({"shop_days": {"coverage": 0.95}})
        [found] = [
            t for t in shop.upstream_of(shop.table("complete_feed")) if t.schema == "analytics"
        ]
        assert found is shop.table("shop_days")
