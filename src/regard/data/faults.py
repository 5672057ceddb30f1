"""Faults of a target that its record alone shows: an option that is not there, a box nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from regard.data.fields import shown
from regard.types import (
    Box,
    Choice,
    Example,
    Forgery,
    Frame,
    GuiAction,
    Label,
    LabelledBoxes,
    Point,
    Target,
)

_ROUNDING = {Frame.PIXELS: 1.0, Frame.PER_MILLE: 1.0, Frame.UNIT: 0.001}
"""How far outside its image a place may lie and still be taken for a rounded edge."""


def target_faults(example: Example) -> Iterator[str]:
    """What makes the target of an example impossible to reach, in words."""
    target = example.target
    if isinstance(target, Choice) and target.options:
        letters = [chr(ord("A") + i) for i in range(len(target.options))]
        if target.letter not in letters:
            yield (
                f"target: letter {target.letter!r} is none of its {len(letters)} options, "
                f"A to {letters[-1]}"
            )
    if isinstance(target, Label) and target.classes and target.name not in target.classes:
        yield f"target: label {target.name!r} is none of its classes: {shown(target.classes)}"
    sizes = [(image.width, image.height) for image in example.images]
    for place in _places(target):
        if isinstance(place, Box) and (place.x0 > place.x1 or place.y0 > place.y1):
            yield (
                f"{_named(place)} has its corners exchanged: expected x0, y0, x1, y1; "
                f"with x0 <= x1 and y0 <= y1"
            )
        elif sizes and not any(_lies_inside(place, size) for size in sizes):
            yield f"{_named(place)} is outside its {_sizes(sizes)}{_guess(place, sizes)}"


def _places(target: Target) -> Iterator[Box | Point]:
    if isinstance(target, (Box, Point)):
        yield target
    elif isinstance(target, LabelledBoxes):
        yield from (labelled.box for labelled in target.boxes)
    elif isinstance(target, GuiAction) and target.target is not None:
        yield target.target
    elif isinstance(target, Forgery) and target.region is not None:
        yield target.region


def _corners(place: Box | Point) -> list[tuple[float, float]]:
    if isinstance(place, Point):
        return [(place.x, place.y)]
    return [(place.x0, place.y0), (place.x1, place.y1)]


def _lies_inside(place: Box | Point, size: tuple[int, int], frame: Frame | None = None) -> bool:
    frame = frame or place.frame
    if frame is Frame.INPUT:  # depends on the model
        return True
    width, height = {Frame.PIXELS: size, Frame.PER_MILLE: (1000, 1000), Frame.UNIT: (1, 1)}[frame]
    slack = _ROUNDING[frame]
    return all(
        -slack <= x <= width + slack and -slack <= y <= height + slack for x, y in _corners(place)
    )


def _guess(place: Box | Point, sizes: list[tuple[int, int]]) -> str:
    """Which frame was meant, where the numbers would fit it."""
    frames = [frame for frame in (Frame.PIXELS, Frame.PER_MILLE) if frame is not place.frame]
    fitting = [frame for frame in frames if any(_lies_inside(place, s, frame) for s in sizes)]
    if not fitting:
        return ""
    words = {Frame.PER_MILLE: "per-mille", Frame.PIXELS: "pixels"}
    return f'; {words[fitting[0]]}, perhaps? (say "frame": "{fitting[0].value}")'


def _named(place: Box | Point) -> str:
    numbers = ", ".join(f"{number:g}" for corner in _corners(place) for number in corner)
    unit = {Frame.PIXELS: "", Frame.INPUT: " (input)", Frame.PER_MILLE: " (per-mille)"}
    return f"{type(place).__name__.lower()} ({numbers}){unit.get(place.frame, ' (unit)')}"


def _sizes(sizes: list[tuple[int, int]]) -> str:
    images = " or ".join(dict.fromkeys(f"{width}x{height}" for width, height in sizes))
    return f"{images} image{'s' if len(sizes) > 1 else ''}"
