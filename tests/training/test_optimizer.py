"""Muon beside AdamW: which weights are whose, what a step does, and that its state comes back."""

from __future__ import annotations

import shutil

import pytest
import torch
from tests.models.conftest import TINY
from tests.training.conftest import carried_out, cold_start, small_run

from regard.models.parts import Lora
from regard.models.policy import Policy, PolicySpec
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
