"""Each due cleaning is done once, whatever dies, is started twice, or was not there in time."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gapless.clock import Clock
from gapless.due import Daily
from gapless.errors import UsageError
from gapless.ledger.interface import Ledger
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.clean import CleanOptions
from gapless.verbs.schedule import DailyCleaning, Round, RoundOutcome, _trigger, schedule
from gapless.verbs.workspace import Workspace
from support.cleaning_site import ROWS, CleaningSite, line_of, turn_held, warehouse_held
from support.cleanings import forgetful_shop
from support.forked import Process
from support.shop import shop_pipeline

NEW_YORK = "America/New_York"


@pytest.fixture(scope="module")
def site_once(tmp_path_factory: pytest.TempPathFactory) -> CleaningSite:
    """A site with something to clean; copied, never used."""
    return CleaningSite.built(tmp_path_factory.mktemp("site") / "shop")


@pytest.fixture
def site(site_once: CleaningSite, tmp_path: Path) -> CleaningSite:
    """A site of this test's own."""
    return CleaningSite(shutil.copytree(site_once.folder, tmp_path / "shop"))


def until(process: Process, *words: str) -> list[str]:
    """Read what a process prints up to the first line that has one of the words."""
    lines = []
    while line := line_of(process):
        lines.append(line)
        if any(word in line for word in words):
            return lines
    raise AssertionError(f"it ended with {lines} and {process.communicate()[1]}")


class TestScheduler:
    def test_catches_up_once(self, site: CleaningSite) -> None:
        """What was missed is cleaned at the start; the next start finds nothing to do."""
        with site.running("schedule") as first:
            assert f"{ROWS} rows removed" in until(first, "cleaned")[-1]
            first.send_signal(signal.SIGTERM)
            assert first.wait() == 0
        assert site.outlook() == 0
        with site.running("schedule") as second:
            until(second, "nothing to do")
            second.send_signal(signal.SIGINT)
            assert second.wait() == 0
        [cleaning] = site.cleanings()
        assert (cleaning.deleted_rows, cleaning.exit_code) == (ROWS, 0)
        assert (cleaning.command, cleaning.actor) == ("gapless schedule", "ann@host")

    def test_cleans_when_it_is_due(self, site: CleaningSite) -> None:
        """It waits for the moment, and cleans then."""
        assert site.run("schedule", "--once").returncode == 0
        due = (datetime.now(UTC) + timedelta(seconds=5)).replace(microsecond=0)
        with site.running("schedule", "--json", "--clean-at", f"{due:%H:%M:%S}") as process:
            told = json.loads(until(process, '"cleaned"')[-1])
        assert datetime.fromisoformat(told["due"]) == due
        assert datetime.fromisoformat(told["next_due"]) == due + timedelta(days=1)
        _, cleaning = site.cleanings()
        assert cleaning.started_at >= due

    def test_two_at_once(self, site: CleaningSite) -> None:
        """Of two schedulers on one ledger one cleans, and the other sees that it was done."""
        with (
            site.running("schedule", "--retry", "0.1") as one,
            site.running("schedule", "--retry", "0.1") as other,
        ):
            ends = [until(process, "● cleaned", "nothing to do")[-1] for process in (one, other)]
        assert sorted("● cleaned" in end for end in ends) == [False, True]
        assert [cleaning.deleted_rows for cleaning in site.cleanings()] == [ROWS]

    def test_waits_for_the_warehouse(self, site: CleaningSite) -> None:
        """While somebody owns the warehouse it says so, and cleans once it is free."""
        with warehouse_held(site) as holder, site.running("schedule", "--retry", "0.1") as process:
            assert str(holder.pid) in until(process, "not cleaned")[-1]
            holder.communicate("")
            until(process, "● cleaned")
        assert site.outlook() == 0

    def test_survives_a_kill(self, site: CleaningSite) -> None:
        """A killed scheduler keeps nobody from cleaning."""
        with turn_held(site) as holder:
            told = site.run("schedule", "--once")
            assert told.returncode == 3
            assert f"Another cleaning is at work: ann@host, process {holder.pid}" in told.stdout
            assert site.outlook() == ROWS
            holder.kill()
            holder.wait()
            assert site.run("schedule", "--once").returncode == 0
        assert site.outlook() == 0

    def test_standing_clock(self, site: CleaningSite) -> None:
        """With a clock that stands still nothing would ever be due."""
        told = site.run("schedule", GAPLESS_NOW="2026-11-27T12:00")
        assert told.returncode == 2
        assert "The clock stands still" in told.stderr

    @pytest.mark.parametrize(
        ("flags", "complaint"),
        [
            (("--clean-at", "4 AM"), "clean_at = '4 AM' (from --clean-at) should be a time of day"),
            (("--clean-at", "24:30"), "clean_at = '24:30' (from --clean-at) should be a time"),
            (("--clean-at", "04:00+02:00"), "should be a time of day such as 04:00"),
            (("--retry", "0"), "--retry 0.0 is no time to wait"),
            (("--retry", "nan"), "--retry nan is no time to wait"),
        ],
    )
    def test_usage(self, site: CleaningSite, flags: tuple[str, ...], complaint: str) -> None:
        """A mistake is named, and nothing is started."""
        told = site.run("schedule", "--once", *flags)
        assert told.returncode == 2
        assert complaint in " ".join(told.stderr.split())
        assert site.outlook() == ROWS


class TestAlarm:
    def test_never_deployed(self, site: CleaningSite) -> None:
        """A cleanup that nobody installed is found by both the check and the status."""
        told = site.run("check-schedule")
        assert told.returncode == 1
        assert "✗ overdue" in told.stdout
        assert "none has ever succeeded" in told.stdout
        assert "✗ overdue" in site.run("status").stdout

    def test_silent_once_it_is_done(self, site: CleaningSite) -> None:
        """After a cleaning both are content, also while somebody owns the warehouse."""
        assert site.run("schedule", "--once").returncode == 0
        with warehouse_held(site):
            told = site.run("check-schedule")
            assert "overdue" not in site.run("status").stdout
        assert told.returncode == 0
        assert f"{ROWS} rows removed" in told.stdout

    def test_something_left_undone(self, site: CleaningSite) -> None:
        """Where backups cannot be kept nothing goes, and everybody says so until it is mended."""
        place = site.folder / "gapless-backups"
        place.write_text("in the way")
        told = site.run("schedule", "--once")
        assert told.returncode != 0
        assert site.outlook() == ROWS
        assert site.run("check-schedule").returncode == 1
        assert "Clean now: gapless schedule --once" in site.run("status").stdout
        place.unlink()
        assert site.run("schedule", "--once").returncode == 0
        assert site.run("check-schedule").returncode == 0

    def test_one_table_is_not_everything(self, site: CleaningSite) -> None:
        """A cleaning with other days than declared does not count as the daily one."""
        assert site.run("clean", "--yes", "--days", "5").returncode == 0
        assert site.run("check-schedule").returncode == 1
        assert site.run("clean", "--yes").returncode == 0
        assert site.run("check-schedule").returncode == 0

    def test_strict(self, site: CleaningSite) -> None:
        """With nothing unusual, --strict changes nothing."""
        assert site.run("schedule", "--once").returncode == 0
        assert site.run("check-schedule", "--strict").returncode == 0


class TestRounds:
    @pytest.mark.parametrize(
        ("first", "offset"),
        [(date(2026, 3, 5), timedelta(hours=-4)), (date(2026, 10, 29), timedelta(hours=-5))],
    )
    def test_hourly_through_a_change_of_clocks(
        self, site: CleaningSite, first: date, offset: timedelta
    ) -> None:
        """Asked every hour for a week, it cleans once a day, at 04:00 where the pipeline lives."""
        start = datetime.combine(first, time(0, 7), tzinfo=UTC)
        rounds = [daily(site, start + timedelta(hours=hour)).round() for hour in range(7 * 24)]
        cleaned = [done for done in rounds if done.outcome is not RoundOutcome.NOT_DUE]
        assert {done.outcome for done in cleaned} == {RoundOutcome.CLEANED}
        caught_up, *others = cleaned
        assert caught_up.at == start
        zone = ZoneInfo(NEW_YORK)
        assert [done.at.astimezone(zone).hour for done in others] == [4] * 7
        assert len({done.at.astimezone(zone).date() for done in others}) == 7
        assert others[-1].at.astimezone(zone).utcoffset() == offset

    @pytest.mark.parametrize("at", [time(4), time(2, 30), time(1, 30)])
    def test_scheduler_wakes_at_the_due_moments(self, at: time) -> None:
        """APScheduler fires once a date through both changes, also at times that come twice."""
        daily = Daily(at, NEW_YORK)
        for first in (date(2026, 3, 5), date(2026, 10, 29)):
            moment = daily.on(first)
            trigger: Any = _trigger(daily)
            for number in range(1, 8):
                moment = trigger.get_next_fire_time(moment, moment)
                assert moment == daily.on(first + timedelta(days=number))

    def test_a_week_off_is_caught_up_once(self, site: CleaningSite) -> None:
        """However many were missed, one cleaning makes up for them."""
        noon = datetime(2026, 11, 20, 17, tzinfo=UTC)
        assert daily(site, noon).round().outcome is RoundOutcome.CLEANED
        later = noon + timedelta(days=7)
        assert daily(site, later).round().outcome is RoundOutcome.CLEANED
        assert daily(site, later).round().outcome is RoundOutcome.NOT_DUE
        assert len(site.cleanings()) == 2

    def test_unforeseen(self, site: CleaningSite) -> None:
        """Whatever happens becomes an answer, so that the scheduler is there tomorrow."""
        done = daily(site, datetime(2026, 11, 20, 17, tzinfo=UTC), broken=True).round()
        assert (done.outcome, done.exit_code) == (RoundOutcome.NOT_CLEANED, 4)
        assert "Something unforeseen went wrong: ZeroDivisionError" in done.undone[0]


class TestBeginning:
    def test_extra_is_not_installed(
        self, site: CleaningSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without APScheduler it says how to install it, and what works without."""
        for name in [name for name in sys.modules if name.startswith("apscheduler")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "apscheduler", None)
        with pytest.raises(UsageError, match=r"gapless\[schedule\].* gapless schedule --once"):
            schedule(daily(site, datetime.now(UTC)), unheard, threading.Event())

    def test_nothing_has_a_retention(self, site: CleaningSite) -> None:
        """A scheduler that had nothing to do ever is refused."""
        (site.folder / "cleaning_site.py").write_text(
            "from support.shop import shop_pipeline\npipeline = shop_pipeline()\n"
        )
        assert not shop_pipeline().retentions
        for words in (("schedule",), ("schedule", "--once"), ("check-schedule",)):
            told = site.run(*words)
            assert told.returncode == 2
            assert "No table of the pipeline shop has a retention" in told.stderr


def unheard(done: Round) -> None:
    raise AssertionError(f"nothing should have been started: {done}")


def daily(site: CleaningSite, now: datetime, *, broken: bool = False) -> DailyCleaning:
    """Return the daily cleaning of a site in New York, at a moment."""
    pipeline = forgetful_shop()

    @contextmanager
    def opened() -> Iterator[Workspace]:
        if broken:
            _ = 1 / 0
        with site.workspace(pipeline, now) as workspace:
            yield workspace

    def ledger() -> Ledger:
        found = SqlLedger(f"sqlite:///{site.folder / 'ledger.sqlite'}")
        found.open()
        return found

    return DailyCleaning(
        pipeline=pipeline,
        daily=Daily(time(4), NEW_YORK),
        open_ledger=ledger,
        open_workspace=opened,
        options=CleanOptions(),
        clock=Clock.fixed(now),
    )
