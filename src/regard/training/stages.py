"""The stages a run is made of: learn from given answers, or from one's own and their scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, pstdev
from typing import Any, Protocol

from regard.algorithms.batch import Algorithm
from regard.algorithms.imitation import Imitation
from regard.data.ahead import Ahead
from regard.data.mixing import Source, Stream
from regard.errors import ConfigError
from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.models.readings import Readings
from regard.rewards.contract import AnyReward
from regard.rollout.collect import answer, derive_seed, prepare, score
from regard.rollout.filters import TIERS, Counts, Filter, Resample, solve_rate_shares
from regard.rollout.native import NativeEngine
from regard.rollout.replay import Kept, Replay, groups_of, samples_of
from regard.rollout.rethinking import Rethink
from regard.rollout.sampling import Sampling
from regard.text.reflection import count_marks
from regard.training.optimizer import Optimizer
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
    shown: list[Group]
    """The groups as they were judged, for whoever looks at the step later."""
    num_tokens: int
    """Tokens of all completions made for this step."""
    kept: Kept = field(default_factory=Kept)
    """What a replay remembers for the steps to come."""
    readings: Readings | None = None
    """What sampling read of the prompts, for an update with the weights it read them with."""
    accepted: Sequence[Mapping[str, Any]] = ()
    """Answers kept for a later stage, as they are written down."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all stages have: a name, data, and a pace."""

    name: str
    """What logs and reports call it."""
    data: Source
    """Where its examples come from."""
    num_steps: int
    prompts_per_step: int
    """Different questions in one step."""
    save_every: int = 50
    """Steps between checkpoints; the end of a stage is always kept."""
    num_workers: int = 0
    """Processes that make examples ahead; 0 makes them where and when they are asked for."""
    weights_of: str | None = None
    """The stage before with whose last weights this one begins, "" for those of the run's policy;
    None goes on from where the stage before ended."""

    def __post_init__(self) -> None:
        self.check_counts("num_steps", "prompts_per_step")

    def check_counts(self, *names: str) -> None:
        """These fields must be 1 or more."""
        for name in names:
            if getattr(self, name) < 1:
                value = getattr(self, name)
                raise ConfigError(f"stage '{self.name}': {name} is {value}; it must be at least 1")

    def positions(self, stage_step: int, attempt: int = 0) -> range:
        """Where in the stream the questions of a step stand, whatever happened before.

        Further attempts take theirs from beyond the end of the stage, so that none is asked twice.
        """
        first = (attempt * self.num_steps + stage_step) * self.prompts_per_step
        return range(first, first + self.prompts_per_step)


@dataclass(frozen=True, kw_only=True)
class LearningStage(Stage):
    """What stages that learn have beside: an optimiser, and when to look at the result."""

    optimizer: Optimizer
    updates_per_step: int = 1
    """Parts a step's groups are cut into, each an optimiser update of its own."""
    passes_per_step: int = 1
    """Times a step's groups are learned from (GRPO's mu)."""
    tokens_per_micro_batch: int = 8192
    """Tokens run in one pass; lower it when memory is short, the result stays the same."""
    evaluate_every: int = 0
    """Steps between evaluations on held-out examples; 0 for none but before and after the run."""
    stop_at_accuracy: float | None = None
    """End the stage at the first evaluation whose held-out accuracy is at least this."""
    trainable: tuple[str, ...] | None = None
    """The parts that learn in this stage; None takes those of the policy. Not with adapters, whose
    places are fixed when the policy is made."""
    reference_every: int = 0
    """Steps after which the reference, if the algorithm has one, is replaced by the policy as it is
    then; 0 keeps the policy as the stage began."""
    reference_of: str | None = None
    """The stage before whose last weights are the reference, "" for those of the run's policy; None
    takes the policy as this stage begins."""
    keeps_optimizer: bool = False
    """Begin with what the optimiser of the stage before had gathered about each weight; else with
    nothing. The learning rate is this stage's own either way."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts("updates_per_step", "passes_per_step")
        if self.stop_at_accuracy is not None and not self.evaluate_every:
            raise ConfigError(
                f"stage '{self.name}' stops at an accuracy but never evaluates: set evaluate_every"
            )


@dataclass(frozen=True, kw_only=True)
class Supervise(LearningStage):
    """Imitate the gold answers of the data (cold start, supervised fine-tuning)."""

    name: str = "cold_start"
    algorithm: Imitation = field(default_factory=Imitation)

    @property
    def temperature(self) -> float:
        """Gold answers are learned as they stand."""
        return 1.0

    def collect(
        self, policy: Policy, stream: Stream | Ahead, stage_step: int, seed: int, kept: Kept
    ) -> Collected:
        """Each example with its gold answer, as a group of one."""
        examples = [stream[position] for position in self.positions(stage_step)]
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
        return Collected(
            groups, prepared.prompts, prepared.dropped + missing, metrics, groups, sum(lengths)
        )


@dataclass(frozen=True, kw_only=True)
class Reinforce(LearningStage):
    """Answer questions, score the answers, and learn from what set siblings apart."""

    name: str = "rl"
    reward: AnyReward
    algorithm: Algorithm
    group_size: int = 8
    """Completions of each question."""
    sampling: Sampling = field(default_factory=Sampling)
    rethink: Rethink | None = None
    """Second looks forced on some answers (VL-Rethinker)."""
    resample: Resample | None = None
    """Other questions asked in place of those that teach nothing (DAPO)."""
    before_judging: tuple[Filter, ...] = ()
    """What is done with scored groups before completions are judged against their siblings."""
    after_judging: tuple[Filter, ...] = ()
    """What is done with them afterwards."""
    replay: Replay | None = None
    """Completions of earlier steps learned from again (VL-Rethinker)."""

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

    def collect(
        self, policy: Policy, stream: Stream | Ahead, stage_step: int, seed: int, kept: Kept
    ) -> Collected:
        """Sample, score and judge a group for each example, filter them, and add old ones."""
        # Only an update that learns from all prompts at once can use what sampling read of them.
        is_whole = self.updates_per_step == 1
        asked = _Asked(Readings(policy, self.tokens_per_micro_batch) if is_whole else None)
        num_tries = self.resample.tries if self.resample else 1
        for attempt in range(num_tries):
            self._ask(asked, policy, stream, stage_step, attempt, seed)
            if len(asked.passed) >= self.prompts_per_step:
                break
        return self._made_of(asked, policy, stream, seed, kept)

    def _ask(
        self,
        asked: _Asked,
        policy: Policy,
        stream: Stream | Ahead,
        stage_step: int,
        attempt: int,
        seed: int,
    ) -> None:
        """Sample and score the groups of one attempt, and note which of them pass."""
        start = time.perf_counter()
        positions = self.positions(stage_step, attempt)
        prepared = prepare(policy, [stream[p] for p in positions], self.sampling.max_tokens)
        seed = derive_seed(seed, "rollout", attempt) if attempt else derive_seed(seed, "rollout")
        engine = NativeEngine(policy)
        groups = answer(
            prepared,
            replace(engine, readings=asked.readings),
            group_size=self.group_size,
            sampling=self.sampling,
            seed=seed,
        )
        sampled = time.perf_counter()
        groups = score(groups, self.reward)
        scored = time.perf_counter()
        if self.rethink is not None and groups:
            groups, counts = self.rethink(
                policy, engine, prepared.prompts, groups, self.reward, self.sampling, seed
            )
            asked.count(counts)
        again = time.perf_counter() - scored
        asked.count({"time/rollout": sampled - start + again, "time/reward": scored - sampled})
        asked.dropped += prepared.dropped
        asked.num_tries += 1
        for number, prompt, group in zip(prepared.numbers, prepared.prompts, groups, strict=True):
            asked.groups.append(group)
            if self.resample is None or self.resample.until(group) is not None:
                asked.passed.append((positions[number], prompt, group))

    def _made_of(
        self, asked: _Asked, policy: Policy, stream: Stream | Ahead, seed: int, kept: Kept
    ) -> Collected:
        """What is learned from the groups of a step, after filters and replay."""
        counts = Counts()
        passed = asked.passed[: self.prompts_per_step]
        chosen = [
            (position, prompt, left)
            for position, prompt, group in passed
            if (left := counts.apply(self.before_judging, group)) is not None
        ]
        judged = self.algorithm.judge([group for _, _, group in chosen])
        final = [
            (position, prompt, left)
            for (position, prompt, _), group in zip(chosen, judged, strict=True)
            if (left := counts.apply(self.after_judging, group)) is not None
        ]
        groups, prompts = [group for *_, group in final], [prompt for _, prompt, _ in final]
        metrics = describe(asked.groups, judged) | counts.metrics | asked.metrics
        if self.resample is not None:
            metrics["resample/tries"] = float(asked.num_tries)
            metrics["resample/passed"] = len(asked.passed) / max(len(asked.groups), 1)
        if self.replay is not None:
            samples = samples_of(groups, [position for position, *_ in final])
            made = self.replay(
                samples, kept, num_questions=len(asked.groups), seed=derive_seed(seed, "replay")
            )
            groups = groups_of(made.samples, stream.__getitem__)
            prompts = [policy.prompt(group.example) for group in groups]
            kept = made.kept
            metrics |= made.metrics
        num_tokens = sum(len(c.token_ids) for group in asked.groups for c in group.completions)
        shown = judged or asked.groups
        return Collected(
            groups, prompts, asked.dropped, metrics, shown, num_tokens, kept, asked.readings
        )


@dataclass
class _Asked:
    """What a step has asked so far."""

    readings: Readings | None
    groups: list[Group] = field(default_factory=list)
    passed: list[tuple[int, Prompt, Group]] = field(default_factory=list)
    """Position, prompt and group of those that a resampling stage goes on with."""
    dropped: list[str] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    num_tries: int = 0

    def count(self, numbers: Mapping[str, float]) -> None:
        """Add up what every attempt took and did."""
        for name, number in numbers.items():
            self.metrics[name] = self.metrics.get(name, 0.0) + number


def describe(groups: Sequence[Group], judged: Sequence[Group]) -> dict[str, float]:
    """The metrics of scored groups, and of those that were judged."""
    if not groups:
        return {}
    scores = [one for group in groups for one in group.scores]
    values = [one.value for one in scores]
    completions = [completion for group in groups for completion in group.completions]
    entropies = [entropy for completion in completions for entropy in completion.entropies]
    signal = [any(advantage != 0 for advantage in group.advantages) for group in judged]
    tiers = [solve_rate_shares(group.values) for group in groups]
    marks = [count_marks(completion.text) > 0 for completion in completions]
    return {
        "reward/mean": fmean(values),
        "reward/std": pstdev(values),
        "reward/std_in_group": fmean(pstdev(group.values) for group in groups),
        **{f"reward/parts/{name}": mean for name, mean in _part_means(scores).items()},
        "group/zero_signal": 1 - fmean(signal) if signal else 1.0,
        **{f"group/tier/{name}": fmean(tier[name] for tier in tiers) for name in TIERS},
        "group/size": fmean(map(len, groups)),
        "completion/num_tokens": fmean(len(c.token_ids) for c in completions),
        "completion/count": float(len(completions)),
        "completion/second_thoughts": fmean(marks),
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
