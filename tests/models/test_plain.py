"""The plain path is the stock model, row by row; sampling on it too; the guard falls back to it."""

from __future__ import annotations

import pytest
import torch
from tests.models.families import FAMILIES, load, picture, question
from tests.models.plain import plain_logprobs

from regard.models.head import token_logprobs
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling

EXAMPLES = [
    question("one", picture(90, 70), "what is the sum ?"),
    question("two", picture(60, 40), "and", picture(40, 60), "what is the larger digit ?"),
    question("none", "what is the sum of it all then ?"),
]


@pytest.mark.parametrize("path", ["shared", "plain"])
@pytest.mark.parametrize("model_type", FAMILIES)
@torch.no_grad()
def test_what_sampling_says_of_a_token_the_stock_model_says_too(model_type, path):
    policy = load(model_type)
    if path == "shared" and not policy.family.shared_prefix:
        pytest.skip("this family takes the plain path only")
    policy.path = path
    policy.stop_ids = tuple(range(20, 290, 10))  # so that some answers end early
    prompts = [policy.prompt(example) for example in EXAMPLES]
    groups = NativeEngine(policy).sample(prompts, 3, Sampling(max_tokens=14), seed=0)
    flat = [(number, answer) for number, group in enumerate(groups) for answer in group]
    ids = [answer.token_ids for _, answer in flat]
    assert len({len(answer) for answer in ids}) > 1  # ragged: rows have left
    assert not set(policy.family.banned_ids) & {token for answer in ids for token in answer}
    numbers = [number for number, _ in flat]
    sampled = torch.tensor([p for _, answer in flat for p in answer.logprobs])
    expected = plain_logprobs(policy, prompts, ids, numbers)
    assert (sampled - expected).abs().max() < 1e-5
    hidden = policy.respond(policy.read(prompts), ids, numbers)
    targets = torch.tensor([token for answer in ids for token in answer])
    again, _ = token_logprobs(policy.head, hidden, targets)
    assert (again - expected).abs().max() < 1e-5
