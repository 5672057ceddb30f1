"""OpenVLThinker (arXiv:2503.17352): imitation and reinforcement in turns, as one run.

Claim      Imitation finds the form, reinforcement the right answers; what the reinforced model gets
           right is better to imitate than what came before, so each round ends above the last.
Method     A round: imitation from the first weights, never from the last round's; GRPO on questions
           of middle difficulty, then on hard ones; then rejection sampling of what to imitate next.
Data       Published: distilled thoughts for the first round, and three sets of questions by the
           difficulty of their source. Here: scenes by tier; gold answers in the first round.
Takes      The small version some minutes on a CPU, from the base model that the library brings.

A run that was stopped goes on at any point of any round.
"""

from __future__ import annotations

from dataclasses import replace

from regard.algorithms.published import openvlthinker as algorithm_of_openvlthinker
from regard.data.mixing import Source
from regard.data.readers.jsonl import Jsonl
from regard.data.worlds.common import Tier
from regard.data.worlds.drawing import Split
from regard.data.worlds.scenes import Scenes
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.recipes.run import Run, Stage
from regard.rewards import ExactAnswer, MathAnswer
from regard.rewards.contract import AnyReward
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.rejection import Accepted, RejectionSampling
from regard.training.stages import Reinforce, Supervise

_EYES_SHUT = ("connector", "language", "embeddings")


def openvlthinker() -> Run:
    """Two rounds on a laptop."""
    return _small("openvlthinker", num_rounds=2, num_steps=40)


def one_round() -> Run:
    """The first round alone."""
    return _small("openvlthinker-one-round", num_rounds=1, num_steps=40)


def smoke() -> Run:
    """Two rounds of a step or two a stage: whether everything runs, not whether it learns."""
    run = _small("openvlthinker-smoke", num_rounds=2, num_steps=2)
    assert run.evaluation is not None
    small = [replace(stage, prompts_per_step=8) for stage in run.stages]
    return replace(run, stages=tuple(small), evaluation=replace(run.evaluation, num_examples=8))


def published() -> Run:
    """Three rounds of the 7B model, on files of yours: `distilled`, `seed`, `medium` and `hard`."""
    imitate = Supervise(
        name="sft",
        data=Jsonl(path="distilled.jsonl", split="train"),
        num_steps=94,  # paper: 3K examples once
        prompts_per_step=32,  # paper
        optimizer=AdamW(
            learning_rate=5e-7,  # paper
            warmup_steps=9,  # paper: 0.1
            decay="cosine",  # paper
        ),
    )
    reinforce = Reinforce(
        name="rl",
        data=Jsonl(path="medium.jsonl", split="train"),
        num_steps=29,  # code: 5 passes over 3K questions
        prompts_per_step=512,  # code
        group_size=5,  # code
        updates_per_step=4,  # code: 128 questions each
        sampling=Sampling(
            max_tokens=2048,  # code
            temperature=1.0,  # code
            top_p=0.99,  # code
        ),
        reward=MathAnswer(
            where="first_line",  # code
            rule="competition",  # code
            unexplained_penalty=0.5,  # code
        ),
        algorithm=algorithm_of_openvlthinker(),
        optimizer=AdamW(
            learning_rate=1e-6,  # code
            weight_decay=1e-2,  # code
            max_gradient_norm=1.0,  # code
        ),
    )
    hard = replace(
        reinforce,
        data=Jsonl(path="hard.jsonl", split="train"),
        num_steps=176,  # code: 15 passes over 6K questions
    )
    harvest = RejectionSampling(
        data=Jsonl(path="seed.jsonl", split="train"),
        num_steps=14,  # ours: 7K questions, 512 at a time
        prompts_per_step=512,  # ours
        group_size=4,  # paper
        sampling=Sampling(
            max_tokens=2048,  # code
            temperature=0.6,  # paper; the script that was run has 0.01 and one sample
        ),
        reward=MathAnswer(rule="competition"),  # code
        choose="shortest",  # paper; the code takes the second longest
    )
    return Run(
        name="openvlthinker-published",
        policy=PolicySpec(
            weights="Qwen/Qwen2.5-VL-7B-Instruct",
            gradient_checkpointing=True,
            precision="bfloat16",
        ),
        stages=_rounds(3, imitate, reinforce, hard, harvest),  # paper
        evaluation=HeldOut(
            data=Jsonl(path="hard.jsonl", split="test"),
            reward=MathAnswer(where="first_line", rule="competition"),  # code
            sampling=Sampling(max_tokens=2048, temperature=0.5),  # code
        ),
    )


def _rounds(
    num_rounds: int,
    imitate: Supervise,
    medium: Reinforce,
    hard: Reinforce,
    harvest: RejectionSampling,
) -> tuple[Stage, ...]:
    """The stages of all rounds; nothing is sampled after the last."""
    stages: list[Stage] = []
    for number in range(1, num_rounds + 1):
        data: Source = Accepted(f"rejection_{number - 1}") if number > 1 else imitate.data
        stages += [
            # Always from the first weights: going on gained nothing (paper, ablation).
            replace(
                imitate, name=f"sft_{number}", data=data, weights_of="" if number > 1 else None
            ),
            # The vision tower rests in the middle and learns on hard questions (code).
            replace(medium, name=f"medium_{number}", trainable=_EYES_SHUT),
            replace(hard, name=f"hard_{number}"),
        ]
        if number < num_rounds:
            stages.append(replace(harvest, name=f"rejection_{number}"))
    return tuple(stages)


def _small(name: str, *, num_rounds: int, num_steps: int) -> Run:
    reward: AnyReward = ExactAnswer()
    imitate = Supervise(
        name="sft",
        data=_questions("easy", "middle"),
        num_steps=num_steps,  # ours
        prompts_per_step=32,  # paper
        optimizer=AdamW(
            learning_rate=5e-4,  # ours: their 5e-7 is for 7B weights
            warmup_steps=num_steps // 10,  # paper: 0.1
            decay="cosine",  # paper
        ),
    )
    reinforce = Reinforce(
        name="rl",
        data=_questions("middle"),
        num_steps=num_steps,  # ours
        prompts_per_step=16,  # ours
        group_size=5,  # code
        updates_per_step=1,  # ours: their 4 would have 20 answers each
        sampling=Sampling(max_tokens=20, top_p=0.99),  # code, but for the length
        reward=reward,
        algorithm=algorithm_of_openvlthinker(),
        optimizer=AdamW(
            learning_rate=2e-4,  # ours: their 1e-6 is for 7B weights
            weight_decay=1e-2,  # code
        ),
    )
    harvest = RejectionSampling(
        data=_questions("easy", "middle", "hard"),
        num_steps=max(num_steps // 4, 1),  # ours
        prompts_per_step=64,  # ours
        group_size=4,  # paper
        sampling=Sampling(max_tokens=20, temperature=0.6),  # paper
        reward=reward,
    )
    return Run(
        name=name,
        policy=PolicySpec(weights="regard-tiny"),
        stages=_rounds(
            num_rounds, imitate, reinforce, replace(reinforce, data=_questions("hard")), harvest
        ),
        evaluation=HeldOut(
            data=_questions("middle", "hard", split="test"),
            reward=reward,
            num_examples=300,  # ours
            sampling=Sampling(temperature=0.0, max_tokens=20),
        ),
        num_threads=1,  # ours: tensors this small gain nothing from a second
    )


def _questions(*tiers: Tier, split: Split = "train") -> Scenes:
    """What things are called, their colours, how many there are."""
    kinds = ("naming", "colour", "counting")
    return Scenes(kinds=kinds, tiers=tiers, split=split, seed=2, size=100_000)
