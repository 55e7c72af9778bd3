"""Reading a validation: its findings by code and table."""

from __future__ import annotations

from gapless.findings import Severity
from gapless.validate.model import ValidationFinding, ValidationReport


def findings_of(report: ValidationReport) -> dict[tuple[str, str], ValidationFinding]:
    """Return the findings by code and table."""
    return {(finding.code, finding.table): finding for finding in report.findings}


def codes(report: ValidationReport, severity: Severity = Severity.ERROR) -> set[tuple[str, str]]:
    """Return code and table of the findings of a severity."""
    return {(f.code, f.table) for f in report.findings if f.severity is severity}
