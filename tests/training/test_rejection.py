"""Rejection sampling: what is kept of a policy's answers, and that the next stage imitates it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch
from tests.training.conftest import carried_out, cold_start, reinforce, small_run
from tests.training.test_kill_and_resume import at_call, killed_in, what_counts

from regard.data.mixing import Stream
from regard.data.worlds.digits import Digits
from regard.errors import ConfigError, TrainingError
from regard.rollout.collect import derive_seed
from regard.rollout.sampling import Sampling
from regard.training.folder import read_rows
from regard.training.rejection import Accepted, AcceptedAnswers, RejectionSampling
from regard.types import Completion, Example, Group, Score


@dataclass(frozen=True)
class ManyWords:
    """A full mark for a text of so many words or more: an untrained policy earns it at times."""

    least: int

    def __call__(self, completion: Completion, example: Example) -> Score:
        return Score(value=float(len(completion.text.split()) >= self.least))

    range = (0.0, 1.0)


def rejection(**changes) -> RejectionSampling:
    stage = RejectionSampling(
        data=Digits(size=64), num_steps=3, prompts_per_step=2, group_size=3, save_every=1,
        sampling=Sampling(max_tokens=5), reward=ManyWords(3),
    )  # fmt: skip
    return replace(stage, **changes)


def imitation(**changes):
    return cold_start(
        **{"name": "again", "data": Accepted("rejection"), "save_every": 1, **changes}
    )


def group(*values, texts=()):
    example = Digits(size=1).load()[0]
    said = tuple(Completion(text=text) for text in texts or [f"{'x ' * i}y" for i in range(9)])
    return Group(example=example, completions=said[: len(values)]).scored(
        [Score(value=value) for value in values]
    )


def test_of_right_answers_one_is_chosen_by_its_words():
    stage = rejection()
    texts = ["a b c", "a b", "a", "a b c d"]
    row = stage._row(7, group(1, 1, 0, 1, texts=texts))
    assert (row["position"], row["text"], row["num_right"]) == (7, "a b", 3)
    second = replace(stage, choose="second_longest")
    assert second._row(7, group(1, 1, 0, 1, texts=texts))["text"] == "a b c"
    assert stage._row(7, group(0, 0)) is None


def test_what_counts_as_right_may_be_less_than_full_marks():
    assert rejection()._row(0, group(0.5, 0.0)) is None
    assert rejection(right_from=0.5)._row(0, group(0.5, 0.0))["text"] == "y"


def test_a_stage_learns_nothing_and_the_next_imitates_what_was_accepted(tmp_path):
    run = small_run(cold_start(), rejection(), imitation())
    carried_out(run, tmp_path / "run")
    rows = read_rows(tmp_path / "run" / "accepted.jsonl")
    assert rows
    order = derive_seed(run.seed, "rejection", "order")
    asked = Stream(Digits(size=64).load(), seed=order)
    accepted = AcceptedAnswers(asked, rows)
    for row, example in zip(rows, accepted, strict=True):
        assert row["example"] == example.id == asked[row["position"]].id
        assert len(example.gold.split()) >= 3
        assert row["text"] == example.gold
    metrics = {row["step"]: row for row in read_rows(tmp_path / "run" / "metrics.jsonl")}
    shares = [metrics[step]["rejection/accepted"] for step in (3, 4, 5)]
    assert sum(shares) * 2 == pytest.approx(len(rows))
    assert metrics[6]["completion/num_tokens"] > 3
    before, after = (
        (tmp_path / "run" / "checkpoints" / f"step-00000{step}" / "model.safetensors").read_bytes()
        for step in (2, 5)
    )
    assert before == after


@pytest.mark.parametrize(
    "die",
    [
        lambda: at_call(RejectionSampling, "collect", 2),
        lambda: at_call(RejectionSampling, "_row", 4),
        lambda: at_call(torch.optim.AdamW, "step", 3),
        lambda: at_call(torch.optim.AdamW, "step", 4),
        lambda: at_call(torch.optim.AdamW, "step", 6),
    ],
    ids=["sampling", "in a step", "begins to imitate", "imitating", "learning again"],
)
def test_rounds_that_were_killed_end_in_the_same_bits(die, tmp_path):
    again = reinforce(name="again_rl", updates_per_step=1, passes_per_step=1)
    run = small_run(cold_start(), rejection(), imitation(weights_of=""), again)
    carried_out(run, tmp_path / "whole")
    killed_in(tmp_path / "killed", run, die)
    carried_out(run, tmp_path / "killed")
    assert what_counts(tmp_path / "killed") == what_counts(tmp_path / "whole")
    accepted = [(tmp_path / n / "accepted.jsonl").read_text() for n in ("whole", "killed")]
    assert accepted[0] == accepted[1]


def test_nothing_accepted_is_told_with_what_to_do(tmp_path):
    run = small_run(rejection(reward=ManyWords(99)), imitation())
    with pytest.raises(TrainingError, match=r"accepted no answer.*easier questions"):
        carried_out(run, tmp_path / "run")


def test_what_a_stage_accepts_belongs_to_a_later_stage_of_its_run():
    with pytest.raises(ConfigError, match="no stage of rejection sampling before it"):
        small_run(cold_start(), imitation())
    with pytest.raises(ConfigError, match="only in the run that samples it"):
        Accepted("rejection").load()
    with pytest.raises(ConfigError, match="no stage that learns comes before it"):
        small_run(rejection(), cold_start(keeps_optimizer=True))
