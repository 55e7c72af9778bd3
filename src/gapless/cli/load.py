"""`gapless load`: load source tables from a folder of files."""

from __future__ import annotations

from pathlib import Path

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.report.load import load_data, load_text
from gapless.verbs.load import find_files
from gapless.verbs.load import load as load_verb
from gapless.wiring import pipeline_of


def load(*, data: Path, site: Site = SITE) -> int:
    """Load source tables from a folder of Parquet or CSV files, and check that they are complete.

    Loading the same files again changes nothing.

    Parameters
    ----------
    data
        Folder with TABLE.parquet or TABLE.csv for each source table, e.g. schedule.parquet.
    """
    # Before anything is opened, so that a mistyped folder leaves nothing behind.
    find_files(pipeline_of(site.settings()), data)
    with site.workspace(write=True) as workspace:
        report = load_verb(workspace, data)
    if site.json:
        show_json(load_data(report))
    else:
        show(load_text(report))
    return report.exit_code
