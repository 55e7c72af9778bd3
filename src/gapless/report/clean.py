"""Cleanings, backups and restores as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapless.ledger.cleanings import Fate
from gapless.report.marks import short
from gapless.retention.rules import describe
from gapless.verbs.backups import DAMAGED, MISSING, OK, BackupReport
from gapless.verbs.clean import WOULD_DELETE, Cleaned, CleanReport
from gapless.verbs.restore import FINE, RestoreReport
from gapless.wording import plural

LISTED_AT_MOST = 30
_STYLES = {
    str(Fate.FAILED): "red",
    str(Fate.KEPT): "yellow",
    DAMAGED: "red",
    MISSING: "red",
    "refused": "red",
}
KILO = 1000


def clean_text(report: CleanReport) -> Iterator[RenderableType]:
    """Say of each date what went, what stayed, and why."""
    if not report.partitions:
        yield "Nothing has outlived its retention."
    for table, found in groupby(report.partitions, key=lambda one: one.table):
        dates = list(found)
        yield Text.assemble((table, "bold"), f"  {dates[0].rule}")
        yield _dates(dates)
        if len(dates) > LISTED_AT_MOST:
            yield f"  … {plural(len(dates) - LISTED_AT_MOST, 'more date')}: --json has them all"
    yield from _sums(report)
    for problem in report.problems:
        yield Text(f"✗ {problem}", style="red")


def _dates(dates: Sequence[Cleaned]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("date", "rows", "entities", "age", "", "why"):
        numeric = name in ("rows", "entities", "age")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=name != "why")
    for one in dates[:LISTED_AT_MOST]:
        table.add_row(
            str(one.partition),
            f"{one.rows:,}",
            f"{one.entities:,}",
            plural(one.age, "day"),
            Text(one.outcome.replace("_", " "), style=_STYLES.get(one.outcome, "")),
            "see below" if one.outcome == Fate.FAILED else one.reason,
        )
    return table


def _sums(report: CleanReport) -> Iterator[RenderableType]:
    foreseen = [one for one in report.partitions if one.outcome == WOULD_DELETE]
    kept = sum(one.rows for one in report.kept)
    if not report.cleaning_id:
        rows = plural(sum(one.rows for one in foreseen), "row")
        yield f"\nDry run: {rows} of {plural(len(foreseen), 'date')} would go, {kept:,} would stay."
        return
    gone = [one for one in report.partitions if one.outcome == Fate.DELETED]
    yield (
        f"\n{plural(report.deleted_rows, 'row')} of {plural(len(gone), 'date')} removed, "
        f"{kept:,} kept; {size_text(report.bytes)} saved in {report.location}"
    )
    if report.expired:
        yield f"{plural(len(report.expired), 'backup')} outlived their own retention and went."
    if gone:
        yield Text.assemble(("To bring them back: ", "cyan"), ("gapless restore", "bold"))


def backups_text(report: BackupReport) -> Iterator[RenderableType]:
    """List backups, one line each."""
    if not report.backups:
        yield f"There is no backup in {report.location}."
        return
    table = Table(box=None, pad_edge=False)
    for name in ("backup", "table", "dates", "rows", "size", "state"):
        table.add_column(
            name, justify="right" if name in ("rows", "size") else "left", no_wrap=name != "dates"
        )
    for one in report.backups:
        said = one.manifest
        table.add_row(
            one.backup_id,
            short(said.table) if said else "",
            describe(list(said.dates)) if said else "",
            f"{said.rows:,}" if said else "",
            size_text(said.bytes) if said else "",
            Text(one.state, style=_STYLES.get(one.state, "")),
        )
    yield table
    for one in report.backups:
        if one.problem:
            yield Text(f"{one.backup_id}: {one.problem}", style=_STYLES.get(one.state, ""))
    read = sum(one.state == OK for one in report.backups)
    if read:
        yield f"\n{plural(read, 'backup')} read, every row as it was saved."
    yield f"In {report.location}"


def restore_text(report: RestoreReport) -> Iterator[RenderableType]:
    """Say of each date what was brought back, and what was not and why."""
    table = Table(box=None, pad_edge=False)
    for name in ("table", "date", "saved", "there", "", "why"):
        table.add_column(name, justify="right" if name in ("saved", "there") else "left")
    for one in report.partitions[:LISTED_AT_MOST]:
        style = "" if one.outcome in FINE else "red"
        table.add_row(
            short(one.table),
            str(one.partition),
            f"{one.rows:,}",
            f"{one.live:,}",
            Text(one.outcome.replace("_", " "), style=style),
            one.reason,
        )
    yield table
    if len(report.partitions) > LISTED_AT_MOST:
        more = len(report.partitions) - LISTED_AT_MOST
        yield f"… {plural(more, 'more date')}: --json has them all"
    for problem in report.damaged:
        yield Text(f"✗ {problem}", style="red")
    if not report.cleaning_id:
        yield "\nDry run: nothing was restored."
        return
    yield f"\n{plural(report.restored_rows, 'row')} restored from {report.location}."
    if report.restored_rows:
        yield "Those that outlived their retention go again with the next cleaning."


def size_text(size: int) -> str:
    """Return `812 B`, `4.2 kB`, `1.3 MB`."""
    if size < KILO:
        return f"{size} B"
    if size < KILO**2:
        return f"{size / KILO:.1f} kB"
    return f"{size / KILO**2:.1f} MB"
