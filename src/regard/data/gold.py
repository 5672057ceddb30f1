"""The right answer to an example, as a model would write it."""

from __future__ import annotations

from regard.text.written import written
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
        text = f"<think> I see it. </think> <answer> {written(example.target)} </answer>"
    frame = _frame(example.target)
    frames = tuple(
        ImageFrame((image.width, image.height), (image.width, image.height), frame)
        for image in example.images
    )
    return Completion(text=text, frames=frames), is_sure


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
