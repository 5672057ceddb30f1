"""The account at the end of a run: which recorded functions agree, differ, or are not covered."""

from __future__ import annotations

from typing import Any

import pytest

collect_ignore = ["adapters"]
"""They are imported system by system, so that one that is broken fails alone."""


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    reports = [report for group in terminalreporter.stats.values() for report in group]
    # A test has a report each for setup, call and teardown, and says the same in all that know.
    told = {
        tuple(row[:3]): row
        for report in reports
        for name, row in getattr(report, "user_properties", ())
        if name == "parity"
    }
    if not told:
        return
    replayed = [row for row in told.values() if row[0] == "replayed"]
    total, same = sum(row[3] for row in replayed), sum(row[4] for row in replayed)
    different: dict[str, int] = {}
    for row in replayed:
        for rule, count in row[5].items():
            different[rule] = different.get(rule, 0) + count
    terminalreporter.section("parity with the published systems")
    terminalreporter.line(
        f"{same} of {total} vectors of {len(replayed)} functions agree, "
        f"{sum(different.values())} differ on purpose"
    )
    for rule, count in sorted(different.items()):
        terminalreporter.line(f"  differs on purpose: {count:4d}  {rule}")
    for _, system, function, count in sorted(r for r in told.values() if r[0] == "uncovered"):
        terminalreporter.line(f"  NOT COVERED: {count:4d} vectors of {system}/{function}")
