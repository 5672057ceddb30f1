"""What length and repetition are worth where objects are listed (VLM-R1, its ablations)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from regard.registry import reward
from regard.rewards.answers import ExactAnswer
from regard.rewards.contract import AnyReward, Demo, Range, ask, say, score_group
from regard.text.fences import fences, read_json, salvaged_items
from regard.text.literals import NoLiteral, read_literal
from regard.text.repetition import repeated_share
from regard.types import Completion, Example, Number, Score


def cosine_worth(
    length: int, *, max_length: int, short: float, long: float, is_periodic: bool = False
) -> float:
    """From `short` at length 0 along half a cosine wave to `long` at `max_length`, then level.

    A periodic one goes up again beyond, as the published code has it.

    >>> [round(cosine_worth(n, max_length=8, short=1, long=0.5), 3) for n in (0, 4, 8, 16)]
    [1.0, 0.75, 0.5, 0.5]
    >>> cosine_worth(16, max_length=8, short=1, long=0.5, is_periodic=True)
    1.0
    """
    way = length if is_periodic else min(length, max_length)
    return short - (short - long) * (1 - math.cos(math.pi * way / max_length)) / 2


@reward("cosine_length")
@dataclass(frozen=True, kw_only=True)
class CosineLength:
    """Right answers are worth more the shorter they are, wrong ones cost more the longer they are.

    Half a cosine wave over the tokens of the completion; of text without tokens, its words.
    """

    accuracy: AnyReward | None = None
    """What tells right from wrong; None takes every answer for right, as the published code does
    by a slip."""
    right_from: float = 0.7
    """Least value of `accuracy` that is right."""
    max_length: int = 1024
    """Tokens over which the wave runs."""
    right: tuple[float, float] = (1.0, 0.5)
    """What the shortest and the longest right answer is worth."""
    wrong: tuple[float, float] = (0.0, -0.5)
    """What the shortest and the longest wrong answer is worth."""
    is_periodic: bool = False
    """Whether the wave goes on beyond `max_length`, as published: then twice as long is as good as
    nothing said."""

    @property
    def range(self) -> Range:
        ends = self.right if self.accuracy is None else self.right + self.wrong
        return min(ends), max(ends)

    def __call__(self, completion: Completion, example: Example) -> Score:
        length = len(completion.token_ids) or len(completion.text.split())
        is_right, parts = True, {}
        if self.accuracy is not None:
            (accuracy,) = score_group(self.accuracy, [completion], example)
            is_right, parts = accuracy.value >= self.right_from, {"accuracy": accuracy}
        short, long = self.right if is_right else self.wrong
        value = cosine_worth(
            length,
            max_length=self.max_length,
            short=short,
            long=long,
            is_periodic=self.is_periodic,
        )
        word = "right" if is_right else "wrong"
        return Score(value=value, reason=f"{word}, {length} tokens", parts=parts, parsed=length)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(accuracy=ExactAnswer(where="text"), max_length=16, right=(1.0, 1.0)),
            example=ask("What is 2 + 3?", Number(5)),
            best=say("5"),
            poor=say("It might be five or it might be six."),
            source="Demystifying Long CoT (arXiv:2502.03373); VLM-R1, its code: cosine",
        )


def repeated_boxes(text: str) -> float | None:
    """The share of listed objects that were listed before; None where no list can be read.

    The list stands in the first ```json fence, else in the first fence, else bare; one that breaks
    off counts up to there. Objects are the same where box and label are.

    >>> cat = '{"bbox_2d": [1, 2, 3, 4], "label": "cat"}'
    >>> repeated_boxes(f"[{cat}, {cat}]")
    0.5
    >>> repeated_boxes("no list") is None
    True
    """
    items = _listed(text)
    if not items:
        return None
    keys = [
        f"{item['bbox_2d']}_{item['label']}"
        for item in items
        if isinstance(item, dict) and "bbox_2d" in item and "label" in item
    ]
    return 1 - len(set(keys)) / len(keys) if keys else 0.0


def _listed(text: str) -> list[Any]:
    for inside in (fences(text), fences(text, "")):
        if inside and (body := inside[0].strip()):
            return _list_of(body)
    bare = _bare_list(text)
    return _list_of(bare) if bare else []


def _list_of(text: str) -> list[Any]:
    value = read_json(text)
    if value is None:
        try:
            value = read_literal(text, json_names=True)
        except NoLiteral:
            return salvaged_items(text)
    return value if isinstance(value, list) else []


def _bare_list(text: str) -> str | None:
    """From the first `[{` over a box and a label to the next `}]`."""
    start = re.search(r"\[\s*+\{", text)
    if start is None:
        return None
    place = start.end()
    for wanted in (re.compile('"bbox_2d"'), re.compile('"label"'), re.compile(r"\}\s*+\]")):
        match = wanted.search(text, place)
        if match is None:
            return None
        place = match.end()
    return text[start.start() : place]


@reward("detection_repetition")
@dataclass(frozen=True, kw_only=True)
class DetectionRepetition:
    """Minus the share of listed objects that were listed before; without a list, of word runs.

    Meant to be added to other rewards.
    """

    size: int = 6
    """Words in a run, where there is no list."""

    range: ClassVar[Range] = (-1.0, 0.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        share = repeated_boxes(completion.text)
        if share is not None:
            return Score(value=-share, reason=f"{share:.0%} of the objects are repeated")
        share = repeated_share(completion.text, size=self.size)
        return Score(value=-share, reason=f"{share:.0%} of runs of {self.size} words are repeated")

    @classmethod
    def demo(cls) -> Demo:
        item = '{"bbox_2d": [1, 2, 3, 4], "label": "cat"}'
        return Demo(
            reward=cls(),
            example=ask("Find every cat.", Number(1)),
            best=say(f"```json\n[{item}]\n```"),
            poor=say(f"```json\n[{item}, {item}]\n```"),
            source="VLM-R1 (arXiv:2504.07615), its code: repetition",
        )
