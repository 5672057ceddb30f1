"""Tiny base: a model of 1.4 million weights begins to see, from nothing.

Claim      Reinforcement learning takes a model that sees something, and three hours of imitation on
           one core give that: `docs/regard-tiny.md` tells what it sees and what it does not.
Method     Imitation of the worlds' gold answers: what single things are called, four to a picture;
           then where they are, and easy questions about them; then all questions, at every tier;
           then, among these, lists of words, to answer by a letter or a place.
Data       The training splits of all worlds, made as they are asked for. Nothing else.
Takes      Three hours of one busy core, and some of another that draws.

`regard-tiny`, which comes with the library, was made by this. Numbers are ours, and mostly the
clock's: losses were still falling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regard import registry
from regard.data.mixing import Mix
from regard.data.told import Told
from regard.data.worlds.common import Tier
from regard.data.worlds.digits import QUESTIONS
from regard.data.worlds.lists import Lists
from regard.data.worlds.pieces import Pieces
from regard.models.policy import PolicySpec
from regard.models.tiny import TinyQwen
from regard.recipes.run import Run
from regard.training.optimizer import AdamW
from regard.training.stages import Supervise

WORLDS = ("digits", "figures", "forgeries", "scans", "scenes", "screens", "tissue", "gates")
"""Gates last: their words of action are the last of the vocabulary."""

SIZE = 1_000_000  # ours: more examples of each world than will be asked for


SECOND_THOUGHTS = ("wait,", "look", "again")
"""Words the base never says; reinforcement learning may come to use them."""


def words() -> tuple[str, ...]:
    """Every word of every world, and of second thoughts; those of actions last."""
    worlds: list[Any] = [Pieces, *(registry.world[name] for name in WORLDS)]
    said = dict.fromkeys((*SECOND_THOUGHTS, *(word for each in worlds for word in each.words())))
    actions = [f"<a{number}>" for number in range(32)]
    return (*(word for word in said if word not in actions), *actions)


_Shares = Mapping[str, tuple[float, tuple[str, ...]]]
"""For each world, its share of the examples, and its kinds of questions; none named: all."""

EVERYTHING: _Shares = {
    "digits": (0.08, tuple(QUESTIONS)),
    "figures": (0.2, ()),
    "forgeries": (0.05, ()),
    "scans": (0.12, ()),
    "scenes": (0.22, ()),
    "screens": (0.15, ()),
    "tissue": (0.06, ()),
    "gates": (0.12, ()),
}

ONE_BY_ONE: _Shares = {
    "digits": (0.2, tuple(QUESTIONS)),
    "figures": (0.17, ("counting", "angle", "bars", "lines", "pies", "arithmetic")),
    "forgeries": (0.04, ()),
    "scans": (0.1, ()),
    "scenes": (0.28, ("naming", "colour", "counting", "where")),
    "screens": (0.06, ("click", "icon", "scroll", "locate")),
    "tissue": (0.09, ("stain", "tissue", "count", "grade")),
    "gates": (0.06, ("colour", "shape", "action")),
}
"""What can be told from one place of a picture, without comparing it with another."""

_READ_OFF = ("colour", "shape", "digit", "letter", "symbol")
"""Of gates: what the thought says from left to right."""


def tiny_base() -> Run:
    """What single things are called, then where they are, then everything, then how to choose."""
    return Run(
        name="tiny_base",
        policy=PolicySpec(
            weights=TinyQwen(
                words=words(),
                num_layers=4,
                vision_width=96,
                num_vision_layers=2,
                temporal_patch_size=1,  # ours: no videos
            )
        ),
        stages=(name(), find(), answer(), choose()),
        num_threads=1,  # ours: the same number gives the same bits
    )


def name() -> Supervise:
    """Names of single things, four to a picture: here it begins to see."""
    return Supervise(
        name="name",
        data=Mix(
            {
                "things": (0.4, _pieces("things")),  # the most classes, and the slowest
                "cards": (0.2, _pieces("cards")),
                "others": (0.4, _pieces("digits", "icons", "buttons")),
            }
        ),
        num_steps=1600,
        prompts_per_step=48,
        optimizer=AdamW(learning_rate=1.5e-3, betas=(0.9, 0.95), warmup_steps=20),
        num_workers=1,
        save_every=100,
    )


def find() -> Supervise:
    """Names with boxes, and easy questions about single things."""
    return Supervise(
        name="find",
        data=Mix(
            {
                "things": (0.3, _pieces("things", "cards", boxes=0.4)),
                "others": (0.1, _pieces("digits", "icons", "buttons", boxes=0.4)),
                "worlds": (0.6, mixture(ONE_BY_ONE, ("easy",))),
            }
        ),
        num_steps=1800,
        prompts_per_step=32,
        optimizer=AdamW(learning_rate=1.5e-3, betas=(0.9, 0.95)),
        num_workers=1,
        save_every=100,
    )


def answer() -> Supervise:
    """Questions of every kind and tier, with names and boxes among them, at a falling rate."""
    return Supervise(
        name="answer",
        data=Mix(
            {
                "pieces": (0.15, _pieces("things", "cards", "icons", "buttons", boxes=0.4)),
                "worlds": (0.85, everything()),
            }
        ),
        num_steps=4200,
        prompts_per_step=32,
        optimizer=AdamW(
            learning_rate=1.5e-3,
            betas=(0.9, 0.95),
            decay="linear",
            # As far down as 4,200 of 6,000 steps would be on the way to a fiftieth.
            final_fraction=1 - 0.98 * 4200 / 6000,
        ),
        num_workers=1,
        save_every=100,
    )


def choose() -> Supervise:
    """The same, and much of what it takes to answer by a letter or a place what was seen.

    At the end of `answer` its thoughts often name what is in the picture, three gates from left to
    right, and its answers ("left", "B") are no better than chance.
    """
    vocabulary = tuple(word for word in words() if word.isalpha() and len(word) > 1)
    told = mixture({"scans": (0.5, ()), "gates": (0.5, _READ_OFF)}, ("easy", "middle"))
    return Supervise(
        name="choose",
        data=Mix(
            {
                "lists": (0.64, Lists(vocabulary=vocabulary, size=SIZE)),
                "told": (0.08, Told(told)),
                "worlds": (0.28, everything()),
            }
        ),
        num_steps=800,
        prompts_per_step=112,
        optimizer=AdamW(
            learning_rate=1e-3,
            betas=(0.9, 0.95),
            warmup_steps=20,
            decay="linear",
            final_fraction=0.02,
        ),
        num_workers=1,
        save_every=100,
    )


def _pieces(*kinds: str, boxes: float = 0.0) -> Pieces:
    return Pieces(kinds=kinds, tiers=("easy",), boxes=boxes, size=SIZE)


def mixture(shares: _Shares, tiers: tuple[Tier, ...]) -> Mix:
    """The training splits of all worlds, at these tiers."""
    return Mix(
        {name: (share, _world(name, kinds, tiers)) for name, (share, kinds) in shares.items()}
    )


def everything() -> Mix:
    """All kinds of all worlds, the hard tier half as often as each other."""
    return mixture(EVERYTHING, ("easy", "middle", "easy", "middle", "hard"))


def _world(name: str, kinds: tuple[str, ...], tiers: tuple[Tier, ...]) -> Any:
    fields: dict[str, Any] = {"size": SIZE, "split": "train", "kinds": kinds}
    if name != "digits":  # it has none
        fields["tiers"] = tiers
    return registry.world[name](**fields)


def smoke() -> Run:
    """Two steps of each stage: whether everything runs, not whether it learns."""
    run = tiny_base()
    small = [
        replace(stage, num_steps=2, prompts_per_step=8, num_workers=0)
        for stage in (name(), find(), answer(), choose())
    ]
    return replace(run, name="tiny_base-smoke", stages=tuple(small))
