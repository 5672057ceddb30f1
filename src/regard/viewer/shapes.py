"""Boxes and points to draw over an image, from whatever JSON a target or a reward left of them.

Every shape is put in the unit frame (fractions of width and height), the one frame the page can
draw over an image of any size on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from regard.types import Frame
from regard.viewer.reading import Json, listing, mapping, number

PLACES = {"box", "boxes", "point", "action", "forgery"}
"""Kinds of target that are places: beside these, four bare numbers are a box, two a point."""

_HOLDERS = (
    "box", "boxes", "bbox", "bbox_2d", "point", "points", "point_2d", "target", "region",
)  # fmt: skip
_MOST = 64
"""Shapes of one answer that are drawn; a model may well write a thousand."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How the model saw one image, as far as is known: sizes in pixels, the frame it answers in."""

    original: tuple[float, float] | None = None
    model_input: tuple[float, float] | None = None
    answers_in: Frame = Frame.PIXELS


def sights(frames: object) -> list[Sight]:
    """One for each image, from the `frames` of a completion."""
    return [
        Sight(
            original=_size(mapping(frame).get("original")),
            model_input=_size(mapping(frame).get("model_input")),
            answers_in=_frame(mapping(frame).get("answers_in")) or Frame.PIXELS,
        )
        for frame in listing(frames)
    ]


def in_unit_frame(x: float, y: float, frame: Frame, sight: Sight) -> tuple[float, float] | None:
    """The place in fractions of width and height; None where the size it counts in is unknown.

    >>> in_unit_frame(500, 250, Frame.PER_MILLE, Sight())
    (0.5, 0.25)
    """
    if frame is Frame.UNIT:
        return x, y
    if frame is Frame.PER_MILLE:
        return x / 1000, y / 1000
    size = sight.model_input if frame is Frame.INPUT else sight.original
    return (x / size[0], y / size[1]) if size else None


def target_shapes(target: Json, sights: list[Sight]) -> list[Json]:
    """The places a target asks for; without a frame of their own they count original pixels."""
    return _Reader(sights, bare=True, default=lambda sight: Frame.PIXELS).read(target)


def answer_shapes(score: Json, sights: list[Sight], *, bare: bool) -> list[Json]:
    """The places a reward, or any of its parts, read in the answer, each once.

    `bare`: whether plain lists of two or four numbers are places as well.
    """
    found = _Reader(sights, bare=bare, default=lambda sight: sight.answers_in).read(
        score.get("parsed")
    )
    for part in mapping(score.get("parts")).values():
        found += answer_shapes(mapping(part), sights, bare=bare)
    return [shape for i, shape in enumerate(found) if shape not in found[:i]][:_MOST]


@dataclass
class _Reader:
    sights: list[Sight]
    bare: bool
    default: Callable[[Sight], Frame]

    def read(
        self, value: Any, *, frame: Frame | None = None, image: int = 0, label: str = ""
    ) -> list[Json]:
        if isinstance(value, dict):
            return self._read_object(value, frame, image, label)
        if not isinstance(value, list):
            return []
        numbers = [known for item in value if (known := number(item)) is not None]
        if len(numbers) == len(value) and len(value) in (2, 4):
            return self._shape(numbers, frame, image, label) if self.bare else []
        return [
            shape
            for item in value[:_MOST]
            for shape in self.read(item, frame=frame, image=image, label=label)
        ]

    def _read_object(self, value: Json, frame: Frame | None, image: int, label: str) -> list[Json]:
        frame = _frame(value.get("frame")) or frame
        image = value["image"] if isinstance(value.get("image"), int) else image
        label = next((name for key in ("label", "kind") if (name := value.get(key))), label)
        label = label if isinstance(label, str) else ""
        for keys in (("x0", "y0", "x1", "y1"), ("x", "y")):
            numbers = [known for key in keys if (known := number(value.get(key))) is not None]
            if len(numbers) == len(keys):
                return self._shape(numbers, frame, image, label)
        inside = _Reader(self.sights, bare=True, default=self.default)
        return [
            shape
            for key in _HOLDERS
            if key in value
            for shape in inside.read(value[key], frame=frame, image=image, label=label)
        ]

    def _shape(
        self, numbers: list[float], frame: Frame | None, image: int, label: str
    ) -> list[Json]:
        sight = self.sights[image] if 0 <= image < len(self.sights) else Sight()
        frame = frame or self.default(sight)
        corners = [
            in_unit_frame(x, y, frame, sight)
            for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        at = [round(part, 5) for corner in corners if corner for part in corner]
        return [{"image": image, "at": at, "label": label}] if len(at) == len(numbers) else []


def _frame(value: object) -> Frame | None:
    value = value.get("value") if isinstance(value, dict) else value  # as a run file writes enums
    return Frame(value) if isinstance(value, str) and value in set(Frame) else None


def _size(value: object) -> tuple[float, float] | None:
    sides = [side for item in listing(value) if (side := number(item)) is not None and side > 0]
    return (sides[0], sides[1]) if len(sides) == 2 else None
