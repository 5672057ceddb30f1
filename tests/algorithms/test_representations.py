"""Contrast, triplets and queries, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from regard.algorithms.contrastive import (
    alignment_loss,
    class_features,
    info_nce,
    label_features,
    query_logits,
)
from regard.algorithms.queries import Grqo
from regard.algorithms.triplet import agrees_with_votes, distances, triplet_hinge, vote
from regard.errors import ConfigError

AXES = torch.tensor([[1.0, 0.0], [0.0, 1.0]])


def test_pairs_that_stand_at_right_angles_are_told_apart_by_their_scale():
    # each row of logits is (s, 0): log(1 + exp(-s))
    for scale in (1.0, 10.0):
        loss = info_nce(AXES, AXES, log_scale=math.log(scale)).total.item()
        assert loss == pytest.approx(math.log(1 + math.exp(-scale)), rel=1e-3)


def test_the_scale_is_held_at_a_hundred():
    swapped = AXES.flip(0)  # logits (0, s): s + log(1 + exp(-s)), about s
    assert info_nce(AXES, swapped, log_scale=20.0).total.item() == pytest.approx(100.0)


def test_images_and_texts_are_judged_each_among_their_own():
    # all texts are alike: an image cannot find its own, a text can
    alike = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    loss = info_nce(AXES, alike, log_scale=0.0)
    assert loss.by_image.item() == pytest.approx(math.log(2))
    # columns (1, 0) and (1, 0): log(1 + e) - 1 for the first, log(1 + e) for the second
    assert loss.by_text.item() == pytest.approx(math.log(1 + math.e) - 0.5)


def test_padding_is_no_prompt():
    same, is_real = torch.ones(1, 2, 4), torch.tensor([[True, False]])
    scores = query_logits(same, same, is_real, scale=0.5)
    assert scores.tolist() == [[[2.0, -math.inf]] * 2]


def test_words_and_instances_are_averaged_class_by_class():
    tokens = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 5.0]])
    labels = label_features(tokens, torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))
    assert labels.tolist() == [[2.0, 0.0], [0.0, 5.0]]
    classes = class_features(labels, torch.tensor([[True, False], [True, True]]))
    assert classes.tolist() == [[1.0, 2.5], [0.0, 5.0]]


def test_aligning_moves_the_prompts_and_not_the_words():
    words, prompts = AXES.clone().requires_grad_(), AXES.flip(0).clone().requires_grad_()
    alignment_loss(words, prompts, log_scale=0.0).backward()
    assert words.grad is None
    assert prompts.grad.abs().sum() > 0
    assert alignment_loss(AXES[:1], AXES[1:], log_scale=0.0).item() == 0.0  # one class


def test_opposite_features_are_two_apart_and_nothing_is_one_from_everything():
    ones, others = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[-2.0, 0.0], [1.0, 0.0]])
    assert distances(ones, others).tolist() == [2.0, 1.0]
    assert distances(AXES, AXES, distance="euclidean").tolist() == pytest.approx([1e-4, 1e-4])


def test_a_triplet_at_its_margin_is_at_peace():
    gap = torch.tensor([0.05, -0.05, 0.0, 0.3])
    target = torch.tensor([1.0, 0.0, 1.0, 0.5])
    assert triplet_hinge(gap, target).tolist() == pytest.approx([0.0, 0.0, 0.05, 0.05])


def test_half_the_votes_train_for_the_left_and_count_for_the_right():
    fraction = torch.tensor([0.5, 0.51, 0.49])
    assert vote(fraction).tolist() == [0.0, 1.0, 0.0]
    gap = torch.tensor([0.1, 0.1, 0.1])
    assert agrees_with_votes(gap, fraction).tolist() == [True, True, False]


# -------------------------------------------------------------------------------------- queries


def test_the_queries_selected_last_are_not_heard():
    # -1, -2, -3: mean -2, spread 1
    found = Grqo(muted=1, eps=0.0).advantages(torch.tensor([[[-1.0, -2.0, -3.0]]]))
    assert found.tolist() == [[[1.0, 0.0, 0.0]]]
    assert Grqo(eps=0.0).advantages(torch.tensor([[[-1.0, -2.0, -3.0]]])).tolist() == found.tolist()


def test_all_heard_or_none_teaches_nothing_and_is_refused():
    rewards = torch.tensor([[[-1.0, -2.0, -3.0]]])
    for muted in (0, 3, 300):
        with pytest.raises(ConfigError, match="of 3 queries"):
            Grqo(muted=muted).advantages(rewards)


def test_without_muting_the_gradient_would_vanish():
    rewards = torch.tensor([[[-1.0, -2.0, -4.0]]], dtype=torch.float64, requires_grad=True)
    heard = Grqo(muted=1).advantages(rewards)
    centred = rewards - rewards.mean(-1, keepdim=True)
    (centred / (rewards.std(-1, keepdim=True) + 1e-4)).sum().backward()
    assert rewards.grad.abs().max() < 1e-12
    rewards.grad = None
    heard.sum().backward()
    assert rewards.grad.abs().max() > 0.1


def test_equal_rewards_keep_a_bounded_gradient():
    rewards = torch.full((1, 1, 4), -1.0, dtype=torch.float64, requires_grad=True)
    (0.01 * Grqo(muted=2).advantages(rewards)).mean().backward()
    assert rewards.grad.abs().max() < 100


def test_the_divergence_is_that_of_each_querys_own_token_and_counts_in_every_layer():
    rewards = torch.zeros(2, 1, 2)
    rewards[..., 0] = 1.0
    logits, reference = torch.zeros(1, 2), torch.tensor([[9.0, 0.0, 0.0]])
    objective = Grqo(advantage_coef=0.0, kl_coef=1.0, muted=1)
    same = objective(rewards, logits, torch.tensor([[1, 2]]), reference)
    assert same.tolist() == pytest.approx([0.0, 0.0], abs=1e-7)
    # o = 1/2 against sigmoid(9) = 0.99988: 1.99975 - log 1.99975 - 1 = 0.30672, over two queries
    moved = objective(rewards, logits, torch.tensor([[0, 2]]), reference)
    assert moved.tolist() == pytest.approx([0.30669 / 2] * 2, abs=1e-4)
