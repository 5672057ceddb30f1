"""Small policies and prompts to try them on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from regard.data.worlds.digits import Digits
from regard.models.policy import Policy, PolicySpec
from regard.models.tiny import TinyQwen
from regard.types import Example, Message

TINY = TinyQwen(
    words=Digits.words(), width=64, num_heads=2, vision_width=32, num_vision_layers=1,
    max_prompt_tokens=256,
)  # fmt: skip


@pytest.fixture
def policy() -> Policy:
    return PolicySpec(weights=TINY).load()


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """One image; no image and a longer text; two images over three turns; one image again."""
    world = Digits(size=4).load()
    first, second = world[0], world[1]
    only_text = replace(
        first, id="only-text", messages=(Message("user", ("what is the sum of it all then ?",)),)
    )
    turns = (
        Message("user", (first.images[0], second.images[0], "what is the sum ?")),
        Message("assistant", ("<answer> 7 </answer>",)),
        Message("user", ("what is the larger digit ?",)),
    )
    return [first, only_text, replace(first, id="two-images", messages=turns), second]


@pytest.fixture(scope="session")
def answers() -> tuple[list[list[int]], list[int]]:
    """Token ids of six ragged answers, one of them a single token, and the prompt each is to."""
    generator = torch.Generator().manual_seed(0)
    lengths = (5, 12, 1, 9, 3, 7)
    ids = [torch.randint(8, 260, (n,), generator=generator).tolist() for n in lengths]
    return ids, [0, 0, 1, 2, 3, 3]
