"""The stages a run is made of: learn from given answers, or from one's own and their scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Protocol

from regard.algorithms.batch import Algorithm
from regard.algorithms.imitation import Imitation
from regard.data.mixing import Source, Stream
from regard.errors import ConfigError
from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.rewards.contract import AnyReward
from regard.rollout.collect import answer, derive_seed, prepare, score
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.types import Completion, Example, Group, Measured, Score


class Evaluator(Protocol):
    """Measures a policy on held-out examples, always the same ones in the same way."""

    def measure(self, policy: Policy) -> Measured: ...


@dataclass(frozen=True)
class Collected:
    """What one step learns from."""

    groups: list[Group]
    prompts: list[Prompt]
    """One for each group."""
    dropped: list[str]
    """A sentence for each example that was left out."""
    metrics: Mapping[str, float]

    @property
    def num_tokens(self) -> int:
        """Tokens of all completions."""
        return sum(len(c.token_ids) for group in self.groups for c in group.completions)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all stages have: data, a pace, an optimiser, and when to look at the result."""

    name: str
    """What logs and reports call it."""
    data: Source
    """Where its examples come from."""
    num_steps: int
    prompts_per_step: int
    """Different questions in one step."""
    optimizer: AdamW
    updates_per_step: int = 1
    """Parts a step's groups are cut into, each an optimiser update of its own."""
    passes_per_step: int = 1
    """Times a step's groups are learned from (GRPO's mu)."""
    tokens_per_micro_batch: int = 8192
    """Tokens run in one pass; lower it when memory is short, the result stays the same."""
    evaluate_every: int = 0
    """Steps between evaluations on held-out examples; 0 for none but before and after the run."""
    save_every: int = 50
    """Steps between checkpoints; the end of a stage is always kept."""
    reference_every: int = 0
    """Steps after which the reference, if the algorithm has one, is replaced by the policy as it is
    then; 0 keeps the policy as the stage began."""
    stop_at_accuracy: float | None = None
    """End the stage at the first evaluation whose held-out accuracy is at least this."""

    def __post_init__(self) -> None:
        for name in ("num_steps", "prompts_per_step", "updates_per_step", "passes_per_step"):
            if getattr(self, name) < 1:
                value = getattr(self, name)
                raise ConfigError(f"stage '{self.name}': {name} is {value}; it must be at least 1")
        if self.stop_at_accuracy is not None and not self.evaluate_every:
            raise ConfigError(
                f"stage '{self.name}' stops at an accuracy but never evaluates: set evaluate_every"
            )

    def examples(self, stream: Stream, stage_step: int) -> list[Example]:
        """The questions of a step, counted from 0: the same whatever happened before."""
        first = stage_step * self.prompts_per_step
        return [stream[position] for position in range(first, first + self.prompts_per_step)]


@dataclass(frozen=True, kw_only=True)
class Supervise(Stage):
    """Imitate the gold answers of the data (cold start, supervised fine-tuning)."""

    name: str = "cold_start"
    algorithm: Imitation = field(default_factory=Imitation)

    @property
    def temperature(self) -> float:
        """Gold answers are learned as they stand."""
        return 1.0

    def collect(self, policy: Policy, examples: Sequence[Example], seed: int) -> Collected:
        """Each example with its gold answer, as a group of one."""
        gold = {example.id: policy.encode(example.gold) for example in examples if example.gold}
        longest = max(map(len, gold.values()), default=0)
        prepared = prepare(policy, (e for e in examples if e.id in gold), longest)
        missing = [f"example '{e.id}': it has no gold answer" for e in examples if e.id not in gold]
        groups = [
            Group(example=example, completions=(_given(example, gold[example.id]),))
            for example in prepared.examples
        ]
        lengths = [len(completion.token_ids) for g in groups for completion in g.completions]
        metrics = {"completion/num_tokens": fmean(lengths)} if lengths else {}
        return Collected(groups, prepared.prompts, prepared.dropped + missing, metrics)


@dataclass(frozen=True, kw_only=True)
class Reinforce(Stage):
    """Answer questions, score the answers, and learn from what set siblings apart."""

    name: str = "rl"
    reward: AnyReward
    algorithm: Algorithm
    group_size: int = 8
    """Completions of each question."""
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.group_size, int) and self.group_size < 2:
            raise ConfigError(
                f"stage '{self.name}': group_size is {self.group_size}; a completion is judged "
                "against its siblings, so it takes at least 2"
            )
        if self.sampling.temperature == 0:
            raise ConfigError(
                f"stage '{self.name}': sampling.temperature is 0, so all completions of a question "
                "would be the same and nothing could be learned; use 1.0"
            )

    @property
    def temperature(self) -> float:
        """Training sees the distribution that sampling drew from."""
        return self.sampling.temperature

    def collect(self, policy: Policy, examples: Sequence[Example], seed: int) -> Collected:
        """Sample, score and judge a group for each example."""
        start = time.perf_counter()
        prepared = prepare(policy, examples, self.sampling.max_tokens)
        answered = answer(
            prepared, NativeEngine(policy),
            group_size=self.group_size, sampling=self.sampling,
            seed=derive_seed(seed, "rollout"),
        )  # fmt: skip
        sampled = time.perf_counter()
        groups = self.algorithm.judge(score(answered, self.reward))
        times = {"time/rollout": sampled - start, "time/reward": time.perf_counter() - sampled}
        metrics = describe(groups) | times
        return Collected(groups, prepared.prompts, prepared.dropped, metrics)


def describe(groups: Sequence[Group]) -> dict[str, float]:
    """The metrics of scored groups."""
    if not groups:
        return {}
    scores = [one for group in groups for one in group.scores]
    values = [one.value for one in scores]
    completions = [completion for group in groups for completion in group.completions]
    entropies = [entropy for completion in completions for entropy in completion.entropies]
    signal = [any(advantage != 0 for advantage in group.advantages) for group in groups]
    return {
        "reward/mean": fmean(values),
        "reward/std": pstdev(values),
        "reward/std_in_group": fmean(pstdev(group.values) for group in groups),
        **{f"reward/parts/{name}": mean for name, mean in _part_means(scores).items()},
        "group/zero_signal": 1 - fmean(signal),
        "group/size": fmean(map(len, groups)),
        "completion/num_tokens": fmean(len(c.token_ids) for c in completions),
        "completion/count": float(len(completions)),
        "completion/truncated": fmean(c.finish == "length" for c in completions),
        **({"policy/entropy": fmean(entropies)} if entropies else {}),
    }


def _part_means(scores: Sequence[Score]) -> dict[str, float]:
    """The mean of every part, before its weight."""
    by_name: dict[str, list[float]] = {}
    for whole in scores:
        for name, part in whole.parts.items():
            by_name.setdefault(name, []).append(part.value)
    return {name: fmean(values) for name, values in by_name.items()}


def _given(example: Example, token_ids: Sequence[int]) -> Completion:
    return Completion(
        text=example.gold or "", token_ids=tuple(token_ids), logprobs=(0.0,) * len(token_ids)
    )
