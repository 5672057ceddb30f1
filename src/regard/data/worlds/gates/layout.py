"""Where gates and cards stand: at the hardest tier, where the published scenes have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regard.data.worlds.common import Tier

GATES = ((4.0, 4.0, 0.43), (5.0, 0.0, 0.0), (4.0, -4.0, -0.57))
"""x, y, and the direction one flies through, of the published gates from left to right."""


@dataclass(frozen=True)
class Layout:
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


LAYOUTS: Mapping[Tier, Layout] = {
    "easy": Layout(0.55, 1.15, 2.4, 0.05, 0.0, 1, 0.0),
    "middle": Layout(0.7, 1.3, 2.5, 0.2, 0.03, 2, 4.0),
    "hard": Layout(1.0, 1.5, 2.75, 0.4, 0.05, 3, 7.0),
}
