"""Single things in the cells of a grid, to be named one after the other, or to be found.

A model that is to see first has to learn what single things are called. Here each picture shows
many, and the answer names them all in reading order, so that every picture teaches many names.
They are those of other worlds: things of scenes, cards of gates, icons and words of screens,
digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import ClassVar, Final

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds import grounds
from regard.data.worlds.common import (
    Task,
    Tier,
    World,
    check_shares,
    one_of,
    place,
    some_of,
    vocabulary,
)
from regard.data.worlds.digits import SIDE as DIGIT_SIDE
from regard.data.worlds.digits import scans_of
from regard.data.worlds.drawing import Split, fitting, font_name, shade, write
from regard.data.worlds.gates import cards
from regard.data.worlds.screens.elements import COLOURS as BUTTON_COLOURS
from regard.data.worlds.screens.elements import ICONS, theme_of
from regard.data.worlds.screens.elements import WORDS as LABELS
from regard.data.worlds.things import COLOURS, NAMES, any_thing, picture
from regard.registry import world
from regard.types import Box, FreeText

CELL: Final = 56
"""Width and height of a cell, in pixels: four tokens of 28."""
GRIDS: Final[dict[Tier, int]] = {"easy": 2, "middle": 3, "hard": 4}
"""Cells in a row and in a column; but for easy grids, every second one has one less and gaps."""
NAMING: Final = "name every piece ."
FINDING: Final = "name every piece and say where it is ."
SEARCHING: Final = "where is every piece :"

Drawn = tuple[str, Box]
"""What a piece is called, and where it is in the image."""
Draw = Callable[[Image.Image, tuple[int, int], Split, np.random.Generator], Drawn]
"""Puts a piece into the cell that begins at a corner."""


@world("pieces")
@dataclass(frozen=True, kw_only=True)
class Pieces(World):
    """Name what is in each cell of a grid, in reading order, or say where it is as well.

    >>> example = Pieces(kinds=("digits",), tiers=("easy",), seed=3).load()[0]
    >>> example.question, example.gold
    ('name every piece .', '<answer> 9 , 9 , 7 , 7 </answer>')
    """

    name: ClassVar[str] = "pieces"
    known_kinds: ClassVar[tuple[str, ...]] = (
        "things", "cards", "digits", "icons", "buttons", "labels",
    )  # fmt: skip

    boxes: float = 0.0
    """Share of the questions that ask for boxes too, 0 to 1."""

    searches: float = 0.0
    """Share of the questions that say the names, in any order, and ask for boxes, 0 to 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares("pieces", boxes=self.boxes, searches=self.searches)

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        side = GRIDS[tier]
        ground = grounds.plain if tier == "easy" else grounds.textured
        image = ground(side * CELL, self.split, rng)
        cells = _cells(side, rng, is_loose=tier != "easy" and bool(rng.random() < 0.5))
        drawn = [_DRAW[kind](image, cell, self.split, rng) for cell in cells]
        question, said = self._asked(drawn, rng)
        return Task(
            image=image,
            question=question,
            target=FreeText(said),
            gold=f"<answer> {said} </answer>",
            meta={"pieces": [{"name": name, "box": _corners(box)} for name, box in drawn]},
        )

    def _asked(self, drawn: Sequence[Drawn], rng: np.random.Generator) -> tuple[str, str]:
        """A question about these pieces, and the right answer."""
        share = float(rng.random())
        if share < self.boxes:
            return FINDING, _listed(drawn)
        counts = Counter(name for name, _ in drawn)
        once = [piece for piece in drawn if counts[piece[0]] == 1]
        if share < self.boxes + self.searches and once:
            sought = some_of(once, len(once), rng)
            return f"{SEARCHING} {' , '.join(name for name, _ in sought)} ?", _listed(sought)
        return NAMING, " , ".join(name for name, _ in drawn)

    def describe(self) -> str:
        sides = ", ".join(f"{side}x{side} cells ({tier})" for tier, side in GRIDS.items())
        return (
            f"Pieces ({self.split}): grids of {sides} of {CELL} pixels, each with a "
            "thing of the scenes, a card of the gates, a handwritten digit, an icon, a coloured "
            f"button or a word; {self.size:,} examples. Questions: {NAMING} {FINDING} {SEARCHING} "
            "cat , 7 ? A right answer names them in reading order, or in that of the question: "
            "<answer> red star , cat , 7 , blue square </answer>"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer."""
        names = (*NAMES, *COLOURS, *cards.SYMBOLS, *cards.TRAITS, *ascii_lowercase)
        more = (*ICONS, *BUTTON_COLOURS, *LABELS)
        return vocabulary(NAMING, FINDING, SEARCHING, *names, *more, "[ , ] ?", numbers=range(225))


def _cells(side: int, rng: np.random.Generator, *, is_loose: bool) -> list[tuple[int, int]]:
    """Where cells begin, row by row: those of the whole grid; or, one less a row, lying loosely."""
    if not is_loose:
        return [(x * CELL, y * CELL) for y in range(side) for x in range(side)]
    starts = np.arange(side - 1) * CELL

    def apart() -> list[int]:
        found: list[int] = (starts + np.sort(rng.integers(0, CELL + 1, side - 1))).tolist()
        return found

    return [(x, y) for y in apart() for x in apart()]


def _listed(pieces: Sequence[Drawn]) -> str:
    return " , ".join(f"{name} {place(box)}" for name, box in pieces)


# ------------------------------------------------------------------------------------- pieces


def _thing(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    thing = any_thing(rng)
    layer = Image.fromarray(picture(thing, int(rng.integers(28, CELL - 5)), split, rng))
    return str(thing), _put(image, layer, corner, rng, mask=layer)


def _card(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    make, names = one_of(_CARDS, rng)
    name = one_of(names, rng)
    side = int(rng.integers(36, CELL - 3))
    card = make(name, split, rng).resize((side, side), Image.Resampling.BILINEAR)
    return name.lower(), _put(image, card, corner, rng)


def _digit(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    scans, labels = scans_of(split)
    scan = int(rng.integers(len(scans)))
    side = int(rng.integers(DIGIT_SIDE - 4, CELL - 5))
    drawn = Image.fromarray(scans[scan]).resize((side, side), Image.Resampling.BICUBIC)
    return str(labels[scan]), _put(image, drawn.convert("RGB"), corner, rng)


def _icon(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    name, theme = one_of(tuple(ICONS), rng), theme_of(split, rng)
    ground, ink = one_of(((theme.ground, theme.ink), (theme.bar, theme.ground)), rng)
    side = int(rng.integers(26, CELL - 5))
    tile = Image.new("RGB", (side, side), ground)
    ICONS[name](ImageDraw.Draw(tile), (side / 2, side / 2), 0.4 * side, ink)
    return name, _put(image, tile, corner, rng)


def _button(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    name = one_of(BUTTON_COLOURS, rng)
    width, height = int(rng.integers(24, CELL - 5)), int(rng.integers(16, CELL - 15))
    return name, _put(
        image, Image.new("RGB", (width, height), shade(name, split, rng)), corner, rng
    )


def _label(
    image: Image.Image, corner: tuple[int, int], split: Split, rng: np.random.Generator
) -> Drawn:
    text = one_of(LABELS, rng) if rng.random() < 0.6 else str(rng.integers(100))
    theme, face = theme_of(split, rng), font_name(split, rng)
    ground, ink = one_of(((theme.ground, theme.accent), (theme.surface, theme.ink)), rng)
    width, height = int(rng.integers(40, CELL - 2)), int(rng.integers(18, 40))
    tile = Image.new("RGB", (width, height), ground)
    written = fitting(text, face, int(rng.integers(12, min(height, 25))), width - 4)
    write(ImageDraw.Draw(tile), (width / 2, height / 2), text, written, ink)
    return text, _put(image, tile, corner, rng)


def _put(
    image: Image.Image,
    piece: Image.Image,
    corner: tuple[int, int],
    rng: np.random.Generator,
    mask: Image.Image | None = None,
) -> Box:
    """Somewhere in the cell, a pixel from its edge at least."""
    x, y = (
        edge + int(rng.integers(1, CELL - size))
        for edge, size in zip(corner, piece.size, strict=True)
    )
    image.paste(piece, (x, y), mask)
    return Box(x, y, x + piece.width, y + piece.height)


def _corners(box: Box) -> list[int]:
    return [round(edge) for edge in (box.x0, box.y0, box.x1, box.y1)]


_CARDS: Final = (
    (cards.letter_card, tuple(cards.LETTERS)),
    (cards.symbol_card, tuple(cards.SYMBOLS)),
    (cards.person_card, cards.TRAITS),
)
_DRAW: Final[Mapping[str, Draw]] = {
    "things": _thing,
    "cards": _card,
    "digits": _digit,
    "icons": _icon,
    "buttons": _button,
    "labels": _label,
}
