"""Tiny base: a model of 1.6 million weights begins to see, from nothing.

Claim      Reinforcement learning takes a model that sees something, and less than three hours of
           imitation on two cores give that: `docs/regard-tiny.md` tells what it sees.
Method     Imitation of the worlds' gold answers: what single things are called, four to a picture;
           then where they are, and easy questions about them; then to look a word up in a list;
           then all questions, at every tier, with lists and names among them; then to look for a
           name in a picture, and all questions again, mostly those that ask where.
Data       The training splits of all worlds, made as they are asked for. Nothing else.
Takes      160 minutes of one core (AVX-512; without it, some two and a half times as long), and
           half of another that draws.

`regard-tiny`, which comes with the library, was made by this. Numbers are ours, and mostly the
clock's: losses were still falling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regard import registry
from regard.data.mixing import Mix
from regard.data.worlds.common import Tier
from regard.data.worlds.digits import QUESTIONS
from regard.data.worlds.lists import Lists
from regard.data.worlds.pieces import Pieces
from regard.models.policy import PolicySpec
from regard.models.tiny import TinyModel
from regard.recipes.run import Run
from regard.training.optimizer import Muon
from regard.training.stages import Supervise
from regard.types import Frame

WORLDS = ("digits", "figures", "forgeries", "scans", "scenes", "screens", "tissue", "gates")
"""Gates last: their words of action are the last of the vocabulary."""

SIZE = 1_000_000  # ours: more examples of each world than will be asked for


ANSWERING, PRACTISING = 1500, 1500
"""Steps of two stages, which were planned longer and ended when it was seen what they lacked."""

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
    "digits": (0.05, tuple(QUESTIONS)),
    "figures": (0.2, ()),
    "forgeries": (0.06, ()),
    "scans": (0.1, ()),
    "scenes": (0.22, ()),
    "screens": (0.19, ()),
    "tissue": (0.05, ()),
    "gates": (0.13, ()),
}

SMALL = ("things", "things", "cards", "icons", "labels", "buttons")
NEAR: tuple[Tier, ...] = ("easy", "middle")
"""What is looked for, and in how large a picture."""

IN_PLACE: _Shares = {
    "digits": (0.04, tuple(QUESTIONS)),
    "figures": (0.11, ()),
    "forgeries": (0.05, ()),
    "scans": (0.07, ()),
    "scenes": (0.39, ()),
    "screens": (0.24, ()),
    "tissue": (0.03, ()),
    "gates": (0.07, ()),
}
"""Mostly worlds whose answers say where something is."""

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


def tiny_base() -> Run:
    """Names of single things, places, to look up, everything; then to look for, and everything."""
    return Run(
        name="tiny_base",
        policy=PolicySpec(
            weights=TinyModel(
                model_type="qwen3_vl",  # it learns sooner: `benchmarks/regard_tiny.py compare`
                answers_in=Frame.INPUT,  # as the worlds' gold answers are
                words=words(),
                num_layers=4,
                vision_width=96,
                num_vision_layers=2,
                temporal_patch_size=1,  # ours: no videos
            )
        ),
        stages=(
            name(),
            find(),
            look_up(),
            answer(),
            practise(),
            polish(),
            point(),
            search(),
            ground(),
        ),
        num_threads=1,  # ours: the same number gives the same bits
    )


def name() -> Supervise:
    """Names of single things, four to a picture: here it begins to see."""
    return Supervise(
        name="name",
        data=Mix(
            {
                "things": (0.38, _pieces("things")),  # the most classes, and the slowest
                "cards": (0.17, _pieces("cards")),
                "others": (0.27, _pieces("digits", "icons", "buttons")),
                "labels": (0.18, _pieces("labels")),
            }
        ),
        num_steps=1000,
        prompts_per_step=48,
        optimizer=muon(warmup_steps=20),
        num_workers=1,
        save_every=100,
    )


def find() -> Supervise:
    """Names with boxes, and easy questions about single things."""
    return Supervise(
        name="find",
        data=Mix(
            {
                "things": (0.28, _pieces("things", "cards", boxes=0.4)),
                "others": (0.17, _pieces("digits", "icons", "buttons", "labels", boxes=0.4)),
                "worlds": (0.55, mixture(ONE_BY_ONE, ("easy",))),
            }
        ),
        num_steps=1500,
        prompts_per_step=32,
        optimizer=muon(),
        num_workers=1,
        save_every=100,
    )


def look_up() -> Supervise:
    """Which letter, which place: to read a list up to where the answer is."""
    return Supervise(
        name="look_up",
        data=lists(),
        num_steps=600,
        prompts_per_step=64,
        optimizer=muon(warmup_steps=20),
        save_every=100,
    )


def answer() -> Supervise:
    """All kinds and tiers, with names, boxes and some lists among them."""
    return Supervise(
        name="answer",
        data=Mix(
            {
                "pieces": (0.12, _pieces("things", "cards", "icons", "labels", boxes=0.4)),
                "worlds": (0.84, everything()),
                "lists": (0.04, lists()),
            }
        ),
        num_steps=ANSWERING,
        prompts_per_step=32,
        optimizer=muon(decay="linear", final_fraction=_left(ANSWERING, 8000)),
        num_workers=1,
        save_every=100,
    )


def practise() -> Supervise:
    """The same with lists in every third place, at a falling rate: both skills together."""
    return Supervise(
        name="practise",
        data=Mix(
            {
                "pieces": (0.06, _pieces("things", "cards", "icons", "labels", boxes=0.4)),
                "worlds": (0.61, everything()),
                "lists": (0.33, lists()),
            }
        ),
        num_steps=PRACTISING,
        prompts_per_step=48,
        optimizer=muon(warmup_steps=20, decay="linear", final_fraction=_left(PRACTISING, 5400)),
        num_workers=1,
        save_every=100,
    )


def polish() -> Supervise:
    """More names with boxes again, of words, icons and things, while the rate falls to nothing."""
    small = ("things", "cards", "icons", "labels", "labels")
    return Supervise(
        name="polish",
        data=Mix(
            {
                "pieces": (0.2, _pieces(*small, boxes=0.4, tiers=("easy", "middle"))),
                "worlds": (0.6, everything()),
                "lists": (0.2, lists()),
            }
        ),
        num_steps=3500,
        prompts_per_step=48,
        optimizer=muon(_left(PRACTISING, 5400), decay="linear", final_fraction=0.02),
        keeps_optimizer=True,
        num_workers=1,
        save_every=100,
    )


def point() -> Supervise:
    """Where the button of a colour is: with so few names, to look for a name is learned at once."""
    return Supervise(
        name="point",
        data=_pieces("buttons", searches=1.0),
        num_steps=300,
        prompts_per_step=48,
        optimizer=muon(warmup_steps=20),
        num_workers=1,
        save_every=100,
    )


def search() -> Supervise:
    """To look for anything by its name; and to read words and numbers."""
    return Supervise(
        name="search",
        data=Mix(
            {
                "sought": (0.65, _pieces(*SMALL, searches=0.8, boxes=0.1, tiers=NEAR)),
                "read": (0.25, _pieces("labels", boxes=0.2, tiers=NEAR)),
                "lists": (0.1, lists()),
            }
        ),
        num_steps=1500,
        prompts_per_step=48,
        optimizer=muon(warmup_steps=20),
        num_workers=1,
        save_every=100,
    )


def ground() -> Supervise:
    """All worlds again, mostly those whose answers say where something is, at a falling rate."""
    return Supervise(
        name="ground",
        data=Mix(
            {
                "sought": (0.12, _pieces(*SMALL, searches=0.6, boxes=0.15, tiers=NEAR)),
                "read": (0.05, _pieces("labels", boxes=0.2, tiers=NEAR)),
                "worlds": (0.77, everything(IN_PLACE)),
                "lists": (0.06, lists()),
            }
        ),
        num_steps=4800,
        prompts_per_step=48,
        optimizer=muon(0.6, warmup_steps=50, decay="linear", final_fraction=0.02),
        num_workers=1,
        save_every=100,
    )


def muon(share: float = 1.0, **course: Any) -> Muon:
    """The optimiser of all stages, at a share of the highest rate, with a course of its own."""
    return Muon(learning_rate=1.5e-3 * share, betas=(0.9, 0.95), matrix_scale=2.0, **course)


def _left(num_steps: int, planned: int) -> float:
    """What is left of a rate after so many of the steps planned on the way to a fiftieth of it."""
    return 1 - 0.98 * num_steps / planned


def lists() -> Lists:
    """Lists of the words of all worlds."""
    vocabulary = tuple(word for word in words() if word.isalpha() and len(word) > 1)
    return Lists(vocabulary=vocabulary, size=SIZE)


def _pieces(
    *kinds: str, boxes: float = 0.0, searches: float = 0.0, tiers: tuple[Tier, ...] = ("easy",)
) -> Pieces:
    return Pieces(kinds=kinds, tiers=tiers, boxes=boxes, searches=searches, size=SIZE)


def mixture(shares: _Shares, tiers: tuple[Tier, ...]) -> Mix:
    """The training splits of all worlds, at these tiers."""
    return Mix(
        {name: (share, _world(name, kinds, tiers)) for name, (share, kinds) in shares.items()}
    )


def everything(shares: _Shares = EVERYTHING) -> Mix:
    """All kinds of all worlds, the hard tier a third as often as each other."""
    return mixture(shares, (*("easy", "middle") * 3, "hard"))


def _world(name: str, kinds: tuple[str, ...], tiers: tuple[Tier, ...]) -> Any:
    fields: dict[str, Any] = {"size": SIZE, "split": "train", "kinds": kinds}
    if name != "digits":  # it has none
        fields["tiers"] = tiers
    return registry.world[name](**fields)


def smoke() -> Run:
    """Two steps of each stage: whether everything runs, not whether it learns."""
    run = tiny_base()
    small = [replace(stage, num_steps=2, prompts_per_step=8, num_workers=0) for stage in run.stages]
    return replace(run, name="tiny_base-smoke", stages=tuple(small))
