"""Trouble over real HTTP: what passes is waited for, what does not is told at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gapless_nba.fetch.questions import Endpoint, Question
from gapless_nba.fetch.service import ATTEMPTS, NoAnswer, Service
from support.fetching import Waits
from support.nba_service import FakeStats, Trouble

QUESTION = Question(Endpoint.BOX_SCORE, "2022-23", "0022200001")
ENDPOINT = "boxscoretraditionalv3"


@contextmanager
def service(waits: Waits, pause: float = 0.0) -> Iterator[Service]:
    made = Service(pause=pause, timeout=30, rhythm=waits.rhythm)
    yield made
    made.close()


def hold(until: threading.Event) -> None:
    """Keep a request waiting."""
    until.wait(60)


PASSING = {
    "too many requests": Trouble(429),
    "an error of the server": Trouble(500, body='{"Message":"An error has occurred."}'),
    "a gateway that gave up": Trouble(504),
    "a request that took too long": Trouble(408),
    "half an answer": Trouble(body='{"boxScoreTraditional": {'),
    "a number that is none": Trouble(body='{"boxScoreTraditional": NaN}'),
    "a page instead of an answer": Trouble(body="<html>busy</html>"),
    "a cut connection": Trouble(cut=True),
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_trouble_that_may_pass_is_waited_for_longer_each_time(
    stats: FakeStats, waits: Waits, trouble: Trouble
) -> None:
    stats.trouble(ENDPOINT, "0022200001", trouble, trouble, trouble)
    with service(waits) as asked:
        assert asked.ask(QUESTION).rows
        assert asked.requests == 4
    for wait, least in zip(waits.waits, (1, 2, 4), strict=True):
        assert least <= wait <= least + 1, "twice as long each time, and up to a second more"


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_trouble_that_does_not_pass_ends_with_a_reason(
    stats: FakeStats, waits: Waits, trouble: Trouble
) -> None:
    stats.trouble(ENDPOINT, "0022200001", *[trouble] * 99)
    with (
        service(waits) as asked,
        pytest.raises(NoAnswer, match=rf"{ENDPOINT} of 0022200001: .*, {ATTEMPTS} times") as raised,
    ):
        asked.ask(QUESTION)
    assert raised.value.down
    assert len(stats.asked) == ATTEMPTS


@pytest.mark.parametrize(("status", "down"), [(400, False), (404, False), (401, True), (403, True)])
def test_a_refusal_is_not_asked_again(
    stats: FakeStats, waits: Waits, status: int, down: bool
) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(status))
    with service(waits) as asked, pytest.raises(NoAnswer, match=f"answered {status}") as raised:
        asked.ask(QUESTION)
    assert raised.value.down is down
    assert len(stats.asked) == 1
    assert waits.waits == []


@pytest.mark.parametrize(
    "asked_for", ["90", "Thu, 01 Jun 2023 00:01:30 GMT"], ids=["seconds", "a moment"]
)
def test_the_pause_that_the_service_asks_for_is_made(
    stats: FakeStats, waits: Waits, asked_for: str
) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(429, headers={"Retry-After": asked_for}))
    with service(waits) as asked:
        asked.ask(QUESTION)
    assert waits.waits == [90.0]


@pytest.mark.parametrize("asked_for", ["soon", "-5", "Wed, 31 May 2023 00:00:00 GMT"])
def test_a_pause_that_means_nothing_is_our_own(
    stats: FakeStats, waits: Waits, asked_for: str
) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(503, headers={"Retry-After": asked_for}))
    with service(waits) as asked:
        asked.ask(QUESTION)
    [wait] = waits.waits
    assert 1 <= wait <= 2


def test_a_pause_of_an_hour_ends_the_fetch(stats: FakeStats, waits: Waits) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(429, headers={"Retry-After": "3600"}))
    with service(waits) as asked, pytest.raises(NoAnswer, match=r"a pause of 3,600 s") as raised:
        asked.ask(QUESTION)
    assert raised.value.down
    assert waits.waits == []


@pytest.mark.parametrize("body", ["[]", "null", "3", '{"boxScoreTraditional": null}'])
def test_json_of_another_shape_is_told_at_once(stats: FakeStats, waits: Waits, body: str) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(body=body))
    with service(waits) as asked, pytest.raises(NoAnswer, match="documented shape") as raised:
        asked.ask(QUESTION)
    assert not raised.value.down
    assert len(stats.asked) == 1


def test_a_row_with_a_value_too_few_is_not_shifted(stats: FakeStats, waits: Waits) -> None:
    body = '{"resultSets": [{"name": "Shot_Chart_Detail", "headers": ["A", "B"], "rowSet": [[1]]}]}'
    stats.trouble("shotchartdetail", "0022200001", Trouble(body=body))
    question = Question(Endpoint.SHOTS, "2022-23", "0022200001")
    with service(waits) as asked, pytest.raises(NoAnswer, match="documented shape"):
        asked.ask(question)


def test_a_service_that_is_not_there_is_told_so(
    monkeypatch: pytest.MonkeyPatch, waits: Waits
) -> None:
    monkeypatch.setenv("GAPLESS_NBA_URL", "http://127.0.0.1:9/stats")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with service(waits) as asked, pytest.raises(NoAnswer, match="the connection failed"):
        asked.ask(QUESTION)


def test_an_address_that_is_none_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, waits: Waits
) -> None:
    monkeypatch.setenv("GAPLESS_NBA_URL", "nowhere")
    with service(waits) as asked, pytest.raises(NoAnswer, match="Invalid URL 'nowhere/"):
        asked.ask(QUESTION)
    assert waits.waits == []


def test_a_service_that_does_not_answer_in_time_is_given_up(stats: FakeStats, waits: Waits) -> None:
    given_up = threading.Event()
    stats.before = lambda _: hold(given_up)
    asked = Service(pause=0, timeout=0.05, rhythm=waits.rhythm)
    try:
        with pytest.raises(NoAnswer, match=f"did not answer in time, {ATTEMPTS} times") as raised:
            asked.ask(QUESTION)
    finally:
        given_up.set()
        asked.close()
    assert raised.value.down


def test_retries_keep_the_pause_too(stats: FakeStats, waits: Waits) -> None:
    stats.trouble(ENDPOINT, "0022200001", Trouble(500), Trouble(500))
    with service(waits, pause=30.0) as asked:
        asked.ask(QUESTION)
    assert sum(waits.waits) == pytest.approx(60.0), "waiting to try again is part of the pause"


def test_every_attempt_of_a_game_is_asked_for_not_only_those_that_scored(
    stats: FakeStats, waits: Waits
) -> None:
    with service(waits) as asked:
        shots = asked.ask(Question(Endpoint.SHOTS, "2022-23", "0022200001"))
    [sent] = stats.parameters
    assert (sent["ContextMeasure"], sent["SeasonType"]) == ("FGA", "Regular Season")
    assert (sent["TeamID"], sent["PlayerID"]) == ("0", "0")
    assert {row["SHOT_MADE_FLAG"] for row in shots.rows} == {0, 1}


def test_a_game_with_a_field_more_does_not_shift_the_others(stats: FakeStats, waits: Waits) -> None:
    odd = stats.games[0].scheduled()
    stats.others.append({"gameSubtype": "x", **odd})
    with service(waits) as asked:
        schedule = asked.ask(Question(Endpoint.SCHEDULE, "2022-23"))
    assert [row["homeTeam_teamTricode"] for row in schedule.rows] == ["BOS", "BOS", "NYK"]
    assert [row["gameSubtype"] for row in schedule.rows] == ["x", None, None]
