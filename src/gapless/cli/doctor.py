"""`gapless doctor`: is the installation sound, and can every guard fail?"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.configured_site import ConfiguredSite
from gapless.report.doctor import doctor_text
from gapless.verbs.doctor import doctor as doctor_verb


def doctor(
    *tables: str,
    verbose: Annotated[bool, Parameter(negative="")] = False,
    site: Site = SITE,
) -> int:
    """Check the installation, and feed every guard bad copies of real partitions.

    Rows removed, a group removed, keys swapped, duplicates, NULLs, values out of range, errors in
    queries: every gate, check and source choice must refuse what it is there to refuse. Bad copies
    are staged beside the warehouse, which is only read.

    Exit codes: 0 all is well, 1 a guard could not fail or a part is not sound, 4 something could
    not be tried.

    Parameters
    ----------
    tables
        Tables whose guards to try, sources included, by full or short name; all when none is given.
    verbose
        Tell every trial, not only those that went wrong.
    """
    report = doctor_verb(ConfiguredSite(site.settings), tables)
    if site.json:
        show_json(report.as_data())
    else:
        show(doctor_text(report, verbose=verbose))
    return report.exit_code
