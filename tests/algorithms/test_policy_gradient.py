"""Advantages, surrogates, divergences and their aggregation, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from regard.algorithms.advantages import GroupMean
from regard.algorithms.aggregate import ConstantLength, SequenceMean, TokenMean
from regard.algorithms.batch import TokenBatch, pack
from regard.algorithms.imitation import Imitation
from regard.algorithms.kl import kl
from regard.algorithms.policy_gradient import PolicyGradient, dapo, dr_grpo, grpo
from regard.algorithms.surrogates import Clip
from regard.types import Completion, Example, Group, Message, Number, Score

ONE = torch.tensor([1])
"""One completion of one token."""
QUESTION = Example(id="q", messages=(Message("user", ("?",)),), target=Number(1.0))


def group(*answers: tuple[float, list[float]]) -> Group:
    """A group of completions, each a reward and the log-probabilities of its tokens."""
    completions = tuple(
        Completion(text="", token_ids=tuple(range(1, len(p) + 1)), logprobs=tuple(p))
        for _, p in answers
    )
    scores = tuple(Score(value=value) for value, _ in answers)
    return Group(example=QUESTION, completions=completions, scores=scores)


def test_two_completions_are_one_sample_deviation_over_root_two_apart():
    # mean 1/2, squares 1/4 + 1/4 over G - 1 = 1: deviation 0.7071; (1 - 1/2) / 0.7072 = 0.7070
    advantages = GroupMean()(torch.tensor([[1.0, 0.0]]))
    assert advantages[0].tolist() == pytest.approx([0.70701, -0.70701], abs=1e-5)


def test_the_population_spread_is_smaller_by_root_two():
    advantages = GroupMean(spread="population", eps=0.0)(torch.tensor([[1.0, 0.0]]))
    assert advantages[0].tolist() == [1.0, -1.0]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e6 + 0.1])
def test_equal_rewards_are_no_signal_whatever_rounding_makes_of_their_mean(value):
    rewards = torch.full((1, 7), value, dtype=torch.float64)
    assert GroupMean()(rewards).tolist() == [[0.0] * 7]


def test_groups_of_different_sizes_are_judged_each_on_its_own():
    judged = grpo().judge([group((1, [0]), (0, [0])), group((2, [0]), (0, [0]), (1, [0]))])
    assert judged[0].advantages == pytest.approx((0.70701, -0.70701), abs=1e-5)
    assert judged[1].advantages == pytest.approx((0.9999, -0.9999, 0.0), abs=1e-4)


@pytest.mark.parametrize(
    ("ratio", "advantage", "gain", "is_held"),
    [
        (1.0, 2.0, 2.0, False),
        (1.5, 2.0, 2.4, True),  # held at 1.2 x 2
        (0.5, 2.0, 1.0, False),  # falling with a gain above average: let it come back
        (0.5, -2.0, -1.6, True),  # held at 0.8 x -2
        (1.5, -2.0, -3.0, False),
    ],
)
def test_the_ratio_is_held_only_where_it_would_go_on(ratio, advantage, gain, is_held):
    old = torch.tensor([-1.0])
    found = Clip(low=0.2, high=0.2)(old + math.log(ratio), old, torch.tensor([advantage]), ONE)
    assert found.values.item() == pytest.approx(gain, rel=1e-5)
    assert found.facts["policy/clip_fraction"].item() == is_held


def test_on_the_policy_that_drew_them_the_gradient_is_the_plain_policy_gradient():
    logprob = torch.tensor([-1.0, -2.0], requires_grad=True)
    advantage = torch.tensor([0.5, -1.5])
    Clip()(logprob, logprob.detach(), advantage, torch.tensor([2])).values.sum().backward()
    assert torch.equal(logprob.grad, advantage)


def test_k3_is_never_negative_and_unbiased():
    policy = torch.tensor([0.7, 0.2, 0.1])
    reference = torch.tensor([0.3, 0.3, 0.4])
    k3 = kl(policy.log(), reference.log(), estimator="k3")
    assert (k3 >= 0).all()
    assert (policy * k3).sum() == pytest.approx((policy * (policy / reference).log()).sum())
    assert (policy * kl(policy.log(), reference.log(), estimator="k1")).sum() == pytest.approx(
        (policy * (policy / reference).log()).sum()
    )


def loss_of(algorithm: PolicyGradient, groups: list[Group], move: float = 0.0) -> float:
    """The loss when every token's log-probability has moved by `move` since it was drawn."""
    batch = algorithm.weigh(algorithm.judge(groups))
    return algorithm.loss(batch, batch.old_logprob + move).values.sum().item()


UNEQUAL = [group((1.0, [-1.0]), (0.0, [-1.0, -1.0, -1.0]))]


@pytest.mark.parametrize(
    ("algorithm", "loss"),
    [
        # one token of the good, three of the bad; advantages +-a, a = 0.70701 with the spread
        (replace(grpo(kl_coef=0.0)), 0.0),  # each completion counts half: -a/2 + a/2
        (dapo(), 0.70701 / 2),  # each token a quarter: -a/4 + 3a/4
        (dr_grpo(max_tokens=5), 0.5 * 2 / 10),  # a = 1/2, each token a tenth: -a/10 + 3a/10
    ],
    ids=["grpo", "dapo", "dr_grpo"],
)
def test_a_long_bad_and_a_short_good_answer(algorithm, loss):
    assert loss_of(algorithm, UNEQUAL) == pytest.approx(loss, abs=1e-5)


def test_clip_higher_lets_a_good_answer_rise_further():
    rising = [group((1.0, [-1.0]), (0.0, [-1.0]))]
    move = math.log(1.25)
    # good: held at 1.2 by GRPO, free (1.25) under DAPO's 1.28; bad: free at 1.25 under both
    a = 0.70701
    assert loss_of(grpo(kl_coef=0.0), rising, move) == pytest.approx(a * (1.25 - 1.2) / 2, abs=1e-5)
    assert loss_of(dapo(), rising, move) == pytest.approx(0.0, abs=1e-5)


def test_the_divergence_counts_in_every_completion_of_groups_without_a_signal_too():
    algorithm = grpo(kl_coef=0.1)
    batch = algorithm.weigh(algorithm.judge([group((1.0, [-1.0]), (1.0, [-1.0]))]))
    assert len(batch) == 2
    batch = replace(batch, reference_logprob=batch.old_logprob - math.log(2))
    # d = -log 2: k3 = 1/2 + log 2 - 1 = 0.19315 at each of two tokens of weight 1/2
    loss = algorithm.loss(batch, batch.old_logprob).values.sum().item()
    assert loss == pytest.approx(0.1 * 0.193147, abs=1e-6)


def test_without_a_divergence_what_teaches_nothing_is_left_out_and_shares_stay():
    algorithm = grpo(kl_coef=0.0)
    silent = group((1.0, [-1.0, -1.0]), (1.0, [-1.0]))
    batch = algorithm.weigh(algorithm.judge([silent, group((1.0, [-1.0]), (0.0, [-1.0]))]))
    assert batch.group.tolist() == [1, 1]
    assert batch.policy_weight.tolist() == [0.25, 0.25]  # of four completions, not of two


def test_a_batch_without_any_signal_is_empty():
    algorithm = dapo()
    assert len(algorithm.weigh(algorithm.judge([group((1.0, [-1.0]), (1.0, [-1.0]))]))) == 0


def test_asking_for_a_divergence_without_a_reference_is_refused():
    algorithm = grpo(kl_coef=0.1)
    batch = algorithm.weigh(algorithm.judge(UNEQUAL))
    with pytest.raises(ValueError, match="no reference"):
        algorithm.loss(batch, batch.old_logprob)


def test_imitation_is_the_mean_cross_entropy_of_all_tokens():
    batch = Imitation().weigh([group((0.0, [0.0, 0.0, 0.0])), group((0.0, [0.0]))])
    loss = Imitation().loss(batch, torch.tensor([-1.0, -2.0, -3.0, -6.0]))
    assert loss.values.sum().item() == 3.0


def test_rows_keep_their_tokens_and_weights_in_any_order():
    batch = pack([group((0.0, [-1.0, -2.0]), (0.0, [-3.0]), (0.0, [-4.0, -5.0, -6.0]))])
    part = batch.rows([2, 0])
    assert part.old_logprob.tolist() == [-4.0, -5.0, -6.0, -1.0, -2.0]
    assert part.answers == [[1, 2, 3], [1, 2]]
    assert len(batch.rows([])) == 0


@pytest.mark.parametrize("aggregate", [SequenceMean(), TokenMean(), ConstantLength(8)])
def test_shares_of_equal_completions_are_equal_and_known_beforehand(aggregate):
    shares = aggregate(torch.tensor([4, 4, 4]))
    assert len(set(shares.tolist())) == 1
    assert (shares * 4).sum() == pytest.approx(0.5 if aggregate == ConstantLength(8) else 1.0)


def test_algorithms_print_and_compare_as_values():
    assert grpo() == grpo(kl_coef=0.04)
    assert dapo() == dapo(clip_high=0.28) != dapo(clip_high=0.3)
    assert "Clip(low=0.2, high=0.28, " in repr(dapo())
    assert isinstance(pack(UNEQUAL), TokenBatch)
