"""Which checkpoint is the best, whatever it is told by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch
from tests.training.conftest import carried_out, cold_start, small_run
from tests.training.test_kill_and_resume import at_call, killed_in

from regard.errors import ConfigError
from regard.evals.critical import CriticalEntropy
from regard.training.folder import read_rows
from regard.training.selection import Best, MostUndecided
from regard.types import Measured

MEASURED = Measured(
    accuracy=0.5, num_examples=4, metrics={"reward/mean": 0.7},
    by_kind={"sum": Measured(accuracy=0.25, num_examples=2)},
)  # fmt: skip


@dataclass(frozen=True)
class Even:
    """A user's own: the reward, where the number of examples is even."""

    def __call__(self, measured: Measured) -> float | None:
        return None if measured.num_examples % 2 else measured.metrics["reward/mean"]


def test_any_number_may_tell_the_best():
    assert Best()(MEASURED) == 0.5
    assert Best(metric="accuracy/sum")(MEASURED) == 0.25
    assert Best(metric="reward/mean", least=True)(MEASURED) == -0.7
    with pytest.raises(ConfigError, match=r"'reward/men', which is not measured; .*reward/mean"):
        Best(metric="reward/men")(MEASURED)


def test_entropy_at_critical_words_tells_nothing_where_few_answers_have_any():
    def measured(coverage):
        metrics = {"completion/critical_coverage": coverage, "completion/critical_entropy": 1.5}
        return replace(MEASURED, metrics=metrics)

    assert MostUndecided()(measured(0.2)) == 1.5
    assert MostUndecided()(measured(0.05)) is None
    assert MostUndecided(least_coverage=0.0)(measured(0.0)) is None
    with pytest.raises(ConfigError, match=r"set evaluation\.critical"):
        MostUndecided()(MEASURED)


def the_run(best):
    run = small_run(cold_start(num_steps=4, evaluate_every=1, save_every=1))
    critical = CriticalEntropy(words=("what",))
    return replace(run, best=best, evaluation=replace(run.evaluation, critical=critical))


def best_step(path):
    return int((path / "checkpoints" / "best").resolve().name.removeprefix("step-"))


@pytest.mark.parametrize("least", [False, True])
def test_the_best_of_a_run_is_where_the_number_says_even_if_it_was_killed(least, tmp_path):
    run = the_run(Best(metric="completion/entropy", least=least))
    carried_out(run, tmp_path / "whole")
    rows = [r for r in read_rows(tmp_path / "whole" / "evaluations.jsonl") if r["step"]]
    values = {row["step"]: row["metrics"]["completion/entropy"] for row in rows}
    assert len(set(values.values())) == 4
    expected = (min if least else max)(values, key=values.__getitem__)
    assert best_step(tmp_path / "whole") == expected
    killed_in(tmp_path / "killed", run, lambda: at_call(torch.optim.AdamW, "step", 3))
    carried_out(run, tmp_path / "killed")
    assert best_step(tmp_path / "killed") == expected


def test_a_rule_of_ones_own_may_abstain(tmp_path):
    run = the_run(Even())
    odd = replace(run, evaluation=replace(run.evaluation, num_examples=5))
    carried_out(run, tmp_path / "even")
    carried_out(odd, tmp_path / "odd")
    assert best_step(tmp_path / "even") == 1  # nothing is earned: the first of equals
    assert not (tmp_path / "odd" / "checkpoints" / "best").exists()


def test_what_tells_the_best_must_be_measured(tmp_path):
    with pytest.raises(ConfigError, match="'speed', which is not measured"):
        carried_out(the_run(Best(metric="speed")), tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.jsonl").exists()  # told before the first step
