"""F8: several processes, runs and threads at one warehouse publish each partition once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gapless.errors import PublicationConflict, WarehouseBusy
from gapless.events import ChunkStarted, Event
from gapless.plan.states import State
from gapless.run.report import RunReport
from gapless.run.runner import Runner
from gapless.run.settings import RunSettings
from gapless.verbs.backfill import BackfillOptions, backfill, plan
from gapless.verbs.selection import Selection
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Publication, PublishRequest
from support.child import heard, running
from support.shop import NOW
from support.shopkeeper import (
    COMPLETE_FEED,
    OPEN_SHOPS,
    SHOP_DAYS,
    Shopkeeper,
    day,
    outcomes,
    result,
    sql,
    touched,
)

# -- two processes, one file -----------------------------------------------------------------


def test_busy_warehouse_names_its_owner(done: Shopkeeper) -> None:
    """While another process owns the file, a backfill is refused with that process' number."""
    before = done.everything()
    with running("hold", done.folder) as owner:
        assert heard(owner) == "holding"
        found = done.command("backfill")
    assert found.exit_code == 3
    assert f"process {owner.pid}" in found.err
    assert done.everything() == before


def test_busy_warehouse_leaves_no_trace_in_the_ledger(done: Shopkeeper) -> None:
    """A run that was refused at the door is not in the history."""
    with done.ledger() as ledger:
        before = [run.run_id for run in ledger.runs()]
    with running("hold", done.folder) as owner:
        assert heard(owner) == "holding"
        assert done.command("backfill").exit_code == 3
    with done.ledger() as ledger:
        assert [run.run_id for run in ledger.runs()] == before


def test_status_works_while_the_warehouse_is_busy(done: Shopkeeper) -> None:
    """`gapless status` answers from the ledger while another process owns the file."""
    with running("hold", done.folder) as owner:
        assert heard(owner) == "holding"
        found = done.command("status")
    assert found.exit_code == 0
    assert "The warehouse is in use" in found.out


def test_second_opening_in_one_process_is_busy(done: Shopkeeper) -> None:
    """A second run inside the same process, e.g. of a server, is told that the file is in use."""
    with done.opened(), pytest.raises(WarehouseBusy), done.opened():
        pytest.fail("two independent databases had the file open")


# -- two sessions, one partition -------------------------------------------------------------


def publication(number: int, content: int) -> Publication:
    """The first publication of a day."""
    return Publication(
        table=SHOP_DAYS,
        partition=day(number),
        version=1,
        run_id=f"run-{content}",
        published_at=NOW,
        state=State.COMPLETE,
        rows=1,
        expected=1,
        present=1,
        content=content,
        definition="",
        gate="",
        inputs="",
        code_version="",
        actor="",
        evidence={},
    )


def test_two_sessions_filling_one_empty_partition(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two transactions that fill the same empty partition one is rolled back, rows and all."""
    begun = threading.Barrier(2)
    outcome: dict[int, str] = {}
    with shop.opened() as workspace:
        warehouse = workspace.warehouse
        warehouse.execute("CREATE SCHEMA analytics")
        warehouse.execute(f"CREATE TABLE {SHOP_DAYS} (day DATE, shop_id INTEGER)")

        def publish(shop_id: int) -> None:
            session = warehouse.session()
            place, columns = session.stage(
                f"rows_{shop_id}", f"SELECT {sql(0)} AS day, {shop_id}::INTEGER AS shop_id"
            )
            assert set(columns) == {"day", "shop_id"}
            [(content,)] = session.fetch(f"SELECT hash(day, shop_id) FROM {place}")
            wait_after(session, "BEGIN TRANSACTION", begun, monkeypatch)
            request = PublishRequest(
                SHOP_DAYS, "day", place, [publication(0, int(content))], [day(0)]
            )
            try:
                session.publish(request)
                outcome[shop_id] = "published"
            except PublicationConflict:
                outcome[shop_id] = "conflict"
            finally:
                session.close()

        in_threads(*(lambda one=one: publish(one) for one in (1, 2)))
    assert sorted(outcome.values()) == ["conflict", "published"]
    [winner] = [shop_id for shop_id, found in outcome.items() if found == "published"]
    assert shop.table(SHOP_DAYS) == [(day(0), winner)]
    assert shop.publications() == {(SHOP_DAYS, 0): [1]}


def wait_after(
    session: Any, statement: str, barrier: threading.Barrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a session wait for the others once it has executed a statement."""
    execute = session.execute

    def executing(text: str) -> None:
        execute(text)
        if text == statement:
            barrier.wait(timeout=30)

    monkeypatch.setattr(session, "execute", executing)


def test_two_runs_at_once_publish_everything_once(shop: Shopkeeper) -> None:
    """Two runs side by side in one process: each partition is published by one of them."""
    reports: dict[str, RunReport] = {}
    with shop.opened() as workspace:

        def work(name: str) -> None:
            session = workspace.warehouse.session()
            try:
                own = replace(workspace, warehouse=session)
                options = BackfillOptions(chunk_size=3)
                reports[name] = backfill(own, Selection(), options).report
            finally:
                session.close()

        in_threads(lambda: work("one"), lambda: work("two"))
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}
    for number in range(10):
        assert shop.shops(SHOP_DAYS, number) in ([], list(OPEN_SHOPS))
    assert shop.backfill().exit_code == 0
    assert shop.status().exit_code == 0


def test_run_beside_another_is_blocked_not_doubled(shop: Shopkeeper) -> None:
    """A run that starts while another holds the leases publishes nothing and says who does."""
    second: list[RunReport] = []
    with shop.opened() as workspace:

        def during(event: Event) -> None:
            if isinstance(event, ChunkStarted) and not second:
                session = workspace.warehouse.session()
                try:
                    own = replace(workspace, warehouse=session)
                    second.append(backfill(own, Selection()).report)
                finally:
                    session.close()

        first = backfill(workspace, Selection(), listener=during).report
    assert first.exit_code == 0
    [other] = second
    assert other.exit_code == 1
    assert set(outcomes(other, SHOP_DAYS).values()) == {"blocked"}
    assert first.run_id in result(other, SHOP_DAYS, 4).reason
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}


def test_plan_that_was_overtaken_publishes_nothing(shop: Shopkeeper) -> None:
    """A plan made before another run published the same dates cannot publish them again."""
    with shop.opened() as workspace:
        made, standings = plan(workspace, Selection(tables=[SHOP_DAYS]))
        assert backfill(workspace, Selection(tables=[SHOP_DAYS])).report.exit_code == 0
        late = runner(workspace).run(made, standings)
    assert set(outcomes(late, SHOP_DAYS).values()) == {"failed"}
    assert late.exit_code != 0
    assert "Another transaction published the same partitions" in result(late, SHOP_DAYS, 4).reason
    assert {tuple(versions) for versions in shop.publications().values()} == {(1,)}
    assert shop.shops(SHOP_DAYS, 4) == list(OPEN_SHOPS)
    assert shop.status(SHOP_DAYS).exit_code == 0


def runner(workspace: Workspace) -> Runner:
    """Return what executes plans."""
    return Runner(
        workspace.warehouse,
        workspace.open_ledger,
        workspace.clock,
        RunSettings(command="test", code_version="test"),
    )


# -- several workers -------------------------------------------------------------------------


def test_workers_on_a_new_warehouse(shop: Shopkeeper, computed: Shopkeeper) -> None:
    """Chunks side by side do not trip over each other when the tables do not exist yet."""
    report = shop.backfill(workers=4, chunk_size=1)
    assert report.exit_code == 0
    assert shop.held() == computed.held()


def test_workers_refusing_on_a_new_warehouse(shop: Shopkeeper) -> None:
    """Chunks that quarantine side by side keep all refused rows and spoil no verdict."""
    for number in range(0, 10, 2):
        shop.lose_sales(number, 1, 2, 3)
    report = shop.backfill(SHOP_DAYS, workers=4, chunk_size=1)
    assert outcomes(report, SHOP_DAYS) == {
        number: "published" if number % 2 else "refused" for number in range(10)
    }
    kept = shop.rows("SELECT DISTINCT day FROM quarantine.analytics__shop_days ORDER BY 1")
    assert kept == [(day(number),) for number in range(0, 10, 2)]


def test_workers_change_no_row(done: Shopkeeper, computed: Shopkeeper) -> None:
    """Many small chunks side by side come to the same rows as one large chunk."""
    done.change("UPDATE raw.sales SET amount = amount + 0.5")
    alone = done.copy(done.folder.with_name("alone"))
    assert alone.backfill().exit_code == 0
    assert done.backfill(workers=4, chunk_size=1).exit_code == 0
    assert done.held() == alone.held()
    assert done.held() != computed.held()


def test_failure_of_one_chunk_is_not_the_failure_of_another(shop: Shopkeeper) -> None:
    """With several workers a poisoned date fails alone, and its readers are blocked."""
    shop.change(f"UPDATE raw.sales SET amount = -1 WHERE day = {sql(4)} AND shop_id = 1")
    shop.backfill(dates=[day(0)])
    report = shop.backfill(workers=3, chunk_size=2)
    assert {
        number for number, found in outcomes(report, SHOP_DAYS).items() if found == "refused"
    } == {4}
    assert (COMPLETE_FEED, 4) in touched(report)
    assert report.exit_code == 1


def in_threads(*jobs: Callable[[], None]) -> None:
    """Run jobs side by side and raise what any of them raised."""
    errors: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
