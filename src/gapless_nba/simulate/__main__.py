"""Simulates a league from the command line."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from gapless_nba.simulate.league import DEFAULT_SEED, simulate_league


def main() -> None:
    """Read the arguments, simulate, and say what was written."""
    parser = ArgumentParser(prog="python -m gapless_nba.simulate", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the three CSV files")
    parser.add_argument("--season", nargs="+", default=["2022-23"], help="for example 2022-23")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="any integer")
    arguments = parser.parse_args()
    try:
        league = simulate_league(arguments.folder, arguments.season, seed=arguments.seed)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(
        f"{league.games} games on {league.dates} dates, {league.players} players, "
        f"in {arguments.folder}\n"
    )


if __name__ == "__main__":
    main()
