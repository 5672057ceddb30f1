"""How often a policy is right on examples it never learned from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from regard.data.mixing import Source
from regard.errors import ConfigError
from regard.evals.critical import CriticalEntropy
from regard.evals.resampling import Resampling
from regard.models.policy import Policy
from regard.rewards.contract import AnyReward, range_of
from regard.rollout.collect import answer, prepare, score
from regard.rollout.native import NativeEngine
from regard.rollout.rethinking import SecondLook
from regard.rollout.sampling import Sampling
from regard.text.reflection import count_marks
from regard.types import Group, Measured

_BATCH = 256
"""Examples answered at a time."""


@dataclass(frozen=True)
class Answered:
    """Some of the examples, with their scored answers."""

    groups: list[Group]
    dropped: list[str]
    """One sentence for each example left out."""
    first: list[Group] = field(default_factory=list)
    """With resampling: the same groups with their first replies."""


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Accuracy on the first examples of a data set, in their order."""

    data: Source
    reward: AnyReward
    """What each answer earns."""
    right_from: float | None = None
    """Least reward of a right answer; None takes the reward's full marks."""
    num_examples: int = 256
    num_samples: int = 1
    """Answers to each; with more than one, pass@k is reported for k = 1, 2, 4, …"""
    sampling: Sampling = field(default_factory=lambda: Sampling(temperature=0.0))
    """Greedy by default."""
    second_look: SecondLook | None = None
    """A second look forced on every answer (`forced`), or on the wrong ones (`bound`)."""
    resampling: Resampling | None = None
    """Whether replies that lack their closing tag are drawn anew; what the first were worth is
    reported too. Wants a temperature."""
    critical: CriticalEntropy | None = None
    """Whether entropy is measured too, of all tokens and at critical words."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resampling is None:
            return
        if self.sampling.temperature == 0:
            raise ConfigError(
                "resampling: at temperature 0 every reply is the same; give `sampling` a "
                "temperature (Vision-R1's is 0.6), or leave resampling out"
            )
        if self.second_look is not None:
            raise ConfigError("resampling and a second look: one of them, please")

    def measure(self, policy: Policy) -> Measured:
        """Answer, score and count; examples that cannot be used are left out."""
        batches = list(self.answers(policy))
        groups = [group for batch in batches for group in batch.groups]
        measured = self.summary(batches)
        if self.critical is None:
            return measured
        completions = [completion for group in groups for completion in group.completions]
        more = self.critical.metrics(completions, policy.decode_text)
        return replace(measured, metrics={**measured.metrics, **more})

    def summary(self, batches: Sequence[Answered]) -> Measured:
        """Accuracies of what `answers` gave; with resampling, of the first replies too."""
        groups = [group for batch in batches for group in batch.groups]
        measured = summarise(groups, self.reward, right_from=self.right_from)
        if self.resampling is None or not groups:
            return measured
        first = [group for batch in batches for group in batch.first]
        before = summarise(first, self.reward, right_from=self.right_from)
        own = {
            "resampled/first_accuracy": before.accuracy,
            "resampled/share": self.resampling.open_share(first),
            "resampled/still_open": self.resampling.open_share(groups),
        }
        return replace(measured, metrics={**measured.metrics, **own})

    def answers(self, policy: Policy) -> Iterator[Answered]:
        """The scored answers, batch by batch."""
        dataset = self.data.load()
        count = min(self.num_examples, len(dataset))
        for first in range(0, count, _BATCH):
            examples = [dataset[i] for i in range(first, min(first + _BATCH, count))]
            most_tokens = self.sampling.max_tokens
            if self.second_look is not None:
                most_tokens += self.second_look.most_more(policy)
            prepared = prepare(policy, examples, most_tokens)
            engine = NativeEngine(policy)
            groups = answer(
                prepared, engine,
                group_size=self.num_samples, sampling=self.sampling, seed=self.seed,
            )  # fmt: skip
            scored, again = score(groups, self.reward), (self.reward, self.sampling, self.seed)
            if self.resampling is not None:
                kept = self.resampling(engine, prepared.prompts, scored, *again)
                yield Answered(kept, prepared.dropped, scored)
                continue
            if self.second_look is not None:
                scored = self.second_look(policy, engine, prepared.prompts, scored, *again)
            yield Answered(scored, prepared.dropped)


def summarise(
    groups: Sequence[Group], reward: AnyReward, *, right_from: float | None = None
) -> Measured:
    """Accuracy over all groups and by kind of question; a group counts as its mean."""
    rights = {}
    for group in groups:
        least = range_of(reward, group.example)[1] if right_from is None else right_from
        rights[group.example.id] = [value >= least - 1e-6 for value in group.values]
    by_kind = {}
    for kind in sorted({group.example.kind for group in groups if group.example.kind}):
        own = [group for group in groups if group.example.kind == kind]
        part = _measured([rights[group.example.id] for group in own])
        earned = {"reward/mean": fmean(value for group in own for value in group.values)}
        by_kind[kind] = replace(part, metrics={**part.metrics, **earned})
    whole = _measured(list(rights.values()))
    completions = [completion for group in groups for completion in group.completions]
    metrics = dict(whole.metrics)
    if completions:
        metrics["reward/mean"] = fmean(value for group in groups for value in group.values)
        metrics["completion/num_tokens"] = fmean(len(c.token_ids) for c in completions)
        marks = (count_marks(completion.text) > 0 for completion in completions)
        metrics["completion/second_thoughts"] = fmean(marks)
        metrics["completion/truncated"] = fmean(c.finish == "length" for c in completions)
    return Measured(
        accuracy=whole.accuracy, num_examples=len(groups), by_kind=by_kind, metrics=metrics
    )


def pass_at_k(num_samples: int, num_right: int, k: int) -> float:
    """The chance that k of the samples, drawn without putting back, hold a right one.

    The unbiased estimate of Codex (arXiv:2107.03374, §2.1).

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    return 1.0 - math.comb(num_samples - num_right, k) / math.comb(num_samples, k)


def _measured(rights: Sequence[Sequence[bool]]) -> Measured:
    if not rights:
        return Measured(accuracy=0.0, num_examples=0)
    num_samples = min(map(len, rights))
    metrics = {}
    k = 1
    while num_samples > 1 and k <= num_samples:
        metrics[f"pass@{k}"] = fmean(pass_at_k(len(row), sum(row), k) for row in rights)
        k *= 2
    return Measured(
        accuracy=fmean(fmean(row) for row in rights), num_examples=len(rights), metrics=metrics
    )
