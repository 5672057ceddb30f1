"""What the published systems computed, replayed: one test for each recorded function.

`pytest tests/parity --vectors DIR` replays another folder of the same format. Where we differ on
purpose, `differences.toml` says why; a function without an adapter is told at the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.parity.replay import VECTORS, Rule, gathered, read_rules, read_vectors, replay


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "recorded" in metafunc.fixturenames:
        found = list(read_vectors(folder_of(metafunc.config)))
        metafunc.parametrize("recorded", found, ids=[f"{s}-{f}" for s, f in found])


def folder_of(config: pytest.Config) -> Path:
    return Path(config.getoption("vectors", None) or VECTORS)


def test_recorded_function(
    recorded: tuple[str, str],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    system, function = recorded
    folder = folder_of(request.config)
    vectors = read_vectors(folder)[recorded]
    has_adapter = function in gathered(system, "ADAPTERS")
    if not has_adapter:
        record_property("parity", ("uncovered", *recorded, len(vectors)))
        pytest.xfail(f"not covered: {len(vectors)} vectors of {system}/{function}")
    is_ours = folder.resolve() == VECTORS.resolve()
    outcome = replay(vectors, is_ours=is_ours)
    record_property(
        "parity", ("replayed", *recorded, len(vectors), outcome.same, outcome.different)
    )
    if outcome.failures:
        heading = f"{len(outcome.failures)} of {len(vectors)} vectors of {system}/{function} differ"
        pytest.fail("\n\n".join([heading, *outcome.failures]), pytrace=False)


@pytest.mark.parametrize("rule", read_rules(), ids=str)
def test_every_difference_still_differs(rule: Rule) -> None:
    """A rule that no vector needs any more goes."""
    vectors = read_vectors(VECTORS).get((rule.system, rule.function), [])
    covered = [vector for vector in vectors if rule.covers(vector)]
    assert covered, f"no recorded vector is covered by {rule}"
    missing = set(rule.cases) - {vector.case for vector in covered}
    assert not missing, f"{rule} names cases that do not exist: {missing}"
    outcome = replay(covered, is_ours=True)
    assert str(rule) in outcome.different, (
        f"every vector that {rule} covers agrees, or is another's"
    )


def test_no_adapter_is_for_a_function_never_recorded() -> None:
    recorded = read_vectors(VECTORS)
    for system in {system for system, _ in recorded}:
        strangers = {
            name for name in gathered(system, "ADAPTERS") if (system, name) not in recorded
        }
        assert not strangers, f"{system}: adapters for {strangers}"
