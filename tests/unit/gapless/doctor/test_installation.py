"""Every part of an installation is looked at, and what is wrong with one hides no other."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest

from gapless.clock import Clock
from gapless.config.settings import Settings, load_settings
from gapless.configured_site import ConfiguredSite
from gapless.doctor import installation
from gapless.doctor.model import Ability, DoctorReport, Status
from gapless.errors import DeclarationError
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.doctor import doctor
from support.shopkeeper import CONFIGURATION, SITE, Shopkeeper, day
from support.waiving import grant

PARTS = [
    "versions",
    "configuration",
    "pipeline",
    "warehouse",
    "statements",
    "calendar",
    "time zone",
    "clock",
    "ledger",
    "disk",
]


def settings_of(keeper: Shopkeeper, site: str, settings: Mapping[str, str]) -> Settings:
    """Configure a shop with the text of its pipeline and other settings."""
    (keeper.folder / "shop_site.py").write_text(site)
    (keeper.folder / "gapless.toml").write_text(CONFIGURATION)
    return load_settings(settings, environment={}, folder=keeper.folder)


def configured(keeper: Shopkeeper, site: str = SITE, **settings: str) -> ConfiguredSite:
    return ConfiguredSite(partial(settings_of, keeper, site, settings))


def statuses(report: DoctorReport) -> dict[str, Status]:
    """Return the status of each part; every part is there, whatever happened."""
    assert [part.name for part in report.parts] == PARTS
    return {part.name: part.status for part in report.parts}


def amiss(report: DoctorReport) -> dict[str, Status]:
    """Return the parts that are not well; a shop's clock stands still."""
    found = statuses(report)
    assert found.pop("clock") in (Status.WARNING, Status.UNKNOWN)
    return {part: status for part, status in found.items() if status is not Status.OK}


def text(report: DoctorReport, part: str) -> str:
    [found] = [one for one in report.parts if one.name == part]
    return f"{found.text} → {found.remedy}"


def test_a_sound_installation(done: Shopkeeper) -> None:
    report = doctor(configured(done))
    assert amiss(report) == {}
    assert (report.exit_code, report.ability) == (0, Ability.ABLE)
    assert f"pipeline = shop_site.py:pipeline (from {done.folder}" in text(report, "configuration")
    assert "28 partitions published" in text(report, "warehouse")
    assert "10 dates of 1 season, 2024-01-01 … 2024-01-10" in text(report, "calendar")
    assert "stands still" in text(report, "clock")


def test_thresholds_are_shown_with_where_they_come_from(done: Shopkeeper) -> None:
    settings_of(done, SITE, {})
    with (done.folder / "gapless.toml").open("a") as file:
        file.write('[thresholds."analytics.shop_days"]\ncoverage = 0.95\n')
    settings = load_settings({}, environment={}, folder=done.folder)
    report = doctor(ConfiguredSite(lambda: settings))
    assert "analytics.shop_days.coverage = 0.95 (from " in text(report, "configuration")


def test_passwords_are_not_shown(done: Shopkeeper) -> None:
    site = configured(done, ledger="postgresql+psycopg://gapless:secret@127.0.0.1:1/none")
    report = doctor(site)
    assert "gapless:***@127.0.0.1" in text(report, "configuration")
    assert "secret" not in str(report.as_data())


def test_without_a_configuration_nothing_else_can_be_looked_at(tmp_path: Path) -> None:
    site = ConfiguredSite(lambda: load_settings({}, environment={}, folder=tmp_path))
    report = doctor(site)
    found = statuses(report)
    assert (found["versions"], found["configuration"]) == (Status.OK, Status.FAIL)
    assert set(list(found.values())[2:]) == {Status.UNKNOWN}
    assert report.exit_code == 1
    assert report.untried.startswith("configuration: No pipeline is configured")


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("raise RuntimeError('out of order')", "out of order"),
        ("pipeline = 1", "is no pipeline"),
        ("import no_such_module", "no_such_module"),
    ],
)
def test_a_pipeline_that_cannot_be_loaded(done: Shopkeeper, site: str, said: str) -> None:
    """Warehouse, ledger and disk are looked at all the same."""
    report = doctor(configured(done, site))
    found = statuses(report)
    assert said in text(report, "pipeline")
    assert found["pipeline"] is Status.FAIL
    assert {found[part] for part in ("warehouse", "ledger", "disk")} == {Status.OK}
    assert "because of the pipeline" in text(report, "statements")
    assert (report.exit_code, report.tables) == (1, ())


def test_a_statement_that_reads_what_is_not_declared(done: Shopkeeper) -> None:
    site = (
        f"{SITE}\nfrom support.shopkeeper import redefined\n"
        "redefined(pipeline, 'analytics.shop_days', 'SELECT * FROM nobody')\n"
    )
    report = doctor(configured(done, site))
    assert amiss(report) == {"statements": Status.FAIL}
    assert "'nobody'" in text(report, "statements")
    assert report.exit_code == 1


def test_a_warehouse_that_is_not_there(done: Shopkeeper) -> None:
    report = doctor(configured(done, warehouse="duckdb:///elsewhere.duckdb"))
    assert amiss(report)["warehouse"] is Status.FAIL
    assert "gapless load --data DIR" in text(report, "warehouse")
    assert not (done.folder / "elsewhere.duckdb").exists()
    assert (report.exit_code, report.untried.split(":")[0]) == (1, "warehouse")


HOLD = """\
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(file: Path) -> Iterator[int]:
    """Have another process own the warehouse."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder.pid
    finally:
        holder.communicate("\n")


def test_a_warehouse_that_another_process_owns(done: Shopkeeper) -> None:
    """That is no fault of the installation: nothing can be tried for the time being."""
    with held(done.file) as pid:
        report = doctor(configured(done))
    assert statuses(report)["warehouse"] is Status.UNKNOWN
    assert f"process {pid}" in text(report, "warehouse")
    assert (report.exit_code, report.ability) == (4, Ability.UNTRIED)


def test_an_empty_calendar(done: Shopkeeper) -> None:
    done.change("DELETE FROM raw.opening_hours")
    report = doctor(configured(done))
    assert amiss(report) == {"calendar": Status.FAIL}
    assert "holds nothing" in report.untried


def test_a_ledger_that_the_first_run_will_make(done: Shopkeeper) -> None:
    report = doctor(configured(done, ledger="sqlite:///new.sqlite"))
    assert amiss(report) == {"ledger": Status.WARNING}
    assert not (done.folder / "new.sqlite").exists()
    assert report.exit_code == 0


def test_a_ledger_that_the_next_run_will_upgrade(done: Shopkeeper) -> None:
    """Looking does not change it."""
    empty = done.folder / "empty.sqlite"
    empty.touch()
    assert amiss(doctor(configured(done, ledger="sqlite:///empty.sqlite"))) == {
        "ledger": Status.WARNING
    }
    assert empty.read_bytes() == b""


@pytest.mark.parametrize("content", [b"no database at all, but text " * 40, None])
def test_a_ledger_that_cannot_be_used(done: Shopkeeper, content: bytes | None) -> None:
    """The guards are tried all the same."""
    file = done.folder / "broken.sqlite"
    file.mkdir() if content is None else file.write_bytes(content)
    report = doctor(configured(done, ledger="sqlite:///broken.sqlite"))
    assert amiss(report) == {"ledger": Status.FAIL}
    assert (report.exit_code, report.ability) == (1, Ability.ABLE)


def test_a_ledger_that_cannot_be_written(done: Shopkeeper) -> None:
    """It can be read; only a run would notice otherwise."""

    class Impatient(ConfiguredSite):
        def ledger(self, *, read_only: bool) -> SqlLedger:
            url = f"sqlite:///{done.ledger_file}"
            return SqlLedger(url, read_only=read_only, lock_timeout=0.1)

    writer = sqlite3.connect(done.ledger_file, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        report = doctor(Impatient(partial(settings_of, done, SITE, {})))
    finally:
        writer.close()
    assert amiss(report) == {"ledger": Status.FAIL}


class Odd(ConfiguredSite):
    """A site that is out of order in a way that no file brings about.

    Args:
        keeper: The shop.
        moment: Where its clock stands, without anybody having said so.
        reason: Why no run could write to its warehouse.
    """

    def __init__(
        self, keeper: Shopkeeper, *, moment: datetime | None = None, reason: str = ""
    ) -> None:
        super().__init__(partial(settings_of, keeper, SITE, {}))
        self._moment = moment
        self._reason = reason

    def not_writable(self) -> str:
        if self._reason == "bug":
            raise ZeroDivisionError("of nothing")
        return self._reason

    def clock(self) -> Clock:
        return Clock.fixed(self._moment) if self._moment else super().clock()

    def clock_stands(self) -> bool:
        return self._moment is None and super().clock_stands()


def test_a_warehouse_that_no_run_can_write(done: Shopkeeper) -> None:
    report = doctor(Odd(done, reason="shop.duckdb cannot be written"))
    assert amiss(report) == {"warehouse": Status.WARNING}


def test_what_nobody_foresaw_is_a_line_and_no_traceback(done: Shopkeeper) -> None:
    report = doctor(Odd(done, reason="bug"))
    assert statuses(report)["warehouse"] is Status.FAIL
    assert "ZeroDivisionError: of nothing" in text(report, "warehouse")


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(timedelta(hours=1), Status.WARNING), (timedelta(minutes=2), Status.OK)],
)
def test_a_clock_behind_what_was_published(
    done: Shopkeeper, ahead: timedelta, status: Status
) -> None:
    [(newest,)] = done.rows("SELECT max(published_at) FROM gapless.publications")
    report = doctor(Odd(done, moment=newest.replace(tzinfo=UTC) - ahead))
    assert statuses(report)["clock"] is status


def test_too_little_disk(done: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "LEAST_FREE_BYTES", 2**80)
    report = doctor(configured(done))
    assert amiss(report) == {"disk": Status.FAIL}


def test_packages_that_do_not_fit(done: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an extra that was not asked for are none of its business."""
    wanted = ["duckdb>=99", "no-such-package>=1", 'elsewhere>=1 ; extra == "more"']
    monkeypatch.setattr(installation, "requires", lambda _: wanted)
    report = doctor(configured(done))
    assert statuses(report)["versions"] is Status.FAIL
    assert f"duckdb {duckdb.__version__}, which should be >=99" in text(report, "versions")
    assert "no-such-package is not installed" in text(report, "versions")
    assert "elsewhere" not in text(report, "versions")


def test_an_unknown_table_is_a_mistake_of_the_call(done: Shopkeeper) -> None:
    with pytest.raises(DeclarationError, match="shop_days"):
        doctor(configured(done), ["shop_day"])


def test_only_the_named_tables(done: Shopkeeper) -> None:
    """Sources, too; in the order of their declaration."""
    report = doctor(configured(done), ["shop_days", "sales"])
    assert list(dict.fromkeys(found.table for found in report.tables)) == [
        "raw.sales",
        "analytics.shop_days",
    ]


def test_what_rests_on_a_waived_source_is_complete(done: Shopkeeper) -> None:
    """The ledger that was looked at is asked for what is waived."""
    done.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = DATE '{day(9)}' AND shop_id = 1")
    grant(done, 9, table="raw.sales", checks=["till_closed"])
    done.backfill("shop_days", dates=[day(9)])
    report = doctor(configured(done), ["shop_days"])
    assert [found.days for found in report.tables if found.days] == [(day(7), day(8), day(9))]


def test_nothing_published_yet_is_not_known(shop: Shopkeeper) -> None:
    """What can be computed aside is tried; the rest keeps it from being well."""
    with shop.ledger():
        report = doctor(configured(shop))
    assert (report.exit_code, report.ability) == (4, Ability.UNTRIED)


def test_the_command(done: Shopkeeper) -> None:
    """Exit codes and sentences, without a traceback."""
    told = done.command("doctor")
    assert (told.exit_code, told.err) == (0, "")
    assert "analytics.shop_days 8 guards, all able to fail" in " ".join(told.out.split())
    assert "● well" in told.out
    assert "keys swapped" not in told.out
    assert "keys swapped for others that nobody expects" in done.command("doctor", "--verbose").out
    weak = done.command("doctor", "--threshold", "analytics.shop_days.coverage=0.01")
    assert weak.exit_code == 1
    assert "✗ could not fail: analytics.shop_days, gate coverage" in weak.out
    assert done.command("doctor", "nobody").exit_code == 2
