"""Known limitations and cross-checks: what is wrong with a declaration is said at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gapless import Pipeline, check, same_date
from gapless.declare.calendar import DateFacts
from gapless.errors import DeclarationError
from support.shop import shop_pipeline
from support.shopkeeper import SHOP_DAYS, every_row


def declare(pipeline: Pipeline, **changes: Any) -> None:
    given: dict[str, Any] = {
        "name": "slow",
        "table": pipeline.table("sales"),
        "check": "till_closed",
    }
    given |= {"reason": "the till is old"}
    given |= changes
    pipeline.known_limitation(given.pop("name"), given.pop("table"), given.pop("check"), **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"check": "till_close"}, "Did you mean 'till_closed'"),
        ({"reason": " "}, "gives no reason"),
        ({"consequences": {"analytics.shop_day": "TRUE"}}, "Did you mean 'analytics.shop_days'"),
        ({"first": date(2024, 2, 1), "last": date(2024, 1, 1)}, "before it begins"),
    ],
)
def test_a_wrong_limitation_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        declare(shop_pipeline(), **changes)


def test_two_limitations_of_one_name_are_refused() -> None:
    pipeline = shop_pipeline()
    declare(pipeline)
    with pytest.raises(DeclarationError, match="declared twice"):
        declare(pipeline)


def test_a_limitation_holds_within_its_season_and_dates() -> None:
    pipeline = shop_pipeline()
    declare(pipeline, season="2024", first=date(2024, 1, 3), last=date(2024, 1, 4))
    [limitation] = pipeline.limitations

    def holds(day: int, season: str = "2024") -> bool:
        facts = DateFacts(date(2024, 1, day), season, date(2024, 1, 1), None, 1)
        return limitation.holds_on(facts)

    assert [day for day in range(1, 8) if holds(day)] == [3, 4]
    assert not holds(3, "2023")


@pytest.mark.parametrize("name", ["coverage", "amount_at_least_0"])
def test_a_cross_check_cannot_take_the_name_of_a_rule(name: str) -> None:
    """Two findings of one name could not be told apart."""
    pipeline = shop_pipeline()
    with pytest.raises(DeclarationError, match="already"):
        pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), every_row(name, "TRUE"))


def test_a_cross_check_reads_declared_tables_only() -> None:
    pipeline, other = shop_pipeline(), Pipeline("other", partition="day")
    foreign = other.source("raw.foreign", key="id")
    examined = check("foreign", "SELECT * FROM foreign_rows", {"foreign_rows": same_date(foreign)})
    with pytest.raises(DeclarationError, match=r"raw\.foreign is not declared"):
        pipeline.cross_check(pipeline.derived_table(SHOP_DAYS), examined)


def test_a_schema_is_its_own_layer_unless_it_is_named() -> None:
    pipeline = Pipeline("layers", partition="day", layers={"raw": "L1"})
    first = pipeline.source("raw.one", key="id")
    second = pipeline.source("mart.two", key="id")
    assert [pipeline.layer_of(first), pipeline.layer_of(second)] == ["L1", "mart"]
