"""Chunked log-probabilities equal those of whole logits."""

from __future__ import annotations

import math

import pytest
import torch

from regard.models import head as head_module
from regard.models.head import Beside, Head, entropy_of, summed_loss, token_logprobs


@pytest.fixture
def parts():
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(10, 6, generator=generator, requires_grad=True)
    weight = torch.randn(9, 6, generator=generator, requires_grad=True)
    bias = torch.randn(9, generator=generator, requires_grad=True)
    targets = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0, 1, 2])
    return hidden, weight, bias, targets


def plainly(hidden, weight, bias, targets, banned, temperature):
    logits = (hidden @ weight.T + bias) / temperature
    allowed = [word for word in range(weight.shape[0]) if word not in banned]
    logprobs = logits[:, allowed].log_softmax(-1)
    return logprobs[torch.arange(len(targets)), targets], -(logprobs.exp() * logprobs).sum(-1)


@pytest.mark.parametrize("chunk_bytes", [1, 4 * 9 * 3, 2**20])
def test_any_size_of_chunk_gives_the_plain_values_and_gradients(parts, chunk_bytes, monkeypatch):
    monkeypatch.setattr(head_module, "_CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(head_module, "_LEAST_ROWS", 1)
    hidden, weight, bias, targets = parts
    banned = torch.tensor([7, 8])
    pull = torch.linspace(-1, 1, len(targets))
    expected, spread = plainly(hidden, weight, bias, targets, banned, 0.7)
    found, entropy = token_logprobs(Head(weight, bias, banned), hidden, targets, temperature=0.7)
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(entropy, spread, atol=1e-6)
    wanted = torch.autograd.grad(((expected - spread) * pull).sum(), (hidden, weight, bias))
    gradients = torch.autograd.grad(((found - entropy) * pull).sum(), (hidden, weight, bias))
    for gradient, want in zip(gradients, wanted, strict=True):
        assert torch.allclose(gradient, want, atol=1e-5)


@pytest.mark.parametrize("chunk_bytes", [1, 4 * 9 * 3, 2**20])
def test_a_loss_summed_while_its_logits_are_there_has_the_plain_gradient(
    parts, chunk_bytes, monkeypatch
):
    monkeypatch.setattr(head_module, "_CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(head_module, "_LEAST_ROWS", 1)
    hidden, weight, bias, targets = parts
    banned = torch.tensor([7, 8])
    old = torch.linspace(-3, -1, len(targets))
    pull = torch.linspace(-1, 1, len(targets))

    def loss_of(part, logprob, entropy, divergence=None):
        return pull[part] * (logprob - old[part]).exp() - 0.3 * entropy * pull[part]

    expected = loss_of(slice(None), *plainly(hidden, weight, bias, targets, banned, 0.7)).sum()
    wanted = torch.autograd.grad(2 * expected, (hidden, weight, bias))
    found = summed_loss(
        Head(weight, bias, banned), hidden, targets, loss_of, temperature=0.7, needs_entropy=True
    )
    gradients = torch.autograd.grad(2 * found, (hidden, weight, bias))
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    for gradient, want in zip(gradients, wanted, strict=True):
        assert torch.allclose(gradient, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("chunk_bytes", [1, 4 * 9 * 3, 2**20])
def test_a_divergence_from_a_reference_has_the_plain_value_and_gradient(
    parts, chunk_bytes, monkeypatch
):
    monkeypatch.setattr(head_module, "_CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(head_module, "_LEAST_ROWS", 1)
    hidden, weight, bias, targets = parts
    banned, temperature = torch.tensor([7, 8]), 0.7
    other_hidden, other_weight = hidden.detach().flip(0), weight.detach().roll(1, 0)
    reference = Beside(Head(other_weight, None, banned), other_hidden)
    pull = torch.linspace(0, 1, len(targets))

    def loss_of(part, logprob, entropy, divergence):
        return pull[part] * (divergence + divergence.square() - 0.1 * entropy - logprob)

    ours = ((hidden @ weight.T + bias) / temperature)[:, :7].log_softmax(-1)
    theirs = ((other_hidden @ other_weight.T) / temperature)[:, :7].log_softmax(-1)
    apart = torch.nn.functional.kl_div(theirs, ours, reduction="none", log_target=True).sum(-1)
    logprob, entropy = plainly(hidden, weight, bias, targets, banned, temperature)
    expected = loss_of(slice(None), logprob, entropy, apart).sum()
    found = summed_loss(
        Head(weight, bias, banned), hidden, targets, loss_of, temperature=temperature,
        needs_entropy=True, reference=reference,
    )  # fmt: skip
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    wanted = torch.autograd.grad(expected, (hidden, weight, bias))
    for gradient, want in zip(
        torch.autograd.grad(found, (hidden, weight, bias)), wanted, strict=True
    ):
        assert torch.allclose(gradient, want, rtol=1e-4, atol=1e-5)


def test_half_precision_is_the_same_in_both_passes(parts):
    hidden, weight, _, targets = parts
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logprob, _ = token_logprobs(Head(weight), hidden, targets)
        total = summed_loss(Head(weight), hidden, targets, lambda _part, logprob, *_: logprob)
    twice = torch.autograd.grad(logprob.sum(), (hidden, weight))
    once = torch.autograd.grad(total, (hidden, weight))
    for made_again, made_at_once in zip(twice, once, strict=True):
        assert torch.equal(made_again, made_at_once)


def test_gradients_are_those_of_finite_differences():
    hidden = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([0, 3, 4])

    def logprob(hidden, weight):
        return token_logprobs(Head(weight), hidden, targets)[0]

    # Logits are float32 whatever comes in: the differences are as fine as that allows.
    assert torch.autograd.gradcheck(logprob, (hidden, weight), eps=1e-3, atol=1e-3, nondet_tol=0)


def test_a_frozen_head_gets_no_gradient(parts):
    hidden, weight, _, targets = parts
    frozen = weight.detach()
    logprob, _ = token_logprobs(Head(frozen), hidden, targets)
    logprob.sum().backward()
    assert hidden.grad is not None
    assert frozen.grad is None


def test_the_entropy_of_two_equal_chances_is_the_logarithm_of_two():
    logprobs = torch.tensor([[math.log(0.5), math.log(0.5), float("-inf")], [0.0, -1e9, -1e9]])
    assert torch.allclose(entropy_of(logprobs), torch.tensor([math.log(2), 0.0]))
