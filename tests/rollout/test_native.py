"""The native engine: what it draws, when it stops, and that training finds the same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.models.conftest import TINY

from regard.data.worlds.digits import Digits
from regard.errors import DataError
from regard.models.head import token_logprobs
from regard.models.policy import Policy, PolicySpec
from regard.rewards import ExactAnswer
from regard.rollout.collect import answer, prepare, score
from regard.rollout.native import NativeEngine, batches
from regard.rollout.sampling import Sampling
from regard.rollout.scripted import ScriptedEngine
from regard.types import Example, Finish, ImageRef, Message


@pytest.fixture(scope="module")
def policy() -> Policy:
    return PolicySpec(weights=TINY).load()


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    world = Digits(size=5).load()
    text = replace(world[4], id="text", messages=(Message("user", ("what is the sum ? " * 5,)),))
    return [*(world[i] for i in range(4)), text]


@pytest.fixture(scope="module")
def prompts(policy, examples):
    return [policy.prompt(example) for example in examples]


def tokens(groups):
    return [[completion.token_ids for completion in group] for group in groups]


def test_a_completion_does_not_depend_on_what_it_is_sampled_beside(policy, prompts):
    sampling = Sampling(max_tokens=10)
    together = NativeEngine(policy).sample(prompts, 4, sampling, seed=7)
    backwards = NativeEngine(policy).sample(prompts[::-1], 4, sampling, seed=7)[::-1]
    alone = [NativeEngine(policy).sample([p], 4, sampling, seed=7)[0] for p in prompts]
    in_pieces = NativeEngine(policy, max_prompt_tokens=40, max_rows=8)
    assert tokens(together) == tokens(backwards) == tokens(alone)
    assert tokens(together) == tokens(in_pieces.sample(prompts, 4, sampling, seed=7))


def test_a_larger_group_begins_with_the_smaller_one(policy, prompts):
    few = NativeEngine(policy).sample(prompts[:1], 2, Sampling(max_tokens=8), seed=1)
    many = NativeEngine(policy).sample(prompts[:1], 5, Sampling(max_tokens=8), seed=1)
    assert tokens(few)[0] == tokens(many)[0][:2]


def test_another_seed_gives_other_completions(policy, prompts):
    one, other = (
        NativeEngine(policy).sample(prompts, 2, Sampling(max_tokens=8), seed=seed)
        for seed in (1, 2)
    )
    assert tokens(one) != tokens(other)


def test_the_same_question_twice_in_a_batch_is_answered_differently(policy, prompts):
    twice = NativeEngine(policy).sample([prompts[0]] * 2, 3, Sampling(max_tokens=8), seed=1)
    assert len({completion.token_ids for group in twice for completion in group}) == 6


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_training_finds_the_log_probabilities_that_sampling_noted(policy, prompts, temperature):
    sampling = Sampling(max_tokens=12, temperature=temperature)
    groups = NativeEngine(policy).sample(prompts, 3, sampling, seed=0)
    answers = [c.token_ids for group in groups for c in group]
    prompt_of = [i for i, group in enumerate(groups) for _ in group]
    with torch.no_grad():
        hidden = policy.respond(policy.read(prompts), answers, prompt_of)
        again, entropy = token_logprobs(
            policy.head, hidden, torch.tensor([t for a in answers for t in a]),
            temperature=temperature,
        )  # fmt: skip
    noted = torch.tensor([p for group in groups for c in group for p in c.logprobs])
    assert (again - noted).abs().max() < 1e-5
    assert entropy.mean() == pytest.approx(
        sum(e for g in groups for c in g for e in c.entropies) / len(noted), rel=1e-4
    )


def test_greedy_answers_are_all_alike(policy, prompts):
    groups = NativeEngine(policy).sample(
        prompts, 3, Sampling(max_tokens=6, temperature=0.0), seed=0
    )
    assert all(len({c.token_ids for c in group}) == 1 for group in groups)


def test_no_picture_token_is_ever_drawn(policy, prompts):
    hot = Sampling(max_tokens=40, temperature=50.0)
    groups = NativeEngine(policy).sample(prompts[:2], 16, hot, seed=0)
    banned = set(policy.family.banned_ids)
    assert len(banned) == 4
    assert not any(banned & set(c.token_ids) for group in groups for c in group)


def test_completions_end_at_the_stop_token_or_at_their_greatest_length(policy, prompts):
    groups = NativeEngine(policy).sample(prompts, 32, Sampling(max_tokens=40), seed=0)
    completions = [completion for group in groups for completion in group]
    ends = {c.finish for c in completions}
    assert ends == {Finish.STOP, Finish.LENGTH}
    for c in completions:
        stops = [token in policy.stop_ids for token in c.token_ids]
        assert not any(stops[:-1])
        assert stops[-1] == (c.finish == Finish.STOP)
        assert c.finish == Finish.STOP or len(c.token_ids) == 40
        assert len(c.logprobs) == len(c.entropies) == len(c.token_ids)
        assert "<|im_end|>" not in c.text


def test_no_completion_is_shorter_than_the_least_length(policy, prompts):
    sampling = Sampling(max_tokens=40, min_tokens=20)
    groups = NativeEngine(policy).sample(prompts, 32, sampling, seed=0)
    lengths = [len(c.token_ids) for group in groups for c in group]
    # The first 20 are no stop tokens; the 21st is the first that may be.
    assert 21 <= min(lengths) < 40


def test_a_stop_string_ends_a_completion_and_stays_in_it(policy, prompts):
    plain = NativeEngine(policy).sample(prompts, 4, Sampling(max_tokens=30), seed=0)
    text = next(c.text for g in plain for c in g if len(c.text) > 6)
    mark = text[2:4]
    stopped = NativeEngine(policy).sample(prompts, 4, Sampling(max_tokens=30, stop=(mark,)), seed=0)
    found = [c for group in stopped for c in group if mark in c.text]
    assert found
    assert all(c.finish == Finish.STOP for c in found)
    assert all(mark not in policy.decode_text(c.token_ids[:-1]) for c in found)


def test_batches_are_of_like_length_and_within_their_bounds(prompts):
    found = batches(prompts, max_tokens=50, max_prompts=2)
    assert sorted(i for batch in found for i in batch) == list(range(len(prompts)))
    for batch in found:
        longest = max(len(prompts[i]) for i in batch)
        assert len(batch) <= 2
        assert len(batch) == 1 or longest * len(batch) <= 50


def test_a_record_that_cannot_be_used_is_left_out_alone(policy, examples):
    broken = ImageRef("0" * 64, 28, 28, b"not an image")
    bad_image = replace(examples[0], id="bad", messages=(Message("user", (broken, "what ?")),))
    endless = replace(examples[0], id="long", messages=(Message("user", ("is " * 300,)),))
    strip = replace(examples[0].images[0], width=5000, height=10)
    stretched = replace(examples[0], id="strip", messages=(Message("user", (strip, "what ?")),))
    smuggled = replace(examples[0], id="two", messages=(Message("user", ("<|image_pad|>",)),))
    ready = prepare(policy, [bad_image, examples[1], endless, stretched, smuggled], 10)
    assert [example.id for example in ready.examples] == [examples[1].id]
    reasons = " | ".join(ready.dropped)
    for part in ("'bad'", "cannot be decoded", "'long'", "tokens", "'strip'", "200", "'two'"):
        assert part in reasons


def test_a_scripted_engine_says_what_it_is_told(policy, examples):
    def script(prompt, index, seed):
        return f"<answer> {index} </answer>"

    engine = ScriptedEngine(script, encode=policy.encode)
    answered = answer(
        prepare(policy, examples[:1], 8), engine, group_size=10, sampling=Sampling(), seed=0
    )
    groups = score(answered, ExactAnswer())
    assert sum(groups[0].values) == 1.0  # one of the digits 0 to 9 is right
    assert groups[0].completions[3].token_ids == tuple(policy.encode("<answer> 3 </answer>"))


def test_a_prompt_with_an_image_token_in_its_text_is_refused_by_name(policy, examples):
    smuggled = replace(examples[0], id="x", messages=(Message("user", ("<|image_pad|> ?",)),))
    with pytest.raises(DataError, match=r"'x'.*image token"):
        policy.prompt(smuggled)
