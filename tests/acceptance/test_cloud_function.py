"""The function in deploy/cloud_function, served by functions-framework and called over HTTP."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.cleaning_site import ROWS, CleaningSite, warehouse_held

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "deploy" / "cloud_function" / "main.py"
CALLERS = 8

pytest.importorskip("functions_framework")


@dataclass(frozen=True)
class Replied:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Function:
    """The function, served on a port of loopback."""

    port: int

    def call(self, body: bytes = b"", method: str = "POST", path: str = "/") -> Replied:
        """Call it as a user would."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return Replied(reply.status, dict(reply.getheaders()), json.loads(reply.read()))
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site_once(tmp_path_factory: pytest.TempPathFactory) -> CleaningSite:
    """A site with something to clean; copied, never used."""
    return CleaningSite.built(tmp_path_factory.mktemp("site") / "shop")


@pytest.fixture
def site(site_once: CleaningSite, tmp_path: Path) -> CleaningSite:
    """A site of this test's own."""
    return CleaningSite(shutil.copytree(site_once.folder, tmp_path / "shop"))


@pytest.fixture
def function(site: CleaningSite) -> Iterator[Function]:
    """The function, served in the site's folder."""
    with served(site) as function:
        yield function


@pytest.fixture(scope="module")
def refusing(
    site_once: CleaningSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[CleaningSite, Function]]:
    """One function for all that it refuses: nothing changes."""
    folder = tmp_path_factory.mktemp("refusing") / "shop"
    refused = CleaningSite(shutil.copytree(site_once.folder, folder))
    with served(refused) as started:
        yield refused, started


@contextmanager
def served(site: CleaningSite, **variables: str) -> Iterator[Function]:
    """Start the function as its README says; it is gone afterwards."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    log = site.folder / "function.log"
    words = ["--source", str(SOURCE), "--target", "clean", "--host", "127.0.0.1"]
    words += ["--port", str(port)]
    with (
        log.open("w") as said,
        subprocess.Popen(
            [
                str(Path(sys.executable).with_name("functions-framework")),
                *words,
                "--port",
                f"{port}",
            ],
            cwd=site.folder,
            env=site.environment(**variables),
            stdout=said,
            stderr=said,
        ) as process,
    ):
        try:
            while not listens(port):
                assert process.poll() is None, log.read_text()
            yield Function(port)
        finally:
            process.terminate()
            process.wait()


def listens(port: int) -> bool:
    """Tell whether somebody takes calls there."""
    with socket.socket() as asked:
        asked.settimeout(0.2)
        return asked.connect_ex(("127.0.0.1", port)) == 0


class TestDone:
    def test_cleans(self, site: CleaningSite, function: Function) -> None:
        """200 says that everything is done: the rows are gone, saved and in the ledger."""
        reply = function.call()
        assert reply.status == 200
        assert (reply.body["done"], reply.body["undone"]) == (True, [])
        assert reply.body["cleaning"]["deleted_rows"] == ROWS
        assert reply.headers["Content-Type"] == "application/json"
        assert site.outlook() == 0
        assert site.backups() == ["manifest.json", "rows.parquet"]
        [cleaning] = site.cleanings()
        assert (cleaning.command, cleaning.actor, cleaning.exit_code) == ("POST {}", "ann@host", 0)
        assert site.run("check-schedule").returncode == 0

    def test_again(self, site: CleaningSite, function: Function) -> None:
        """A second call finds nothing to do, and that is done, too."""
        assert function.call().status == 200
        reply = function.call(b"{}")
        assert (reply.status, reply.body["cleaning"]["deleted_rows"]) == (200, 0)
        assert len(site.cleanings()) == 2

    def test_dry_run(self, site: CleaningSite, function: Function) -> None:
        """A dry run says what would go, and nothing goes."""
        reply = function.call(b'{"dry_run": true}')
        assert reply.status == 200
        outcomes = {one["outcome"] for one in reply.body["cleaning"]["partitions"]}
        assert outcomes == {"would_delete"}
        assert site.outlook() == ROWS
        assert site.cleanings() == []

    def test_some(self, site: CleaningSite, function: Function) -> None:
        """Days and tables count, and such a cleaning is not the daily one."""
        reply = function.call(b'{"tables": ["outlook"], "days": 1}')
        assert (reply.status, reply.body["cleaning"]["deleted_rows"]) == (200, ROWS)
        assert site.run("check-schedule").returncode == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("call", "status", "complaint"),
        [
            ({"method": "GET"}, 405, "GET does nothing; send POST."),
            ({"path": "/?dry_run=true"}, 400, "'dry_run=true' stands behind the ?"),
            ({"body": b"dry_run=true"}, 400, "The body is not JSON."),
            ({"body": b"[" * 200_000}, 400, "The body is not JSON."),
            ({"body": b'{"dryrun": true}'}, 400, "Did you mean 'dry_run'?"),
            ({"body": b'{"days": "7"}'}, 400, 'days = "7" should be a whole number'),
            ({"body": b'{"days": 999999}'}, 400, "should be a whole number of 1 to 36,500"),
            ({"body": b'{"tables": ["otlook"]}'}, 400, "outlook"),
            ({"body": b'{"tables": ["mart.daily_summary"]}'}, 400, "declares no retention"),
        ],
    )
    def test_bad_input(
        self,
        refusing: tuple[CleaningSite, Function],
        call: dict[str, Any],
        status: int,
        complaint: str,
    ) -> None:
        """What is not understood is a mistake of the caller, in a sentence; nothing goes."""
        site, function = refusing
        reply = function.call(**call)
        assert reply.status == status
        assert reply.body["done"] is False
        [told] = reply.body["undone"]
        assert complaint in told
        assert site.outlook() == ROWS
        assert site.cleanings() == []


class TestUndone:
    def test_backups_cannot_be_kept(self, site: CleaningSite, function: Function) -> None:
        """5xx says what was not done; once that is mended, the same call does it."""
        place = site.folder / "gapless-backups"
        place.write_text("in the way")
        reply = function.call()
        assert reply.status in (500, 503)
        assert reply.body["done"] is False
        assert "gapless-backups" in " ".join(reply.body["undone"])
        assert site.outlook() == ROWS
        place.unlink()
        assert function.call().status == 200
        assert site.outlook() == 0

    def test_more_than_allowed(self, site: CleaningSite, function: Function) -> None:
        """A limit that is too small removes nothing, and that is not done."""
        reply = function.call(b'{"max_rows": 5}')
        assert (reply.status, reply.body["error"]) == (500, "TooMuch")
        assert f"{ROWS} rows" in reply.body["undone"][0]
        assert site.outlook() == ROWS

    def test_warehouse_in_use(self, site: CleaningSite, function: Function) -> None:
        """While somebody owns the warehouse the caller is told to come back."""
        with warehouse_held(site) as holder:
            reply = function.call()
            assert (reply.status, reply.headers["Retry-After"]) == (503, "300")
            assert str(holder.pid) in reply.body["undone"][0]
        assert function.call().status == 200

    def test_not_configured(self, site: CleaningSite) -> None:
        """A function without a configuration fails in words, and not as a mistake of the caller."""
        (site.folder / "gapless.toml").unlink()
        with served(site) as function:
            reply = function.call()
        assert (reply.status, reply.body["error"]) == (500, "ConfigError")
        assert "No pipeline is configured" in reply.body["undone"][0]


def test_concurrently(site: CleaningSite, function: Function) -> None:
    """Of calls at the same time one is at work; the others did nothing and say so, or came later.

    Every row went once, and every row can be brought back.
    """
    with ThreadPoolExecutor(CALLERS) as callers:
        replies = list(callers.map(lambda _: function.call(), range(CALLERS)))
    done = [reply for reply in replies if reply.status == 200]
    busy = [reply for reply in replies if reply.status == 503]
    assert done
    assert len(done) + len(busy) == CALLERS
    assert sum(reply.body["cleaning"]["deleted_rows"] for reply in done) == ROWS
    assert all("at work" in reply.body["undone"][0] for reply in busy)
    assert all(cleaning.exit_code == 0 for cleaning in site.cleanings())
    assert site.outlook() == 0
    assert site.backups() == ["manifest.json", "rows.parquet"]
    assert site.run("backups", "--verify").returncode == 0


def test_dry_runs_in_between(site: CleaningSite, function: Function) -> None:
    """Who only looks may be in the way, or be told to come back; nothing is lost or done twice."""
    bodies = [b"", b'{"dry_run": true}'] * (CALLERS // 2)
    with ThreadPoolExecutor(CALLERS) as callers:
        replies = [*callers.map(function.call, bodies), function.call()]
    assert {reply.status for reply in replies} <= {200, 503}
    assert replies[-1].status == 200
    done = [reply.body["cleaning"] for reply in replies if reply.status == 200]
    assert sum(cleaning["deleted_rows"] for cleaning in done) == ROWS
    assert site.outlook() == 0
