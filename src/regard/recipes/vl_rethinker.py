"""VL-Rethinker (arXiv:2504.08837): replay of what had an advantage, then forced rethinking.

Claim      Where most groups are all right or all wrong, selective sample replay learns more from
           the same answers than leaving those groups out, or than plain GRPO.
Method     GRPO without spread or reference, clipped at 0.8 and 1.35. Answers without an advantage
           are replaced by earlier ones, drawn in proportion to |advantage|. At the published size
           a second stage forces second looks and imitates those that come out right.
Data       Published: ViRL39K, as records whose prompts ask for a boxed answer. Here: digits and
           scenes, from what the base model nearly always gets right to what it seldom does.
Takes      The small version some minutes on a CPU, from the base model that the library brings.

The small version has no forced rethinking: "Wait" is no word of its world.
"""

from __future__ import annotations

from dataclasses import replace

from regard.algorithms.published import vl_rethinker as algorithm_of_vl_rethinker
from regard.data.mixing import Mix
from regard.data.readers.jsonl import Jsonl
from regard.data.worlds.digits import QUESTIONS, Digits
from regard.data.worlds.drawing import Split
from regard.data.worlds.scenes import Scenes
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.recipes.run import Run
from regard.rewards import ExactAnswer, MathAnswer
from regard.rollout.replay import RepeatEffective, Replay, SampleReplay
from regard.rollout.rethinking import Rethink
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.stages import Reinforce

MAX_TOKENS = 16  # ours: a right answer takes 12 at most, its stop token included


def vl_rethinker() -> Run:
    """Selective sample replay, on a laptop."""
    lifetime = 256  # ours: 16 steps, for the paper's 16 updates between two synchronisations
    return _small("vl-rethinker", SampleReplay(alpha=1.0, lifetime=lifetime))  # paper: alpha 1


def filtered() -> Run:
    """The paper's baseline: what has an advantage, repeated to full size."""
    return _small("vl-rethinker-filtered", RepeatEffective())


def plain() -> Run:
    """The other baseline: every answer, with an advantage or without."""
    return _small("vl-rethinker-plain", None)


def published() -> Run:
    """The 7B model on ViRL39K: `virl39k.jsonl`, records of yours with its questions."""
    data = Jsonl(path="virl39k.jsonl", split="train")
    optimizer = AdamW(
        learning_rate=1e-6,  # script
        betas=(0.9, 0.95),  # script
        warmup_steps=3,  # script: 3 %
        decay="cosine",  # script
        final_fraction=0.5,  # code
        max_gradient_norm=1.0,  # script
    )
    replayed = Reinforce(
        name="replay",
        data=data,
        num_steps=113,  # script: 3 passes over 38,870 questions
        prompts_per_step=1024,  # paper: questions between two synchronisations
        group_size=8,  # paper
        updates_per_step=16,  # paper: batches of 512 answers
        sampling=Sampling(
            max_tokens=2048,  # script
            temperature=1.0,  # code
            top_p=0.95,  # code
            top_k=40,  # code
        ),
        reward=MathAnswer(where="boxed"),
        algorithm=algorithm_of_vl_rethinker(),
        replay=SampleReplay(alpha=1.0, lifetime=1024),  # paper
        optimizer=optimizer,
    )
    return Run(
        name="vl-rethinker-published",
        policy=PolicySpec(
            weights="Qwen/Qwen2.5-VL-7B-Instruct",
            gradient_checkpointing=True,
            precision="bfloat16",
        ),
        stages=(
            replayed,
            # As long as the first: ours, the paper is silent.
            replace(replayed, name="rethinking", rethink=Rethink()),  # code
        ),
        evaluation=HeldOut(
            data=replace(data, split="test"),
            reward=MathAnswer(where="boxed"),
            sampling=Sampling(temperature=0.0, max_tokens=2048),  # script
        ),
    )


def smoke() -> Run:
    """Two steps: whether everything runs, not whether it learns."""
    run = vl_rethinker()
    (stage,) = run.stages
    return replace(
        run,
        name="vl-rethinker-smoke",
        stages=(replace(stage, num_steps=2, prompts_per_step=4),),
        evaluation=_held_out(num_examples=20),
    )


def _small(name: str, replay: Replay | None) -> Run:
    """The small version: arms differ in what they replay and in nothing else."""
    return Run(
        name=name,
        policy=PolicySpec(weights="regard-tiny"),
        stages=(
            Reinforce(
                data=_questions("train"),
                num_steps=100,  # ours
                prompts_per_step=16,  # ours
                group_size=8,  # paper
                updates_per_step=1,  # ours: the paper's 16 would have 8 answers each
                sampling=Sampling(max_tokens=MAX_TOKENS),
                # As theirs: right or wrong and nothing else, so that groups do saturate.
                reward=ExactAnswer(),
                algorithm=algorithm_of_vl_rethinker(),
                replay=replay,
                optimizer=AdamW(
                    learning_rate=2e-4,  # ours: their 1e-6 is for 7B weights
                    betas=(0.9, 0.95),  # script
                    decay="cosine",  # script
                    final_fraction=0.5,  # code
                ),
                evaluate_every=20,  # ours
            ),
        ),
        evaluation=_held_out(num_examples=300),
        blind_examples=0,
        num_threads=1,  # ours: tensors this small gain nothing from a second
    )


def _held_out(num_examples: int) -> HeldOut:
    """Greedy answers about pictures of which training shows nothing."""
    return HeldOut(
        data=_questions("test"),
        reward=ExactAnswer(),
        num_examples=num_examples,
        sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
    )


def _questions(split: Split) -> Mix:
    """From what the base model nearly always gets right to what it seldom does."""
    return Mix(
        {
            "digits": (0.4, Digits(split=split, kinds=tuple(QUESTIONS), seed=1)),
            "scenes": (
                0.6,
                Scenes(
                    split=split,
                    kinds=("naming", "colour", "counting"),
                    tiers=("easy", "middle"),
                    seed=1,
                ),
            ),
        }
    )
