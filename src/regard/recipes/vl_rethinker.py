"""VL-Rethinker (arXiv:2504.08837): replay of what had an advantage, then forced rethinking.

Claim      Where most groups are all right or all wrong, selective sample replay learns more from
           the same answers than leaving those groups out, or than plain GRPO. And second looks that
           are forced on some answers make a policy look again of its own accord.
Method     GRPO without spread or reference, clipped at 0.8 and 1.35. Answers without an advantage
           are replaced by earlier ones, drawn in proportion to |advantage|. A second stage forces
           second looks and imitates those that come out right.
Data       Published: ViRL39K, as records whose prompts ask for a boxed answer. Here: questions
           about two digits, from what the base model nearly always gets right to what it was never
           asked, though it knows each word.
Takes      The small versions some minutes on a CPU, from the base model that the library brings.
"""

from __future__ import annotations

from dataclasses import replace

from regard.algorithms.published import vl_rethinker as algorithm_of_vl_rethinker
from regard.data.readers.jsonl import Jsonl
from regard.data.worlds.digits import COMPOSED, LOOK_AGAIN, Digits
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.recipes.run import Run, Stage
from regard.rewards import ExactAnswer, MathAnswer
from regard.rollout.replay import RepeatEffective, Replay, SampleReplay
from regard.rollout.rethinking import Rethink
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.stages import Reinforce, Supervise

KNOWN = ("larger", "smaller", "after", "twice")  # ours: the base model is right about most
MAX_TOKENS = 12  # ours: a right answer takes 9, its stop token included


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


def rethinking() -> Run:
    """Forced rethinking: some answers go on with the trigger, and what comes out right is kept."""
    forced = Rethink(
        plain=f" {LOOK_AGAIN}",
        plain_share=1.0,  # ours: the vocabulary has words for one trigger
        most_new_tokens=MAX_TOKENS,  # ours
        least_new_tokens=2,  # ours: no answer is shorter
    )
    return _looking_again("vl-rethinker-rethinking", forced)


def unforced() -> Run:
    """The same without: it looks again where the policy happens to."""
    return _looking_again("vl-rethinker-unforced", None)


def hesitant() -> Run:
    """What both begin with, which a claim shares between them."""
    run = unforced()
    return replace(run, name="vl-rethinker-hesitant", stages=run.stages[:1])


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
    assert run.evaluation is not None
    return replace(
        run,
        name="vl-rethinker-smoke",
        stages=(replace(stage, num_steps=2, prompts_per_step=4),),
        evaluation=replace(run.evaluation, num_examples=20),
    )


def _small(name: str, replay: Replay | None) -> Run:
    """The small version: arms differ in what they replay and in nothing else."""
    questions = Digits(kinds=(*KNOWN, *COMPOSED), seed=1)
    stage = _reinforce(questions, ExactAnswer(), MAX_TOKENS)
    return _measured(name, questions, ExactAnswer(), replace(stage, replay=replay))


def _looking_again(name: str, rethink: Rethink | None) -> Run:
    """Arms differ in whether second looks are forced on some answers.

    First by imitation of answers of which a fifth misread and three in a thousand look again: so
    the policy has something to correct and has seen how it is done, and hardly ever does it.
    """
    questions = Digits(kinds=KNOWN, seed=1)
    imitated = Supervise(
        data=replace(questions, misread=0.2, second_thoughts=0.003),  # ours
        num_steps=150,  # ours
        prompts_per_step=32,  # ours
        optimizer=AdamW(
            learning_rate=1e-3,  # ours
            betas=(0.9, 0.95),  # script
            warmup_steps=10,  # ours
            decay="linear",  # ours
            final_fraction=0.1,  # ours
        ),
    )
    last = ExactAnswer(where="last")
    # Room for a first look, the trigger and a second.
    stage = replace(
        _reinforce(questions, last, 3 * MAX_TOKENS),
        num_steps=60,  # ours
        rethink=rethink,
    )
    return _measured(name, questions, last, imitated, stage)


def _reinforce(questions: Digits, reward: ExactAnswer, max_tokens: int) -> Reinforce:
    return Reinforce(
        data=questions,
        num_steps=200,  # ours
        prompts_per_step=16,  # ours
        group_size=8,  # paper
        updates_per_step=1,  # ours: the paper's 16 would have 8 answers each
        sampling=Sampling(max_tokens=max_tokens),
        # As theirs: right or wrong and nothing else, so that groups do saturate.
        reward=reward,
        algorithm=algorithm_of_vl_rethinker(),
        optimizer=AdamW(
            learning_rate=4e-4,  # ours: their 1e-6 is for 7B weights
            betas=(0.9, 0.95),  # script
            warmup_steps=6,  # script: 3 %
            decay="cosine",  # script
            final_fraction=0.5,  # code
        ),
        evaluate_every=20,  # ours
    )


def _measured(name: str, questions: Digits, reward: ExactAnswer, *stages: Stage) -> Run:
    """From the base model; measured by greedy answers about scans that training never shows."""
    return Run(
        name=name,
        policy=PolicySpec(weights="regard-tiny"),
        stages=stages,
        evaluation=HeldOut(
            data=replace(questions, split="test"),
            reward=reward,
            num_examples=400,  # ours
            sampling=Sampling(temperature=0.0, max_tokens=3 * MAX_TOKENS),
        ),
        blind_examples=0,
        num_threads=1,  # ours: tensors this small gain nothing from a second
    )
