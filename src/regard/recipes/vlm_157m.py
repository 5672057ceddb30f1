"""VLM 157M: two published models that never met learn to understand each other.

Claim      The connector alone, between a tower and a language model that stay as they are, carries
           what is seen (LLaVA's first stage, arXiv:2304.08485, section 4.2): the loss falls, and
           names are told from pictures no training image shows.
Method     Imitation of short answers that name what is seen; only the connector learns.
Data       Scenes with one thing to name, and grids of things to name one after the other; the
           clip art, scans and garments of testing are in no training image.
Takes      Hours: some ten seconds of processor time a step, and 2,000 steps. It is for those with
           patience; Ctrl-C saves, and the same command goes on.

The model is not fetched by itself: `regard assets build vlm-157m` makes it, in half a minute.
"""

from __future__ import annotations

from dataclasses import replace

from regard.data.mixing import Mix
from regard.data.worlds.common import Tier
from regard.data.worlds.pieces import Pieces
from regard.data.worlds.scenes import Scenes
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.recipes.run import Run
from regard.rewards import ExactAnswer
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.stages import Supervise

TIERS: tuple[Tier, ...] = ("easy",)
"""Images of 112 pixels, as many as the tower gets."""


def vlm_157m() -> Run:
    """The connector learns to name things; everything else stays as it was published."""
    return Run(
        name="vlm_157m",
        policy=PolicySpec(weights="vlm-157m"),
        stages=(connect(),),
        evaluation=held_out(),
        keep_last=1,  # ours: each is the whole model
    )


def connect() -> Supervise:
    """Names, colours, and names in order."""
    return Supervise(
        name="connect",
        data=Mix(
            {
                "scenes": (
                    0.7,  # ours: one thing first
                    Scenes(split="train", kinds=("naming", "colour"), tiers=TIERS, size=100_000),
                ),
                "pieces": (
                    0.3,  # ours: many names to a picture
                    Pieces(split="train", kinds=("things",), tiers=TIERS, size=100_000),
                ),
            }
        ),
        num_steps=2000,  # ours: LLaVA has 4,650, of 128
        prompts_per_step=16,  # ours: what a laptop can do; LLaVA has 128
        trainable=("connector",),  # LLaVA, section 4.2
        optimizer=AdamW(
            learning_rate=1e-3,  # LLaVA 1.5, table 9; its predecessor had 2e-3
            warmup_steps=20,  # ours
            decay="cosine",
        ),
        save_every=100,  # ours: every quarter of an hour, 630 MB
        evaluate_every=500,
    )


def held_out(num_examples: int = 64) -> HeldOut:
    """Names of things that no training image shows."""
    return HeldOut(
        data=Scenes(split="test", kinds=("naming",), tiers=TIERS, size=num_examples),
        reward=ExactAnswer(),
        num_examples=num_examples,
        sampling=Sampling(temperature=0.0, max_tokens=32),
    )


def smoke() -> Run:
    """Two steps: whether everything runs, not whether it learns."""
    stage = replace(connect(), num_steps=2, prompts_per_step=2, evaluate_every=0)
    return replace(
        vlm_157m(), name="vlm_157m-smoke", stages=(stage,), evaluation=None, log_rollouts_every=1
    )
