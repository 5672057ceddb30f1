"""A second oracle: TRL's own loss on random batches, beside ours; skipped where TRL is missing."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from regard.algorithms.batch import TokenBatch
from regard.algorithms.policy_gradient import PolicyGradient, cispo, dapo, dr_grpo, grpo, gspo
from regard.algorithms.surrogates import Clip, TruncatedImportance

pytestmark = pytest.mark.slow

NUM_ROWS, WIDTH = 6, 7


@pytest.fixture(scope="module")
def trl_loss():
    """`GRPOTrainer._compute_loss`, given log-probabilities in place of a model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = pytest.importorskip("trl.trainer.grpo_trainer").GRPOTrainer

    def compute(logprob, inputs, **settings):
        accelerator = SimpleNamespace(
            num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x
        )
        # Clips, delta and the vLLM correction are read from the trainer and from its arguments.
        defaults = {
            "loss_type": "grpo", "importance_sampling_level": "token", "beta": 0.0,
            "epsilon_low": 0.2, "epsilon_high": 0.2, "use_vllm": False,
        }  # fmt: skip
        given = defaults | settings
        itself = SimpleNamespace(
            **given,
            args=SimpleNamespace(
                delta=given.pop("delta", None), use_bias_correction_kl=False, steps_per_generation=1
            ),
            top_entropy_quantile=1.0,
            off_policy_mask_threshold=None,
            vllm_importance_sampling_correction=True,
            current_gradient_accumulation_steps=1,
            max_completion_length=WIDTH,
            accelerator=accelerator,
            model=SimpleNamespace(training=True),
            aux_loss_enabled=False,
            _entropy_bonus_enabled=False,
            _metrics=defaultdict(lambda: defaultdict(list)),
            _get_per_token_logps_and_entropies=lambda *args, **kwargs: (
                logprob, torch.zeros_like(logprob), None
            ),
        )  # fmt: skip
        return trainer._compute_loss(itself, None, inputs)

    return compute


def random_batch(seed: int):
    """A table of completions of unlike length, with everything a loss may read."""
    generator = torch.Generator().manual_seed(seed)

    def table(scale: float) -> torch.Tensor:
        drawn = torch.randn(NUM_ROWS, WIDTH, generator=generator, dtype=torch.float64)
        return scale * drawn

    lengths = torch.randint(1, WIDTH + 1, (NUM_ROWS,), generator=generator)
    mask = (torch.arange(WIDTH) < lengths[:, None]).long()
    old = -1.5 + table(0.5)
    advantages = table(1.0)[:, 0]
    return lengths, mask, old, old + table(0.4), old + table(0.3), old + table(0.3), advantages


def both(trl_loss, algorithm: PolicyGradient, seed: int, **settings):
    """Loss and gradient of TRL and of ours; our shares are in single precision."""
    lengths, mask, old, now, reference, engine, advantages = random_batch(seed)
    theirs_now = now.clone().requires_grad_()
    inputs = {
        "prompt_ids": torch.zeros(NUM_ROWS, 1, dtype=torch.long),
        "prompt_mask": torch.ones(NUM_ROWS, 1, dtype=torch.long),
        "completion_ids": torch.zeros(NUM_ROWS, WIDTH, dtype=torch.long),
        "completion_mask": mask,
        "advantages": advantages,
        "old_per_token_logps": old,
        "ref_per_token_logps": reference,
        "num_items_in_batch": mask.sum(),
        "importance_sampling_ratio": ((old - engine).exp()).clamp(max=2.0),
    }
    theirs = trl_loss(theirs_now, inputs, **settings)
    theirs.backward()

    chosen = mask.bool()
    share = algorithm.aggregate(lengths).double().repeat_interleave(lengths)
    batch = TokenBatch(
        group=torch.zeros(NUM_ROWS, dtype=torch.long),
        lengths=lengths,
        token_ids=torch.zeros(int(lengths.sum()), dtype=torch.long),
        advantage=advantages.repeat_interleave(lengths),
        old_logprob=old[chosen],
        policy_weight=share,
        imitation_weight=torch.zeros_like(share),
        reference_logprob=reference[chosen],
        engine_logprob=engine[chosen],
    )
    ours_now = now[chosen].clone().requires_grad_()
    ours = algorithm.loss(batch, ours_now).values.sum()
    ours.backward()
    return theirs, ours, theirs_now.grad[chosen], ours_now.grad


CASES = {
    "grpo": (grpo(kl_coef=0.0), {}),
    "grpo with a divergence": (grpo(kl_coef=0.04), {"beta": 0.04}),
    "dr_grpo": (dr_grpo(max_tokens=WIDTH), {"loss_type": "dr_grpo"}),
    "dapo": (dapo(), {"loss_type": "dapo", "epsilon_high": 0.28}),
    "bnpo, the mean over tokens": (dapo(clip_high=0.2), {"loss_type": "bnpo"}),
    "cispo": (cispo(most=1.2), {"loss_type": "cispo", "epsilon_high": 1.2}),
    "gspo": (
        gspo(clip_low=0.05, clip_high=0.1),
        {"importance_sampling_level": "sequence", "epsilon_low": 0.05, "epsilon_high": 0.1},
    ),
    "delta, the dual clip": (
        replace(grpo(kl_coef=0.0), surrogate=Clip(dual=1.5)), {"delta": 1.5},
    ),
    "an engine of its own": (
        replace(grpo(kl_coef=0.0), importance=TruncatedImportance(most=2.0)), {"use_vllm": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", CASES)
def test_loss_and_gradient_are_those_of_trl(trl_loss, name, seed):
    algorithm, settings = CASES[name]
    theirs, ours, their_gradient, our_gradient = both(trl_loss, algorithm, seed, **settings)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5, abs=1e-7)
    assert torch.allclose(our_gradient, their_gradient, rtol=1e-5, atol=1e-7)
