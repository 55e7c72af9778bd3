"""Planted partial rows in the real seasons are found, explained and repaired to 187 of 187."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from acceptance.place import Place
from acceptance.seasons import FEB_23, INCIDENT, KEYS, MLFS, PCF, PLAYERS

FACTORS = "player_composite_factors"
CONTENTS = " UNION ALL ".join(
    f"SELECT '{table}', game_date, count(*), sum(hash(rows_of::VARCHAR)) "
    f"FROM {table} AS rows_of GROUP BY 2"
    for table in KEYS
)
VERSIONS = "SELECT table_name, partition_date, max(version) FROM gapless.publications GROUP BY ALL"
LEFT = {FEB_23: 1, INCIDENT[1]: 68}
"""Players whom the naive job left."""

Contents = dict[tuple[str, date], tuple[int, int]]


def contents(place: Place) -> Contents:
    """Return rows and fingerprint of every partition, measured without Gapless."""
    return {(row[0], row[1]): (row[2], row[3]) for row in place.rows(CONTENTS)}


@pytest.fixture(scope="module")
def before(whole_once: Place) -> Contents:
    return contents(whole_once)


@pytest.fixture
def planted(whole: Place) -> Place:
    """Both seasons, with the naive job's rows in the place of the published ones."""
    whole.change(
        *(
            f"DELETE FROM {PCF} WHERE game_date = DATE '{day}' AND player_id NOT IN "
            f"(SELECT player_id FROM {PCF} WHERE game_date = DATE '{day}' ORDER BY 1 LIMIT {left})"
            for day, left in LEFT.items()
        )
    )
    return whole


def test_gaps_finds_what_was_planted_and_nothing_else(planted: Place) -> None:
    """One gap of two dates with their missing keys explains the two partitions that rest on it."""
    report = planted.json("gaps", code=1)
    [gap] = report["gaps"]
    assert (gap["table"], gap["state"], gap["keys_missing"]) == (PCF, "partial", 186 + 107)
    found = {one["date"]: (one["present"], one["expected"]) for one in gap["dates"]}
    assert found == {str(day): (LEFT[day], PLAYERS[day]) for day in INCIDENT}
    [explained] = gap["explains"]
    assert (explained["table"], explained["partitions"]) == (MLFS, 2)


def test_explained_and_blamed_on_nobody(planted: Place) -> None:
    """The story names the 186 missing players, and no run of Gapless wrote what lies there."""
    story = planted.json("explain", FACTORS, str(FEB_23), code=1)
    assert len(story["named"]["missing"]) == 186
    blame = planted.json("blame", FACTORS, str(FEB_23), code=1)
    assert blame["intact"] is False
    assert (blame["rows"], len(blame["chapters"])) == (1, 1)


def test_repaired_to_187_of_187_and_nothing_else_touched(
    planted: Place, before: Contents, copied: Callable[[Place], Place]
) -> None:
    """A repair brings both dates back row by row, and writes no other partition."""
    untouched = copied(planted)
    report = planted.json("repair")
    assert report["exit_code"] == 0
    assert contents(planted) == before
    assert before[PCF, FEB_23][0] == PLAYERS[FEB_23] == 187
    versions = {(row[0], row[1]): row[2] for row in untouched.rows(VERSIONS)}
    after = {(row[0], row[1]): row[2] for row in planted.rows(VERSIONS)}
    assert {slot for slot, version in after.items() if version != versions[slot]} == {
        (PCF, day) for day in INCIDENT
    }
    assert planted.json("gaps")["gaps"] == []


def test_history_shows_it_all(planted: Place) -> None:
    """History has both attempts with who and how well; the second version gained 186 by name."""
    planted.run("repair")
    [partition] = planted.json("history", FACTORS, "--dates", str(FEB_23))["partitions"]
    assert [one["verdict"] for one in partition["tries"]] == ["published", "published"]
    assert (partition["actual"], partition["expected"], partition["version"]) == (187, 187, 2)
    blame = planted.json("blame", FACTORS, str(FEB_23))
    assert blame["intact"] is True
    newest = blame["chapters"][-1]
    assert newest["command"].startswith("gapless repair")
    difference: dict[str, Any] = newest["difference"]
    assert (difference["gained"], difference["lost"], difference["changed"]) == (186, 0, 0)
