"""Muon beside AdamW: which weights are whose, what a step does, and that its state comes back."""

from __future__ import annotations

import shutil

import pytest
import torch
from tests.models.conftest import TINY
from tests.training.conftest import carried_out, cold_start, small_run

from regard.models.parts import Lora
from regard.models.policy import Policy, PolicySpec
from regard.training.muon import COEFFICIENTS, OrthogonalMomentum, orthogonal
from regard.training.optimizer import AdamW, Muon, set_rate


def names_of(policy: Policy, weights: list[torch.nn.Parameter]) -> set[str]:
    return {name for name, own in policy.trainable() if any(own is each for each in weights)}


def learned(policy: Policy, optimizer: torch.optim.Optimizer, gradients: dict[str, torch.Tensor]):
    """The policy's weights after a step with these gradients, less those before it."""
    before = {name: weight.detach().clone() for name, weight in policy.trainable()}
    for name, weight in policy.trainable():
        weight.grad = gradients[name].clone()
    optimizer.step()
    return {name: weight.detach() - before[name] for name, weight in policy.trainable()}


def some_gradients(policy: Policy) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {n: torch.randn(w.shape, generator=generator) for n, w in policy.trainable()}


def test_every_weight_is_moved_and_tables_and_what_is_no_matrix_as_adamw_moves_them():
    one, other = (PolicySpec(weights=TINY).load() for _ in range(2))
    gradients = some_gradients(one)
    muon = learned(one, Muon(learning_rate=0.01).build(one), gradients)
    adamw = learned(other, AdamW(learning_rate=0.01).build(other), gradients)
    alike = {name for name in muon if torch.equal(muon[name], adamw[name])}
    for name, change in muon.items():
        assert change.abs().max() > 0, name
        is_matrix = change.ndim == 2 and "embed" not in name
        assert (name in alike) == (not is_matrix), name


def test_a_matrix_moves_along_all_directions_by_the_rate_of_adamw():
    policy = PolicySpec(weights=TINY).load()
    changes = learned(policy, Muon(learning_rate=0.01).build(policy), some_gradients(policy))
    name = "model.language_model.layers.0.mlp.up_proj.weight"
    values = torch.linalg.svdvals(changes[name])
    assert values.max() / values.min() < 3  # five steps of Newton and Schulz bring them near 1
    # 0.2 times the rate is the root mean square of a usual step of AdamW (arXiv:2502.16982).
    assert changes[name].square().mean().sqrt().item() == pytest.approx(0.2 * 0.01, rel=0.2)


def test_the_rate_of_matrices_is_a_multiple_of_the_others():
    policy = PolicySpec(weights=TINY).load()
    optimizer = Muon(learning_rate=1.0, matrix_scale=3.0).build(policy)
    set_rate(optimizer, 0.5)
    for group in optimizer.param_groups:
        is_muon = "momentum" in group
        assert group["lr"] == (1.5 if is_muon else 0.5)
        tables = {name for name in names_of(policy, group["params"]) if "embed_tokens" in name}
        assert not (is_muon and tables)


def test_a_run_with_muon_that_was_stopped_ends_in_the_same_bits(tmp_path):
    stage = cold_start(optimizer=Muon(learning_rate=1e-3), num_steps=4, save_every=2)
    run = small_run(stage, evaluation=None)
    for name in ("whole", "cut"):
        carried_out(run, tmp_path / name)
    (tmp_path / "cut" / "checkpoints" / "final").unlink()
    shutil.rmtree(tmp_path / "cut" / "checkpoints" / "step-000004")
    assert "going on from step 2" in carried_out(run, tmp_path / "cut")
    for name in ("model.safetensors", "optimizer.safetensors"):
        one, other = (tmp_path / each / "checkpoints" / "final" / name for each in ("whole", "cut"))
        assert one.read_bytes() == other.read_bytes(), name


def test_adapters_may_learn_by_it():
    policy = PolicySpec(weights=TINY, lora=Lora(rank=2)).load()
    optimizer = Muon(learning_rate=0.01).build(policy)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(
        list(policy.trainable())
    )


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 5, 16), (2, 16, 5), (1, 1, 7)])
def test_singular_values_go_through_the_quintic_and_directions_stay(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, values, vh = torch.linalg.svd(matrices.double(), full_matrices=False)
    values = values / values.norm(dim=-1, keepdim=True)
    a, b, c = COEFFICIENTS
    for _ in range(5):
        values = a * values + b * values**3 + c * values**5
    expected = (u @ values.diag_embed() @ vh).float()
    torch.testing.assert_close(orthogonal(matrices), expected, rtol=1e-4, atol=1e-5)


def test_values_that_are_not_small_come_near_1_and_a_gradient_of_nothing_moves_nothing():
    values = torch.logspace(-2.4, -0.1, 12)
    values = values / values.norm()
    assert values.min() > 0.003
    made = torch.linalg.svdvals(orthogonal(values.diag()[None]))
    assert made.min() > 0.68
    assert made.max() < 1.21
    assert torch.equal(orthogonal(torch.zeros(1, 3, 4)), torch.zeros(1, 3, 4))


def test_steps_are_those_of_torch_but_for_its_rounding():
    generator = torch.Generator().manual_seed(2)
    shapes = [(16, 24), (24, 16), (16, 24), (24, 16), (40, 8), (8, 8)]
    begun = [torch.randn(shape, generator=generator) for shape in shapes]
    one, other = ([w.clone().requires_grad_() for w in begun] for _ in range(2))
    settings = {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}
    optimizers = (
        torch.optim.Muon(one, adjust_lr_fn="match_rms_adamw", **settings),
        OrthogonalMomentum(other, **settings),
    )
    for _ in range(4):
        for first, second in zip(one, other, strict=True):
            first.grad = torch.randn(first.shape, generator=generator)
            second.grad = first.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for first, second, start in zip(one, other, begun, strict=True):
        assert (first - second).norm() < 0.02 * (first - start).norm()


def test_a_matrix_moves_alike_whether_others_of_its_shape_move_or_not():
    generator = torch.Generator().manual_seed(3)
    begun, gradients = (torch.randn(3, 6, 9, generator=generator) for _ in range(2))
    together, alone = ([w.clone().requires_grad_() for w in begun] for _ in range(2))
    for weights in (together, alone):
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient.clone()
    alone[0].grad = alone[2].grad = None
    for weights in (together, alone):
        OrthogonalMomentum(weights, lr=0.1, momentum=0.95, weight_decay=0.0).step()
    torch.testing.assert_close(alone[1], together[1])
    assert torch.equal(alone[0], begun[0])
    assert not torch.equal(together[0], begun[0])
