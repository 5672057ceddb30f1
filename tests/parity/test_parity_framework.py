"""The replay itself: it finds what differs, and cannot pass anything over in silence."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.parity import replay as parity
from tests.parity.replay import (
    Raised,
    Rule,
    Vector,
    is_same,
    plain_value,
    read_rules,
    read_vectors,
    replay,
)


def vector(case: str, x: float, output: Any, origin: str = "") -> Vector:
    given = {"x": x}
    return Vector(
        system="toy", function="double", case=case, input=given, output=output, origin=origin
    )


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A system with one function, and the rules a test sets."""
    tables: dict[str, Any] = {
        "ADAPTERS": {"double": lambda given: 2 * given["x"]},
        "PREDICATES": {"negative": lambda given: given["x"] < 0},
        "EXPECTED": {"minus": lambda given, published: -published},
        "rules": (),
    }
    monkeypatch.setattr(parity, "gathered", lambda system, table: tables.get(table, {}))
    monkeypatch.setattr(parity, "read_rules", lambda: tables["rules"])
    return tables


def rule(**fields: Any) -> Rule:
    return Rule(system="toy", function="double", reason="they err", instead="ours", **fields)


# ---------------------------------------------------------------------------------- comparison


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (1.0, 1),
        (0.3333333, 1 / 3),
        (1e9, 1e9 + 100),  # relative beyond one
        ("NaN", math.nan),
        ("-inf", -math.inf),
        ("Infinity", math.inf),
        ("nan", "nan"),  # a text that was recorded as one
        ([1, [2.5, None]], (1, [*np.array([2.5]).tolist(), None])),
        ({"1": 2.0}, {1: np.float32(2)}),
        ("raises KeyError", Raised("KeyError")),
        ({"error": "ZeroDivisionError"}, Raised("DataError")),  # refused by name
    ],
)
def test_values_that_agree(expected: Any, value: Any) -> None:
    assert is_same(expected, plain_value(value))


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (1.0, 1.00001),
        (True, 1),
        (0.0, False),
        (None, 0),
        (0, None),
        ("1", 1),
        ("nan", 1.0),
        ([1, 2], [1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        (0.0, Raised("KeyError")),
        ("raises KeyError", Raised("TypeError")),
        ("raises KeyError", 0.0),
    ],
)
def test_values_that_differ(expected: Any, value: Any) -> None:
    assert not is_same(expected, plain_value(value))


# -------------------------------------------------------------------------------------- replay


def test_every_failing_case_is_told_with_its_origin(toy: dict[str, Any]) -> None:
    outcome = replay(
        [vector("a", 1, 2), vector("b", 2, 5, origin="by hand"), vector("c", 3, 7)], is_ours=True
    )
    assert outcome.same == 1
    assert len(outcome.failures) == 2
    assert outcome.failures[0].startswith("toy/double, case 'b' (origin: by hand)")
    assert "expected 5\n  got      4" in outcome.failures[0]


def test_an_exception_of_ours_is_a_failure(toy: dict[str, Any]) -> None:
    (failure,) = replay([vector("a", None, 2)], is_ours=True).failures  # type: ignore[arg-type]
    assert "raised TypeError" in failure


def test_a_rule_takes_the_vectors_it_covers(toy: dict[str, Any]) -> None:
    toy["rules"] = (rule(when="negative", expect="minus"),)
    outcome = replay([vector("a", 1, 2), vector("b", -1, 2)], is_ours=True)
    assert (outcome.same, outcome.failures) == (1, [])
    assert outcome.different == {"toy/double where negative": 1}


def test_a_rule_that_expects_something_is_held_to_it(toy: dict[str, Any]) -> None:
    toy["rules"] = (rule(when="negative", expect="minus"),)
    (failure,) = replay([vector("b", -1, 5)], is_ours=True).failures
    assert "expected -5" in failure
    assert "published was 5" in failure


def test_a_vector_that_agrees_all_the_same_is_a_stale_rule_here_and_welcome_elsewhere(
    toy: dict[str, Any],
) -> None:
    toy["rules"] = (rule(cases=("a",)),)
    agreeing = [vector("a", 1, 2)]
    assert "does not differ" in replay(agreeing, is_ours=True).failures[0]
    assert replay(agreeing, is_ours=False).same == 1
    toy["rules"] = (rule(cases=("a",), may_agree="by chance"),)
    assert replay(agreeing, is_ours=True).same == 1


def test_a_rule_without_expectation_does_not_excuse_an_exception(toy: dict[str, Any]) -> None:
    toy["ADAPTERS"]["double"] = lambda given: 1 / 0
    toy["rules"] = (rule(field="case", pattern="^a$"),)
    assert "ZeroDivisionError" in replay([vector("a", 1, 2)], is_ours=True).failures[0]


# --------------------------------------------------------------------------------------- files


def test_a_line_without_its_output_is_named(tmp_path: Path) -> None:
    line = json.dumps({"system": "toy", "function": "double", "case": "a", "input": {}})
    (tmp_path / "toy.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"toy.jsonl:1: no output"):
        read_vectors(tmp_path)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('function = "f"\nreason = "r"\ninstead = "i"', "one of when, cases, field"),
        ('function = "f"\nreason = "r"\nwhen = "w"', "no instead"),
        ('function = "f"\nreason = "r"\ninstead = "i"\nwhen = "w"\nwhy = "x"', "unknown why"),
    ],
)
def test_a_rule_says_everything_it_must(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "differences.toml"
    path.write_text(f'[[difference]]\nsystem = "toy"\n{table}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_rules(path)


def test_a_function_without_an_adapter_is_told_at_the_end(tmp_path: Path) -> None:
    rows = [
        {"system": "gui-r1", "function": "text_f1", "case": "a", "output": 1.0}
        | {"input": {"pred": "up", "gt": "up"}},
        {"system": "gui-r1", "function": "unheard_of", "case": "b", "input": {}, "output": 1},
    ]
    (tmp_path / "some.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", str(parity.HERE / "test_vectors.py")]
    command += ["--vectors", str(tmp_path), "-k", "recorded_function", "-p", "no:cacheprovider"]
    root = parity.HERE.parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 of 1 vectors of 1 functions agree" in done.stdout
    assert "NOT COVERED:    1 vectors of gui-r1/unheard_of" in done.stdout
    assert "1 passed" in done.stdout
    assert "1 xfailed" in done.stdout
