"""The incident of 6 January for `gapless demo`: a few stale rows kept the complete source away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from gapless.demo import Incident
from gapless_nba.simulate import simulate_league
from gapless_nba.simulate.incidents.stale_upcoming_rows import SYNTHETIC, UPCOMING, stale_rows


def _simulate(folder: Path) -> str:
    league = simulate_league(folder)
    return (
        f"a simulated league: {league.games:,} games on {league.dates} dates, "
        f"{league.players} players"
    )


def _naive(days: Sequence[date]) -> str:
    """Use the upcoming rows unless there are none at all, as the job did."""
    listed = ", ".join(f"DATE '{day}'" for day in days)
    return (
        f"WITH played AS (SELECT game_date, count(*) AS players FROM {SYNTHETIC} "
        f"WHERE game_date IN ({listed}) GROUP BY 1), "
        f"upcoming AS (SELECT game_date, count(*) AS players FROM {UPCOMING} GROUP BY 1) "
        "SELECT p.game_date, coalesce(nullif(u.players, 0), p.players), p.players "
        "FROM played AS p LEFT JOIN upcoming AS u USING (game_date) ORDER BY 1"
    )


incident = Incident(
    story=(
        "A few stale rows in the table of upcoming games kept the complete source from being used. "
        "The backfill wrote 1 of 187 players, exited 0 and marked the date done; "
        "it took six days to notice."
    ),
    pipeline="gapless_nba.pipeline:pipeline",
    trusting="gapless_nba.trusting:pipeline",
    simulate=_simulate,
    upstream=(
        "player_game_summary",
        "team_offense_game_summary",
        "team_defense_game_summary",
        "synthetic_player_game_context",
        "team_defense_zone_analysis",
        "player_shot_zone_analysis",
    ),
    table="precompute.player_composite_factors",
    source=UPCOMING,
    dates=(date(2023, 2, 23), date(2023, 2, 24)),
    plant=stale_rows,
    naive=_naive,
    entity="player",
)
