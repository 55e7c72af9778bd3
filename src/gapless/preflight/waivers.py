"""Waivers before a run: those that have ended under something published, and those about to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from gapless.findings import DatedFact, Finding, Remedy, Severity
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State

SOON = timedelta(days=3)
"""A waiver that ends within so long is worth a word today."""
LISTED_AT_MOST = 8


def waiver_findings(standings: Standings) -> list[Finding]:
    """Report, table by table, the partitions that stand on somebody's word for not much longer."""
    findings = []
    now = standings.picture.now
    for name, by_day in standings.by_table.items():
        carrying = [by_day[day] for day in sorted(by_day) if by_day[day].waivers]
        ended = [standing for standing in carrying if not standing.settled]
        soon = [s for s in carrying if s.state is State.WAIVED and _expires_at(s) - now <= SOON]
        if ended:
            findings.append(_ended(name, ended))
        if soon:
            findings.append(_soon(name, soon))
    return findings


def _expires_at(standing: Standing) -> datetime:
    return min(waiver.expires_at for waiver in standing.waivers)


def _ended(name: str, standings: Sequence[Standing]) -> Finding:
    return Finding(
        code="waiver_ended",
        severity=Severity.WARNING,
        table=name,
        message=f"{name} stood on somebody's word, and the waiver has ended. Nothing proceeds from "
        "these partitions unless they pass by themselves.",
        facts=tuple(DatedFact(s.partition, s.reason) for s in standings),
        remedies=(
            Remedy("look first", f"gapless explain {name} {standings[0].partition}"),
            _again(name, standings),
        ),
    )


def _soon(name: str, standings: Sequence[Standing]) -> Finding:
    facts = tuple(
        DatedFact(s.partition, f"until {_expires_at(s):%Y-%m-%d %H:%M} UTC: {s.reason}")
        for s in standings
    )
    return Finding(
        code="waiver_ends_soon",
        severity=Severity.WARNING,
        table=name,
        message=f"{name} stands on a waiver that ends within {SOON.days} days.",
        facts=facts,
        remedies=(_again(name, standings),),
    )


def _again(name: str, standings: Sequence[Standing]) -> Remedy:
    days = [standing.partition for standing in standings]
    checks = dict.fromkeys(c for s in standings for w in s.waivers for c in w.checks)
    listed = " ".join(f"--check {check}" for check in checks)
    return Remedy(
        "or vouch for them again", f'gapless waive {name} {_dates(days)} {listed} --reason "…"'
    )


def _dates(days: Sequence[date]) -> str:
    if len(days) <= LISTED_AT_MOST:
        return f"--dates {','.join(str(day) for day in days)}"
    return f"--start-date {days[0]} --end-date {days[-1]}"
