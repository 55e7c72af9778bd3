"""The seven tables as a peer's models: the pipeline's own SQL over the relations of that peer.

A model is written for a range of dates whose ends are expressions of the peer: macros, variables,
literals. It reads its history from the start of the season on, as the other sides do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from per_date import EXPECTED
from plain_sql import READS_HISTORY, SOURCES, SQL, STEPS

UPCOMING = "analytics.upcoming_player_game_context"
TABLES = tuple(table for table, _, _ in STEPS)
LAST = TABLES[-1]
GATED = tuple(table for table in TABLES if table in EXPECTED)
"""The tables of which it is known who must be there; these have the coverage audit."""
LEAST_COVERAGE = 0.9
_PLAYERS = "analytics/played_players.sql"


@dataclass(frozen=True)
class Range:
    """The dates of one unit of work, as SQL.

    Attributes:
        first: The first date.
        last: The last date, included.
        relation: Says how the peer names a table in a FROM.
    """

    first: str
    last: str
    relation: Callable[[str], str]

    def holds(self, column: str = "game_date") -> str:
        """Write that a date is one of these."""
        return f"{column} BETWEEN {self.first} AND {self.last}"


def model(table: str, dates: Range) -> str:
    """Return the SELECT of one table for a range of dates."""
    file, first_day = next((file, day) for name, file, day in STEPS if name == table)
    text = _sql(file)
    players = _sql(_PLAYERS) if "FROM players" in text else ""
    relations = {"partitions": _partitions(dates, first_day)}
    for name, source in SOURCES.items():
        if source != table and (f" {name}" in text or name in players):
            relations[name] = _read(source, dates, since_season_start=table in READS_HISTORY)
    if "context" in relations:
        relations["context"] = _context(dates)
    if players:
        on_dates = f"SELECT * FROM (\n{players}\n) AS played WHERE {dates.holds()}"
        relations["players"] = on_dates
    written = ",\n".join(f"{name} AS (\n{query}\n)" for name, query in relations.items())
    return f"WITH {written}\nSELECT * FROM (\n{text}\n) AS computed"


def uncovered(table: str, dates: Range, *, relation: str = "") -> str:
    """Return a query for the dates on which less than 90 % of the expected players are there."""
    there = relation or dates.relation(table)
    first_day = next(day for name, _, day in STEPS if name == table)
    return f"""SELECT played.game_date, count(*) AS expected, count(there.player_id) AS present
FROM (
  SELECT DISTINCT game_date, player_id FROM {dates.relation("raw.player_box_scores")}
  WHERE played AND {dates.holds()}
) AS played
JOIN (
{_partitions(dates, first_day)}
) AS due ON due.game_date = played.game_date
LEFT JOIN (SELECT DISTINCT game_date, player_id FROM {there} WHERE {dates.holds()}) AS there
  ON there.game_date = played.game_date AND there.player_id = played.player_id
GROUP BY played.game_date
HAVING count(there.player_id) < {LEAST_COVERAGE} * count(*)"""


def _partitions(dates: Range, first_day: int) -> str:
    return f"""SELECT
  game_date, season, season_start, CAST(game_date - season_start AS INTEGER) AS day_of_season
FROM (
  SELECT DISTINCT game_date, season, min(game_date) OVER (PARTITION BY season) AS season_start
  FROM {dates.relation("raw.schedule")}
) AS scheduled
WHERE {dates.holds()} AND CAST(game_date - season_start AS INTEGER) >= {first_day}"""


def _read(source: str, dates: Range, *, since_season_start: bool) -> str:
    rows = f"SELECT * FROM {dates.relation(source)}"
    if since_season_start:
        season_start = "(SELECT min(season_start) FROM partitions)"
        return f"{rows} WHERE game_date >= {season_start} AND game_date <= {dates.last}"
    return f"{rows} WHERE {dates.holds()}"


def _context(dates: Range) -> str:
    """Take the upcoming rows unless a date has none: what the job of the incident did."""
    upcoming = f"SELECT * FROM {dates.relation(UPCOMING)} WHERE {dates.holds()}"
    synthetic = f"SELECT * FROM {dates.relation(SOURCES['context'])} WHERE {dates.holds()}"
    return f"""SELECT * FROM (
{upcoming}
UNION ALL
{synthetic} AND game_date NOT IN (SELECT game_date FROM {dates.relation(UPCOMING)})
) AS chosen
WHERE game_date IN (SELECT game_date FROM partitions)"""


def _sql(file: str) -> str:
    text = (SQL / file).read_text(encoding="utf-8")
    # A comment may hold what a peer's template language would read as its own.
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
