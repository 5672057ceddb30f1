"""Targets as JSON: an object with a `type`, or a bare text or number for the two plainest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from regard.data.fields import Fields, as_number
from regard.errors import DataError, nearest
from regard.types import (
    Box,
    Choice,
    Expression,
    Forgery,
    Frame,
    FreeText,
    GuiAction,
    Label,
    LabelledBox,
    LabelledBoxes,
    Number,
    Point,
    Target,
)

TYPES: dict[str, type[Target]] = {
    "choice": Choice,
    "number": Number,
    "expression": Expression,
    "text": FreeText,
    "label": Label,
    "box": Box,
    "boxes": LabelledBoxes,
    "point": Point,
    "action": GuiAction,
    "forgery": Forgery,
}
"""What each target is called in a file."""

_NAMES = {kind: name for name, kind in TYPES.items()}

# ------------------------------------------------------------------------------------------ reading


def target_from_json(value: Any) -> Target:
    """The target a record asks for.

    >>> target_from_json({"type": "box", "box": [10, 20, 60, 80], "frame": "per_mille"})
    Box(x0=10.0, y0=20.0, x1=60.0, y1=80.0, frame=<Frame.PER_MILLE: 'per_mille'>)
    >>> target_from_json("a red car"), target_from_json(12)
    (FreeText(text='a red car', alternatives=()), Number(value=12.0, tolerance=0.0, unit=''))
    """
    if isinstance(value, str):
        return FreeText(value)
    number = as_number(value)
    if number is not None:
        return Number(number)
    if value is None:
        raise DataError("'target' is missing; a text, a number, or an object with a 'type'")
    target: Target = _typed(value, "target", tuple(TYPES))
    return target


def _typed(value: Any, what: str, allowed: tuple[str, ...]) -> Any:
    field = Fields(value, what)
    name = field.text("type")
    if name not in allowed:
        raise DataError(f"{what}: unknown type '{name}'; {nearest(name, allowed)}")
    target = _READERS[name](field)
    field.done()
    return target


def _box(field: Fields) -> Box:
    x0, y0, x1, y1 = field.numbers("box", 4)
    return Box(x0, y0, x1, y1, frame_from_json(field))


def _point(field: Fields) -> Point:
    x, y = field.numbers("point", 2)
    return Point(x, y, frame_from_json(field))


def frame_from_json(field: Fields, key: str = "frame") -> Frame:
    """The frame a field names."""
    name = field.text(key, default=Frame.PIXELS)
    if name not in set(Frame):
        raise DataError(f"{field.what}: unknown frame '{name}'; {nearest(name, list(Frame))}")
    return Frame(name)


def _place(field: Fields, name: str, allowed: tuple[str, ...]) -> Any:
    value = field.take(name)
    return None if value is None else _typed(value, f"{field.what}.{name}", allowed)


def _labelled_box(value: Any, what: str) -> LabelledBox:
    field = Fields(value, what)
    found = LabelledBox(field.text("label"), _box(field))
    field.done()
    return found


def _labelled_boxes(field: Fields) -> LabelledBoxes:
    if "boxes" not in field:
        raise DataError(f"{field.what}: 'boxes' is missing; write [] where there is no object")
    items = enumerate(field.items("boxes"))
    return LabelledBoxes(
        tuple(_labelled_box(item, f"{field.what}.boxes[{i}]") for i, item in items)
    )


_READERS: dict[str, Callable[[Fields], Target]] = {
    "choice": lambda f: Choice(f.text("letter"), f.texts("options")),
    "number": lambda f: Number(
        f.number("value"), f.number("tolerance", default=0.0), f.text("unit", default="")
    ),
    "expression": lambda f: Expression(f.text("latex")),
    "text": lambda f: FreeText(f.text("text"), f.texts("alternatives")),
    "label": lambda f: Label(f.text("name"), f.texts("classes")),
    "box": _box,
    "boxes": _labelled_boxes,
    "point": _point,
    "action": lambda f: GuiAction(
        f.text("kind"), _place(f, "target", ("box", "point")), f.text("text", default="")
    ),
    "forgery": lambda f: Forgery(
        f.text("verdict"), _place(f, "region", ("box",)), f.text("explanation", default="")
    ),
}

# ------------------------------------------------------------------------------------------ writing


def target_to_json(target: Target) -> dict[str, Any]:
    """The object that `target_from_json` reads; fields at their defaults are left out.

    >>> target_to_json(Number(12.0))
    {'type': 'number', 'value': 12.0}
    """
    return {"type": _NAMES[type(target)], **_written(target)}


def _written(target: Target | LabelledBox) -> dict[str, Any]:
    if isinstance(target, Box):
        return {"box": [target.x0, target.y0, target.x1, target.y1], "frame": target.frame.value}
    if isinstance(target, Point):
        return {"point": [target.x, target.y], "frame": target.frame.value}
    if isinstance(target, LabelledBox):
        return {"label": target.label, **_written(target.box)}
    if isinstance(target, LabelledBoxes):
        return {"boxes": [_written(box) for box in target.boxes]}
    values = {field.name: (getattr(target, field.name), field.default) for field in fields(target)}
    return {name: _plain(value) for name, (value, default) in values.items() if value != default}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return target_to_json(value) if isinstance(value, (Box, Point)) else value
