"""Audit: what can be said of a table that nobody declared, with a reference or without."""

from __future__ import annotations

from gapless.undeclared.compare import compare
from gapless.undeclared.guess import GuessReport, guess
from gapless.undeclared.model import AuditReport
from gapless.undeclared.question import Question, resolve
from gapless.warehouse.interface import Tables


def audit(tables: Tables, question: Question) -> AuditReport | GuessReport:
    """Compare a table with its reference by key sets, or guess from row counts; reads only.

    The number of queries is the same for one date and for thousands.

    Raises:
        UsageError: a table, column or predicate is not there or does not fit.
        QueryFailed: the warehouse refused the query.
    """
    resolved = resolve(tables, question)
    if resolved.reference is None:
        return guess(tables, question, resolved)
    return compare(tables, question, resolved, resolved.reference)
