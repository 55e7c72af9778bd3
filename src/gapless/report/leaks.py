"""A search for look-ahead as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.leaks.report import DateProof, Difference, Leak, LeakReport, Moved, Proof, TableProof
from gapless.report.marks import short
from gapless.wording import plural

PROOF_MARKS = {
    Proof.PROVED: ("● proved", "green"),
    Proof.LEAK: ("✗ leak", "red"),
    Proof.UNKNOWN: ("? unknown", "red"),
    Proof.NOTHING: ("· nothing", "dim"),
}
DATES_AT_MOST = 3
"""How many dates of a kind are told of each table; the counts are always exact."""
EXAMPLES_AT_MOST = 3
COLUMNS_AT_MOST = 6


def leaks_text(report: LeakReport) -> Iterator[RenderableType]:
    """Show what was proved by table, then every leak, and what was not proved."""
    yield _by_table(report)
    for found in report.tables:
        yield from _facts_read(found)
        yield from _leaks(found)
        yield from _unproved(found)
        yield from _without_poison(found)
        yield from _published(found)
    yield ""
    yield _conclusion(report)


def _by_table(report: LeakReport) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("table", no_wrap=True)
    table.add_column("proof", no_wrap=True)
    for name in ("dates", "proved", "leak", "unknown", "nothing there", "rows compared"):
        table.add_column(name, justify="right")
    for found in report.tables:
        counts = (
            len(found.dates),
            *(found.count(p) for p in (Proof.PROVED, Proof.LEAK, Proof.UNKNOWN, Proof.NOTHING)),
            sum(one.rows for one in found.dates),
        )
        cells = (f"{count:,}" if count else "·" for count in counts)
        table.add_row(found.table, _mark(found.proof), *cells)
    return table


def _mark(proof: Proof) -> Text:
    text, style = PROOF_MARKS[proof]
    return Text(text, style=style)


def _facts_read(found: TableProof) -> Iterator[RenderableType]:
    if found.facts is None or not found.exists_before:
        return
    yield ""
    reader, whole = found.facts.chain[-2:]
    via = f", by way of {', '.join(found.facts.chain[1:-1])}" if found.facts.chain[2:] else ""
    yield _head(
        Proof.LEAK,
        f"{found.table} must be there before its date is played out, but reads {whole} of the "
        f"date itself{via}, without saying which columns only decide who is there.",
    )
    yield _remedy(
        "cut the read to what is known before",
        f"same_date({short(whole)}, columns=(…)) in the inputs of {reader}",
    )
    yield _remedy(
        "or expect nothing before the date is over",
        f"expected_by_path(historical=…) for {found.table}",
    )


def _leaks(found: TableProof) -> Iterator[RenderableType]:
    leaking = [one for one in found.dates if one.leaks]
    for one in leaking[:DATES_AT_MOST]:
        for leak in one.leaks:
            yield ""
            yield from _leak(found, one, leak)
    if len(leaking) > DATES_AT_MOST:
        yield _indented(f"… and {plural(len(leaking) - DATES_AT_MOST, 'more date')} that leak")


def _leak(found: TableProof, one: DateProof, leak: Leak) -> Iterator[RenderableType]:
    difference = leak.difference
    part = "" if leak.part == "rows" else f" in its {leak.part}"
    yield _head(
        Proof.LEAK,
        f"{short(found.table)} {one.day}: {difference.moved:,} of "
        f"{plural(difference.rows, 'row')} moved{part}{_columns(difference)}",
    )
    by = ", ".join(leak.culprits) or "all inputs together; none does it alone"
    yield _indented(f"moved by {leak.poison} poison in: {by}")
    for moved in difference.examples[:EXAMPLES_AT_MOST]:
        yield _indented(_moved(moved))


def _columns(difference: Difference) -> str:
    shown = ", ".join(difference.columns[:COLUMNS_AT_MOST])
    more = len(difference.columns) - COLUMNS_AT_MOST
    return f" in {shown}{f' and {more} more' if more > 0 else ''}" if shown else ""


def _moved(moved: Moved) -> str:
    what = f"{moved.key}: {moved.column} " if moved.column else f"{moved.key}: "
    return f"{what}{moved.without or 'NULL'} → {moved.with_poison or 'NULL'}"


def _unproved(found: TableProof) -> Iterator[RenderableType]:
    if found.reason:
        yield ""
        yield _head(Proof.UNKNOWN, f"{found.table}: {found.reason}")
    elif found.held_up:
        yield ""
        yield _head(
            Proof.UNKNOWN,
            f"{found.table}: {plural(len(found.held_up), 'selected date')} cannot be computed now; "
            f"{found.held_up[0]}",
        )
    for proof in (Proof.UNKNOWN, Proof.NOTHING):
        dates = [one for one in found.dates if one.proof is proof]
        for one in dates[:DATES_AT_MOST]:
            yield ""
            yield _head(proof, f"{short(found.table)} {one.day}: {one.reason}")
        if len(dates) > DATES_AT_MOST:
            yield _indented(f"… and {plural(len(dates) - DATES_AT_MOST, 'more date')}")


def _without_poison(found: TableProof) -> Iterator[RenderableType]:
    dates: dict[str, int] = {}
    for one in found.dates:
        for name in one.without_poison:
            dates[name] = dates.get(name, 0) + 1
    for name, count in dates.items():
        yield _indented(
            f"{short(found.table)}: nothing was there to make poison of in the {name}"
            f" on {plural(count, 'date')}"
        )


def _published(found: TableProof) -> Iterator[RenderableType]:
    differing = [(one.day, one.published) for one in found.dates if one.published is not None]
    for day, published in differing[:DATES_AT_MOST]:
        yield ""
        yield Text.assemble(
            ("! published  ", "yellow"),
            f"{short(found.table)} {day}: {plural(published.difference.moved, 'row')} published "
            f"otherwise{_columns(published.difference)}; the partition is {published.standing}",
        )
    if len(differing) > DATES_AT_MOST:
        yield _indented(f"… and {plural(len(differing) - DATES_AT_MOST, 'more date')}")


def _head(proof: Proof, text: str) -> Text:
    mark, style = PROOF_MARKS[proof]
    return Text.assemble((f"{mark}  ", style), text)


def _indented(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 4))


def _remedy(what: str, how: str) -> Text:
    return Text.assemble((f"    → {what}: ", "cyan"), (how, "bold"), no_wrap=True)


def _conclusion(report: LeakReport) -> Text:
    dates = sum(len(found.dates) for found in report.tables)
    examined = f"{plural(len(report.tables), 'table')}, {plural(dates, 'date')} examined"
    seconds = f"{report.seconds:.1f} s; nothing was written"
    leaking = [found for found in report.tables if found.proof is Proof.LEAK]
    if leaking:
        return Text.assemble(("✗ look-ahead", "red"), f"  {len(leaking)} of {examined}; {seconds}")
    open_ones = [found for found in report.tables if found.proof is not Proof.PROVED]
    if open_ones:
        return Text.assemble(
            ("? not proved", "red"), f"  {len(open_ones)} of {examined}; {seconds}"
        )
    return Text.assemble(("● no look-ahead", "green"), f"  {examined}; {seconds}")
