"""A vision tower that does not learn runs once for each image, and what it made is kept."""

from __future__ import annotations

import pytest
import torch
from tests.models.families import FAMILIES, load, picture, question

from regard.models.policy import Policy
from regard.registry import family

SHARED = [name for name in FAMILIES if family[name].shared_prefix]
SUN, MOON = picture(90, 70), picture(56, 56)
EXAMPLES = [
    question("one", SUN, "what is the sum ?"),
    question("none", "what is the sum of it all then ?"),
    question("two", SUN, MOON, "what is the sum ?"),
    question("again", SUN, "what is the smaller digit ?"),
]
LANGUAGE = ("language", "embeddings")


def read(policy: Policy) -> torch.Tensor:
    with torch.no_grad():
        return policy.read([policy.prompt(example) for example in EXAMPLES]).last_hidden


@pytest.mark.parametrize("model_type", SHARED)
def test_what_was_kept_is_what_the_tower_would_make_again(model_type):
    policy = load(model_type, trainable=LANGUAGE)
    first, again, whole = read(policy), read(policy), read(load(model_type))
    assert torch.equal(first, again)
    assert (first - whole).abs().max() < 1e-5
    assert policy.work.vision_encodes == 3  # the sun alone, and the two of them


def test_a_reference_of_the_same_tower_encodes_nothing():
    policy = load("qwen2_5_vl", trainable=LANGUAGE)
    reference = policy.frozen()
    assert torch.equal(read(policy), read(reference))
    assert (policy.work.vision_encodes, reference.work.vision_encodes) == (3, 0)


def test_a_reference_of_a_tower_that_learns_encodes_once_for_itself():
    policy = load("qwen2_5_vl")
    reference = policy.frozen()
    before = read(reference)
    with torch.no_grad():
        for _, parameter in policy.trainable():
            parameter.add_(0.01)
    read(policy)
    assert torch.equal(read(reference), before)
    assert (policy.work.vision_encodes, reference.work.vision_encodes) == (4, 3)


def test_nothing_is_kept_of_a_tower_that_has_learned_since():
    policy = load("qwen2_5_vl", trainable=LANGUAGE)
    before = read(policy)
    policy.model.requires_grad_(True)
    with torch.no_grad():
        for name, parameter in policy.trainable():
            if "visual" in name:
                parameter.add_(0.05)
    moved = read(policy)
    policy.model.model.visual.requires_grad_(False)
    assert (moved - before).abs().max() > 1e-3
    assert (read(policy) - moved).abs().max() < 1e-5
