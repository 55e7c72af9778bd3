"""F: Dagster, assets partitioned by day with blocking checks of the coverage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from peers.peer import HERE, Peer, Plan, Spent, next_day
from peers.statements import GATED, LAST, TABLES, Range, model, uncovered

_DATES = Range("$first", "$last", lambda table: table)
_INSTANCE = "telemetry:\n  enabled: false\n"


class Dagster(Peer):
    """By date there is a run for each; otherwise one run has the whole range."""

    name = "dagster"
    title = "Dagster"
    packages = ("dagster", "dagster-duckdb", "duckdb")

    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Copy the assets, and write their SQL."""
        del folder
        tables = {}
        for table in TABLES:
            sql = model(table, _DATES)
            tables[table] = {
                "sql": sql,
                "reads": [other for other in TABLES if other != table and other in sql],
                "uncovered": uncovered(table, _DATES) if table in GATED else "",
            }
        models = {
            "first": plan.first,
            "after": next_day(plan.last),
            "by_date": plan.by_date,
            "tables": tables,
        }
        files = {"dagster.yaml": _INSTANCE, "models.json": json.dumps(models)}
        for name in ("dagster_assets.py", "dagster_runs.py"):
            files[name] = (HERE / "projects" / "dagster" / name).read_text(encoding="utf-8")
        return files

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Materialize everything: one run, or a run for each date in one process."""
        models = json.loads((folder / "models.json").read_text(encoding="utf-8"))
        if models["by_date"]:
            return self.whole(folder, ["python", "dagster_runs.py", "each", first, last])
        return self._materialize(folder, "*", "--partition-range", f"{first}...{last}")

    def again(self, folder: Path, day: str) -> Spent:
        """Materialize the last asset for one date."""
        return self._materialize(folder, LAST.replace(".", "/"), "--partition", day)

    def later(self, folder: Path, day: str) -> Spent:
        """Materialize what is missing or failed."""
        return self.whole(folder, ["python", "dagster_runs.py", "missing", day])

    def shown(self, folder: Path, day: str) -> str:
        """Ask the instance for the partition and for the latest check."""
        said = self.whole(folder, ["python", "dagster_runs.py", "shown", day])["said"]
        found = json.loads(str(said).strip().splitlines()[-1])
        return f"partition {found['partition']}, check {found['check']}"

    def _materialize(self, folder: Path, selected: str, *partitions: str) -> Spent:
        command = ["dagster", "asset", "materialize", "--select", selected, *partitions]
        return self.whole(folder, [*command, "--python-file", "dagster_assets.py"])
