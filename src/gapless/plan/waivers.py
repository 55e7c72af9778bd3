"""Waivers: what somebody permits a partition to lack, and how far that covers what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from gapless.ledger.interface import Waiver
from gapless.plan.states import Standing
from gapless.warehouse.interface import Publication


@dataclass(frozen=True)
class Permission:
    """How far the waivers of a partition cover the checks that stand against it."""

    checks: tuple[str, ...]
    """What has to be covered."""
    waivers: tuple[Waiver, ...] = ()
    """Waivers in force that cover any of it."""
    lacking: tuple[str, ...] = ()
    """Checks that none of them covers."""
    ended: tuple[Waiver, ...] = ()
    """Waivers that covered any of what is lacking, but have ended; the last to end first."""

    @property
    def holds(self) -> bool:
        """Tell whether everything is covered by somebody's word."""
        return bool(self.waivers) and not self.lacking

    @property
    def reason(self) -> str:
        """Why it is right to go without these checks."""
        return "; ".join(dict.fromkeys(waiver.reason for waiver in self.waivers))

    @property
    def shortfall(self) -> str:
        """Say why the permission does not hold; empty when nothing was ever waived."""
        if self.ended:
            return how_it_ended(self.ended[0])
        return f"its waiver does not cover {', '.join(self.lacking)}" if self.waivers else ""

    def as_evidence(self) -> dict[str, Any]:
        """Return what a publication keeps of the waivers it is made under."""
        soonest = min(self.waivers, key=lambda waiver: waiver.expires_at)
        evidence: dict[str, Any] = {
            "id": soonest.waiver_id,
            "reason": self.reason,
            "checks": list(self.checks),
            "actor": ", ".join(dict.fromkeys(waiver.actor for waiver in self.waivers)),
            "granted_at": soonest.granted_at.isoformat(),
            "expires_at": soonest.expires_at.isoformat(),
        }
        if len(self.waivers) > 1:
            evidence["ids"] = [waiver.waiver_id for waiver in self.waivers]
        return evidence


def how_it_ended(waiver: Waiver) -> str:
    """Say when and how a waiver ended."""
    if waiver.revoked_at is not None:
        return f"its waiver was revoked by {waiver.revoked_by} on {waiver.revoked_at:%Y-%m-%d}"
    return f"its waiver expired {waiver.expires_at:%Y-%m-%d}"


@dataclass
class Waivers:
    """Every waiver the ledger knows, by partition; none where there is no ledger to ask.

    A waiver that came with --force belongs to the publication it was made for, and to no other. One
    that was granted by itself permits every publication of its partition until it ends.
    """

    granted: Sequence[Waiver] = ()
    _by_partition: dict[tuple[str, date], list[Waiver]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for waiver in self.granted:
            self._by_partition.setdefault((waiver.table, waiver.partition), []).append(waiver)

    def of(self, table: str, day: date) -> Sequence[Waiver]:
        """Return the waivers of a partition, also those that have ended."""
        return self._by_partition.get((table, day), ())

    def permission(self, table: str, day: date, checks: Sequence[str], now: datetime) -> Permission:
        """Say how far a partition may be published without some checks, by anybody's run."""
        known = [waiver for waiver in self.of(table, day) if waiver.run_id is None]
        return _covering(known, checks, now)

    def standing_of(
        self, publication: Publication, now: datetime, checks: Sequence[str] = ()
    ) -> Permission:
        """Say how far a waived publication is still covered.

        By its own waiver, or by one that was granted since. The ledger knows best whether its own
        was revoked; where the ledger does not know it, the publication says when it expires.

        Args:
            publication: Published below its gate.
            now: UTC.
            checks: What stands against it now; what it was published without when empty.
        """
        given = publication.evidence.get("waiver") or {}
        return self.left_of(publication.table, publication.partition, given, now, checks)

    def left_of(
        self,
        table: str,
        day: date,
        given: Mapping[str, Any],
        now: datetime,
        checks: Sequence[str] = (),
    ) -> Permission:
        """Say the same from what a publication keeps of its waiver."""
        own_ids = set(given.get("ids") or [given.get("id")])
        needed = tuple(checks) or tuple(given.get("checks") or ())
        known = [w for w in self.of(table, day) if w.run_id is None or w.waiver_id in own_ids]
        if given and not any(waiver.waiver_id in own_ids for waiver in known):
            known.append(_as_recorded(table, day, given))
        return _covering(known, needed, now)


def _covering(known: Sequence[Waiver], checks: Sequence[str], now: datetime) -> Permission:
    """Take for each check the waiver that covers it longest."""
    chosen: dict[str, Waiver] = {}
    lacking = []
    for check in checks:
        valid = [w for w in known if w.covers(check) and w.is_valid(now)]
        if valid:
            best = max(valid, key=lambda waiver: waiver.expires_at)
            chosen[best.waiver_id] = best
        else:
            lacking.append(check)
    ended = [
        waiver
        for waiver in known
        if not waiver.is_valid(now) and any(waiver.covers(check) for check in lacking)
    ]
    ended.sort(key=lambda waiver: waiver.revoked_at or waiver.expires_at, reverse=True)
    return Permission(tuple(checks), tuple(chosen.values()), tuple(lacking), tuple(ended))


def _as_recorded(table: str, day: date, given: Mapping[str, Any]) -> Waiver:
    """Return a publication's waiver as its own evidence tells it."""
    return Waiver(
        waiver_id=str(given.get("id", "")),
        table=table,
        partition=day,
        checks=tuple(given.get("checks") or ()),
        reason=str(given.get("reason", "")),
        actor=str(given.get("actor", "")),
        granted_at=_moment(given.get("granted_at")),
        expires_at=_moment(given.get("expires_at")),
    )


def _moment(text: object) -> datetime:
    """Read when a waiver expires; one that does not say so in a way we know has expired."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class WaiverUse:
    """A waiver with what became of it."""

    waiver: Waiver
    in_force: bool
    days_left: int
    """Whole days until it expires; 0 on its last one and after it."""
    standing: Standing | None
    """The partition that stands on it, or did until it ended; None: nothing does."""

    @property
    def in_use(self) -> bool:
        """Tell whether its partition is waived because of it."""
        return self.in_force and self.standing is not None

    @property
    def needs_attention(self) -> bool:
        """Tell whether it has ended although its partition is not right without it."""
        return not self.in_force and self.standing is not None and not self.standing.settled

    @property
    def how(self) -> str:
        """Say in a word or two how it stands."""
        if self.waiver.revoked_at is not None:
            return f"revoked by {self.waiver.revoked_by}"
        if not self.in_force:
            return "expired"
        return "in use" if self.in_use else "not used"

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        waiver = self.waiver
        return {
            "id": waiver.waiver_id,
            "table": waiver.table,
            "date": waiver.partition.isoformat(),
            "checks": list(waiver.checks),
            "reason": waiver.reason,
            "actor": waiver.actor,
            "granted_at": waiver.granted_at.isoformat(),
            "expires_at": waiver.expires_at.isoformat(),
            "days_left": self.days_left,
            "forced_by": waiver.run_id,
            "revoked_at": waiver.revoked_at.isoformat() if waiver.revoked_at else None,
            "revoked_by": waiver.revoked_by or None,
            "in_force": self.in_force,
            "in_use": self.in_use,
            "needs_attention": self.needs_attention,
        }


def waiver_uses(
    granted: Iterable[Waiver], standings: Iterable[Standing], now: datetime
) -> tuple[WaiverUse, ...]:
    """Tell of each waiver whether it is in force and in use; those that end soonest come first.

    Args:
        granted: What the ledger knows.
        standings: The partitions in question; they know their waivers also without a ledger.
        now: UTC.
    """
    carrying = {w.waiver_id: (w, standing) for standing in standings for w in standing.waivers}
    known = {kept.waiver_id: kept for kept, _ in carrying.values()}
    known |= {waiver.waiver_id: waiver for waiver in granted}
    found = [
        WaiverUse(
            waiver=waiver,
            in_force=waiver.is_valid(now),
            days_left=max(0, (waiver.expires_at - now).days) if waiver.is_valid(now) else 0,
            standing=carrying[waiver.waiver_id][1] if waiver.waiver_id in carrying else None,
        )
        for waiver in known.values()
    ]
    order = ("expires_at", "table", "partition", "waiver_id")
    return tuple(sorted(found, key=lambda use: tuple(getattr(use.waiver, name) for name in order)))
