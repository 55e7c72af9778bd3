"""History, failures and blame through the installed command, on two small games."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest

from acceptance.place import Answer, Place

PGS = "analytics.player_game_summary"
FIRST_DAY = "2022-10-18"
ALONE = "raw.player_box_scores"


@pytest.fixture
def holed(small: Place) -> Place:
    """Two of ten players of the first game were deleted behind Gapless' back."""
    small.change(
        f"DELETE FROM {PGS} WHERE game_date = '{FIRST_DAY}' AND player_id IN (10, 20)",
    )
    return small


def parquet(place: Place, name: str) -> tuple[list[tuple[str, str]], list[tuple[object, ...]]]:
    """Read a Parquet file: its columns with types, and its rows."""
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM '{place.folder / name}'")
        columns = [(column[0], str(column[1])) for column in found.description or ()]
        return columns, found.fetchall()


def test_history_tells_what_was_tried_by_whom(small_once: Place) -> None:
    answer = small_once.run("history", GAPLESS_ACTOR="reader@elsewhere")
    assert "player_game_summary ██ 2 2 ● published" in answer.text
    assert "● the last attempt at each of them ended well" in answer.text
    found = small_once.json("history", "player_game_summary", "--dates", FIRST_DAY)
    [row] = found["partitions"]
    assert (row["expected"], row["actual"], row["coverage"], row["status"]) == (
        10,
        10,
        1.0,
        "published",
    )
    assert row["command"].startswith("gapless")
    assert row["actor"] != "reader@elsewhere"
    assert row["code_version"].startswith("nba ")


def test_history_answers_while_another_process_holds_the_warehouse(small_once: Place) -> None:
    with duckdb.connect(str(small_once.warehouse)):
        answer = small_once.run("history")
        failures = small_once.run("history", "--failures")
        flagging = small_once.run("history", "--flag-incomplete", code=3)
    assert "player_game_summary" in answer.text
    assert failures.text == "No failure was seen since " + failures.text[-11:]
    assert "process" in flagging.complaint


def test_history_before_anything_was_run(empty: Place) -> None:
    """Whether nothing happened or cannot be read is not known: exit 4, one sentence."""
    empty.run("init")
    before = empty.content()
    answer = empty.run("history", code=4)
    assert "There is no ledger that can be read" in answer.text
    assert empty.content() == before


def test_without_a_ledger_an_export_stays_as_it_was(empty: Place) -> None:
    """What cannot be read is not exported as if there were nothing."""
    empty.run("init")
    (empty.folder / "out.csv").write_text("of last week\n")
    complaint = empty.run("history", "--export", "out.csv", code=4).complaint
    assert "out.csv was not written" in complaint
    assert (empty.folder / "out.csv").read_text() == "of last week\n"


def test_flagging_names_the_players_and_a_backfill_resolves_them(holed: Place) -> None:
    """From the hole to the names, the reason, and when they were there again."""
    answer = holed.run("history", "player_game_summary", "--flag-incomplete", code=1)
    assert "✗ 1 of 2 partitions need attention; 2 failures recorded, 0 known before" in answer.text
    found = holed.json("history", "--failures", "--open")
    assert [(f["entity"], f["category"], f["correctable"]) for f in found["failures"]] == [
        ("10", "lost", True),
        ("20", "lost", True),
    ]
    holed.run("backfill")
    text = holed.run("history", "--failures").text
    assert "2 lost since" in text
    assert ", resolved 20" in text
    assert "● nothing is open; 2 lost" in text
    assert holed.run("history", "player_game_summary", "--flag-incomplete").code == 0


def test_flagging_writes_nothing_to_the_warehouse(holed: Place) -> None:
    before = holed.content()
    holed.run("history", "--flag-incomplete", code=1)
    after = holed.content()
    assert {name for name in before if before[name] != after.get(name)} == {holed.ledger.name}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json", "jsonl"])
def test_an_export_has_a_row_for_each_partition(small: Place, suffix: str) -> None:
    file = f"out.{suffix}"
    small.run("history", "--export", file, "--limit", "0")
    kept = small.folder / file
    wanted = len(small.json("history")["partitions"])
    assert wanted > 5
    match suffix:
        case "parquet":
            assert len(parquet(small, file)[1]) == wanted
        case "json":
            assert len(json.loads(kept.read_text())) == wanted
        case _:
            assert len(kept.read_text().splitlines()) == wanted + (suffix == "csv")
    left = [found.name for found in small.folder.iterdir() if found.name.endswith(".tmp")]
    assert left == []


def test_exported_types_are_right(holed: Place) -> None:
    """Dates are dates, counts whole numbers, and what is not known is NULL."""
    holed.run("history", "--export", "h.parquet")
    kinds = dict(parquet(holed, "h.parquet")[0])
    assert (kinds["date"], kinds["expected"], kinds["coverage"], kinds["fallback"]) == (
        "DATE",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
    )
    holed.run("history", "player_game_summary", "--flag-incomplete", "--failures",
              "--export", "f.parquet", code=1)  # fmt: skip
    columns, rows = parquet(holed, "f.parquet")
    assert ("correctable", "BOOLEAN") in columns
    assert len(rows) == 2
    assert {row[-1] for row in rows} == {None}


def test_an_export_replaces_the_file_whole(small: Place) -> None:
    """Also through a link; a file that cannot be written stops before anything is read."""
    (small.folder / "real.csv").write_text("old\n" * 1000)
    (small.folder / "link.csv").symlink_to("real.csv")
    small.run("history", "--export", "link.csv")
    assert "old" not in (small.folder / "real.csv").read_text()
    assert (small.folder / "link.csv").is_symlink()
    complaint = small.run("history", "--export", "no/such/out.csv", code=2).complaint
    assert "there is no folder" in complaint


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "suffix": (("history", "--export", "out.xlsx"), ".csv, .parquet, .json, .jsonl"),
    "no days": (("history", "--days", "0"), "--days 0"),
    "open without failures": (("history", "--open"), "--open belongs to --failures"),
    "a limit below zero": (("history", "--limit", "-1"), "--limit -1"),
    "a source": (("history", "raw.schedule"), "raw.schedule"),
    "a season": (("history", "--season", "1999-00"), "--start-date and --end-date"),
    "no date to blame": (("blame", "player_game_summary"), "DATE"),
    "an unknown table": (("blame", "player_game_sumary", FIRST_DAY), "Did you mean"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_a_sentence_and_exit_2(
    small_once: Place, arguments: tuple[str, ...], said: str
) -> None:
    answer = small_once.run_within(*arguments, code=2)
    assert said in answer.complaint
    assert answer.stdout == ""


def asked(place: Place, **options: int) -> Answer:
    return place.run("blame", "player_game_summary", FIRST_DAY, **options)  # type: ignore[arg-type]


def test_blame_lists_the_publications_and_what_each_changed(
    small: Place, copied: Callable[[Place], Place]
) -> None:
    """A correction is named, with why it was computed again, by whom and by which command."""
    small.change(
        f"UPDATE {ALONE} SET oreb = 1, dreb = 4 WHERE game_date = '{FIRST_DAY}' AND player_id = 11"
    )
    small.run("backfill", "player_game_summary", GAPLESS_ACTOR="ann@desk")
    text = asked(small).text
    assert "v1 20" in text
    assert "10 gained" in text
    assert "because: never published" in text
    assert "by ann@desk, nba" in text
    assert "gapless backfill player_game_summary" in text
    assert "because: its inputs changed (raw.player_box_scores) since it was" in text
    assert "1 changed: playerbb (11)" in text
    assert "● live: 10 rows, those of v2" in text
    tampered = copied(small)
    tampered.change(f"DELETE FROM {PGS} WHERE game_date = '{FIRST_DAY}' AND player_id = 10")
    text = asked(tampered, code=1).text
    assert "✗ live: 9 rows, 10 rows when v2 was published" in text
    assert "1 missing: Player ba (10)" in text
    assert tampered.json("blame", PGS, FIRST_DAY, code=1)["intact"] is False


def test_blame_of_a_loaded_table_and_of_a_date_without_anything(small_once: Place) -> None:
    assert "It is loaded, not computed" in small_once.run("blame", "schedule", FIRST_DAY).text
    answer = small_once.run("blame", "player_game_summary", "2022-10-19", code=1)
    assert "Nothing was published" in answer.text


def test_explain_says_which_run_wrote_the_rows(small: Place) -> None:
    small.change(f"DELETE FROM {PGS}")
    small.run("backfill", "player_game_summary")
    text = small.run("explain", "player_game_summary", FIRST_DAY).text
    assert "written by run 20" in text
    assert ": gapless backfill player_game_summary" in text
