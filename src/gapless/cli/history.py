"""`gapless history`: say what was tried of each date, and which keys are missing."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import path_to_come, show, show_json
from gapless.errors import GaplessError, UsageError
from gapless.report.export import export_writer
from gapless.report.failures import failures_text
from gapless.report.history import DEFAULT_LIMIT, NO_LEDGER, history_text
from gapless.verbs.failures import FAILURE_COLUMNS, FailuresReport
from gapless.verbs.failures import failures as failures_verb
from gapless.verbs.flagging import Flagged, flag_incomplete
from gapless.verbs.history import COLUMNS, DEFAULT_DAYS, HistoryReport, moment_before
from gapless.verbs.history import history as history_verb
from gapless.verbs.selection import Selection
from gapless.wiring import clock_of, pipeline_of, readable_ledger


def history(
    *tables: str,
    days: int = DEFAULT_DAYS,
    failures: Annotated[bool, Parameter(negative="")] = False,
    open_: Annotated[bool, Parameter(name="--open", negative="")] = False,
    flag_incomplete: Annotated[bool, Parameter(negative="")] = False,
    export: Path | None = None,
    limit: int = DEFAULT_LIMIT,
    dates: Dates = DATES,
    site: Site = SITE,
) -> int:
    """Say what was tried of each date in the last days, with which result, by whom.

    It is read from the ledger alone, also while a run is at work; only --flag-incomplete looks at
    the warehouse. Dates that are named restrict what the attempts were about, not when they were
    made. Exit codes: 0, with --flag-incomplete 1 when something needs attention, 4 there is no
    ledger to read.

    Parameters
    ----------
    tables
        Tables, by full or short name; all of the pipeline when none is given.
    days
        How far back attempts were made, or failures seen.
    failures
        Show the missing keys instead: why, correctable or not, first seen, resolved when.
    open_
        With --failures: only those that are still missing, however old.
    flag_incomplete
        First look at the warehouse and record what is missing, key by key, in every selected
        partition that needs attention; and what is there again.
    export
        Also write the rows to this file: .csv, .parquet, .json or .jsonl; replaces the file.
    limit
        Worst dates, or groups of failures, to print.
    """
    if days < 1:
        raise UsageError(f"--days {days} reaches no attempt; give at least 1.")
    if limit < 0:
        raise UsageError(f"--limit {limit} is less than nothing; give 0 or more.")
    if open_ and not failures:
        raise UsageError("--open belongs to --failures; an attempt is never open.")
    writer = export_writer(export, where="--export") if export is not None else None
    selection = dates.selection(tables)
    with ExitStack() as stack:
        # Before anything is read, so that nobody waits for a file that cannot be written.
        place = stack.enter_context(path_to_come(export, where="--export")) if export else None
        flagged = _flagged(selection, site) if flag_incomplete else None
        report = _report(
            selection, site, days=days, failures=failures, only_open=open_, flagged=flagged
        )
        if writer is not None and place is not None:
            if not report.is_known:
                raise GaplessError(NO_LEDGER, untouched=f"{export} was not written.")
            kept = FAILURE_COLUMNS if isinstance(report, FailuresReport) else COLUMNS
            writer(place, kept, report.rows())
    if site.json:
        show_json(report.as_data())
    elif isinstance(report, FailuresReport):
        show(failures_text(report, limit))
    else:
        show(history_text(report, limit))
    return report.exit_code


def _flagged(selection: Selection, site: Site) -> Flagged:
    with site.workspace(record=True) as workspace:
        return flag_incomplete(workspace, selection)


def _report(
    selection: Selection,
    site: Site,
    *,
    days: int,
    failures: bool,
    only_open: bool,
    flagged: Flagged | None,
) -> HistoryReport | FailuresReport:
    settings = site.settings()
    now: datetime = clock_of(settings).now()
    pipeline, ledger = pipeline_of(settings), readable_ledger(settings)
    try:
        if failures:
            since = moment_before(now, days)
            return failures_verb(
                pipeline, ledger, selection, since=since, only_open=only_open, flagged=flagged
            )
        return history_verb(pipeline, ledger, selection, now=now, days=days, flagged=flagged)
    finally:
        if ledger is not None:
            ledger.close()
