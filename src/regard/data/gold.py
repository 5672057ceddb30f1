"""The right answer to an example, as a model would write it."""

from __future__ import annotations

import json

from regard.types import (
    Box,
    Choice,
    Completion,
    Example,
    Expression,
    Forgery,
    Frame,
    FreeText,
    GuiAction,
    ImageFrame,
    Label,
    LabelledBoxes,
    Number,
    Point,
    Target,
)


def gold_completion(example: Example) -> tuple[Completion, bool]:
    """The example's own gold answer, or its target between the usual tags.

    Second, whether it is sure that answers are written like this: for a number or a letter it is;
    systems differ in how they write boxes and actions.
    """
    is_sure = example.gold is not None or isinstance(
        example.target, (Choice, Number, Expression, FreeText, Label)
    )
    text = example.gold
    if text is None:
        text = f"<think> I see it. </think> <answer> {answer_text(example.target)} </answer>"
    frame = _frame(example.target)
    frames = tuple(
        ImageFrame((image.width, image.height), (image.width, image.height), frame)
        for image in example.images
    )
    return Completion(text=text, frames=frames), is_sure


def answer_text(target: Target) -> str:
    """A target as text inside of the answer tags; places in the frame of the target.

    >>> answer_text(Number(12.0)), answer_text(Box(10, 20, 60, 80))
    ('12', '[10, 20, 60, 80]')
    """
    match target:
        case Choice(letter=text) | Expression(latex=text) | FreeText(text=text) | Label(name=text):
            return text
        case Number(value=value):
            return _number(value)
        case Forgery(verdict=verdict):
            return verdict
        case Box() | Point():
            return _place(target)
        case LabelledBoxes(boxes=boxes):
            items = (
                f'{{"bbox_2d": {_place(b.box)}, "label": {json.dumps(b.label)}}}' for b in boxes
            )
            return f"[{', '.join(items)}]"
        case GuiAction(kind=kind, target=place, text=text):
            at = f', "coordinate": {_place(place)}' if place else ""
            said = f', "text": {json.dumps(text)}' if text else ""
            return f'{{"action": {json.dumps(kind)}{at}{said}}}'


def _place(place: Box | Point) -> str:
    if isinstance(place, Point):
        return f"[{_number(place.x)}, {_number(place.y)}]"
    return f"[{', '.join(map(_number, (place.x0, place.y0, place.x1, place.y1)))}]"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _frame(target: Target) -> Frame:
    """The frame a target's places are in; pixels where it has none."""
    match target:
        case Box(frame=frame) | Point(frame=frame):
            return frame
        case LabelledBoxes(boxes=(first, *_)):
            return first.box.frame
        case GuiAction(target=Box() | Point() as place) | Forgery(region=Box() as place):
            return place.frame
    return Frame.PIXELS
