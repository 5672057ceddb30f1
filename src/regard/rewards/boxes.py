"""Rewards for one box: how much it overlaps with the true one, and whether it is written as asked.

A model answers in the frame it was taught: pixels of the original image, of the resized input,
thousandths. `predicted_boxes` carries its boxes over to the frame of the truth, with the sizes that
the completion brings along (`Completion.frames`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from regard.errors import DataError
from regard.geometry.frames import frame_size
from regard.geometry.pairs import Array, PixelRule, corners_of, pairwise_iou, rescaled
from regard.registry import reward
from regard.rewards.contract import Demo, Range, target_of
from regard.text.boxes import Corners, Spelling, box_corners, box_pattern
from regard.text.tags import inside
from regard.types import (
    Box,
    Completion,
    Example,
    Frame,
    ImageFrame,
    ImageRef,
    Message,
    Score,
)


def predicted_boxes(
    corners: Sequence[Corners],
    completion: Completion,
    example: Example,
    *,
    frame: Frame,
    answers_in: Frame | None = None,
    dtype: type[np.floating[Any]] = np.float64,
) -> Array:
    """Boxes as a model wrote them, as rows in `frame`.

    They count what `answers_in` says, else what the completion says of its first image, else what
    the truth counts.
    """
    with np.errstate(over="ignore"):  # too great for 32 bits is endless
        rows = np.asarray(corners, dtype).reshape(-1, 4)
    said_in = answers_in
    if said_in is None:
        said_in = completion.frames[0].answers_in if completion.frames else frame
    if said_in is frame:
        return rows
    image = _image_frame(completion, example, {said_in, frame})
    return rescaled(rows, frame_size(said_in, image), frame_size(frame, image))


def _image_frame(completion: Completion, example: Example, frames: set[Frame]) -> ImageFrame:
    if completion.frames:
        return completion.frames[0]
    if example.images and Frame.INPUT not in frames:
        size = (example.images[0].width, example.images[0].height)
        return ImageFrame(original=size, model_input=size)
    raise DataError(
        f"example '{example.id}': boxes in {' and '.join(sorted(frames))} need the size of the "
        "image to be compared, and its completion has no frames; "
        "Completion(frames=(ImageFrame(original=…, model_input=…),)) brings it along"
    )


def true_box(example: Example, reader: object) -> Box:
    """The box that `example` asks for, which must have its corners in order."""
    box = target_of(example, Box, reader)
    check_box(box, example)
    return box


def check_box(box: Box, example: Example) -> None:
    """A true box with corners out of order, or with numbers that are none, is an error."""
    numbers = (box.x0, box.y0, box.x1, box.y1)
    if not all(map(math.isfinite, numbers)) or box.x0 > box.x1 or box.y0 > box.y1:
        raise DataError(
            f"example '{example.id}': {numbers} is no box; "
            "expected x0 <= x1 and y0 <= y1 (corners, not a corner and a size)"
        )


@reward("box_overlap")
@dataclass(frozen=True, kw_only=True)
class BoxOverlap:
    """How much the box in the answer overlaps with the true one: intersection over union.

    The overlap itself, or one point where it is greater than a threshold. A box around the whole
    image earns whatever share of it the object takes.
    """

    threshold: float | None = None
    """Overlap, 0 to 1, that must be exceeded for the point; None pays the overlap itself."""
    tag: str = "answer"
    """Name of the tag the box stands in; the first such block counts."""
    spelling: Spelling = "tolerant"
    """How a box may be written: "tolerant", "integers" or "numbers" (`regard.text.boxes`)."""
    which: Literal["first", "last"] = "first"
    """Which box of the answer counts."""
    in_braces: bool = False
    """Whether the box must stand between braces, as in JSON."""
    rule: PixelRule = "continuous"
    """How pixels are counted: "continuous", "inclusive" or "beyond_a_pixel"."""
    answers_in: Frame | None = None
    """What the numbers of an answer count; None: what the completion says, else the target."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        target = true_box(example, self)
        answer = inside(self.tag, completion.text)
        if answer is None:
            return Score(value=0.0, reason=f"no <{self.tag}>…</{self.tag}>")
        corners = box_corners(
            answer, spelling=self.spelling, which=self.which, in_braces=self.in_braces
        )
        if corners is None:
            return Score(value=0.0, reason="no box in the answer")
        rows = predicted_boxes(
            [corners], completion, example, frame=target.frame, answers_in=self.answers_in
        )
        overlap = float(pairwise_iou(rows, corners_of([target]), rule=self.rule)[0, 0])
        value = overlap if self.threshold is None else float(overlap > self.threshold)
        x0, y0, x1, y1 = rows[0].tolist()
        box = Box(x0, y0, x1, y1, target.frame)
        return Score(value=value, reason=f"IoU {overlap:.2f}", parsed=box)

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask_about_image(
                "Where is the cup?", Box(10, 20, 110, 220), answer='{"bbox_2d": [10, 20, 110, 220]}'
            ),
            best=_thought('{"bbox_2d": [10, 20, 110, 220]}'),
            poor=_thought('{"bbox_2d": [10, 20, 110, 120]}'),
            source="VLM-R1 (arXiv:2504.07615), its code: iou_reward",
        )


@reward("box_answer_format")
@dataclass(frozen=True, kw_only=True)
class BoxAnswerFormat:
    """One point where thinking, answer and a box follow one another somewhere in the text.

    The check of VLM-R1 for referring expressions: text around and between is free, so it is far
    looser than `think_answer_format`, and the box may even stand after the answer that is read.
    """

    spelling: Spelling | None = "integers"
    """How the box must be written (`regard.text.boxes`); None asks for no box (as for GLM)."""
    in_braces: bool = True
    """Whether the box must stand between braces (as for Qwen; not for InternVL)."""
    closed_thinking: bool = True
    """Whether the thinking must be closed right before the answer opens (not for GLM)."""

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        missing = missing_mark(completion.text, self._marks())
        if missing is None:
            return Score(value=1.0, reason="as asked")
        return Score(value=0.0, reason=f"no {missing} in its place")

    def _marks(self) -> list[tuple[str, re.Pattern[str]]]:
        marks = [("<think>", _THINK), ("</think><answer>", _SEAM)]
        if not self.closed_thinking:
            marks[1] = ("<answer>", _ANSWER)
        if self.spelling is not None:
            box = [("box", box_pattern(self.spelling))]
            marks += [("{", _OPENING), *box, ("}", _CLOSING)] if self.in_braces else box
        return [*marks, ("</answer>", _ANSWER_ENDS)]

    @classmethod
    def demo(cls) -> Demo:
        demo = BoxOverlap.demo()
        return Demo(
            reward=cls(),
            example=demo.example,
            best=demo.best,
            poor=_thought("[10, 20, 110, 220]"),
            source="VLM-R1 (arXiv:2504.07615), its code: format_reward_rec",
        )


_THINK = re.compile("<think>")
_SEAM = re.compile(r"</think>\s*+<answer>")
_ANSWER = re.compile("<answer>")
_ANSWER_ENDS = re.compile("</answer>")
_OPENING = re.compile(r"\{")
_CLOSING = re.compile(r"\}")


def missing_mark(text: str, marks: Sequence[tuple[str, re.Pattern[str]]]) -> str | None:
    """The first of the named marks that does not follow those before it; None where all do.

    The same as one expression with `.*` between the marks, but in one pass.
    """
    position = 0
    for name, mark in marks:
        match = mark.search(text, position)
        if match is None:
            return name
        position = match.end()
    return None


# ------------------------------------------------------------------------------ demonstrations

DEMO_SIZE = (280, 240)
"""Width and height of the image in demonstrations; it is never opened."""


def ask_about_image(question: str, target: Any, *, answer: str, tagged: bool = True) -> Example:
    """An example with an image, for demonstrations; its gold answer is `answer`."""
    image = ImageRef(digest="0" * 64, width=DEMO_SIZE[0], height=DEMO_SIZE[1], location=b"")
    return Example(
        id="demo",
        messages=(Message("user", (image, question)),),
        target=target,
        gold=_thought(answer).text if tagged else answer,
    )


def _thought(answer: str) -> Completion:
    return Completion(text=f"<think>I look.</think><answer>{answer}</answer>")
