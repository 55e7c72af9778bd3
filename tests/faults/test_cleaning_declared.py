"""Promise 14: a retention that cannot work is refused where it is declared."""

from __future__ import annotations

import pytest

from gapless import Path as DatePath
from gapless.declare.pipeline import Pipeline
from gapless.errors import DeclarationError
from support.offers import (
    OFFERS,
    offers_pipeline,
)
from support.shopkeeper import COMPLETE_FEED


class TestDeclaring:
    """What cannot be let go is refused when it is declared."""

    def test_a_table_that_is_demanded_for_past_dates(self) -> None:
        pipeline = offers_pipeline()
        with pytest.raises(DeclarationError, match="is demanded for past dates"):
            pipeline.retain(pipeline.table(COMPLETE_FEED), days=7)

    def test_twice(self) -> None:
        pipeline = offers_pipeline()
        with pytest.raises(DeclarationError, match="has a retention already"):
            pipeline.retain(pipeline.table(OFFERS), days=7)

    @pytest.mark.parametrize("days", [0, 999_999])
    def test_less_than_a_day_or_more_than_can_be_counted_back(self, days: int) -> None:
        pipeline = _not_retained()
        with pytest.raises(DeclarationError, match=f"1 to 36,500 days .* not {days}"):
            pipeline.retain(pipeline.table(OFFERS), days=days)

    def test_a_replacement_that_nobody_demands(self) -> None:
        pipeline = _not_retained()
        offers_table = pipeline.table(OFFERS)
        with pytest.raises(DeclarationError, match="of which no past date is demanded"):
            pipeline.retain(offers_table, days=7, replaced_by=[offers_table])

    def test_a_reader_without_another_source(self) -> None:
        pipeline = _not_retained()
        from gapless import keys_of, same_date  # noqa: PLC0415

        offers_table = pipeline.table(OFFERS)
        pipeline.derived(
            "mart.only_offers",
            key="shop_id",
            sql="SELECT day, shop_id FROM offers",
            inputs={"offers": same_date(offers_table)},
            expected=keys_of(pipeline.table(COMPLETE_FEED)),
        )
        with pytest.raises(DeclarationError, match=r"mart\.only_offers reads its past dates"):
            pipeline.retain(offers_table, days=7)


def _not_retained() -> Pipeline:
    pipeline = offers_pipeline()
    pipeline.retentions.clear()
    assert DatePath.HISTORICAL in pipeline.derived_table(OFFERS).on_request
    return pipeline
