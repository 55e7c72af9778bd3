"""How far waivers cover what stands against a partition: a pure question of who, what and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.ledger.interface import Waiver
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Waivers, waiver_uses

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAY = date(2024, 1, 5)
TABLE = "analytics.shop_days"
CHECKS = ("a", "b", "c")


def waiver(
    name: str, *checks: str, days: float = 10, run_id: str | None = None, table: str = TABLE
) -> Waiver:
    return Waiver(
        waiver_id=name,
        table=table,
        partition=DAY,
        checks=checks,
        reason=f"because of {name}",
        actor="ann@till",
        granted_at=NOW - timedelta(days=30),
        expires_at=NOW + timedelta(days=days),
        run_id=run_id,
    )


def given_by(*waivers: Waiver) -> dict[str, object]:
    """Return what a publication keeps of the waivers it was made under."""
    checks = tuple(dict.fromkeys(check for one in waivers for check in one.checks))
    permission = Waivers([replace(w, run_id=None) for w in waivers]).permission(
        TABLE, DAY, checks, NOW - timedelta(days=20)
    )
    return permission.as_evidence()


class TestPermission:
    def test_nothing_was_waived(self) -> None:
        permission = Waivers().permission(TABLE, DAY, ["a"], NOW)
        assert (permission.holds, permission.lacking, permission.shortfall) == (False, ("a",), "")

    def test_one_waiver_covers_all(self) -> None:
        permission = Waivers([waiver("w", "a", "b")]).permission(TABLE, DAY, ["b", "a"], NOW)
        assert permission.holds
        assert permission.reason == "because of w"

    def test_waiver_of_any_check(self) -> None:
        assert Waivers([waiver("w", "*")]).permission(TABLE, DAY, ["b", "a"], NOW).holds

    def test_one_check_is_lacking(self) -> None:
        permission = Waivers([waiver("w", "a")]).permission(TABLE, DAY, ["a", "b"], NOW)
        assert (permission.holds, permission.lacking) == (False, ("b",))
        assert permission.shortfall == "its waiver does not cover b"

    def test_nothing_to_cover_is_no_permission(self) -> None:
        """What fails nothing is published as complete, never under a waiver."""
        assert not Waivers([waiver("w", "a")]).permission(TABLE, DAY, [], NOW).holds

    def test_other_table_and_date(self) -> None:
        waivers = Waivers([waiver("w", "a", table="mart.other")])
        assert not waivers.permission(TABLE, DAY, ["a"], NOW).holds
        assert not waivers.permission("mart.other", DAY + timedelta(days=1), ["a"], NOW).holds

    def test_expired(self) -> None:
        permission = Waivers([waiver("w", "a", days=0)]).permission(TABLE, DAY, ["a"], NOW)
        assert (permission.holds, permission.shortfall) == (False, "its waiver expired 2024-06-01")

    def test_revoked(self) -> None:
        ended = replace(waiver("w", "a"), revoked_at=NOW, revoked_by="bob@till")
        permission = Waivers([ended]).permission(TABLE, DAY, ["a"], NOW)
        assert not permission.holds
        assert permission.shortfall == "its waiver was revoked by bob@till on 2024-06-01"

    def test_the_last_to_end_is_told(self) -> None:
        waivers = Waivers([waiver("w-1", "a", days=-9), waiver("w-2", "a", days=-1)])
        assert waivers.permission(TABLE, DAY, ["a"], NOW).shortfall.endswith("2024-05-31")

    def test_forced_waiver_permits_nothing_new(self) -> None:
        """It belongs to the publication that its run made."""
        forced = Waivers([waiver("w", "a", run_id="run-1")])
        assert not forced.permission(TABLE, DAY, ["a"], NOW).holds

    def test_evidence_names_the_earliest_end(self) -> None:
        """Of several waivers all are kept, and the first to expire says until when."""
        waivers = Waivers([waiver("late", "a", days=9), waiver("soon", "b", days=2)])
        evidence = waivers.permission(TABLE, DAY, ["a", "b"], NOW).as_evidence()
        assert evidence["id"] == "soon"
        assert evidence["ids"] == ["late", "soon"]
        assert evidence["reason"] == "because of late; because of soon"
        assert evidence["checks"] == ["a", "b"]
        assert evidence["expires_at"] == (NOW + timedelta(days=2)).isoformat()


class TestPublished:
    @pytest.mark.parametrize(("days", "holds"), [(0.001, True), (0, False)])
    def test_own_waiver_without_a_ledger(self, days: float, *, holds: bool) -> None:
        given = given_by(waiver("w", "a", days=days))
        assert Waivers().left_of(TABLE, DAY, given, NOW).holds is holds

    def test_ledger_knows_that_it_was_revoked(self) -> None:
        """The publication's own date does not count where the ledger knows better."""
        own = waiver("w", "a")
        ended = replace(own, revoked_at=NOW, revoked_by="bob@till")
        assert not Waivers([ended]).left_of(TABLE, DAY, given_by(own), NOW).holds

    def test_forced_waiver_covers_its_own(self) -> None:
        own = waiver("w", "a", run_id="run-1")
        assert Waivers([own]).left_of(TABLE, DAY, given_by(own), NOW).holds

    def test_forced_waiver_of_another_run_does_not(self) -> None:
        old, other = waiver("old", "a", days=-1), waiver("other", "a", run_id="run-2")
        assert not Waivers([old, other]).left_of(TABLE, DAY, given_by(old), NOW).holds

    def test_renewal_covers_it(self) -> None:
        old, new = waiver("old", "a", days=-1), waiver("new", "a")
        permission = Waivers([new, old]).left_of(TABLE, DAY, given_by(old), NOW)
        assert permission.holds
        assert permission.reason == "because of new"

    def test_what_stands_against_it_now_decides(self) -> None:
        """Once it has been measured again, it is the checks that fail now that need covering."""
        own = waiver("w", "a")
        waivers = Waivers([own])
        assert not waivers.left_of(TABLE, DAY, given_by(own), NOW, ["b"]).holds
        assert waivers.left_of(TABLE, DAY, given_by(own), NOW, ["a"]).holds

    def test_two_waivers_end_with_the_first(self) -> None:
        """Without a ledger, what stood on two waivers ends when the first of them does."""
        given = given_by(waiver("late", "a", days=9), waiver("soon", "b", days=2))
        assert Waivers().left_of(TABLE, DAY, given, NOW + timedelta(days=1)).holds
        assert not Waivers().left_of(TABLE, DAY, given, NOW + timedelta(days=3)).holds

    @pytest.mark.parametrize("expiry", ["soon", "", None, 5])
    def test_expiry_that_is_none_has_passed(self, expiry: object) -> None:
        given = given_by(waiver("w", "a")) | {"expires_at": expiry}
        assert not Waivers().left_of(TABLE, DAY, given, NOW).holds

    def test_no_evidence_at_all(self) -> None:
        permission = Waivers([waiver("w", "a")]).left_of(TABLE, DAY, {}, NOW)
        assert (permission.holds, permission.shortfall) == (False, "")


@given(
    waivers=st.lists(
        st.tuples(st.sets(st.sampled_from(CHECKS), min_size=1), st.integers(-2, 2), st.booleans()),
        max_size=5,
    ),
    checks=st.lists(st.sampled_from(CHECKS), min_size=1, unique=True),
)
def test_holds_exactly_when_every_check_is_covered(
    waivers: list[tuple[set[str], int, bool]], checks: list[str]
) -> None:
    """Whatever was granted, expired and revoked: all checks covered in force, or no permission."""
    kept = [
        replace(
            waiver(f"w-{number}", *sorted(names), days=days),
            revoked_at=NOW if revoked else None,
            revoked_by="bob@till" if revoked else "",
        )
        for number, (names, days, revoked) in enumerate(waivers)
    ]
    covered = {
        check for names, days, revoked in waivers if days > 0 and not revoked for check in names
    }
    permission = Waivers(kept).permission(TABLE, DAY, checks, NOW)
    assert permission.holds is (set(checks) <= covered)
    assert set(permission.lacking) == set(checks) - covered
    assert all(waiver.is_valid(NOW) for waiver in permission.waivers)
    assert bool(permission.shortfall) or permission.holds or not (kept and permission.ended)


class TestUses:
    def test_in_force_and_not_used(self) -> None:
        [use] = waiver_uses([waiver("w", "a", days=2.5)], [], NOW)
        assert (use.in_force, use.in_use, use.needs_attention) == (True, False, False)
        assert (use.days_left, use.how) == (2, "not used")

    def test_in_use(self) -> None:
        own = waiver("w", "a")
        standing = Standing(TABLE, DAY, State.WAIVED, "waived", waivers=(own,))
        [use] = waiver_uses([own], [standing], NOW)
        assert (use.in_use, use.how) == (True, "in use")

    def test_ended_under_something_published(self) -> None:
        old = waiver("w", "a", days=-1)
        standing = Standing(TABLE, DAY, State.PARTIAL, "its waiver expired", waivers=(old,))
        [use] = waiver_uses([old], [standing], NOW)
        assert (use.needs_attention, use.how, use.days_left) == (True, "expired", 0)

    def test_ended_under_rows_that_pass(self) -> None:
        old = waiver("w", "a", days=-1)
        standing = Standing(TABLE, DAY, State.COMPLETE, "the rows pass the gate", waivers=(old,))
        [use] = waiver_uses([old], [standing], NOW)
        assert not use.needs_attention

    def test_soonest_first(self) -> None:
        granted = [waiver("late", "a", days=9), waiver("soon", "b", days=2)]
        assert [use.waiver.waiver_id for use in waiver_uses(granted, [], NOW)] == ["soon", "late"]

    def test_known_from_the_publication_alone(self) -> None:
        own = waiver("w", "a")
        standing = Standing(TABLE, DAY, State.WAIVED, "waived", waivers=(own,))
        assert [use.waiver for use in waiver_uses([], [standing], NOW)] == [own]
