"""The base model that comes with the library: it loads, it answers, and it reads digits."""

from __future__ import annotations

import pytest
import torch

from regard.data.worlds.digits import Digits
from regard.evals.sight import sights
from regard.models.policy import SHIPPED, Policy, PolicySpec
from regard.recipes.tiny_base import WORLDS, words
from regard.registry import world
from regard.rollout.collect import answer, prepare
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.text.tags import inside
from regard.types import Frame


@pytest.fixture(scope="module")
def policy() -> Policy:
    return PolicySpec(weights=SHIPPED[0]).load()


def test_its_weights_are_those_of_half_precision_in_single(policy):
    for name, weight in policy.trainable():
        assert weight.dtype == torch.float32, name
        assert torch.equal(weight, weight.half().float()), name
    assert 1e6 < sum(weight.numel() for _, weight in policy.trainable()) < 5e6  # 2 bytes each


def test_written_out_and_loaded_it_answers_the_same(policy, tmp_path):
    policy.save(tmp_path)
    again = PolicySpec(weights=str(tmp_path)).load()
    example = Digits(size=1).load()[0]
    with torch.no_grad():
        first, second = (
            each.head.logits(each.read([each.prompt(example)]).last_hidden, 1.0)
            for each in (policy, again)
        )
    pairs = zip(policy.model.named_parameters(), again.model.named_parameters(), strict=True)
    for (name, weight), (_, other) in pairs:
        assert torch.equal(weight, other), name
    # Where weights lie in memory moves the rounding of products.
    kept = first.isfinite()
    assert torch.allclose(first[kept], second[kept], atol=1e-5)


def test_it_answers_in_the_form_of_every_world(policy):
    examples = [world[name](split="test", size=1).load()[0] for name in WORLDS]
    groups = answer(
        prepare(policy, examples, 64), NativeEngine(policy), group_size=1, seed=0,
        sampling=Sampling(temperature=0.0, max_tokens=64),
    )  # fmt: skip
    for group in groups:
        (completion,) = group.completions
        assert inside("answer", completion.text), (group.example.id, completion.text)


def test_it_sees_digits_no_training_image_shows(policy):
    (sight,) = sights(policy, Digits(split="test", kinds=("left",), size=64).load(), max_tokens=12)
    assert sight.accuracy > sight.blind + 0.2
    assert sight.accuracy > sight.constant


def test_it_tells_the_place_and_the_letter_of_what_it_sees(policy):
    gates = world["gates"](split="test", kinds=("colour", "shape"), tiers=("middle",), size=64)
    scans = world["scans"](split="test", kinds=("modality",), tiers=("middle",), size=32)
    for data in (gates, scans):
        for sight in sights(policy, data.load(), max_tokens=48):
            assert sight.accuracy > max(sight.blind, sight.constant) + 0.15, sight


def test_it_finds_what_is_named_among_other_things(policy):
    screens = world["screens"](split="test", kinds=("locate",), tiers=("easy",), size=48)
    scenes = world["scenes"](split="test", kinds=("where",), tiers=("middle",), size=48)
    for data in (screens, scenes):
        for sight in sights(policy, data.load(), max_tokens=48):
            assert sight.accuracy > max(sight.blind, sight.constant) + 0.25, sight


def test_it_says_places_in_pixels_of_what_it_is_shown(policy):
    example = world["scenes"](split="test", kinds=("where",), tiers=("easy",), size=1).load()[0]
    assert policy.prompt(example).frames[0].answers_in == Frame.INPUT
    data = world["scenes"](split="test", kinds=("where",), tiers=("easy",), size=64).load()
    (sight,) = sights(policy, data, max_tokens=48)
    assert sight.accuracy > max(sight.blind, sight.constant) + 0.15


@pytest.mark.parametrize("text", ["naïve 漢字\n\t{x}", "<a3> 17 [ 1 , 2 ]", "two  spaces "])
def test_any_text_can_be_said(policy, text):
    ids = policy.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert policy.tokenizer.decode(ids) == text


def test_words_of_action_are_the_last_of_the_vocabulary(policy):
    size = policy.base.config.get_text_config().vocab_size
    # After the words of worlds come the roles of a conversation.
    last = [token.lstrip("▁") for token in policy.tokenizer.convert_ids_to_tokens(range(size))]
    actions = [f"<a{number}>" for number in range(32)]
    assert words()[-32:] == tuple(actions)
    assert last[-32:] == actions
