"""What a publication gains, loses and changes, against Python's sets."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapless import Pipeline
from gapless.run.difference import NAMES_AT_MOST, Difference
from gapless.sql.difference import DifferenceRequest, difference_query
from gapless.verbs.backfill import backfill
from gapless.verbs.selection import Selection
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    gated,
    redefined,
    sql,
)


def evidence(shop: Shopkeeper, table: str, number: int) -> list[Any]:
    """Return what each publication of a partition says it changed, oldest first."""
    found = shop.rows(
        "SELECT evidence FROM gapless.publications "
        f"WHERE table_name = '{table}' AND partition_date = {sql(number)} ORDER BY version"
    )
    return [json.loads(text).get("difference") for (text,) in found]


def test_a_first_publication_gains_everything(done: Shopkeeper) -> None:
    """Of version 1 the keys are counted and nobody is named."""
    assert evidence(done, SHOP_DAYS, 4) == [{"gained": 9, "lost": 0, "changed": 0}]


def test_a_rewrite_names_what_it_gained_and_changed(done: Shopkeeper) -> None:
    """Shop 11 is new, shop 3 sold more, the others are as they were."""
    done.open_more(4, "north", 11)
    done.change(f"UPDATE raw.sales SET amount = 999 WHERE day = {sql(4)} AND shop_id = 3")
    assert done.backfill(SHOP_DAYS).exit_code == 0
    assert evidence(done, SHOP_DAYS, 4)[1] == {
        "gained": 1,
        "lost": 0,
        "changed": 1,
        "names": {"gained": ["Shop 11 (11)"], "changed": ["Shop 03 (3)"]},
    }


def test_a_rewrite_names_what_it_lost(done: Shopkeeper) -> None:
    """A key is lost where somebody says that it may be."""
    done.lose_sales(4, 7)
    tolerant = done.using(gated(shop_pipeline(), SHOP_DAYS, coverage=0.5, group_coverage=None))
    tolerant.backfill(SHOP_DAYS, dates=[day(4)], force="shop 7 reported a flood")
    assert evidence(done, SHOP_DAYS, 4)[1] == {
        "gained": 0,
        "lost": 1,
        "changed": 0,
        "names": {"lost": ["Shop 07 (7)"]},
    }


def test_names_come_from_the_expected_set_where_the_rows_have_none(done: Shopkeeper) -> None:
    """The summary has no column with a name; its expected set has one."""
    done.open_more(4, "north", 11)
    assert done.backfill().exit_code == 0
    assert evidence(done, DAILY_SUMMARY, 4)[1]["names"] == {"gained": ["Shop 11 (11)"]}


def test_a_renewed_publication_changes_nothing(done: Shopkeeper) -> None:
    """A new statement that yields the same rows gains, loses and changes no key."""
    same = shop_pipeline().derived_table(COMPLETE_FEED).statement.text + " WHERE TRUE"
    other = done.using(redefined(shop_pipeline(), COMPLETE_FEED, same))
    assert other.backfill(COMPLETE_FEED, dates=[day(4)]).counts == {"unchanged": 1}
    assert evidence(done, COMPLETE_FEED, 4)[1] == {"gained": 0, "lost": 0, "changed": 0}


def test_a_new_column_changes_the_keys_that_have_a_value_in_it(done: Shopkeeper) -> None:
    """What was published before has NULL in the new column; where it stays so, nothing changed."""
    wider = redefined(
        shop_pipeline(),
        COMPLETE_FEED,
        "SELECT day, shop_id, region, amount, 'complete' AS origin, "
        "CASE WHEN shop_id = 2 THEN 'large' END AS size FROM shop_days",
    )
    done.using(wider).backfill(COMPLETE_FEED, dates=[day(4)])
    found = evidence(done, COMPLETE_FEED, 4)[1]
    assert (found["gained"], found["lost"], found["changed"]) == (0, 0, 1)
    assert found["names"] == {"changed": ["Shop 02 (2)"]}


def test_a_rewrite_after_rows_were_taken_away_gains_them_back(done: Shopkeeper) -> None:
    """Compared is what was live right before, not what was once published."""
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id IN (1, 2)")
    assert done.backfill(SHOP_DAYS).exit_code == 0
    found = evidence(done, SHOP_DAYS, 4)[1]
    assert (found["gained"], found["changed"]) == (2, 0)


def test_the_first_names_of_many(done: Shopkeeper) -> None:
    """However many keys there are, the count is exact and the names are few."""
    done.open_more(4, "north", *range(20, 70))
    assert done.backfill(SHOP_DAYS).exit_code == 0
    found = evidence(done, SHOP_DAYS, 4)[1]
    assert found["gained"] == 50
    assert found["names"]["gained"] == [f"Shop {n} ({n})" for n in range(20, 20 + NAMES_AT_MOST)]


# -- What it costs ---------------------------------------------------------------------------


def compared(shop: Shopkeeper, pipeline: Pipeline | None = None) -> int:
    """Backfill, and count the statements that compare rows before and after."""
    with shop.using(pipeline or shop.pipeline).opened() as workspace:
        sent: list[str] = []
        connection = workspace.warehouse
        original = type(connection).fetch

        def listening(self: Any, text: str) -> Any:
            sent.append(text)
            return original(self, text)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(connection), "fetch", listening)
            backfill(workspace, Selection())
    assert len(sent) > 10, "nothing was overheard"
    return sum("differing AS" in text for text in sent)


def test_a_first_backfill_compares_nothing(shop: Shopkeeper) -> None:
    """Where nothing was published, no statement asks what is lost."""
    assert compared(shop) == 0


def test_a_rewrite_of_many_dates_takes_one_query_a_table(done: Shopkeeper) -> None:
    """All dates of a chunk are compared at once."""
    done.change("UPDATE raw.sales SET amount = amount + 1")
    assert compared(done) == 3
    assert all(evidence(done, SHOP_DAYS, number)[1]["changed"] == 9 for number in range(10))


# -- Against Python's sets -------------------------------------------------------------------

Rows = dict[tuple[int, int | None], list[int | None]]
"""Day and shop → the amounts of its rows."""
rows_of_three_days = st.dictionaries(
    st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(1, 4))),
    st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=2),
    max_size=8,
)


def table_of(connection: duckdb.DuckDBPyConnection, name: str, held: Rows) -> None:
    connection.execute(f"CREATE TABLE main.{name} (day DATE, shop_id INTEGER, amount INTEGER)")
    for (number, shop), amounts in held.items():
        for amount in amounts:
            values = [day(number), shop, amount]
            connection.execute(f"INSERT INTO main.{name} VALUES (?, ?, ?)", values)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(before=rows_of_three_days, after=rows_of_three_days)
def test_the_query_says_what_sets_say(before: Rows, after: Rows) -> None:
    """Keys with NULL, repeated keys and empty dates included."""
    with duckdb.connect() as connection:
        table_of(connection, "live", before)
        table_of(connection, "staged", after)
        connection.execute("CREATE TABLE main.expected (day DATE, shop_id INTEGER)")
        request = DifferenceRequest(
            table="main.live",
            staged="main.staged",
            partition="day",
            key=("shop_id",),
            columns={"day": "DATE", "shop_id": "INTEGER", "amount": "INTEGER"},
            live_columns=("day", "shop_id", "amount"),
            days=[day(0), day(1), day(2)],
            label=None,
            expected="main.expected",
            expected_label=None,
        )
        found = connection.execute(difference_query(request, 100)).fetchall()
    counted = {(one, kind): count for one, kind, count, *_ in found}
    named: dict[tuple[Any, str], set[str]] = {}
    for one, kind, _, key, _ in found:
        named.setdefault((one, kind), set()).add(key)
    wanted: dict[tuple[Any, str], set[str]] = {}
    for number in range(3):
        old = {shop: sorted(a, key=str) for (n, shop), a in before.items() if n == number}
        new = {shop: sorted(a, key=str) for (n, shop), a in after.items() if n == number}
        changed = {shop for shop in old.keys() & new.keys() if old[shop] != new[shop]}
        for kind, keys in (
            ("gained", new.keys() - old.keys()),
            ("lost", old.keys() - new.keys()),
            ("changed", changed),
        ):
            if keys:
                wanted[day(number), kind] = {"NULL" if k is None else str(k) for k in keys}
    assert named == wanted
    assert counted == {slot: len(keys) for slot, keys in wanted.items()}


def test_evidence_reads_back() -> None:
    """What a publication keeps is what was measured."""
    kept = Difference(1, 2, 3, {"gained": ["Ann (1)"]})
    assert Difference(**kept.as_evidence()) == kept
