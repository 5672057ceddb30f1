"""Each monitor is silent in health and names its trouble."""

from __future__ import annotations

import pytest
from tests.training.conftest import small_run

from regard.training.folder import read_rows
from regard.training.monitors import (
    MONITORS,
    Blindness,
    EngineGap,
    EntropyCollapse,
    FormatOnly,
    LengthDrift,
    RewardWithoutAccuracy,
    ZeroSignal,
)

FORM, RIGHT = "reward/parts/format", "reward/parts/accuracy"


def rows(*values, **also):
    """Rows of metrics, which are given as {name: value} for each step."""
    return [{"reward/mean": 0.0, "reward/std": 0.4, **also, **row} for row in values]


def evaluated(*pairs, name="reward/mean"):
    return rows(*({name: value, "eval/accuracy": accuracy} for value, accuracy in pairs))


def over(name, *values):
    return rows(*({name: value} for value in values))


BLIND = "eval/blind_accuracy"
# half a spread is 0.2
CASES = {
    "reward": (
        RewardWithoutAccuracy(),
        evaluated((0.1, 0.5), (0.3, 0.5), (0.4, 0.5)),
        evaluated((0.1, 0.5), (0.3, 0.5), (0.4, 0.6)),
        "went from 0.50 to 0.50",
    ),
    "a small rise": (
        RewardWithoutAccuracy(),
        evaluated((0.1, 0.5), (0.3, 0.5), (0.31, 0.4)),
        evaluated((0.1, 0.5), (0.3, 0.5), (0.29, 0.4)),
        "rose by 0.21",
    ),
    "shrinks": (
        LengthDrift(window=2),
        over("completion/num_tokens", 90, 110, 30, 34),
        over("completion/num_tokens", 90, 110, 30, 38),
        "from 100 to 32 tokens",
    ),
    "grows": (
        LengthDrift(window=2),
        over("completion/num_tokens", 10, 10, 20, 45),
        over("completion/num_tokens", 10, 10, 20, 40),
        "constant length",
    ),
    "too hard": (
        ZeroSignal(window=2),
        over("group/zero_signal", 0.0, 0.9, 1.0),
        over("group/zero_signal", 1.0, 0.9, 0.7),
        "easier questions",
    ),
    "too easy": (
        ZeroSignal(window=1),
        rows({"group/zero_signal": 0.9, "group/tier/solve_all": 0.8}),
        rows({"group/zero_signal": 0.8, "group/tier/solve_all": 0.8}),
        "harder questions",
    ),
    "entropy": (
        EntropyCollapse(window=1),
        over("policy/entropy", 1.0, 0.09),
        over("policy/entropy", 1.0, 0.11),
        "1.000 to 0.090",
    ),
    "sure and right": (
        EntropyCollapse(window=1),
        evaluated((1.0, 0.2), (0.01, 0.89), name="policy/entropy"),
        evaluated((1.0, 0.2), (0.01, 0.90), name="policy/entropy"),
        "fell",
    ),
    "form": (
        FormatOnly(window=1),
        rows({FORM: 0.1, RIGHT: 0.5}, {FORM: 0.4, RIGHT: 0.5}),
        rows({FORM: 0.1, RIGHT: 0.5}, {FORM: 0.4, RIGHT: 0.6}),
        "rose by 0.30",
    ),
    "engine": (
        EngineGap(window=2),
        over("policy/engine_gap", 0.04, 0.08),
        over("policy/engine_gap", 0.04, 0.05),
        "0.060 nats",
    ),
    "blind": (
        Blindness(evaluations=2),
        rows({"eval/accuracy": 0.5, BLIND: 0.45}, {"eval/accuracy": 0.6, BLIND: 0.55}),
        rows({"eval/accuracy": 0.5, BLIND: 0.35}, {"eval/accuracy": 0.6, BLIND: 0.45}),
        "is 0.55, and 0.50",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_warns_beyond_its_threshold_and_not_before(case):
    monitor, ill, well, words = CASES[case]
    assert words in (monitor(ill) or "")
    assert monitor(well) is None


@pytest.mark.parametrize("monitor", MONITORS, ids=lambda monitor: type(monitor).__name__)
def test_too_few_rows_and_the_rows_of_a_cold_start_say_nothing(monitor):
    assert monitor([]) is None
    assert monitor(rows({"eval/accuracy": 0.0})) is None
    assert monitor([{"completion/num_tokens": float(n)} for n in (9,) * 20 + (1,) * 20]) is None


def test_a_warning_is_shown_once_a_stage_and_kept(carry_out):
    alarm = ZeroSignal(window=1, most=-1.0)
    folder, printed = carry_out(small_run(monitors=(alarm,)))
    assert printed.count("teach nothing") == 1
    (row,) = read_rows(folder / "warnings.jsonl")
    assert (row["step"], row["stage"], row["monitor"]) == (3, "rl", "ZeroSignal")
    assert row["text"] in (folder / "report.html").read_text()
    metrics = read_rows(folder / "metrics.jsonl")
    assert [row["step"] for row in metrics if "eval/accuracy" in row] == [2, 4]
    assert [row["step"] for row in metrics if "eval/blind_accuracy" in row] == [2, 4]
