"""What a drone's camera sees before three gates, which one is meant, and how to fly there.

The scenes of CognitiveDrone (arXiv:2503.01378), after its published data collector: gates of three
colours, two sizes and three shapes, a card above each, a camera of 1.85 rad. Metres
and radians; x ahead, y to the left, z up. At the hardest tier gates and cards stand where the
published scenes have them; at the others all is closer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_lowercase
from typing import Any, ClassVar

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import (
    Task,
    Tier,
    World,
    one_of,
    read_up_to,
    some_of,
    thought,
    vocabulary,
)
from regard.data.worlds.drawing import Split, shade
from regard.data.worlds.gate_cards import (
    LETTERS,
    SYMBOLS,
    TRAITS,
    digit_card,
    letter_card,
    person_card,
    sign_card,
    symbol_card,
)
from regard.data.worlds.sketch import CIRCLE, Pixels, banded, picture
from regard.geometry.camera import Camera
from regard.geometry.splines import spline_path
from regard.registry import world
from regard.text.action_tokens import ActionTokens, normalised
from regard.types import FreeText, Label

WIDTH, HEIGHT = 224, 112
"""Of the picture, in pixels."""

PLACES = ("left", "middle", "right")
COLOURS = ("red", "green", "blue")
SIZES: Mapping[str, float] = {"big": 1.8, "small": 1.15}
"""Outer width of a gate, in metres."""
SHAPES = ("square", "round", "triangle")

GATES = ((4.0, 4.0, 0.43), (5.0, 0.0, 0.0), (4.0, -4.0, -0.57))
"""x, y, and the direction one flies through, of the published gates from left to right."""
START = (-1.0, 0.0, 0.75)
GATE_HEIGHT = 0.75
"""Where the expert aims, in metres above ground."""
VIEW = 1.85
"""Of the camera, from left to right, in radians."""
MOUNT = (0.1, 0.3)
"""How far ahead of the drone's middle and above it the camera is, in metres."""
LOOKAHEAD = 3
"""An action leads to so many places ahead on the expert's way."""

TOKENS = ActionTokens(vocab_size=32, bins=32)
"""31 bins from -1 to 1 for each number of an action; 0 is in the middle of one."""
ACTION_WORDS = tuple(f"<a{number}>" for number in range(32))
"""Word n for id n of `TOKENS`: as the last 32 words of a vocabulary they have OpenVLA's ids."""
STATISTICS: Mapping[str, Sequence[float]] = {
    "min": (0.2, 0.0, -0.1, -1.2),
    "max": (0.4, 0.0, 0.1, 1.2),
}
"""Bounds of an action: metres ahead, to the left (never any) and up, and radians to turn."""

_WHICH = "{} . which gate ?"
_COMMAND = "{} . say which gate that is ."
_ACTION = "what action should the robot take to {} ?"


@dataclass(frozen=True)
class _Layout:
    """How a tier places things."""

    closeness: float
    """All places are multiplied by it."""
    card_side: float
    card_height: float
    """Of the middle of a card, in metres."""
    wander: float
    """The drone starts up to so many metres from its place, ahead and to the side."""
    turn: float
    """And looks up to so many radians aside."""
    steps: int
    """An action is asked for on one of so many places of the expert's way."""
    noise: float
    """Spread, in grey levels."""


_LAYOUTS: Mapping[Tier, _Layout] = {
    "easy": _Layout(0.55, 1.15, 2.4, 0.05, 0.0, 1, 0.0),
    "middle": _Layout(0.7, 1.3, 2.5, 0.2, 0.03, 2, 4.0),
    "hard": _Layout(1.0, 1.5, 2.75, 0.4, 0.05, 3, 7.0),
}


@dataclass(frozen=True)
class _Scene:
    """Three gates from left to right, what hangs above them, and which is meant."""

    instruction: str
    right: int
    """Which gate is meant: 0, 1 or 2."""
    cards: tuple[str, ...]
    """What is on each card, in words."""
    faces: tuple[Image.Image, ...]
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    shapes: tuple[str, ...]
    read: tuple[str, ...]
    """What one has to see of each gate to tell."""
    board: tuple[Image.Image, ...] = field(default=())
    """Cards of a sum, high above the gates."""
    board_read: str = ""
    """What they say."""

    @property
    def thought(self) -> str:
        """What is read from left to right, up to the gate that is meant; of all, if compared."""
        is_compared = "largest" in self.instruction or "smallest" in self.instruction
        entries = [f"{place} {seen}" for place, seen in zip(PLACES, self.read, strict=True)]
        read = read_up_to(len(entries) - 1 if is_compared else self.right, entries)
        read = f"{self.board_read} : {read}" if self.board_read else read
        return f"{read} : {PLACES[self.right]}" if is_compared else read

    @property
    def command(self) -> str:
        """The instruction, said so that nothing is left to find out."""
        size, shape, colour = (each[self.right] for each in (self.sizes, self.shapes, self.colours))
        return f"fly through the {size} {shape} {colour} gate with {self.cards[self.right]}"


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
        scene = _SCENES[subject](tier, self.split, rng)
        layout = _LAYOUTS[tier]
        (x, y, z), yaw = _start(layout, rng)
        action = None
        if kind == "action":
            goal = (
                GATES[scene.right][0] * layout.closeness,
                GATES[scene.right][1] * layout.closeness,
            )
            row = int(rng.integers(1, 1 + layout.steps))
            (x, y, z), yaw, action = expert_step((x, y, z), goal, row)
        camera = _camera((x, y, z), yaw)
        image = _photograph(scene, layout, camera, self.split, rng)
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
    kind: str, scene: _Scene, image: Image.Image, action: Pixels | None, pose: Mapping[str, Any]
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


# ------------------------------------------------------------------------------------------ scenes

_TRAIT_WORDS = {
    trait: trait if trait in ("glasses", "long hair") else f"a {trait}" for trait in TRAITS
}


def _scene(
    instruction: str,
    right: int,
    cards: Sequence[str],
    faces: Sequence[Image.Image],
    tier: Tier,
    rng: np.random.Generator,
    *,
    read: Sequence[str] = (),
    colours: Sequence[str] = (),
    sizes: Sequence[str] = (),
    shapes: Sequence[str] = (),
) -> _Scene:
    """A scene whose gates are of any colours, sizes and shapes where these are not given."""
    any_size = ("big",) if tier == "easy" else tuple(SIZES)
    return _Scene(
        instruction=f"fly through the {instruction}",
        right=right,
        cards=tuple(cards),
        faces=tuple(faces),
        colours=tuple(colours or some_of(COLOURS, 3, rng)),
        sizes=tuple(sizes or (one_of(any_size, rng) for _ in PLACES)),
        shapes=tuple(shapes or (one_of(SHAPES, rng) for _ in PLACES)),
        read=tuple(read or cards),
    )


def _symbols(
    split: Split, rng: np.random.Generator, count: int = 3
) -> tuple[list[str], list[Image.Image]]:
    names = some_of(tuple(SYMBOLS), count, rng)
    return names, [symbol_card(name, split, rng) for name in names]


def _colour(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    colours = tuple(some_of(COLOURS, 3, rng))
    right = int(rng.integers(3))
    return _scene(
        f"{colours[right]} gate", right, *_symbols(split, rng), tier, rng,
        read=colours, colours=colours,
    )  # fmt: skip


def _shape(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    right = int(rng.integers(3))
    cards, faces = _symbols(split, rng)
    if tier != "easy" and rng.random() < 0.5:
        rare, common = some_of(tuple(SIZES), 2, rng)
        sizes = tuple(rare if k == right else common for k in range(3))
        return _scene(f"{rare} gate", right, cards, faces, tier, rng, read=sizes, sizes=sizes)
    shapes = tuple(some_of(SHAPES, 3, rng))
    return _scene(f"{shapes[right]} gate", right, cards, faces, tier, rng, read=shapes,
                  shapes=shapes)  # fmt: skip


def _digits(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    rules: tuple[str, ...] = ("the digit",)
    if tier == "middle":
        rules = ("the largest number", "the smallest number")
    if tier == "hard":
        rules = ("the largest number", "the smallest number", "an even number", "an odd number")
    rule = one_of(rules, rng)
    digits = [int(digit) for digit in some_of(range(10), 3, rng)]
    if rule in ("an even number", "an odd number"):
        parity = int(rule == "an odd number")
        digits = [
            *some_of(range(parity, 10, 2), 1, rng),
            *some_of(range(1 - parity, 10, 2), 2, rng),
        ]
        digits = some_of(digits, 3, rng)
    meant = {
        "the digit": one_of(digits, rng),
        "the largest number": max(digits),
        "the smallest number": min(digits),
        "an even number": next((digit for digit in digits if digit % 2 == 0), 0),
        "an odd number": next((digit for digit in digits if digit % 2), 0),
    }[rule]
    said = f"gate with {rule} {meant}" if rule == "the digit" else f"gate with {rule}"
    return _of_digits(said, meant, digits, tier, split, rng)


def _sums(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    digits = [int(digit) for digit in some_of(range(1, 10), 3, rng)]
    meant = one_of(digits, rng)
    sign, second = "+", int(rng.integers(0, meant + 1))
    first = meant - second
    if tier != "easy" and rng.random() < 0.5:
        sign, second = "-", int(rng.integers(0, 10 - meant))
        first = meant + second
    if tier != "hard":
        said = f"gate with the number equal to {first} {sign} {second}"
        return _of_digits(said, meant, digits, tier, split, rng)
    board = (
        digit_card(first, split, rng),
        sign_card(sign, split, rng),
        digit_card(second, split, rng),
    )
    said = "gate with the number equal to the board"
    return _of_digits(
        said, meant, digits, tier, split, rng, board=board, board_read=f"{first} {sign} {second}"
    )


def _of_digits(
    said: str, meant: int, digits: list[int], tier: Tier, split: Split, rng: np.random.Generator,
    *, board: tuple[Image.Image, ...] = (), board_read: str = "",
) -> _Scene:  # fmt: skip
    faces = [digit_card(digit, split, rng) for digit in digits]
    cards = [str(digit) for digit in digits]
    scene = _scene(said, digits.index(meant), cards, faces, tier, rng)
    if not board:
        return scene
    return replace(scene, board=board, board_read=board_read)


def _letters(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    letters = some_of(LETTERS, 3, rng)
    meant = one_of(letters, rng)
    said = f"the letter {meant.lower()}"
    if tier == "middle":
        after = chr(ord(meant) - 1).lower() if meant != "A" else ""
        before = chr(ord(meant) + 1).lower() if meant != "Z" else ""
        is_after = not before or (bool(after) and rng.random() < 0.5)
        said = f"the letter after {after}" if is_after else f"the letter before {before}"
    if tier == "hard":
        meant, said = min(letters), "the first letter"
    faces = [letter_card(letter, split, rng) for letter in letters]
    cards = [letter.lower() for letter in letters]
    return _scene(f"gate with {said}", letters.index(meant), cards, faces, tier, rng)


def _one_symbol(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    right = int(rng.integers(3))
    if tier == "hard":
        rare, common = some_of(tuple(SYMBOLS), 2, rng)
        cards = [rare if k == right else common for k in range(3)]
        faces = [symbol_card(name, split, rng) for name in cards]
        return _scene(f"gate without a {common}", right, cards, faces, tier, rng)
    cards, faces = _symbols(split, rng)
    return _scene(f"gate with the {cards[right]}", right, cards, faces, tier, rng)


def _persons(tier: Tier, split: Split, rng: np.random.Generator) -> _Scene:
    right = int(rng.integers(3))
    if tier == "hard":
        rare, common = some_of(TRAITS, 2, rng)
        cards = [rare if k == right else common for k in range(3)]
        said = f"gate with a person without {_TRAIT_WORDS[common]}"
    else:
        cards = some_of(TRAITS, 3, rng)
        said = f"gate with a person with {_TRAIT_WORDS[cards[right]]}"
    faces = [person_card(trait, split, rng) for trait in cards]
    return _scene(said, right, cards, faces, tier, rng)


_SCENES: Mapping[str, Callable[[Tier, Split, np.random.Generator], _Scene]] = {
    "colour": _colour,
    "shape": _shape,
    "digit": _digits,
    "letter": _letters,
    "symbol": _one_symbol,
    "person": _persons,
    "sum": _sums,
}

# ------------------------------------------------------------------------------------------ flight

_Place = tuple[float, float, float]


def _start(layout: _Layout, rng: np.random.Generator) -> tuple[_Place, float]:
    """Where the drone is, and where it looks, before it flies."""
    x, y, z = rng.uniform(-layout.wander, layout.wander, 3).tolist()
    place = START[0] * layout.closeness + x, START[1] + y, START[2] + z / 2
    return place, float(rng.uniform(-layout.turn, layout.turn))


def expert_step(start: _Place, goal: tuple[float, float], row: int) -> tuple[_Place, float, Pixels]:
    """Place, heading and next action of the published expert, so many places on its way.

    The action: metres ahead, to the left and up, and radians to turn. `regard.envs.drone` has the
    whole flight, as it is logged.

    >>> place, yaw, action = expert_step((-1.0, 0.0, 0.75), (5.0, 0.0), 1)
    >>> action.round(3).tolist()
    [0.3, 0.0, 0.0, 0.0]
    """
    (x, y, z), (goal_x, goal_y) = start, goal
    stops = [(x, y), (x + 0.5, y), (goal_x - 0.5, goal_y), (goal_x, goal_y)]
    way = spline_path(stops, 0.1)
    heights = np.linspace(z, GATE_HEIGHT, len(way))
    here, ahead = way[row], way[row + LOOKAHEAD]
    heading = math.atan2(*(ahead - here)[::-1])
    bearing = math.atan2(goal_y - ahead[1], goal_x - ahead[0])
    climb = heights[row + LOOKAHEAD] - heights[row]
    action = np.array([math.hypot(*(ahead - here)), 0.0, climb, bearing - heading])
    return (float(here[0]), float(here[1]), float(heights[row])), heading, action


def action_tokens(action: Pixels) -> list[int]:
    """The ids of an action, among `TOKENS`; their words are `ACTION_WORDS`.

    >>> action_tokens(np.array([0.3, 0.0, 0.0, 1.2]))
    [16, 16, 16, 1]
    """
    return TOKENS.encode(normalised(action, STATISTICS, scaling="bounds"))


# ---------------------------------------------------------------------------------------- pictures


def _camera(place: _Place, yaw: float) -> Camera:
    """The drone's camera, for a picture drawn at twice its size."""
    x, y, z = place
    forward, up = MOUNT
    mounted = x + forward * math.cos(yaw), y + forward * math.sin(yaw), z + up
    return Camera(
        place=mounted, yaw=yaw, width=2 * WIDTH, height=2 * HEIGHT, view=VIEW, horizon=0.66
    )


@dataclass(frozen=True)
class _Ground:
    """Where the gates stand: its walls or sky from above down, and its floor."""

    above: tuple[int, int, int]
    below: tuple[int, int, int]
    floor: tuple[int, int, int]
    line: tuple[int, int, int]
    has_wall: bool


_GROUNDS: Mapping[Split, tuple[_Ground, ...]] = {
    "train": (
        _Ground((226, 214, 190), (200, 186, 160), (150, 120, 90), (120, 92, 66), True),
        _Ground((120, 170, 226), (206, 226, 240), (112, 138, 84), (96, 122, 72), False),
        _Ground((196, 200, 206), (170, 174, 182), (104, 108, 116), (132, 136, 144), True),
        _Ground((240, 170, 120), (250, 220, 180), (196, 168, 120), (172, 146, 102), False),
    ),
    "test": (
        _Ground((206, 196, 214), (184, 172, 194), (128, 114, 108), (150, 136, 130), True),
        _Ground((150, 186, 214), (222, 224, 222), (150, 152, 110), (132, 134, 94), False),
    ),
}
"""The splits share no ground."""


def _photograph(
    scene: _Scene, layout: _Layout, camera: Camera, split: Split, rng: np.random.Generator
) -> Image.Image:
    """What the camera sees."""
    image = _emptiness(camera, split, rng)
    draw = ImageDraw.Draw(image)
    gates = [
        (x * layout.closeness, y * layout.closeness, yaw, colour, size, shape, face)
        for (x, y, yaw), colour, size, shape, face in zip(
            GATES, scene.colours, scene.sizes, scene.shapes, scene.faces, strict=True
        )
    ]
    for x, y, yaw, colour, size, shape, face in gates:
        width = SIZES[size]
        middle = np.array([x, y, width / 2 + 0.1])
        aside = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
        corners = _OUTLINES[shape] * (width / 2)
        frame = middle + corners[:, :1] * aside + corners[:, 1:] * (0.0, 0.0, 1.0)
        thick = 0.17 * camera.focal / float(camera.ahead(middle))
        seen = camera.seen(frame)
        draw.line(
            [*seen.ravel().tolist(), *seen[:2].ravel().tolist()],
            shade(colour, split, rng), max(3, round(thick)), joint="curve",
        )  # fmt: skip
        _hang(image, camera, face, (x, y, layout.card_height), layout.card_side)
    for k, face in enumerate(scene.board):
        _hang(image, camera, face, (GATES[0][0], 1.0 - k, 4.0), 0.95)
    pixels = np.asarray(image.reduce(2), dtype=np.float32)
    tint = np.array([banded(0.9, 1.08, split, rng) for _ in range(3)], dtype=np.float32)
    pixels = pixels * tint
    if layout.noise:
        pixels += layout.noise * rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    return picture(pixels)


_OUTLINES: Mapping[str, Pixels] = {
    "square": np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
    "round": CIRCLE,
    "triangle": np.array([(-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)]),
}
"""Corners of a gate's frame in its plane, of half its width."""


def _hang(
    image: Image.Image, camera: Camera, face: Image.Image, place: _Place, side: float
) -> None:
    """A card in a scene; it always faces the camera."""
    x, y = camera.seen(place).tolist()
    pixels = round(side * camera.focal / float(camera.ahead(place)))
    hung = face.resize((pixels, pixels), Image.Resampling.BILINEAR)
    image.paste(hung, (round(x - pixels / 2), round(y - pixels / 2)))


def _emptiness(camera: Camera, split: Split, rng: np.random.Generator) -> Image.Image:
    """Floor, and walls or sky, at twice the picture's size."""
    ground = one_of(_GROUNDS[split], rng)
    horizon = round(camera.horizon * camera.height)
    sky = np.linspace(ground.above, ground.below, horizon)
    floor = np.linspace(ground.floor, np.multiply(ground.floor, 0.85), camera.height - horizon)
    column = np.concatenate([sky, floor]).astype(np.uint8)[:, None]
    image = Image.fromarray(column).resize((camera.width, camera.height), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    step = banded(0.7, 1.5, split, rng)
    near, aside = camera.place[0], step * np.arange(-8, 9)
    ways = [[(near + 0.3, float(y), 0.0), (30.0, float(y), 0.0)] for y in aside]
    for ends in camera.seen(ways).reshape(-1, 4).tolist():
        draw.line(ends, ground.line, 2)
    if ground.has_wall:
        across = [(near + k * step, 0.0, 0.0) for k in range(1, 9)]
        for _, height in camera.seen(across).tolist():
            draw.line([0, height, camera.width, height], ground.line, 2)
        for x, _ in camera.seen([(9.0, 2 * float(y), 0.0) for y in aside[2:-2]]).tolist():
            draw.line([x, 0, x, horizon], ground.below, 2)
    return image
