"""A plan says of every requested partition what to do about it, in the order of execution."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from gapless import Pipeline, keys_of, same_date
from gapless.partitions import DateRange, Path
from gapless.plan.build import Action, resolve_request
from gapless.plan.states import State
from support.shop import shop_pipeline
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day
from support.shopkeeper import gated, redefined

TABLES = (SHOP_DAYS, COMPLETE_FEED, DAILY_SUMMARY)


def without_sales(shop: Look, number: int) -> Look:
    """Take the sales of one day away."""
    return shop.change(f"DELETE FROM raw.sales WHERE day = '{day(number)}'")


class TestCompute:
    def test_missing(self, fresh: Look) -> None:
        """What was never published is computed."""
        step = fresh.step(SHOP_DAYS, 2)
        assert (step.action, step.state, step.reason) == (
            Action.COMPUTE,
            State.MISSING,
            "never published",
        )
        assert step.path is Path.HISTORICAL

    def test_blocked_by_what_is_computed_first(self, fresh: Look) -> None:
        """What waits for an input of this very plan is computed after it."""
        step = fresh.step(COMPLETE_FEED, 2)
        assert (step.action, step.state) == (Action.COMPUTE, State.BLOCKED)
        assert step.reason == f"after {SHOP_DAYS}, which this run computes first"

    def test_stale(self, done: Look) -> None:
        """What is stale is computed again, and only that."""
        done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(5)}' AND shop_id = 3")
        computed = [step.partition for step in done.plan(SHOP_DAYS).of(SHOP_DAYS, Action.COMPUTE)]
        assert computed == [day(5)]

    def test_partial(self, done: Look) -> None:
        """What is partial is computed again."""
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(5)}' AND shop_id < 4")
        assert done.step(SHOP_DAYS, 5).action is Action.COMPUTE

    def test_waived_and_worth_another_try(self, fresh: Look) -> None:
        """A waived partition is computed again when its inputs changed, and left before."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}' AND shop_id < 4")
        fresh.backfill(SHOP_DAYS, dates=[day(2)], force="the tills burnt down")
        assert fresh.step(SHOP_DAYS, 2).action is Action.LEAVE
        fresh.change(f"INSERT INTO raw.sales VALUES ('{day(2)}', 1, 5.0, TRUE)")
        assert fresh.step(SHOP_DAYS, 2).action is Action.COMPUTE

    def test_required_column_added(self, done: Look) -> None:
        """A new column that the gate requires at once is computed, not stuck on the old rows."""
        text = shop_pipeline().derived_table(SHOP_DAYS).statement.text
        added = text.replace("s.amount FROM", "s.amount, 'till' AS origin FROM")
        pipeline = redefined(shop_pipeline(), SHOP_DAYS, added)
        pipeline = gated(pipeline, SHOP_DAYS, required=("amount", "origin"))
        assert done.using(pipeline).step(SHOP_DAYS, 2).action is Action.COMPUTE


class TestLeave:
    def test_everything_done(self, done: Look) -> None:
        """A plan over what is done leaves or finds empty every partition."""
        plan = done.plan()
        assert plan.count(Action.LEAVE, Action.EMPTY) == len(plan.all_steps) == 3 * 7
        assert plan.count(Action.EMPTY) == 3 + 2

    def test_waived(self, fresh: Look) -> None:
        """What was waived is left, with the reason given then."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}' AND shop_id < 4")
        fresh.backfill(SHOP_DAYS, dates=[day(2)], force="the tills burnt down")
        step = fresh.step(SHOP_DAYS, 2)
        assert (step.action, step.reason) == (Action.LEAVE, "waived: the tills burnt down")


class TestRecheck:
    def test_after_its_input(self, done: Look) -> None:
        """What is done is looked at again after an input that this plan computes."""
        done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = '{day(4)}' AND shop_id = 3")
        done.change(
            f"DELETE FROM gapless.publications WHERE table_name = '{SHOP_DAYS}' "
            f"AND partition_date = '{day(4)}'",
            f"UPDATE {SHOP_DAYS} SET amount = 304 WHERE day = '{day(4)}' AND shop_id = 3",
        )
        step = done.step(DAILY_SUMMARY, 5)
        assert (step.action, step.state) == (Action.RECHECK, State.BLOCKED)
        assert step.reason == f"{SHOP_DAYS} is recomputed first"
        assert done.step(DAILY_SUMMARY, 2).action is Action.LEAVE

    def test_resting_on_what_is_recomputed(self, done: Look) -> None:
        """What is stale only by something further up waits to see whether that changes anything."""
        changed_on_day_4(done)
        plan = done.plan()
        assert [s.partition for s in plan.of(SHOP_DAYS, Action.COMPUTE)] == [day(4)]
        assert plan.count(Action.COMPUTE) == 1
        [feed] = plan.of(COMPLETE_FEED, Action.RECHECK)
        assert (feed.partition, feed.state) == (day(4), State.STALE)
        summaries = plan.of(DAILY_SUMMARY, Action.RECHECK)
        assert [step.partition for step in summaries] == [day(4), day(5), day(6)]

    def test_after_the_source_that_fed_it(self, done: Look) -> None:
        """A chosen source that is computed again makes its reader be looked at, too."""
        pipeline = shop_pipeline()
        text = pipeline.derived_table(COMPLETE_FEED).statement.text
        shop = done.using(
            redefined(pipeline, COMPLETE_FEED, text.replace("amount,", "amount + 0 AS amount,"))
        )
        assert shop.step(DAILY_SUMMARY, 5).action is Action.RECHECK

    def test_waived_and_resting_on_what_is_recomputed(self, fresh: Look) -> None:
        """A waiver is not tried again before what lies further up has changed anything."""
        fresh.change(f"UPDATE raw.sales SET amount = 2000000 WHERE day = '{day(5)}' AND shop_id=1")
        fresh.backfill()
        fresh.backfill(DAILY_SUMMARY, dates=[day(5)], force="they did sell that much")
        changed_on_day_4(fresh)
        assert fresh.step(DAILY_SUMMARY, 5).action is Action.RECHECK
        assert fresh.step(DAILY_SUMMARY, 5, DAILY_SUMMARY).action is Action.LEAVE


class TestEmpty:
    def test_closed_day(self, fresh: Look) -> None:
        """A day on which nothing was due is in the plan, with the proof."""
        step = fresh.step(SHOP_DAYS, 3)
        assert (step.action, step.state) == (Action.EMPTY, State.NOTHING_EXPECTED)
        assert step.reason == f"no shops scheduled between {day(2)} and {day(4)}"

    def test_warm_up(self, fresh: Look) -> None:
        """A day of the warm-up is in the plan, and says so."""
        step = fresh.step(DAILY_SUMMARY, 0)
        assert (step.action, step.state) == (Action.EMPTY, State.WARM_UP)


class TestBlock:
    def test_source_not_complete(self, fresh: Look) -> None:
        """What reads an incomplete source is blocked, through every table between."""
        without_sales(fresh, 2)
        near, far = fresh.step(SHOP_DAYS, 2), fresh.step(COMPLETE_FEED, 2)
        assert (near.action, far.action) == (Action.BLOCK, Action.BLOCK)
        assert near.cause == far.cause == ("raw.sales", day(2))
        assert far.reason.startswith(f"raw.sales of {day(2)} is missing")

    def test_hole_in_the_history(self, fresh: Look) -> None:
        """A hole blocks every later date whose window holds it, and no earlier one."""
        without_sales(fresh, 4)
        plan = fresh.plan()
        blocked = [step.partition for step in plan.of(DAILY_SUMMARY, Action.BLOCK)]
        assert blocked == [day(4), day(5), day(6)]
        assert [step.partition for step in plan.of(SHOP_DAYS, Action.BLOCK)] == [day(4)]
        assert [step.partition for step in plan.of(DAILY_SUMMARY, Action.COMPUTE)] == [day(2)]

    def test_input_that_was_not_asked_for(self, fresh: Look) -> None:
        """An input that could be computed, but was not asked for, blocks."""
        step = fresh.step(COMPLETE_FEED, 2, COMPLETE_FEED)
        assert step.action is Action.BLOCK
        assert step.cause == (SHOP_DAYS, day(2))
        assert step.reason == f"{SHOP_DAYS} of {day(2)} is missing: never published"

    def test_resting_on_what_this_plan_leaves(self, done: Look) -> None:
        """What rests on something stale cannot be mended by a plan that leaves it stale."""
        changed_on_day_4(done)
        step = done.step(DAILY_SUMMARY, 5, DAILY_SUMMARY)
        assert (step.action, step.state, step.cause) == (
            Action.BLOCK,
            State.STALE,
            (SHOP_DAYS, day(4)),
        )
        assert step.reason.startswith(f"{SHOP_DAYS} of {day(4)} is stale: its inputs changed")

    def test_what_lies_between_is_not_part_of_the_plan(self, done: Look) -> None:
        """Where the root is computed, but not what lies between, that is what stands in the way."""
        changed_on_day_4(done)
        shop = done.using(with_table_after_the_feed())
        plan = shop.plan(SHOP_DAYS, "mart.last")
        [step] = plan.of("mart.last", Action.BLOCK)
        assert step.cause == (COMPLETE_FEED, day(4))
        assert step.reason.startswith(
            f"{COMPLETE_FEED} of {day(4)} is stale, and not part of this plan: rests on "
        )


def changed_on_day_4(shop: Look) -> Look:
    """Change one sale."""
    return shop.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(4)}' AND shop_id = 3")


def with_table_after_the_feed() -> Pipeline:
    """Declare the shop with one more table, which reads the complete feed alone."""
    pipeline = shop_pipeline()
    feed = pipeline.tables[COMPLETE_FEED]
    pipeline.derived(
        "mart.last",
        key="shop_id",
        sql="SELECT day, shop_id, amount FROM feed",
        inputs={"feed": same_date(feed)},
        expected=keys_of(feed),
    )
    return pipeline


class TestUnknown:
    def test_outside_the_calendar(self, done: Look) -> None:
        """A date of which the calendar knows nothing is not touched."""
        [step] = done.plan(SHOP_DAYS, dates=[day(30)]).steps
        assert (step.action, step.state) == (Action.UNKNOWN, State.UNKNOWN)
        assert step.reason == f"the calendar knows only {day(0)} … {day(6)}"


class TestUpstream:
    def test_gaps_are_closed_first(self, fresh: Look) -> None:
        """With upstream the gaps of the inputs are steps of their own, before those asked for."""
        plan = fresh.plan(COMPLETE_FEED, dates=[day(2)], upstream=True)
        assert [(s.table, s.partition, s.action) for s in plan.upstream] == [
            (SHOP_DAYS, day(2), Action.COMPUTE)
        ]
        assert [(s.table, s.action) for s in plan.steps] == [(COMPLETE_FEED, Action.COMPUTE)]

    def test_history_is_closed_too(self, fresh: Look) -> None:
        """The gaps in a window are upstream, too, the oldest first."""
        plan = fresh.plan(DAILY_SUMMARY, dates=[day(4)], upstream=True)
        assert [s.partition for s in plan.upstream if s.table == SHOP_DAYS] == [
            day(0),
            day(1),
            day(2),
            day(4),
        ]

    def test_what_is_done_is_no_gap(self, done: Look) -> None:
        """Where upstream is done nothing is added."""
        assert done.plan(DAILY_SUMMARY, upstream=True).upstream == ()

    def test_what_rests_on_something_stale_is_a_gap(self, done: Look) -> None:
        """With upstream the root is computed and whatever lies between is looked at again."""
        changed_on_day_4(done)
        pipeline = with_table_after_the_feed()
        plan = done.using(pipeline).plan("mart.last", dates=[day(4)], upstream=True)
        assert [(step.table, step.partition, step.action) for step in plan.all_steps] == [
            (SHOP_DAYS, day(4), Action.COMPUTE),
            (COMPLETE_FEED, day(4), Action.RECHECK),
            ("mart.last", day(4), Action.COMPUTE),
        ]
        assert (
            done.using(pipeline).plan(DAILY_SUMMARY, dates=[day(2)], upstream=True).upstream == ()
        )

    def test_gap_that_cannot_be_closed(self, fresh: Look) -> None:
        """A gap that no computing closes blocks what needs it, with upstream or without."""
        without_sales(fresh, 2)
        plan = fresh.plan(COMPLETE_FEED, dates=[day(2)], upstream=True)
        assert [step.action for step in plan.all_steps] == [Action.BLOCK, Action.BLOCK]


def with_request_only(path: Path) -> Pipeline:
    """Declare the shop with a table that is built on one path only when asked for by name."""
    pipeline = shop_pipeline()
    hours = pipeline.tables["raw.opening_hours"]
    pipeline.derived(
        "mart.extra",
        key="shop_id",
        sql="SELECT day, shop_id FROM hours",
        inputs={"hours": same_date(hours)},
        expected=keys_of(hours),
        on_request=[path],
    )
    return pipeline


class TestOnRequest:
    def test_named(self, fresh: Look) -> None:
        """Asked for by name it is computed."""
        shop = fresh.using(with_request_only(Path.HISTORICAL))
        assert shop.step("mart.extra", 2, "mart.extra").action is Action.COMPUTE

    def test_not_named(self, fresh: Look) -> None:
        """In a run of everything it is left out, with the reason."""
        step = fresh.using(with_request_only(Path.HISTORICAL)).step("mart.extra", 2)
        assert (step.action, step.state) == (Action.EMPTY, State.NOTHING_EXPECTED)
        assert step.reason == "built for historical dates only when asked for by name"

    def test_other_path(self, fresh: Look) -> None:
        """On the other path it is built like any other table."""
        shop = fresh.using(with_request_only(Path.UPCOMING))
        assert shop.step("mart.extra", 2).action is Action.COMPUTE


class TestThePlanItself:
    def test_every_requested_partition(self, fresh: Look) -> None:
        """Every requested table and date is accounted for, once, in the order of execution."""
        days = [day(0), day(2), day(3)]
        plan = fresh.plan(dates=days)
        assert [(step.table, step.partition) for step in plan.steps] == [
            (table, one) for table in TABLES for one in days
        ]

    def test_looking_changes_nothing(self, done: Look) -> None:
        """A plan is made by reads only: making it twice gives the same one."""
        before = (done.folder / "shop.duckdb").read_bytes()
        assert done.plan().as_data() == done.plan().as_data()
        assert (done.folder / "shop.duckdb").read_bytes() == before

    def test_as_data(self, fresh: Look) -> None:
        """A plan can be kept as JSON, with the request it answers."""
        data = json.loads(json.dumps(fresh.plan(COMPLETE_FEED, dates=[day(2)]).as_data()))
        assert data["tables"] == [COMPLETE_FEED]
        assert (data["first"], data["last"], data["today"]) == (
            str(day(2)),
            str(day(2)),
            "2024-12-31",
        )
        assert [step["action"] for step in data["steps"]] == ["block"]

    def test_today_by_the_clock(self, fresh: Look) -> None:
        """Today and later are upcoming, and today stands in the plan."""
        plan = fresh.at(datetime(2024, 1, 6, 12, tzinfo=UTC)).plan(
            SHOP_DAYS, dates=[day(4), day(5)]
        )
        assert plan.today == date(2024, 1, 6)
        assert [step.path for step in plan.steps] == [Path.HISTORICAL, Path.UPCOMING]


def test_request_is_sorted() -> None:
    """Dates are asked for once each, whatever order they were given in."""
    table = shop_pipeline().derived_table(SHOP_DAYS)
    request = resolve_request([day(4), day(1), day(4)], [table], named=True)
    assert request.dates == (day(1), day(4))
    assert request.span == DateRange(day(1), day(4))
