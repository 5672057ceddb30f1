"""One token from a row of scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ConfigError
from regard.rollout.sampling import Sampling, draw, uniforms

PROBS = torch.tensor([0.1, 0.4, 0.2, 0.3])
LOGITS = PROBS.log()[None]


def drawn(mark: float, sampling: Sampling | None = None, logits=LOGITS, **options) -> int:
    row = torch.tensor([mark], dtype=torch.float64)
    return draw(logits, row, sampling or Sampling(), **options).tokens.item()


@pytest.mark.parametrize(
    ("mark", "token"),
    [(0.0, 0), (0.0999, 0), (0.11, 1), (0.49, 1), (0.51, 2), (0.69, 2), (0.71, 3), (0.999999, 3)],
)
def test_a_number_picks_the_token_whose_share_it_falls_in(mark, token):
    assert drawn(mark) == token


def test_the_likeliest_token_at_temperature_nothing():
    assert {drawn(mark, Sampling(temperature=0.0)) for mark in (0.0, 0.5, 0.99)} == {1}


def test_the_two_likeliest_share_all_of_the_chance():
    # 0.4 and 0.3: the first takes 4/7 = 0.5714 of it
    sampling = Sampling(top_k=2)
    assert [drawn(mark, sampling) for mark in (0.01, 0.57, 0.58, 0.99)] == [1, 1, 3, 3]


@pytest.mark.parametrize(
    ("top_p", "left"), [(0.3, {1}), (0.4, {1}), (0.41, {1, 3}), (0.7, {1, 3}), (0.71, {1, 2, 3})]
)
def test_a_nucleus_is_the_fewest_likeliest_that_reach_its_mass(top_p, left):
    marks = np.linspace(0, 0.999, 200)
    assert {drawn(mark, Sampling(top_p=top_p)) for mark in marks} == left


def test_what_is_forbidden_is_never_drawn_and_its_probability_stays_what_it_was():
    one = draw(LOGITS, torch.tensor([0.4]), Sampling(), forbidden=torch.tensor([1]))
    assert one.tokens.item() == 2  # shares 1/6, 2/6, 3/6 of tokens 0, 2, 3
    assert one.logprobs.item() == pytest.approx(math.log(0.2))


def test_the_log_probability_is_that_of_the_whole_distribution():
    one = draw(LOGITS, torch.tensor([0.99]), Sampling(top_k=2))
    assert one.logprobs.item() == pytest.approx(math.log(0.3))
    assert one.entropies.item() == pytest.approx(-(PROBS * PROBS.log()).sum().item())


@given(st.floats(0, 1, exclude_max=True), st.lists(st.floats(-30, 30), min_size=2, max_size=20))
def test_no_number_draws_what_cannot_be(mark, scores):
    logits = torch.tensor([scores])
    logits[0, 0] = logits[0, -1] = float("-inf")
    if logits.isinf().all():
        logits[0, 0] = 0.0
    token = drawn(mark, logits=logits)
    assert logits[0, token] > float("-inf")


def test_frequencies_are_the_probabilities():
    marks = torch.rand(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    tokens = draw(LOGITS.expand(20_000, -1), marks, Sampling()).tokens
    share = torch.bincount(tokens, minlength=4) / 20_000
    assert (share - PROBS).abs().max() < 0.015  # four standard deviations of 0.0035


def test_numbers_belong_to_an_example_a_completion_and_a_seed():
    first = uniforms(0, "a", 0, 8)
    assert np.array_equal(first, uniforms(0, "a", 0, 8))
    assert np.array_equal(first[:4], uniforms(0, "a", 0, 4))
    others = [uniforms(1, "a", 0, 8), uniforms(0, "b", 0, 8), uniforms(0, "a", 1, 8)]
    assert all(not np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(
    "wrong",
    [{"max_tokens": 0}, {"min_tokens": -1}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5},
     {"top_k": -1}],
)  # fmt: skip
def test_settings_that_cannot_work_say_which(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Sampling(**wrong)
