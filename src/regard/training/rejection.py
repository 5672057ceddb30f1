"""Rejection sampling: a stage that asks, and keeps right answers for a later stage to imitate.

As OpenVLThinker (arXiv:2503.17352, section 3) does between its rounds: the policy answers each
question some times, and of the right answers one is chosen by its length. Nothing is learned here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from regard.data.ahead import Ahead
from regard.data.mixing import Stream
from regard.errors import ConfigError
from regard.models.policy import Policy
from regard.rewards.contract import AnyReward, range_of
from regard.rollout.collect import answer, derive_seed, prepare, score
from regard.rollout.native import NativeEngine
from regard.rollout.replay import Kept
from regard.rollout.sampling import Sampling
from regard.text.lengths import Choose, by_length
from regard.training.stages import Collected, Stage
from regard.types import Dataset, Example, Group


@dataclass(frozen=True, kw_only=True)
class RejectionSampling(Stage):
    """Answer questions and write down, of the right answers to each, one: `accepted.jsonl`."""

    name: str = "rejection"
    reward: AnyReward
    group_size: int = 4
    """Attempts at each question."""
    sampling: Sampling = field(default_factory=Sampling)
    right_from: float | None = None
    """Least reward of a right answer; None takes the reward's full marks."""
    choose: Choose = "shortest"
    """Of several right answers, by their words: the paper takes the shortest, its code the second
    longest."""

    @property
    def temperature(self) -> float:
        """What answers were drawn at; of the likeliest tokens, probabilities are as they are."""
        return self.sampling.temperature or 1.0

    def collect(
        self, policy: Policy, stream: Stream | Ahead, stage_step: int, seed: int, kept: Kept
    ) -> Collected:
        """Sample and score a group for each example; its accepted answers, and nothing to learn."""
        positions = self.positions(stage_step)
        prepared = prepare(policy, [stream[p] for p in positions], self.sampling.max_tokens)
        groups = answer(
            prepared,
            NativeEngine(policy),
            group_size=self.group_size,
            sampling=self.sampling,
            seed=derive_seed(seed, "rollout"),
        )
        groups = score(groups, self.reward)
        numbered = zip(prepared.numbers, groups, strict=True)
        rows = [self._row(positions[number], group) for number, group in numbered]
        accepted = [row for row in rows if row is not None]
        completions = [completion for group in groups for completion in group.completions]
        return Collected(
            groups=[],
            prompts=[],
            dropped=prepared.dropped,
            metrics=self._metrics(groups, len(accepted)),
            shown=groups,
            num_tokens=sum(len(completion.token_ids) for completion in completions),
            kept=kept,
            accepted=accepted,
        )

    def _row(self, position: int, group: Group) -> dict[str, Any] | None:
        """What is written down of a group: the answer that was accepted."""
        right = self._right(group)
        chosen = by_length([len(text.split()) for text in right], self.choose)
        if chosen is None:
            return None
        return {
            "position": position,
            "example": group.example.id,
            "text": right[chosen],
            "num_right": len(right),
        }

    def _right(self, group: Group) -> list[str]:
        least = self.right_from
        if least is None:
            least = range_of(self.reward, group.example)[1] - 1e-6
        pairs = zip(group.completions, group.values, strict=True)
        return [completion.text for completion, value in pairs if value >= least]

    def _metrics(self, groups: Sequence[Group], num_accepted: int) -> dict[str, float]:
        if not groups:
            return {}
        completions = [completion for group in groups for completion in group.completions]
        return {
            "reward/mean": fmean(value for group in groups for value in group.values),
            "rejection/accepted": num_accepted / len(groups),
            "rejection/right": sum(len(self._right(g)) for g in groups) / len(completions),
            "completion/num_tokens": fmean(len(c.token_ids) for c in completions),
            "completion/count": float(len(completions)),
        }


@dataclass(frozen=True)
class Accepted:
    """As the data of a stage: what an earlier stage of rejection sampling accepted."""

    stage: str
    """The name of that stage."""

    def load(self) -> Dataset:
        raise ConfigError(
            f"what stage '{self.stage}' accepts is known only in the run that samples it; "
            f"Accepted('{self.stage}') is for the data of a later stage of that run"
        )


@dataclass(frozen=True)
class AcceptedAnswers:
    """Questions of a stage, each with the answer that was accepted as its gold answer."""

    stream: Stream
    """The questions in the order they were asked in."""
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    """The lines of `accepted.jsonl`."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Example:
        row = self.rows[index]
        return replace(self.stream[row["position"]], gold=row["text"])
