"""The cleaning as a function behind HTTP: a request in; a status and a JSON body out.

It knows no web framework: `deploy/cloud_function/main.py` connects it to one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gapless.config.settings import Settings, load_settings
from gapless.declare.retention import MOST_DAYS
from gapless.errors import GaplessError, UsageError, nearest
from gapless.retention.expiring import Lifetime
from gapless.verbs.check_schedule import require_retention
from gapless.verbs.clean import CleanOptions, CleanReport, clean
from gapless.verbs.stale import chosen_retentions
from gapless.wiring import open_in_turn, open_workspace, pipeline_of

OK, BAD_REQUEST, NOT_ALLOWED, FAILED, BUSY = 200, 400, 405, 500, 503
RETRY_AFTER = "300"
"""Seconds until it is worth asking again, when something else was in the way."""
COMMAND = "POST "
"""Begins what the ledger keeps as typed; the request follows."""


@dataclass(frozen=True)
class Answer:
    """What the caller gets."""

    status: int
    """200: everything asked for was done; 4xx: the request is wrong; 5xx: something was not."""
    data: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body."""
        return json.dumps(self.data, ensure_ascii=False, default=str) + "\n"


def answer(method: str, body: bytes, query: str = "") -> Answer:
    """Clean as a request asks, with the settings of the environment; never raises.

    Args:
        method: Of the request; POST alone changes anything.
        body: A JSON object with `tables`, `days`, `dry_run` or `max_rows`; empty: as declared.
        query: What stood behind `?`; must be empty, lest a `?dry_run=true` be overlooked.
    """
    if method != "POST":
        told = f"{method} does nothing; send POST."
        return Answer(NOT_ALLOWED, _undone([told], "UsageError"), {"Allow": "POST"})
    try:
        options = read_options(body, query)
    except UsageError as error:
        return Answer(BAD_REQUEST, _undone([str(error)], "UsageError"))
    try:
        settings = load_settings({})
        pipeline = pipeline_of(settings)
        require_retention(pipeline)
        try:
            chosen_retentions(pipeline, options.tables, options.days)
        except UsageError as error:
            return Answer(BAD_REQUEST, _undone([str(error)], "UsageError"))
        report = _cleaned(settings, options)
    except GaplessError as error:
        return _refusal(error)
    except Exception as error:
        logging.getLogger(__name__).exception("something unforeseen went wrong")
        told = f"Something unforeseen went wrong: {type(error).__name__}: {error}"
        return Answer(FAILED, _undone([told], type(error).__name__))
    data = {
        "done": report.ok,
        "undone": list(report.problems),
        "cleaning": report.as_data(),
        "error": None,
    }
    return Answer(OK if report.ok else FAILED, data)


def read_options(body: bytes, query: str = "") -> CleanOptions:
    """Read a request.

    Raises:
        UsageError: it is no JSON object, or holds something that is not known.
    """
    if query:
        raise UsageError(
            f"{query[:80]!r} stands behind the ? of the address.",
            untouched="Nothing was removed.",
            advice='Write it into the body, for example {"dry_run": true}.',
        )
    try:
        given = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        raise UsageError(
            "The body is not JSON.",
            untouched="Nothing was removed.",
            advice='Send nothing, or for example {"dry_run": true}.',
        ) from None
    if not isinstance(given, dict):
        raise UsageError(
            f"The body is a {_kind(given)}, and should be an object.",
            untouched="Nothing was removed.",
            advice='Send nothing, or for example {"dry_run": true}.',
        )
    for name, value in given.items():
        if name not in _KNOWN:
            raise UsageError(f"{name!r} is not known. {nearest(name, _KNOWN)}")
        reads, expected = _KNOWN[name]
        if not reads(value):
            shown = json.dumps(value, ensure_ascii=False)[:80]
            raise UsageError(
                f"{name} = {shown} should be {expected}.", untouched="Nothing was removed."
            )
    if "tables" in given:
        given["tables"] = tuple(given["tables"])
    command = COMMAND + (json.dumps(given, ensure_ascii=False) if given else "{}")
    return CleanOptions(command=command, **given)


def _cleaned(settings: Settings, options: CleanOptions) -> CleanReport:
    lifetime = Lifetime(settings.backup_days, settings.backups_at_least)
    options = replace(options, backups=lifetime)
    if options.dry_run:
        with open_workspace(settings, write=False, create=False) as workspace:
            return clean(workspace, options)
    with open_in_turn(settings) as workspace:
        return clean(workspace, options)


def _refusal(error: GaplessError) -> Answer:
    data = _undone([str(error)], type(error).__name__)
    if error.retryable:
        return Answer(BUSY, data, {"Retry-After": RETRY_AFTER})
    return Answer(FAILED, data)


def _undone(undone: list[str], kind: str) -> dict[str, Any]:
    return {"done": False, "undone": undone, "cleaning": None, "error": kind}


def _is_names(value: object) -> bool:
    listed = isinstance(value, list) and bool(value)
    return listed and all(isinstance(name, str) and name for name in value)  # type: ignore[attr-defined]


def _is_count(value: object, most: int = 10**9 - 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most


_KNOWN: dict[str, tuple[Callable[[object], bool], str]] = {
    "tables": (_is_names, 'a list of names such as ["upcoming_player_game_context"]'),
    "days": (
        lambda value: _is_count(value, MOST_DAYS),
        f"a whole number of 1 to {MOST_DAYS:,}",
    ),
    "dry_run": (lambda value: isinstance(value, bool), "true or false"),
    "max_rows": (_is_count, "a whole number of at least 1"),
}


def _kind(value: object) -> str:
    kinds = {list: "list", str: "text", bool: "truth value", type(None): "null"}
    return kinds.get(type(value), "number")
