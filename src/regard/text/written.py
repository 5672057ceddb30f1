"""A target as a model would write it: the way back from a value to text."""

from __future__ import annotations

import json

from regard.types import (
    Box,
    Choice,
    Expression,
    Forgery,
    FreeText,
    GuiAction,
    Label,
    LabelledBox,
    LabelledBoxes,
    Number,
    Point,
    Target,
)


def written(target: Target) -> str:
    """What would stand inside the answer tags; places in the frame of the target.

    >>> written(Number(12.0)), written(Box(10, 20, 60, 80)), written(Choice("B"))
    ('12', '[10, 20, 60, 80]', 'B')
    """
    match target:
        case Choice(letter=text) | Expression(latex=text) | FreeText(text=text) | Label(name=text):
            return text
        case Number(value=value):
            return written_number(value)
        case Forgery(verdict=verdict):
            return verdict
        case Box() | Point():
            return _written_place(target)
        case LabelledBoxes(boxes=boxes):
            return written_boxes(boxes)
        case GuiAction(kind=kind, target=place, text=text):
            at = f', "coordinate": {_written_place(place)}' if place else ""
            said = f', "text": {json.dumps(text)}' if text else ""
            return f'{{"action": {json.dumps(kind)}{at}{said}}}'


def written_number(value: float) -> str:
    """A number without a needless decimal point.

    >>> written_number(12.0), written_number(0.5)
    ('12', '0.5')
    """
    return str(int(value)) if float(value).is_integer() else repr(value)


def written_boxes(boxes: tuple[LabelledBox, ...]) -> str:
    """Objects as a JSON list, in the way of Qwen2.5-VL.

    >>> written_boxes((LabelledBox("cat", Box(1, 2, 3, 4)),))
    '[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]'
    """
    items = (
        f'{{"bbox_2d": {_written_place(each.box)}, "label": {json.dumps(each.label)}}}'
        for each in boxes
    )
    return f"[{', '.join(items)}]"


def _written_place(place: Box | Point) -> str:
    corners = (
        (place.x, place.y) if isinstance(place, Point) else (place.x0, place.y0, place.x1, place.y1)
    )
    return f"[{', '.join(map(written_number, corners))}]"
