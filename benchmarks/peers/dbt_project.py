"""E: dbt with DuckDB, incremental models by date and a test of the coverage in the same build."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from peers.peer import WAREHOUSE, Peer, Plan, Spent, next_day
from peers.statements import GATED, LAST, TABLES, Range, model, uncovered

_PROJECT = """name: nba
version: '1.0'
profile: nba
model-paths: [models]
test-paths: [tests]
macro-paths: [macros]
flags:
  send_anonymous_usage_stats: false
"""
_PROFILE = f"""nba:
  target: local
  outputs:
    local:
      type: duckdb
      path: {WAREHOUSE}
      threads: 1
"""
# Without it dbt puts the name of the target before that of the schema.
_SCHEMA_MACRO = """{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name or target.schema }}
{%- endmacro %}
"""


class Dbt(Peer):
    """By date it is a microbatch of a day; otherwise a range is deleted and inserted at once."""

    name = "dbt"
    title = "dbt-duckdb"
    packages = ("dbt-core", "dbt-duckdb", "duckdb")

    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Write the project: models, tests, and the raw tables as sources."""
        files = {
            "dbt_project.yml": _PROJECT,
            "profiles.yml": _PROFILE,
            "macros/generate_schema_name.sql": _SCHEMA_MACRO,
            "models/sources.yml": _sources(),
            ".by_date": str(plan.by_date),
        }
        dates = _microbatch() if plan.by_date else _variables()
        for table in TABLES:
            name = table.split(".")[1]
            files[f"models/{name}.sql"] = _config(table, plan) + model(table, dates) + "\n"
        for table in GATED:
            name = table.split(".")[1]
            files[f"tests/coverage_of_{name}.sql"] = uncovered(table, _variables()) + "\n"
        del folder
        return files

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Build all models and run their tests."""
        return self.whole(folder, _build(folder, first, last))

    def again(self, folder: Path, day: str) -> Spent:
        """Build the last model for one date."""
        return self.whole(folder, [*_build(folder, day, day), "--select", LAST.split(".")[1]])

    def later(self, folder: Path, day: str) -> Spent:
        """Build that date: dbt keeps no record of dates, so the scheduler says which one is due."""
        return self.whole(folder, _build(folder, day, day))

    def shown(self, folder: Path, day: str) -> str:
        """Read what the last build that had to do with the last table said of it."""
        del day
        results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))
        name = LAST.split(".")[1]
        found = [
            f"{one['unique_id'].split('.')[0]} {one['status']}"
            for one in results["results"]
            if name in one["unique_id"]
        ]
        return f"no record of dates; last build: {', '.join(found)}"


def _build(folder: Path, first: str, last: str) -> Sequence[str]:
    variables = json.dumps({"first_date": first, "last_date": last})
    command = ["dbt", "build", "--profiles-dir", ".", "--vars", variables]
    if (folder / ".by_date").read_text(encoding="utf-8") == str(True):
        command += ["--event-time-start", first, "--event-time-end", next_day(last)]
    return command


def _variables() -> Range:
    return Range(
        "CAST('{{ var(\"first_date\") }}' AS DATE)",
        "CAST('{{ var(\"last_date\") }}' AS DATE)",
        _relation,
    )


def _microbatch() -> Range:
    start = "{{ model.batch.event_time_start.date() }}"
    end = "{{ model.batch.event_time_end.date() }}"
    first, after = (f"CAST('{text}' AS DATE)" for text in (start, end))
    # The history lies before the batch, so the relations are taken without dbt's filter.
    return Range(first, f"({after} - 1)", lambda table: _relation(table, ".render()"))


def _relation(table: str, method: str = "") -> str:
    schema, name = table.split(".")
    if table in TABLES:
        return f"{{{{ ref('{name}'){method} }}}}"
    return f"{{{{ source('{schema}', '{name}'){method} }}}}"


def _config(table: str, plan: Plan) -> str:
    schema = table.partition(".")[0]
    how = "incremental_strategy='delete+insert', unique_key='game_date'"
    if plan.by_date:
        how = (
            "incremental_strategy='microbatch', event_time='game_date', batch_size='day', "
            f"lookback=0, begin='{plan.first}'"
        )
    return f"{{{{ config(materialized='incremental', schema='{schema}', {how}) }}}}\n\n"


def _sources() -> str:
    return """sources:
  - name: raw
    tables: [{name: schedule}, {name: player_box_scores}, {name: shots}]
  - name: analytics
    tables: [{name: upcoming_player_game_context}]
"""
