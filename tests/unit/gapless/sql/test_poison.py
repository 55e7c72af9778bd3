"""Poison stands where the true rows after D would stand, and can be found by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from gapless.sql.literals import identifier
from gapless.sql.poison import (
    FAR,
    POISONS,
    Poison,
    Poisonable,
    dated_query,
    history_stand_in,
    same_date_stand_in,
)

FIRST = date(2024, 1, 1)
COLUMNS = {
    "day": "DATE",
    "season": "VARCHAR",
    "game": "VARCHAR",
    "team": "VARCHAR",
    "points": "INTEGER",
    "small": "UTINYINT",
    "share": "DOUBLE",
    "won": "BOOLEAN",
    "place": "VARCHAR",
    "tip_off": "TIMESTAMP",
    "lines": "INTEGER[]",
}
GAMES = Poisonable(
    name="main.games",
    key=("game", "team"),
    columns=COLUMNS,
    partition="day",
    names=frozenset({"season", "game", "team"}),
    season="season",
    dated=frozenset({"game"}),
)
D = FIRST + timedelta(days=10)
FAR_DAY = D + FAR


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Twelve days of two teams, two of them from D on."""
    with duckdb.connect(config={"threads": 1}) as connection:
        listed = ", ".join(f"{identifier(name)} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TABLE games ({listed})")
        connection.execute(
            f"INSERT INTO games SELECT DATE '{FIRST}' + n::INTEGER, '2024', 'g' || n, team, "
            "100 + n, n, CASE WHEN n % 2 = 0 THEN 0.5 END, n % 2 = 0, 'place ' || team, "
            f"TIMESTAMP '{FIRST} 20:00:00', [n, 1] "
            "FROM range(12) AS numbers(n), (VALUES ('A'), ('B')) AS teams(team)"
        )
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, select: str) -> list[dict[str, Any]]:
    """Return the rows of a SELECT by column, in order of date and key."""
    found = connection.execute(f"SELECT * FROM ({select}) ORDER BY day, game, team")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def history(
    connection: duckdb.DuckDBPyConnection, poison: Poison, day: date = D, start: date = FIRST
) -> list[dict[str, Any]]:
    return rows(connection, history_stand_in(GAMES, day, "2024", start, poison))


@pytest.mark.parametrize("poison", Poison)
def test_rows_before_the_date_are_the_true_ones(
    connection: duckdb.DuckDBPyConnection, poison: Poison
) -> None:
    """Since the start of the window, untouched."""
    start = FIRST + timedelta(days=4)
    found = [row for row in history(connection, poison, start=start) if row["day"] < D]
    true_rows = f"SELECT * FROM games WHERE day BETWEEN '{start}' AND '{D - timedelta(days=1)}'"
    assert found == rows(connection, true_rows)


def test_without_poison_the_history_is_cut(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing of D or later is there."""
    assert max(row["day"] for row in history(connection, Poison.NONE)) == D - timedelta(days=1)


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("number", [3, 10, 12], ids=["in the middle", "near the end", "at the end"])
def test_every_day_up_to_the_far_one_holds_poison(
    connection: duckdb.DuckDBPyConnection, poison: Poison, number: int
) -> None:
    """Both teams, each once: true rows where there are any, copies elsewhere."""
    day = FIRST + timedelta(days=number)
    poisoned = [row for row in history(connection, poison, day) if row["day"] >= day]
    counts = Counter((row["day"], row["team"]) for row in poisoned)
    days = [day + timedelta(days=n) for n in range(FAR.days)]
    assert counts == {(one, team): 1 for one in days for team in "AB"}


def test_before_the_first_row_poison_is_made_of_later_ones_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """There is nothing to copy, and nothing is made up."""
    poisoned = history(connection, Poison.PLAIN, FIRST)
    assert poisoned == rows(connection, "SELECT * FROM games")


def test_a_name_of_one_date_is_new_in_a_copy(connection: duckdb.DuckDBPyConnection) -> None:
    """No true row meets a copy of itself; teams stay who they are."""
    poisoned = history(connection, Poison.PLAIN)
    games = Counter(row["game"] for row in poisoned)
    assert set(games.values()) == {2}
    assert {row["team"] for row in poisoned} == {"A", "B"}


def test_raised_numbers_and_filled_gaps(connection: duckdb.DuckDBPyConnection) -> None:
    """Seven times and a thousand more; what does not fit its type is NULL; the rest stays."""
    plain = [row for row in history(connection, Poison.PLAIN) if row["day"] >= D]
    raised = [row for row in history(connection, Poison.RAISED) if row["day"] >= D]
    kept = ("day", "season", "game", "team", "won", "place", "tip_off", "lines")
    for before, after in zip(plain, raised, strict=True):
        assert [after[name] for name in kept] == [before[name] for name in kept]
        assert after["points"] == before["points"] * 7 + 1000
        assert after["share"] == (before["share"] or 0) * 7 + 1000
        assert after["small"] is None


def test_twisted_values_differ_in_every_column(connection: duckdb.DuckDBPyConnection) -> None:
    """Numbers fall, booleans flip, moments move, texts and lists change places."""
    plain = [row for row in history(connection, Poison.PLAIN) if row["day"] >= D]
    twisted = [row for row in history(connection, Poison.TWISTED) if row["day"] >= D]
    for before, after in zip(plain, twisted, strict=True):
        assert [after[name] for name in GAMES.names] == [before[name] for name in GAMES.names]
        assert after["points"] == before["points"] * -11 - 3000
        assert after["won"] is not before["won"]
        assert after["tip_off"] - before["tip_off"] == timedelta(days=400)
    assert [row["place"] for row in twisted[:-1]] == [row["place"] for row in plain[1:]]
    assert [row["lines"] for row in twisted[:-1]] == [row["lines"] for row in plain[1:]]


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("number", [10, 40], ids=["a date with rows", "a date without"])
def test_other_inputs_hold_the_date_and_poison_far_from_it(
    connection: duckdb.DuckDBPyConnection, poison: Poison, number: int
) -> None:
    """The true rows of D, and as many as there were lately on the far date."""
    day = FIRST + timedelta(days=number)
    found = rows(connection, same_date_stand_in(GAMES, day, "2024", poison))
    true_rows = rows(connection, f"SELECT * FROM games WHERE day = DATE '{day}'")
    assert [row for row in found if row["day"] == day] == true_rows
    far = [row for row in found if row["day"] != day]
    assert {row["day"] for row in far} == {day + FAR}
    assert [row["team"] for row in far] == ["A", "B"]


def test_copies_carry_the_season_of_the_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Else a join by season would not find them on the first date of a season."""
    poisoned = rows(connection, history_stand_in(GAMES, FAR_DAY, "2025", FIRST, Poison.PLAIN))
    assert {row["season"] for row in poisoned if row["day"] >= FAR_DAY} == {"2025"}


def test_columns_that_belong_to_one_date_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    """The game never comes back on another date; teams and places do."""
    asked, query = dated_query(replace(GAMES, dated=frozenset()))
    [(dates, *counts)] = connection.execute(query).fetchall()
    dated = [name for place, name in enumerate(asked) if counts[2 * place] == counts[2 * place + 1]]
    assert (dates, asked, dated) == (12, ["game", "team", "place"], ["game"])
