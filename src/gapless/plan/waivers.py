"""Waivers: what somebody permits a partition to lack, and how far that covers what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from gapless.ledger.interface import Waiver
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

    granted: Iterable[Waiver] = ()
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
        table, day = publication.table, publication.partition
        given = publication.evidence.get("waiver") or {}
        own_ids = set(given.get("ids") or [given.get("id")])
        needed = tuple(checks) or tuple(given.get("checks") or ())
        known = [w for w in self.of(table, day) if w.run_id is None or w.waiver_id in own_ids]
        if given and not any(waiver.waiver_id in own_ids for waiver in known):
            known.append(_recorded(publication, given))
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


def _recorded(publication: Publication, given: Mapping[str, Any]) -> Waiver:
    """Return a publication's waiver as its own evidence tells it."""
    return Waiver(
        waiver_id=str(given.get("id", "")),
        table=publication.table,
        partition=publication.partition,
        checks=tuple(given.get("checks") or ()),
        reason=str(given.get("reason", "")),
        actor=str(given.get("actor", "")),
        granted_at=publication.published_at,
        expires_at=_moment(given.get("expires_at")),
        run_id=publication.run_id,
    )


def _moment(text: object) -> datetime:
    """Read when a waiver expires; one that does not say so in a way we know has expired."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
