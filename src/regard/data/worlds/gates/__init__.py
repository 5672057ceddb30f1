"""What a drone's camera sees before three gates, which one is meant, and how to fly there.

The scenes of CognitiveDrone (arXiv:2503.01378), after its published data collector: gates of three
colours, two sizes and three shapes, a card above each, a camera of 1.85 rad. Metres
and radians; x ahead, y to the left, z up. At the hardest tier gates and cards stand where the
published scenes have them; at the others all is closer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from regard.data.worlds.common import Task, Tier, World, one_of, thought, vocabulary
from regard.data.worlds.gates.cards import SYMBOLS, TRAITS
from regard.data.worlds.gates.flight import ACTION_WORDS, action_tokens, expert_step, start_of
from regard.data.worlds.gates.layout import GATES, LAYOUTS
from regard.data.worlds.gates.scenes import COLOURS, PLACES, SCENES, SHAPES, SIZES, Scene
from regard.data.worlds.gates.view import HEIGHT, WIDTH, camera_at, photograph
from regard.data.worlds.sketch import Pixels
from regard.registry import world
from regard.types import FreeText, Label

_WHICH = "{} . which gate ?"
_COMMAND = "{} . say which gate that is ."
_ACTION = "what action should the robot take to {} ?"


@world("gates")
@dataclass(frozen=True, kw_only=True)
class Gates(World):
    """Which of three gates is meant, that gate in plain words, or the action that leads there.

    >>> example = Gates(kinds=("sum",), tiers=("easy",)).load()[0]
    >>> example.question, example.target.name
    ('fly through the gate with the number equal to 2 + 4 . which gate ?', 'middle')
    """

    name: ClassVar[str] = "gates"
    known_kinds: ClassVar[tuple[str, ...]] = (
        "colour",
        "shape",
        "digit",
        "letter",
        "symbol",
        "person",
        "sum",
        "command",
        "action",
    )

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        subject = kind
        if kind == "command":
            subject = one_of(("digit", "letter", "symbol", "person", "sum"), rng)
        if kind == "action":
            # Explicit commands first, as the published training has them.
            subject = one_of(("colour", "shape") if tier != "hard" else ("digit", "symbol"), rng)
        scene = SCENES[subject](tier, self.split, rng)
        layout = LAYOUTS[tier]
        (x, y, z), yaw = start_of(layout, rng)
        action = None
        if kind == "action":
            goal = (
                GATES[scene.right][0] * layout.closeness,
                GATES[scene.right][1] * layout.closeness,
            )
            row = int(rng.integers(1, 1 + layout.steps))
            (x, y, z), yaw, action = expert_step((x, y, z), goal, row)
        camera = camera_at((x, y, z), yaw)
        image = photograph(scene, layout, camera, self.split, rng)
        return _task(kind, scene, image, action, {"place": (x, y, z), "yaw": yaw})

    def describe(self) -> str:
        return (
            f"Gates ({self.split}): three gates with cards, seen by a drone, {WIDTH}x{HEIGHT} "
            f"pixels, {self.size:,} examples. Cards show handwritten digits, letters, symbols and "
            f"drawn persons. Answers: left, middle or right; for 'command' the gate in plain "
            f"words; for 'action' four action tokens (ahead, left, up, turn). Instructions: "
            f"{_WHICH.format('fly through the gate with the star')} "
            f"A right answer: {thought('left moon , middle star', 'middle')}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        asked = [text.format("") for text in (_WHICH, _COMMAND, _ACTION)]
        names = [*PLACES, *COLOURS, *SIZES, *SHAPES, *SYMBOLS, *TRAITS, *ascii_lowercase]
        said = "fly through the gate with a an person without + - , : number letter digit"
        more = "equal to on the board largest smallest even odd before after first"
        # Actions come last, where OpenVLA has them.
        return vocabulary(*asked, *names, said, more, *ACTION_WORDS, numbers=range(10))


def _task(
    kind: str, scene: Scene, image: Image.Image, action: Pixels | None, pose: Mapping[str, Any]
) -> Task:
    meta = {
        "pose": pose,
        "answer": PLACES[scene.right],
        "scenario": {
            "prompt": scene.instruction,
            "prompt_simpler": scene.command,
            "options": list(scene.cards),
            "correct": scene.right + 1,
            "gates": {
                str(k + 1): {"size": size, "shape": shape, "color": colour}
                for k, (size, shape, colour) in enumerate(
                    zip(scene.sizes, scene.shapes, scene.colours, strict=True)
                )
            },
        },
    }
    if action is not None:
        said = " ".join(ACTION_WORDS[token] for token in action_tokens(action))
        return Task(
            image=image,
            question=_ACTION.format(scene.instruction),
            target=FreeText(said),
            gold=thought(scene.thought, said),
            meta={**meta, "action": action.tolist()},
        )
    if kind == "command":
        said = scene.command
        question, gold = _COMMAND.format(scene.instruction), thought(scene.thought, said)
        return Task(image=image, question=question, target=FreeText(said), gold=gold, meta=meta)
    target = Label(PLACES[scene.right], PLACES)
    question, gold = _WHICH.format(scene.instruction), thought(scene.thought, target.name)
    return Task(image=image, question=question, target=target, gold=gold, meta=meta)
