"""`gapless validate`: say whether the published seasons can be trusted."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import file_to_come, show, show_json
from gapless.cli.stdout import show_plain
from gapless.errors import UsageError
from gapless.report.validation_data import validation_data
from gapless.report.validation_markdown import validation_markdown
from gapless.report.validation_text import validation_text
from gapless.validate.model import ValidationReport
from gapless.verbs.validate import validate as validate_verb


def validate(
    *tables: str,
    dates: Dates = DATES,
    markdown: Annotated[bool, Parameter(negative="")] = False,
    html: Path | None = None,
    site: Site = SITE,
) -> int:
    """Measure what is published against everything that is declared; reads only.

    Exit codes: 0 everything selected can be trusted (warnings and known limitations included),
    1 something fails, 4 something is unknown.

    Parameters
    ----------
    tables
        Tables to validate, by full or short name, with the sources they depend on; all of the
        pipeline when none is given.
    markdown
        Print Markdown.
    html
        Also write the report to this file, as one page that opens offline; replaces the file.
    """
    if markdown and site.json:
        raise UsageError("--markdown and --json print different things; name one of them.")
    selection = dates.selection(tables)
    with ExitStack() as stack:
        # Before anything is measured, so that nobody waits for a page that cannot be written.
        page = stack.enter_context(file_to_come(html, where="--html")) if html else None
        with site.workspace() as workspace:
            report = validate_verb(workspace, selection)
        if page is not None:
            page.write(_html(report))
    if site.json:
        show_json(validation_data(report))
    elif markdown:
        show_plain(validation_markdown(report))
    else:
        show(validation_text(report))
    return report.exit_code


def _html(report: ValidationReport) -> str:
    # Only here: no other command needs the library for markup.
    from gapless.report.validation_html.page import validation_html  # noqa: PLC0415

    return validation_html(report)
