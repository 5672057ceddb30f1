"""From tokens to gradients: however a batch is cut, the gradient is the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.models.conftest import TINY

from regard.algorithms.aggregate import TokenMean
from regard.algorithms.imitation import Imitation
from regard.algorithms.kl import full_kl
from regard.algorithms.policy_gradient import cispo, dapo, grpo, gspo
from regard.data.worlds.digits import Digits
from regard.errors import ConfigError
from regard.models.parts import Lora
from regard.models.policy import Policy, PolicySpec
from regard.models.readings import Readings
from regard.models.work import Work
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.update import learn, plan, score
from regard.types import Group, Score


@pytest.fixture(scope="module")
def policy() -> Policy:
    return PolicySpec(weights=TINY).load()


@pytest.fixture(scope="module")
def prompts(policy):
    world = Digits(size=4).load()
    return [policy.prompt(world[i]) for i in range(4)]


@pytest.fixture(scope="module")
def groups(policy, prompts) -> list[Group]:
    """Four groups of three; the scores of the last are all the same."""
    world = Digits(size=4).load()
    answers = NativeEngine(policy).sample(prompts, 3, Sampling(max_tokens=7), seed=0)
    values = [(1.0, 0.0, 0.5), (0.0, 0.0, 1.0), (2.0, 1.0, 0.0), (1.0, 1.0, 1.0)]
    return [
        Group(example=world[i], completions=tuple(answers[i])).scored(
            [Score(value=value) for value in values[i]]
        )
        for i in range(4)
    ]


def gradient_of(policy, prompts, groups, algorithm, max_tokens):
    policy.model.zero_grad()
    batch = algorithm.weigh(algorithm.judge(groups))
    if algorithm.needs_reference:
        batch = replace(batch, reference_logprob=batch.old_logprob - 0.1)
    totals = learn(policy, prompts, batch, algorithm, temperature=1.0, max_tokens=max_tokens)
    gradients = [p.grad.flatten().clone() for _, p in policy.trainable() if p.grad is not None]
    return torch.cat(gradients), totals


@pytest.mark.parametrize(
    "algorithm", [grpo(kl_coef=0.1), dapo(), gspo(), cispo(), Imitation()], ids=repr
)
def test_the_gradient_does_not_depend_on_how_the_batch_is_cut(policy, prompts, groups, algorithm):
    whole, all_at_once = gradient_of(policy, prompts, groups, algorithm, 10_000)
    assert whole.norm() > 1e-3
    for max_tokens in (1, 20, 45):
        pieces, totals = gradient_of(policy, prompts, groups, algorithm, max_tokens)
        assert (pieces - whole).norm() < 1e-5 * whole.norm()
        assert totals.loss == pytest.approx(all_at_once.loss, abs=1e-5)
        assert totals.num_tokens == all_at_once.num_tokens


@pytest.fixture(scope="module")
def elsewhere(policy) -> Policy:
    """A reference with weights of its own."""
    return PolicySpec(weights=replace(TINY, seed=1)).load().frozen()


@pytest.mark.parametrize("max_tokens", [10_000, 20, 1])
def test_the_divergence_over_the_whole_vocabulary_is_the_stock_one_with_its_gradient(
    policy, prompts, groups, elsewhere, max_tokens
):
    algorithm = replace(grpo(kl_coef=0.5), kl_estimator="full", aggregate=TokenMean())
    same = [group.scored([Score(value=1.0)] * 3) for group in groups]  # nothing but the divergence
    batch = algorithm.weigh(algorithm.judge(same))
    policy.model.zero_grad()
    totals = learn(
        policy, prompts, batch, algorithm,
        temperature=1.0, max_tokens=max_tokens, reference=elsewhere,
    )  # fmt: skip
    found = {name: p.grad.clone() for name, p in policy.trainable() if p.grad is not None}

    def logprobs(model):
        state = model.read(prompts)
        hidden = model.respond(state, batch.answers, batch.group.tolist())
        return model.head.logits(hidden, 1.0).log_softmax(-1)

    policy.model.zero_grad()
    ours, theirs = logprobs(policy), logprobs(elsewhere)
    kept = ours[0].isfinite()
    apart = full_kl(ours[:, kept], theirs[:, kept])
    (0.5 * apart.mean()).backward()
    assert totals.means()["policy/kl"] == pytest.approx(apart.mean().item(), rel=1e-5)
    assert totals.loss == pytest.approx(0.5 * apart.mean().item(), rel=1e-5)
    for name, parameter in policy.trainable():
        if parameter.grad is not None:
            difference = (found[name] - parameter.grad).norm()
            assert difference <= 1e-5 * parameter.grad.norm() + 1e-7, name


def test_the_whole_divergence_goes_with_the_loss_of_single_tokens_only():
    for wrong in (replace(grpo(), kl_in="reward"), gspo()):
        with pytest.raises(ConfigError, match="surrogate of single tokens"):
            replace(wrong, kl_estimator="full", kl_coef=0.1)


def test_a_group_without_a_signal_is_not_run_and_not_missed(policy, prompts, groups):
    # So faint a divergence moves nothing, but no group may be left out for it.
    keeps_all = replace(dapo(), kl_coef=1e-20)
    policy.work = Work()
    few, some = gradient_of(policy, prompts, groups, dapo(), 10_000)
    assert policy.work.prompt_tokens == sum(map(len, prompts[:3]))
    policy.work = Work()
    many, everything = gradient_of(policy, prompts, groups, keeps_all, 10_000)
    assert policy.work.prompt_tokens == sum(map(len, prompts))
    assert some.num_tokens < everything.num_tokens
    assert (few - many).norm() < 1e-5 * many.norm()


@pytest.mark.parametrize("room", [10_000, 30, 0])
def test_the_gradient_through_what_sampling_read_is_the_same(policy, prompts, groups, room):
    whole, _ = gradient_of(policy, prompts, groups, dapo(), 10_000)
    readings = Readings(policy, room)
    engine = NativeEngine(policy, readings, max_rows=6)
    policy.work = Work()
    engine.sample(prompts, 3, Sampling(max_tokens=7), seed=0)
    policy.model.zero_grad()
    batch = dapo().weigh(dapo().judge(groups))
    learn(policy, prompts, batch, dapo(), temperature=1.0, max_tokens=10_000, readings=readings)
    again = torch.cat([p.grad.flatten() for _, p in policy.trainable() if p.grad is not None])
    assert (again - whole).norm() < 1e-5 * whole.norm()
    # Read two by two: the pair with the group that teaches nothing is read anew, and so is what
    # found no room.
    anew = {10_000: 1, 30: 3, 0: 3}[room]
    encodes = policy.work.vision_encodes
    assert encodes == 4 + anew, (encodes, room)


@pytest.mark.parametrize(
    "spec",
    [
        PolicySpec(weights=TINY, gradient_checkpointing=True),
        PolicySpec(weights=TINY, lora=Lora(rank=2)),
        PolicySpec(weights=TINY, trainable=("language",)),
        PolicySpec(weights=TINY, precision="bfloat16"),
    ],
    ids=["checkpointing", "adapters", "language alone", "bfloat16"],
)
def test_what_sampling_read_serves_every_way_of_training(prompts, groups, spec):
    policy = spec.load()
    whole, _ = gradient_of(policy, prompts, groups, dapo(), 10_000)
    assert whole.norm() > 1e-4
    readings = Readings(policy, 10_000)
    NativeEngine(policy, readings).sample(prompts, 3, Sampling(max_tokens=7), seed=0)
    policy.model.zero_grad()
    batch = dapo().weigh(dapo().judge(groups))
    policy.work = Work()
    learn(policy, prompts, batch, dapo(), temperature=1.0, max_tokens=10_000, readings=readings)
    assert policy.work.prompt_tokens == 0  # nothing was read again
    again = torch.cat([p.grad.flatten() for _, p in policy.trainable() if p.grad is not None])
    allowed = 1e-5 if spec.precision == "float32" else 2e-2
    assert (again - whole).norm() < allowed * whole.norm()


def test_a_question_asked_twice_in_a_step_is_learned_from_once_each_time(policy, prompts, groups):
    asked = [prompts[0], prompts[1], prompts[0], prompts[1]]
    whole, totals = gradient_of(policy, asked, groups, dapo(), 10_000)
    readings = Readings(policy, 10_000)
    # One by one, so that the same question is read in batches of its own.
    NativeEngine(policy, readings, max_rows=3).sample(asked, 3, Sampling(max_tokens=7), seed=0)
    policy.model.zero_grad()
    batch = dapo().weigh(dapo().judge(groups))
    found = learn(
        policy, asked, batch, dapo(), temperature=1.0, max_tokens=10_000, readings=readings
    )
    again = torch.cat([p.grad.flatten() for _, p in policy.trainable() if p.grad is not None])
    assert found.num_tokens == totals.num_tokens
    assert (again - whole).norm() < 1e-5 * whole.norm()


def test_no_pass_runs_more_tokens_than_it_may(prompts, groups):
    algorithm = grpo()
    batch = algorithm.weigh(algorithm.judge(groups))
    lengths = batch.lengths.tolist()
    chunks = plan(batch, prompts, 31)
    assert sorted(row for c in chunks for rows in c.rows for row in rows) == list(range(12))
    for chunk in chunks:
        assert len(chunk.prompts) * max(len(prompts[i]) for i in chunk.prompts) <= 31
        assert all(sum(lengths[row] for row in rows) <= 31 for rows in chunk.rows)
        assert {batch.group.tolist()[row] for rows in chunk.rows for row in rows} == set(
            chunk.prompts
        )


def test_scoring_finds_what_sampling_noted_in_the_order_of_the_batch(policy, prompts, groups):
    algorithm = grpo()
    batch = algorithm.weigh(algorithm.judge(groups))
    found = score(policy, prompts, batch, temperature=1.0, max_tokens=25)
    assert (found - batch.old_logprob).abs().max() < 1e-5


def test_frozen_parts_get_no_gradient_and_stay_what_they_were(prompts, groups):
    policy = PolicySpec(weights=TINY, trainable=("connector",)).load()
    before = {name: p.detach().clone() for name, p in policy.model.named_parameters()}
    optimizer = AdamW(learning_rate=0.1).build(policy)
    gradient_of(policy, prompts, groups, dapo(), 10_000)
    optimizer.step()
    moved = {n for n, p in policy.model.named_parameters() if not torch.equal(p, before[n])}
    assert moved == {name for name, _ in policy.trainable()}
    assert all("merger" in name for name in moved)


def test_biases_and_norms_do_not_decay():
    policy = PolicySpec(weights=TINY).load()
    optimizer = AdamW(learning_rate=0.1, weight_decay=0.5).build(policy)
    for _, parameter in policy.trainable():
        parameter.grad = torch.zeros_like(parameter)
    before = {name: p.detach().clone() for name, p in policy.trainable()}
    optimizer.step()
    for name, parameter in policy.trainable():
        # without a gradient AdamW only shrinks: by learning rate times decay, 0.05
        factor = 0.95 if parameter.ndim >= 2 else 1.0
        assert torch.allclose(parameter, factor * before[name], atol=1e-7), name
