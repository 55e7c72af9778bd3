"""A context that lies: one row, no fallback declared. The gate refuses it and touches nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from acceptance.lying import DECLARATION, LYING, LYING_FILE
from acceptance.place import Place, listed, outcomes
from acceptance.seasons import FEB_23, FEB_24, INCIDENT, PCF, SYNTHETIC, UPCOMING

FACTORS = "player_composite_factors"
DATES = listed(INCIDENT)
PUBLISHED = f"FROM {PCF} ORDER BY game_date, player_id"
PUBLICATIONS = "FROM gapless.publications ORDER BY table_name, partition_date, version"
QUARANTINE = "quarantine.precompute__player_composite_factors"


@dataclass(frozen=True)
class Refused:
    """What a refused backfill found published, what it left, and what it reported."""

    place: Place
    before: dict[str, list[tuple[Any, ...]]]
    report: dict[str, Any]


def _published(place: Place) -> dict[str, list[tuple[Any, ...]]]:
    return {query: place.rows(query) for query in (PUBLISHED, PUBLICATIONS)}


@pytest.fixture(scope="session")
def lied_to_once(whole_once: Place, morning_once: Place) -> Place:
    """Everything was published long ago; then the upcoming table lost most of its rows."""
    place = whole_once.copy_to(whole_once.folder.with_name("lied-to"))
    rows = f"other.{UPCOMING}"
    place.change(
        f"ATTACH '{morning_once.warehouse}' AS other (READ_ONLY)",
        f"CREATE TABLE {UPCOMING} AS FROM {rows}",
    )
    (place.folder / LYING_FILE).write_text(DECLARATION, encoding="utf-8")
    return place


@pytest.fixture
def lied_to(lied_to_once: Place, copied: Callable[[Place], Place]) -> Place:
    return copied(lied_to_once)


@pytest.fixture(scope="session")
def refused(lied_to_once: Place) -> Refused:
    place = lied_to_once.copy_to(lied_to_once.folder.with_name("refused"))
    before = _published(place)
    report = place.json("backfill", "--dates", DATES, "--pipeline", LYING, code=1)
    return Refused(place, before, report)


# Refused


def test_a_context_that_lies_is_refused_with_exit_1(refused: Refused) -> None:
    assert refused.report["exit_code"] == 1
    assert outcomes(refused.report, PCF) == {str(day): "refused" for day in INCIDENT}


def test_a_refusal_touches_no_published_row_and_no_publication(refused: Refused) -> None:
    assert _published(refused.place) == refused.before


def test_a_refusal_names_the_gate_the_counts_and_missing_players(refused: Refused) -> None:
    first, second = refused.report["results"]
    assert (first["present"], first["expected"], first["missing"]) == (1, 187, 186)
    assert (second["present"], second["expected"], second["missing"]) == (68, 175, 107)
    gate = {found["check"]: found["outcome"] for found in first["evidence"]["gate"]}
    assert gate["coverage"] == "fail"
    assert gate["never_less"] == "fail"
    assert first["evidence"]["named"]["missing"]


def test_the_refused_rows_are_kept_in_quarantine(refused: Refused) -> None:
    kept = f"SELECT game_date, gapless_run_id, count(*) FROM {QUARANTINE} GROUP BY ALL ORDER BY 1"
    run = refused.report["run_id"]
    assert refused.place.rows(kept) == [(FEB_23, run, 1), (FEB_24, run, 68)]


def test_a_refused_date_is_not_complete(refused: Refused) -> None:
    found = refused.place.json("status", FACTORS, "--dates", DATES, "--pipeline", LYING, code=1)[
        "partitions"
    ]
    assert not {"complete", "waived"} & {partition["state"] for partition in found}


def test_explain_remembers_the_refused_attempt(refused: Refused) -> None:
    story = refused.place.json("explain", FACTORS, str(FEB_23), "--pipeline", LYING, code=1)
    last = story["attempts"][-1]
    assert (last["verdict"], last["present"], last["expected"]) == ("refused", 1, 187)
    assert "0.5 %" in last["reason"]


def test_the_honest_pipeline_still_finds_its_own_rows_complete(refused: Refused) -> None:
    found = refused.place.json("status", FACTORS, "--dates", DATES)["partitions"]
    assert [(p["state"], p["present"]) for p in found] == [("complete", 187), ("complete", 175)]


def test_a_retry_of_one_refused_date_goes_through_the_same_gate(lied_to: Place) -> None:
    for _ in range(2):
        lied_to.run("backfill", "--dates", str(FEB_23), "--pipeline", LYING, code=1)
    assert lied_to.rows(f"SELECT count(*) FROM {PCF} WHERE game_date = '{FEB_23}'") == [(187,)]


def test_where_nothing_was_published_before_a_lying_context_publishes_nothing(
    morning: Place,
) -> None:
    (morning.folder / LYING_FILE).write_text(DECLARATION, encoding="utf-8")
    morning.run("backfill", "--dates", DATES, "--pipeline", LYING, code=1)
    found = morning.json("status", "--dates", DATES, "--pipeline", LYING, code=1)["partitions"]
    assert [(p["state"], p["rows"]) for p in found] == [("missing", 0), ("missing", 0)]
    live = "SELECT count(*) FROM gapless.publications WHERE table_name = "
    assert morning.rows(f"{live}'{PCF}'") == [(0,)]


def test_the_text_of_a_refusal_says_what_was_not_done_and_where_the_rows_are(
    lied_to: Place,
) -> None:
    text = lied_to.run("backfill", "--dates", DATES, "--pipeline", LYING, code=1).text
    for words in ("1 of 187 (0.5 %)", "68 of 175 (38.9 %)", "Nothing was published", QUARANTINE):
        assert words in text


# Forced


def test_force_with_a_reason_publishes_the_named_date_as_waived_and_no_other(
    lied_to: Place,
) -> None:
    forced = ("--force", "--reason", "ticket 7: starters are enough")
    report = lied_to.json("backfill", "--dates", str(FEB_23), *forced, "--pipeline", LYING, code=0)
    assert outcomes(report, PCF) == {str(FEB_23): "waived"}
    counted = f"SELECT game_date, count(*) FROM {PCF} WHERE game_date IN ('{FEB_23}', '{FEB_24}')"
    assert dict(lied_to.rows(f"{counted} GROUP BY ALL")) == {FEB_23: 1, FEB_24: 175}
    lied_to.run("backfill", "--dates", DATES, "--pipeline", LYING, code=1)
    assert dict(lied_to.rows(f"{counted} GROUP BY ALL")) == {FEB_23: 1, FEB_24: 175}


def test_a_waived_date_is_shown_as_waived_with_who_why_and_until_when(lied_to: Place) -> None:
    forced = ("--force", "--reason", "ticket 7: starters are enough")
    lied_to.run(
        "backfill",
        *("--dates", str(FEB_23), *forced, "--pipeline", LYING),
        GAPLESS_ACTOR="ada",
    )
    shown = ("status", "--dates", str(FEB_23), "--pipeline", LYING)
    found = lied_to.json(*shown)
    [partition] = found["partitions"]
    assert (partition["state"], partition["present"], partition["expected"]) == ("waived", 1, 187)
    [waiver] = found["waivers"]
    assert (waiver["actor"], waiver["reason"]) == ("ada", "ticket 7: starters are enough")
    assert {"coverage", "group_coverage", "never_less"} == set(waiver["checks"])
    text = lied_to.run(*shown).text
    assert "waived" in text
    assert "ticket 7: starters are enough" in text
    states = f"SELECT state FROM gapless.publications WHERE table_name = '{PCF}' "
    assert lied_to.rows(f"{states} AND partition_date = '{FEB_23}' ORDER BY version") == [
        ("complete",),
        ("waived",),
    ]


def test_the_command_that_explain_advises_for_a_waived_date_completes_it(lied_to: Place) -> None:
    """`# once its cause is mended`: the honest pipeline has a fallback, so it is mended."""
    forced = ("--force", "--reason", "ticket 7")
    lied_to.run("backfill", "--dates", str(FEB_23), *forced, "--pipeline", LYING)
    advised = lied_to.json("explain", FACTORS, str(FEB_23), code=None)["next"]
    assert advised.startswith(f"gapless backfill {PCF} --dates {FEB_23}"), advised
    lied_to.run(*advised.partition("#")[0].split()[1:])
    [partition] = lied_to.json("status", FACTORS, "--dates", str(FEB_23))["partitions"]
    assert (partition["state"], partition["present"]) == ("complete", 187)


def test_a_waived_date_is_computed_again_when_its_input_has_changed(lied_to: Place) -> None:
    forced = ("--force", "--reason", "ticket 7", "--pipeline", LYING)
    lied_to.run("backfill", "--dates", str(FEB_23), *forced)
    lied_to.change(
        f"DELETE FROM {UPCOMING} WHERE game_date = '{FEB_23}'",
        f"INSERT INTO {UPCOMING} FROM {SYNTHETIC} WHERE game_date = '{FEB_23}'",
    )
    lied_to.run("backfill", "--dates", str(FEB_23), "--pipeline", LYING)
    assert lied_to.rows(f"SELECT count(*) FROM {PCF} WHERE game_date = '{FEB_23}'") == [(187,)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--dates", DATES, "--force"), "--reason"),
        (("--dates", DATES, "--force", "--reason", "  "), "reason"),
        (("--dates", DATES, "--reason", "because"), "--force"),
        (("--force", "--reason", "because"), "--dates"),
        (("--force", "--reason", "because", "--start-date", str(FEB_23)), "--end-date"),
    ],
    ids=["no reason", "blank reason", "reason alone", "no dates", "half a range"],
)
def test_force_that_would_leave_no_trace_or_reach_too_far_is_a_usage_error(
    lied_to_once: Place, flags: tuple[str, ...], said: str
) -> None:
    before = lied_to_once.content()
    answer = lied_to_once.run("backfill", *flags, "--pipeline", LYING, code=2)
    assert said in answer.complaint
    assert lied_to_once.content() == before
