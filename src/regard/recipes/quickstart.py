"""Quickstart: a small model learns to answer what it was never asked, on a laptop.

Claim      Group reinforcement learning takes a policy that sees, but does not know what is asked,
           to one that does, told nothing but whether its answers are right.
Method     GRPO (arXiv:2402.03300) with an exact-answer and a format reward, from `regard-tiny`, the
           base model that comes with the library.
Data       Two of scikit-learn's 1,797 handwritten digits side by side, and questions that put
           together what the base was asked apart: "what is twice the larger digit ?". The scans of
           the held-out images are in no training image, of the base's neither.
Takes      Half a minute of processor time on one thread.

Held-out accuracy went from 34.7 per cent to 98.0, 98.7 and 98.0
(`regard train quickstart --seed 601`, 602, 603; some 27 s of processor time each).

`quickstart:from_scratch` begins at random weights instead, with simpler questions: a cold start on
demonstrations until six answers in ten are right, then three times as many steps of GRPO.
"""

from __future__ import annotations

from dataclasses import replace

from regard.algorithms.policy_gradient import grpo
from regard.data.worlds.digits import Digits
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.models.tiny import TinyQwen
from regard.recipes.run import Run
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.stages import Reinforce, Supervise

ASKED = ("after_smaller", "after_right", "twice_larger", "twice_left")  # ours
FROM_SCRATCH = ("larger", "smaller", "twice")  # ours: the others take several times longer
MAX_TOKENS = 12  # ours: a right answer takes 9, its stop token included


def quickstart() -> Run:
    """GRPO from the base model, measured on scans never seen in training."""
    return Run(
        name="quickstart",
        policy=PolicySpec(weights="regard-tiny"),
        stages=(reinforce(),),
        evaluation=held_out(),
        num_threads=1,  # ours: tensors this small gain nothing from a second
    )


def from_scratch() -> Run:
    """From random weights: a cold start, then GRPO for longer; both measured in the same way."""
    longer = replace(reinforce(FROM_SCRATCH), num_steps=300, evaluate_every=50)  # ours
    return replace(
        quickstart(),
        name="quickstart-from_scratch",
        policy=PolicySpec(weights=TinyQwen(words=Digits.words())),
        stages=(cold_start(), longer),
        evaluation=held_out(FROM_SCRATCH),
    )


def held_out(kinds: tuple[str, ...] = ASKED, num_examples: int = 300) -> HeldOut:
    """Greedy answers about scans that no training image shows."""
    return HeldOut(
        data=Digits(split="test", kinds=kinds, size=num_examples),
        reward=ExactAnswer(),
        num_examples=num_examples,
        sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
    )


def train_data(kinds: tuple[str, ...] = ASKED) -> Digits:
    """Training images, each digit shifted by up to a pixel."""
    return Digits(split="train", kinds=kinds, max_shift=1, max_stretch=0.0)


def cold_start() -> Supervise:
    """Imitate until six in ten of the held-out questions are answered right."""
    return Supervise(
        data=train_data(FROM_SCRATCH),
        num_steps=1000,
        prompts_per_step=32,  # ours
        optimizer=AdamW(learning_rate=2e-3, betas=(0.9, 0.95)),  # ours: 3e-3 never left the plateau
        evaluate_every=5,  # ours: ten steps can make thirty points
        stop_at_accuracy=0.6,  # ours: from 0.4 the policy is soon sure of what it misreads
    )


def reinforce(kinds: tuple[str, ...] = ASKED) -> Reinforce:
    """GRPO without a reference: answers can be checked, so nothing need hold the policy back."""
    return Reinforce(
        data=train_data(kinds),
        num_steps=100,  # ours
        prompts_per_step=32,  # ours: with 16 it is soon sure of what it misreads
        group_size=8,
        sampling=Sampling(max_tokens=MAX_TOKENS),
        reward=Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat())),
        algorithm=grpo(kl_coef=0.0),
        optimizer=AdamW(
            learning_rate=5e-4,  # ours: at 1e-3 the policy collapses
            betas=(0.9, 0.95),
            decay="linear",
            final_fraction=0.2,
        ),
        evaluate_every=20,
    )


def smoke() -> Run:
    """Two steps: whether everything runs, not whether it learns."""
    return replace(
        quickstart(),
        name="quickstart-smoke",
        stages=(replace(reinforce(), num_steps=2, prompts_per_step=4, group_size=4),),
        evaluation=held_out(num_examples=20),
        log_rollouts_every=1,
    )


def from_scratch_smoke() -> Run:
    """Two steps of each stage from random weights."""
    cold = replace(cold_start(), num_steps=2, evaluate_every=2, prompts_per_step=8)
    return replace(
        smoke(),
        name="quickstart-from_scratch_smoke",
        policy=from_scratch().policy,
        stages=(cold, *smoke().stages),
        evaluation=held_out(FROM_SCRATCH, num_examples=20),
    )
