"""Asking again where a reply was not brought to its end, as some evaluations do without a word.

The client with which Vision-R1 (arXiv:2503.06749, its code) was evaluated draws a reply without
`</answer>` anew, up to four times, and keeps the first that has it, or the last. That lifts the
accuracy of a policy that often runs on, so both numbers are reported: of the replies that were
kept, and of the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from regard.errors import ConfigError
from regard.models.prompts import Prompt
from regard.rewards.contract import AnyReward
from regard.rollout.collect import derive_seed, score
from regard.rollout.engine import Engine
from regard.rollout.sampling import Sampling
from regard.types import Group


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """Draws a reply anew where it lacks its closing tag."""

    closing: str = "</answer>"
    """What a reply must hold to be kept at once."""
    max_more: int = 4
    """Replies that are drawn beyond the first, at most; of them the last is kept if none has it."""

    def __post_init__(self) -> None:
        if self.max_more < 1 or not self.closing:
            raise ConfigError(
                f"resampling: max_more is {self.max_more} and closing {self.closing!r}; it needs "
                f"one reply more at least, and a tag"
            )

    def is_closed(self, text: str) -> bool:
        """Whether a reply is kept at once.

        >>> Resampling().is_closed("<answer>4</answer>"), Resampling().is_closed("<answer>4")
        (True, False)
        """
        return self.closing in text

    def open_share(self, groups: Sequence[Group]) -> float:
        """The share of replies without the tag, 0 to 1; groups have one at least."""
        return fmean(
            not self.is_closed(each.text) for group in groups for each in group.completions
        )

    def __call__(
        self,
        engine: Engine,
        prompts: Sequence[Prompt],
        groups: Sequence[Group],
        reward: AnyReward,
        sampling: Sampling,
        seed: int,
    ) -> list[Group]:
        """Scored groups of the replies that are kept, of groups with the first replies."""
        replies = [list(group.completions) for group in groups]
        for attempt in range(self.max_more):
            for row in range(max(map(len, replies), default=0)):
                open_ones = [
                    number
                    for number, own in enumerate(replies)
                    if not self.is_closed(own[row].text)
                ]
                if not open_ones:
                    continue
                anew = engine.sample(
                    [prompts[number] for number in open_ones],
                    1,
                    sampling,
                    derive_seed(seed, "resample", attempt, row),
                )
                for number, (reply,) in zip(open_ones, anew, strict=True):
                    replies[number][row] = reply
        kept = [
            replace(group, completions=tuple(own), scores=())
            for group, own in zip(groups, replies, strict=True)
        ]
        return score(kept, reward)
