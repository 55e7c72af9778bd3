"""The thirty teams: public identifiers of the league, in the order of its divisions."""

from __future__ import annotations

from dataclasses import dataclass

TEAMS_PER_DIVISION = 5
TEAMS_PER_CONFERENCE = 15


@dataclass(frozen=True, slots=True)
class Team:
    """One team.

    Attributes:
        number: Position in `TEAMS`, 0 to 29; the division is number // 5, the conference // 15.
        code: Three letters, for example `DEN`.
        team_id: The league's number of the team.
        name: City and nickname.
    """

    number: int
    code: str
    team_id: int
    name: str


_DIVISIONS: tuple[tuple[tuple[str, int, str], ...], ...] = (
    (
        ("BOS", 38, "Boston Celtics"),
        ("BKN", 51, "Brooklyn Nets"),
        ("NYK", 52, "New York Knicks"),
        ("PHI", 55, "Philadelphia 76ers"),
        ("TOR", 61, "Toronto Raptors"),
    ),
    (
        ("CHI", 41, "Chicago Bulls"),
        ("CLE", 39, "Cleveland Cavaliers"),
        ("DET", 65, "Detroit Pistons"),
        ("IND", 54, "Indiana Pacers"),
        ("MIL", 49, "Milwaukee Bucks"),
    ),
    (
        ("ATL", 37, "Atlanta Hawks"),
        ("CHA", 66, "Charlotte Hornets"),
        ("MIA", 48, "Miami Heat"),
        ("ORL", 53, "Orlando Magic"),
        ("WAS", 64, "Washington Wizards"),
    ),
    (
        ("DEN", 43, "Denver Nuggets"),
        ("MIN", 50, "Minnesota Timberwolves"),
        ("OKC", 60, "Oklahoma City Thunder"),
        ("POR", 57, "Portland Trail Blazers"),
        ("UTA", 62, "Utah Jazz"),
    ),
    (
        ("GSW", 44, "Golden State Warriors"),
        ("LAC", 46, "LA Clippers"),
        ("LAL", 47, "Los Angeles Lakers"),
        ("PHX", 56, "Phoenix Suns"),
        ("SAC", 58, "Sacramento Kings"),
    ),
    (
        ("DAL", 42, "Dallas Mavericks"),
        ("HOU", 45, "Houston Rockets"),
        ("MEM", 63, "Memphis Grizzlies"),
        ("NOP", 40, "New Orleans Pelicans"),
        ("SAS", 59, "San Antonio Spurs"),
    ),
)

TEAMS: tuple[Team, ...] = tuple(
    Team(TEAMS_PER_DIVISION * division + place, code, 1_610_612_700 + ending, name)
    for division, members in enumerate(_DIVISIONS)
    for place, (code, ending, name) in enumerate(members)
)
