"""The parts of compositions beyond GRPO's, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from regard.algorithms.advantages import (
    BatchSpread,
    GroupMean,
    LengthBonus,
    PassAtK,
    PerComponent,
)
from regard.algorithms.aggregate import SequenceMean, TokenMean
from regard.algorithms.batch import TokenBatch
from regard.algorithms.imitation import ReflectiveAndGood
from regard.algorithms.policy_gradient import (
    PolicyGradient,
    cispo,
    dapo,
    gspo,
    reinforce_plus_plus,
    rloo,
)
from regard.algorithms.published import vl_rethinker
from regard.algorithms.surrogates import Cispo, Clip, OnPolicy, TruncatedImportance
from regard.errors import ConfigError, DataError
from regard.types import Completion, Example, Group, Message, Number, Score

QUESTION = Example(id="q", messages=(Message("user", ("?",)),), target=Number(1.0))


def group(values, *, lengths=None, parts=None, texts=None, **fields) -> Group:
    """Completions with these rewards; every token had a log-probability of -1."""
    lengths = lengths or [1] * len(values)
    texts = texts or [""] * len(values)
    completions = tuple(
        Completion(text=text, token_ids=(1,) * n, logprobs=(-1.0,) * n)
        for n, text in zip(lengths, texts, strict=True)
    )
    whole = Group(example=QUESTION, completions=completions, **fields)
    named = parts or [{} for _ in values]
    return whole.scored(
        [
            Score(value=value, parts={name: Score(value=v) for name, v in part.items()})
            for value, part in zip(values, named, strict=True)
        ]
    )


def batch_of(*rows: tuple[float, list[float]], share: float = 1.0) -> TokenBatch:
    """Completions, each an advantage and the log-probabilities its tokens were drawn with."""
    lengths = torch.tensor([len(old) for _, old in rows])
    old = torch.tensor([p for _, row in rows for p in row])
    return TokenBatch(
        group=torch.zeros(len(rows), dtype=torch.long),
        lengths=lengths,
        token_ids=torch.zeros(len(old), dtype=torch.long),
        advantage=torch.tensor([a for a, _ in rows]).repeat_interleave(lengths),
        old_logprob=old,
        policy_weight=torch.full_like(old, share),
        imitation_weight=torch.zeros_like(old),
    )


# ----------------------------------------------------------------------------------- advantages


def test_a_group_of_one_is_refused_or_keeps_its_reward():
    with pytest.raises(ConfigError, match="no siblings"):
        GroupMean()(torch.tensor([[0.5]]))
    assert GroupMean(alone="reward", eps=1.0)(torch.tensor([[0.5]])).tolist() == [[0.25]]


def test_pass_at_one_is_the_reward_standardised():
    # one of four: mean 1/4, spread sqrt(3/16) = 0.4330; (1 - 1/4) / 0.4330 = 1.7321
    found = PassAtK(k=1)(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))[0].tolist()
    assert found == pytest.approx([1.7321, -0.5774, -0.5774, -0.5774], abs=1e-4)


def test_where_no_set_of_k_can_be_all_wrong_nothing_is_learned():
    assert PassAtK(k=3)(torch.tensor([[1.0, 1.0, 0.0, 0.0]])).tolist() == [[0.0] * 4]


def test_sets_larger_than_the_group_are_refused():
    with pytest.raises(ConfigError, match="k is 3, but a group has 2"):
        PassAtK(k=3)(torch.tensor([[1.0, 0.0]]))


def test_the_spread_of_the_batch_makes_little_of_small_differences():
    # centred +-1/2 and +-0.05; all rewards 1, 0, 0.5, 0.4: mean 0.475, squares sum 0.50750,
    # over 3: 0.16917, root 0.41130
    wide, narrow = BatchSpread(eps=0.0).of_groups([group([1.0, 0.0]), group([0.5, 0.4])])
    assert wide == pytest.approx([0.5 / 0.41130, -0.5 / 0.41130], abs=1e-4)
    assert narrow == pytest.approx([0.05 / 0.41130, -0.05 / 0.41130], abs=1e-4)


def test_parts_that_pull_apart_do_not_cancel_out_before_they_are_judged():
    # summed first, all four are worth 1; judged apart, right-and-plain is above the rest
    both = [{"right": 1, "form": 0}, {"right": 0, "form": 1}, {"right": 0, "form": 1}]
    one = group([1.0, 1.0, 1.0], parts=both)
    advantage = PerComponent(within=GroupMean(eps=0.0), weights={"form": 0.5}, whiten=False)
    # right: 1, 0, 0 has spread 0.57735: 1.1547, -0.5774; form is its mirror image, at half weight
    assert advantage.of_groups([one])[0] == pytest.approx([0.57735, -0.28868, -0.28868], abs=1e-5)
    assert GroupMean()(torch.tensor([one.values])).tolist() == [[0.0, 0.0, 0.0]]


def test_judging_parts_needs_parts_and_known_names():
    with pytest.raises(DataError, match="no parts"):
        PerComponent().of_groups([group([1.0, 0.0])])
    one = group([1.0, 0.0], parts=[{"form": 1.0}, {"form": 0.0}])
    with pytest.raises(ConfigError, match="did you mean 'form'"):
        PerComponent(weights={"from": 1.0}).of_groups([one])


def test_longer_right_answers_count_for_more():
    # right: 10 and 30 tokens, mean 20: bonus -1 and 1, held to 0.499; the wrong one has none
    one = group([1.0, 1.0, 0.0], lengths=[10, 30, 50])
    found = LengthBonus().of_groups([one])[0]
    assert found == pytest.approx([0.501 / 3, 1.499 / 3, -2 / 3], abs=1e-6)


# ----------------------------------------------------------------------------------- surrogates


@pytest.mark.parametrize(("move", "gain"), [(0.5, -1.5), (10.0, -3.0), (0.1, -0.8)])
def test_the_dual_clip_lets_a_bad_token_go_that_has_become_likely(move, gain):
    old = torch.zeros(1)
    logprob = old + math.log(move if move != 0.5 else 1.5)
    found = Clip(dual=3.0)(logprob, old, torch.tensor([-1.0]), torch.tensor([1]))
    assert found.values.item() == pytest.approx(gain, rel=1e-5)
    assert found.facts["policy/dual_clip_fraction"].item() == (gain == -3.0)


def test_a_token_that_was_let_go_has_no_gradient():
    logprob = torch.tensor([math.log(10.0)], requires_grad=True)
    lengths = torch.tensor([1])
    Clip(dual=3.0)(logprob, torch.zeros(1), torch.tensor([-1.0]), lengths).values.sum().backward()
    assert logprob.grad.tolist() == [0.0]


def test_a_dual_clip_of_one_or_less_is_refused():
    with pytest.raises(ConfigError, match="above 1"):
        Clip(dual=1.0)


def test_gspo_clips_whole_completions():
    # ratios 1.44 and 1 make a mean of 1.2 each; of the second, 0.5 and 2 make 1
    old, lengths = torch.zeros(4), torch.tensor([2, 2])
    now = torch.tensor([1.44, 1.0, 0.5, 2.0]).log()
    found = Clip(low=0.1, high=0.1, ratio="sequence")(now, old, torch.ones(4), lengths)
    assert found.values.tolist() == pytest.approx([1.1, 1.1, 1.0, 1.0])
    assert found.facts["policy/clip_fraction"].tolist() == [1, 1, 0, 0]


def test_the_gradient_of_a_completions_ratio_is_shared_by_its_tokens():
    logprob = torch.tensor([-1.0, -1.0], requires_grad=True)
    algorithm = gspo(clip_low=0.2, clip_high=0.2)
    batch = batch_of((3.0, [-1.0, -1.0]), share=0.5)  # R = 1 completion of 2 tokens
    algorithm.loss(batch, logprob).values.sum().backward()
    assert logprob.grad.tolist() == pytest.approx([-1.5, -1.5])


def test_cispo_keeps_teaching_at_a_bounded_weight():
    logprob = torch.tensor([math.log(0.9), math.log(0.9)], requires_grad=True)
    old = torch.tensor([math.log(0.1), math.log(0.9)])
    gain = Cispo(most=5.0)(logprob, old, torch.tensor([1.0, -1.0]), torch.tensor([2]))
    gain.values.sum().backward()
    assert logprob.grad.tolist() == pytest.approx([5.0, -1.0])  # 9 held at 5
    assert gain.facts["policy/clip_fraction"].tolist() == [1.0, 0.0]


def test_without_a_ratio_the_value_is_the_advantage_and_the_gradient_too():
    logprob = torch.tensor([-3.0], requires_grad=True)
    gain = OnPolicy()(logprob, torch.tensor([0.0]), torch.tensor([2.0]), torch.tensor([1]))
    gain.values.sum().backward()
    assert (gain.values.item(), logprob.grad.item()) == (2.0, 2.0)


def test_what_the_engine_drew_too_rarely_counts_more_up_to_a_bound():
    # p_old / p_engine: 3 and 0.5; token by token held at 2, over the completion 3 x 0.5 = 1.5
    old, engine = torch.tensor([3.0, 0.5]).log(), torch.zeros(2)
    lengths = torch.tensor([2])
    assert TruncatedImportance(most=2.0)(old, engine, lengths).tolist() == pytest.approx([2, 0.5])
    whole = TruncatedImportance(most=2.0, level="sequence")(old, engine, lengths)
    assert whole.tolist() == pytest.approx([1.5, 1.5])


def test_an_engines_difference_weighs_the_gain():
    algorithm = replace(dapo(), importance=TruncatedImportance(most=2.0))
    assert algorithm.needs_own_logprob
    batch = batch_of((1.0, [0.0]))
    batch = replace(batch, engine_logprob=batch.old_logprob - math.log(1.5))
    assert algorithm.loss(batch, batch.old_logprob).values.item() == pytest.approx(-1.5)


# ----------------------------------------------------- divergence in the reward, and whitening


def test_a_divergence_in_the_reward_is_taken_from_every_token_before_it():
    algorithm = replace(rloo(kl_coef=0.1), kl_estimator="k1")
    batch = batch_of((1.0, [-1.0, -1.0]), (0.0, [-1.0]))
    batch = replace(batch, reference_logprob=torch.tensor([-3.0, -2.0, -1.0]))
    # divergences 2, 1 and 0: 1 - 0.1 x 3, 1 - 0.1 x 1, 0
    (settled,) = algorithm.settle([batch])
    assert settled.advantage.tolist() == pytest.approx([0.7, 0.9, 0.0])
    # and the loss has none any more
    assert algorithm.loss(settled, batch.old_logprob).values.sum().item() == pytest.approx(-1.6)


def test_whitening_is_over_the_tokens_of_all_updates_of_a_step():
    algorithm = reinforce_plus_plus(kl_coef=0.0)
    parts = [batch_of((1.0, [-1.0])), batch_of((0.0, [-1.0, -1.0, -1.0]))]
    # mean 1/4, variance 3/16: (1 - 1/4) / 0.4330 = 1.7321
    first, second = algorithm.settle(parts)
    assert first.advantage.tolist() == pytest.approx([1.7321], abs=1e-4)
    assert second.advantage.tolist() == pytest.approx([-0.5774] * 3, abs=1e-4)


def test_whitening_equal_rewards_makes_no_signal():
    (settled,) = reinforce_plus_plus(kl_coef=0.0).settle([batch_of((0.1, [-1.0] * 7))])
    assert settled.advantage.tolist() == [0.0] * 7


# ------------------------------------------------------------------- weights within a completion


def test_tokens_the_policy_did_not_draw_neither_push_nor_lengthen():
    one = group([1.0, 0.0], lengths=[3, 1])
    put_in = replace(one.completions[0], policy_weights=(1.0, 0.0, 1.0))
    one = replace(one, completions=(put_in, one.completions[1]))
    algorithm = PolicyGradient(advantage=GroupMean(divide_by_std=False), aggregate=SequenceMean())
    batch = algorithm.weigh(algorithm.judge([one]))
    assert batch.policy_weight.tolist() == [0.25, 0.0, 0.25, 0.5]
    assert replace(algorithm, aggregate=TokenMean()).weigh(
        algorithm.judge([one])
    ).policy_weight.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])


def test_a_completion_none_of_whose_tokens_count_is_left_out_and_counted():
    one = group([1.0, 0.0], lengths=[2, 1])
    cut = replace(one.completions[0], policy_weights=(0.0, 0.0))
    algorithm = PolicyGradient()
    batch = algorithm.weigh(algorithm.judge([replace(one, completions=(cut, one.completions[1]))]))
    assert batch.lengths.tolist() == [1]
    assert batch.policy_weight.tolist() == [0.5]


def test_imitation_beside_a_policy_gradient_is_a_mean_over_its_own_tokens():
    one = group([1.0, 0.0], lengths=[2, 1])
    marked = replace(one.completions[0], imitation_weights=(0.0, 1.0))
    algorithm = replace(dapo(), imitation_coef=0.5)
    batch = algorithm.weigh(
        algorithm.judge([replace(one, completions=(marked, one.completions[1]))])
    )
    assert batch.imitation_weight.tolist() == [0.0, 0.5, 0.0]
    without = replace(batch, advantage=torch.zeros(3))
    loss = algorithm.loss(without, torch.tensor([-1.0, -3.0, -1.0]))
    assert loss.values.sum().item() == pytest.approx(1.5)


def test_vl_rethinker_imitates_second_thoughts_that_came_to_something():
    texts = ["Wait, no. 5", "5", "Wait, 6"]
    one = group([1.0, 1.0, 0.0], lengths=[2, 1, 1], texts=texts)
    (judged,) = vl_rethinker().judge([one])
    assert ReflectiveAndGood()([judged]).tolist() == [1, 1, 0, 0]


def test_compositions_of_unlike_kind_compare_as_unlike():
    assert cispo() == cispo(most=5.0) != dapo()
