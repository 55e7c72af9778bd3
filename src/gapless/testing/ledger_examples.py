"""Records for tests of a ledger, in which every field says something of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gapless.ledger.interface import (
    Attempt,
    Category,
    Failure,
    FindingRecord,
    Holder,
    PartitionState,
    Retry,
    Run,
    Verdict,
    Waiver,
)

NOON = datetime(2024, 2, 23, 12, 0, 0, 123456, tzinfo=UTC)
DAY = date(2024, 2, 23)
TTL = timedelta(minutes=5)
TABLE = "precompute.player_composite_factors"
OTHER_TABLE = "analytics.player_game_summary"
AWKWARD = 'O\'Neal "100 %" :now; ŠĐ – 篮球 🏀\n\t\\ $1 {x}'
"""Words that quoting, formatting or encoding could spoil."""

MINE = Holder(run_id="run-a", host="elsewhere.example", pid=4711, actor="ann@elsewhere")
THEIRS = Holder(run_id="run-b", host="elsewhere.example", pid=4712, actor="bob@elsewhere")


def days(count: int, first: date = DAY) -> list[date]:
    """Return so many consecutive dates."""
    return [first + timedelta(days=offset) for offset in range(count)]


def a_run(run_id: str = "20240223T120000-aaaa", *, started_at: datetime = NOON) -> Run:
    """Return a run that is going on."""
    return Run(
        run_id=run_id,
        pipeline="nba",
        command="gapless backfill --reason " + AWKWARD,
        actor="ann@elsewhere",
        code_version="1.2.3",
        started_at=started_at,
        plan={"steps": [{"table": TABLE, "dates": ["2024-02-23"], "why": None}], "workers": 2},
    )


def an_attempt(
    partition: date = DAY,
    *,
    table: str = TABLE,
    version: int | None = 3,
    started_at: datetime = NOON,
    run_id: str = "run-a",
) -> Attempt:
    """Return an attempt in which every field says something of its own."""
    return Attempt(
        run_id=run_id,
        table=table,
        partition=partition,
        path="historical",
        verdict=Verdict.PUBLISHED,
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=1),
        expected=187,
        present=186,
        missing=1,
        unexpected=2,
        duplicates=4,
        rows=188,
        version=version,
        definition_hash="d" * 64,
        fingerprint="f" * 16,
        retry=Retry.PERMANENT,
        code_version="1.2.3",
        reason=AWKWARD,
        evidence={"missing": ["player-1"], "groups": {"0022300512": 0.5}, "source": None},
    )


def a_state(
    partition: date = DAY, *, table: str = TABLE, state: str = "complete"
) -> PartitionState:
    """Return a measured state in which every field says something of its own."""
    return PartitionState(
        table=table,
        partition=partition,
        state=state,
        measured_at=NOON,
        expected=187,
        present=186,
        version=3,
        reason=AWKWARD,
        evidence={"missing": ["player-1"]},
    )


def a_waiver(waiver_id: str = "w-1", *, table: str = TABLE, granted_at: datetime = NOON) -> Waiver:
    """Return a permission to publish below the gate."""
    return Waiver(
        waiver_id=waiver_id,
        table=table,
        partition=DAY,
        checks=("coverage", "group coverage"),
        reason=AWKWARD,
        actor="ann@elsewhere",
        granted_at=granted_at,
        expires_at=granted_at + timedelta(days=1),
        run_id="run-a",
    )


def a_finding(code: str = "input-missing", *, run_id: str = "run-a") -> FindingRecord:
    """Return a preflight finding about a few dates."""
    return FindingRecord(
        run_id=run_id,
        code=code,
        severity="error",
        table=TABLE,
        first=DAY,
        last=DAY + timedelta(days=3),
        dates=4,
        message=AWKWARD,
        evidence={"dates": ["2024-02-23"]},
    )


def a_failure(
    entity: str = "203999",
    partition: date = DAY,
    *,
    table: str = TABLE,
    first_seen: datetime = NOON,
) -> Failure:
    """Return a key that was found missing and is not there yet."""
    return Failure(
        table=table,
        partition=partition,
        entity=entity,
        first_seen=first_seen,
        last_seen=first_seen + TTL,
        category=Category.MISSING_UPSTREAM,
        correctable=True,
        label=AWKWARD,
        reason=AWKWARD,
        run_id="run-a",
    )
