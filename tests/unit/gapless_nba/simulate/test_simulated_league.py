"""What the arguments of a simulation do, over one season and over several."""

from __future__ import annotations

import csv
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from gapless_nba.simulate import simulate_league

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("schedule.csv", "player_box_scores.csv", "shots.csv")
# The default league, the same on every Python version; to be renewed when the league is changed.
DIGESTS = {
    "schedule.csv": "82ea248c448a7400",
    "player_box_scores.csv": "446b6ed9ff23668c",
    "shots.csv": "b362537ea4a27fe1",
}


def _digests(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest()[:16] for name in FILES}


def _lines(file: Path, season: str) -> list[str]:
    text = file.read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith(season)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One season, simulated with the defaults."""
    folder = tmp_path_factory.mktemp("alone")
    simulate_league(folder)
    return folder


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seasons, the first with a third of its shots missing."""
    folder = tmp_path_factory.mktemp("several")
    simulate_league(folder, ("2021-22", "2022-23"), shots_missing_share=1 / 3)
    return folder


def test_the_default_league_is_the_same_bytes_everywhere(alone: Path) -> None:
    assert _digests(alone) == DIGESTS


def test_a_season_does_not_depend_on_the_seasons_around_it(alone: Path, several: Path) -> None:
    for name in FILES:
        assert _lines(several / name, "2022-23") == _lines(alone / name, "2022-23")


def test_another_seed_gives_another_league(alone: Path, tmp_path: Path) -> None:
    simulate_league(tmp_path, seed=1)
    digests = _digests(alone)
    assert all(digest != digests[name] for name, digest in _digests(tmp_path).items())


def test_the_missing_shots_are_those_of_the_last_games_of_the_first_season(several: Path) -> None:
    games = {line.split(",", 2)[1] for line in _lines(several / "shots.csv", "20")}
    missing = [number for number in range(1, 1_231) if f"00221{number:05d}" not in games]
    assert missing == list(range(821, 1_231))
    assert sum(game.startswith("00222") for game in games) == 1_230


def test_without_dnp_rows_only_they_are_missing(alone: Path, tmp_path: Path) -> None:
    simulate_league(tmp_path, dnp=False)
    with (alone / FILES[1]).open(encoding="utf-8", newline="") as text:
        appeared = [row for row in csv.reader(text) if row[14] != "false"]
    with (tmp_path / FILES[1]).open(encoding="utf-8", newline="") as text:
        assert list(csv.reader(text)) == appeared


def test_most_players_return_in_the_next_season_and_some_do_not(several: Path) -> None:
    players = [
        {line.split(",")[12] for line in _lines(several / FILES[1], season)}
        for season in ("2021-22", "2022-23")
    ]
    assert 350 < len(players[0] & players[1]) < 450
    assert len(players[0] - players[1]) > 40
    assert len(players[1] - players[0]) > 40


@pytest.mark.parametrize("label", ["2022", "2022-24", "22-23", "2022-2023", "x2022-23"])
def test_a_label_that_is_no_season_is_refused(label: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no season"):
        simulate_league(tmp_path / "league", (label,))
    assert not (tmp_path / "league").exists()


def test_seasons_a_century_apart_are_refused_because_their_game_ids_are_equal(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValueError, match="same game ids"):
        simulate_league(tmp_path, ("1999-00", "2099-00"))


def test_a_share_above_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        simulate_league(tmp_path, shots_missing_share=1.5)


def test_no_seasons_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no seasons"):
        simulate_league(tmp_path, ())


def test_the_command_writes_the_same_files(alone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gapless_nba.simulate", str(tmp_path), "--season", "2022-23"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith("1,230 games on 164 dates")
    assert _digests(tmp_path) == _digests(alone)
