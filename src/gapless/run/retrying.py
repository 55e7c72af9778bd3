"""Retries: whether the same attempt could come out differently, and from what it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from gapless.declare.tables import Derived
from gapless.errors import GaplessError
from gapless.ledger.interface import Attempt, Retry, Verdict
from gapless.partitions import Path
from gapless.plan.standings import Standings

_BY_VERDICT = {
    # A gate measures: the same rows measured again give the same result.
    Verdict.REFUSED: Retry.PERMANENT,
    Verdict.BLOCKED: Retry.NOT_YET,
    Verdict.FAILED: Retry.PERMANENT,
}


def retry_after(error: GaplessError) -> Retry:
    """Tell whether an attempt that an error stopped may succeed when it is made again."""
    return Retry.TRANSIENT if error.retryable else Retry.PERMANENT


def classified(
    attempts: Sequence[Attempt],
    standings: Standings,
    table: Derived,
    fingerprints: Mapping[date, str],
) -> list[Attempt]:
    """Complete attempts with what a later run needs to decide whether to make them again.

    Args:
        attempts: At partitions of one table, as they came out.
        standings: Where the hash of the definition is known.
        table: The table.
        fingerprints: Date → fingerprint before the attempt was made.
    """
    return [
        replace(
            attempt,
            definition_hash=standings.definition(table, Path(attempt.path)),
            fingerprint=fingerprints.get(attempt.partition, ""),
            retry=attempt.retry or _BY_VERDICT.get(attempt.verdict, Retry.NONE),
        )
        for attempt in attempts
    ]
