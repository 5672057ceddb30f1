"""Screens of phones and desktops, and what is to be done on them, in the actions of GUI-R1.

Training and test screens share no font, no colour and no measure of their arrangement: where bars,
columns, lists and icons stand, how large and how round they are, lies in tests between what
training shows. Buttons and icons have the same names in both. Every element's box is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from regard.data.worlds.common import Task, Tier, World, vocabulary
from regard.data.worlds.drawing import Split
from regard.data.worlds.screens import tasks
from regard.registry import world

MAKERS: Final[dict[str, Callable[[Tier, Split, np.random.Generator], Task]]] = {
    "click": tasks.click,
    "icon": tasks.icon,
    "item": tasks.item,
    "tab": tasks.tab,
    "type": tasks.type_,
    "select": tasks.select,
    "scroll": tasks.scroll,
    "locate": tasks.locate,
}
"""For each kind, what draws and asks."""


@world("screens")
@dataclass(frozen=True, kw_only=True)
class Screens(World):
    """Act on a screen: click, type, select or scroll, or say where an element is.

    >>> example = Screens(kinds=("scroll",), tiers=("easy",)).load()[0]
    >>> example.question, example.target.kind
    ('scroll to see more .', 'scroll')
    """

    name: ClassVar[str] = "screens"
    known_kinds: ClassVar[tuple[str, ...]] = tuple(MAKERS)

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        return MAKERS[kind](tier, self.split, rng)

    def describe(self) -> str:
        kinds = "; ".join(
            f"{kind}: {(MAKERS[kind].__doc__ or '').rstrip('.').lower()}"
            for kind in self.kinds or self.known_kinds
        )
        return (
            f"Screens ({self.split}): {self.size:,} phones and desktops of up to 224 pixels, "
            f"tiers {', '.join(self.tiers)}. {kinds}. A right answer: "
            "<think> save </think> <answer> [ { 'action' : 'click' , 'point' : [ 56 , 84 ] , "
            "'input_text' : 'no input text' } ] </answer>; for the kind locate, the box in pixels."
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer."""
        return vocabulary(*tasks.words(), numbers=range(225))
