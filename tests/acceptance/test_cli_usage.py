"""What the command says to those who mistype: one sentence, exit 2, never a traceback."""

from __future__ import annotations

import json

import pytest

from acceptance.place import Place

COMMANDS = (
    "init",
    "load",
    "plan",
    "preflight",
    "backfill",
    "status",
    "explain",
    "history",
    "blame",
)
FLAGS = {
    "plan": ("--start-date", "--end-date", "--dates", "--season", "--with-upstream", "--json"),
    "preflight": ("--start-date", "--end-date", "--dates", "--season", "--config", "--json"),
    "backfill": (
        *("--start-date", "--end-date", "--dates", "--season", "--with-upstream", "--parallel"),
        *("--workers", "--chunk-size", "--dry-run", "--force", "--reason", "--config", "--json"),
        *("--pipeline", "--warehouse", "--ledger"),
    ),
    "status": ("--start-date", "--end-date", "--dates", "--season", "--json"),
    "history": (
        *("--days", "--failures", "--open", "--flag-incomplete", "--export", "--limit", "--dates"),
        *("--season", "--json"),
    ),
    "blame": ("--config", "--json", "TABLE", "DATE"),
    "explain": ("--config", "--json", "TABLE", "DATE"),
    "load": ("--data", "--config", "--json"),
    "init": ("--pipeline", "--force"),
}

MISTAKES = {
    "unknown table": (
        ("backfill", "player_composit_factors"),
        ("player_composit_factors", "Did you mean 'player_composite_factors'?"),
    ),
    "table of another schema": (
        ("status", "precompute.player_game_summary"),
        ("precompute.player_game_summary", "Did you mean", "player_game_summary'?"),
    ),
    "a source is not computed": (("backfill", "raw.schedule"), ("raw.schedule",)),
    "no such day": (("plan", "--dates", "2023-02-30"), ("2023-02-30", "--dates", "YYYY-MM-DD")),
    "a day of another form": (
        ("plan", "--start-date", "23.02.2023"),
        ("23.02.2023", "--start-date", "YYYY-MM-DD"),
    ),
    "no such last day": (("status", "--end-date", "soon"), ("soon", "--end-date")),
    "no such day to explain": (
        ("explain", "player_game_summary", "2023-02-30"),
        ("2023-02-30", "YYYY-MM-DD"),
    ),
    "start after end": (
        ("plan", "--start-date", "2022-10-20", "--end-date", "2022-10-18"),
        ("2022-10-20", "2022-10-18", "after"),
    ),
    "dates and a range": (
        ("backfill", "--dates", "2022-10-18", "--start-date", "2022-10-18"),
        ("--dates", "--start-date"),
    ),
    "dates and a season": (
        ("backfill", "--dates", "2022-10-18", "--season", "2022-23"),
        ("--dates", "--season"),
    ),
    "unknown season": (("plan", "--season", "2022-32"), ("2022-32", "Did you mean '2022-23'?")),
    "unknown flag": (("plan", "--bogus"), ("--bogus",)),
    "unknown command": (("backfil",), ("backfil", 'Did you mean "backfill"?')),
    "unknown log level": (("backfill", "--log-level", "loud"), ("loud", "--log-level")),
    "no workers": (("backfill", "--workers", "0"), ("workers", "--workers", "at least 1")),
    "workers in words": (("backfill", "--workers", "two"), ("--workers", "two")),
    "chunks of nothing": (("backfill", "--chunk-size", "0"), ("--chunk-size", "at least 1")),
    "load without a folder": (("load",), ("--data",)),
    "explain without a date": (("explain", "player_game_summary"), ("DATE",)),
    "explain an unknown table": (
        ("explain", "player_game_sumary", "2022-10-18"),
        ("Did you mean 'player_game_summary'?",),
    ),
    "no dates after --dates": (("plan", "--dates", ""), ("--dates",)),
    "only a comma after --dates": (("backfill", "--dates", ","), ("--dates",)),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_a_sentence_that_names_it_and_exit_2(
    small_once: Place, arguments: tuple[str, ...], said: tuple[str, ...]
) -> None:
    answer = small_once.run_within(*arguments, code=2)
    assert answer.stdout == ""
    assert answer.stderr.startswith("gapless: ")
    for words in said:
        assert words in answer.complaint, answer.complaint
    assert len(answer.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    "arguments",
    [("plan", "--dates", "2023-02-30"), ("status", "--bogus"), ("explain", "nope", "2022-10-18")],
    ids=" ".join,
)
def test_an_error_has_one_shape_as_json(small_once: Place, arguments: tuple[str, ...]) -> None:
    answer = small_once.run(*arguments, "--json", code=2)
    shape = json.loads(answer.stdout)
    assert set(shape) == {"error", "exit_code"}
    assert set(shape["error"]) == {"kind", "what", "untouched", "advice", "retryable"}
    assert shape["exit_code"] == 2
    assert shape["error"]["what"] in answer.complaint


def test_a_source_is_not_computed_and_the_message_says_so(small_once: Place) -> None:
    complaint = small_once.run("backfill", "raw.schedule", code=2).complaint
    assert "load" in complaint


@pytest.mark.parametrize("arguments", [("--help",), ()], ids=["asked for", "no command"])
def test_help_lists_every_command_and_the_exit_codes(
    small_once: Place, arguments: tuple[str, ...]
) -> None:
    text = small_once.run(*arguments).text
    for command in COMMANDS:
        assert command in text
    assert "3 refused, nothing was started" in text


@pytest.mark.parametrize("command", FLAGS)
def test_the_help_of_a_command_lists_its_flags(small_once: Place, command: str) -> None:
    text = small_once.run(command, "--help").text
    for flag in FLAGS[command]:
        assert flag in text, flag


def test_version_is_printed(small_once: Place) -> None:
    assert small_once.run("--version").text[0].isdigit()


def test_a_date_outside_the_calendar_is_unknown_not_empty(small_once: Place) -> None:
    for command in ("status", "preflight"):
        answer = small_once.run(command, "--dates", "2024-01-01", code=4)
        assert "2022-10-18 … 2022-10-20" in answer.text


def test_a_backfill_of_a_date_outside_the_calendar_exits_4(small: Place) -> None:
    report = small.json("backfill", "player_game_summary", "--dates", "2024-01-01", code=4)
    [result] = report["results"]
    assert (report["exit_code"], result["outcome"]) == (4, "unknown")


def test_explain_of_a_date_outside_the_calendar_exits_4_and_does_not_advise_a_backfill(
    small_once: Place,
) -> None:
    answer = small_once.run("explain", "player_game_summary", "2024-01-01", code=4)
    assert "gapless backfill" not in answer.text, "it would be just as unknown afterwards"
    assert "gapless load" in answer.text


def test_a_date_between_games_is_proved_empty_and_done(small_once: Place) -> None:
    answer = small_once.run("status", "player_game_summary", "--dates", "2022-10-19")
    assert "no games scheduled between 2022-10-18 and 2022-10-20" in answer.text


def test_dates_may_be_repeated_or_separated_by_commas(small_once: Place) -> None:
    asked = ("--dates", "2022-10-20,2022-10-18", "--dates", "2022-10-19")
    found = small_once.json("status", "player_game_summary", *asked)["partitions"]
    assert [p["date"] for p in found] == ["2022-10-18", "2022-10-19", "2022-10-20"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--start-date", "2022-10-18", "--end-date", "2022-10-20"),
        ("--season", "2022-23"),
        ("--start-date", "2022-10-18"),
        (),
    ],
    ids=["range", "season", "open end", "everything"],
)
def test_a_range_is_inclusive_and_echoed_as_resolved(
    small_once: Place, flags: tuple[str, ...]
) -> None:
    text = small_once.run_within("plan", *flags).text
    assert "2022-10-18 … 2022-10-20: 3 days, 2 with games" in text
