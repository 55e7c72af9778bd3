"""What goes wrong in the data of a league, to be injected on purpose: one module for each."""

from gapless_nba.simulate.incidents.dnp_zeros import DNP_ZEROS
from gapless_nba.simulate.incidents.duplicate_game import DUPLICATE_GAME
from gapless_nba.simulate.incidents.interface import (
    FILES,
    WAREHOUSE,
    FileIncident,
    Incident,
    Injected,
    WarehouseIncident,
)
from gapless_nba.simulate.incidents.late_game import LATE_GAME
from gapless_nba.simulate.incidents.missing_game import MISSING_GAME
from gapless_nba.simulate.incidents.poisoned_future import POISONED_FUTURE
from gapless_nba.simulate.incidents.postponed_game import POSTPONED_GAME
from gapless_nba.simulate.incidents.stale_upcoming_rows import STALE_UPCOMING_ROWS
from gapless_nba.simulate.incidents.team_not_sum import TEAM_NOT_SUM
from gapless_nba.simulate.incidents.usage_600 import USAGE_600
from gapless_nba.simulate.incidents.wrong_players import WRONG_PLAYERS

__all__ = [
    "FILES",
    "INCIDENTS",
    "WAREHOUSE",
    "FileIncident",
    "Incident",
    "Injected",
    "WarehouseIncident",
]

_ALL: tuple[Incident, ...] = (
    STALE_UPCOMING_ROWS,
    MISSING_GAME,
    DUPLICATE_GAME,
    WRONG_PLAYERS,
    DNP_ZEROS,
    TEAM_NOT_SUM,
    USAGE_600,
    LATE_GAME,
    POSTPONED_GAME,
    POISONED_FUTURE,
)
INCIDENTS: dict[str, Incident] = {incident.name: incident for incident in _ALL}
"""Name → incident."""
