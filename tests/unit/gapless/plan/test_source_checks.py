"""Checks of sources: asked of rows that nobody examined before, and of no others."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gapless import Pipeline, check, history, last_days, same_date
from gapless.declare.tables import Source
from gapless.plan.states import State
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace
from gapless.warehouse.duckdb import DuckDBWarehouse
from support.shop import change, close, open_shop, shop_pipeline
from support.shopkeeper import Shopkeeper, day, sql

EXAMINES = "a till is still open"
SALES = "raw.sales"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what the warehouse is asked for by the check; it is answered all the same."""
    found: list[str] = []
    fetch = DuckDBWarehouse.fetch

    def noting(self: DuckDBWarehouse, statement: str) -> list[tuple[object, ...]]:
        if EXAMINES in statement and "json_serialize_sql" not in statement:
            found.append(statement)
        return fetch(self, statement)

    monkeypatch.setattr(DuckDBWarehouse, "fetch", noting)
    return found


@contextmanager
def opened(keeper: Shopkeeper, pipeline: Pipeline | None = None) -> Iterator[Workspace]:
    """Open the shop with a ledger that remembers."""
    workspace = open_shop(keeper.folder, pipeline)
    workspace.open_ledger.open()
    try:
        yield workspace
    finally:
        close(workspace)


def states(workspace: Workspace) -> dict[int, State]:
    """Return how the sales stand, by number of the day."""
    standings, _ = look(workspace, Selection())
    return {(d - day(0)).days: found.state for d, found in standings.by_table[SALES].items()}


def sales_of(pipeline: Pipeline) -> Source:
    """Return the source that is examined."""
    found = pipeline.tables[SALES]
    assert isinstance(found, Source)
    return found


@pytest.fixture
def keeper(tmp_path: Path) -> Shopkeeper:
    return Shopkeeper.on_new_shop(tmp_path / "shop", 6)


def test_the_same_rows_are_examined_once(keeper: Shopkeeper, asked: list[str]) -> None:
    """Who looks again at rows that were examined before asks no check again."""
    with opened(keeper) as workspace:
        first = states(workspace)
    with opened(keeper) as workspace:
        assert states(workspace) == first
    assert len(asked) == 1


def test_one_changed_date_and_all_are_examined(keeper: Shopkeeper, asked: list[str]) -> None:
    """Where the rows of one date have changed since, the check is asked of all, in one query."""
    with opened(keeper) as workspace:
        states(workspace)
    change(keeper.file, f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(3)} AND shop_id = 1")
    with opened(keeper) as workspace:
        found = states(workspace)
    assert [number for number, state in found.items() if state is State.PARTIAL] == [3]
    assert len(asked) == 2


def sold_once(pipeline: Pipeline) -> Pipeline:
    """Add a check that compares every date with all others: an amount is there once."""
    sales = sales_of(pipeline)
    pipeline.require(
        sales,
        check(
            "sold_once",
            "SELECT day, shop_id::VARCHAR AS entity, "
            "count(*) OVER (PARTITION BY amount) = 1 AS ok, 'twice' AS detail FROM sales "
            "WHERE shop_id = 1",
            {"sales": same_date(sales)},
        ),
    )
    return pipeline


def test_a_check_that_compares_dates(keeper: Shopkeeper) -> None:
    """What another date has to do with it is found when it comes and when it goes."""
    pipeline = sold_once(shop_pipeline())
    again = f"UPDATE raw.sales SET amount = (SELECT amount FROM raw.sales WHERE day = {sql(2)} "
    found = []
    for statement in (
        "SELECT 1",
        f"{again} AND shop_id = 1) WHERE day = {sql(5)} AND shop_id = 1",
        f"UPDATE raw.sales SET amount = 105 WHERE day = {sql(5)} AND shop_id = 1",
    ):
        change(keeper.file, statement)
        with opened(keeper, pipeline) as workspace:
            known = states(workspace)
        found.append([number for number, state in known.items() if state is State.PARTIAL])
    assert found == [[], [2, 5], []]


def test_a_look_at_some_dates_is_not_remembered(keeper: Shopkeeper) -> None:
    """What was found of a few dates alone does not speak for them among all the others."""
    pipeline = sold_once(shop_pipeline())
    with opened(keeper, pipeline) as workspace:
        states(workspace)
    change(
        keeper.file,
        f"UPDATE raw.sales SET amount = (SELECT amount FROM raw.sales WHERE day = {sql(2)} "
        f"AND shop_id = 1) WHERE day = {sql(5)} AND shop_id = 1",
    )
    with opened(keeper, pipeline) as workspace:
        look(workspace, Selection(tables=["analytics.shop_days"], dates=[day(5)]))
    with opened(keeper, pipeline) as workspace:
        assert states(workspace)[5] is State.PARTIAL


def test_a_check_that_asks_for_the_time(keeper: Shopkeeper) -> None:
    """What hangs on the moment is never remembered."""
    pipeline = shop_pipeline()
    sales = sales_of(pipeline)
    pipeline.require(
        sales,
        check(
            "fresh",
            "SELECT day, 'sales' AS entity, now() > DATE '2000-01-01' AS ok, 'old' AS detail "
            "FROM sales GROUP BY day",
            {"sales": same_date(sales)},
        ),
    )
    with opened(keeper, pipeline) as workspace:
        states(workspace)
        assert workspace.open_ledger.examinations() == []


@pytest.mark.parametrize("damage", ["{not json", '[["till_closed"]]'])
def test_a_damaged_examination(keeper: Shopkeeper, asked: list[str], damage: str) -> None:
    """What cannot be read or understood is not known, so the check is asked again."""
    with opened(keeper) as workspace:
        first = states(workspace)
    with sqlite3.connect(keeper.ledger_file) as ledger:
        ledger.execute("UPDATE gapless_examinations SET outcomes = ?", (damage,))
    ledger.close()
    with opened(keeper) as workspace:
        assert states(workspace) == first
    assert len(asked) == 2


def test_what_failed_is_remembered(keeper: Shopkeeper, asked: list[str]) -> None:
    """A failure is remembered as well, with the sentence that says what is wrong."""
    change(keeper.file, f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(3)} AND shop_id = 1")
    reasons = []
    for _ in range(2):
        with opened(keeper) as workspace:
            standings, _ = look(workspace, Selection())
            reasons.append(standings.of(SALES, day(3)).reason)
    assert reasons[0] == reasons[1]
    assert EXAMINES in reasons[1]
    assert len(asked) == 1


def test_a_date_without_rows_is_remembered_as_such(keeper: Shopkeeper, asked: list[str]) -> None:
    """Where a check examined nothing it says so again, and does not pass."""
    change(keeper.file, f"DELETE FROM raw.sales WHERE day = {sql(3)}")
    for _ in range(2):
        with opened(keeper) as workspace:
            assert states(workspace)[3] is State.MISSING
    assert len(asked) == 1


def test_a_changed_check_is_asked_of_everything(keeper: Shopkeeper) -> None:
    """A check that is not the one from before examines every date anew."""
    with opened(keeper) as workspace:
        states(workspace)
    stricter = shop_pipeline()
    sales = sales_of(stricter)
    stricter.require(
        sales,
        check(
            "sold_something",
            f"SELECT day, 'sales' AS entity, count(*) > 20 AS ok, '{EXAMINES}' AS detail "
            "FROM sales GROUP BY day",
            {"sales": same_date(sales)},
        ),
    )
    with opened(keeper, stricter) as workspace:
        assert set(states(workspace).values()) == {State.PARTIAL}


def test_a_change_behind_it_in_another_table(keeper: Shopkeeper) -> None:
    """A check that also reads another table is asked again where that one has changed."""
    pipeline = shop_pipeline()
    sales, hours = sales_of(pipeline), pipeline.tables["raw.opening_hours"]
    pipeline.require(
        sales,
        check(
            "open_shops",
            "SELECT s.day, 'shops' AS entity, bool_and(o.region <> 'west') AS ok, "
            "'moved' AS detail "
            "FROM sales AS s JOIN hours AS o USING (day, shop_id) GROUP BY s.day",
            {"sales": same_date(sales), "hours": same_date(hours)},
        ),
    )
    with opened(keeper, pipeline) as workspace:
        assert states(workspace)[2] is State.COMPLETE
    change(keeper.file, f"UPDATE raw.opening_hours SET region = 'west' WHERE day = {sql(2)}")
    with opened(keeper, pipeline) as workspace:
        found = states(workspace)
    assert [number for number, state in found.items() if state is State.PARTIAL] == [2]


def test_a_change_in_its_window(keeper: Shopkeeper) -> None:
    """A check that looks back is asked again of every date whose window holds the change."""
    pipeline = shop_pipeline()
    sales = sales_of(pipeline)
    pipeline.require(
        sales,
        check(
            "nothing_odd_lately",
            "SELECT s.day, 'sales' AS entity, "
            "NOT EXISTS (SELECT 1 FROM past WHERE amount < 0 AND past.day < s.day "
            "AND past.day >= s.day - 2) AS ok, 'odd' AS detail "
            "FROM (SELECT DISTINCT day FROM sales) AS s",
            {"sales": same_date(sales), "past": history(sales, last_days(2))},
        ),
    )
    with opened(keeper, pipeline) as workspace:
        assert State.PARTIAL not in states(workspace).values()
    change(keeper.file, f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(2)} AND shop_id = 1")
    with opened(keeper, pipeline) as workspace:
        found = states(workspace)
    assert [number for number, state in found.items() if state is State.PARTIAL] == [3, 4]


def test_a_look_back_beyond_what_was_read(keeper: Shopkeeper) -> None:
    """Of a date whose window was not read whole nothing is remembered, so nothing is missed."""
    pipeline = shop_pipeline()
    sales = sales_of(pipeline)
    pipeline.require(
        sales,
        check(
            "nothing_odd_lately",
            "SELECT s.day, 'sales' AS entity, "
            "NOT EXISTS (SELECT 1 FROM past WHERE amount < 0) AS ok, 'odd' AS detail "
            "FROM (SELECT DISTINCT day FROM sales) AS s",
            {"sales": same_date(sales), "past": history(sales, last_days(2))},
        ),
    )
    one_date = Selection(tables=["analytics.shop_days"], dates=[day(4)])
    with opened(keeper, pipeline) as workspace:
        assert look(workspace, one_date)[0].of(SALES, day(4)).state is State.COMPLETE
        assert [e for e in workspace.open_ledger.examinations() if e.table == SALES] == []
    change(keeper.file, f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(3)} AND shop_id = 1")
    with opened(keeper, pipeline) as workspace:
        assert look(workspace, one_date)[0].of(SALES, day(4)).state is State.PARTIAL


def test_a_ledger_opened_for_reading(keeper: Shopkeeper, asked: list[str]) -> None:
    """Who may only read uses what is remembered, and leaves the ledger as it is."""
    with opened(keeper) as workspace:
        states(workspace)
    assert keeper.command("gaps").exit_code == 1  # nothing is published yet
    assert len(asked) == 1
    change(keeper.file, f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(3)} AND shop_id = 1")
    for _ in range(2):
        assert keeper.command("gaps").exit_code == 1
    assert len(asked) == 3


def test_an_examination_of_other_rows(keeper: Shopkeeper) -> None:
    """What was found of rows that are not there any more does not speak for those that are."""
    change(keeper.file, f"UPDATE raw.sales SET closed = FALSE WHERE day = {sql(3)} AND shop_id = 1")
    with opened(keeper) as workspace:
        states(workspace)
        ledger = workspace.open_ledger
        passed, failed = (
            next(e for e in ledger.examinations() if (e.table, e.partition) == (SALES, day(n)))
            for n in (2, 3)
        )
        ledger.record_examinations(
            [replace(passed, partition=day(3)), replace(failed, fingerprint="of other rows")]
        )
    with opened(keeper) as workspace:
        assert states(workspace)[3] is State.PARTIAL
