"""D: SQLMesh, INCREMENTAL_BY_TIME_RANGE with a blocking audit of the coverage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from peers.peer import WAREHOUSE, Peer, Plan, Spent, next_day
from peers.statements import GATED, LAST, TABLES, Range, model, uncovered

# Where its state belongs: SQLMesh warns of keeping it in an analytical database beside the data,
# and a file of its own is what DuckDB can offer.
_CONFIG = f"""gateways:
  local:
    connection:
      type: duckdb
      database: {WAREHOUSE}
    state_connection:
      type: duckdb
      database: state.duckdb
default_gateway: local
model_defaults:
  dialect: duckdb
  cron: '@daily'
"""
_DATES = Range("CAST(@start_ds AS DATE)", "CAST(@end_ds AS DATE)", lambda table: table)


class SQLMesh(Peer):
    """Its intervals are days; without a batch size, all that is missing is one batch."""

    name = "sqlmesh"
    title = "SQLMesh"
    packages = ("sqlmesh", "duckdb")

    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Write one file for each model and audit."""
        del folder
        files = {"config.yaml": _CONFIG}
        for table in TABLES:
            files[f"models/{table}.sql"] = _model(table, plan)
        for table in GATED:
            audit = f"AUDIT (name {_audit(table)});\n\n"
            files[f"audits/{table}.sql"] = audit + uncovered(table, _DATES, relation="@this_model")
        return files

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Create the production environment; a plan computes what is missing up to yesterday."""
        del first
        # A day is due once it is over.
        now = ["--execution-time", next_day(last)]
        return self.whole(folder, ["sqlmesh", "plan", "--no-prompts", "--auto-apply", *now])

    def again(self, folder: Path, day: str) -> Spent:
        """Restate one date."""
        restated = ["--restate-model", LAST, "--start", day, "--end", day]
        return self.whole(folder, ["sqlmesh", "plan", "--no-prompts", "--auto-apply", *restated])

    def later(self, folder: Path, day: str) -> Spent:
        """Run what is missing."""
        return self.whole(folder, ["sqlmesh", "run", "--ignore-cron", "--end", day])

    def shown(self, folder: Path, day: str) -> str:
        """Ask which intervals are missing."""
        # The end is its idea of now, and a day is due once it is over.
        asked = ["--start", day, "--end", next_day(day), "--select-model", LAST]
        said = str(self.whole(folder, ["sqlmesh", "check_intervals", *asked])["said"])
        if "Missing Intervals" in said:
            return "interval missing" if day in said else f"unclear: {said}"
        return "interval complete" if "Complete Intervals" in said else f"unclear: {said}"


def _audit(table: str) -> str:
    return f"coverage_of_{table.split('.')[1]}"


def _model(table: str, plan: Plan) -> str:
    batch = ", batch_size 1" if plan.by_date else ""
    audits = f",\n  audits ({_audit(table)})" if table in GATED else ""
    return f"""MODEL (
  name {table},
  kind INCREMENTAL_BY_TIME_RANGE (time_column game_date{batch}),
  start '{plan.first}',
  end '{plan.last}'{audits}
);

{model(table, _DATES)}
"""
