"""The ledger in a database: a SQLite file for one host, PostgreSQL for several."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from gapless.errors import LedgerUnavailable
from gapless.ledger import liveness, rows, schema
from gapless.ledger.interface import (
    Attempt,
    Failure,
    FindingRecord,
    Holder,
    Lease,
    PartitionState,
    Run,
    Waiver,
)
from gapless.ledger.leases import held_by_others, held_since
from gapless.ledger.sql_cleanings import SqlCleanings
from gapless.ledger.sql_examinations import SqlExaminations
from gapless.ledger.store import POSTGRESQL, SQLITE, Store, for_writing, make_engine
from gapless.ledger.translation import translated
from gapless.ledger.upgrade import is_current, require_current, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date, datetime, timedelta

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, Engine

_NO_RUN = "No run was started."
_NOT_READ = "Nothing was read."


class SqlLedger(SqlCleanings, SqlExaminations):
    """A ledger at `sqlite:///folder/ledger.db` or `postgresql+psycopg://user@host/database`.

    Calls may come from several threads, and several processes may share the store; after a fork,
    the child opens its own. Nothing is touched before `open`.

    Args:
        url: Where it is kept.
        read_only: Refuse every write, and with it a store that is absent or not up to date.
        lock_timeout: Seconds to wait for another writer before giving up.
        is_dead: Tells whether the process that holds a lease is known to be gone.

    Raises:
        ConfigError: the URL is not one, or names a database that Gapless keeps no ledger in.
    """

    def __init__(
        self,
        url: str,
        *,
        read_only: bool = False,
        lock_timeout: float = 30.0,
        is_dead: Callable[[Holder], bool] = liveness.is_dead,
    ) -> None:
        self._store = Store.parse(url)
        self._read_only = read_only
        self._lock_timeout = lock_timeout
        self._is_dead = is_dead
        self._engine: Engine | None = None
        # Threads of one process queue here; SQLite would have them poll the lock on the file.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._store.kind == SQLITE else nullcontext()
        )

    def __repr__(self) -> str:
        return f"SqlLedger({self._store.shown!r})"

    def open(self) -> None:
        """Bring the schema to the newest version and prove that it can be written.

        Raises:
            LedgerUnavailable: the store is missing, read-only, newer than this program, or locked.
        """
        if self._engine is not None:
            return
        self._store.check_place(read_only=self._read_only)
        engine = make_engine(
            self._store, read_only=self._read_only, lock_timeout=self._lock_timeout
        )
        try:
            with translated(self._store.shown, _NOT_READ if self._read_only else _NO_RUN):
                self._prepare(engine)
        except BaseException:
            engine.dispose()
            raise
        self._engine = engine

    def close(self) -> None:
        """Release every connection."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def begin_run(self, run: Run) -> None:
        """Record a run and its plan; durable when this returns, before anything is published."""
        self._append(schema.runs, [run], untouched=_NO_RUN)

    def finish_run(self, run_id: str, *, finished_at: datetime, exit_code: int) -> None:
        """Record how a run ended.

        Raises:
            LedgerUnavailable: it cannot be written, or knows no such run.
        """
        untouched = f"How run {run_id} ended was not recorded."
        ended = {"finished_at": finished_at, "exit_code": exit_code}
        with self._writing(untouched) as connection:
            found = connection.execute(
                update(schema.runs).where(schema.runs.c.run_id == run_id).values(ended)
            ).rowcount
        if not found:
            raise LedgerUnavailable(
                f"The ledger {self._store.shown} knows no run {run_id}.",
                untouched=untouched,
                advice="Check whether the ledger was replaced while the run was going on.",
            )

    def runs(self, *, limit: int = 50) -> list[Run]:
        """Return the newest runs, newest first."""
        query = rows.select_fields(schema.runs, Run).order_by(
            schema.runs.c.started_at.desc(), schema.runs.c.run_id.desc()
        )
        with self._reading() as connection:
            return rows.read(connection, query.limit(limit), Run)

    def run(self, run_id: str) -> Run | None:
        """Return one run with its plan; None when the ledger does not know it."""
        query = rows.select_fields(schema.runs, Run).where(schema.runs.c.run_id == run_id)
        with self._reading() as connection:
            return next(iter(rows.read(connection, query, Run)), None)

    def runs_by_id(self, run_ids: Collection[str]) -> dict[str, Run]:
        """Return those runs that the ledger knows, without their plans, which may be long."""
        kept = schema.runs.c
        names = [field.name for field in fields(Run) if field.name != "plan"]
        query = select(*(kept[name] for name in names))
        found: dict[str, Run] = {}
        with self._reading() as connection:
            for some in rows.batched(sorted(run_ids)):
                for row in connection.execute(query.where(kept.run_id.in_(some))):
                    found[row.run_id] = Run(**dict(zip(names, row, strict=True)))
        return found

    def record_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Append attempts, all of them or none."""
        self._append(
            schema.attempts, attempts, untouched=f"{len(attempts)} attempts were not recorded."
        )

    def attempts(
        self,
        *,
        table: str | None = None,
        first: date | None = None,
        last: date | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        evidence: bool = True,
    ) -> list[Attempt]:
        """Return attempts in the order they started; dates inclusive, none before `since`.

        Most of an attempt is its evidence; whoever asks for many of them leaves it out.
        """
        kept = schema.attempts
        query = rows.select_fields(kept, Attempt, but_last=not evidence)
        query = rows.within(query, kept, table)
        query = rows.between(query, kept, first, last)
        if run_id is not None:
            query = query.where(kept.c.run_id == run_id)
        if since is not None:
            query = query.where(kept.c.started_at >= since)
        with self._reading() as connection:
            return rows.read(
                connection, query.order_by(kept.c.started_at, kept.c.attempt_id), Attempt
            )

    def recorded_versions(self) -> dict[tuple[str, date], int]:
        """Return the highest publication version each (table, partition) has an attempt for."""
        kept = schema.attempts.c
        query = (
            select(kept.table, kept.partition, func.max(kept.version))
            .where(kept.version.is_not(None))
            .group_by(kept.table, kept.partition)
        )
        with self._reading() as connection:
            return {(name, day): version for name, day, version in connection.execute(query)}

    def acquire_leases(
        self,
        table: str,
        partitions: Collection[date],
        holder: Holder,
        *,
        now: datetime,
        ttl: timedelta,
    ) -> dict[date, Lease]:
        """Take the leases that are free, expired, or already the holder's own.

        Returns:
            The leases that *somebody else* holds, by partition; those asked for and not in here
            are now the holder's.
        """
        wanted = sorted(set(partitions))
        if not wanted:
            return {}
        query = rows.within(rows.select_leases(), schema.leases, table)
        query = rows.between(query, schema.leases, wanted[0], wanted[-1])
        asked_for = set(wanted)
        with self._writing("No lease was taken.") as connection:
            self._lock_leases(connection)
            found = rows.read_leases(connection, query)
            known = [lease for lease in found if lease.partition in asked_for]
            others = held_by_others(known, holder, now=now, is_dead=self._is_dead)
            since = held_since(known, holder, now=now)
            taken = [
                Lease(table, day, holder, acquired_at=since.get(day, now), expires_at=now + ttl)
                for day in wanted
                if day not in others
            ]
            if taken:
                rows.upsert(connection, schema.leases, rows.lease_rows(taken))
        return others

    def renew_leases(self, holder: Holder, *, now: datetime, ttl: timedelta) -> int:
        """Extend every unexpired lease of the holder's run; return how many there are."""
        statement = (
            update(schema.leases)
            .where(schema.leases.c.run_id == holder.run_id, schema.leases.c.expires_at > now)
            .values(expires_at=now + ttl)
        )
        with self._writing("No lease was extended.") as connection:
            return connection.execute(statement).rowcount

    def release_leases(self, holder: Holder) -> None:
        """Give back every lease of the holder's run."""
        statement = delete(schema.leases).where(schema.leases.c.run_id == holder.run_id)
        with self._writing("The leases stay until they expire.") as connection:
            connection.execute(statement)

    def leases(self) -> list[Lease]:
        """Return every lease, also expired ones, by table and partition."""
        with self._reading() as connection:
            return rows.read_leases(connection, rows.select_leases())

    def grant_waivers(self, waivers: Sequence[Waiver]) -> None:
        """Record permissions, all of them or none."""
        self._append(
            schema.waivers, waivers, untouched=f"{len(waivers)} waivers were not recorded."
        )

    def revoke_waivers(self, waiver_ids: Collection[str], *, now: datetime, actor: str) -> int:
        """End permissions before they expire; return how many were still in force."""
        kept = schema.waivers.c
        statement = (
            update(schema.waivers)
            .where(kept.waiver_id.in_(sorted(waiver_ids)))
            .where(kept.revoked_at.is_(None), kept.expires_at > now)
            .values(revoked_at=now, revoked_by=actor)
        )
        with self._writing(f"{len(waiver_ids)} waivers were not revoked.") as connection:
            return connection.execute(statement).rowcount

    def waivers(self, *, table: str | None = None) -> list[Waiver]:
        """Return waivers, also expired ones, newest first."""
        kept = schema.waivers
        query = rows.within(rows.select_fields(kept, Waiver), kept, table)
        with self._reading() as connection:
            return rows.read(
                connection,
                query.order_by(kept.c.granted_at.desc(), kept.c.waiver_id.desc()),
                Waiver,
            )

    def record_findings(self, findings: Sequence[FindingRecord]) -> None:
        """Append findings, all of them or none."""
        self._append(
            schema.findings, findings, untouched=f"{len(findings)} findings were not recorded."
        )

    def findings(self, run_id: str) -> list[FindingRecord]:
        """Return the findings of one run in the order they were recorded."""
        kept = schema.findings
        query = rows.select_fields(kept, FindingRecord).where(kept.c.run_id == run_id)
        with self._reading() as connection:
            return rows.read(connection, query.order_by(kept.c.finding_id), FindingRecord)

    def record_failures(self, failures: Sequence[Failure]) -> None:
        """Record failures; one known by table, partition, entity and first sight is replaced."""
        if not failures:
            return
        with self._writing(f"{len(failures)} failures were not recorded.") as connection:
            rows.upsert(connection, schema.failures, rows.to_rows(failures))

    def failures(
        self,
        *,
        table: str | None = None,
        first: date | None = None,
        last: date | None = None,
        unresolved: bool = False,
    ) -> list[Failure]:
        """Return failures, or the unresolved ones, by table, partition and entity."""
        kept = schema.failures
        query = rows.within(rows.select_fields(kept, Failure), kept, table)
        if unresolved:
            query = query.where(kept.c.resolved_at.is_(None))
        with self._reading() as connection:
            found = rows.read(connection, rows.between(query, kept, first, last), Failure)
        return sorted(found, key=lambda f: (f.table, f.partition, f.entity, f.first_seen))

    def record_states(self, states: Sequence[PartitionState]) -> None:
        """Replace the latest known state of the given partitions; of two for one, the last."""
        if not states:
            return
        with self._writing(f"{len(states)} known states were not replaced.") as connection:
            rows.upsert(connection, schema.states, rows.to_rows(states))

    def states(
        self, *, table: str | None = None, first: date | None = None, last: date | None = None
    ) -> list[PartitionState]:
        """Return the latest known states by table and partition; dates inclusive."""
        kept = schema.states
        query = rows.within(rows.select_fields(kept, PartitionState), kept, table)
        with self._reading() as connection:
            found = rows.read(connection, rows.between(query, kept, first, last), PartitionState)
        return sorted(found, key=lambda state: (state.table, state.partition))

    @property
    def writable(self) -> bool:
        """Whether anything can be recorded."""
        return not self._read_only

    def _prepare(self, engine: Engine) -> None:
        """Check the tables, or bring them up to date and change a row of them."""
        if self._read_only:
            with engine.connect() as connection:
                require_current(connection, self._store)
            return
        proof = schema.write_proof
        with self._turn, for_writing(engine).begin() as connection:
            if not is_current(connection):
                upgrade(connection, self._store)
            connection.execute(update(proof).values(openings=proof.c.openings + 1))

    def _append(self, table: Table, records: Sequence[Any], *, untouched: str) -> None:
        """Insert records in one statement and one transaction."""
        if not records:
            return
        with self._writing(untouched) as connection:
            rows.write(connection, table, insert(table), rows.to_rows(records))

    def _lock_leases(self, connection: Connection) -> None:
        """Let one caller at a time decide who gets what; SQLite did so when the write began."""
        if self._store.kind == POSTGRESQL:
            patience = max(1, round(self._lock_timeout * 1000))
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience}")
            connection.exec_driver_sql(
                f"LOCK TABLE {schema.leases.name} IN SHARE ROW EXCLUSIVE MODE"
            )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Offer a connection whose errors are translated."""
        engine = self._opened(_NOT_READ)
        with translated(self._store.shown, _NOT_READ), engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self, untouched: str) -> Iterator[Connection]:
        """Offer a transaction that is committed at the end, or leaves everything as it was."""
        engine = self._opened(untouched)
        if self._read_only:
            raise LedgerUnavailable(
                f"The ledger {self._store.shown} was opened for reading only.", untouched=untouched
            )
        with (
            self._turn,
            translated(self._store.shown, untouched),
            for_writing(engine).begin() as connection,
        ):
            yield connection

    def _opened(self, untouched: str) -> Engine:
        if self._engine is None:
            raise LedgerUnavailable(
                f"The ledger {self._store.shown} is not open.", untouched=untouched
            )
        return self._engine
