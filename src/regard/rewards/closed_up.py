"""Answers of tokenizers that split at spaces, for rewards that read them to the letter.

A small model whose words are separated by spaces says `[ { 'action' : 'click' , …`. Most of our
rewards read that; patterns of published code do not, for `'action':` has no space in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from regard.registry import reward
from regard.rewards.contract import AnyReward, Demo, Range, range_of, score_group
from regard.rewards.gui import GuiActionMatch
from regard.schedule import Schedule
from regard.text.plain import closed_up
from regard.types import Completion, Example, Score


@reward("closed_up")
@dataclass(frozen=True, kw_only=True)
class ClosedUp:
    """Another reward, of the same answer without the spaces before `,` `:` and closing brackets and
    after opening ones."""

    reward: AnyReward | Schedule
    """What reads the closed-up answer."""

    def __call__(self, completion: Completion, example: Example) -> Score:
        return self.score_group([completion], example)[0]

    def score_group(self, completions: Sequence[Completion], example: Example) -> list[Score]:
        closed = [replace(one, text=closed_up(one.text)) for one in completions]
        return score_group(cast(AnyReward, self.reward), closed, example)

    @property
    def range(self) -> Range:
        return self.range_for(None)

    def range_for(self, example: Example | None) -> Range:
        return range_of(cast(AnyReward, self.reward), example)

    @classmethod
    def demo(cls) -> Demo:
        shown = GuiActionMatch.demo()
        return replace(shown, reward=cls(reward=shown.reward), source="")
