"""Runs and questions of the Dagster peer, in its environment.

Usage: dagster_runs.py each FIRST LAST | missing LAST | shown DATE
`each` starts a run for each date in this process; the daemon of a deployment would start a process
for each of them. `missing` is what "materialize missing and failed partitions" does.
"""

import json
import sys

import dagster as dg
from dagster_assets import DAILY, MODELS, defs

JOB = defs.resolve_implicit_global_asset_job_def()
KEYS = {table: dg.AssetKey(table.split(".")) for table in MODELS["tables"]}


def each(instance: dg.DagsterInstance, days: list[str]) -> None:
    """Materialize all assets, a run for each date."""
    failed = [
        day
        for day in days
        if not JOB.execute_in_process(
            partition_key=day, instance=instance, raise_on_error=False
        ).success
    ]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def statuses(instance: dg.DagsterInstance, table: str, days: list[str]) -> dict[str, str]:
    """Return what the instance holds of each date of an asset."""
    found = instance.get_status_by_partition(KEYS[table], days, DAILY) or {}
    return {day: found[day].name if found.get(day) else "MISSING" for day in days}


def check(instance: dg.DagsterInstance, table: str) -> str:
    """Return how the latest check of an asset ended."""
    key = dg.AssetCheckKey(KEYS[table], "coverage")
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
    return record.status.name if record else "none"


def main() -> None:
    """Do one of the three."""
    verb, *given = sys.argv[1:]
    days = DAILY.get_partition_keys()
    with dg.DagsterInstance.get() as instance:
        if verb == "each":
            each(instance, [day for day in days if given[0] <= day <= given[1]])
        elif verb == "missing":
            due = [day for day in days if day <= given[0]]
            found = [statuses(instance, table, due) for table in KEYS]
            each(
                instance,
                [day for day in due if any(one[day] != "MATERIALIZED" for one in found)],
            )
        else:
            table = list(KEYS)[-1]
            shown = statuses(instance, table, [given[0]])[given[0]]
            print(json.dumps({"partition": shown, "check": check(instance, table)}))


if __name__ == "__main__":
    main()
