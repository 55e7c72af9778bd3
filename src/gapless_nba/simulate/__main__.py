"""Simulates a league, and injects incidents, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
from cyclopts import App, CycloptsError, Parameter

from gapless_nba.simulate.incidents import INCIDENTS, WAREHOUSE, Incident, Injected
from gapless_nba.simulate.league import DEFAULT_SEED, MOST_SEASONS, FileFormat, simulate_league
from gapless_nba.simulate.season_calendar import seasons_ending_with

_USAGE = 2  # exit code
_DEFAULT_SEASON = "2022-23"

_PLAIN = Parameter(negative="")  # no --no-… or --empty-… besides

app = App(
    name="python -m gapless_nba.simulate",
    help="Simulate a league: deterministic, invented seasons whose files look like the real ones.",
    usage="Usage: python -m gapless_nba.simulate FOLDER [OPTIONS]\n"
    "       python -m gapless_nba.simulate inject PLACE [OPTIONS]\n",
    help_epilogue="Exit codes: 0 done · 2 the call cannot be understood, or nothing fits it.",
    version_flags=[],
)


@app.default
def simulate(
    folder: Path | None = None,
    /,
    *,
    season: Annotated[list[str] | None, _PLAIN] = None,
    seasons: int | None = None,
    games_a_day: float | None = None,
    shots_missing_share: float = 0.0,
    dnp: bool = True,
    seed: int = DEFAULT_SEED,
    format: FileFormat = "csv",  # noqa: A002 - the flag's name
    incident: Annotated[list[str] | None, _PLAIN] = None,
    dates: Annotated[list[str] | None, _PLAIN] = None,
    today: str | None = None,
    list_incidents: Annotated[bool, _PLAIN] = False,
) -> None:
    """Simulate a league into a folder, and inject incidents into its files.

    The same arguments give the same bytes.

    Parameters
    ----------
    folder
        Where to write schedule, player_box_scores and shots; files of these names are replaced.
    season
        A season, e.g. 2022-23; repeatable. 2022-23 when not given.
    seasons
        How many seasons, 1 to 100; --season names the last of them.
    games_a_day
        Mean number of games on a date, 1 to 15. The dates of a season stay, so this decides its
        size; 1,230 games (7.5 a day) when not given.
    shots_missing_share
        Share (0 to 1) of the first season's games that have no shots.
    dnp
        Whether listed players who did not play have rows.
    seed
        Any integer; another one gives other players and results.
    format
        csv or parquet.
    incident
        What goes wrong; repeatable. See --list-incidents.
    dates
        When it goes wrong, YYYY-MM-DD, separated by commas or repeated; chosen when not given.
    today
        For poisoned_future: from which date on no game has been played.
    list_incidents
        Say what can go wrong, and stop.
    """
    if list_incidents:
        _say("\n\n".join(_described(known) for known in INCIDENTS.values()))
        return
    if folder is None:
        raise ValueError("name the folder to write to")
    chosen = _incidents(incident or ())
    for wrong in chosen:
        if wrong.where == WAREHOUSE:
            raise ValueError(
                f"{wrong.name} happens in a built warehouse; build one of the files, then: "
                f"{app.name[0]} inject WAREHOUSE --incident {wrong.name}"
            )
    days, now = _dates(dates), _date(today, "--today") if today else None
    league = simulate_league(
        folder,
        _seasons(season, seasons),
        seed=seed,
        shots_missing_share=shots_missing_share,
        dnp=dnp,
        games_a_day=games_a_day,
        file_format=format,
    )
    _say(f"{league.games:,} games on {league.dates} dates, {league.players:,} players, in {folder}")
    for wrong in chosen:
        _tell(wrong.inject(folder, seed=seed, dates=days, today=now))


@app.command
def inject(
    place: Path,
    /,
    *,
    incident: Annotated[list[str], _PLAIN],
    dates: Annotated[list[str] | None, _PLAIN] = None,
    today: str | None = None,
    seed: int = DEFAULT_SEED,
) -> None:
    """Inject incidents into files that are there already, or into a built warehouse.

    Parameters
    ----------
    place
        A folder with schedule, player_box_scores and shots, or a DuckDB file. It is changed.
    incident
        What goes wrong; repeatable. See --list-incidents.
    dates
        When it goes wrong, YYYY-MM-DD, separated by commas or repeated; chosen when not given.
    today
        For poisoned_future: from which date on no game has been played.
    seed
        Decides what is not said; the same seed does the same.
    """
    chosen = _incidents(incident)
    days, now = _dates(dates), _date(today, "--today") if today else None
    for wrong in chosen:
        _tell(wrong.inject(place, seed=seed, dates=days, today=now))


def _seasons(labels: Sequence[str] | None, number: int | None) -> Sequence[str]:
    """Say which seasons the flags mean."""
    labels = labels or [_DEFAULT_SEASON]
    if number is None:
        return labels
    if len(labels) > 1:
        raise ValueError("with --seasons, --season names the last season and is given once")
    if not 1 <= number <= MOST_SEASONS:
        raise ValueError(f"--seasons is {number}; it must be within 1..{MOST_SEASONS}")
    return seasons_ending_with(labels[0], number)


def _incidents(names: Sequence[str]) -> list[Incident]:
    """Look incidents up by name."""
    for name in names:
        if name not in INCIDENTS:
            raise ValueError(f"there is no incident {name!r}; known are {', '.join(INCIDENTS)}")
    return [INCIDENTS[name] for name in names]


def _dates(texts: Sequence[str] | None) -> list[date]:
    """Read dates separated by commas."""
    return [_date(part, "--dates") for text in texts or () for part in text.split(",")]


def _date(text: str, flag: str) -> date:
    """Read one date."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{flag} {text!r} is no date; write YYYY-MM-DD") from None


def _described(incident: Incident) -> str:
    """Describe an incident."""
    return f"{incident.name} ({incident.where})\n    {incident.story}"


def _tell(injected: Injected) -> None:
    """Say what was injected."""
    incident = INCIDENTS[injected.name]
    _say(
        f"{injected.name}: {_shortened([str(day) for day in injected.dates])}; "
        f"{incident.entity} {_shortened(injected.entities)}"
    )


def _shortened(texts: Sequence[str], most: int = 12) -> str:
    """List texts, of many only the first."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _say(text: str) -> None:
    """Write to standard output."""
    sys.stdout.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; bad input is one sentence and exit code 2."""
    try:
        app(
            sys.argv[1:] if arguments is None else list(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except (CycloptsError, ValueError, OSError, duckdb.Error) as error:
        sentence = " ".join(str(error).split())
        sys.stderr.write(f"{app.name[0]}: {sentence}\n")
        sys.exit(_USAGE)


if __name__ == "__main__":
    main()
