"""Promise 8: a publication that loses keys the published one has is refused."""

from __future__ import annotations

from support.shop import shop_pipeline
from support.shopkeeper import (
    OPEN_SHOPS,
    SHOP_DAYS,
    TABLES,
    Shopkeeper,
    outcomes,
    result,
    sql,
    touched,
)


def test_fewer_keys_are_refused(done: Shopkeeper) -> None:
    """F9: a rerun that has lost a published key is refused, although it passes its coverage."""
    before = done.table(SHOP_DAYS)
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    found = result(report, SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "never_less: 1" in found.reason
    assert "lost, first: Shop 03 (3)" in found.reason
    assert done.table(SHOP_DAYS) == before


def test_fewer_keys_are_refused_when_the_reference_shrank_too(done: Shopkeeper) -> None:
    """A reference that lost the same shops cannot talk the engine into publishing less."""
    before = done.table(SHOP_DAYS)
    for table in ("raw.sales", "raw.opening_hours"):
        done.change(f"DELETE FROM {table} WHERE day = {sql(4)} AND shop_id = 3")
    report = done.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_key_that_lost_its_value_is_less(done: Shopkeeper) -> None:
    """A key that is still there but not usable any more is lost, too."""
    before = done.table(SHOP_DAYS)
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"UPDATE raw.sales SET amount = NULL WHERE day = {sql(4)} AND shop_id = 3")
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_less_is_less_also_behind_rows_that_were_changed(done: Shopkeeper) -> None:
    """Somebody's change of one row does not give leave to lose the expected keys of others."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = {sql(4)} AND shop_id = 9")
    before = done.table(SHOP_DAYS)
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before


def test_rows_from_before_the_first_publication_are_guarded(shop: Shopkeeper) -> None:
    """Rows that another job had written are not replaced by fewer either."""
    shop.change(
        "CREATE SCHEMA analytics",
        f"CREATE TABLE {SHOP_DAYS} AS SELECT s.day, s.shop_id, o.name, o.region, s.amount "
        "FROM raw.sales AS s JOIN raw.opening_hours AS o USING (day, shop_id)",
    )
    before = shop.table(SHOP_DAYS)
    lax = shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert outcomes(report, SHOP_DAYS) == {
        number: "refused" if number == 4 else "unchanged" for number in range(10)
    }
    assert shop.table(SHOP_DAYS) == before


def test_other_keys_are_less(done: Shopkeeper) -> None:
    """As many keys as before, but not the same ones, is less."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    for table in ("raw.sales", "raw.opening_hours"):
        done.change(f"UPDATE {table} SET shop_id = 33 WHERE day = {sql(4)} AND shop_id = 3")
    found = result(lax.backfill(SHOP_DAYS), SHOP_DAYS, 4)
    assert found.outcome == "refused"
    assert "never_less: 1" in found.reason


def test_more_keys_are_welcome(shop: Shopkeeper) -> None:
    """A rerun that has more than before replaces it."""
    lax = shop.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    lax.lose_sales(4, 3)
    assert lax.backfill(SHOP_DAYS).exit_code == 0
    shop.deliver_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert touched(report) == {(SHOP_DAYS, 4)}
    assert shop.shops(SHOP_DAYS, 4) == list(OPEN_SHOPS)


def test_day_that_is_not_closed_yet_overwrites_nothing(done: Shopkeeper) -> None:
    """A till that was opened again blocks the date; the good rows stay."""
    before = done.table(SHOP_DAYS)
    done.change(f"UPDATE raw.sales SET closed = FALSE, amount = 0 WHERE day = {sql(4)}")
    report = done.backfill()
    assert result(report, SHOP_DAYS, 4).outcome == "blocked"
    assert "a till is still open" in result(report, SHOP_DAYS, 4).reason
    assert done.table(SHOP_DAYS) == before


def test_source_that_was_emptied_overwrites_nothing(done: Shopkeeper) -> None:
    """A source date that lost all its rows is missing; the good rows stay."""
    before = {table: done.table(table) for table in TABLES}
    done.change(f"DELETE FROM raw.sales WHERE day = {sql(4)}")
    assert done.backfill().exit_code == 1
    assert {table: done.table(table) for table in TABLES} == before


def test_doubled_row_gives_no_leave_to_lose_another(done: Shopkeeper) -> None:
    """A row too many is not set off against an expected key that is gone: sets, not counts."""
    lax = done.using(shop_pipeline(coverage=0.5, group_coverage=0.5))
    done.change(f"INSERT INTO {SHOP_DAYS} FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id = 9")
    before = done.table(SHOP_DAYS)
    lax.lose_sales(4, 3)
    report = lax.backfill(SHOP_DAYS)
    assert result(report, SHOP_DAYS, 4).outcome == "refused"
    assert done.table(SHOP_DAYS) == before
