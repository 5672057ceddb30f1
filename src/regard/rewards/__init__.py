"""Rewards: frozen dataclasses that turn a completion into a `Score`, and ways to combine them."""

from regard.rewards.answers import ExactAnswer
from regard.rewards.combine import Gated, Routed, Weighted
from regard.rewards.contract import Demo, range_of, score_group
from regard.rewards.format import ThinkAnswerFormat

__all__ = [
    "Demo",
    "ExactAnswer",
    "Gated",
    "Routed",
    "ThinkAnswerFormat",
    "Weighted",
    "range_of",
    "score_group",
]
