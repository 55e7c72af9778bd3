"""Together: a date that was cleaned more than once comes back from all of its backups."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gapless.errors import SchemaChanged
from gapless.ledger.cleanings import CleanedPartition, Fate
from gapless.retention.backups import Backups
from gapless.retention.interface import ROWS, Manifest
from gapless.warehouse.interface import SavedRows, Warehouse


@dataclass(frozen=True)
class Chosen:
    """The backups that some dates of a table are brought back from."""

    manifests: tuple[Manifest, ...]
    """Oldest first."""

    @property
    def newest(self) -> Manifest:
        """The one that the others add to."""
        return self.manifests[-1]

    @property
    def table(self) -> str:
        """The table."""
        return self.newest.table

    @property
    def names(self) -> str:
        """Their ids, for a sentence."""
        ids = [one.backup_id for one in self.manifests]
        return f"backup {ids[0]}" if len(ids) == 1 else f"backups {' and '.join(ids)}"

    def rows_of(self, day: date) -> int:
        """Return how many rows they hold of a date, each backup counted by itself."""
        return sum(one.dates[day].rows for one in self.manifests)

    @contextmanager
    def opened(
        self, backups: Backups, warehouse: Warehouse, days: Sequence[date], key: Sequence[str]
    ) -> Iterator[tuple[SavedRows, Collection[date]]]:
        """Offer their rows in one file, and the dates of which they contradict each other.

        A row that several of them hold is in it once, or as often as the one that has most of it.

        Raises:
            BackupDamaged: one does not hold what its manifest says.
            SchemaChanged: their columns are not the same.
        """
        with ExitStack() as stack:
            parts = [
                self._rows(one, days, stack.enter_context(backups.opened(one)))
                for one in self.manifests
            ]
            if len(parts) == 1:
                yield parts[0], ()
                return
            if any(dict(one.columns) != dict(self.newest.columns) for one in self.manifests):
                raise SchemaChanged(
                    f"The columns of {self.names} are not the same, so their rows cannot be "
                    "brought back together; choose one: --backup ID",
                    untouched="Nothing was restored.",
                )
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gapless-backup-"))
            merged = self._rows(self.newest, days, Path(folder) / ROWS)
            columns = list(self.newest.columns)
            # Of a key that was declared later nothing can be said.
            known = key if set(key) <= set(columns) else ()
            yield merged, warehouse.merge_saved(parts, merged, columns, known)

    def _rows(self, manifest: Manifest, days: Sequence[date], file: Path) -> SavedRows:
        return SavedRows(manifest.table, manifest.partition, tuple(days), str(file))


def together(
    told: Iterable[CleanedPartition], known: Collection[str]
) -> dict[tuple[str, date], set[str]]:
    """Return for each date the backups that have to come back together.

    Those are the ones on whose account rows were removed and that were not restored since, and
    the ones that were restored last if nothing was removed since.

    Args:
        told: What the ledger knows, in the order it was recorded.
        known: Ids of the backups that count.
    """
    restored: dict[tuple[str, date], dict[str, bool]] = {}
    for one in told:
        if one.backup_id not in known:
            continue
        dates = restored.setdefault((one.table, one.partition), {})
        if one.fate is Fate.DELETED:
            for backup_id in [backup_id for backup_id, done in dates.items() if done]:
                del dates[backup_id]
            dates[one.backup_id] = False
        elif one.fate is Fate.RESTORED and one.backup_id in dates:
            dates[one.backup_id] = True
    return {place: set(dates) for place, dates in restored.items()}


def chosen_for(
    newest: Mapping[tuple[str, date], Manifest],
    backups: Sequence[Manifest],
    others: Mapping[tuple[str, date], Collection[str]],
) -> list[tuple[Chosen, list[date]]]:
    """Group the dates by the backups they come back from, oldest backup first.

    Args:
        newest: The newest backup of each date.
        backups: All of them, oldest first.
        others: Which ones have to come back together.
    """
    grouped: dict[tuple[str, ...], tuple[Chosen, list[date]]] = {}
    for (table, day), last in sorted(newest.items(), key=lambda item: item[0]):
        wanted = others.get((table, day), ())
        # Where nothing is known of the date, the newest file that holds it is all there is.
        *older, latest = [one for one in backups if one.backup_id in wanted] or [last]
        # The very same rows need not be added to themselves.
        adding = [one for one in older if one.dates[day] != latest.dates[day]]
        chosen = Chosen((*adding, latest))
        ids = tuple(one.backup_id for one in chosen.manifests)
        grouped.setdefault(ids, (chosen, []))[1].append(day)
    return sorted(
        grouped.values(),
        key=lambda item: (item[0].newest.created_at, item[0].newest.backup_id, item[1]),
    )
