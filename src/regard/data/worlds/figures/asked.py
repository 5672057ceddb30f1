"""A figure with a question and its answer, and how the answer is asked for: freely, or as a choice.

The makers of figures give an `Asked`; the world turns it into an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from regard.data.worlds.common import LETTERS, Task, chosen, options, some_of, thought
from regard.types import Label, Number


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is seen, what is asked, and what is right."""

    image: Image.Image
    question: str
    answer: int | str
    thinking: str
    classes: tuple[str, ...] = ()
    """Where the answer is a word: all words it might be."""
    meta: Mapping[str, Any] = field(default_factory=dict)


def as_free(asked: Asked) -> Task:
    """The question as it stands; the target is a number, or a word of the known ones."""
    is_number = isinstance(asked.answer, int)
    return Task(
        image=asked.image,
        question=asked.question,
        target=Number(float(asked.answer))
        if is_number
        else Label(str(asked.answer), asked.classes),
        gold=thought(asked.thinking, str(asked.answer)),
        meta=asked.meta,
    )


def as_choice(asked: Asked, rng: np.random.Generator) -> Task:
    """The question with up to four options, of which the letter is wanted."""
    right = str(asked.answer)
    if isinstance(asked.answer, int):
        wrong = wrong_numbers(asked.answer, rng)
    else:
        others = [name for name in asked.classes if name != right]
        wrong = some_of(others, len(LETTERS) - 1, rng)
    text, choice = options(right, wrong, rng)
    follows = " =" if isinstance(asked.answer, int) else ""
    return Task(
        image=asked.image,
        question=f"{asked.question} {text}",
        target=choice,
        gold=chosen(f"{asked.thinking}{follows} {right}", choice),
        meta=asked.meta,
    )


def wrong_numbers(right: int, rng: np.random.Generator) -> list[str]:
    """Three other numbers from the neighbourhood, of the same sign and as round.

    >>> wrong_numbers(40, np.random.default_rng(0))
    ['50', '30', '70']
    """
    step = next(step for step in (10, 5, 1) if right % step == 0) if right else 1
    near = [right + step * by for by in (-3, -2, -1, 1, 2, 3)]
    allowed = [number for number in near if number >= 0 or right < 0]
    return [str(number) for number in some_of(allowed, 3, rng)]
