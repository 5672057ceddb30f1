"""Answers against a prompt that was run once equal answers run alone, forward and backward."""

from __future__ import annotations

import pytest
import torch
from tests.models.conftest import TINY
from tests.models.plain import plain_logprobs

from regard.models.head import token_logprobs
from regard.models.parts import Lora
from regard.models.policy import Policy, PolicySpec

VARIANTS = {
    "as it is": {},
    "with gradient checkpointing": {"gradient_checkpointing": True},
    "with frozen vision": {"trainable": ("connector", "language", "embeddings")},
    "with low-rank adapters": {"lora": Lora(rank=4)},
    "with adapters and checkpointing": {"lora": Lora(rank=4), "gradient_checkpointing": True},
}


def targets_of(answers):
    return torch.tensor([token for answer in answers for token in answer])


def shared_logprobs(policy, state, answers, prompt_of):
    hidden = policy.respond(state, answers, prompt_of)
    return token_logprobs(policy.head, hidden, targets_of(answers))[0]


def gradients(policy: Policy) -> dict[str, torch.Tensor]:
    return {n: p.grad.clone() for n, p in policy.trainable() if p.grad is not None}


def assert_equal_gradients(found, expected):
    assert found.keys() == expected.keys()
    whole = torch.cat([g.flatten() for g in expected.values()]).norm()
    for name, gradient in expected.items():
        error = (found[name] - gradient).norm()
        # A gradient that is nothing but rounding is measured against the whole.
        assert error <= 1e-5 * max(gradient.norm(), 1e-3 * whole), name


@pytest.mark.parametrize("variant", VARIANTS)
def test_log_probabilities_and_gradients_equal_the_plain_path(variant, examples, answers):
    policy = PolicySpec(weights=TINY, **VARIANTS[variant]).load()
    if policy.spec.lora is not None:
        with torch.no_grad():  # adapters begin at nothing; make them matter
            for _, parameter in policy.trainable():
                parameter.add_(0.02 * torch.randn(parameter.shape))
    ids, prompt_of = answers
    prompts = [policy.prompt(example) for example in examples]
    weights = torch.randn(len(targets_of(ids)), generator=torch.Generator().manual_seed(1))

    expected = plain_logprobs(policy, prompts, ids, prompt_of)
    (expected * weights).sum().backward()
    expected_gradients = gradients(policy)
    policy.model.zero_grad()

    state = policy.read(prompts)
    leaves = state.leaves()
    found = shared_logprobs(policy, leaves, ids, prompt_of)
    (found * weights).sum().backward()
    pairs = [
        (made, leaf.grad)
        for made, leaf in zip(state.tensors, leaves.tensors, strict=True)
        if leaf.grad is not None
    ]
    torch.autograd.backward([made for made, _ in pairs], [grad for _, grad in pairs])

    assert (found - expected).abs().max() < 1e-5
    assert_equal_gradients(gradients(policy), expected_gradients)


@torch.no_grad()
def test_decoding_token_by_token_gives_the_same_hidden_states(policy, examples, answers):
    ids, prompt_of = answers
    state = policy.read([policy.prompt(example) for example in examples])
    whole = policy.respond(state, ids, prompt_of).split([len(answer) for answer in ids])
    layout = policy.decoding(state, prompt_of)
    positions = state.next_position[torch.tensor(prompt_of)]
    for step in range(max(map(len, ids)) - 1):
        tokens = torch.tensor([answer[step] if step < len(answer) else 0 for answer in ids])
        hidden = policy.decode(layout, tokens, positions + step)
        for row, answer in enumerate(ids):
            if step + 1 < len(answer):
                assert (hidden[row] - whole[row][step + 1]).abs().max() < 1e-4


@torch.no_grad()
def test_rows_that_leave_do_not_disturb_those_that_stay(policy, examples, answers):
    ids, prompt_of = answers
    state = policy.read([policy.prompt(example) for example in examples])
    whole = policy.respond(state, ids, prompt_of).split([len(answer) for answer in ids])
    layout = policy.decoding(state, prompt_of)
    kept = torch.tensor([1, 3])  # the two longest: twelve tokens and nine
    positions = state.next_position[torch.tensor(prompt_of)]
    policy.decode(layout, torch.tensor([answer[0] for answer in ids]), positions)
    layout.keep(kept, torch.tensor(prompt_of)[kept])
    hidden = policy.decode(layout, torch.tensor([ids[1][1], ids[3][1]]), positions[kept] + 1)
    assert (hidden[0] - whole[1][2]).abs().max() < 1e-4
    assert (hidden[1] - whole[3][2]).abs().max() < 1e-4


def test_the_prompts_keys_are_never_copied_for_their_answers(policy, examples):
    state = policy.read([policy.prompt(example) for example in examples])
    layout = policy.decoding(state, [0] * 64)
    assert layout.keys[0].data_ptr() == state.keys[0].data_ptr()
    assert layout.keys[0].shape[0] == len(examples)


def test_answers_of_one_token_need_no_pass_of_their_own(policy, examples):
    state = policy.read([policy.prompt(examples[0])])
    hidden = policy.respond(state, [[9], [11]], [0, 0])
    assert torch.equal(hidden, state.last_hidden.expand(2, -1))


def test_half_precision_stays_near_single_precision(examples, answers):
    ids, prompt_of = answers
    found = []
    for precision in ("float32", "bfloat16"):
        policy = PolicySpec(weights=TINY, precision=precision).load()
        state = policy.read([policy.prompt(example) for example in examples])
        with policy.compute(), torch.no_grad():
            found.append(shared_logprobs(policy, state, ids, prompt_of))
    assert found[0].dtype == found[1].dtype == torch.float32
    assert 0 < (found[0] - found[1]).abs().max() < 0.2
