"""Fetching: the pipeline's own fetcher gets what `gapless load` reads."""

from __future__ import annotations

import math
from importlib.metadata import entry_points

from gapless.declare.pipeline import Pipeline
from gapless.errors import UsageError, nearest
from gapless.fetch import ENTRY_POINTS, Fetcher, FetchReport, FetchRequest, Listener


def fetch(pipeline: Pipeline, request: FetchRequest, listen: Listener) -> FetchReport:
    """Fetch a season or a range of dates with the fetcher that the pipeline's package offers.

    Raises:
        UsageError: there is no fetcher, or what is asked for cannot be.
        FetchFailed: the service gave no answer that everything else depends on.
    """
    fetcher = fetcher_of(pipeline)
    given = [day is not None for day in (request.first, request.last)]
    if any(given) if request.season is not None else not all(given):
        raise UsageError(
            "Say what to fetch: either a season, as in --season 2023-24, or both --start-date "
            "and --end-date.",
            untouched="Nothing was asked for.",
        )
    if not 0 <= request.pause < math.inf:
        raise UsageError(f"--pause {request.pause} should be a number of seconds, 0 or more.")
    if not 0 < request.timeout < math.inf:
        raise UsageError(f"--timeout {request.timeout} should be a number of seconds above 0.")
    return fetcher.fetch(request, listen)


def fetcher_of(pipeline: Pipeline) -> Fetcher:
    """Return the fetcher of a pipeline.

    Raises:
        UsageError: its package offers none.
    """
    known = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if pipeline.name not in known:
        raise UsageError(
            f"The pipeline {pipeline.name!r} offers no fetcher. {nearest(pipeline.name, known)}",
            advice="Bring files yourself: gapless load --data DIR",
        )
    fetcher: Fetcher = known[pipeline.name].load()
    return fetcher
