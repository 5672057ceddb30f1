"""Rewards: frozen dataclasses that turn a completion into a `Score`, and ways to combine them.

Here are those that most runs begin with, and what is needed to write another. Every other reward
is imported from its own module, which docs/rewards.md names: those for boxes bring numpy
with them, and scoring numbers and letters should not wait for it.
"""

from regard.rewards.answers import ExactAnswer
from regard.rewards.combine import Gated, Routed, Weighted
from regard.rewards.contract import Demo, range_of, score_group
from regard.rewards.format import AnswerOnlyFormat, ThinkAnswerFormat
from regard.rewards.judges import AnyOf, JudgedAnswer
from regard.rewards.length import SoftOverlong
from regard.rewards.mathematics import MathAnswer

__all__ = [
    "AnswerOnlyFormat",
    "AnyOf",
    "Demo",
    "ExactAnswer",
    "Gated",
    "JudgedAnswer",
    "MathAnswer",
    "Routed",
    "SoftOverlong",
    "ThinkAnswerFormat",
    "Weighted",
    "range_of",
    "score_group",
]
