"""Training gives what the stock model gives row by row: values and gradients, for every family.

Prompts with one picture, two, none, and over several turns; answers of ragged lengths, one of a
single token; prompts and answers cut into several passes.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import pytest
import torch
from tests.models.families import FAMILIES, conversation, load, picture, question
from tests.models.plain import plain_logprobs

from regard.algorithms.batch import TokenBatch, TokenLoss
from regard.algorithms.imitation import Imitation
from regard.models.parts import PARTS, Lora, part_of
from regard.models.policy import Policy
from regard.registry import family
from regard.training.update import learn, score
from regard.types import Message

EXAMPLES = [
    question("one", picture(90, 70), "what is the sum ?"),
    question("none", "what is the sum of it all then ?"),
    conversation(
        "turns",
        Message("user", (picture(60, 40), picture(40, 60), "what is the sum ?")),
        Message("assistant", ("<answer> 7 </answer>",)),
        Message("user", ("what is the larger digit ?",)),
    ),
    question("again", picture(50, 100), "what is the smaller digit ?"),
]

LENGTHS, GROUPS = (5, 12, 1, 9, 3, 7), (0, 0, 1, 2, 3, 3)

PATHS = [
    (name, path)
    for name in FAMILIES
    for path in ("shared", "plain")
    if path == "plain" or family[name].shared_prefix
]

ALL, TOWER = (), ("vision",)
VARIANTS = list(itertools.product((False, True), (False, True), (ALL, TOWER)))
"""Gradient checkpointing and adapters, each on or off, and the parts that do not learn."""

COVER = [(False, False, ALL), (False, True, TOWER), (True, False, TOWER), (True, True, ALL)]
"""Each pair of choices once: two variants for each family in the fast tests, eight in the slow."""

FAST = [
    (*place, *variant)
    for number, place in enumerate(PATHS)
    for variant in (COVER[number % 4], COVER[(number + 2) % 4])
]
# Where the connector does not learn either, features of images are kept from pass to pass.
FAST += [(name, path, False, False, (*TOWER, "connector")) for name, path in PATHS]
SLOW = [(*place, *variant) for place in PATHS for variant in VARIANTS]


class Pull(Imitation):
    """A loss that pulls each token's log-probability with a strength of its own."""

    def loss(self, batch: TokenBatch, logprob: torch.Tensor) -> TokenLoss:
        return TokenLoss(batch.advantage * logprob, {})


def make_batch() -> TokenBatch:
    generator = torch.Generator().manual_seed(0)
    num_tokens = sum(LENGTHS)
    zeros = torch.zeros(num_tokens)
    return TokenBatch(
        group=torch.tensor(GROUPS),
        lengths=torch.tensor(LENGTHS),
        # words and spelled bytes, no special token
        token_ids=torch.randint(20, 290, (num_tokens,), generator=generator),
        advantage=torch.randn(num_tokens, generator=generator),
        old_logprob=zeros, policy_weight=zeros, imitation_weight=zeros,
    )  # fmt: skip


@contextmanager
def stock_attention(policy: Policy):
    """Inside, the language model's attention is the one it came with."""
    name = policy.base.get_decoder().config._attn_implementation
    policy.base.set_attn_implementation({"text_config": "sdpa"})
    yield
    policy.base.set_attn_implementation({"text_config": name})


def gradients(policy: Policy) -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in policy.trainable() if p.grad is not None}
    policy.model.zero_grad()
    return found


def check(model_type, path, checkpointing, adapters, frozen):
    policy = load(
        model_type,
        gradient_checkpointing=checkpointing,
        trainable=tuple(part for part in PARTS if part not in frozen),
        **({"lora": Lora(rank=2)} if adapters else {}),
    )
    policy.path = path
    if adapters:
        torch.manual_seed(0)
        with torch.no_grad():  # adapters begin at nothing; make them matter
            for _, parameter in policy.trainable():
                parameter.add_(0.02 * torch.randn(parameter.shape))
    prompts, batch = [policy.prompt(example) for example in EXAMPLES], make_batch()

    with stock_attention(policy):
        expected = plain_logprobs(policy, prompts, batch.answers, GROUPS)
        (expected * batch.advantage).sum().backward()
    wanted = gradients(policy)

    found = score(policy, prompts, batch, temperature=1.0, max_tokens=100)
    totals = learn(policy, prompts, batch, Pull(), temperature=1.0, max_tokens=100)
    gotten = gradients(policy)

    assert totals.num_tokens == len(batch.token_ids)
    assert (found - expected).abs().max() < 1e-5
    assert gotten.keys() == wanted.keys()
    whole = torch.cat([gradient.flatten() for gradient in wanted.values()]).norm()
    for name, gradient in wanted.items():
        error = (gotten[name] - gradient).norm()
        # A gradient that is nothing but rounding is measured against the whole.
        assert error <= 1e-5 * max(gradient.norm(), 1e-3 * whole), name
    assert {part_of(name) for name in wanted} >= {"language"} | ({"vision"} - set(frozen))
    assert not {part_of(name) for name in wanted} & set(frozen)


@pytest.mark.parametrize(("model_type", "path", "checkpointing", "adapters", "frozen"), FAST)
def test_training_equals_the_stock_model_row_by_row(
    model_type, path, checkpointing, adapters, frozen
):
    check(model_type, path, checkpointing, adapters, frozen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_type", "path", "checkpointing", "adapters", "frozen"),
    [case for case in SLOW if case not in FAST],
)
def test_training_equals_the_stock_model_row_by_row_whatever_is_chosen(
    model_type, path, checkpointing, adapters, frozen
):
    check(model_type, path, checkpointing, adapters, frozen)
