"""A deterministic, invented league whose files look like the real ones."""

from gapless_nba.simulate.league import SimulatedLeague, simulate_league

__all__ = ["SimulatedLeague", "simulate_league"]
