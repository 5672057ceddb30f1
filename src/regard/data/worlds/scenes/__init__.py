"""Things on a ground, and what can be asked of them: names, colours, counts, places, boxes.

Shapes, handwritten digits, garments, clip art and emoji (`things`) lie on papers, textures and
faded photographs (`grounds`). Every example is made the other way round: first the question and its
answer, then a scene in which the answer is right and the only one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from regard.data.worlds.common import SPLITS, Task, Tier, World, check_one, vocabulary
from regard.data.worlds.scenes import tasks
from regard.data.worlds.scenes.choice import DOMAINS, Choice, Domain
from regard.data.worlds.scenes.compose import SIDES, Scene, composed
from regard.data.worlds.stamps import FOLDER, found
from regard.data.worlds.things import NAMES, Objects
from regard.errors import ConfigError
from regard.registry import world
from regard.types import Box


@world("scenes")
@dataclass(frozen=True, kw_only=True)
class Scenes(World):
    """Things on a ground: name them, count them, compare them, find them.

    >>> example = Scenes(kinds=("counting",), tiers=("easy",), seed=1).load()[0]
    >>> example.question, example.gold
    ('count the objects .', '<think> house </think> <answer> 1 </answer>')
    """

    name: ClassVar[str] = "scenes"
    known_kinds: ClassVar[tuple[str, ...]] = tuple(tasks.PLANS)

    domain: Domain = "seen"
    """What is asked about: "seen" is what training shows; "held_out_classes" are classes it never
    shows, called by their colours; "held_out_pairs" are its classes in colours it never shows them
    in. The latter two are for testing only."""

    objects: Objects = "embedded"
    """Pictures of things that have colours of their own: "embedded" clip art, or "stamps", those of
    Tux Paint where this machine has them, else clip art; what is shown then depends on the machine,
    and `describe` says what it has."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one(self.name, "domain", self.domain, DOMAINS)
        check_one(self.name, "source of objects", self.objects, get_args(Objects))
        if self.domain != "seen" and self.split != "test":
            raise ConfigError(f"scenes: domain '{self.domain}' is held out; it needs split='test'")
        if self.domain == "held_out_classes":
            nameless = [kind for kind in ("naming", "odd") if kind in self.kinds or not self.kinds]
            if nameless:
                raise ConfigError(
                    f"scenes: '{nameless[0]}' asks for the name of a class, which "
                    "domain 'held_out_classes' cannot; name other kinds"
                )

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        return self._made(kind, tier, rng)[1]

    def scene(self, index: int) -> Scene:
        """What an example shows, with masks."""
        index = range(self.size)[index]
        kinds = self.kinds or self.known_kinds
        tier = self.tiers[index // len(kinds) % len(self.tiers)]
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index])
        return self._made(kinds[index % len(kinds)], tier, rng)[0]

    def _made(self, kind: str, tier: Tier, rng: np.random.Generator) -> tuple[Scene, Task]:
        while True:
            plan = tasks.PLANS[kind](Choice(self.domain), tier, rng)
            scene = composed(plan.things, plan.sides, tier, self.split, rng, self.objects)
            asked = plan.ask(scene) if scene else None
            if scene and asked:
                question, target, gold = asked
                meta = {"domain": self.domain, "objects": [each.to_json() for each in scene.seen]}
                return scene, Task(
                    image=scene.image, question=question, target=target, gold=gold, meta=meta
                )

    def describe(self) -> str:
        return (
            f"Scenes ({self.split}, {self.domain}): shapes, handwritten digits, garments and clip "
            f"art, {len(NAMES)} classes in all, on papers (easy, {SIDES['easy']} pixels), textures "
            f"(middle, {SIDES['middle']}) and faded photographs (hard, {SIDES['hard']}, where "
            f"things overlap); {self.size:,} examples. Boxes count pixels of the image. Questions: "
            "what is it ? what colour is the star ? count every star . which object is the odd one "
            "out ? is the star left of the cat ? where is the red star ? where is the largest "
            "object ? where is the star left of the cat ? find every star and every cat . A right "
            f"answer: {tasks.boxed('star', Box(10, 20, 60, 80))}{self._told_of_stamps()}"
        )

    def _told_of_stamps(self) -> str:
        if self.objects == "embedded":
            return ""
        counts = found(self.split)
        if not counts:
            return (
                f" No stamps are at {FOLDER} (apt-get install tuxpaint-stamps-default), so clip "
                "art is shown."
            )
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        return f" Stamps of Tux Paint show {told}; clip art shows the other classes."

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, for a tokenizer that splits at spaces."""
        return vocabulary(*tasks.words(), numbers=range(max(SIDES.values()) + 1))
