"""Accuracy on held-out examples, and pass@k."""

from __future__ import annotations

from itertools import combinations

import pytest
from tests.models.conftest import TINY

from regard.data.worlds.digits import Digits
from regard.evals.held_out import HeldOut, pass_at_k, summarise
from regard.models.policy import PolicySpec
from regard.rewards import ExactAnswer
from regard.rollout.sampling import Sampling
from regard.types import Completion, Example, Group, Message, Number, Score


def group(kind: str, *values: float, name: str = "") -> Group:
    """A group whose completions earned this; full marks are 1."""
    example = Example(
        id=name or f"{kind}-{values}", kind=kind, target=Number(1.0),
        messages=(Message("user", ("how many ?",)),),
    )  # fmt: skip
    said = tuple(
        Completion(text="", token_ids=(1,) * (i + 1), finish="length" if i else "stop")
        for i in range(len(values))
    )
    return Group(example=example, completions=said).scored([Score(value=v) for v in values])


@pytest.mark.parametrize(("num_samples", "num_right"), [(4, 1), (5, 2), (6, 0), (3, 3)])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(num_samples, num_right):
    samples = [i < num_right for i in range(num_samples)]
    for k in range(1, num_samples + 1):
        draws = list(combinations(samples, k))
        share = sum(map(any, draws)) / len(draws)
        assert pass_at_k(num_samples, num_right, k) == pytest.approx(share)


def test_only_full_marks_are_right_and_kinds_are_counted_apart():
    groups = [group("a", 1.0, 0.9), group("a", 0.0, 0.0), group("b", 1.0, 1.0)]
    measured = summarise(groups, ExactAnswer())
    # a: (1/2 + 0) / 2, b: 1, together (1/2 + 0 + 1) / 3
    assert measured.accuracy == pytest.approx(0.5)
    assert measured.by_kind["a"].accuracy == 0.25
    assert measured.by_kind["b"].accuracy == 1.0
    assert (measured.num_examples, measured.by_kind["a"].num_examples) == (3, 2)
    # one of two is right in the first group: drawing both holds it
    assert measured.metrics["pass@1"] == pytest.approx(0.5)
    assert measured.metrics["pass@2"] == pytest.approx(2 / 3)
    assert measured.metrics["completion/num_tokens"] == 1.5
    assert measured.metrics["completion/truncated"] == 0.5


def test_with_one_answer_each_there_is_no_pass_at_k():
    assert not [n for n in summarise([group("a", 1.0)], ExactAnswer()).metrics if "pass" in n]


def test_nothing_answered_is_no_accuracy_and_no_error():
    measured = summarise([], ExactAnswer())
    assert (measured.accuracy, measured.num_examples, measured.by_kind) == (0.0, 0, {})


def test_greedy_answers_are_the_same_each_time():
    policy = PolicySpec(weights=TINY).load()
    held_out = HeldOut(
        data=Digits(split="test", size=3), reward=ExactAnswer(),
        sampling=Sampling(temperature=0.0, max_tokens=4),
    )  # fmt: skip
    first, second = ([g for batch in held_out.answers(policy) for g in batch.groups] for _ in "12")
    assert len(first) == 3
    assert first == second
