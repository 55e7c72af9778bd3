"""Far more than usual: a cleaning that would remove that much asks first."""

from __future__ import annotations

from gapless.errors import TooMuch
from gapless.retention.rules import StaleDate, describe, usual_limit
from gapless.verbs.workspace import Workspace
from gapless.wording import plural


def refuse_too_much(workspace: Workspace, max_rows: int | None, found: list[StaleDate]) -> None:
    """Refuse to remove more than is allowed, or than earlier cleanings make usual.

    Args:
        workspace: Its ledger knows what is usual.
        max_rows: How many rows are allowed; None: what is usual.
        found: What outlived its retention.

    Raises:
        TooMuch: it would; nothing was removed.
    """
    going = [one for one in found if not one.keep]
    rows = sum(one.rows for one in going)
    limit, why = max_rows, "--max-rows allows"
    if limit is None:
        limit = usual_limit(workspace.open_ledger.cleanings(removed_from=workspace.pipeline.name))
        why = "earlier cleanings make usual"
    if limit is not None and rows > limit:
        raise TooMuch(
            f"{plural(rows, 'row')} of {describe([one.partition for one in going])} would be "
            f"removed, and {why} {limit:,} at most.",
            untouched="Nothing was removed.",
            advice=f"Look at them: gapless clean --dry-run. If they are meant to go: gapless clean "
            f"--max-rows {rows}",
        )
