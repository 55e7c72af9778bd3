"""The page of the costs: medians of whole processes, ratios to Gapless, and the aims."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from heading import heading
from peers.peer import Peer, Spent

TITLES = {
    "plain": "plain set-based SQL, no safeguards",
    "loop": "a loop over the dates with four checks each",
    "gapless": "gapless backfill, every date gated",
}
BY_KIND = {
    "range": {
        "sqlmesh": "SQLMesh, one batch, gated as a whole",
        "dbt": "dbt-duckdb, delete+insert, gated as a whole",
    },
    "dates": {
        "sqlmesh": "SQLMesh, batch_size 1",
        "dbt": "dbt-duckdb, microbatch by day; its test runs once, over all of them",
        "dagster": "Dagster, a run per date, all in one process",
    },
    "one date": {
        "gapless": "gapless backfill of the date",
        "sqlmesh": "SQLMesh plan --restate-model",
        "dbt": "dbt build --select",
        "dagster": "dagster asset materialize --partition",
    },
    "nothing": {
        "gapless": "gapless backfill again",
        "sqlmesh": "sqlmesh run",
        "dagster": "Dagster: the partitions that are missing or failed, none",
    },
}
AIMS = {"range": 3, "dates": 50}
ORDER = ("plain", "loop", "gapless", "sqlmesh", "dbt", "dagster")
Found = Mapping[tuple[str, str], Sequence[Spent]]


def versions(peers: Sequence[Peer]) -> str:
    """Say what was measured with."""
    return "; ".join(f"{peer.title}: {peer.versions()}" for peer in peers) + "."


def costs(found: Found, peers: Sequence[Peer], dates: int, by_date: int) -> str:
    """Write what was measured as one page."""
    rounds = max(len(one) for one in found.values())
    lines = [
        *heading("Against peers", "against_peers.py"),
        "",
        versions(peers),
        "",
        f"Four simulated seasons up to player_composite_factors, {dates} dates, as whole "
        f"processes: start, imports and planning are in it. Medians of {rounds} rounds; what goes "
        "date by date was measured once for the peers. Before anything counted, the tables were "
        "equal to those of plain SQL by checksum. Memory is that of the largest process.",
        "",
        "Dagster is measured date by date alone, and its last two rows are of those dates: a run "
        "stores two events for each of its partitions and tables, and one for all dates was not "
        "waited for.",
        "",
        "The peers gate three tables by the coverage of their players; Gapless gates all seven by "
        "all that their declarations say.",
    ]
    sections = {
        "range": "Full backfill, the range as one unit",
        "dates": f"Date by date, the first {by_date} dates; Gapless gates each date anyhow",
        "one date": "The last table of one date again, its rows are gone",
        "nothing": "Nothing to do",
    }
    medians = {key: _median(one) for key, one in found.items()}
    for kind, title in sections.items():
        lines += ["", f"## {title}", "", *_table(medians, kind)]
    lines += [
        "",
        *_in_proportion(medians, dates, by_date),
        "",
        "## Aims",
        "",
        *_aims(medians, dates / by_date),
    ]
    return "\n".join(lines) + "\n"


def _median(found: Sequence[Spent]) -> dict[str, float]:
    return {
        name: statistics.median(float(one[name]) for one in found)
        for name in ("wall", "cpu", "peak")
    }


def _table(medians: Mapping[tuple[str, str], Mapping[str, float]], kind: str) -> list[str]:
    lines = [
        "| what | wall s | CPU s | wall ÷ Gapless | CPU ÷ Gapless | peak MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    ours = medians["gapless", kind]
    for system in ORDER:
        one = medians.get((system, kind))
        if one is not None:
            title = BY_KIND[kind].get(system) or TITLES[system]
            lines.append(
                f"| {title} | {one['wall']:.1f} | {one['cpu']:.1f} "
                f"| {one['wall'] / ours['wall']:.2f} | {one['cpu'] / ours['cpu']:.2f} "
                f"| {one['peak']:.0f} |"
            )
    return lines


def _in_proportion(
    medians: Mapping[tuple[str, str], Mapping[str, float]], dates: int, by_date: int
) -> list[str]:
    """Say what date by date comes to for all dates, beside the full backfill of Gapless."""
    ours = medians["gapless", "range"]
    lines = [
        f"In proportion, all {dates} dates would take, beside the full backfill of Gapless:",
        "",
        "| what | CPU s | CPU ÷ Gapless | wall ÷ Gapless |",
        "| --- | ---: | ---: | ---: |",
    ]
    for system in ORDER:
        if system != "gapless" and (system, "dates") in medians:
            one, scale = medians[system, "dates"], dates / by_date
            title = BY_KIND["dates"].get(system) or TITLES[system]
            lines.append(
                f"| {title} | {one['cpu'] * scale:.0f} | {one['cpu'] * scale / ours['cpu']:.0f} "
                f"| {one['wall'] * scale / ours['wall']:.0f} |"
            )
    return lines


def _aims(medians: Mapping[tuple[str, str], Mapping[str, float]], proportion: float) -> list[str]:
    """Compare with the full backfill of Gapless; what went date by date counts in proportion."""
    lines, ours = [], medians["gapless", "range"]["cpu"]
    for kind, aim in AIMS.items():
        for system, title in BY_KIND[kind].items():
            if (system, kind) in medians:
                theirs = medians[system, kind]["cpu"] * (proportion if kind == "dates" else 1)
                ratio = theirs / ours
                met = "met" if ratio >= aim else f"**missed** by a factor {aim / ratio:.1f}"
                lines.append(
                    f"- {title}, all dates, CPU ÷ Gapless: {ratio:.1f}; the aim of {aim} is {met}."
                )
    if ("plain", "range") in medians:
        plain = medians["plain", "range"]["cpu"]
        lines.append(
            f"- Plain SQL alone takes {plain:.1f} s as a process, so whoever is to be "
            f"{AIMS['range']} times faster than a peer has little left for anything else. Where "
            f"the other {ours - plain:.1f} s of Gapless go is in [RESULTS.md](../RESULTS.md)."
        )
    return lines
