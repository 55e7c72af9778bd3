"""RESULTS.md: medians and ratios with machine and versions, and by how much an aim is missed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heading import heading

KINDS = {
    "plain backfill": "A: plain set-based SQL, no safeguards",
    "loop backfill": "B: a loop over the dates with four checks each",
    "gapless backfill": "C: gapless backfill",
    "gapless parallel": "C: gapless backfill --parallel, two workers",
    "plain date": "A: plain SQL",
    "loop date": "B: the loop",
    "gapless date": "C: gapless backfill of the date",
    "loop noop": "B: the checks of every date again",
    "gapless noop": "C: gapless backfill again",
    "loop preflight": "B: a query for each source and date",
    "gapless preflight": "C: gapless preflight",
}
SECTIONS = {
    "Full backfill": ("backfill", "parallel"),
    "One date again, its rows are gone": ("date",),
    "Nothing to do": ("noop",),
    "Preflight of all dates": ("preflight",),
}
IN_PYTHON = "everything in Python: plan, states, evidence, ledger"
AS_IN_PLAIN_SQL = ("stage the rows", "insert the published rows", "commit")
"""Parts of the profile that are the work itself."""
RATIO_AIM = 1.3
SMALL_AIM = 0.3
SMALL = {
    "gapless date": "one date again",
    "gapless noop": "nothing to do",
    "gapless preflight": "preflight",
}


@dataclass(frozen=True)
class Facts:
    """What was computed."""

    dates: int
    partitions: int
    rows: int
    loop_dates: int


def report(
    spent: Mapping[str, Sequence[Mapping[str, Any]]],
    facts: Facts,
    profile: Sequence[tuple[str, float]],
) -> str:
    """Write everything that was measured as one page."""
    rounds = max(len(found) for found in spent.values())
    lines = [
        *heading("Results", "side_by_side.py"),
        "",
        f"Four simulated seasons up to player_composite_factors: {facts.dates} dates, "
        f"{facts.partitions:,} partitions of 7 tables, {facts.rows:,} rows. Medians of {rounds} "
        "interleaved rounds, beyond process start and imports. The tables were equal by checksum "
        "before anything was timed. The loop was measured once, its backfill over the first "
        f"{facts.loop_dates} dates; its row there says what that comes to for all, in proportion.",
    ]
    medians = {kind: _median(kind, found, facts) for kind, found in spent.items()}
    for title, verbs in SECTIONS.items():
        lines += ["", f"## {title}", "", *_table(medians, verbs)]
    lines += ["", "## Aims", "", *_aims(medians)]
    total = sum(seconds for _, seconds in profile)
    lines += ["", "## Where the CPU time of a full backfill goes", ""]
    lines += ["| part | CPU s | share |", "| --- | ---: | ---: |"]
    lines += [f"| {part} | {spent:.2f} | {spent / total:.0%} |" for part, spent in profile]
    lines += ["", _why(dict(profile), facts.partitions)]
    return "\n".join(lines) + "\n"


def _why(profile: Mapping[str, float], partitions: int) -> str:
    """Say what of a backfill is work that plain SQL does as well, and what comes on top."""
    total, python = sum(profile.values()), profile[IN_PYTHON]
    same = sum(profile.get(part, 0.0) for part in AS_IN_PLAIN_SQL)
    return (
        f"Plain SQL computes, inserts and commits as well: {same:.1f} of the {total:.1f} s. On top "
        f"come {total - same - python:.1f} s in the warehouse, where every partition is compared "
        f"with its expected set, checked, hashed and read again, and {python:.1f} s in Python, "
        f"{1000 * python / partitions:.2f} ms for each partition: its place in the plan, its state "
        "before and after, its evidence, its publication and its attempt. The first part is the "
        "proof; the second grows with partitions, not with rows, so its share falls as they grow."
    )


def _median(kind: str, found: Sequence[Mapping[str, Any]], facts: Facts) -> dict[str, float]:
    names = ("wall", "cpu", "peak", "statements")
    medians = {name: statistics.median(one[name] for one in found) for name in names}
    if kind == "loop backfill":
        scale = facts.dates / facts.loop_dates
        medians |= {name: medians[name] * scale for name in ("wall", "cpu", "statements")}
    return medians


def _table(medians: Mapping[str, Mapping[str, float]], verbs: Sequence[str]) -> list[str]:
    kinds = [kind for kind in KINDS if kind.split(" ")[1] in verbs]
    base = medians.get(kinds[0]) if kinds[0].startswith("plain") else None
    lines = [
        "| what | wall s | CPU s | wall ÷ A | CPU ÷ A | peak MB | statements |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in kinds:
        one = medians[kind]
        ratios = "– | –"
        if base is not None:
            ratios = f"{one['wall'] / base['wall']:.2f} | {one['cpu'] / base['cpu']:.2f}"
        lines.append(
            f"| {KINDS[kind]} | {one['wall']:.2f} | {one['cpu']:.2f} | {ratios} "
            f"| {one['peak']:.0f} | {one['statements']:,.0f} |"
        )
    return lines


def _aims(medians: Mapping[str, Mapping[str, float]]) -> list[str]:
    plain, ours = medians["plain backfill"], medians["gapless backfill"]
    aims = [
        _aim(f"full backfill ÷ plain SQL, {title}", ours[name] / plain[name], RATIO_AIM)
        for name, title in (("wall", "wall time"), ("cpu", "CPU time"))
    ]
    for kind, title in SMALL.items():
        aims.append(_aim(f"{title}, CPU seconds", medians[kind]["cpu"], SMALL_AIM))
    return aims


def _aim(title: str, found: float, aim: float) -> str:
    if found <= aim:
        return f"- {title}: {found:.2f}; the aim of {aim} is met."
    return f"- {title}: {found:.2f}; **the aim of {aim} is missed** by a factor {found / aim:.1f}."
