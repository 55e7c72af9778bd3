"""Promise 16 and F22: guards are cheap, whatever the number of dates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gapless import Pipeline
from gapless.verbs.backfill import backfill, preflight
from gapless.verbs.blame import blame
from gapless.verbs.explain import explain
from gapless.verbs.flagging import flag_incomplete
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from gapless.verbs.workspace import Workspace
from support.shop import insert_fast_feed, shop_pipeline
from support.shopkeeper import (
    SHOP_DAYS,
    Shopkeeper,
    checked,
    day,
    every_row,
    one_table_pipeline,
    redefined,
)

FEW, MANY = 20, 300

Verb = Callable[[Workspace], object]


def run_backfill(workspace: Workspace) -> object:
    """Backfill everything."""
    return backfill(workspace, Selection()).report


VERBS: dict[str, Verb] = {
    "backfill": run_backfill,
    "status": lambda workspace: status(workspace, Selection()),
    "preflight": lambda workspace: preflight(workspace, Selection()),
    "explain": lambda workspace: explain(workspace, SHOP_DAYS, day(4)),
    "blame": lambda workspace: blame(workspace, SHOP_DAYS, day(4)),
    "flagging": lambda workspace: flag_incomplete(workspace, Selection()),
}


def statements(shop: Shopkeeper, verb: Verb) -> int:
    """Count what one verb sends to the warehouse, opening and closing left out."""
    with shop.opened() as workspace:
        before = workspace.warehouse.statements
        verb(workspace)
        return workspace.warehouse.statements - before


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shopkeeper, Shopkeeper]:
    """A shop of few days and one of many; copied, never used."""
    folder = tmp_path_factory.mktemp("days")
    return (
        Shopkeeper.on_new_shop(folder / "few", FEW),
        Shopkeeper.on_new_shop(folder / "many", MANY),
    )


@pytest.fixture
def few_and_many(
    shops: tuple[Shopkeeper, Shopkeeper], tmp_path: Path
) -> tuple[Shopkeeper, Shopkeeper]:
    """Copies of this test's own."""
    few, many = shops
    return few.copy(tmp_path / "few"), many.copy(tmp_path / "many")


@pytest.fixture(scope="module")
def computed_shops(
    shops: tuple[Shopkeeper, Shopkeeper], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shopkeeper, Shopkeeper]:
    """The same in which everything is published; only looked at."""
    folder = tmp_path_factory.mktemp("computed-days")
    few, many = (shop.copy(folder / shop.folder.name) for shop in shops)
    assert (few.backfill().exit_code, many.backfill().exit_code) == (0, 0)
    return few, many


def spoil(shop: Shopkeeper, days: int) -> None:
    """Give some dates a partial feed, some a hole, some a repeated row and some a wrong amount."""
    numbers = "(day - DATE '2024-01-01')"
    shop.change(
        *(s for number in range(3, days, 5) for s in insert_fast_feed(day(number), [1, 2, 3])),
        f"DELETE FROM raw.sales WHERE {numbers} % 7 = 6 AND shop_id <= 3",
        f"INSERT INTO raw.sales FROM raw.sales WHERE {numbers} % 11 = 10 AND shop_id = 5",
        f"UPDATE raw.sales SET amount = -1 WHERE {numbers} % 13 = 12 AND shop_id = 5",
    )


def test_backfill_costs_the_same_for_any_number_of_dates(
    few_and_many: tuple[Shopkeeper, Shopkeeper],
) -> None:
    """Twenty dates and three hundred take the same number of statements."""
    few, many = few_and_many
    assert statements(few, run_backfill) == statements(many, run_backfill)


def test_backfill_with_faults_costs_the_same_for_any_number_of_dates(
    few_and_many: tuple[Shopkeeper, Shopkeeper],
) -> None:
    """So do they when some are refused, fed from elsewhere, blocked and quarantined."""
    few, many = few_and_many
    spoil(few, FEW)
    spoil(many, MANY)
    assert statements(few, run_backfill) == statements(many, run_backfill)


def test_a_rewrite_costs_the_same_for_any_number_of_dates(
    computed_shops: tuple[Shopkeeper, Shopkeeper], tmp_path: Path
) -> None:
    """So does replacing what was published, with what each date gains, loses and changes."""
    counts = []
    for shop in computed_shops:
        own = shop.copy(tmp_path / shop.folder.name)
        own.change("UPDATE raw.sales SET amount = amount + 1")
        own.open_more(4, "north", 11)
        counts.append(statements(own, run_backfill))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", VERBS)
def test_looking_costs_the_same_for_any_number_of_dates(
    computed_shops: tuple[Shopkeeper, Shopkeeper], name: str
) -> None:
    """Whatever looks at a computed pipeline sends a constant handful of statements."""
    few, many = (statements(shop, VERBS[name]) for shop in computed_shops)
    assert few == many
    assert few < 30


def test_doubts_cost_the_same_for_any_number_of_dates(
    computed_shops: tuple[Shopkeeper, Shopkeeper], tmp_path: Path
) -> None:
    """Measuring again what was changed behind Gapless' back does not go date by date."""
    counts = []
    for shop in computed_shops:
        own = shop.copy(tmp_path / shop.folder.name)
        own.change(f"UPDATE {SHOP_DAYS} SET amount = amount + 1")
        counts.append(statements(own, VERBS["status"]))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "broken",
    [
        checked(shop_pipeline(), SHOP_DAYS, every_row("broken", "nowhere")),
        redefined(
            one_table_pipeline(), SHOP_DAYS, "SELECT day, shop_id, nowhere AS amount FROM sales"
        ),
    ],
    ids=["check", "statement"],
)
def test_wrong_statement_costs_the_same_for_any_number_of_dates(
    few_and_many: tuple[Shopkeeper, Shopkeeper], broken: Pipeline
) -> None:
    """A statement that is wrong whatever the rows is not tried date by date."""
    few, many = (shop.using(broken) for shop in few_and_many)
    assert statements(few, run_backfill) == statements(many, run_backfill)


def test_search_for_poison_is_bounded(few_and_many: tuple[Shopkeeper, Shopkeeper]) -> None:
    """Rows that make every date fail are searched for only so long."""
    poison = redefined(
        one_table_pipeline(),
        SHOP_DAYS,
        "SELECT day, shop_id, error('poison')::DOUBLE AS amount FROM sales",
    )
    _, many = few_and_many
    assert statements(many.using(poison), run_backfill) < 10 * MANY
