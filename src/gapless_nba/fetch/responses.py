"""The kept responses: every answer of the service, as it came, in a Parquet file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from gapless_nba.fetch.parquet import PART, column_types, lines_to_parquet, write_lines
from gapless_nba.fetch.questions import Endpoint, Question

FOLDER = "responses"
DATA_SET = "data_set"
"""Column that says which data set of the response a row belongs to."""


@dataclass(frozen=True)
class Response:
    """An answer of the service, as rows."""

    question: Question
    parameters: Mapping[str, Any]
    """What was sent."""
    fetched_at: datetime
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    """Of all data sets; each says in `data_set` which."""


class Responses:
    """The responses below one folder.

    Args:
        folder: Where `responses/<endpoint>/<season or game>.parquet` are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._connection = duckdb.connect()

    def close(self) -> None:
        """Close DuckDB."""
        self._connection.close()

    def file_of(self, question: Question) -> Path:
        """Return where a response is kept."""
        return self._folder / question.endpoint / f"{question.about}.parquet"

    def seasons(self) -> list[str]:
        """Return the seasons whose schedule is kept."""
        return sorted(file.stem for file in (self._folder / Endpoint.SCHEDULE).glob("*.parquet"))

    def keep(self, response: Response) -> None:
        """Write a response; it is there whole or not at all, whatever happens meanwhile."""
        file = self.file_of(response.question)
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.with_suffix(f".json{PART}")
        lines.unlink(missing_ok=True)
        write_lines(lines, response.rows)
        facts = {
            "endpoint": response.question.endpoint.value,
            "parameters": json.dumps(dict(response.parameters), sort_keys=True),
            "fetched_at": response.fetched_at.astimezone(UTC).isoformat(),
        }
        lines_to_parquet(
            self._connection,
            lines,
            file,
            {DATA_SET: "VARCHAR"} | column_types(response.rows, response.columns),
            # A response without rows would otherwise not say what it answers, and when.
            metadata=facts,
            further={name: "'" + fact.replace("'", "''") + "'" for name, fact in facts.items()},
        )
        lines.unlink()

    def read(self, question: Question) -> Response | None:
        """Return a kept response; None where there is none, or a torn one."""
        file = self.file_of(question)
        if not file.is_file():
            return None
        name = "'" + str(file).replace("'", "''") + "'"
        try:
            found = self._connection.execute(
                f"SELECT key, value FROM parquet_kv_metadata({name})"
            ).fetchall()
            facts = {bytes(key).decode(): bytes(value).decode() for key, value in found}
            rows = self._connection.execute(f"FROM read_parquet({name})")
            columns = tuple(column[0] for column in rows.description or ())
            values = rows.fetchall()
            return Response(
                question=question,
                parameters=json.loads(facts["parameters"]),
                fetched_at=datetime.fromisoformat(facts["fetched_at"]),
                columns=columns,
                rows=[dict(zip(columns, row, strict=True)) for row in values],
            )
        except (duckdb.Error, KeyError, ValueError):
            return None
