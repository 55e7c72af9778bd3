"""Why a partition is in the plan: through its inputs to the root, and to what changed there."""

from __future__ import annotations

from gapless.plan.because import Link, because
from gapless.plan.changes import rows_since
from support.shop import shop_pipeline
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day
from support.shopkeeper import redefined

SALES = "raw.sales"
CHANGED = f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(4)}' AND shop_id = 3"


def links(shop: Look, table: str, number: int) -> tuple[Link, ...]:
    """Follow one partition to its root."""
    return because(shop.standings(), table, day(number))


def places(found: tuple[Link, ...]) -> list[tuple[str, int]]:
    """Return where the way leads."""
    return [(link.table, (link.partition - day(0)).days) for link in found]


def test_to_the_row_that_changed(done: Look) -> None:
    """The way ends at the input that holds something else now."""
    found = links(done.change(CHANGED), DAILY_SUMMARY, 6)
    assert places(found) == [(DAILY_SUMMARY, 6), (SHOP_DAYS, 4), (SALES, 4)]
    assert [link.text for link in found] == [
        "stale through its inputs",
        f"stale: its inputs changed ({SALES}) since it was published",
        f"changed since v1 of {SHOP_DAYS} was published",
    ]


def test_who_published_it(done: Look) -> None:
    """Of what is published it says who did that, in which run and when."""
    own, root, source = links(done.change(CHANGED), DAILY_SUMMARY, 6)
    publication = done.standings().picture.publications[SHOP_DAYS, day(4)]
    assert (root.version, root.run_id, root.actor, root.published_at) == (
        1,
        publication.run_id,
        publication.actor,
        publication.published_at,
    )
    assert own.run_id == publication.run_id
    assert (source.version, source.run_id, source.published_at) == (None, None, None)


def test_to_the_dates_that_were_published_anew(done: Look) -> None:
    """Of a computed input it names the dates in the window whose rows are newer."""
    done.change(CHANGED)
    later = done.at(done.standings().picture.now.replace(year=2025))
    later.backfill(SHOP_DAYS)
    own, newer = links(done, DAILY_SUMMARY, 6)
    assert own.text == f"stale: its inputs changed ({SHOP_DAYS}) since it was published"
    assert (newer.table, newer.partition, newer.version) == (SHOP_DAYS, day(4), 2)
    assert newer.text == "published anew since"


def test_renewed_is_not_new(done: Look) -> None:
    """A publication that was renewed with the same rows is not what changed anything."""
    done.change(f"UPDATE raw.opening_hours SET name='x' WHERE day='{day(4)}' AND closed_for_good")
    later = done.at(done.standings().picture.now.replace(year=2025))
    later.backfill(SHOP_DAYS)
    publications = done.standings().picture.publications
    renewed, first = publications[SHOP_DAYS, day(4)], publications[SHOP_DAYS, day(2)]
    assert (renewed.version, first.version) == (2, 1)
    assert renewed.published_at > first.published_at
    assert rows_since(renewed) == rows_since(first) == first.published_at


def test_to_the_source_that_is_missing(fresh: Look) -> None:
    """What is blocked is followed to what it waits for, through every table between."""
    fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}'")
    found = links(fresh, COMPLETE_FEED, 2)
    assert places(found) == [(COMPLETE_FEED, 2), (SHOP_DAYS, 2), (SALES, 2)]
    assert found[-1].text == "missing: no rows, although 10 shops are scheduled"


def test_never_published(fresh: Look) -> None:
    """Of what was never published and could be, nothing more is to be said."""
    [found] = links(fresh, SHOP_DAYS, 2)
    assert found == Link(SHOP_DAYS, day(2), "missing: never published")


def test_definition(done: Look) -> None:
    """A change of the definition is the root itself; no input is accused."""
    text = shop_pipeline().derived_table(SHOP_DAYS).statement.text
    pipeline = redefined(shop_pipeline(), SHOP_DAYS, text.replace("s.amount", "2 * s.amount"))
    found = links(done.using(pipeline), COMPLETE_FEED, 4)
    assert places(found) == [(COMPLETE_FEED, 4), (SHOP_DAYS, 4)]
    assert "definition changed (statement)" in found[-1].text


def test_done(done: Look) -> None:
    """What is done has no way to anywhere."""
    assert len(links(done, DAILY_SUMMARY, 6)) == 1
