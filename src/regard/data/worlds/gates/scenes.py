"""Three gates, what hangs above them, and which is meant; one function for each subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from regard.data.worlds.common import Tier, one_of, read_up_to, some_of
from regard.data.worlds.drawing import Split
from regard.data.worlds.gates.cards import (
    LETTERS,
    SYMBOLS,
    TRAITS,
    digit_card,
    letter_card,
    person_card,
    sign_card,
    symbol_card,
)

PLACES = ("left", "middle", "right")
COLOURS = ("red", "green", "blue")
SIZES: Mapping[str, float] = {"big": 1.8, "small": 1.15}
"""Outer width of a gate, in metres."""
SHAPES = ("square", "round", "triangle")


@dataclass(frozen=True)
class Scene:
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
) -> Scene:
    """A scene whose gates are of any colours, sizes and shapes where these are not given."""
    any_size = ("big",) if tier == "easy" else tuple(SIZES)
    return Scene(
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


def _colour(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
    colours = tuple(some_of(COLOURS, 3, rng))
    right = int(rng.integers(3))
    return _scene(
        f"{colours[right]} gate", right, *_symbols(split, rng), tier, rng,
        read=colours, colours=colours,
    )  # fmt: skip


def _shape(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
    right = int(rng.integers(3))
    cards, faces = _symbols(split, rng)
    if tier != "easy" and rng.random() < 0.5:
        rare, common = some_of(tuple(SIZES), 2, rng)
        sizes = tuple(rare if k == right else common for k in range(3))
        return _scene(f"{rare} gate", right, cards, faces, tier, rng, read=sizes, sizes=sizes)
    shapes = tuple(some_of(SHAPES, 3, rng))
    return _scene(f"{shapes[right]} gate", right, cards, faces, tier, rng, read=shapes,
                  shapes=shapes)  # fmt: skip


def _digits(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
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


def _sums(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
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
) -> Scene:  # fmt: skip
    faces = [digit_card(digit, split, rng) for digit in digits]
    cards = [str(digit) for digit in digits]
    scene = _scene(said, digits.index(meant), cards, faces, tier, rng)
    if not board:
        return scene
    return replace(scene, board=board, board_read=board_read)


def _letters(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
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


def _one_symbol(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
    right = int(rng.integers(3))
    if tier == "hard":
        rare, common = some_of(tuple(SYMBOLS), 2, rng)
        cards = [rare if k == right else common for k in range(3)]
        faces = [symbol_card(name, split, rng) for name in cards]
        return _scene(f"gate without a {common}", right, cards, faces, tier, rng)
    cards, faces = _symbols(split, rng)
    return _scene(f"gate with the {cards[right]}", right, cards, faces, tier, rng)


def _persons(tier: Tier, split: Split, rng: np.random.Generator) -> Scene:
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


SCENES: Mapping[str, Callable[[Tier, Split, np.random.Generator], Scene]] = {
    "colour": _colour,
    "shape": _shape,
    "digit": _digits,
    "letter": _letters,
    "symbol": _one_symbol,
    "person": _persons,
    "sum": _sums,
}
