"""The project of the Dagster peer: an asset for each table, partitioned by day, and its checks.

It runs in that peer's environment; `models.json` beside it has the SQL, with the two dates
left open as $first and $last.
"""

import json
from pathlib import Path
from string import Template

import dagster as dg
from dagster_duckdb import DuckDBResource

HERE = Path(__file__).parent
MODELS = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
# The end is the first day that is left out.
DAILY = dg.DailyPartitionsDefinition(start_date=MODELS["first"], end_date=MODELS["after"])
POLICY = dg.BackfillPolicy.multi_run(1) if MODELS["by_date"] else dg.BackfillPolicy.single_run()


def _between(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> dict[str, str]:
    keys = context.partition_key_range
    return {"first": f"DATE '{keys.start}'", "last": f"DATE '{keys.end}'"}


def _asset(table: str, one: dict) -> dg.AssetsDefinition:
    @dg.asset(
        key=table.split("."),
        deps=[other.split(".") for other in one["reads"]],
        partitions_def=DAILY,
        backfill_policy=POLICY,
    )
    def computed(context: dg.AssetExecutionContext, warehouse: DuckDBResource) -> None:
        dates = _between(context)
        rows = Template(one["sql"]).substitute(dates)
        schema = table.partition(".")[0]
        with warehouse.get_connection() as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {rows} LIMIT 0")
            connection.execute("BEGIN")
            held = Template("game_date BETWEEN $first AND $last").substitute(dates)
            connection.execute(f"DELETE FROM {table} WHERE {held}")
            connection.execute(f"INSERT INTO {table} BY NAME {rows}")
            connection.execute("COMMIT")

    return computed


def _check(table: str, one: dict) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table.split("."), name="coverage", blocking=True, partitions_def=DAILY)
    def coverage(
        context: dg.AssetCheckExecutionContext, warehouse: DuckDBResource
    ) -> dg.AssetCheckResult:
        with warehouse.get_connection() as connection:
            query = Template(one["uncovered"]).substitute(_between(context))
            failing = connection.execute(query).fetchall()
        found = [f"{day}: {present} of {expected}" for day, expected, present in failing]
        return dg.AssetCheckResult(passed=not failing, metadata={"failing": ", ".join(found)})

    return coverage


defs = dg.Definitions(
    assets=[_asset(table, one) for table, one in MODELS["tables"].items()],
    asset_checks=[
        _check(table, one) for table, one in MODELS["tables"].items() if one["uncovered"]
    ],
    # A DuckDB file belongs to one process at a time, so the steps of a run share it.
    executor=dg.in_process_executor,
    resources={"warehouse": DuckDBResource(database=str(HERE / "nba.duckdb"))},
)
